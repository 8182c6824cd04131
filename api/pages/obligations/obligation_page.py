"""One obligation: what, by which rule, who owes it, and its waiver by the health authority."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Path, Query, Response

from api.known import known_until
from api.obligations import OwedOnDay
from api.pages.acting import (
    Confirmation,
    as_command,
    confirmed,
    may_send,
    on_behalf,
    require_sender,
    send,
    then,
)
from api.pages.obligations.owed_rows import (
    SECTION,
    OwedTeller,
    act_of_owed,
    address_of_owed,
    owed_to_show,
)
from api.pages.obligations.rule_sentences import sentence_of_rule
from api.pages.register import Register, register
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, Visit, sent_form
from api.pagination import only
from api.problems import ProblemError
from api.routers import public
from domain.obligations.duty import DONE_BY, duty_of
from domain.obligations.notices import (
    ESCALATION,
    NOTICES,
    TOLD,
    Notice,
    NoticeClaimed,
    notice_key,
    notices_of,
)
from domain.obligations.obligation import ObligationState
from domain.obligations.waiver import WaiveObligation
from domain.values import REGIONAL_AUTHORITY

router: Final[APIRouter] = public()
LONGEST: Final = 500
Id = Annotated[str, Query(max_length=LONGEST)]
_NOT_DONE: Final = frozenset({ObligationState.OPEN, ObligationState.OVERDUE})


@router.get("/obligations/{obligation:path}", include_in_schema=False)
def obligation_page(
    obligation: Annotated[str, Path(max_length=LONGEST)], visit: TheVisit
) -> Response:
    """Show an obligation as it stands."""
    speaker = visit.speaker(SECTION)
    owed, known = _read_owed(visit, obligation)
    row = OwedTeller(speaker, known, visit.day, visit.organisation).row(owed)
    is_done_here = row.is_ours and owed.state in _NOT_DONE
    command = DONE_BY[duty_of(obligation)]
    act = act_of_owed(obligation) if may_send(visit, command) else row.of_address
    return visit.page(
        "obligation.html",
        SECTION,
        "governance",
        row=row,
        of=owed.obligation,
        sentence=sentence_of_rule(row.rule, visit.language),
        act=act if is_done_here else "",
        waived=owed.waived,
        waives=_may_waive(visit, owed, known),
        told=[known[n].name for n in owed.obligation.tell if n in known],
        notices=_notices(visit, owed, known, speaker),
    )


class NoticeRow(NamedTuple):
    """A notice of the obligation: of which step, to whom, and whether it may be missing."""

    step: str
    to: str
    kind: str
    words: str
    beneath: str


def _notices(
    visit: Visit, owed: OwedOnDay, known: Register, speaker: Speaker
) -> Sequence[NoticeRow]:
    """What was told of it, in the order of the steps."""
    obligation = owed.obligation
    owing = known.get(obligation.owed_by)
    if owing is None:
        return []
    coming = notices_of(obligation, REGIONAL_AUTHORITY[owing.region])
    keys = {notice_key(obligation.id, each.step): each.step for each in coming}
    with known_until(visit.node, visit.day) as history:
        entries = history.entries(NOTICES, [*keys])
        states = history.states(NOTICES, [*keys])
    claimed_on = {
        (key, entry.fact.to): entry.recorded_on
        for key in keys
        for entry in entries[key]
        if isinstance(entry.fact, NoticeClaimed)
    }
    return [
        _notice_row(notice, claimed_on[key, notice.claimed.to], known, speaker)
        for key in keys
        for notice in states[key].notices
    ]


def _notice_row(
    notice: Notice, claimed_on: date, known: Register, speaker: Speaker
) -> NoticeRow:
    to = notice.claimed.to
    step = step_words(notice.claimed.step, speaker)
    name = known[to].name if to in known else to
    if notice.sent is None:
        words = speaker.say("notice_unsent")
        beneath = speaker.say("notice_unsent_help", day=speaker.day(claimed_on))
        return NoticeRow(step, name, "warn", words, beneath)
    words = speaker.say("notice_sent", day=speaker.day(notice.sent.accepted_on))
    return NoticeRow(step, name, "ok", words, "")


def step_words(step: str, speaker: Speaker) -> str:
    """Words of a step: which reminder, or what else."""
    if step in {ESCALATION, TOLD}:
        return speaker.say(f"step_{step}")
    return speaker.say("step_reminder", day=speaker.day(step))


def _read_owed(visit: Visit, name: str) -> tuple[OwedOnDay, Register]:
    with visit.views() as connection:
        found = owed_to_show(visit, connection)
        known = register(connection, visit.day)
    return only([each for each in found if each.obligation.id == name]), known


def _may_waive(visit: Visit, owed: OwedOnDay, known: Register) -> bool:
    """Whether the visitor decides for the health authority of who owes it."""
    owing = known.get(owed.obligation.owed_by)
    return (
        owing is not None
        and owed.state in _NOT_DONE
        and visit.organisation == REGIONAL_AUTHORITY[owing.region]
        and may_send(visit, WaiveObligation)
    )


@router.get("/obligations/waive", include_in_schema=False)
def waive_obligation(visit: TheVisit, obligation: Id = "") -> Response:
    """Show what is waived before it is, and ask why."""
    require_sender(visit, WaiveObligation)
    speaker = visit.speaker(SECTION)
    say = speaker.say
    owed, known = _read_owed(visit, obligation)
    if not _may_waive(visit, owed, known):
        raise ProblemError("not_entitled", {"organisation": visit.organisation})
    row = OwedTeller(speaker, known, visit.day, visit.organisation).row(owed)
    return confirmed(
        visit,
        SECTION,
        "governance",
        Confirmation(
            title=say("ask_waive", name=row.owed_by),
            lead=say("lead_waive"),
            what=say("what_waive"),
            facts=[
                (say("what"), row.what),
                (say("of"), row.of),
                (say("owed_by"), row.owed_by),
                (say("due_on"), speaker.day(row.due_on)),
                (say("rule"), row.rule),
                *on_behalf(visit, speaker),
            ],
            action="/obligations/waive",
            verb=say("do_waive"),
            back=row.address,
            crumbs=[(say("title"), "/obligations"), (row.what, row.address)],
            fields={"obligation": row.id},
            texts=[("reason", say("reason"), say("reason_help"))],
            after=say("after_waive"),
        ),
    )


@router.post("/obligations/waive", include_in_schema=False)
async def obligation_waived(visit: TheVisit) -> Response:
    """Waive what was shown, for a reason."""
    form = await sent_form(visit)
    name = form.get("obligation", "")
    command = as_command(
        WaiveObligation,
        obligation=name,
        by=visit.caller.actor,
        reason=form.get("reason", ""),
    )
    return then(address_of_owed(name), await send(visit, command, form))
