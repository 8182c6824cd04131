"""Commands of pages: the same that the API's doors take, sent once however often.

What binds an organisation is shown on a page of its own first, with what is signed and
its fingerprint. That page makes the idempotency key: the button pressed twice, or the
page sent again, records nothing more.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from api.pages.register import register
from api.pages.rendering import Speaker
from api.pages.visit import Visit
from api.problems import ProblemError, invalid, refused
from api.receipts import note_recorded
from api.threshold import TRAVELS_AS
from domain.decisions import decide_resting
from domain.fact import Command
from domain.history import Asked
from domain.kind import DECLARED
from domain.refusal import Refusal
from domain.values import business_day
from federation.log.executor import Receipt, RequestContext


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What somebody is asked to confirm, in the words of their language."""

    title: str
    lead: str
    what: str
    """Heading of what is confirmed."""
    facts: Sequence[tuple[str, object]]
    action: str
    """Where the form goes."""
    verb: str
    """What the button says: the verb, and the amount where there is one."""
    back: str
    """Address to go back to, where nothing is done."""
    crumbs: Sequence[tuple[str, str]] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    """Sent along unseen, such as the fingerprint of what was shown."""
    texts: Sequence[tuple[str, str, str]] = ()
    """Name, label and description of what must be written."""
    checks: Sequence[tuple[str, str]] = ()
    """Name and label of each box that must be ticked."""
    choices: Sequence[tuple[str, str, Sequence[tuple[str, str]]]] = ()
    """Name and label of what is chosen, and its options."""
    edit: str = ""
    """What the button says that leads back to the form, with what was typed."""
    after: str = ""
    """What happens then."""


def confirmed(visit: Visit, section: str, active: str, asked: Confirmation) -> Response:
    """Show what is to be confirmed."""
    members = {name: getattr(asked, name) for name in Confirmation.__slots__}
    return visit.page("confirm.html", section, active, key=uuid.uuid4().hex, **members)


def may_send(visit: Visit, command: type[Command]) -> bool:
    """Whether the visitor's role sends a command: what it may not is left out."""
    return visit.role in DECLARED[command].authority.by


def require_sender(visit: Visit, command: type[Command]) -> None:
    """Refuse a page to whoever's role does not send its command."""
    if not may_send(visit, command):
        roles = "/".join(sorted(DECLARED[command].authority.by))
        raise ProblemError("forbidden", {"role": roles})


def asking(visit: Visit, form: Mapping[str, str]) -> RequestContext:
    """Who sends a form, as a command is told."""
    return RequestContext(
        actor=visit.caller.actor,
        organisation=visit.organisation,
        key=form.get("key") or uuid.uuid4().hex,
        correlation_id=visit.request.scope[TRAVELS_AS],
        now=visit.node.clock.now(),
        mandate=visit.caller.mandate,
    )


def would_be_refused(visit: Visit, command: Command) -> Refusal | None:
    """Why a command would be refused now; None where it would be taken."""
    asked = Asked(
        visit.node.region,
        visit.organisation,
        business_day(visit.node.clock.now()),
        visit.caller.actor,
        visit.caller.mandate,
    )
    with visit.node.executor.history() as history:
        outcome = decide_resting(command, asked, history).outcome
    return outcome if isinstance(outcome, Refusal) else None


async def send(visit: Visit, command: Command, form: Mapping[str, str]) -> Receipt:
    """Send a command of the visitor; ``form`` has the key that its page made.

    Raises :class:`api.problems.ProblemError` where it is refused.
    """
    require_sender(visit, type(command))
    asker = asking(visit, form)
    outcome = await visit.node.executor.executed(command, asker)
    if isinstance(outcome, Refusal):
        raise refused(outcome)
    note_recorded(visit.node, asker, outcome)
    return outcome


def as_command(kind: type[Command], **members: Any) -> Command:  # noqa: ANN401 - as typed
    """Make a command of what a form says; raise the problem of what it cannot be."""
    said = {name: value for name, value in members.items() if value not in ("", None)}
    try:
        return kind.model_validate(said, strict=False)
    except ValidationError as error:
        raise invalid(error) from None


def then(address: str, outcome: Receipt) -> Response:
    """Go on to a page that shows what was recorded."""
    if outcome.rows:
        separator = "&" if "?" in address else "?"
        last = outcome.rows[-1]
        address = f"{address}{separator}at_least={last.origin}:{last.position}"
    return RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})


def on_behalf(visit: Visit, speaker: Speaker) -> list[tuple[str, object]]:
    """Whom the visitor signs for, and as what."""
    with visit.views() as connection:
        known = register(connection, visit.day).get(visit.organisation)
    ours = known.name if known else visit.organisation
    role = speaker.say(f"role_{visit.role.value}").lower()
    words = speaker.say("acting_as", organisation=ours, role=role)
    return [(speaker.say("on_behalf"), words)]
