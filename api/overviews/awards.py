"""The awards of a call by trust, region, purpose and share of the pot."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from api.overviews.overview import Overview, OverviewKind, OverviewSource
from api.problems import ProblemError
from api.sheets import Absent, ColumnKind, Columns, Sheet, SheetCell
from domain.grants.award import AWARDS
from domain.grants.call import CALL
from domain.grants.portfolio import Awarded, Portfolio, portfolio, purposes_of
from domain.grants.rules import Choice
from domain.grants.standing import ApplicationStanding
from domain.values import Region

_COUNTED: Final[Columns] = (
    ("applications", ColumnKind.COUNT),
    ("granted", ColumnKind.COUNT),
    ("applied_ore", ColumnKind.ORE),
    ("awarded_ore", ColumnKind.ORE),
)
_CHOICE: Final[Columns] = (
    ("key", ColumnKind.TEXT),
    ("name", ColumnKind.NAME),
    ("rule", ColumnKind.TEXT),
)
_NONE: Final = Awarded(0, 0)


def awards(source: OverviewSource) -> Overview:
    """Read the awards of a call, for whoever may know them."""
    history = source.history
    published = history.state(CALL, source.of).latest
    if published is None:
        raise ProblemError("not_found")
    if not source.calls.reads(source.of):
        raise ProblemError("not_announced")
    found = portfolio(source.of, history)
    announced = history.state(AWARDS, source.of).announced
    announced_on = None if announced is None else announced.announced_on
    title = found.rules.title
    return Overview(
        OverviewKind.AWARDS,
        source.day,
        [
            Sheet("awards_of_call", *_of_call(found, announced_on), has_totals=False),
            Sheet("awards_by_trust", *_by_trust(found)),
            Sheet("awards_by_region", *_by_region(found)),
            Sheet("awards_by_purpose", *_by_purpose(found), has_totals=False),
            Sheet("awards_by_split", *_by_split(found)),
        ],
        title,
        title,
        notes=["awards_note", *(["purposes_note"] if found.rules.purposes else [])],
    )


_Rows = tuple[Columns, Sequence[Sequence[SheetCell]]]


def _of_call(found: Portfolio, announced_on: SheetCell) -> _Rows:
    pot_ore = found.pot_ore
    left_ore = Absent.NONE if pot_ore is None else pot_ore - found.awarded_ore
    return (
        (
            ("call", ColumnKind.TEXT),
            ("funder", ColumnKind.TEXT),
            ("announced_on", ColumnKind.DAY),
            ("applications", ColumnKind.COUNT),
            ("granted", ColumnKind.COUNT),
            ("pot_ore", ColumnKind.BALANCE),
            ("awarded_ore", ColumnKind.BALANCE),
            ("left_ore", ColumnKind.BALANCE),
        ),
        [
            (
                found.call,
                found.rules.funder,
                announced_on,
                len(found.submitted),
                len(found.granted),
                Absent.NONE if pot_ore is None else pot_ore,
                found.awarded_ore,
                left_ore,
            )
        ],
    )


def _counted(
    found: Portfolio, awarded: Awarded, of: Callable[[ApplicationStanding], bool]
) -> Sequence[SheetCell]:
    applied = [each for each in found.submitted if of(each)]
    applied_ore = sum(each.last.content.amount_ore for each in applied)
    return len(applied), awarded.applications, applied_ore, awarded.amount_ore


def _by_trust(found: Portfolio) -> _Rows:
    columns = (("trust", ColumnKind.TEXT), ("region", ColumnKind.WORD), *_COUNTED)
    return columns, [
        (
            trust,
            found.regions.get(trust),
            *_counted(
                found,
                found.by_trust.get(trust, _NONE),
                lambda each, trust=trust: each.trust == trust,  # type: ignore[misc]
            ),
        )
        for trust in sorted({each.trust for each in found.submitted})
    ]


def _by_region(found: Portfolio) -> _Rows:
    """Each region that may apply, or has: also one that got nothing."""
    may_apply = {*found.rules.applicant_regions} or {*Region}
    regions = [r.value for r in Region if r in may_apply or r in found.regions.values()]
    return (("region", ColumnKind.WORD), *_COUNTED), [
        (
            region,
            *_counted(
                found,
                found.by_region.get(region, _NONE),
                lambda each, region=region: found.regions.get(each.trust) == region,  # type: ignore[misc]
            ),
        )
        for region in regions
    ]


def _by_purpose(found: Portfolio) -> _Rows:
    return (*_CHOICE, *_COUNTED), [
        (
            *choice,
            *_counted(
                found,
                found.by_purpose.get(choice[0], _NONE),
                lambda each, key=choice[0]: key in purposes_of(each),  # type: ignore[misc]
            ),
        )
        for choice in _choices(found.rules.purposes, found.by_purpose)
    ]


def _by_split(found: Portfolio) -> _Rows:
    set_aside = {each.key: each.amount_ore for each in found.rules.splits}
    rows = []
    for choice in _choices(found.rules.splits, found.by_split):
        number, amount_ore = found.by_split.get(choice[0], _NONE)
        whole_ore = set_aside.get(choice[0])
        parts: tuple[SheetCell, SheetCell] = (Absent.NONE, Absent.NONE)
        if whole_ore is not None:
            parts = whole_ore, whole_ore - amount_ore
        rows.append((*choice, number, amount_ore, *parts))
    columns = (
        ("granted", ColumnKind.COUNT),
        ("awarded_ore", ColumnKind.ORE),
        ("set_aside_ore", ColumnKind.BALANCE),
        ("left_ore", ColumnKind.BALANCE),
    )
    return (*_CHOICE, *columns), rows


def _choices(
    offered: Sequence[Choice], found: Iterable[str]
) -> list[tuple[str, str, str]]:
    """Key, words and rule of each that is offered, or that something was awarded to."""
    rows = [(each.key, each.words, each.rule) for each in offered]
    known = {key for key, _, _ in rows}
    return [*rows, *((key, key, "") for key in found if key not in known)]
