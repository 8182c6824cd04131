"""How each rule is kept where it applies: derived for a day, and kept for a while.

Only what can be derived stands here: what a network's standing asks for, what is owed by
a day, what is warned of, and what was waived. What is refused at once can never be broken.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

from sqlalchemy import Connection

from api.auth import Caller
from api.known import known_names, known_until
from api.obligations import OwedOnDay, all_owed, shown_to
from api.services import Node
from api.unannounced import reads_application
from domain.agreements.counted import FRAME
from domain.agreements.warned import AgreementWarning
from domain.governance.standing import asked_of, standing
from domain.governance.warned import warnings_of_network
from domain.grants.application import ApplicationPresented
from domain.grants.call import CallPublished, warnings_of_call
from domain.grants.warned import warnings_of_applications
from domain.history import History
from domain.obligations.obligation import ObligationState
from domain.parties.network import NETWORK, NetworkEstablished
from domain.posts.staffing import warnings_of_agreement
from domain.warning import RuleWarning


class Compliance(StrEnum):
    """How a rule is kept by what it applies to; what is broken comes first."""

    BROKEN = "broken"
    WARNED = "warned"
    NOT_YET_DUE = "not_yet_due"
    WAIVED = "waived"
    KEPT = "kept"


class AppliesTo(StrEnum):
    """What a rule applies to."""

    NETWORK = "network"
    BODY = "body"
    GRANT = "grant"
    CALL = "call"
    AGREEMENT = "agreement"


_OF_OWED: Final[Mapping[ObligationState, Compliance]] = {
    ObligationState.OVERDUE: Compliance.BROKEN,
    ObligationState.LATE: Compliance.WARNED,
    ObligationState.OPEN: Compliance.NOT_YET_DUE,
    ObligationState.WAIVED: Compliance.WAIVED,
    ObligationState.DONE: Compliance.KEPT,
}
_OF_ID: Final[Mapping[str, AppliesTo]] = {
    "network": AppliesTo.NETWORK,
    "body": AppliesTo.BODY,
    "seat": AppliesTo.BODY,
    "assignment": AppliesTo.BODY,
    "application": AppliesTo.GRANT,
    "grant": AppliesTo.GRANT,
    "call": AppliesTo.CALL,
}
"""By the first part of an obligation's id."""
_WAIVERS: Final = frozenset(
    {
        AgreementWarning.ENDORSEMENT_WAIVED.value,
        AgreementWarning.COOPERATION_WAIVED.value,
    }
)


class RuleKept(NamedTuple):
    """A rule, as it applies to one network, body, grant, call or agreement."""

    to: AppliesTo
    name: str
    rule: str
    how: Compliance
    owed: OwedOnDay | None = None
    warning: RuleWarning | None = None

    @property
    def order(self) -> tuple[int, str]:
        """What is broken first, then by rule."""
        return _ORDER[self.how], self.rule


_ORDER: Final = {how: place for place, how in enumerate(Compliance)}


def rules_kept(
    node: Node, connection: Connection, day: date, caller: Caller
) -> Sequence[RuleKept]:
    """All that is told somebody of rules on a day, what is owed up to its year's end."""
    owed = all_owed(node, connection, day, day.year + 1, shown_to(caller))
    networks = (*known_names(connection, NetworkEstablished, day),)
    applications = (*known_names(connection, ApplicationPresented, day),)
    calls = (*known_names(connection, CallPublished, day),)
    positions = node.projector.state.positions
    at = tuple(sorted((name, held.position) for name, held in positions.items()))

    def derived(_before: Sequence[RuleKept] | None) -> Sequence[RuleKept]:
        with known_until(node, day) as history:
            return [
                *(f for name in networks for f in _of_network(name, day, history)),
                *_of_grants(applications, history),
                *(f for name in calls for f in _of_call(name, day, history)),
            ]

    found = node.derived.answer(("compliance", day), at, derived)
    return [*_owed(owed, day), *_told(node, found, caller)]


def _told(node: Node, found: Sequence[RuleKept], caller: Caller) -> Iterator[RuleKept]:
    """Leave out what is warned of in applications that are not for the caller."""
    with node.executor.history() as history:
        for each in found:
            if each.to is not AppliesTo.GRANT or reads_application(
                each.name, caller, history
            ):
                yield each


def _owed(owed: Sequence[OwedOnDay], day: date) -> Iterator[RuleKept]:
    for each in owed:
        obligation = each.obligation
        if obligation.due_on.year > day.year:
            continue
        kind, name, *_ = obligation.id.split("/")
        how = _OF_OWED[each.state]
        if how is Compliance.BROKEN and not obligation.must:
            how = Compliance.WARNED
        yield RuleKept(_OF_ID[kind], name, obligation.rule, how, each)


def _of_network(name: str, day: date, history: History) -> Iterator[RuleKept]:
    network = history.state(NETWORK, name).established
    if network is None:
        return
    lacking = standing(name, history, day).lacking
    for rule in asked_of(network.kind):
        how = Compliance.BROKEN if rule in lacking else Compliance.KEPT
        yield RuleKept(AppliesTo.NETWORK, name, rule, how)
    for each in warnings_of_network(name, day, history) or ():
        body = each.values.get("body")
        of = (AppliesTo.BODY, str(body)) if body else (AppliesTo.NETWORK, name)
        yield RuleKept(*of, each.rule, Compliance.WARNED, None, each)
    for agreement in history.state(FRAME, name).agreements:
        yield from _of_agreement(agreement, day, history)


def _of_grants(names: Collection[str], history: History) -> Iterator[RuleKept]:
    for name, warnings in warnings_of_applications(names, history).items():
        for each in warnings:
            kept = Compliance.WARNED
            yield RuleKept(AppliesTo.GRANT, name, each.rule, kept, None, each)


def _of_call(name: str, day: date, history: History) -> Iterator[RuleKept]:
    for each in warnings_of_call(name, day, history) or ():
        yield RuleKept(AppliesTo.CALL, name, each.rule, Compliance.WARNED, None, each)


def _of_agreement(name: str, day: date, history: History) -> Iterator[RuleKept]:
    for each in warnings_of_agreement(name, day, history) or ():
        how = Compliance.WAIVED if each.code in _WAIVERS else Compliance.WARNED
        yield RuleKept(AppliesTo.AGREEMENT, name, each.rule, how, None, each)
