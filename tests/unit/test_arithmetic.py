"""Every line says how its amount came about, so that nobody need compute it anew."""

from datetime import date
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.agreements.accrual import AccruingDays, PostTerms, VersionTerms, post_costs
from domain.invoicing.arithmetic import AccruedDays, Arithmetic
from domain.invoicing.billing import due_ore
from domain.invoicing.credit import CreditedLine, CreditInvoice
from domain.invoicing.sales_document import InvoiceIssued
from domain.refusal import Refusal
from domain.values import Period, Vacancy
from tests.support.examples import (
    AGREED,
    OSLO,
    REPORTED,
    accept,
    approve,
    fill,
    invoice,
    post,
    report,
    vacate,
    version,
)
from tests.support.scenario import Scenario

SUMMER = date(2026, 7, 10)
WINTER = date(2026, 12, 31)
H1 = Period(date(2026, 1, 1), date(2026, 6, 30))
H2 = Period(date(2026, 7, 1), date(2026, 12, 31))
FIRST, SECOND = invoice(*H1), invoice(*H2)
DAY = 1000_00


def issued(scenario: Scenario) -> InvoiceIssued:
    """Return the document that the last command issued."""
    document = scenario.recorded(InvoiceIssued)
    assert isinstance(document, InvoiceIssued)
    return document


def credit(ore: int, number: int = 1) -> CreditInvoice:
    """Credit an amount of the nurse's line."""
    line = CreditedLine(post="nurse", amount_ore=ore)
    return CreditInvoice(
        seller=OSLO, year=2026, number=number, lines=(line,), reason="x"
    )


def accrued(
    start: date, end: date, days: int, cost: int = 365 * DAY, number: int = 1
) -> AccruedDays:
    """Return some days as a document says them."""
    return AccruedDays(
        starts_on=start, ends_on=end, days=days, annual_cost_ore=cost, version=number
    )


@pytest.mark.rule("S1-14")
def test_a_line_says_days_cost_staffing_and_version() -> None:
    scenario = Scenario().given(*REPORTED)
    scenario.given(vacate(date(2026, 2, 1)), fill(date(2026, 3, 1)))
    dearer = version(
        2,
        effective_from=date(2026, 4, 1),
        posts=(post(annual_cost_ore=730 * DAY),),
    )
    scenario.given(dearer, accept(2), today=SUMMER)
    (line,) = issued(scenario.when(FIRST, today=SUMMER)).lines
    assert line.arithmetic == Arithmetic(
        days_in_year=365,
        days=(
            accrued(date(2026, 1, 1), date(2026, 1, 31), 31),
            accrued(date(2026, 3, 1), date(2026, 3, 31), 31),
            accrued(date(2026, 4, 1), date(2026, 6, 30), 91, 730 * DAY, 2),
        ),
        accrued_ore=(62 + 2 * 91) * DAY,
        staffing=3,
    )
    assert line.amount_ore == line.arithmetic.accrued_ore


def test_a_restatement_says_what_was_billed_and_given_up_before() -> None:
    scenario = Scenario().given(*REPORTED).given(FIRST, today=SUMMER)
    scenario.given(credit(50 * DAY), vacate(date(2026, 4, 11)), today=SUMMER)
    scenario.given(fill(H2.start), today=SUMMER)
    (line,) = issued(scenario.when(SECOND, today=WINTER)).lines
    (restated,) = line.restatements
    assert restated.arithmetic == Arithmetic(
        days_in_year=365,
        days=(accrued(H1.start, date(2026, 4, 10), 100),),
        accrued_ore=100 * DAY,
        staffing=3,
        billed_ore=131 * DAY,
        conceded_ore=50 * DAY,
    )
    assert restated.amount_ore == -31 * DAY
    assert line.arithmetic is not None
    assert line.arithmetic.days == (accrued(*H2, 184),)
    assert line.arithmetic.billed_ore is line.arithmetic.conceded_ore is None


def test_a_credit_has_no_arithmetic_of_its_own() -> None:
    scenario = Scenario().given(*REPORTED).given(FIRST, today=SUMMER)
    (line,) = issued(scenario.when(credit(1), today=SUMMER)).lines
    assert line.arithmetic is None
    whole = CreditInvoice(seller=OSLO, year=2026, number=1, reason="x")
    (line,) = issued(scenario.when(whole, today=SUMMER)).lines
    assert line.arithmetic is None


def test_what_is_absent_takes_no_space() -> None:
    scenario = Scenario().given(*REPORTED).given(FIRST, today=SUMMER)
    document = issued(scenario)
    assert b"conceded_ore" not in document.to_bytes()
    assert (
        b"arithmetic" not in issued(scenario.when(credit(1), today=SUMMER)).to_bytes()
    )


def test_the_days_of_a_period_are_cut_at_its_ends() -> None:
    start, end = date(2026, 1, 10), date(2026, 3, 5)
    agreed = {"a": PostTerms(start, end, 365_00)}
    terms = VersionTerms(4, start, start, date(2026, 12, 31), Vacancy.PAY, agreed)
    cost = post_costs([terms], {})["a"]
    january = Period(date(2026, 1, 1), date(2026, 1, 31))
    (days,) = cost.days_in(january)
    assert days == AccruingDays(Period(start, date(2026, 1, 31)), 365_00, 4)
    assert days.days == 22
    assert cost.days_in(Period(date(2026, 4, 1), date(2026, 4, 30))) == ()


@given(seed=st.integers(0, 10**9))
def test_the_arithmetic_of_every_line_gives_its_amount(seed: int) -> None:
    random = Random(seed)
    scenario = Scenario().given(*AGREED, fill(), report(), approve())
    number = 1
    for command in (FIRST, SECOND, FIRST):
        for _ in range(random.randrange(4)):
            day = date(2026, random.randrange(1, 13), random.randrange(1, 28))
            scenario.when(random.choice([fill, vacate])(day), today=WINTER)
        if random.random() < 0.5:
            number += 1
            cost = random.choice([100_000_00, 123_456_78, 7])
            posts = (post(annual_cost_ore=cost),)
            scenario.given(version(number, posts=posts), accept(number), today=WINTER)
        scenario.when(credit(random.randrange(1, 10**6)), today=WINTER)
        if random.random() < 0.3:
            whole = CreditInvoice(seller=OSLO, year=2026, number=1, reason="x")
            scenario.when(whole, today=WINTER)
        scenario.when(command, today=WINTER)
        if not isinstance(scenario.outcome, Refusal):
            document = issued(scenario)
            for line in document.lines:
                parts = [
                    (each.arithmetic, each.amount_ore) for each in line.restatements
                ]
                own = line.amount_ore - sum(ore for _, ore in parts)
                for arithmetic, amount_ore in (*parts, (line.arithmetic, own)):
                    check(arithmetic, amount_ore)


def check(arithmetic: Arithmetic | None, amount_ore: int) -> None:
    """Compute an amount anew from what a line says of it."""
    assert arithmetic is not None
    billed, conceded = arithmetic.billed_ore or 0, arithmetic.conceded_ore or 0
    assert due_ore(arithmetic.accrued_ore, billed, conceded) - billed == amount_ore
    numerator = sum(each.days * each.annual_cost_ore for each in arithmetic.days)
    exact = Fraction(numerator, arithmetic.days_in_year)
    assert abs(exact - arithmetic.accrued_ore) < 1, "rounded once, from 1 January"
    for each in arithmetic.days:
        assert (each.ends_on - each.starts_on).days + 1 == each.days
