"""Sales documents made up at random, for every kind of VAT."""

from datetime import date
from random import Random

from domain.invoicing.arithmetic import AccruedDays, Arithmetic
from domain.invoicing.billing import BillingCause, vat_ore
from domain.invoicing.invoice import DocumentId
from domain.invoicing.sales_document import (
    CorrectedDocument,
    DocumentKind,
    InvoicedLine,
    InvoicedParty,
    InvoicedRestatement,
    InvoiceIssued,
    NetworkNames,
)
from domain.parties.kid import KidCheck, kid
from domain.values import VatTreatment
from federation.signed.entry import EntryHeader, build
from projections.documents import Issued
from tests.support.examples import BERGEN, OSLO

NETWORK = NetworkNames(
    nb="Nasjonalt nettverk for MS", en="Norwegian National Network for MS"
)
ASSESSED = [each for each in VatTreatment if each is not VatTreatment.NOT_ASSESSED]
RESTATED = InvoicedRestatement(
    period_start=date(2026, 1, 1), period_end=date(2026, 3, 31), amount_ore=0
)


def arithmetic(random: Random, amount_ore: int) -> Arithmetic | None:
    """Make up how an amount came about, or nothing, as in older documents."""
    if random.random() < 0.5:
        return None
    days = AccruedDays(
        starts_on=date(2026, 4, 1),
        ends_on=date(2026, 4, 1),
        days=1,
        annual_cost_ore=365 * abs(amount_ore),
        version=2,
    )
    return Arithmetic(
        days_in_year=365,
        days=random.choice([(), (days,), (days, days)]),
        accrued_ore=abs(amount_ore),
        staffing=random.randrange(3),
        billed_ore=random.choice([None, 166_000_00]),
        conceded_ore=random.choice([None, 1]),
    )


def line(random: Random, number: int, *, credit: bool) -> InvoicedLine:
    """Make up a line, with or without a restatement."""
    base = 0 if credit else random.randrange(1, 40_000_000)
    changed = random.choice([0, 0, random.randrange(-30_000_000, 3_000_000)])
    changed = -random.randrange(1, 30_000_000) if credit else changed
    cause = random.choice(list(BillingCause))
    said = {"cause": cause, "arithmetic": arithmetic(random, changed)}
    restatements = [RESTATED.model_copy(update={"amount_ore": changed, **said})]
    return InvoicedLine(
        post=random.choice(["nurse", "lege & co", "ø<1>"]) + str(number),
        amount_ore=base + changed,
        restatements=tuple(restatements) if changed else (),
        content=random.choice(
            ["Undervisning og variasjonsrevisjon", "", 'A "b" & <c>']
        ),
        percent=random.choice(["20.00", "12.50", None]),
        arithmetic=arithmetic(random, base),
    )


def party(random: Random, name: str) -> InvoicedParty:
    """Make up a party, known well or by name alone."""
    if random.random() < 0.3:
        return InvoicedParty(name=name)
    return InvoicedParty(
        name=name, street="Kirkeveien 166", postcode="0450", city="Oslo"
    )


def fact(random: Random, treatment: VatTreatment) -> InvoiceIssued:
    """Make up a document."""
    credit = random.random() < 0.25
    lines = [line(random, n, credit=credit) for n in range(random.randrange(1, 5))]
    net = sum(each.amount_ore for each in lines)
    if (net < 0) is not credit:
        return fact(random, treatment)
    account = random.choice(["", "86011117947"])
    check = random.choice(list(KidCheck))
    corrects = any(each.restatements for each in lines)
    return InvoiceIssued(
        kind=DocumentKind.CREDIT_NOTE if credit else DocumentKind.INVOICE,
        agreement="ms-ous",
        version=1,
        network="ms",
        payer=BERGEN,
        payee=OSLO,
        period_start=date(2026, 4, 1),
        period_end=date(2026, 6, 30),
        issued_on=date(2026, 7, 10),
        report="r",
        submission=1,
        vat_treatment=treatment,
        reason=random.choice(["", "Ubesatt fra 16. juni"]),
        vat_reason=random.choice(["", "helsepersonell i pasientbehandling"]),
        lines=tuple(lines),
        net_ore=net,
        vat_ore=vat_ore(net, treatment),
        seller=party(random, "Oslo universitetssykehus HF"),
        buyer=party(random, "Helse Bergen HF"),
        buyer_reference="KST 4410",
        due_on=None if credit else date(2026, 8, 9),
        account=account,
        kid=kid(2026, 7, check, 12) or "" if account else "",
        corrects=(CorrectedDocument(year=2026, number=3, issued_on=date(2026, 4, 10)),)
        if corrects
        else (),
        network_names=random.choice([None, NETWORK]),
    )


def issued(fact: InvoiceIssued, number: int = 7) -> Issued:
    """Record a document in the log of Oslo's region."""
    stream = f"sorost:invoices:{fact.payee}:{fact.issued_on.year}"
    recorded_at = "2026-07-10T10:00:00.000001Z"
    place = EntryHeader("sorost", 1, 42, stream, number, fact.TYPE, recorded_at)
    document = DocumentId(fact.payee, fact.issued_on.year, number)
    return Issued(document, fact, build(place, None, fact.to_bytes()))
