"""My day: what waits for the visitor, where two sides differ, and who is waited for."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from fastapi import APIRouter, Response

from api.owed_matters import all_waiting
from api.pages.register import register
from api.pages.rendering import Speaker
from api.pages.today.work_list import MatterTeller, address_of
from api.pages.visit import TheVisit, Visit
from api.routers import public
from api.status import standings
from domain.role import Role
from projections.waiting_matter import WaitingKind, WaitingMatter

router: Final[APIRouter] = public()
SECTION: Final = "page_my_day"
_AHEAD: Final = timedelta(days=92)
"""How far ahead deadlines are shown."""
_AHEAD_MAX: Final = 6
_OTHERS_MAX: Final = 30
_OWED: Final = frozenset(
    {
        WaitingKind.REGISTER_INVOICE,
        WaitingKind.APPROVE_INVOICE,
        WaitingKind.PAY_INVOICE,
        WaitingKind.PAID_TOO_LITTLE,
    }
)
_DISPUTED: Final = frozenset({WaitingKind.ANSWER_DISPUTE, WaitingKind.RESOLVE_DISPUTE})


class Ahead(NamedTuple):
    """What is due on a day to come."""

    day: date
    words: str
    address: str


@router.get("/my-day", include_in_schema=False)
def my_day(visit: TheVisit) -> Response:
    """What waits for whoever is signed in."""
    speaker = visit.speaker(SECTION)
    with visit.views() as connection:
        known = register(connection, visit.day)
        matters = all_waiting(visit.node, connection, visit.day, visit.organisation)
    own = [each for each in matters if each.waits_for == visit.organisation]
    others = [each for each in matters if each.waits_for != visit.organisation]
    mine = [each for each in own if visit.role in each.roles]
    to_do = [each for each in mine if not each.kind.is_difference]
    teller = MatterTeller(speaker, known, visit.day)
    groups = teller.groups(to_do)
    return visit.page(
        "my_day.html",
        SECTION,
        "my-day",
        groups=groups,
        waiting=len(to_do),
        late=sum(row.days_over > 0 for group in groups for row in group.rows),
        first=groups[0].rows[0].address if groups else "",
        imports=visit.role is Role.CONTROLLER,
        reads_only=visit.role in {Role.READER, Role.AUDITOR, Role.OPERATOR},
        differences=teller.rows("do", _differences(matters, visit.organisation)),
        others=teller.rows("wait", others[:_OTHERS_MAX]),
        more_others=max(0, len(others) - _OTHERS_MAX),
        colleagues=_colleagues(speaker, own, visit.role),
        ahead=_ahead(speaker, to_do, visit.day),
        regions=_regions(visit, speaker),
        owed_ore=_sum(own, _OWED),
        due_ore=_sum(others, _OWED),
        disputed_ore=_sum(matters, _DISPUTED),
        our_name=teller.short_name(visit.organisation),
    )


def _differences(
    matters: Iterable[WaitingMatter], organisation: str
) -> Sequence[WaitingMatter]:
    """What two sides have recorded otherwise, on what the organisation pays."""
    return [
        each
        for each in matters
        if each.kind.is_difference and each.waits_for == organisation
    ]


def _colleagues(
    speaker: Speaker, own: Iterable[WaitingMatter], role: Role
) -> list[tuple[str, int]]:
    """How much waits for the own organisation's people in other roles."""
    counted = Counter(
        min(each.roles)
        for each in own
        if role not in each.roles and not each.kind.is_difference
    )
    return [
        (speaker.say(f"role_{of.value}"), number)
        for of, number in counted.most_common()
    ]


def _ahead(
    speaker: Speaker, matters: Iterable[WaitingMatter], day: date
) -> list[Ahead]:
    """What is due next: of one day and kind, together."""
    due = [
        (each.deadline, each.kind, each)
        for each in matters
        if each.deadline is not None and day <= each.deadline <= day + _AHEAD
    ]
    counted = Counter((deadline, kind) for deadline, kind, _ in due)
    first = {(deadline, kind): each for deadline, kind, each in reversed(due)}
    return [
        Ahead(
            deadline,
            speaker.count(f"ahead_{kind.value}", number),
            address_of(first[deadline, kind]) if number == 1 else "",
        )
        for (deadline, kind), number in sorted(counted.items())[:_AHEAD_MAX]
    ]


def _regions(visit: Visit, speaker: Speaker) -> list[tuple[bool, str, str]]:
    """Each region that is not well, in words; and how many are."""
    found = standings(visit.node, visit.language)
    shown = [
        (False, speaker.say(f"region_{each.region.value}"), each.words)
        for each in found
        if not each.well
    ]
    well = [speaker.say(f"region_{each.region.value}") for each in found if each.well]
    if well:
        title = speaker.count("well", len(well)) if shown else speaker.say("all_well")
        shown.append((True, title, ", ".join(well)))
    return shown


def _sum(matters: Iterable[WaitingMatter], kinds: frozenset[WaitingKind]) -> int:
    return sum(each.amount_ore or 0 for each in matters if each.kind in kinds)
