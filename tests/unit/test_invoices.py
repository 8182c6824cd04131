"""Invoices, credit notes, the payer's decisions, and payments."""

from datetime import date
from typing import Any

import pytest

from domain.agreements.answer import Answer
from domain.invoicing.invoice import PeriodBilled
from domain.invoicing.invoice_decision import (
    DecideInvoice,
    InvoiceApproved,
    InvoiceDisputed,
    RegisterInvoice,
    Verdict,
)
from domain.invoicing.sales_document import DocumentKind, InvoiceIssued
from domain.payments.payment import PaymentRegistered, RegisterPayment
from domain.posts.report import Outcome, ReportReturned
from domain.refusal import Code
from domain.values import Frequency, Region, Vacancy, VatTreatment
from tests.support.examples import (
    AGREED,
    BERGEN,
    ORGANISATIONS,
    OSLO,
    REPORTED,
    TROMSO,
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

SUMMER = date(2026, 7, 10)
WINTER = date(2027, 1, 10)
FIRST = (date(2026, 1, 1), date(2026, 6, 30))
SECOND = (date(2026, 7, 1), date(2026, 12, 31))


def issued(
    scenario: Scenario, start: date, end: date, today: date = SUMMER
) -> InvoiceIssued:
    """Issue a document, and return it."""
    document = scenario.when(invoice(start, end), today=today).recorded(InvoiceIssued)
    assert isinstance(document, InvoiceIssued)
    return document


@pytest.mark.rule("S1-12")
@pytest.mark.rule("S1-14")
@pytest.mark.rule("S1-41")
def test_a_period_is_billed_what_accrued_and_names_its_grounds() -> None:
    scenario = Scenario().given(*REPORTED)
    document = issued(scenario, *FIRST)
    assert document.kind is DocumentKind.INVOICE
    assert (document.agreement, document.version) == ("ms-ous", 1)
    assert (document.report, document.submission) == ("ms-ous-2026", 1)
    assert document.net_ore == 181 * 1000_00
    assert document.vat_ore == 0
    assert document.issued_on == SUMMER
    billed = scenario.recorded(PeriodBilled)
    assert isinstance(billed, PeriodBilled)
    assert (billed.seller, billed.year, billed.number) == (OSLO, 2026, 1)


def test_only_the_payee_invoices_at_its_own_node() -> None:
    scenario = Scenario().given(*REPORTED)
    scenario.when(invoice(), today=SUMMER, organisation=BERGEN).refused(
        Code.NOT_ENTITLED
    )
    scenario.when(invoice(), today=SUMMER, organisation=OSLO).refused(Code.WRONG_REGION)


def test_an_unknown_agreement_is_not_invoiced() -> None:
    scenario = (
        Scenario().given(*REPORTED).when(invoice(agreement="other"), today=SUMMER)
    )
    scenario.refused(Code.UNKNOWN_AGREEMENT)


@pytest.mark.rule("S1-08")
@pytest.mark.parametrize(
    "answers",
    [(), (accept(answer=Answer.DECLINED),)],
)
def test_without_an_accepted_version_nothing_is_invoiced(
    answers: tuple[Any, ...],
) -> None:
    given = (*ORGANISATIONS, network(), version(), *answers)
    Scenario().given(*given).when(invoice(), today=SUMMER).refused(Code.NOT_ACCEPTED)


def test_an_accepted_version_must_have_begun_by_the_end_of_the_period() -> None:
    later = version(starts_on=date(2026, 7, 1))
    scenario = Scenario().given(*ORGANISATIONS, network(), later, accept())
    scenario.when(invoice(*FIRST), today=SUMMER).refused(Code.NOT_ACCEPTED)
    never = version(effective_from=date(2026, 7, 1))
    scenario = Scenario().given(*ORGANISATIONS, network(), never, accept())
    scenario.when(invoice(*FIRST), today=SUMMER).refused(Code.NOT_ACCEPTED)


@pytest.mark.rule("S1-14")
def test_each_line_rests_on_the_versions_that_are_in_force() -> None:
    scenario = Scenario().given(*REPORTED)
    dearer = (post(annual_cost_ore=730_000_00),)
    scenario.given(version(2, effective_from=date(2026, 7, 1), posts=dearer), accept(2))
    scenario.given(version(3, effective_from=date(2026, 7, 1), posts=()))
    for period, number, daily_ore in ((FIRST, 1, 1000_00), (SECOND, 2, 2000_00)):
        document = issued(scenario, *period, today=WINTER)
        (line,) = document.lines
        assert document.version == number
        assert line.arithmetic is not None
        assert {each.version for each in line.arithmetic.days} == {number}
        days = (period[1] - period[0]).days + 1
        assert line.amount_ore == days * daily_ore, "the third nobody has accepted"


@pytest.mark.rule("S1-14")
def test_where_no_version_is_in_force_there_is_no_line() -> None:
    scenario = Scenario().given(*REPORTED)
    scenario.given(terminate(date(2026, 6, 30)), today=date(2026, 6, 1))
    scenario.when(invoice(*SECOND), today=WINTER).refused(Code.NOTHING_TO_INVOICE)
    scenario = Scenario().given(*ORGANISATIONS, network(), version())
    scenario.given(fill(), report(), approve())
    scenario.when(invoice(*FIRST), today=SUMMER).refused(Code.NOT_ACCEPTED)


def test_vat_that_nobody_assessed_stops_the_invoice() -> None:
    unknown = version(vat_treatment=VatTreatment.NOT_ASSESSED)
    scenario = Scenario().given(*ORGANISATIONS, network(), unknown, accept())
    scenario.when(invoice(), today=SUMMER).refused(Code.VAT_NOT_ASSESSED)


@pytest.mark.parametrize(
    "period",
    [
        (date(2026, 2, 1), date(2026, 6, 30)),
        (date(2026, 1, 1), date(2026, 3, 31)),
        (date(2026, 1, 1), date(2026, 12, 31)),
        (date(2026, 6, 30), date(2026, 1, 1)),
    ],
)
def test_only_whole_periods_are_invoiced(period: tuple[date, date]) -> None:
    scenario = Scenario().given(*REPORTED).when(invoice(*period), today=WINTER)
    scenario.refused(Code.PERIOD_NOT_ALLOWED)


def test_a_period_is_invoiced_from_its_last_day() -> None:
    scenario = Scenario().given(*REPORTED)
    scenario.when(invoice(), today=date(2026, 6, 29)).refused(Code.PERIOD_NOT_ENDED)
    assert issued(scenario, *FIRST, today=date(2026, 6, 30)).net_ore > 0


def test_no_day_is_invoiced_twice() -> None:
    scenario = Scenario().given(*REPORTED)
    issued(scenario, *FIRST)
    scenario.when(invoice(), today=SUMMER).refused(Code.ALREADY_INVOICED)
    yearly = version(2, frequency=Frequency.YEARLY)
    scenario.given(yearly, accept(2))
    scenario.when(invoice(date(2026, 1, 1), date(2026, 12, 31)), today=WINTER).refused(
        Code.ALREADY_INVOICED
    )


@pytest.mark.rule("S1-41")
def test_one_approved_report_covers_the_whole_period() -> None:
    half = report(report="h1", period_end=date(2026, 3, 31))
    rest = report(report="h2", period_start=date(2026, 4, 1))
    scenario = Scenario().given(
        *AGREED, fill(), half, rest, approve("h1"), approve("h2")
    )
    scenario.when(invoice(), today=SUMMER).refused(Code.REPORT_MISSING)
    scenario.given(report()).when(invoice(), today=SUMMER).refused(Code.REPORT_MISSING)
    scenario.given(approve())
    assert issued(scenario, *FIRST).report == "ms-ous-2026"


def test_a_returned_report_is_no_ground() -> None:
    scenario = Scenario().given(*AGREED, fill(), report())
    scenario.given(approve().model_copy(update={"outcome": Outcome.RETURNED}))
    scenario.recorded(ReportReturned)
    scenario.when(invoice(), today=SUMMER).refused(Code.REPORT_MISSING)


def test_the_report_is_the_payees_own_for_that_network() -> None:
    other = report(report="unn", trust=TROMSO)
    scenario = Scenario().given(*AGREED, fill(), other, approve("unn"))
    scenario.when(invoice(), today=SUMMER).refused(Code.REPORT_MISSING)


def test_a_vacant_post_costs_nothing_unless_the_agreement_says_so() -> None:
    scenario = Scenario().given(*AGREED, report(), approve())
    scenario.when(invoice(), today=SUMMER).refused(Code.NOTHING_TO_INVOICE)
    paid = version(vacancy=Vacancy.PAY)
    scenario = Scenario().given(*ORGANISATIONS, network(), paid, accept())
    scenario.given(report(), approve())
    assert issued(scenario, *FIRST).net_ore == 181 * 1000_00


def test_what_changed_later_is_restated_in_the_next_document() -> None:
    scenario = Scenario().given(*REPORTED)
    issued(scenario, *FIRST)
    scenario.given(vacate(date(2026, 6, 21)), fill(date(2026, 7, 11)), today=SUMMER)
    document = issued(scenario, *SECOND, today=WINTER)
    (line,) = document.lines
    (restated,) = line.restatements
    assert (restated.period_start, restated.amount_ore) == (FIRST[0], -10 * 1000_00)
    assert line.amount_ore == (184 - 10) * 1000_00 - 10 * 1000_00
    assert scenario.streams  # numbered in the year of issue, from 1
    billed = scenario.recorded(PeriodBilled)
    assert isinstance(billed, PeriodBilled)
    assert (billed.year, billed.number) == (2027, 1)


def test_a_sum_below_zero_is_a_credit_note_in_the_same_series() -> None:
    scenario = Scenario().given(*REPORTED)
    issued(scenario, *FIRST)
    scenario.given(vacate(date(2026, 1, 1)), today=SUMMER)
    document = issued(scenario, *SECOND, today=date(2026, 12, 31))
    assert document.kind is DocumentKind.CREDIT_NOTE
    assert document.net_ore == -181 * 1000_00
    billed = scenario.recorded(PeriodBilled)
    assert isinstance(billed, PeriodBilled)
    assert (billed.year, billed.number) == (2026, 2)


def test_an_earlier_calendar_year_is_not_carried_over() -> None:
    whole = report(report="two", period_end=date(2027, 12, 31))
    scenario = Scenario().given(*REPORTED, whole, approve("two"))
    issued(scenario, *SECOND, today=WINTER)
    scenario.given(vacate(date(2026, 12, 1)), fill(date(2027, 1, 1)), today=WINTER)
    document = issued(
        scenario, date(2027, 1, 1), date(2027, 6, 30), today=date(2027, 7, 1)
    )
    assert [line.restatements for line in document.lines] == [()]


def test_vat_is_added_on_the_sum_of_the_document() -> None:
    taxed = version(
        vat_treatment=VatTreatment.STANDARD,
        posts=(post(annual_cost_ore=365_01), post("b", annual_cost_ore=365_01)),
    )
    scenario = Scenario().given(*ORGANISATIONS, network(), taxed, accept())
    scenario.given(fill(), fill(name="b"), report(), approve())
    document = issued(scenario, *FIRST)
    assert document.net_ore == 2 * 18_100
    assert document.vat_ore == 9_050


def test_a_dropped_post_is_restated_until_it_is_billed_nothing() -> None:
    two = version(posts=(post(), post("b")))
    scenario = Scenario().given(*ORGANISATIONS, network(), two, accept())
    scenario.given(fill(), fill(name="b"), report(), approve())
    issued(scenario, *FIRST)
    scenario.given(version(2), accept(2), today=SUMMER)
    document = issued(scenario, *SECOND, today=WINTER)
    dropped = {line.post: line for line in document.lines}["b"]
    assert dropped.amount_ore == -181 * 1000_00


def decision(verdict: Verdict = Verdict.DISPUTED, **changes: Any) -> DecideInvoice:
    """Decide on the first half of 2026."""
    content = {
        "agreement": "ms-ous",
        "period_start": FIRST[0],
        "verdict": verdict,
        "reason": "not as agreed",
    }
    return DecideInvoice(**{**content, **changes})


def invoiced() -> Scenario:
    """Return a scenario with one invoice."""
    return Scenario().given(*REPORTED).given(invoice(), today=SUMMER)


def test_the_payer_decides_on_a_document_or_a_line() -> None:
    scenario = invoiced()
    scenario.when(decision(), organisation=OSLO).refused(Code.NOT_ENTITLED)
    scenario.when(decision(), organisation=BERGEN, region=Region.NORD).refused(
        Code.WRONG_REGION
    )
    disputed = scenario.when(decision(post="nurse")).recorded(InvoiceDisputed)
    assert isinstance(disputed, InvoiceDisputed)
    assert (disputed.seller, disputed.number, disputed.post) == (OSLO, 1, "nurse")
    scenario.given(RegisterInvoice(seller=OSLO, year=2026, number=1), actor="per")
    approved = scenario.when(decision(Verdict.APPROVED)).recorded(InvoiceApproved)
    assert isinstance(approved, InvoiceApproved)
    assert approved.post is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"agreement": "other"}, Code.UNKNOWN_AGREEMENT),
        ({"period_start": SECOND[0]}, Code.UNKNOWN_INVOICE),
        ({"post": "doctor"}, Code.UNKNOWN_POST),
    ],
)
def test_a_decision_is_on_what_is_there(changes: dict[str, Any], code: Code) -> None:
    invoiced().when(decision(**changes)).refused(code)


def payment(**changes: Any) -> RegisterPayment:
    """Pay a part of the first half of 2026."""
    content = {
        "agreement": "ms-ous",
        "period_start": FIRST[0],
        "amount_ore": 100_00,
        "paid_on": SUMMER,
    }
    return RegisterPayment(**{**content, **changes})


def test_the_payer_registers_payments() -> None:
    scenario = invoiced()
    scenario.when(payment(), organisation=OSLO).refused(Code.NOT_ENTITLED)
    paid = scenario.when(payment()).recorded(PaymentRegistered)
    assert isinstance(paid, PaymentRegistered)
    assert (paid.seller, paid.year, paid.number) == (OSLO, 2026, 1)
    assert paid.amount_ore == 100_00


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"agreement": "other"}, Code.UNKNOWN_AGREEMENT),
        ({"period_start": SECOND[0]}, Code.UNKNOWN_INVOICE),
    ],
)
def test_a_payment_is_on_what_is_there(changes: dict[str, Any], code: Code) -> None:
    invoiced().when(payment(**changes)).refused(code)
