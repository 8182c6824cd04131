"""Webhooks: where a program wants what is recorded sent to, and how that goes."""

import uuid
from typing import Annotated, Final

from fastapi import Depends, Path
from pydantic import BaseModel, Field

from api.bodies import Body
from api.dependencies import (
    IdempotencyKey,
    TheCaller,
    TheNode,
    require,
    require_registered,
)
from api.desk.webhooks import Letter, PauseReason, Webhook
from api.problems import REFUSALS, ProblemError
from api.routers import member_router
from api.services import Node
from api.way_out import ADDRESS_MAX
from api.webhooks.subscribing import (
    KINDS_MAX,
    SUBSCRIBERS,
    of_organisation,
    subscribe,
)
from domain.history import ShownTo
from domain.role import Role

router = member_router("webhooks", ShownTo.MEMBERS)
AT: Final = "/webhooks"
ONE: Final = "/webhooks/{webhook}"
LETTER: Final = ONE + "/dead-letters/{number}"
_Name = Annotated[
    str, Path(max_length=32, description="As the answer has it that made it.")
]
_Number = Annotated[int, Path(ge=1, le=2**53)]


async def the_subscriber(node: TheNode, caller: TheCaller) -> None:
    """Let only those through who look after an organisation's webhooks."""
    require(caller, SUBSCRIBERS)
    await require_registered(node, caller)


_ONLY: Final = [Depends(the_subscriber)]


class NewWebhook(Body):
    """What a program wants to hear, and where."""

    address: str = Field(
        max_length=ADDRESS_MAX,
        description="Of the receiver, `https`; a public host, or an origin that the "
        "node's operator allows.",
        examples=["https://receiver.example/fagnett"],
    )
    kinds: list[Annotated[str, Field(max_length=80)]] = Field(
        default=[],
        max_length=KINDS_MAX,
        description="Beginnings of the types that are wanted: `invoice.`. Without any, "
        "all.",
        examples=[["invoice.", "statement.signed"]],
    )
    from_now: bool = Field(
        default=True,
        description="Only what comes from now on; else all from the beginning.",
    )


class KnownWebhook(BaseModel):
    """A subscription, and how it goes."""

    webhook: str
    address: str
    kinds: list[str]
    person: str = Field(
        description="On whose right it hears: what they may not read when it is sent "
        "is not sent."
    )
    roles: list[Role]
    paused: PauseReason = Field(
        description="Empty while it is sent to. `failing`: so many deliveries failed "
        "in a row; `gone`: the receiver said so (410); `no_right`: nobody's right is "
        "left to send on; `asked`: somebody wanted it."
    )
    delivered: int
    waiting: int = Field(description="Entries that are queued, the dead among them.")
    dead: int = Field(description="Those that are tried no more; see `dead-letters`.")
    failures: int = Field(description="In a row, since the last that was taken.")
    last_status: int = Field(
        description="HTTP status of the last answer; 0 where none came."
    )
    positions: str = Field(
        description="How far each region's log was looked through, as with `events`."
    )


class MadeWebhook(KnownWebhook):
    """A subscription with its secret, which is told this once."""

    secret: str = Field(
        description="What deliveries are signed with (Standard Webhooks). Empty where "
        "the same Idempotency-Key has made it before."
    )


class DeadLetter(BaseModel):
    """An entry that its receiver did not take."""

    number: int
    entry: str
    type: str
    tries: int
    last_status: int
    behind: int = Field(description="Entries of the same stream that wait for it.")


@router.post(AT, status_code=201, responses=REFUSALS, dependencies=_ONLY)
def make_webhook(
    body: NewWebhook,
    node: TheNode,
    caller: TheCaller,
    idempotency_key: IdempotencyKey = None,
) -> MadeWebhook:
    """Have what the caller may read sent to a program as it is recorded.

    Each delivery is an entry, a CloudEvent, signed as Standard Webhooks has it: the
    entries of a stream in order, each at least once, with the same `webhook-id`
    however often. A receiver answers with 2xx within 10 seconds; a redirect is not
    followed. What is not taken is tried again for a day, then it is a dead letter
    and holds its stream.
    """
    made, is_new = subscribe(
        node,
        caller,
        body.address,
        body.kinds,
        idempotency_key or uuid.uuid4().hex,
        from_now=body.from_now,
    )
    secret = node.webhooks.secret(made) if is_new else ""
    return MadeWebhook(**_known(node, made).model_dump(), secret=secret)


@router.get(AT, dependencies=_ONLY)
def list_webhooks(node: TheNode, caller: TheCaller) -> list[KnownWebhook]:
    """The organisation's webhooks, the first one first."""
    return [_known(node, each) for each in node.webhooks.of(caller.organisation)]


@router.get(ONE, dependencies=_ONLY)
def get_webhook(webhook: _Name, node: TheNode, caller: TheCaller) -> KnownWebhook:
    """One of the organisation's webhooks."""
    return _known(node, of_organisation(node, caller, webhook))


@router.post(ONE + "/end", status_code=204, responses=REFUSALS, dependencies=_ONLY)
def end_webhook(webhook: _Name, node: TheNode, caller: TheCaller) -> None:
    """Send nothing more, and forget what waits."""
    node.webhooks.end(of_organisation(node, caller, webhook).name)


@router.post(ONE + "/pause", status_code=204, responses=REFUSALS, dependencies=_ONLY)
def pause_webhook(webhook: _Name, node: TheNode, caller: TheCaller) -> None:
    """Send nothing until it is resumed; nothing is lost meanwhile."""
    node.webhooks.pause(of_organisation(node, caller, webhook).name, PauseReason.ASKED)


@router.post(
    ONE + "/resumption", status_code=204, responses=REFUSALS, dependencies=_ONLY
)
def resume_webhook(webhook: _Name, node: TheNode, caller: TheCaller) -> None:
    """Send again from where it stopped, on the right of the caller from now on."""
    of = of_organisation(node, caller, webhook)
    node.webhooks.resume(of.name, caller.actor, caller.roles & SUBSCRIBERS)


@router.post(ONE + "/secret", responses=REFUSALS, dependencies=_ONLY)
def rotate_webhook_secret(
    webhook: _Name, node: TheNode, caller: TheCaller
) -> MadeWebhook:
    """Make another secret, which is told this once.

    For a day deliveries are signed with the one before as well.
    """
    name = of_organisation(node, caller, webhook).name
    node.webhooks.rotate(name, node.unix_seconds())
    of = of_organisation(node, caller, name)
    return MadeWebhook(**_known(node, of).model_dump(), secret=node.webhooks.secret(of))


@router.get(ONE + "/dead-letters", dependencies=_ONLY)
def list_dead_letters(
    webhook: _Name, node: TheNode, caller: TheCaller
) -> list[DeadLetter]:
    """Entries that are tried no more, in order: send each again, or drop it."""
    of = of_organisation(node, caller, webhook)
    waiting = node.webhooks.waiting(of.name)
    return [
        DeadLetter(
            number=each.number,
            entry=each.entry,
            type=each.type,
            tries=each.tries,
            last_status=each.said,
            behind=sum(
                other.stream == each.stream and other.number > each.number
                for other in waiting
            ),
        )
        for each in waiting
        if each.is_dead
    ]


@router.post(
    LETTER + "/resending", status_code=204, responses=REFUSALS, dependencies=_ONLY
)
def send_dead_letter_again(
    webhook: _Name, number: _Number, node: TheNode, caller: TheCaller
) -> None:
    """Try a dead letter anew."""
    node.webhooks.send_again(dead_letter(node, caller, webhook, number))


@router.post(
    LETTER + "/dropping", status_code=204, responses=REFUSALS, dependencies=_ONLY
)
def drop_dead_letter(
    webhook: _Name, number: _Number, node: TheNode, caller: TheCaller
) -> None:
    """Leave a dead letter out: its stream goes on with the next."""
    node.webhooks.drop(dead_letter(node, caller, webhook, number))


def dead_letter(node: Node, caller: TheCaller, webhook: str, number: int) -> Letter:
    """Find a dead letter of one of the organisation's webhooks; refuse where none is."""
    of = of_organisation(node, caller, webhook)
    for each in node.webhooks.waiting(of.name):
        if each.number == number and each.is_dead:
            return each
    raise ProblemError("not_found")


def _known(node: Node, of: Webhook) -> KnownWebhook:
    waiting = node.webhooks.waiting(of.name)
    return KnownWebhook(
        webhook=of.name,
        address=of.address,
        kinds=[*of.kinds],
        person=of.person,
        roles=sorted(of.roles),
        paused=of.paused,
        delivered=of.delivered,
        waiting=len(waiting),
        dead=sum(each.is_dead for each in waiting),
        failures=of.failures,
        last_status=of.said,
        positions=of.positions,
    )
