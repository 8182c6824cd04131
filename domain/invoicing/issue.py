"""Issuing the document of a period: what accrued, and what has changed before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from domain.agreements.accrual import (
    PostCost,
    StaffingChange,
    VersionTerms,
    last_in_force,
    post_costs,
)
from domain.agreements.agreement import Agreement, Terms
from domain.agreements.answer import AGREED
from domain.agreements.known import known_agreement
from domain.fact import Command, Fact
from domain.history import Append, Asked, Decision, History
from domain.invoicing.billing import BilledLine, billed_lines
from domain.invoicing.invoice import (
    BILLING,
    Billing,
    PeriodBilled,
    append_document,
    billed_in,
    billing_of,
    document_of,
    next_number,
    standing_in,
)
from domain.invoicing.sales_document import (
    Basis,
    CorrectedDocument,
    CountedFacts,
    CountedStaffing,
    InvoiceIssued,
    Party,
    draw_up,
)
from domain.kind import Asks, Authority, Facts, declare, members_of
from domain.parties.billing_details import BILLING_DETAILS, BillingDetailsRecorded
from domain.parties.network import NETWORK
from domain.parties.organisation import (
    OrganisationRegistered,
    registered,
    require_party,
)
from domain.posts.report import ReportApproved, approved_report
from domain.posts.staffing import staffing_of
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import Day, NewName, Period, VatTreatment


class IssueInvoice(Command):
    """Issue the invoice or credit note of a period, as the payee (S1-14)."""

    agreement: NewName
    period_start: Day
    period_end: Day


@dataclass(frozen=True, slots=True)
class Invoiceable:
    """What an agreement's next document is made from, all of it from history."""

    agreement: Agreement
    terms: Terms
    """Those that govern the period in question."""
    signed: Sequence[Terms]
    costs: Sequence[VersionTerms]
    """What they say about money, as a termination leaves them."""
    seller: OrganisationRegistered
    billing: Billing


def invoiceable(
    name: str, period: Period, asked: Asked, history: History
) -> Invoiceable:
    """Find what a payee's document about a period of an agreement is made from."""
    known = known_agreement(name, history)
    if known is None or known.agreement.terms is None:
        raise Refusal(Code.UNKNOWN_AGREEMENT, "agreement", {"agreement": name})
    seller = registered(known.agreement.terms.payee, "agreement", history)
    require_party(asked, seller.org_number, seller.region)
    terms = _governing(known.accepted, known.costs, period)
    if terms is None:
        raise Refusal(Code.NOT_ACCEPTED, "agreement")
    billing = billing_of(known.agreement, history)
    return Invoiceable(
        known.agreement, terms, known.accepted, known.costs, seller, billing
    )


def _restored(facts: Facts, _: History) -> Command | None:
    match facts[1:]:
        case [PeriodBilled() as billed, *_]:
            names = ("agreement", "period_start", "period_end")
            return IssueInvoice(**members_of(billed, *names))
        case _:
            return None


def issue_invoice(command: IssueInvoice, asked: Asked, history: History) -> Decision:
    """Decide on a document; the order of the checks is that of the contract."""
    period = Period(command.period_start, command.period_end)
    source = invoiceable(command.agreement, period, asked, history)
    terms = source.terms
    require_assessed_vat(terms)
    _require_due(terms, period, asked.today, source.billing)
    report = approved_report(terms.network, terms.payee, period, history)
    if report is None:
        raise Refusal(Code.REPORT_MISSING, "period_start")
    lines, counted = due(source, period.start.year, period, history)
    if not lines:
        raise Refusal(Code.NOTHING_TO_INVOICE, "period_start")
    basis = basis_of(
        source, period, (report.report, report.submission), lines, counted, history
    )
    return numbered_document(basis, source, asked.today, history, _period_billed)


declare(
    IssueInvoice,
    issue_invoice,
    Authority(
        Asks.PAYEE,
        {Role.CONTROLLER},
        {**AGREED, ReportApproved: Code.REPORT_MISSING},
        "the payer owes what follows from what it signed; it may dispute each line",
        Code.ALREADY_INVOICED,
    ),
    {InvoiceIssued: _restored},
)


def _governing(
    signed: Sequence[Terms], costs: Sequence[VersionTerms], period: Period
) -> Terms | None:
    """Version whose rules count for a period (S1-08, S1-14)."""
    if not any(terms.starts_on <= period.end for terms in signed):
        return None
    last = last_in_force(costs, period.end)
    return next(
        (terms for terms in signed if last and terms.version == last.version), None
    )


def require_assessed_vat(terms: Terms) -> None:
    """Refuse what nobody has assessed the VAT of."""
    if terms.vat_treatment is VatTreatment.NOT_ASSESSED:
        raise Refusal(Code.VAT_NOT_ASSESSED, "agreement", {"version": terms.version})


def _require_due(terms: Terms, period: Period, today: date, billing: Billing) -> None:
    if not period.is_whole(terms.frequency):
        values = {"frequency": terms.frequency.value}
        raise Refusal(Code.PERIOD_NOT_ALLOWED, "period_start", values)
    if period.end > today:
        raise Refusal(Code.PERIOD_NOT_ENDED, "period_end")
    for other, document in billing.documents:
        if other.overlaps(period):
            raise Refusal(
                Code.ALREADY_INVOICED,
                "period_start",
                {"number": document.number, "year": document.year},
            )


def due(
    source: Invoiceable, year: int, period: Period | None, history: History
) -> tuple[tuple[BilledLine, ...], CountedFacts]:
    """Find what is due for a period of a year, or for the year's changes alone.

    With it, the facts that were counted.
    """
    posts = sorted({post for terms in source.costs for post in terms.posts})
    staffing = staffing_of(source.agreement, posts, history)
    changes = {post: staffing[post].changes for post in posts}
    earlier = billed_in(standing_in(source.billing, year, history))

    def before(post: str, facts: int) -> PostCost:
        then: dict[str, Sequence[StaffingChange]] = {post: changes[post][:facts]}
        return post_costs(source.costs, then)[post]

    counted = CountedFacts(
        versions=tuple(terms.version for terms in source.signed),
        staffing=tuple(
            CountedStaffing(post=post, facts=len(changes[post])) for post in posts
        ),
    )
    return billed_lines(
        period, post_costs(source.costs, changes), earlier, before
    ), counted


def basis_of(
    source: Invoiceable,
    period: Period,
    report: tuple[str, int],
    lines: tuple[BilledLine, ...],
    counted: CountedFacts,
    history: History,
) -> Basis:
    """Gather what a document is drawn up from; refuse an unregistered payer."""
    buyer = registered(source.terms.payer, "agreement", history)
    return Basis(
        source.terms,
        source.signed,
        report,
        period,
        lines,
        _corrected(lines, source.billing, history),
        party(source.seller, history),
        party(buyer, history),
        counted,
        network=history.state(NETWORK, source.terms.network).established,
    )


def _corrected(
    lines: Sequence[BilledLine], billing: Billing, history: History
) -> tuple[CorrectedDocument, ...]:
    """Documents of the periods that are restated.

    Of a period whose document is taken back, those that have restated it.
    """
    restated = {part.period for line in lines for part in line.restatements}
    lost = restated - {period for period, _ in billing.documents}
    corrected = []
    for bill in billing.standing:
        document = document_of(bill.id, history)
        earlier = {
            part.period for line in document.billed.lines for part in line.restatements
        }
        stands = not bill.corrects_year and bill.period in restated
        if stands or lost & earlier:
            corrected.append(
                CorrectedDocument(
                    year=bill.id.year,
                    number=bill.id.number,
                    issued_on=document.issued_on,
                )
            )
    return tuple(corrected)


def party(organisation: OrganisationRegistered, history: History) -> Party:
    """Registration of a party, and how it is invoiced and paid by now."""
    number = organisation.org_number
    details = history.state(BILLING_DETAILS, number).recorded
    return Party(organisation, details or BillingDetailsRecorded(org_number=number))


def numbered_document(
    basis: Basis,
    source: Invoiceable,
    today: date,
    history: History,
    fact_of: Callable[[InvoiceIssued, int], Fact],
) -> Decision:
    """Append a document under the next number, and what it tells its agreement."""
    region = source.seller.region
    number = next_number(source.seller.org_number, today.year, region, history)
    document = draw_up(basis, number, today)
    issued, *kids = append_document(document, number, region)
    billing = BILLING.stream(region, document.agreement)
    return (issued, Append(billing, fact_of(document, number)), *kids)


def _period_billed(document: InvoiceIssued, number: int) -> Fact:
    return PeriodBilled(
        agreement=document.agreement,
        period_start=document.period_start,
        period_end=document.period_end,
        seller=document.payee,
        year=document.issued_on.year,
        number=number,
    )
