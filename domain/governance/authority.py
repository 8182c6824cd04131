"""What health authorities and committees decide on a network.

A national network is authorised, renewed and closed by the health authority of its
coordinating trust's region, and evaluated by each; of a local one it is the organisation
of a committee that decides. It grants the logo for its service unit (S1-21).
"""

from collections.abc import Iterable
from typing import NamedTuple

from pydantic import Field

from domain.document import Document
from domain.fact import Command, Fact
from domain.governance.body import (
    BODY,
    COMMITTEES,
    BodyChartered,
    BodyKind,
)
from domain.governance.codes import GovernanceCode
from domain.governance.standing import NetworkStanding, evaluated_from, standing
from domain.history import Append, Asked, Decision, History
from domain.kind import Asks, Authority, Needs, declare
from domain.parties.authority import (
    AUTHORITY,
    EvaluationOutcome,
    LogoGranted,
    NetworkAuthorised,
    NetworkAuthority,
    NetworkClosed,
    NetworkEvaluated,
    NetworkRenewed,
)
from domain.parties.network import (
    NetworkEstablished,
    coordinator,
    next_period,
    renewed,
)
from domain.parties.organisation import (
    REGISTERED,
    OrganisationRegistered,
    known_organisation,
    require_party,
)
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import (
    REGIONAL_AUTHORITY,
    Day,
    FreeText,
    NetworkKind,
    NewName,
    OrganisationKind,
    OrganisationNumber,
    Period,
    Region,
)

SAID: Needs = {**REGISTERED, NetworkEstablished: Code.UNKNOWN_NETWORK}
"""What must have been said before anybody decides on a network."""


class AuthoriseNetwork(Command):
    """Let a network be, as its health authority or by a committee (S1-02, S4-06)."""

    network: NewName = Field(examples=["ms"])
    authority: OrganisationNumber
    """Who decides."""
    body: NewName | None = None
    """The committee that decided, for a local network."""
    case_reference: FreeText = ""


class GrantLogo(Command):
    """Let an active network use the logo, as a health authority (S1-21)."""

    network: NewName = Field(examples=["ms"])
    authority: OrganisationNumber
    logo: Document | None = None
    effective_on: Day | None = None
    """Decides nothing: with another day it is said anew, with the same once more."""


class EvaluateNetwork(Command):
    """Evaluate a national network towards the end of its five years (S1-37, S1-38)."""

    network: NewName = Field(examples=["ms"])
    authority: OrganisationNumber
    outcome: EvaluationOutcome
    reason: Document | None = None


class RenewNetwork(Command):
    """Let a network go on for five years, after its evaluation (S1-35, S1-38)."""

    network: NewName = Field(examples=["ms"])
    authority: OrganisationNumber
    effective_on: Day | None = None
    """Decides nothing: with another day it is said anew, with the same once more."""


class CloseNetwork(Command):
    """End a network, perhaps with a successor; a national one after its evaluation."""

    network: NewName = Field(examples=["ms"])
    authority: OrganisationNumber
    closes_on: Day
    """The first day on which it is closed."""
    successor: NewName | None = None
    reason: FreeText = ""


Said = AuthoriseNetwork | GrantLogo | EvaluateNetwork | RenewNetwork | CloseNetwork


class _Speaker(NamedTuple):
    """Who decides on which network, and what was said of it."""

    authority: OrganisationRegistered
    network: NetworkEstablished
    home: Region
    """That of the coordinating trust."""
    said: NetworkAuthority

    @property
    def is_local(self) -> bool:
        return self.network.kind is NetworkKind.LOCAL

    @property
    def periods(self) -> tuple[Period, ...]:
        return tuple(renewed(self.network, self.said.renewals))

    def append(self, fact: Fact) -> Decision:
        stream = AUTHORITY.stream(self.authority.region, self.network.network)
        return (Append(stream, fact),)


def _speaker(command: Said, asked: Asked, history: History) -> _Speaker:
    """Authority and network of a command, for that authority alone; refuse others."""
    authority = known_organisation(command.authority, "authority", history)
    network, home = coordinator(command.network, history)
    require_party(asked, authority.org_number, authority.region)
    said = history.state(AUTHORITY, command.network)
    return _Speaker(authority, network, home, said)


# Whose word it is


def _require_home(speaker: _Speaker, history: History) -> None:
    """Refuse all but the health authority of the coordinating trust's region."""
    authority = REGIONAL_AUTHORITY[speaker.home]
    if speaker.authority.org_number != authority:
        raise _not_entitled(authority, history)


def _require_health_authority(speaker: _Speaker, history: History) -> None:
    if speaker.authority.kind is not OrganisationKind.RHF:
        raise _not_entitled(REGIONAL_AUTHORITY[speaker.home], history)


def _require_committee(speaker: _Speaker, history: History) -> None:
    """Refuse an organisation that has no committee (S4-98)."""
    if history.state(COMMITTEES, speaker.authority.org_number).names:
        return
    before = [each.authority for each in speaker.said.authorised]
    who_knows = before[-1] if before else speaker.network.coordinating_trust
    raise _not_entitled(who_knows, history)


def _not_entitled(organisation: str, history: History) -> Refusal:
    """Refusal that names who may."""
    home = known_organisation(organisation, "authority", history).region
    values = {"organisation": organisation}
    return Refusal(
        Code.NOT_ENTITLED, values=values, region=home, organisation=organisation
    )


# Decisions


def authorise(command: AuthoriseNetwork, asked: Asked, history: History) -> Decision:
    """Decide on an authorisation: by whoever may let a network of this kind be."""
    speaker = _speaker(command, asked, history)
    fact = NetworkAuthorised(**dict(command))
    if fact in speaker.said.authorised:
        return ()
    if speaker.is_local:
        _require_own_committee(command, speaker, history)
    else:
        _require_home(speaker, history)
    return speaker.append(fact)


def _require_own_committee(
    command: AuthoriseNetwork, speaker: _Speaker, history: History
) -> None:
    body = None if command.body is None else history.state(BODY, command.body).last
    if body is None:
        raise Refusal(GovernanceCode.UNKNOWN_BODY, "body")
    is_own = body.organisation == speaker.authority.org_number
    if body.kind is not BodyKind.COMMITTEE or not is_own:
        raise _not_entitled(body.organisation, history)


declare(
    AuthoriseNetwork,
    authorise,
    Authority(
        Asks.ITSELF,
        {Role.DECIDER},
        {**SAID, BodyChartered: GovernanceCode.UNKNOWN_BODY},
        "the network: it is proposed no longer",
    ),
    NetworkAuthorised,
)


def grant_logo(command: GrantLogo, asked: Asked, history: History) -> Decision:
    """Decide on the logo: of a network that is active, also while it is evaluated."""
    speaker = _speaker(command, asked, history)
    fact = LogoGranted(**dict(command))
    if fact in speaker.said.logos:
        return ()
    _require_health_authority(speaker, history)
    now = standing(command.network, history, asked.today).standing
    if now not in {NetworkStanding.ACTIVE, NetworkStanding.UNDER_EVALUATION}:
        raise Refusal(GovernanceCode.NETWORK_NOT_ACTIVE, "network")
    return speaker.append(fact)


declare(
    GrantLogo,
    grant_logo,
    Authority(Asks.ITSELF, {Role.DECIDER}, SAID, "nobody: the network may use it"),
    LogoGranted,
)


def evaluate(command: EvaluateNetwork, asked: Asked, history: History) -> Decision:
    """Decide on an evaluation: of the latest period that has come to its last year.

    An authority's last one of a period counts; said once more it changes nothing.
    """
    speaker = _speaker(command, asked, history)
    spans = enumerate(speaker.periods, start=1)
    due = [number for number, span in spans if evaluated_from(span) <= asked.today]
    period = due[-1] if due else None
    last = period and speaker.said.evaluation(command.authority, period)
    if last and (last.outcome, last.reason) == (command.outcome, command.reason):
        return ()
    if speaker.is_local:
        _require_committee(speaker, history)
    else:
        _require_health_authority(speaker, history)
    if period is None:
        raise Refusal(Code.PERIOD_NOT_ENDED, "network")
    return speaker.append(NetworkEvaluated(**dict(command), period=period))


declare(
    EvaluateNetwork,
    evaluate,
    Authority(
        Asks.ITSELF,
        {Role.DECIDER},
        SAID,
        "itself: what it may decide on the network afterwards",
    ),
    NetworkEvaluated,
)


def renew(command: RenewNetwork, asked: Asked, history: History) -> Decision:
    """Decide on a renewal: of the five years after the last day.

    Whoever has said so and not evaluated it since says the same once more.
    """
    speaker = _speaker(command, asked, history)
    own = _own_evaluation(speaker)
    if own is None and _is_said(command, speaker.said.renewals[-1:]):
        return ()
    _require_decided_by(speaker, history)
    if own is None or own.outcome is not EvaluationOutcome.RENEW:
        raise Refusal(GovernanceCode.NOT_EVALUATED, "network")
    starts_on, ends_on = next_period(speaker.periods)
    return speaker.append(
        NetworkRenewed(**dict(command), starts_on=starts_on, ends_on=ends_on)
    )


def _is_said(command: RenewNetwork, renewals: Iterable[NetworkRenewed]) -> bool:
    said = command.authority, command.effective_on
    return said in ((each.authority, each.effective_on) for each in renewals)


def _require_decided_by(speaker: _Speaker, history: History) -> None:
    """Refuse who may neither renew nor close the network (S1-02, S4-98)."""
    if speaker.is_local:
        _require_committee(speaker, history)
    else:
        _require_home(speaker, history)


def _own_evaluation(speaker: _Speaker) -> NetworkEvaluated | None:
    """Last evaluation of the running period by who speaks."""
    number = len(speaker.periods)
    return speaker.said.evaluation(speaker.authority.org_number, number)


declare(
    RenewNetwork,
    renew,
    Authority(
        Asks.ITSELF,
        {Role.DECIDER},
        {**SAID, NetworkEvaluated: GovernanceCode.NOT_EVALUATED},
        "the network: agreements in it may last as long",
    ),
    NetworkRenewed,
)


def close(command: CloseNetwork, asked: Asked, history: History) -> Decision:
    """Decide on a closing: of a national network once it is evaluated."""
    speaker = _speaker(command, asked, history)
    fact = NetworkClosed(**dict(command))
    if fact in speaker.said.closed:
        return ()
    _require_decided_by(speaker, history)
    if speaker.periods and _own_evaluation(speaker) is None:
        raise Refusal(GovernanceCode.NOT_EVALUATED, "network")
    return speaker.append(fact)


declare(
    CloseNetwork,
    close,
    Authority(
        Asks.ITSELF,
        {Role.DECIDER},
        {**SAID, NetworkEvaluated: GovernanceCode.NOT_EVALUATED},
        "the network: nothing in it is waited for from that day on",
    ),
    NetworkClosed,
)
