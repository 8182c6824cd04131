"""Applications among what waits for somebody: endorsed, checked, ranked, assessed, decided.

That one is to be submitted, and a call to be announced, is owed by a day: an obligation.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final

from sqlalchemy import Connection, select

from api.known import known_names, known_until
from api.services import Node
from domain.grants.application import ApplicationPresented
from domain.grants.award import ApplicationDecided, AwardsAnnounced
from domain.grants.call import CALL, ApplicationListed, CallPublished
from domain.grants.money import views_of
from domain.grants.rules import CallRules
from domain.grants.standing import ApplicationStanding, applications_named
from domain.grants.submission import Case, lacking_of
from domain.history import History
from domain.refusal import Code
from projections.asof import keys_as_of
from projections.tables import TABLES
from projections.waiting_matter import WaitingKind, WaitingMatter

LOOKED_AT_MAX: Final = 100
"""Of a call's undecided applications so many are looked at: what to do, not to how many."""


def application_matters(
    node: Node, connection: Connection, day: date, organisation: str
) -> list[WaitingMatter]:
    """What an organisation has to do for applications of its own, and in its calls."""
    announced = known_names(connection, AwardsAnnounced, day)
    calls = {*known_names(connection, CallPublished, day)} - {*announced}
    if not calls:
        return []
    with known_until(node, day) as history:
        open_calls = {
            name: found.latest.rules
            for name, found in history.states(CALL, calls).items()
            if found.latest is not None and found.latest.rules.opens_on <= day
        }
        applied = _applied(connection, open_calls, day, organisation, history)
        return [
            *_of_trust(applied, open_calls, day, history),
            *_of_funder(connection, open_calls, day, organisation, history),
        ]


def _applied(
    connection: Connection,
    calls: Mapping[str, CallRules],
    day: date,
    organisation: str,
    history: History,
) -> Mapping[str, ApplicationStanding]:
    """Applications of a trust in some calls."""
    columns = TABLES[ApplicationPresented].c
    names = keys_as_of(
        connection,
        columns.application,
        day,
        columns.call.in_(calls),
        columns.content.contains(f'"trust":"{organisation}"'),
    )
    found = applications_named(names, history)
    return {n: each for n, each in found.items() if each.trust == organisation}


def _of_trust(
    applied: Mapping[str, ApplicationStanding],
    calls: Mapping[str, CallRules],
    day: date,
    history: History,
) -> Iterator[WaitingMatter]:
    """What is to be endorsed, and in which calls the trust is to rank (S2-28)."""
    views, to_rank = views_of(applied, history), dict[str, str]()
    for name, standing in applied.items():
        rules = calls[standing.call]
        if standing.may_be_submitted and _lacks_endorsement(standing, day, history):
            yield WaitingMatter(
                kind=WaitingKind.ENDORSE_APPLICATION,
                key=(name,),
                waits_for=standing.trust,
                other=rules.funder,
                since=standing.first.recorded_on,
                deadline=rules.deadline,
                subject=rules.title,
            )
        unranked = rules.rankers and views[name].rank is None
        if standing.is_submitted and unranked and _is_closed(rules, day):
            to_rank[standing.call] = standing.trust
    for call, trust in to_rank.items():
        rules = calls[call]
        kind = WaitingKind.RANK_APPLICATIONS
        yield _of_call(kind, call, rules, waits_for=trust, other=rules.funder)


def _lacks_endorsement(
    standing: ApplicationStanding, day: date, history: History
) -> bool:
    endorsed, rules = standing.endorsements, standing.rules_of_last
    case = Case(standing.last.content, endorsed, rules, day, history)
    return any(each.code is Code.NOT_ENDORSED for each in lacking_of(case))


def _of_funder(
    connection: Connection,
    calls: Mapping[str, CallRules],
    day: date,
    organisation: str,
    history: History,
) -> Iterator[WaitingMatter]:
    """What is to be checked, assessed and decided in the calls of a funder."""
    for call, rules in calls.items():
        if rules.funder == organisation:
            kinds = _asked(_undecided(connection, call, day), rules, day, history)
            for kind in sorted(kinds):
                yield _of_call(kind, call, rules, waits_for=organisation)


def _undecided(connection: Connection, call: str, day: date) -> list[str]:
    listed, decided = (
        TABLES[kind].c for kind in (ApplicationListed, ApplicationDecided)
    )
    known = decided.recorded_on <= day, decided.call == call
    return keys_as_of(
        connection,
        listed.application,
        day,
        listed.call == call,
        listed.application.not_in(select(decided.application).where(*known)),
        limit=LOOKED_AT_MAX,
    )


def _asked(
    names: list[str], rules: CallRules, day: date, history: History
) -> set[WaitingKind]:
    """What some applications wait for their funder to do."""
    kinds: set[WaitingKind] = set()
    found = applications_named(names, history)
    views = views_of(found, history)
    for name, standing in found.items():
        if not standing.is_submitted or standing.award is not None:
            continue
        if not standing.is_checked:
            kinds.add(WaitingKind.CHECK_APPLICATIONS)
        is_ranked = not rules.rankers or views[name].rank is not None
        if _is_closed(rules, day) and is_ranked:
            kinds.add(WaitingKind.DECIDE_APPLICATIONS)
            if rules.criteria and not standing.is_assessed:
                kinds.add(WaitingKind.ASSESS_APPLICATIONS)
    return kinds


def _is_closed(rules: CallRules, day: date) -> bool:
    return rules.deadline is None or day > rules.deadline


def _of_call(
    kind: WaitingKind, call: str, rules: CallRules, *, waits_for: str, other: str = ""
) -> WaitingMatter:
    last = rules.deadline
    closed_on = last + timedelta(days=1) if last else rules.opens_on
    is_checked = kind is WaitingKind.CHECK_APPLICATIONS
    return WaitingMatter(
        kind=kind,
        key=(call,),
        waits_for=waits_for,
        other=other or rules.funder,
        since=rules.opens_on if is_checked else closed_on,
        deadline=None if is_checked else rules.announce_by,
        subject=rules.title,
    )
