"""Grants: what one may apply for, what one's own trust has got, what a funder has to do."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from api.desk.application_drafts import ApplicationDraft
from api.known import known_names, known_until
from api.pages.acting import may_send
from api.pages.grants.grant_read import (
    ACTIVE,
    KINDS,
    SECTION,
    drafts_to_write,
    person_named,
    views_shown,
)
from api.pages.register import register
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, Visit
from api.routers import public
from domain.grants.application import ApplicationPresented
from domain.grants.applying import PresentApplication
from domain.grants.award import ApplicationDecided, AwardsAnnounced
from domain.grants.call import CALL, ApplicationListed, CallPublished, PublishCall
from domain.grants.money import GrantView
from domain.grants.rules import CallRules
from domain.grants.standing import ApplicationStanding
from domain.history import History
from projections.asof import Slice, keys_as_of
from projections.listed import key_counts
from projections.tables import TABLES

router: Final[APIRouter] = public()
ROWS: Final = 100
"""Applications on one page."""
SOON_DAYS: Final = 14
"""So near a deadline is marked."""


class ListedCall(NamedTuple):
    """A call in the list."""

    name: str
    rules: CallRules
    funder: str
    """By name."""
    kind: str
    deadline: str
    """In days and by clock, in words."""
    applications: int
    """That were ever submitted; asked of calls of the visitor's organisation alone."""
    decided: int
    """Of these."""
    is_announced: bool
    drafts: Sequence[ApplicationDraft]
    """Those of the visitor's organisation that the visitor may write in."""


class ListedGrant(NamedTuple):
    """An application of the own trust, and its money."""

    standing: ApplicationStanding
    view: GrantView
    kind: str
    words: str


@router.get("/grants", include_in_schema=False)
def grants_page(
    visit: TheVisit, after: Annotated[str, Query(max_length=80)] = ""
) -> Response:
    """Show calls, and what the visitor's organisation has applied for and got."""
    speaker = visit.speaker(SECTION)
    with visit.views() as connection, known_until(visit.node, visit.day) as history:
        calls = _calls(visit, connection, history, speaker)
        own = own_applications(visit, connection, Slice(after, ROWS + 1))
        views = views_shown(visit, own[:ROWS], history)
    grants = [
        ListedGrant(standing, view, *_state(view, standing, speaker))
        for standing, view in views.values()
    ]
    is_open = [each for each in calls if each.kind in {"wait", "warn"}]
    begun = [draft for each in is_open for draft in each.drafts]
    return visit.page(
        "grants.html",
        SECTION,
        ACTIVE,
        is_open=is_open,
        later=[each for each in calls if each.kind == "off"],
        closed=[each for each in calls if each.kind == "bad"],
        funded=[each for each in calls if each.rules.funder == visit.organisation],
        grants=grants,
        next_after=own[ROWS - 1] if len(own) > ROWS else "",
        go_on=begun[0] if begun else None,
        applies=may_send(visit, PresentApplication),
        publishes=may_send(visit, PublishCall) and _is_known(visit),
        ours=visit.organisation,
    )


def _is_known(visit: Visit) -> bool:
    with visit.views() as connection:
        return visit.organisation in register(connection, visit.day)


def own_applications(visit: Visit, connection: Connection, page: Slice) -> list[str]:
    """Page of the names of applications that the visitor's trust may have presented.

    Others whose content names the trust may be among them.
    """
    table = TABLES[ApplicationPresented]
    named = table.c.content.contains(f'"trust":"{visit.organisation}"')
    return keys_as_of(
        *(connection, table.c.application, visit.day, named),
        after=page.after,
        limit=page.limit,
    )


def _calls(
    visit: Visit, connection: Connection, history: History, speaker: Speaker
) -> list[ListedCall]:
    """All calls, those whose deadline is next first."""
    names = known_names(connection, CallPublished, visit.day)
    known = register(connection, visit.day)
    versions = history.states(CALL, names)
    latest = {n: each.latest.rules for n, each in versions.items() if each.latest}
    own = [n for n, rules in latest.items() if rules.funder == visit.organisation]
    # So many facts can be counted, and not read.
    listed, decided = (
        key_counts(connection, kind, visit.day, own, "call")
        for kind in (ApplicationListed, ApplicationDecided)
    )
    announced = known_names(connection, AwardsAnnounced, visit.day)
    drafts = _drafts(visit, history)
    found = [
        ListedCall(
            name,
            rules,
            person_named(known, rules.funder),
            *deadline_words(rules, visit.day, speaker),
            listed.get(name, 0),
            decided.get(name, 0),
            name in announced,
            drafts.get(name, ()),
        )
        for name, rules in latest.items()
    ]
    return sorted(found, key=lambda each: (each.rules.deadline or date.max, each.name))


def _drafts(visit: Visit, history: History) -> Mapping[str, Sequence[ApplicationDraft]]:
    """Drafts that the visitor is to write on, by call."""
    found: dict[str, list[ApplicationDraft]] = {}
    for draft in drafts_to_write(visit, history):
        found.setdefault(draft.call, []).append(draft)
    return found


def deadline_words(rules: CallRules, today: date, speaker: Speaker) -> tuple[str, str]:
    """Whether a call is open, and until when: in days and by clock.

    The kind is ``off`` before it opens, ``bad`` when it is over, else open.
    """
    if today < rules.opens_on:
        return "off", speaker.say("opens_on", day=speaker.day(rules.opens_on))
    if rules.deadline is None:
        return "wait", speaker.say("no_deadline")
    left = (rules.deadline - today).days
    day = speaker.day(rules.deadline)
    if left < 0:
        return "bad", speaker.say("closed_on", day=day)
    kind = "warn" if left <= SOON_DAYS else "wait"
    if left == 0:
        return kind, speaker.say("closes_today")
    return kind, speaker.count("closes_in", left, day=day)


def _state(
    view: GrantView, standing: ApplicationStanding, speaker: Speaker
) -> tuple[str, str]:
    """What an own application waits for, or how it stands."""
    if view.to_repay > 0:
        return "warn", speaker.say("to_repay_now", amount=speaker.kr(view.to_repay))
    if view.awarded and not view.disbursed and not view.lapsed:
        return "wait", speaker.say("waits_for_payment")
    words = speaker.say(f"status_{view.status.value}")
    return KINDS[standing.status], words
