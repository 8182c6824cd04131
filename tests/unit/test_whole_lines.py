"""Settlement lines, asserted balances and books between two trusts, whole."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

import pytest

from domain.agreements.agreement import VersionProposed
from domain.agreements.answer import VersionAccepted
from domain.agreements.termination import AgreementTerminated
from domain.closing.balance import (
    AssertBalance,
    BalanceCheck,
    BookedVoucher,
    CheckedAssertion,
    check_balances,
)
from domain.closing.books import (
    AccrualChange,
    AgreementBooks,
    BookedPayment,
    read_books,
)
from domain.closing.reconciliation import LineState, SettlementLine, reconcile
from domain.fact import Command, Fact
from domain.history import RecordedFact
from domain.invoicing.credit import CreditInvoice
from domain.invoicing.invoice import DocumentId
from domain.invoicing.sales_document import InvoiceIssued
from domain.invoicing.year_correction import CorrectYear
from domain.payments.bank import MatchBankEntry
from domain.payments.payment import PaymentReceived, PaymentRegistered, RegisterPayment
from domain.posts.staffing import PostFilled, PostVacated
from domain.values import Frequency, Period
from tests.support import bank
from tests.support.closing import (
    FIRST,
    OTHER_WAY,
    PAIR,
    SECOND,
    SUMMER,
    WINTER,
    invoiced,
)
from tests.support.examples import (
    AGREED,
    BERGEN,
    ORGANISATIONS,
    OSLO,
    REPORTED,
    accept,
    approve,
    fill,
    invoice,
    network,
    post,
    report,
    terminate,
    vacate,
    version,
)
from tests.support.scenario import Scenario

JULY: Final = date(2026, 7, 31)
AUGUST: Final = date(2026, 8, 5)
PAID: Final = RegisterPayment(
    agreement="ms-ous", period_start=FIRST.start, amount_ore=5_00, paid_on=SUMMER
)
BACK: Final = CreditInvoice(seller=OSLO, year=2026, number=1, reason="Wrong")


def entries(scenario: Scenario, kind: type[Fact]) -> list[RecordedFact]:
    """Return the entries of a kind, as recorded."""
    return [each for each in scenario.held if type(each.fact) is kind]


def ours(scenario: Scenario, today: date = SUMMER) -> AgreementBooks:
    """Return the books of the one agreement of the two."""
    (books,) = read_books(PAIR, today, scenario)
    return books


def line(post: str, period: Period, **changes: Any) -> SettlementLine:
    """Describe a line that is not invoiced."""
    content: dict[str, Any] = {
        "agreement": "ms-ous",
        "post": post,
        "period": period,
        "document": None,
        "billed_ore": 0,
        "accrued_ore": 0,
        "conceded_ore": 0,
        "state": LineState.NOT_INVOICED,
        "disputed": False,
        "causes": (),
    }
    return SettlementLine(**{**content, **changes})


def months(year: int, first: int, last: int) -> Period:
    """Return some months of a year that end with one of 31 days, or with June."""
    return Period(date(year, first, 1), date(year, last, 30 if last == 6 else 31))


@pytest.mark.parametrize(
    ("frequency", "until", "periods"),
    [
        (Frequency.YEARLY, date(2026, 12, 30), []),
        (Frequency.YEARLY, date(2026, 12, 31), [(months(2026, 1, 12), 365)]),
        (Frequency.HALF_YEARLY, date(2026, 6, 29), []),
        (Frequency.HALF_YEARLY, date(2026, 6, 30), [(FIRST, 181)]),
        (
            Frequency.HALF_YEARLY,
            date(2029, 1, 31),
            [
                (FIRST, 181),
                (SECOND, 184),
                (months(2027, 1, 6), 181),
                (months(2027, 7, 12), 184),
            ],
        ),
        (
            Frequency.TERTIAL,
            date(2026, 12, 31),
            [
                (Period(date(2026, 1, 1), date(2026, 4, 30)), 120),
                (months(2026, 5, 8), 123),
                (months(2026, 9, 12), 122),
            ],
        ),
        (
            Frequency.MONTHLY,
            date(2026, 2, 28),
            [
                (months(2026, 1, 1), 31),
                (Period(date(2026, 2, 1), date(2026, 2, 28)), 28),
            ],
        ),
    ],
)
def test_what_has_ended_and_is_not_invoiced_is_a_line(
    frequency: Frequency, until: date, periods: Sequence[tuple[Period, int]]
) -> None:
    agreed = version(frequency=frequency, posts=(post("chief"), post()))
    scenario = Scenario().given(*ORGANISATIONS, network(), agreed, accept(), fill())
    found = reconcile(ours(scenario, WINTER), until, scenario)
    assert found == [
        line("nurse", period, accrued_ore=days * 1000_00) for period, days in periods
    ]


def test_a_period_is_due_once_it_has_begun_by_a_version() -> None:
    late = version(effective_from=date(2026, 8, 1), starts_on=date(2026, 8, 1))
    scenario = Scenario().given(*ORGANISATIONS, network(), late, accept(), fill())
    found = reconcile(ours(scenario), WINTER, scenario)
    assert found == [line("nurse", SECOND, accrued_ore=153_000_00)]
    assert not reconcile(ours(scenario), date(2026, 7, 31), scenario)


def test_what_a_document_was_about_is_open_when_only_one_is_paid() -> None:
    """It is taken back, so nothing is billed, and yet there is a payment on it."""
    scenario = invoiced().given(PAID, BACK, vacate(FIRST.start), today=SUMMER)
    books = ours(scenario)
    state = LineState.PAYMENT_DIFFERS
    opened = line("nurse", FIRST, document=books.documents[0], state=state)
    assert reconcile(books, FIRST.end, scenario) == [opened]
    assert not reconcile(books, date(2026, 6, 29), scenario)


def test_the_correction_of_a_year_is_about_the_periods_that_it_restates() -> None:
    scenario = invoiced().given(invoice(*SECOND), today=WINTER)
    late = date(2027, 2, 10)
    scenario.given(vacate(date(2026, 6, 1)), today=late)
    scenario.given(CorrectYear(agreement="ms-ous", year=2026), today=late)
    scenario.given(fill(date(2026, 12, 1)), today=date(2027, 2, 11))
    books = ours(scenario, late)
    first, second, _ = books.documents
    matched = {"state": LineState.MATCHED, "accrued_ore": 151_000_00}
    refilled = entries(scenario, PostFilled)[-1]
    assert reconcile(books, SECOND.end, scenario) == [
        line("nurse", FIRST, document=first, billed_ore=151_000_00, **matched),
        line(
            "nurse",
            SECOND,
            document=second,
            accrued_ore=31_000_00,
            state=LineState.AMOUNT_DIFFERS,
            causes=(
                AccrualChange(
                    refilled, frozenset({"nurse"}), date(2026, 12, 1), "S1-12"
                ),
            ),
        ),
    ]


def test_a_payment_on_the_correction_of_a_year_opens_the_periods_that_it_restates() -> (
    None
):
    scenario = bank.invoiced().given(invoice(*SECOND), today=WINTER)
    late = date(2027, 2, 10)
    scenario.given(vacate(date(2026, 6, 1)), today=WINTER)
    scenario.given(CorrectYear(agreement="ms-ous", year=2026), today=late)
    entry = bank.entry(scenario, kid="", amount_ore=9_00)
    matched = MatchBankEntry(
        organisation=OSLO, reference="B1", payee=OSLO, year=2027, number=2
    )
    scenario.given(bank.imported(OSLO, entry), matched, today=late)
    books = ours(scenario, late)
    first, second, _ = books.documents
    differs = {"state": LineState.PAYMENT_DIFFERS}
    owed = {"billed_ore": 151_000_00, "accrued_ore": 151_000_00}
    assert reconcile(books, SECOND.end, scenario) == [
        line("nurse", FIRST, document=first, **owed, **differs),
        line("nurse", SECOND, document=second, **differs),
    ]


def test_a_document_of_the_next_year_explains_nothing_of_this_one() -> None:
    """It restates nothing of an earlier year, whatever its seller knew."""
    scenario = invoiced().given(invoice(*SECOND), today=WINTER)
    start, end = date(2027, 1, 1), date(2027, 6, 30)
    reported = report(report="next", period_start=start, period_end=end)
    scenario.given(vacate(date(2026, 12, 1)), fill(start), today=WINTER)
    scenario.given(reported, approve("next"), today=WINTER)
    scenario.given(invoice(start, end), today=date(2027, 7, 10))
    books = ours(scenario, date(2027, 7, 10))
    (vacated,) = entries(scenario, PostVacated)
    (differs,) = [each for each in reconcile(books, end, scenario) if each.is_open]
    assert differs == line(
        "nurse",
        SECOND,
        document=books.documents[1],
        billed_ore=184_000_00,
        accrued_ore=153_000_00,
        state=LineState.AMOUNT_DIFFERS,
        causes=(
            AccrualChange(vacated, frozenset({"nurse"}), date(2026, 12, 1), "S1-12"),
        ),
    )


def test_what_changes_no_amount_is_no_cause() -> None:
    scenario = invoiced().given(version(2), accept(2), today=SUMMER)
    books = ours(scenario)
    matched = {"document": books.documents[0], "state": LineState.MATCHED}
    both = {"billed_ore": 181_000_00, "accrued_ore": 181_000_00}
    assert reconcile(books, FIRST.end, scenario) == [
        line("nurse", FIRST, **matched, **both)
    ]


def test_lines_are_sorted_by_period_then_post() -> None:
    posts = (post("chief"), post())
    given = [each if each != version() else version(posts=posts) for each in REPORTED]
    scenario = Scenario().given(*given, fill(date(2026, 7, 1), "chief"))
    scenario.given(invoice(*SECOND), today=WINTER)
    books = ours(scenario, WINTER)
    (document,) = books.documents
    matched = {"document": document, "state": LineState.MATCHED}
    both = {"billed_ore": 184_000_00, "accrued_ore": 184_000_00}
    assert reconcile(books, SECOND.end, scenario) == [
        line("nurse", FIRST, accrued_ore=181_000_00),
        line("chief", SECOND, **matched, **both),
        line("nurse", SECOND, **matched, **both),
    ]
    assert not any(each.is_open for each in reconcile(books, SECOND.end, scenario)[1:])


def test_books_name_what_can_have_changed_a_cost_and_from_when() -> None:
    scenario = Scenario().given(*AGREED, fill(), vacate(date(2026, 3, 1)))
    scenario.given(
        version(2, effective_from=date(2026, 4, 1), posts=(post(), post("chief"))),
        accept(2),
        terminate(date(2026, 9, 30)),
    )
    first, second = entries(scenario, VersionAccepted)
    (ended,) = entries(scenario, AgreementTerminated)
    (filled,) = entries(scenario, PostFilled)
    (vacated,) = entries(scenario, PostVacated)
    books = ours(scenario)
    both, nurse = frozenset({"chief", "nurse"}), frozenset({"nurse"})
    assert books.changes == (
        AccrualChange(first, both, date(2026, 1, 1), "S1-14"),
        AccrualChange(second, both, date(2026, 4, 1), "S1-14"),
        AccrualChange(ended, both, date(2026, 10, 1), "S1-11"),
        AccrualChange(filled, nurse, date(2026, 1, 1), "S1-12"),
        AccrualChange(vacated, nurse, date(2026, 3, 1), "S1-12"),
    )
    assert [each.version for each in books.signed] == [1, 2]
    assert [each.ends_on for each in books.versions] == [date(2026, 9, 30)] * 2
    assert {post: cost.accrued_ore(SUMMER) for post, cost in books.costs.items()} == {
        "chief": 0,
        "nurse": 59_000_00,
    }
    assert books.changes_of("chief", date(2026, 4, 1)) == list(books.changes[:2])
    assert books.changes_of("nurse", date(2026, 2, 28)) == [
        books.changes[0],
        books.changes[3],
    ]


def test_documents_stand_in_the_books_with_both_copies_of_what_is_paid() -> None:
    scenario = bank.invoiced().given(PAID, today=SUMMER)
    entry = bank.entry(scenario, amount_ore=7_00)
    scenario.given(bank.imported(OSLO, entry), BACK, today=AUGUST)
    (issued, noted) = entries(scenario, InvoiceIssued)
    (paid,) = entries(scenario, PaymentRegistered)
    (received,) = entries(scenario, PaymentReceived)
    first, note = ours(scenario).documents
    assert (first.id, first.entry, first.document) == (
        DocumentId(OSLO, 2026, 1),
        issued,
        issued.fact,
    )
    assert (note.id, note.entry) == (DocumentId(OSLO, 2026, 2), noted)
    assert first.notes == (note,)
    assert first.payments == (BookedPayment(paid, 5_00, SUMMER),)
    assert first.received == (BookedPayment(received, 7_00, bank.BOOKED),)
    assert (note.payments, note.received, note.notes) == ((), (), ())
    assert (first.stands, note.stands) == (False, False)
    assert first.disputed_posts == frozenset()


@pytest.mark.parametrize("given", [(), (PAID,)])
def test_documents_of_an_agreement_that_is_not_here_stand_alone(
    given: Sequence[Command],
) -> None:
    """The log that proposed it is not here yet."""
    scenario = invoiced().given(*given, today=SUMMER)
    whole = ours(scenario)
    bare = scenario.without(VersionProposed)
    assert ours(bare) == AgreementBooks(PAIR, "ms-ous", (), (), {}, whole.documents, ())
    assert not read_books(PAIR, date(2025, 12, 31), bare), "nothing is of that year"
    differs = line(
        "nurse",
        FIRST,
        document=whole.documents[0],
        billed_ore=181_000_00,
        state=LineState.AMOUNT_DIFFERS,
    )
    assert reconcile(ours(bare), FIRST.end, bare) == [differs]


OF_BERGEN: Final[dict[str, Any]] = {"organisation": BERGEN, "counterpart": OSLO}
OF_OSLO: Final[dict[str, Any]] = {"organisation": OSLO, "counterpart": BERGEN}


def test_what_was_asserted_stands_beside_what_the_log_said() -> None:
    """Oslo has not heard of Bergen's payment and document when it asserts."""
    scenario = invoiced().given(PAID, *OTHER_WAY, today=SUMMER)
    for said in (
        {**OF_OSLO, "day": JULY, "owed_ore": -7},
        {**OF_BERGEN, "day": JULY, "owed_ore": 9},
        {**OF_BERGEN, "day": SUMMER, "owed_ore": 3},
        {**OF_BERGEN, "day": date(2026, 7, 9), "owed_ore": 4},
    ):
        scenario.given(AssertBalance(**said), today=AUGUST)
    oslos, bergens, summers, early = (
        each for each in scenario.held if each.stream.kind == "balances"
    )
    unheard = {**oslos.seen, "vest": (1, 1)}
    index = scenario.held.index(oslos)
    blind = replace(oslos, seen=unheard)
    scenario.held[index] = blind
    (paid,) = entries(scenario, PaymentRegistered)
    ms, als = (each for each in entries(scenario, InvoiceIssued))
    vouchers = (
        BookedVoucher(als, SUMMER, -181_000_00),
        BookedVoucher(paid, SUMMER, -5_00),
    )
    by_place = tuple(sorted(vouchers, key=lambda each: str(each.entry.place)))
    assert str(ms.place) < str(paid.place)
    found = check_balances(PAIR, read_books(PAIR, AUGUST, scenario), scenario)
    assert found == [
        BalanceCheck(
            date(2026, 7, 9),
            (CheckedAssertion(BERGEN, early, 4, 0),),
            0,
            (),
        ),
        BalanceCheck(SUMMER, (CheckedAssertion(BERGEN, summers, 3, -5_00),), -5_00, ()),
        BalanceCheck(
            JULY,
            (
                CheckedAssertion(BERGEN, bergens, 9, -5_00),
                CheckedAssertion(OSLO, blind, 7, 181_000_00),
            ),
            -5_00,
            by_place,
        ),
    ]
    assert not any(each.agrees for each in found)
