"""Paid is what both know: what is outstanding, in dispute, and open."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.closing.books import read_books
from domain.closing.closing import CarriedLine
from domain.closing.reconciliation import LineState
from domain.closing.stated_money import OpenPayment
from domain.fact import Command
from domain.invoicing.credit import CreditedLine, CreditInvoice
from domain.invoicing.invoice_decision import DecideInvoice, Verdict
from domain.payments.bank import MatchBankEntry
from domain.payments.claim import Claim, Owed, outstanding_ore, owed
from domain.payments.matching import Direction
from domain.payments.payment import (
    PaymentReceived,
    PaymentRegistered,
    Payments,
    RegisterPayment,
    evolve,
)
from domain.payments.telling import BookedEntry, ImportBankEntries
from domain.refusal import Code, Refusal
from domain.values import VatTreatment
from tests.support.closing import (
    FIRST,
    HALF_YEAR_ORE,
    PAIR,
    SECOND,
    SUMMER,
    WINTER,
    closed,
    draw_up,
    drawn,
    invoiced,
)
from tests.support.examples import (
    ORGANISATIONS,
    OSLO,
    accept,
    approve,
    fill,
    invoice,
    network,
    post,
    report,
    version,
)
from tests.support.scenario import Scenario

PAID_ON = date(2026, 7, 9)
CARRIED = CarriedLine(agreement="ms-ous", post="nurse", period_start=FIRST.start)


def paid(amount_ore: int) -> RegisterPayment:
    """Register a payment on the first half-year's invoice, as its payer."""
    return RegisterPayment(
        agreement="ms-ous",
        period_start=FIRST.start,
        amount_ore=amount_ore,
        paid_on=PAID_ON,
    )


def received(amount_ore: int, reference: str = "b1", number: int = 1) -> list[Command]:
    """Import an entry of the payee's bank, and match it to a document by hand."""
    entry = BookedEntry(
        reference=reference,
        direction=Direction.CREDIT,
        amount_ore=amount_ore,
        booked_on=PAID_ON,
    )
    found = MatchBankEntry(
        organisation=OSLO, reference=reference, payee=OSLO, year=2026, number=number
    )
    return [ImportBankEntries(organisation=OSLO, entries=(entry,)), found]


def state(scenario: Scenario) -> LineState:
    """Return the state of the line over which nothing is closed silently."""
    scenario.when(draw_up(), today=SUMMER).refused(Code.LINE_OPEN, "carry_over")
    assert isinstance(scenario.outcome, Refusal)
    return LineState(str(scenario.outcome.values["state"]))


@pytest.mark.parametrize(
    ("document", "notes", "expected"),
    [
        (Claim(100, 0, 0), [], [100]),
        (Claim(100, 30, 100), [], [70]),
        (Claim(100, 130, 0), [], [-30]),
        (Claim(100, 0, 0), [Claim(-40, 0, 0)], [60, 0]),
        (Claim(100, 80, 0), [Claim(-40, 0, 0)], [0, -20]),
        (Claim(100, 100, 0), [Claim(-40, 0, 0), Claim(-30, 0, 0)], [0, -40, -30]),
        (Claim(100, 90, 0), [Claim(-40, 0, 0), Claim(-30, 0, 0)], [0, -30, -30]),
        (Claim(100, 100, 0), [Claim(-40, -40, 0)], [0, 0]),
        (Claim(100, 110, 0), [Claim(-40, 0, 0)], [-10, -40]),
        (Claim(-100, 0, 0), [Claim(100, 0, 0)], [0, 0]),
        (Claim(-100, -100, 0), [Claim(100, 0, 0)], [0, 100]),
    ],
)
def test_credits_are_set_off_and_the_rest_is_owed_back_on_the_last(
    document: Claim, notes: list[Claim], expected: list[int]
) -> None:
    assert outstanding_ore(document, notes) == expected


@pytest.mark.parametrize(
    ("claim", "disputed", "expected"),
    [
        (Claim(100, 0, 0), 0, Owed(100, 0, 0)),
        (Claim(100, 100, 100), 0, Owed(0, 0, 0)),
        (Claim(100, 0, 100), 0, Owed(0, 0, 100)),
        (Claim(100, 100, 0), 0, Owed(0, 0, 0)),
        (Claim(100, 60, 40), 0, Owed(40, 0, 0)),
        (Claim(100, 40, 60), 0, Owed(40, 0, 20)),
        (Claim(100, 120, 100), 0, Owed(0, 0, -20)),
        (Claim(100, 120, 110), 0, Owed(-10, 0, -10)),
        (Claim(100, 0, 0), 30, Owed(70, 30, 0)),
        (Claim(100, 100, 100), 30, Owed(0, 0, 0)),
        (Claim(100, 80, 80), 30, Owed(0, 20, 0)),
        (Claim(100, 0, 80), 30, Owed(0, 30, 70)),
        (Claim(-100, 0, 0), 0, Owed(-100, 0, 0)),
        (Claim(-100, 0, -100), 0, Owed(0, 0, -100)),
        (Claim(100, 0, 0), -30, Owed(100, 0, 0)),
    ],
)
def test_what_is_owed_whatever_comes_of_the_rest(
    claim: Claim, disputed: int, expected: Owed
) -> None:
    assert owed(claim, disputed) == expected


amounts = st.integers(-(10**9), 10**9)


@given(st.builds(Claim, amounts, amounts, amounts), amounts)
def test_the_parts_of_what_is_owed_are_the_whole(claim: Claim, disputed: int) -> None:
    assert sum(owed(claim, disputed)) == claim.outstanding_ore
    swapped = Claim(claim.gross_ore, claim.received_ore, claim.paid_ore)
    both = owed(claim, disputed), owed(swapped, disputed)
    assert both[0].undisputed_ore == both[1].undisputed_ore, "by either's copy"


@given(
    st.builds(Claim, amounts, amounts, amounts),
    st.lists(st.builds(Claim, amounts, amounts, amounts), max_size=4),
)
def test_what_is_outstanding_is_the_same_in_all(
    document: Claim, notes: list[Claim]
) -> None:
    left = document.with_credits(notes)
    assert sum(outstanding_ore(document, notes)) == left.outstanding_ore


def test_payments_add_up_with_their_sign() -> None:
    of: dict[str, Any] = {"seller": OSLO, "year": 2026, "number": 1}
    state = evolve(Payments(), PaymentRegistered(**of, amount_ore=70, paid_on=PAID_ON))
    state = evolve(state, PaymentRegistered(**of, amount_ore=-20, paid_on=PAID_ON))
    assert state == Payments(50)
    got = PaymentReceived(**of, amount_ore=7, received_on=PAID_ON, reference="r")
    assert evolve(state, got) == Payments(57)


@pytest.mark.parametrize(
    ("payer", "payee", "undisputed"),
    [
        (0, HALF_YEAR_ORE, 0),
        (HALF_YEAR_ORE, 0, 0),
        (100_00, 300_00, HALF_YEAR_ORE - 300_00),
    ],
)
def test_what_only_one_of_the_two_has_is_open_until_both_know(
    payer: int, payee: int, undisputed: int
) -> None:
    scenario = invoiced()
    if payer:
        scenario.given(paid(payer), today=SUMMER)
    if payee:
        scenario.given(*received(payee), today=SUMMER)
    assert state(scenario) is LineState.PAYMENT_DIFFERS
    statement = closed(scenario, FIRST, SUMMER, carry_over=(CARRIED,))
    (line,) = statement.open_lines
    assert (line.state, line.billed_ore) == (LineState.PAYMENT_DIFFERS, HALF_YEAR_ORE)
    assert statement.open_payments == (
        OpenPayment(
            seller=OSLO,
            year=2026,
            number=1,
            left_ore=HALF_YEAR_ORE,
            paid_ore=payer,
            received_ore=payee,
        ),
    )
    (balance,) = statement.balances
    assert (balance.paid_ore, balance.received_ore or 0) == (payer, payee)
    assert balance.closing_ore == HALF_YEAR_ORE - payer
    assert balance.undisputed_ore == undisputed, "netting leaves the rest out"
    assert [each.amount_ore for each in statement.receipts or ()] == [payee][
        : payee > 0
    ]

    scenario.given(invoice(*SECOND), today=WINTER)
    if payee < HALF_YEAR_ORE:
        scenario.given(*received(HALF_YEAR_ORE - payee, "b2"), today=WINTER)
    if payer < HALF_YEAR_ORE:
        scenario.given(paid(HALF_YEAR_ORE - payer), today=WINTER)
    later = closed(scenario, SECOND, WINTER)
    assert (later.open_lines, later.open_payments) == ((), None)
    (balance,) = later.balances
    assert (balance.open_ore, balance.undisputed_ore) == (None, 184_000_00)


def test_a_document_that_is_taken_back_is_open_while_its_money_is() -> None:
    scenario = invoiced().given(paid(HALF_YEAR_ORE), today=SUMMER)
    back = CreditInvoice(seller=OSLO, year=2026, number=1, reason="x")
    scenario.given(back, today=SUMMER)
    (books,) = read_books(PAIR, SUMMER, scenario)
    document = books.documents[0]
    assert document.owed == Owed(0, 0, -HALF_YEAR_ORE)
    scenario.given(draw_up(carry_over=(CARRIED,)), today=SUMMER)
    statement = drawn(scenario).statement
    assert [line.state for line in statement.open_lines] == [LineState.NOT_INVOICED]
    assert statement.open_payments is not None
    scenario.given(*received(HALF_YEAR_ORE), today=SUMMER)
    (books,) = read_books(PAIR, SUMMER, scenario)
    assert books.documents[0].owed == Owed(-HALF_YEAR_ORE, 0, 0), "it is owed back"


def test_a_credit_is_set_off_in_what_may_be_netted() -> None:
    scenario = invoiced().given(paid(HALF_YEAR_ORE), today=SUMMER)
    scenario.given(*received(HALF_YEAR_ORE), today=SUMMER)
    line = CreditedLine(post="nurse", amount_ore=1_000_00)
    part = CreditInvoice(seller=OSLO, year=2026, number=1, lines=(line,), reason="x")
    scenario.given(part, today=SUMMER)
    (balance,) = closed(scenario, FIRST, SUMMER).balances
    assert (balance.closing_ore, balance.undisputed_ore) == (-1_000_00, -1_000_00)


def test_what_is_left_of_a_disputed_document_counts_with_its_vat() -> None:
    scenario = invoiced()
    dispute = DecideInvoice(seller=OSLO, year=2026, number=1, verdict=Verdict.DISPUTED)
    scenario.given(dispute, today=SUMMER)
    (books,) = read_books(PAIR, SUMMER, scenario)
    (document,) = books.documents
    assert document.owed == Owed(0, HALF_YEAR_ORE, 0)


@pytest.mark.parametrize(
    ("credited", "disputed", "vat"),
    [(0, 181_000_00, 45_250_00), (1_000_03, 179_999_97, 44_999_99)],
)
def test_a_disputed_line_has_its_part_of_the_vat_that_is_left(
    credited: int, disputed: int, vat: int
) -> None:
    """Of two lines one is disputed; VAT is rounded once on what is left of the other."""
    posts = (post(), post("doctor", annual_cost_ore=365_01))
    agreed = version(posts=posts, vat_treatment=VatTreatment.STANDARD)
    scenario = Scenario().given(*ORGANISATIONS, network(), agreed, accept())
    scenario.given(fill(), fill(name="doctor"), report(), approve())
    scenario.given(invoice(), today=SUMMER)
    scenario.given(
        DecideInvoice(
            seller=OSLO, year=2026, number=1, verdict=Verdict.DISPUTED, post="nurse"
        ),
        today=SUMMER,
    )
    if credited:
        line = CreditedLine(post="nurse", amount_ore=credited)
        part = CreditInvoice(
            seller=OSLO, year=2026, number=1, lines=(line,), reason="x"
        )
        scenario.given(part, today=SUMMER)
    (books,) = read_books(PAIR, SUMMER, scenario)
    document = books.documents[0]
    assert document.disputed_ore == disputed + vat
    doctor_ore = 181_00
    assert document.owed == Owed(doctor_ore + 45_25, disputed + vat, 0)
