"""What was given in calls, and what became of it, by call and year."""

from collections.abc import Mapping, Sequence
from typing import Final

from api.known import known_names
from api.overviews.overview import Overview, OverviewKind, OverviewSource
from api.problems import ProblemError
from api.sheets import ColumnKind, Columns, Sheet, SheetCell
from domain.grants.call import CALL, CallPublished
from domain.grants.funds import Funds, funds_by_year, standing_at_year_ends, sum_of

_MOVED: Final = ("awarded", "disbursed", "used", "lapsed", "repaid")
_AMOUNTS: Final = ("awarded", "disbursed", "used", "lapsed", "left", "owed", "repaid")
_BALANCES: Final[Columns] = (
    ("left_at_end_ore", ColumnKind.BALANCE),
    ("owed_at_end_ore", ColumnKind.BALANCE),
)


def funds(source: OverviewSource) -> Overview:
    """Read the money of a call, or of all whose awards the reader may know."""
    history = source.history
    asked = [source.of] if source.of else known_names(source.connection, CallPublished, source.day)  # fmt: skip
    published = {
        name: call.latest.rules
        for name, call in history.states(CALL, asked).items()
        if call.latest is not None
    }
    if source.of and not published:
        raise ProblemError("not_found")
    seen = {
        name: rules for name, rules in published.items() if source.calls.reads(name)
    }
    if source.of and not seen:
        raise ProblemError("not_announced")
    found = funds_by_year([*seen], history)
    by_call: list[tuple[SheetCell, ...]] = [
        (name, seen[name].title, seen[name].funder, *_amounts(sum_of(years.values())))
        for name, years in found.items()
    ]
    title = seen[source.of].title if source.of else ""
    hidden = len(seen) < len(published)
    return Overview(
        OverviewKind.FUNDS,
        source.day,
        [_by_call(by_call), _by_year(found), *([] if source.of else [_in_all(found)])],
        title,
        title,
        notes=["funds_note", *(["hidden_note"] if hidden else [])],
    )


def _ore(*names: str) -> Columns:
    return [(f"{name}_ore", ColumnKind.ORE) for name in names]


def _amounts(of: Funds) -> list[int]:
    return [getattr(of, name) for name in _AMOUNTS]


def _by_call(rows: Sequence[Sequence[SheetCell]]) -> Sheet:
    columns = (
        ("call", ColumnKind.TEXT),
        ("title", ColumnKind.NAME),
        ("funder", ColumnKind.TEXT),
        *_ore(*_AMOUNTS),
    )
    return Sheet("funds_by_call", columns, rows)


def _by_year(found: Mapping[str, Mapping[int, Funds]]) -> Sheet:
    columns = (
        ("call", ColumnKind.TEXT),
        ("year", ColumnKind.NUMBER),
        *_ore(*_MOVED),
        *_BALANCES,
    )
    rows = [
        (call, *row) for call, years in found.items() for row in _rows_of_years(years)
    ]
    return Sheet("funds_by_year", columns, rows)


def _in_all(found: Mapping[str, Mapping[int, Funds]]) -> Sheet:
    columns = (("year", ColumnKind.NUMBER), *_ore(*_MOVED), *_BALANCES)
    years = {year for of_call in found.values() for year in of_call}
    sums = {
        year: sum_of([of[year] for of in found.values() if year in of])
        for year in sorted(years)
    }
    return Sheet("funds_in_all", columns, _rows_of_years(sums))


def _rows_of_years(years: Mapping[int, Funds]) -> list[tuple[SheetCell, ...]]:
    ends = standing_at_year_ends(years)
    return [
        (
            year,
            *(getattr(moved, name) for name in _MOVED),
            ends[year].left,
            ends[year].owed,
        )
        for year, moved in years.items()
    ]
