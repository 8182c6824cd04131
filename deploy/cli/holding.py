"""Read models and decisions of a home, held against what its journals say."""

import typer

from api.words import Language, sentence
from deploy.cli.looking import looking_at
from deploy.cli.progress import told
from deploy.settings import StoreSettings
from deploy.views import looking_at_views
from domain.values import Region
from federation.log.redeciding import redecide
from projections import replay
from projections.comparison import HeldRows, How, compare_rows
from projections.settlement import UnknownPartyError


def hold_views_against_journal(store: StoreSettings, words: Language) -> bool:
    """Whether the read models hold what the journal says, and settle as it does.

    They are opened first: the journal may go on meanwhile, and they may not.
    """
    values: dict[str, str | int] = {"region": store.region.value}
    with (
        looking_at_views(store.database, store.views) as connection,
        looking_at(store) as journal,
    ):
        rows = compare_rows(journal, connection)
        if rows is None:
            told(sentence(words, "upkeep", "views_none", values))
            return True
        same = _say_rows(store.region, rows, words)
        if rows.first is not None and rows.first.how is How.NO_TABLE:
            return False
        try:
            compared = replay.compare_replayed(journal, connection)
        except UnknownPartyError as error:
            values["organisation"] = error.org_number
            told(sentence(words, "upkeep", "views_wait", values))
            return same
    assert compared is not None, "they were there a moment ago"
    years = compared.differing or compared.years
    values["years"] = ", ".join(map(str, years))
    key = "views_same" if years else "views_no_years"
    key = "views_differ" if compared.differing else key
    show = told if compared.differing else typer.echo
    show(sentence(words, "upkeep", key, values))
    return same and not compared.differing


def _say_rows(region: Region, compared: HeldRows, words: Language) -> bool:
    """Say how far the read models go, and at which row they differ first, if any."""
    values: dict[str, str | int] = {"region": region.value, "rows": compared.rows}
    if compared.behind:
        behind = (f"{origin} {count}" for origin, count in compared.behind.items())
        values["behind"] = ", ".join(behind)
        typer.echo(sentence(words, "upkeep", "views_behind", values))
    if compared.first is None:
        typer.echo(sentence(words, "upkeep", "views_rows", values))
        return True
    values |= compared.first._asdict()
    values["how"] = sentence(words, "upkeep", f"row_{compared.first.how.value}", values)
    told(sentence(words, "upkeep", "views_row", values))
    return False


def decide_again(store: StoreSettings, words: Language) -> bool:
    """Whether each region could decide all that it recorded."""
    founded = True
    with looking_at(store) as journal:
        for region in Region:
            again = redecide(journal, region.value)
            values: dict[str, str | int] = {
                "region": store.region.value,
                "origin": region.value,
                "commands": again.commands,
                "unknown": again.unknown,
            }
            typer.echo(sentence(words, "upkeep", "redecided", values))
            for entry in again.unfounded:
                told(sentence(words, "upkeep", "unfounded", entry._asdict()))
            founded = founded and not again.unfounded
    return founded
