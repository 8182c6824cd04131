"""The settlement as tables that a controller reads."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.words import Language, day, kroner, sentence

_COST: Final = ("committed", "accrued", "invoiced", "unbilled")
_PAID: Final = ("invoiced", "vat", "disputed", "paid", "outstanding")


def print_settlement(
    console: Console, settled: Mapping[str, Any], language: Language
) -> None:
    """Print who owes whom by region pair and by agreement, and what was refused."""
    as_of = day(date.fromisoformat(settled["as_of"]), language)
    values = {"year": settled["year"], "as_of": as_of}
    console.print()
    title = sentence(language, "settlement", "title", values)
    console.print(title, style="bold", highlight=False)
    names = {
        org["org_number"]: org["short_name"] or org["name"]
        for org in settled["organisations"]
    }
    regions = {org["org_number"]: org["region"] for org in settled["organisations"]}
    # Two tables of agreements, so that each can be read on 80 columns.
    for table in (
        _costs(settled, names, language),
        _payments(settled, language),
        _pairs(settled, regions, language),
        _regions(settled, regions, language),
    ):
        console.print()
        console.print(table)
    print_told(console, settled, language)


def print_told(console: Console, told: Mapping[str, Any], language: Language) -> None:
    """Print what is said of the rows of a folder: the refused, and what others lack."""
    for table in (_refused(told, language), *_noticed(told, language)):
        console.print()
        console.print(table)


def _table(language: Language, title: str, texts: tuple[str, ...]) -> Table:
    table = Table(
        title=sentence(language, "settlement", title),
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for text in texts:
        name = sentence(language, "settlement", text)
        table.add_column(name, overflow="fold", min_width=len(name))
    return table


def _add_amounts(table: Table, language: Language, names: tuple[str, ...]) -> None:
    for name in names:
        table.add_column(
            sentence(language, "settlement", name), justify="right", no_wrap=True
        )


def _costs(
    settled: Mapping[str, Any], names: Mapping[str, str], language: Language
) -> Table:
    table = _table(language, "by_agreement_cost", ("agreement", "payer", "payee"))
    _add_amounts(table, language, _COST)
    for agreement in settled["agreements"]:
        numbers = (agreement[role] for role in ("payer", "payee"))
        parties = (names.get(number, number) for number in numbers)
        table.add_row(
            agreement["agreement"],
            *parties,
            *(kroner(agreement[name], language) for name in _COST),
        )
    _add_total(table, settled["agreements"], language, _COST)
    return table


def _payments(settled: Mapping[str, Any], language: Language) -> Table:
    table = _table(language, "by_agreement_paid", ("agreement",))
    _add_amounts(table, language, _PAID)
    for agreement in settled["agreements"]:
        table.add_row(
            agreement["agreement"],
            *(kroner(agreement[name], language) for name in _PAID),
        )
    _add_total(table, settled["agreements"], language, _PAID)
    return table


def _add_total(
    table: Table,
    of: Sequence[Mapping[str, int]],
    language: Language,
    names: tuple[str, ...],
) -> None:
    table.add_section()
    empty = [""] * (len(table.columns) - len(names) - 1)
    sums = (kroner(sum(each[name] for each in of), language) for name in names)
    total = sentence(language, "settlement", "total")
    table.add_row(total, *empty, *sums, style="bold")


def _pairs(
    settled: Mapping[str, Any], regions: Mapping[str, str], language: Language
) -> Table:
    table = _table(language, "by_pair", ("payer_region", "payee_region"))
    names = ("invoiced", "vat", "paid", "outstanding")
    _add_amounts(table, language, names)
    pairs: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(
        lambda: dict.fromkeys(names, 0)
    )
    for agreement in settled["agreements"]:
        payer, payee = agreement["payer"], agreement["payee"]
        pair = (regions.get(payer, payer), regions.get(payee, payee))
        for name in names:
            pairs[pair][name] += agreement[name]
    for (payer, payee), amounts in sorted(pairs.items()):
        table.add_row(
            sentence(language, "value", payer),
            sentence(language, "value", payee),
            *(kroner(amounts[name], language) for name in names),
        )
    return table


def _regions(
    settled: Mapping[str, Any], regions: Mapping[str, str], language: Language
) -> Table:
    table = _table(language, "by_region", ("region",))
    names = ("receivable", "payable", "net")
    _add_amounts(table, language, names)
    busy = {
        regions.get(agreement[role])
        for agreement in settled["agreements"]
        for role in ("payer", "payee")
    }
    for region, amounts in settled["regions"].items():
        # Where there is nothing to owe a zero would say that all is paid.
        none = sentence(language, "absent", "none")
        table.add_row(
            sentence(language, "value", region),
            *(
                none
                if region not in busy and amounts[name] is not None
                else _figure(amounts[name], language)
                for name in names
            ),
        )
    table.add_section()
    nets = [amounts["net"] for amounts in settled["regions"].values()]
    net = _figure(None if None in nets else sum(nets), language)
    total = sentence(language, "settlement", "total")
    table.add_row(total, "", "", net, style="bold")
    return table


def _figure(amount_ore: int | None, language: Language) -> str:
    if amount_ore is None:
        return sentence(language, "absent", "unknown")
    return kroner(amount_ore, language)


def _refused(settled: Mapping[str, Any], language: Language) -> Table:
    table = _table(language, "refused", ("file", "line", "reason"))
    for each in settled["refused"]:
        reason = Text(f"{each['reason']} ({each['code']})")
        if each["because"]:
            values = {"place": each["because"]}
            because = sentence(language, "settlement", "because", values)
            reason.append(f" {because}")
        table.add_row(each["file"], str(each["line"]), reason)
    if not settled["refused"]:
        table.add_row(sentence(language, "settlement", "nothing_refused"))
    return table


def _noticed(settled: Mapping[str, Any], language: Language) -> Iterator[Table]:
    """Yield what stored rows lack, each said once with the lines that it is about."""
    places: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for each in settled["noticed"]:
        places[each["file"], each["reason"]].append(str(each["line"]))
    if places:
        table = _table(language, "noticed", ("file", "line", "reason"))
        for (file, reason), lines in places.items():
            table.add_row(file, ", ".join(lines), Text(reason))
        yield table
