"""Grants: what one may apply for, what one's own trust has got, what a funder has to do."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from api.desk.application_drafts import ApplicationDraft
from api.known import known_names, known_until
from api.pages.acting import may_send
from api.pages.grant_read import (
    ACTIVE,
    KINDS,
    SECTION,
    ReadCall,
    views_shown,
)
from api.pages.register import register
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, Visit
from api.routers import public
from domain.grants.application import ApplicationPresented
from domain.grants.applying import PresentApplication
from domain.grants.award import AWARDS
from domain.grants.call import (
    CALL,
    CALL_APPLICATIONS,
    CallPublished,
    CallVersions,
    PublishCall,
)
from domain.grants.money import GrantView
from domain.grants.standing import ApplicationStanding
from domain.history import History
from projections.asof import Slice, keys_as_of
from projections.tables import TABLES

router: Final[APIRouter] = public()
ROWS: Final = 100
"""Applications on one page."""
SOON_DAYS: Final = 14
"""So near a deadline is marked."""


class ListedCall(NamedTuple):
    """A call in the list."""

    read: ReadCall
    kind: str
    deadline: str
    """In days and by clock, in words."""
    applications: int
    """That were ever submitted; asked of calls of the visitor's organisation alone."""
    decided: int
    """Of these."""
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
        funded=[each for each in calls if each.read.is_funder(visit)],
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
    own = [n for n in names if _funder(versions[n]) == visit.organisation]
    awards, listed = history.states(AWARDS, own), history.states(CALL_APPLICATIONS, own)
    drafts = _drafts(visit)
    found = []
    for name in names:
        if versions[name].latest is None:
            continue
        decided = awards.get(name, AWARDS.initial)
        read = ReadCall(name, versions[name], decided, known)
        kind, words = deadline_words(read, visit.day, speaker)
        found.append(
            ListedCall(
                read,
                kind,
                words,
                len(listed[name].trusts) if name in listed else 0,
                len(decided.decided),
                drafts.get(name, ()),
            )
        )
    return sorted(
        found, key=lambda each: (each.read.rules.deadline or date.max, each.read.name)
    )


def _funder(call: CallVersions) -> str:
    return "" if call.latest is None else call.latest.rules.funder


def _drafts(visit: Visit) -> Mapping[str, Sequence[ApplicationDraft]]:
    """Drafts that the visitor may write in, by call."""
    if not may_send(visit, PresentApplication):
        return {}
    found: dict[str, list[ApplicationDraft]] = {}
    for draft in visit.node.drafts.of(visit.organisation):
        if draft.is_open_to(visit.caller.actor):
            found.setdefault(draft.call, []).append(draft)
    return found


def deadline_words(read: ReadCall, today: date, speaker: Speaker) -> tuple[str, str]:
    """Whether a call is open, and until when: in days and by clock.

    The kind is ``off`` before it opens, ``bad`` when it is over, else open.
    """
    rules = read.rules
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
