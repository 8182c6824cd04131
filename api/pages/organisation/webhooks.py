"""Webhooks as people look after them: made, seen how they go, set right, ended."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Path, Response
from fastapi.responses import RedirectResponse

from api.desk.webhooks import WEBHOOKS_MAX, Letter, PauseReason, Webhook
from api.pages.acting import Confirmation, confirmed
from api.pages.forms import (
    NO_FAULTS,
    Faults,
    Typed,
    faults_of_problem,
    number_typed,
)
from api.pages.organisation.own_organisation import instant_shown
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, Visit, require_role, sent_form
from api.problems import ProblemError
from api.routers import public
from api.routes.webhooks import dead_letter
from api.webhooks.subscribing import (
    SUBSCRIBERS,
    families,
    of_organisation,
    subscribe,
)

router: Final[APIRouter] = public()
SECTION: Final = "page_webhooks"
AT: Final = "/organisation/webhooks"
ONE: Final = AT + "/{webhook}"
_Name = Annotated[str, Path(max_length=32)]
_BAD: Final = frozenset({PauseReason.FAILING, PauseReason.NO_RIGHT, PauseReason.GONE})


class WebhookRow(NamedTuple):
    """A subscription, in words."""

    name: str
    address: str
    kinds: str
    kind: str
    state: str
    delivered: int
    waiting: int
    dead: int
    said: str
    """What the receiver answered last, and when."""


class LetterRow(NamedTuple):
    """A dead letter, in words."""

    number: int
    entry: str
    type: str
    tries: int
    said: str
    behind: int


def _require(visit: Visit) -> None:
    if visit.role not in SUBSCRIBERS:
        require_role(visit, *sorted(SUBSCRIBERS))


@router.get(AT, include_in_schema=False)
def webhooks_page(visit: TheVisit) -> Response:
    """The organisation's webhooks, and how they go."""
    _require(visit)
    speaker = visit.speaker(SECTION)
    found = visit.node.webhooks.of(visit.organisation)
    return visit.page(
        "webhooks.html",
        SECTION,
        "organisation",
        rows=[_row(each, visit, speaker) for each in found],
        may_make=len(found) < WEBHOOKS_MAX,
        home=AT,
    )


def _row(of: Webhook, visit: Visit, speaker: Speaker) -> WebhookRow:
    waiting = visit.node.webhooks.waiting(of.name)
    dead = sum(each.is_dead for each in waiting)
    if of.paused:
        kind = "bad" if of.paused in _BAD else "off"
        state = f"paused_{of.paused.value}"
    elif dead or of.failures:
        kind, state = "warn", "has_dead" if dead else "tries_again"
    else:
        kind, state = "ok", "goes"
    return WebhookRow(
        of.name,
        of.address,
        ", ".join(of.kinds) or speaker.say("all_kinds"),
        kind,
        speaker.say(state),
        of.delivered,
        len(waiting) - dead,
        dead,
        _said(of.said, of.said_at, speaker),
    )


def _said(status: int, at: int, speaker: Speaker) -> str:
    if not at:
        return speaker.say("nothing_sent")
    said = speaker.say("answered", status=status) if status else speaker.say("silent")
    return f"{said}, {instant_shown(at, speaker)}"


@router.get(AT + "/new", include_in_schema=False)
def webhook_form(visit: TheVisit) -> Response:
    """Form for a webhook."""
    _require(visit)
    return _form(visit, {}, NO_FAULTS)


def _form(visit: Visit, values: Mapping[str, str], faults: Faults) -> Response:
    say = visit.speaker(SECTION).say
    return visit.page(
        "webhook_new.html",
        SECTION,
        "organisation",
        crumbs=[(say("organisation"), "/organisation"), (say("title"), AT)],
        families=[f"{each}." for each in families()],
        values=values,
        faults=faults,
        key=values.get("key") or uuid.uuid4().hex,
        role=say(f"role_{visit.role.value}").lower(),
        home=AT,
    )


@router.post(AT + "/new", include_in_schema=False)
async def webhook_made(visit: TheVisit) -> Response:
    """Make a webhook, and show its secret this once."""
    _require(visit)
    form = await sent_form(visit)
    typed = Typed(visit, form)
    address = typed.text("address", needed=True)
    if typed.faults.of:
        return _form(visit, form, typed.faults)
    kinds = typed.text("kinds").replace(",", " ").split()
    try:
        made, is_new = subscribe(
            visit.node,
            visit.caller,
            address,
            kinds,
            form.get("key") or uuid.uuid4().hex,
            from_now=form.get("from") != "beginning",
        )
    except ProblemError as error:
        return _form(visit, form, faults_of_problem(visit, error))
    return _secret_shown(visit, made) if is_new else _to(made.name)


def _secret_shown(visit: Visit, of: Webhook) -> Response:
    say = visit.speaker(SECTION).say
    return visit.page(
        "webhook_secret.html",
        SECTION,
        "organisation",
        crumbs=[(say("organisation"), "/organisation"), (say("title"), AT)],
        address=of.address,
        secret=visit.node.webhooks.secret(of),
        on=f"{AT}/{of.name}",
    )


def _to(name: str = "") -> Response:
    return RedirectResponse(f"{AT}/{name}" if name else AT, 303)


@router.get(ONE, include_in_schema=False)
def webhook_page(webhook: _Name, visit: TheVisit) -> Response:
    """One webhook: how it goes, what is dead, and what can be done."""
    _require(visit)
    of = of_organisation(visit.node, visit.caller, webhook)
    speaker = visit.speaker(SECTION)
    say = speaker.say
    row = _row(of, visit, speaker)
    roles = ", ".join(say(f"role_{each}").lower() for each in sorted(of.roles))
    waiting = visit.node.webhooks.waiting(of.name)
    return visit.page(
        "webhook.html",
        SECTION,
        "organisation",
        crumbs=[(say("organisation"), "/organisation"), (say("title"), AT)],
        row=row,
        facts=[
            (say("address"), of.address),
            (say("kinds"), row.kinds),
            (say("right"), say("right_of", person=of.person, roles=roles)),
            (say("delivered"), row.delivered),
            (say("waiting"), row.waiting),
            (say("last_said"), row.said),
        ],
        is_paused=bool(of.paused),
        why=say(f"why_{of.paused.value}") if of.paused else "",
        letters=[_letter(each, waiting, speaker) for each in waiting if each.is_dead],
        on=f"{AT}/{of.name}",
    )


def _letter(of: Letter, waiting: Sequence[Letter], speaker: Speaker) -> LetterRow:
    behind = sum(
        each.stream == of.stream and each.number > of.number for each in waiting
    )
    status = of.said
    said = speaker.say("answered", status=status) if status else speaker.say("silent")
    return LetterRow(of.number, of.entry, of.type, of.tries, said, behind)


@router.get(ONE + "/end", include_in_schema=False)
def webhook_end(webhook: _Name, visit: TheVisit) -> Response:
    """Ask whether a webhook is to end."""
    _require(visit)
    of = of_organisation(visit.node, visit.caller, webhook)
    speaker = visit.speaker(SECTION)
    say, row = speaker.say, _row(of, visit, speaker)
    asked = Confirmation(
        title=say("ask_end"),
        lead=say("lead_end"),
        what=say("what_end"),
        facts=[
            (say("address"), of.address),
            (say("waiting"), row.waiting),
            (say("dead"), row.dead),
        ],
        action=f"{AT}/{of.name}",
        verb=say("do_end"),
        back=f"{AT}/{of.name}",
        crumbs=[(say("organisation"), "/organisation"), (say("title"), AT)],
        fields={"do": "end"},
    )
    return confirmed(visit, SECTION, "organisation", asked)


@router.post(ONE, include_in_schema=False)
async def webhook_set_right(webhook: _Name, visit: TheVisit) -> Response:
    """Pause a webhook, resume it, end it, change its secret, see to a dead letter."""
    _require(visit)
    form = await sent_form(visit)
    of = of_organisation(visit.node, visit.caller, webhook)
    kept = visit.node.webhooks
    match form.get("do"):
        case "pause":
            kept.pause(of.name, PauseReason.ASKED)
        case "resume":
            roles = visit.caller.roles & SUBSCRIBERS
            kept.resume(of.name, visit.caller.actor, roles)
        case "end":
            kept.end(of.name)
            return _to()
        case "secret":
            kept.rotate(of.name, visit.node.unix_seconds())
            changed = of_organisation(visit.node, visit.caller, of.name)
            return _secret_shown(visit, changed)
        case "again" | "drop" as what:
            number = number_typed(form.get("number", ""))
            if number is None:
                raise ProblemError("not_found")
            letter = dead_letter(visit.node, visit.caller, of.name, number)
            (kept.send_again if what == "again" else kept.drop)(letter)
        case _:
            raise ProblemError("not_found")
    return _to(of.name)
