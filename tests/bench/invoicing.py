"""Five years of monthly invoices in the logs of all regions, to settle.

The domain itself draws up every document, on the staffing known on its day. So
every post is billed what it accrued, late changes included, and whoever settles
the years wrongly is found out: nothing may be unbilled.
"""

import csv
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from domain.agreements.accrual import PostCost, StaffingChange, post_costs
from domain.agreements.agreement import AGREEMENT, PartTimePost, Terms, VersionProposed
from domain.agreements.answer import ANSWERS, VersionAccepted
from domain.fact import Fact
from domain.history import Append, Category
from domain.invoicing.billing import Billed, billed_lines
from domain.invoicing.invoice import BILLING, SERIES, DocumentId, PeriodBilled
from domain.invoicing.invoice_decision import (
    INVOICE_DECISIONS,
    InvoiceApproved,
    InvoiceDisputed,
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
from domain.parties.billing_details import BillingDetailsRecorded
from domain.parties.kid import KidCheck
from domain.parties.network import NETWORK, NetworkEstablished
from domain.parties.organisation import ORGANISATION, OrganisationRegistered
from domain.payments.payment import PAYMENTS, PaymentRegistered
from domain.posts.report import (
    REPORT,
    REPORT_DECISIONS,
    REPORTING,
    ReportApproved,
    ReportListed,
    ReportSubmitted,
)
from domain.posts.staffing import STAFFING, PostFilled, PostVacated
from domain.values import (
    Frequency,
    NetworkKind,
    NetworkModel,
    OrganisationKind,
    Period,
    Region,
    Vacancy,
    VatTreatment,
    add_months,
    day_before,
)

YEARS: Final = range(2026, 2031)
AGREEMENTS_PER_NETWORK: Final = 20
INVOICES_PER_AGREEMENT: Final = 12 * len(YEARS)
ROWS_AT_ONCE: Final = 5000
ORGANISATIONS: Final = Path(__file__).parents[1] / "data" / "organisations.csv"
VACATED: Final = 0.1
"""Of the filled posts in a quarter; who is vacated is filled in the next."""
LATE: Final = 0.3
DISPUTED: Final = 0.02
PAID: Final = 0.97
REGIONS: Final = {
    "Midt-Norge": Region.MIDT,
    "Nord": Region.NORD,
    "Sør-Øst": Region.SOROST,
    "Vest": Region.VEST,
}


class Happening(NamedTuple):
    """What one command recorded."""

    day: date
    organisation: str
    appends: Sequence[Append]


def trusts() -> list[Party]:
    """Return the health trusts, as they are registered and paid."""
    with ORGANISATIONS.open(encoding="utf-8") as lines:
        found = [row for row in csv.DictReader(lines) if row["kind"] == "HF"]
    return [
        Party(
            OrganisationRegistered(
                org_number=row["org_number"],
                name=row["name"],
                short_name=row["short_name"],
                kind=OrganisationKind.HF,
                region=REGIONS[row["region"]],
            ),
            BillingDetailsRecorded(
                org_number=row["org_number"],
                account="86011117947",
                kid_check=KidCheck.MOD_10,
                kid_length=12,
                buyer_reference=f"{row['short_name']} 4410",
                street="Sykehusveien 1",
                postcode="0450",
                city="Oslo",
            ),
        )
        for row in found
    ]


@dataclass(slots=True)
class Agreement:
    """One agreement as the years go by."""

    terms: Terms
    payer: Party
    payee: Party
    staffing: dict[str, list[StaffingChange]]
    documents: dict[Period, tuple[CorrectedDocument, Billed]] = field(
        default_factory=dict
    )
    """Of one calendar year, by the period that they invoice."""

    def costs(self) -> dict[str, PostCost]:
        """Return what the posts accrue as known now."""
        return post_costs([self.terms.costs], self.staffing)

    def counted(self) -> CountedFacts:
        """Return on how many facts a document of now rests."""
        staffing = tuple(
            CountedStaffing(post=post, facts=len(changes))
            for post, changes in self.staffing.items()
        )
        return CountedFacts(versions=(self.terms.version,), staffing=staffing)


class Business:
    """Some networks of agreements between the health trusts."""

    def __init__(self, networks: int) -> None:
        self._random = Random(networks)
        self._trusts = trusts()
        self._numbers: Counter[str] = Counter()
        self._agreements = [
            self._agreement(network, number)
            for network in range(networks)
            for number in range(AGREEMENTS_PER_NETWORK)
        ]

    def _agreement(self, network: int, number: int) -> Agreement:
        trusts = len(self._trusts)
        payer = self._trusts[network % trusts]
        payee = self._trusts[(network + 1 + number % (trusts - 1)) % trusts]
        name = f"network-{network}-{number}"
        start, end = date(YEARS[0], 1, 1), date(YEARS[-1], 12, 31)
        posts = tuple(
            PartTimePost(
                post=f"{name}-{post}",
                content="Undervisning og variasjonsrevisjon",
                percent="20.00",
                starts_on=start,
                ends_on=end,
                annual_cost_ore=self._random.randrange(100_000_00, 300_000_00),
            )
            for post in ("nurse", "physician")[: 1 + number % 2]
        )
        terms = Terms(
            agreement=name,
            version=1,
            network=f"network-{network}",
            payer=payer.organisation.org_number,
            payee=payee.organisation.org_number,
            effective_from=start,
            starts_on=start,
            ends_on=end,
            frequency=Frequency.MONTHLY,
            vacancy=self._random.choice(list(Vacancy)),
            vat_treatment=self._random.choice(
                [VatTreatment.EXEMPT, VatTreatment.STANDARD]
            ),
            vat_reason="Undervisning av helsepersonell",
            posts=posts,
        )
        return Agreement(terms, payer, payee, {post.post: [] for post in posts})

    def run(self) -> Iterator[Happening]:
        """Yield what happened, day by day."""
        day = date(YEARS[0] - 1, 12, 1)
        for party in self._trusts:
            number = party.organisation.org_number
            yield happening(day, party, (ORGANISATION, number, party.organisation))
        for each in self._agreements[::AGREEMENTS_PER_NETWORK]:
            yield happening(day, each.payer, _network(each))
        for each in self._agreements:
            yield from _signed(each, day)
            for post in each.terms.posts:
                yield _staffed(each, post.post, post.starts_on, day)
        for year, month in itertools.product(YEARS, (1, 4, 7, 10)):
            yield from self._quarter(date(year, month, 1))

    def _quarter(self, start: date) -> Iterator[Happening]:
        for each in self._agreements:
            yield from self._changes(each, start)
        after = add_months(start, 3)
        quarter = Period(start, day_before(after))
        for each in self._agreements:
            yield from _reported(each, quarter, after.replace(day=4))
        issued = []
        for each in self._agreements:
            for number, fact in self._invoices(each, start, after.replace(day=8)):
                issued.append((each, number, fact))
                yield _issued(each, number, fact)
        for document in issued:
            yield self._decided(*document)
        for document in issued:
            if self._random.random() < PAID:
                yield _paid(*document)

    def _changes(self, each: Agreement, start: date) -> Iterator[Happening]:
        for post, changes in each.staffing.items():
            if changes[-1].filled and self._random.random() > VACATED:
                continue
            # Some changes are told late, and what was billed is restated.
            late = start.month > 1 and self._random.random() < LATE
            effective_on = add_months(start, -1 if late else 0).replace(day=20)
            if effective_on > changes[-1].effective_on:
                yield _staffed(each, post, effective_on, start.replace(day=28))

    def _invoices(
        self, each: Agreement, quarter: date, day: date
    ) -> Iterator[tuple[int, InvoiceIssued]]:
        if quarter.month == 1:
            each.documents.clear()
        for month in range(1, quarter.month + 3):
            first = quarter.replace(month=month)
            period = Period(first, day_before(add_months(first, 1)))
            if period in each.documents:
                continue
            document = self._invoice(each, period, day)
            if document is not None:
                yield document

    def _invoice(
        self, each: Agreement, period: Period, day: date
    ) -> tuple[int, InvoiceIssued] | None:
        earlier = [billed for _, billed in each.documents.values()]
        costs = each.costs()
        lines = billed_lines(period, costs, earlier, lambda post, _facts: costs[post])
        if not lines:
            return None
        series = f"{each.terms.payee}:{day.year}"
        self._numbers[series] += 1
        number = self._numbers[series]
        corrects = {
            each.documents[restated.period][0]
            for line in lines
            for restated in line.restatements
        }
        report = _report(each, period)
        fact = draw_up(
            Basis(
                each.terms,
                [each.terms],
                (report.report, report.submission),
                period,
                lines,
                tuple(sorted(corrects, key=lambda document: document.number)),
                each.payee,
                each.payer,
                each.counted(),
            ),
            number,
            day,
        )
        document = CorrectedDocument(year=day.year, number=number, issued_on=day)
        each.documents[period] = (document, fact.billed)
        return number, fact

    def _decided(self, each: Agreement, number: int, fact: InvoiceIssued) -> Happening:
        disputes = self._random.random() < DISPUTED
        kind = InvoiceDisputed if disputes else InvoiceApproved
        document = DocumentId(fact.payee, fact.issued_on.year, number)
        verdict = kind(
            **document._asdict(),
            post=fact.lines[0].post if disputes else None,
            reason="Stillingen var ubesatt" if disputes else "",
        )
        day = fact.issued_on.replace(day=15)
        return happening(day, each.payer, (INVOICE_DECISIONS, document.key, verdict))


def happening(
    day: date, party: Party, *facts: tuple[Category[Any], str, Fact]
) -> Happening:
    """Return what a party recorded, in its own region's streams."""
    organisation = party.organisation
    appends = [
        Append(category.stream(organisation.region, key), fact)
        for category, key, fact in facts
    ]
    return Happening(day, organisation.org_number, appends)


def _network(first: Agreement) -> tuple[Category[Any], str, Fact]:
    """Return the network of which this is the first agreement."""
    network = NetworkEstablished(
        network=first.terms.network,
        kind=NetworkKind.NATIONAL,
        name_nb="Nasjonalt nettverk",
        name_en=f"Norwegian National Network for {first.terms.network}",
        coordinating_trust=first.terms.payer,
        starts_on=first.terms.starts_on,
        model=NetworkModel.WITH_PART_TIME_POSTS,
        coordination_budget_ore=0,
    )
    return NETWORK, network.network, network


def _signed(each: Agreement, day: date) -> Iterator[Happening]:
    terms = each.terms
    fingerprint = terms.fingerprint
    proposed = VersionProposed(terms=terms, fingerprint=fingerprint)
    yield happening(day, each.payer, (AGREEMENT, terms.agreement, proposed))
    accepted = VersionAccepted(
        agreement=terms.agreement, version=terms.version, fingerprint=fingerprint
    )
    yield happening(day, each.payee, (ANSWERS, terms.agreement, accepted))


def _staffed(each: Agreement, post: str, effective_on: date, day: date) -> Happening:
    changes = each.staffing[post]
    is_filled = bool(changes) and changes[-1].filled
    changes.append(StaffingChange(effective_on, not is_filled))
    fact = (
        PostVacated(
            post=post, agreement=each.terms.agreement, effective_on=effective_on
        )
        if is_filled
        else PostFilled(
            post=post,
            agreement=each.terms.agreement,
            effective_on=effective_on,
            holder="0" * 32,
        )
    )
    return happening(day, each.payee, (STAFFING, post, fact))


def _report(each: Agreement, period: Period) -> ReportSubmitted:
    quarter = (period.start.month + 2) // 3
    start = date(period.start.year, 3 * quarter - 2, 1)
    return ReportSubmitted(
        report=f"{each.terms.agreement}-{start.year}-q{quarter}",
        submission=1,
        network=each.terms.network,
        trust=each.terms.payee,
        period_start=start,
        period_end=day_before(add_months(start, 3)),
    )


def _reported(each: Agreement, period: Period, day: date) -> Iterator[Happening]:
    report = _report(each, period)
    listed = ReportListed(
        network=report.network, trust=report.trust, report=report.report
    )
    yield happening(
        day,
        each.payee,
        (REPORT, report.report, report),
        (REPORTING, f"{report.network}:{report.trust}", listed),
    )
    approved = ReportApproved(report=report.report, submission=1)
    yield happening(day, each.payer, (REPORT_DECISIONS, report.report, approved))


def _issued(each: Agreement, number: int, fact: InvoiceIssued) -> Happening:
    document = DocumentId(fact.payee, fact.issued_on.year, number)
    billed = PeriodBilled(
        agreement=fact.agreement,
        period_start=fact.period_start,
        period_end=fact.period_end,
        **document._asdict(),
    )
    return happening(
        fact.issued_on,
        each.payee,
        (SERIES, document.series, fact),
        (BILLING, fact.agreement, billed),
    )


def _paid(each: Agreement, number: int, fact: InvoiceIssued) -> Happening:
    document = DocumentId(fact.payee, fact.issued_on.year, number)
    paid = PaymentRegistered(
        **document._asdict(),
        amount_ore=fact.net_ore + fact.vat_ore,
        paid_on=fact.issued_on.replace(day=25),
    )
    return happening(paid.paid_on, each.payer, (PAYMENTS, document.key, paid))
