"""The settlement as tables that a controller reads."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from api.words import Language, kroner, sentence

_AMOUNTS: Final = (
    "committed", "accrued", "invoiced", "unbilled", "disputed", "vat", "paid",
    "outstanding",
)  # fmt: skip


def print_settlement(
    console: Console, settled: Mapping[str, Any], language: Language
) -> None:
    """Print who owes whom by region pair and by agreement, and what was refused."""
    values = {"year": settled["year"], "as_of": settled["as_of"]}
    console.print()
    console.print(f"[bold]{sentence(language, 'settlement', 'title', values)}[/bold]")
    names = {
        org["org_number"]: org["short_name"] or org["name"]
        for org in settled["organisations"]
    }
    regions = {org["org_number"]: org["region"] for org in settled["organisations"]}
    console.print(_agreements(settled, names, language))
    console.print(_pairs(settled, regions, language))
    console.print(_regions(settled, language))
    console.print(_refused(settled, language))


def _table(language: Language, title: str, texts: tuple[str, ...]) -> Table:
    table = Table(
        title=sentence(language, "settlement", title),
        title_justify="left",
        expand=False,
    )
    for text in texts:
        table.add_column(sentence(language, "settlement", text), overflow="fold")
    return table


def _add_amounts(table: Table, language: Language, names: tuple[str, ...]) -> None:
    for name in names:
        table.add_column(
            sentence(language, "settlement", name), justify="right", no_wrap=True
        )


def _agreements(
    settled: Mapping[str, Any], names: Mapping[str, str], language: Language
) -> Table:
    table = _table(language, "by_agreement", ("agreement", "payer", "payee"))
    _add_amounts(table, language, _AMOUNTS)
    totals = dict.fromkeys(_AMOUNTS, 0)
    for each in settled["agreements"]:
        for name in _AMOUNTS:
            totals[name] += each[name]
        table.add_row(
            each["agreement"],
            names.get(each["payer"], each["payer"]),
            names.get(each["payee"], each["payee"]),
            *(kroner(each[name], language) for name in _AMOUNTS),
        )
    table.add_section()
    sums = (kroner(totals[name], language) for name in _AMOUNTS)
    table.add_row(
        sentence(language, "settlement", "total"), "", "", *sums, style="bold"
    )
    return table


def _pairs(
    settled: Mapping[str, Any], regions: Mapping[str, str], language: Language
) -> Table:
    table = _table(language, "by_pair", ("payer_region", "payee_region"))
    names = ("invoiced", "vat", "paid", "outstanding")
    _add_amounts(table, language, names)
    pairs: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(
        lambda: dict.fromkeys(names, 0)
    )
    for each in settled["agreements"]:
        pair = (regions[each["payer"]], regions[each["payee"]])
        for name in names:
            pairs[pair][name] += each[name]
    for (payer, payee), amounts in sorted(pairs.items()):
        table.add_row(
            sentence(language, "value", payer),
            sentence(language, "value", payee),
            *(kroner(amounts[name], language) for name in names),
        )
    return table


def _regions(settled: Mapping[str, Any], language: Language) -> Table:
    table = _table(language, "by_region", ("region",))
    names = ("receivable", "payable", "net")
    _add_amounts(table, language, names)
    for region, amounts in settled["regions"].items():
        table.add_row(
            sentence(language, "value", region),
            *(kroner(amounts[name], language) for name in names),
        )
    table.add_section()
    net = sum(amounts["net"] for amounts in settled["regions"].values())
    total = sentence(language, "settlement", "total")
    table.add_row(total, "", "", kroner(net, language), style="bold")
    return table


def _refused(settled: Mapping[str, Any], language: Language) -> Table:
    table = _table(language, "refused", ("file", "line", "code", "reason"))
    for each in settled["refused"]:
        table.add_row(each["file"], str(each["line"]), each["code"], each["reason"])
    if not settled["refused"]:
        table.add_row(sentence(language, "settlement", "nothing_refused"))
    return table
