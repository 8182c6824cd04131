"""What goes in and out: requests and responses, with units and examples.

Amounts are whole øre in members that end in ``_ore``; days are ``YYYY-MM-DD``.
"""

from datetime import date
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from domain.answer import Answer
from domain.billing_details import KidLength
from domain.invoice_decision import Verdict
from domain.kid import KidCheck
from domain.report import Outcome
from domain.staffing import Change
from domain.values import (
    Day,
    FreeText,
    Frequency,
    LastDay,
    NetworkKind,
    NetworkModel,
    NewName,
    OrganisationKind,
    OrganisationNumber,
    Region,
    Vacancy,
    VatTreatment,
    WrittenPercent,
    not_before,
)
from projections.register import Post

Ore = Annotated[
    int,
    Field(
        strict=True, ge=-(10**15), le=10**15, description="Øre.", examples=[31850000]
    ),
]
CostOre = Annotated[
    int,
    Field(strict=True, ge=0, le=10**15, description="Øre.", examples=[31850000]),
]
OrgNumber = Annotated[
    OrganisationNumber,
    Field(description="Nine digits, modulus 11.", examples=["983974724"]),
]


class Body(BaseModel):
    """A request body: no member that is not described."""

    model_config = ConfigDict(extra="forbid")


class NewOrganisation(Body):
    """An organisation to register in its region."""

    org_number: OrgNumber
    name: FreeText = Field(examples=["Helse Bergen HF"])
    short_name: FreeText = Field(examples=["HBE"])
    kind: OrganisationKind
    region: Region
    parent_org_number: OrgNumber | None = None


class NewBillingDetails(Body):
    """How an organisation is invoiced and paid; it asks itself."""

    account: FreeText = Field(
        "",
        description="Eleven digits with their check digit.",
        examples=["86011117947"],
    )
    kid_check: KidCheck | None = Field(None, description="Of the payee's KID.")
    kid_length: KidLength | None = Field(
        None, description="Digits of a KID, the check digit included.", examples=[12]
    )
    buyer_reference: FreeText = Field(
        "", description="What its suppliers put on invoices.", examples=["KST 4410"]
    )
    street: FreeText = ""
    postcode: FreeText = ""
    city: FreeText = ""


class NewNetwork(Body):
    """A network to establish; its coordinating trust asks."""

    network: NewName = Field(description="The network's key.", examples=["ms"])
    kind: NetworkKind
    name_nb: FreeText = Field(examples=["Nasjonalt nettverk for multippel sklerose"])
    name_en: FreeText = Field(
        description="A national network reads Norwegian National Network for … (S1-42).",
        examples=["Norwegian National Network for Multiple Sclerosis"],
    )
    coordinating_trust: OrgNumber
    starts_on: Day
    model: NetworkModel
    coordination_budget_ore: CostOre


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


class NewAnswer(Body):
    """The counterparty's answer to a version."""

    answer: Answer


class NewStaffing(Body):
    """A post is filled or vacated; its host asks."""

    change: Change
    effective_on: Day
    holder: str = Field(
        "",
        max_length=200,
        description="Who fills the post. Stays in the host's region: only a "
        "pseudonym is recorded.",
    )


class NewReport(Body):
    """A progress report; the trust that reports asks."""

    report: NewName = Field(examples=["ms-ous-2026-01-01"])
    network: NewName
    trust: OrgNumber
    period_start: Day
    period_end: Annotated[Day, not_before("period_start")]


class NewReportDecision(Body):
    """The coordinating trust's decision on the latest submission."""

    outcome: Outcome


class NewInvoice(Body):
    """A period to invoice; the payee asks, and the amounts are computed."""

    period_start: Day
    period_end: Day


class NewInvoiceDecision(Body):
    """The payer's decision on the document of a period."""

    verdict: Verdict
    post: NewName | None = Field(None, description="Only this post's line.")
    reason: FreeText = ""


class NewPayment(Body):
    """A payment on the document of a period; the payer asks."""

    amount_ore: Ore = Field(description="Øre, VAT included.")
    paid_on: Day


class RecordedEntry(BaseModel):
    """One entry of the log."""

    id: str = Field(examples=["vest/1/42"])
    type: str = Field(examples=["agreement.version_proposed.v1"])
    stream: str = Field(examples=["vest:agreement:ms-ous"])
    version: int
    recorded_at: str = Field(examples=["2026-07-10T12:00:00.000001Z"])


class Receipt(BaseModel):
    """What a command recorded; nothing where all of it was there already."""

    recorded: list[RecordedEntry]
    position: str | None = Field(
        description="The log's position after the command, for `at_least`.",
        examples=["vest:42"],
    )


T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """One page of a sorted list."""

    items: list[T]
    next_cursor: str | None = Field(description="Ask with this for the next page.")


class ShownPost(BaseModel):
    """A part-time post; the holder's name only for its host's own people."""

    post: Post
    holder_name: str | None


class Problem(BaseModel):
    """RFC 9457 problem document."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str = Field(examples=["frame_exceeded"])
    correlation_id: str | None
    errors: list[dict[str, str]] = []
    region: str | None = Field(None, description="The region that may record it.")
    organisation: str | None = Field(None, description="Who may record it.")


class SettledPost(BaseModel):
    """One post of one agreement, in øre without VAT."""

    agreement: str
    post: str
    payer: str
    payee: str
    network: str
    committed: int
    accrued: int
    invoiced: int
    unbilled: int
    disputed: int


class SettledAgreement(BaseModel):
    """One agreement, in øre; `paid` and `outstanding` with VAT."""

    agreement: str
    payer: str
    payee: str
    network: str
    committed: int
    accrued: int
    invoiced: int
    unbilled: int
    disputed: int
    vat: int
    paid: int
    outstanding: int


class SettledInvoiceLine(BaseModel):
    """One line, in øre; `amount` includes `restatement`."""

    post: str
    amount: int
    restatement: int


class SettledInvoice(BaseModel):
    """A document whose period lies in the year, in øre."""

    payee: str
    number: int
    kind: str
    agreement: str
    period_start: date
    period_end: date
    issued_on: date
    net: int
    vat: int
    lines: list[SettledInvoiceLine]


class SettledRegion(BaseModel):
    """What others owe a region's trusts, and what these owe, in øre."""

    receivable: int
    payable: int
    net: int


class ShownFrameYear(BaseModel):
    """One calendar year of a network against its frame."""

    year: int
    frame_ore: int
    coordination_ore: int
    accepted_ore: int = Field(description="Full-staffing cost of accepted versions.")
    reserved_ore: int = Field(
        description="With versions that await an answer, where they cost more."
    )
    left_ore: int = Field(description="Below zero where the frame is exceeded.")
    warning: bool = Field(description="Nine tenths of the frame or more are used.")


class ShownFrame(BaseModel):
    """A national network's years against its frame; other networks have none."""

    network: str
    years: list[ShownFrameYear]
    fits_until: int | None = Field(
        description="The last year until which everything fits; null where none does."
    )


class SettlementDocument(BaseModel):
    """The settlement of a calendar year as of a day; all amounts in øre."""

    year: int
    as_of: date
    posts: list[SettledPost]
    agreements: list[SettledAgreement]
    invoices: list[SettledInvoice]
    regions: dict[Region, SettledRegion]
