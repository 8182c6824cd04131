"""Cost agreements: versions proposed and answered."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Response
from pydantic import Field
from sqlalchemy import Connection

from api.agreements import ShownAgreement, ShownVersion, shown, shown_version
from api.bodies import Body, CostOre, Day, LastDay, OrgNumber, PersonsName
from api.dependencies import (
    AsOf,
    TheAsker,
    TheCaller,
    TheLanguage,
    TheNode,
    TheViews,
    day_of,
)
from api.pagination import Cursor, Limit, Page, after, only, page_of
from api.pdf.agreement import agreement_paper, named
from api.pdf.responses import PDF_RESPONSES, pdf_response
from api.problems import PROBLEMS, REFUSALS
from api.receipts import CONTROLLER, LOCATED, Receipt, receipt, run
from api.services import Node
from api.signing import TAGGED, SignedVersion, show_tag
from domain.agreements.agreement import (
    ProposedCooperation,
    ProposedPost,
    ProposeVersion,
)
from domain.agreements.answer import AnswerVersion, PlainAnswer
from domain.values import (
    CaseReference,
    FreeLongText,
    FreeText,
    Frequency,
    NewName,
    NoticeMonths,
    OrganisationNumber,
    TravelCost,
    Vacancy,
    VatTreatment,
    VersionNumber,
    WrittenPercent,
    not_before,
)
from federation.log.executor import Asker
from projections import register
from projections.agreements import Agreement, Version, agreements

router = APIRouter(prefix="/v1", tags=["agreements"], responses=PROBLEMS)


class NewPost(Body):
    """One part-time post in a version; a national network needs every member."""

    post: NewName = Field(examples=["ms-ous-1"])
    content: FreeText = Field("", description="What the post does (S1-10).")
    percent: WrittenPercent | None = Field(
        None, description="Decimal string, 10.00-20.00 (S1-33).", examples=["20.00"]
    )
    starts_on: Day | None = None
    ends_on: Annotated[LastDay | None, not_before("starts_on")] = None
    annual_cost_ore: CostOre | None = Field(
        None, description="Øre for a whole year at the post's percentage (S1-12)."
    )


class NewCooperation(Body):
    """The four sections of a cooperation agreement (S1-27), all of them."""

    tasks: FreeLongText
    obligations: FreeLongText
    aims: FreeLongText
    economy: FreeLongText


class NewVersion(Body):
    """A version of an agreement to propose; the coordinating trust asks."""

    version: int = Field(strict=True, ge=1, le=10**6, examples=[1])
    network: NewName = Field(examples=["ms"])
    payer: OrgNumber
    payee: OrgNumber
    effective_from: Day
    starts_on: Day
    ends_on: Annotated[LastDay, not_before("starts_on")]
    frequency: Frequency
    vacancy: Vacancy = Field(description="Whether a vacant post is paid for.")
    vat_treatment: VatTreatment = Field(description="There is no default.")
    vat_reason: FreeText = ""
    posts: list[NewPost] = Field(default_factory=list, max_length=200)
    cooperation: NewCooperation | None = None
    notice_months: NoticeMonths | None = Field(
        None, description="What a termination gives at least.", examples=[6]
    )
    travel: TravelCost | None = Field(
        None, description="Who bears the travel of a post's holder."
    )
    vat_decided_by: PersonsName = Field(
        "",
        max_length=200,
        description="Who assessed the VAT. Stays in the own region: only a "
        "pseudonym is recorded.",
    )
    vat_decided_on: Day | None = None
    archive_reference: CaseReference | None = Field(None, examples=["2026/1473"])
    endorsement_required: bool | None = Field(
        None,
        description="Whether the host's leader or clinic director endorses before "
        "acceptance (S1-05, S1-20); left out, a national network's version asks for it.",
    )


class NewAnswer(Body):
    """The counterparty's answer to a version."""

    answer: PlainAnswer


@router.post(
    "/agreements/{agreement}/versions",
    status_code=201,
    dependencies=CONTROLLER,
    responses={**REFUSALS, **LOCATED},
)
def propose_version(
    agreement: NewName,
    body: NewVersion,
    node: TheNode,
    asker: TheAsker,
    response: Response,
) -> Receipt:
    """Propose a version of an agreement, and sign it thereby (S1-08, S1-09)."""
    name = quote(agreement)
    response.headers["Location"] = f"/v1/agreements/{name}/versions/{body.version}"
    outcome = run(node, proposal_of(agreement, body, node, asker), asker, response)
    remember_decider(body, node, asker)
    return receipt(outcome)


def proposal_of(
    agreement: str, body: NewVersion, node: Node, asker: Asker
) -> ProposeVersion:
    """Return the command of a body; who assessed the VAT becomes a pseudonym."""
    decider = node.persons.pseudonym(asker.organisation, body.vat_decided_by)
    cooperation = body.cooperation
    content = {
        **dict(body),
        "agreement": agreement,
        "posts": tuple(ProposedPost(**dict(post)) for post in body.posts),
        "cooperation": cooperation and ProposedCooperation(**dict(cooperation)),
        "vat_decided_by": decider or None,
    }
    return ProposeVersion(**content)


def remember_decider(body: NewVersion, node: Node, asker: Asker) -> None:
    """Keep the name of who assessed the VAT, sealed."""
    decider = node.persons.pseudonym(asker.organisation, body.vat_decided_by)
    node.persons.remember(decider, body.vat_decided_by)


@router.post(
    "/agreements/{agreement}/versions/{version}/answer",
    status_code=201,
    dependencies=CONTROLLER,
    responses=REFUSALS,
)
def answer_version(
    agreement: NewName,
    version: VersionNumber,
    body: NewAnswer,
    node: TheNode,
    asker: TheAsker,
    response: Response,
    signed: SignedVersion,
) -> Receipt:
    """Accept or decline a version: exactly the terms that `If-Match` names."""
    command = AnswerVersion(
        agreement=agreement,
        version=version,
        answer=body.answer,
        fingerprint=signed,
    )
    return receipt(run(node, command, asker, response))


@router.get("/agreements")
def list_agreements(
    node: TheNode,
    caller: TheCaller,
    views: TheViews,
    trust: OrganisationNumber | None = None,
    network: NewName | None = None,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[ShownAgreement]:
    """Return agreements by name with all versions; of a trust, of a network."""
    with views() as connection:
        page = register.Page(after(cursor, [""])[0], limit)
        found = agreements(connection, day_of(node, as_of), page, trust, network)
        items = [shown(each, node, caller) for each in found]
        return page_of(items, limit, lambda item: [item.agreement])


def _agreement(connection: Connection, day: date, name: str) -> Agreement:
    page = register.Page(limit=1)
    return only(agreements(connection, day, page, agreement=name))


@router.get("/agreements/{agreement}")
def get_agreement(
    agreement: NewName,
    node: TheNode,
    caller: TheCaller,
    views: TheViews,
    as_of: AsOf = None,
) -> ShownAgreement:
    """Return an agreement with its versions, and where it stands on the day."""
    with views() as connection:
        found = _agreement(connection, day_of(node, as_of), agreement)
        return shown(found, node, caller)


@router.get("/agreements/{agreement}/versions/{version}", responses=TAGGED)
def get_version(
    agreement: NewName,
    version: VersionNumber,
    node: TheNode,
    caller: TheCaller,
    views: TheViews,
    response: Response,
    as_of: AsOf = None,
) -> ShownVersion:
    """Return a version; its ETag is the fingerprint that an answer signs."""
    with views() as connection:
        found = _agreement(connection, day_of(node, as_of), agreement)
        only_one = _numbered(found.versions, version, response)
        return shown_version(only_one, node, caller)


@router.get("/agreements/{agreement}/counter-proposals/{version}", responses=TAGGED)
def get_counter_proposal(
    agreement: NewName,
    version: VersionNumber,
    node: TheNode,
    caller: TheCaller,
    views: TheViews,
    response: Response,
    as_of: AsOf = None,
) -> ShownVersion:
    """Return a counter-proposal; its ETag is the fingerprint that adopting signs."""
    with views() as connection:
        found = _agreement(connection, day_of(node, as_of), agreement)
        only_one = _numbered(found.counter_proposals, version, response)
        return shown_version(only_one, node, caller)


def _numbered(versions: Sequence[Version], number: int, response: Response) -> Version:
    found = only([each for each in versions if each.terms.version == number])
    show_tag(response, found.fingerprint)
    return found


@router.get(
    "/agreements/{agreement}/versions/{version}/pdf",
    response_class=Response,
    responses=PDF_RESPONSES,
)
def get_version_pdf(
    agreement: NewName,
    version: VersionNumber,
    node: TheNode,
    views: TheViews,
    language: TheLanguage,
    as_of: AsOf = None,
) -> Response:
    """Return a version with its signatures as PDF."""
    day = day_of(node, as_of)
    with views() as connection:
        versions = _agreement(connection, day, agreement).versions
        found = only([each for each in versions if each.terms.version == version])
        asked = named(connection, node.journal, day, found)
    return pdf_response(agreement_paper(asked, language), f"version-{version}")
