"""Who subscribes, to what, and on whose right something is sent."""

import hashlib
from collections.abc import Sequence
from typing import Final

from api.auth import Caller
from api.desk.webhooks import (
    PauseReason,
    Webhook,
    WebhooksFullError,
    new_salt,
)
from api.feed import positions_text
from api.problems import ProblemError
from api.resting import as_it_rests
from api.services import Node
from api.way_out import UnsafeAddressError
from domain.catalogue import STREAMS
from domain.role import Role

SUBSCRIBERS: Final = frozenset(
    {Role.ADMINISTRATOR, Role.CONTROLLER, Role.COORDINATOR, Role.OPERATOR}
)
"""Who subscribes for an organisation, and looks after its subscriptions."""
KINDS_MAX: Final = 20
_NAME_LETTERS: Final = 32


def families() -> Sequence[str]:
    """What the names of facts begin with: ``agreement``, ``invoice``."""
    return sorted({kind.TYPE.partition(".")[0] for kind in STREAMS})


def subscribe(
    node: Node,
    caller: Caller,
    address: str,
    kinds: Sequence[str],
    key: str,
    *,
    from_now: bool,
) -> tuple[Webhook, bool]:
    """Make a subscription, and say whether it is new; ``key`` names it for ever."""
    try:
        node.webhooks_way.require_safe(address)
    except UnsafeAddressError:
        wrong = {"field": "address", "code": "webhook_address"}
        raise ProblemError("webhook_address", errors=[wrong]) from None
    if len(kinds) > KINDS_MAX or not all(_is_kind(each) for each in kinds):
        wrong = {"field": "kinds", "code": "webhook_kind"}
        raise ProblemError("webhook_kind", errors=[wrong])
    folded = node.projector.state.positions
    here = {origin: each.position for origin, each in folded.items()}
    made = Webhook(
        name=hashlib.sha256(f"{caller.organisation}\n{key}".encode()).hexdigest()[
            :_NAME_LETTERS
        ],
        organisation=caller.organisation,
        person=caller.actor,
        roles=caller.roles & SUBSCRIBERS,
        address=address,
        kinds=tuple(dict.fromkeys(kinds)),
        made_at=node.unix_seconds(),
        salt=new_salt(),
        salt_before="",
        before_until=0,
        positions=positions_text(here) if from_now else "",
        numbered=0,
        paused=PauseReason.NO,
        failures=0,
        again_at=0,
        said=0,
        said_at=0,
        delivered=0,
    )
    try:
        is_new = node.webhooks.make(made)
    except WebhooksFullError:
        raise ProblemError("webhooks_full") from None
    return (made if is_new else of_organisation(node, caller, made.name)), is_new


def _is_kind(begins: str) -> bool:
    return bool(begins) and any(kind.TYPE.startswith(begins) for kind in STREAMS)


def of_organisation(node: Node, caller: Caller, name: str) -> Webhook:
    """One of the caller's organisation's subscriptions; refuse where there is none."""
    found = node.webhooks.find(caller.organisation, name)
    if found is None:
        raise ProblemError("not_found")
    return found


def right_of(node: Node, webhook: Webhook) -> Caller | None:
    """As whom a subscription hears now; None where nobody's right is left.

    As of any caller, their roles count that rest on mandates.
    """
    caller = as_it_rests(
        node, Caller(webhook.person, webhook.organisation, webhook.roles)
    )
    return caller if caller.roles else None
