"""What organisations and health authorities say of a network itself, as forms."""

from collections.abc import Mapping
from typing import Any, Final

from api.pages.governance.governance_forms import (
    ActField,
    ActScope,
    GovernanceAct,
    Options,
)
from domain.governance.authority import (
    AuthoriseNetwork,
    CloseNetwork,
    EvaluateNetwork,
    GrantLogo,
    RenewNetwork,
)
from domain.parties.authority import EvaluationOutcome
from domain.parties.charter import ReachMilestone
from domain.parties.participation import DeclareParticipation, EndParticipation


def _participants(scope: ActScope) -> Options:
    named = [
        (each, scope.teller.participant(each)) for each in scope.taking_part.declared
    ]
    return [("", scope.speaker.say("none_such")), *named]


def _ours(scope: ActScope) -> Options:
    return [
        (each, scope.teller.participant(each))
        for each, declared in scope.taking_part.declared.items()
        if declared.organisation == scope.visit.organisation
        and each not in scope.taking_part.ended
    ]


def _committees(scope: ActScope) -> Options:
    own = [(each, each) for each in scope.committees]
    return [("", scope.speaker.say("none_such")), *own]


def _outcomes(scope: ActScope) -> Options:
    say = scope.speaker.say
    return [(each.value, say(f"outcome_{each.value}")) for each in EvaluationOutcome]


def _said(read: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in read.items() if value not in ("", None)}


def _by_organisation(scope: ActScope, read: Mapping[str, Any]) -> Mapping[str, Any]:
    own = {"network": scope.network, "organisation": scope.visit.organisation}
    return {**own, **_said(read)}


def _of_network(scope: ActScope, read: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"network": scope.network, **_said(read)}


def _by_authority(scope: ActScope, read: Mapping[str, Any]) -> Mapping[str, Any]:
    own = {"network": scope.network, "authority": scope.visit.organisation}
    return {**own, **_said(read)}


NETWORK_ACTS: Final[Mapping[str, GovernanceAct]] = {
    "participate": GovernanceAct(
        DeclareParticipation,
        (
            ActField("participant", "text"),
            ActField("unit", "text", needed=False),
            ActField("represented_by", "choice", needed=False, options=_participants),
        ),
        _by_organisation,
    ),
    "leave": GovernanceAct(
        EndParticipation,
        (ActField("participant", "choice", options=_ours), ActField("ends_on", "day")),
        _of_network,
    ),
    "milestone": GovernanceAct(
        ReachMilestone,
        (
            ActField("milestone", "choice", options=lambda scope: scope.milestones),
            ActField("reached_on", "day"),
        ),
        _of_network,
    ),
    "authorise": GovernanceAct(
        AuthoriseNetwork,
        (
            ActField("committee", "choice", needed=False, options=_committees),
            ActField("case_reference", "text", needed=False),
        ),
        lambda scope, read: _by_authority(
            scope,
            {"body": read["committee"], "case_reference": read["case_reference"]},
        ),
    ),
    "evaluate": GovernanceAct(
        EvaluateNetwork,
        (
            ActField("outcome", "choice", options=_outcomes),
            ActField("reason", "document", needed=False),
        ),
        _by_authority,
    ),
    "renew": GovernanceAct(RenewNetwork, (), _by_authority),
    "close": GovernanceAct(
        CloseNetwork,
        (
            ActField("closes_on", "day"),
            ActField("successor", "text", needed=False),
            ActField("reason", "area", needed=False),
        ),
        _by_authority,
    ),
    "logo": GovernanceAct(
        GrantLogo, (ActField("logo", "document", needed=False),), _by_authority
    ),
}
"""By the last part of the address; each is said of a network alone."""
