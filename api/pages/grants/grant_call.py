"""A call: its rules as data, its versions, its applications, and what is done with it."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Query, Response

from api.desk.contacts import ContactAbout
from api.known import known_until
from api.pages.acting import may_send
from api.pages.forms import Typed
from api.pages.grants.grant_act import Act, Input, Members, shown_act, taken
from api.pages.grants.grant_acts import own_name
from api.pages.grants.grant_list import deadline_words
from api.pages.grants.grant_read import (
    ACTIVE,
    KINDS,
    SECTION,
    ReadCall,
    call_in,
    drafts_to_write,
    read_call,
    sees_decisions,
    the_history,
    views_shown,
)
from api.pages.grants.grant_rules import rule_lists, rule_rows
from api.pages.visit import TheVisit, Visit, sent_form
from api.pages.whom_to_ask import contacts_shown, keeps_contacts
from api.problems import ProblemError
from api.routers import public
from domain.fact import Command
from domain.grants.applying import PresentApplication
from domain.grants.awarding import AnnounceAwards
from domain.grants.call import CALL_APPLICATIONS, PublishCall
from domain.grants.money import GrantView
from domain.grants.ranking import (
    RANKING,
    RankApplications,
    listed_of,
    ranking_key,
    to_rank,
)
from domain.grants.standing import ApplicationStanding, applied_for
from domain.history import History
from domain.values import NewName

router: Final[APIRouter] = public()
ROWS: Final = 100
"""Applications on one page."""


class ShownApplication(NamedTuple):
    """An application in its call's list."""

    standing: ApplicationStanding
    view: GrantView
    kind: str
    points: Mapping[str, str]
    """By criterion, of its last revision, as they were given."""
    conflicts: int


@router.get("/grants/calls/{call}", include_in_schema=False)
def call_page(
    call: NewName, visit: TheVisit, after: Annotated[str, Query(max_length=80)] = ""
) -> Response:
    """Show a call to anybody, and its applications to whoever may see them."""
    speaker = visit.speaker(SECTION)
    with visit.views() as connection, known_until(visit.node, visit.day) as history:
        read = call_in(visit, call, connection, history)
        seen = sees_decisions(visit, read)
        trusts = history.state(CALL_APPLICATIONS, call).trusts
        names = sorted(
            name
            for name, trust in trusts.items()
            if name > after and (seen or trust == visit.organisation)
        )
        views = views_shown(visit, names[:ROWS], history)
        drafts = _drafts(visit, call, history)
    rows = [_row(standing, view, seen=seen) for standing, view in views.values()]
    kind, words = deadline_words(read.rules, visit.day, speaker)
    owned = _ours(visit, trusts)
    return visit.page(
        "grant_call.html",
        SECTION,
        ACTIVE,
        read=read,
        rules=read.rules,
        kind=kind,
        deadline=words,
        rule_rows=rule_rows(read, read.rules, speaker),
        rule_lists=rule_lists(read.rules, speaker),
        rows=rows,
        criteria=[each for each in read.rules.criteria if each.of == "application"],
        seen=seen,
        total=len(trusts) if seen else len(owned),
        decided=len(read.awards.decided) if seen else 0,
        next_after=names[ROWS - 1] if len(names) > ROWS else "",
        acts=_open(visit, read, kind, trusts),
        applies=kind in {"wait", "warn"} and may_send(visit, PresentApplication),
        drafts=drafts,
        is_late=_is_late(visit, read),
        is_funder=read.is_funder(visit),
        contacts=contacts_shown(visit, ContactAbout.CALL, call),
        keeps_contacts=keeps_contacts(visit, read.rules.funder),
    )


def _row(
    standing: ApplicationStanding, view: GrantView, *, seen: bool
) -> ShownApplication:
    points: dict[str, list[str]] = {}
    conflicts = 0
    for each in standing.assessments if seen else ():
        if each.conflict is not None:
            conflicts += 1
        for score in each.scores if each.revision == standing.last.revision else ():
            given = "–" if score.points is None else str(score.points)
            points.setdefault(score.criterion, []).append(given)
    joined = {key: ", ".join(given) for key, given in points.items()}
    return ShownApplication(standing, view, KINDS[standing.status], joined, conflicts)


def _ours(visit: Visit, trusts: Mapping[str, str]) -> Collection[str]:
    return sorted(n for n, trust in trusts.items() if trust == visit.organisation)


def _drafts(visit: Visit, call: str, history: History) -> list[tuple[str, str]]:
    return [
        (each.application, each.typed.get("title") or each.application)
        for each in drafts_to_write(visit, history)
        if each.call == call
    ]


def _is_late(visit: Visit, read: ReadCall) -> bool:
    by = read.rules.announce_by
    return by is not None and visit.day > by and not read.is_announced


def _open(
    visit: Visit, read: ReadCall, kind: str, trusts: Mapping[str, str]
) -> list[str]:
    """What the visitor may do with a call."""
    found: list[tuple[str, type[Command], bool]] = []
    is_closed = kind == "bad" or (kind == "wait" and read.rules.deadline is None)
    if read.is_funder(visit):
        waits = len(trusts) > len(read.awards.decided)
        may_announce = (
            is_closed and bool(trusts) and not read.is_announced and not waits
        )
        found += [
            ("announce", AnnounceAwards, may_announce),
            ("new-version", PublishCall, True),
        ]
    ranks = bool(read.rules.rankers) and is_closed and not read.is_announced
    found.append(("ranking", RankApplications, ranks and bool(_ours(visit, trusts))))
    return [key for key, of, is_open in found if is_open and may_send(visit, of)]


# Announcing, and ranking


def _act(visit: Visit, read: ReadCall, key: str, kind: type[Command]) -> dict[str, Any]:
    at = f"/grants/calls/{read.name}"
    say = visit.speaker(SECTION).say
    known = read.known.get(visit.organisation)
    return {
        "key": key,
        "command": kind,
        "address": f"{at}/{key}",
        "back": at,
        "crumbs": [(say("title"), "/grants"), (read.rules.title, at)],
        "fixed": {"call": read.name},
        "words": {"name": read.rules.title},
        "name": known.short_name if known else visit.organisation,
    }


def announce_page(visit: Visit, read: ReadCall) -> Act:
    """Announce all that was decided."""
    speaker = visit.speaker(SECTION)
    say, awards = speaker.say, read.awards
    facts = [
        (say("call"), read.rules.title),
        (say("decided"), len(awards.decided)),
        (say("awarded"), speaker.kr(awards.awarded_ore)),
    ]
    return Act(**_act(visit, read, "announce", AnnounceAwards), facts=facts)


def ranking(visit: Visit, read: ReadCall) -> Act:
    """Rank all applications of the own trust in the call."""
    speaker = visit.speaker(SECTION)
    say = speaker.say
    with the_history(visit) as history:
        listed = sorted(listed_of(read.name, visit.organisation, history))
        applied = applied_for(listed, history)
        key = ranking_key(read.name, visit.organisation)
        order = history.state(RANKING, key).order
    found = to_rank(applied, read.name, visit.organisation)
    names, ranked = [*found], {name: n for n, name in enumerate(order, 1)}
    roles = [(role.value, say(f"ranker_{role.value}")) for role in read.rules.rankers]
    ranks = [
        Input(f"rank.{name}", found[name].last.content.title or name, "number", help=say("rank_help", most=len(names)))
        for name in names
    ]  # fmt: skip
    act = _act(visit, read, "ranking", RankApplications)
    return Act(
        **{**act, "fixed": {"call": read.name, "trust": visit.organisation}},
        facts=[(say("call"), read.rules.title), (say("applications"), len(names))],
        inputs=(
            *ranks,
            Input("role", say("ranks_as"), "choice", options=roles),
            Input("ranked_by", say("ranked_by"), "person", help=say("name_help")),
        ),
        values={
            "ranked_by": own_name(visit),
            **{f"rank.{name}": str(ranked.get(name, "")) for name in names},
        },
        complete=_ordered(names),
        note=say("ranking_note"),
    )


def _ordered(names: list[str]) -> Callable[[Typed, Members], Members]:
    def complete(typed: Typed, members: Members) -> Members:
        ranks = {name: members.pop(f"rank.{name}") for name in names}
        given = [rank for rank in ranks.values() if rank is not None]
        for name, rank in ranks.items():
            if rank is not None and given.count(rank) > 1:
                typed.fault(f"rank.{name}", ProblemError("ranks_alike"))
        order = sorted(names, key=lambda name: (ranks[name] or 0, name))
        return {**members, "order": order}

    return complete


CALL_ACTS: Final[Mapping[str, Callable[[Visit, ReadCall], Act]]] = {
    "announce": announce_page,
    "ranking": ranking,
}


@router.get("/grants/calls/{call}/{act}", include_in_schema=False)
def call_act_page(call: NewName, act: str, visit: TheVisit) -> Response:
    """Show the form of an act, or what is confirmed."""
    if act not in CALL_ACTS:
        raise ProblemError("not_found")
    return shown_act(visit, CALL_ACTS[act](visit, read_call(visit, call)))


@router.post("/grants/calls/{call}/{act}", include_in_schema=False)
async def call_act_taken(call: NewName, act: str, visit: TheVisit) -> Response:
    """Read the form of an act: show what is confirmed, or send it."""
    if act not in CALL_ACTS:
        raise ProblemError("not_found")
    form = await sent_form(visit)
    read = await asyncio.to_thread(read_call, visit, call)
    return await taken(visit, CALL_ACTS[act](visit, read), form)
