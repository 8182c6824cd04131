"""What trusts send each other about money: invoices, disputes, payments, the bank."""

from domain.fact import Command
from domain.invoicing.credit import CreditedLine, CreditInvoice
from domain.invoicing.dispute import CommentDispute, ResolveDispute
from domain.invoicing.invoice_decision import (
    DecideInvoice,
    RegisterInvoice,
    Resolution,
    Verdict,
)
from domain.invoicing.issue import IssueInvoice
from domain.invoicing.year_correction import CorrectYear
from domain.parties.kid import KidCheck, kid
from domain.payments.bank import MatchBankEntry, SetAsideCause, SetBankEntryAside
from domain.payments.matching import Direction
from domain.payments.payment import RegisterPayment
from domain.payments.telling import BookedEntry, ImportBankEntries
from tests.simulation.book import KID_DIGITS, NUMBERS, OFTEN, YEAR, Book


def invoice(book: Book) -> Command:
    """Invoice a period."""
    of = book.some()
    start, end = book.period(of.frequency)
    return IssueInvoice(agreement=of.agreement, period_start=start, period_end=end)


def register(book: Book) -> Command:
    """Take an invoice in."""
    of = book.some()
    start = book.period(of.frequency).start
    return RegisterInvoice(agreement=of.agreement, period_start=start)


def verdict(book: Book) -> Command:
    """Approve an invoice, or dispute it, whole or in part."""
    of = book.some()
    return DecideInvoice(
        agreement=of.agreement,
        period_start=book.period(of.frequency).start,
        verdict=book.random.choice(list(Verdict)),
        post=book.random.choice([None, of.posts[0].post]),
    )


def credit(book: Book) -> Command:
    """Credit an invoice."""
    of = book.some()
    line = CreditedLine(post=of.posts[0].post, amount_ore=book.random.randrange(10**6))
    return CreditInvoice(
        agreement=of.agreement,
        period_start=book.period(of.frequency).start,
        lines=book.random.choice([(), (line,)]),
        reason="r",
    )


def correct(book: Book) -> Command:
    """Correct a year that was invoiced."""
    return CorrectYear(agreement=book.some().agreement, year=YEAR)


def dispute(book: Book) -> Command:
    """Talk about a dispute, or end it."""
    of = book.some()
    number = book.random.randrange(1, NUMBERS)
    if book.draws(OFTEN / 2):
        return CommentDispute(seller=of.payee, year=YEAR, number=number, text="t")
    return ResolveDispute(
        seller=of.payee,
        year=YEAR,
        number=number,
        post=book.random.choice([None, of.posts[0].post]),
        outcome=book.random.choice(list(Resolution)),
    )


def pay(book: Book) -> Command:
    """Register a payment."""
    of = book.some()
    return RegisterPayment(
        agreement=of.agreement,
        period_start=book.period(of.frequency).start,
        amount_ore=book.random.randrange(1, 10**7),
        paid_on=book.day(),
    )


def bank_entry(book: Book) -> Command:
    """Import what the bank has booked."""
    of, direction = book.some(), book.random.choice(list(Direction))
    number = book.random.randrange(1, NUMBERS)
    entry = BookedEntry(
        reference=f"b{book.random.randrange(NUMBERS)}",
        direction=direction,
        amount_ore=book.random.randrange(1, 10**7),
        booked_on=book.day(),
        kid=kid(YEAR, number, KidCheck.MOD_10, KID_DIGITS) or "",
    )
    owner = of.payee if direction is Direction.CREDIT else of.payer
    return ImportBankEntries(organisation=owner, entries=(entry,))


def by_hand(book: Book) -> Command:
    """Match a booking by hand, or set it aside."""
    of = book.some()
    owner = book.random.choice([of.payee, of.payer])
    reference = f"b{book.random.randrange(NUMBERS)}"
    if book.draws(0.3):
        cause = book.random.choice(list(SetAsideCause))
        return SetBankEntryAside(organisation=owner, reference=reference, cause=cause)
    return MatchBankEntry(
        organisation=owner,
        reference=reference,
        payee=of.payee,
        year=YEAR,
        number=book.random.randrange(1, NUMBERS),
    )
