"""How trusts come to an agreement and end it: counter, adopt, withdraw, endorse, terminate.

What signs terms names them by their fingerprint in ``If-Match``; what takes an
offer back may. Other terms than those that were read are left alone.
"""

from urllib.parse import quote

from fastapi import APIRouter, Response
from pydantic import Field

from api.bodies import Body, Day, PersonsName
from api.dependencies import TheAsker, TheNode
from api.problems import PROBLEMS, REFUSALS
from api.receipts import CONTROLLER, LOCATED, Receipt, receipt, run
from api.routes.agreements import NewVersion, proposal_of, remember_decider
from api.signing import IfMatch, SignedCounterProposal, SignedVersion, tag_of
from domain.agreements.answer import EndorserRole
from domain.agreements.counter import AdoptCounterProposal, CounterVersion
from domain.agreements.endorsement import EndorseVersion
from domain.agreements.notice import TerminateAgreement
from domain.agreements.wage_growth import ProposeWageGrowth
from domain.agreements.withdrawal import WithdrawVersion
from domain.values import FreeText, GrowthFactor, NewName, VersionNumber

router = APIRouter(prefix="/v1", tags=["agreements"], responses=PROBLEMS)


class NewEndorsement(Body):
    """The host's line stands behind a version; its host asks."""

    role: EndorserRole
    endorsed_by: PersonsName = Field(
        min_length=1,
        max_length=200,
        description="Who endorses. Stays in the host's region: only a pseudonym "
        "is recorded.",
    )
    endorsed_on: Day


class NewTermination(Body):
    """A termination with notice; the payer or the payee asks."""

    ends_on: Day = Field(description="The last day of the agreement.")
    reason: FreeText = ""


class NewWageGrowth(Body):
    """The version in force, its costs multiplied; the coordinating trust asks."""

    version: int = Field(strict=True, ge=1, le=10**6, examples=[2])
    effective_from: Day
    factor: GrowthFactor = Field(description="Decimal string.", examples=["1.0375"])
    source: FreeText = Field(description="Where the factor is from.")


@router.post(
    "/agreements/{agreement}/versions/{version}/counter-proposal",
    status_code=201,
    dependencies=CONTROLLER,
    responses={**REFUSALS, **LOCATED},
)
def counter_version(
    agreement: NewName,
    version: VersionNumber,
    body: NewVersion,
    node: TheNode,
    asker: TheAsker,
    response: Response,
    signed: SignedVersion,
) -> Receipt:
    """Answer a version with terms of one's own, signed, under the next number."""
    name = quote(agreement)
    place = f"/v1/agreements/{name}/counter-proposals/{body.version}"
    response.headers["Location"] = place
    command = CounterVersion(
        version=version,
        proposal=proposal_of(agreement, body, node, asker),
        fingerprint=signed,
    )
    outcome = run(node, command, asker, response)
    remember_decider(body, node, asker)
    return receipt(outcome)


@router.post(
    "/agreements/{agreement}/counter-proposals/{version}/adoption",
    status_code=201,
    dependencies=CONTROLLER,
    responses={**REFUSALS, **LOCATED},
)
def adopt_counter_proposal(
    agreement: NewName,
    version: VersionNumber,
    node: TheNode,
    asker: TheAsker,
    response: Response,
    signed: SignedCounterProposal,
) -> Receipt:
    """Accept counter-proposed terms: exactly those that `If-Match` names."""
    name = quote(agreement)
    response.headers["Location"] = f"/v1/agreements/{name}/versions/{version}"
    command = AdoptCounterProposal(
        agreement=agreement, version=version, fingerprint=signed
    )
    return receipt(run(node, command, asker, response))


@router.post(
    "/agreements/{agreement}/versions/{version}/withdrawal",
    status_code=201,
    dependencies=CONTROLLER,
    responses=REFUSALS,
)
def withdraw_version(
    agreement: NewName,
    version: VersionNumber,
    node: TheNode,
    asker: TheAsker,
    response: Response,
    if_match: IfMatch = None,
) -> Receipt:
    """Take back a proposal or counter-proposal that is not answered, as its maker."""
    command = WithdrawVersion(
        agreement=agreement, version=version, fingerprint=tag_of(if_match)
    )
    return receipt(run(node, command, asker, response))


@router.post(
    "/agreements/{agreement}/versions/{version}/endorsements",
    status_code=201,
    dependencies=CONTROLLER,
    responses=REFUSALS,
)
def endorse_version(
    agreement: NewName,
    version: VersionNumber,
    body: NewEndorsement,
    node: TheNode,
    asker: TheAsker,
    response: Response,
    signed: SignedVersion,
) -> Receipt:
    """Record that the host's leader or clinic director endorses (S1-05, S1-20)."""
    endorser = node.persons.pseudonym(asker.organisation, body.endorsed_by)
    command = EndorseVersion(
        agreement=agreement,
        version=version,
        role=body.role,
        endorsed_by=endorser,
        endorsed_on=body.endorsed_on,
        fingerprint=signed,
    )
    outcome = run(node, command, asker, response)
    node.persons.remember(endorser, body.endorsed_by)
    return receipt(outcome)


@router.post(
    "/agreements/{agreement}/wage-growth",
    status_code=201,
    dependencies=CONTROLLER,
    responses={**REFUSALS, **LOCATED},
)
def propose_wage_growth(
    agreement: NewName,
    body: NewWageGrowth,
    node: TheNode,
    asker: TheAsker,
    response: Response,
) -> Receipt:
    """Propose the version in force with its costs multiplied (S1-12)."""
    name = quote(agreement)
    response.headers["Location"] = f"/v1/agreements/{name}/versions/{body.version}"
    command = ProposeWageGrowth(agreement=agreement, **dict(body))
    return receipt(run(node, command, asker, response))


@router.post(
    "/agreements/{agreement}/terminations",
    status_code=201,
    dependencies=CONTROLLER,
    responses=REFUSALS,
)
def terminate_agreement(
    agreement: NewName,
    body: NewTermination,
    node: TheNode,
    asker: TheAsker,
    response: Response,
) -> Receipt:
    """End an agreement after a day, with the agreed notice, as either party."""
    command = TerminateAgreement(agreement=agreement, **dict(body))
    return receipt(run(node, command, asker, response))
