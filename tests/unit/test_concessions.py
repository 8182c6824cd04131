"""What is given up is set off, never billed again, and nothing is billed below zero."""

from collections import defaultdict
from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.agreements.accrual import AccruingDays, PostCost
from domain.agreements.agreement import ProposeVersion
from domain.closing.books import read_books
from domain.closing.reconciliation import LineState, reconcile
from domain.fact import Command
from domain.invoicing.billing import (
    Billed,
    BilledLine,
    BillingCause,
    Restatement,
    billed_lines,
    billed_ore,
    conceded_ore,
    due_ore,
)
from domain.invoicing.credit import CreditedLine, CreditInvoice
from domain.invoicing.sales_document import InvoicedRestatement, InvoiceIssued
from domain.invoicing.year_correction import CorrectYear
from domain.parties.pair import pair_of
from domain.refusal import Code, Refusal
from domain.values import Period, Vacancy
from tests.support.billing import billed, costs_of, documents, settled
from tests.support.examples import (
    AGREED,
    BERGEN,
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
AUTUMN = date(2026, 9, 1)
WINTER = date(2026, 12, 31)
NEXT_YEAR = date(2027, 2, 1)
H1 = Period(date(2026, 1, 1), date(2026, 6, 30))
H2 = Period(date(2026, 7, 1), date(2026, 12, 31))
FIRST, SECOND = invoice(*H1), invoice(*H2)
CORRECTION = CorrectYear(agreement="ms-ous", year=2026)
DAY = 1000_00


def credit(
    number: int = 1, ore: int = 0, name: str = "nurse", year: int = 2026
) -> CreditInvoice:
    """Credit an amount of a line of Oslo's; without one, all of the document."""
    lines = (CreditedLine(post=name, amount_ore=ore),) if ore else ()
    return CreditInvoice(seller=OSLO, year=year, number=number, lines=lines, reason="x")


def issued(scenario: Scenario) -> InvoiceIssued:
    """Return the document that the last command issued."""
    document = scenario.recorded(InvoiceIssued)
    assert isinstance(document, InvoiceIssued)
    return document


@pytest.mark.parametrize(
    ("accrued", "billed_so_far", "conceded", "due"),
    [
        (181, 0, 0, 181),
        (100, 181, 0, 100),
        (181, 131, 50, 131),
        (150, 131, 50, 131),
        (131, 131, 50, 131),
        (130, 131, 50, 130),
        (181, 100, 50, 131),
        (190, 131, 50, 140),
        (0, 0, 181, 0),
        (181, 0, 181, 0),
        (200, 0, 181, 19),
    ],
)
def test_a_fall_is_restated_and_a_rise_less_what_is_given_up(
    accrued: int, billed_so_far: int, conceded: int, due: int
) -> None:
    assert due_ore(accrued, billed_so_far, conceded) == due


def test_billed_and_conceded_are_of_all_documents_and_credits() -> None:
    found = [
        Billed(H1, (BilledLine("a", 100),)),
        Billed(H1, (BilledLine("a", -30),), concedes=True),
        Billed(H2, (BilledLine("a", 50, (Restatement(H1, 7),)), BilledLine("b", 5))),
        Billed(None, (BilledLine("a", -3, (Restatement(H1, -3),)),)),
    ]
    assert billed_ore(found) == {("a", H1): 74, ("a", H2): 43, ("b", H2): 5}
    assert conceded_ore(found) == {("a", H1): 30}


YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))


def test_what_was_given_up_of_a_period_counts_where_it_is_invoiced_anew() -> None:
    """A half-year's document is taken back, and the year is invoiced in one piece."""
    correction = Billed(None, (BilledLine("a", 70, (Restatement(H1, 70),)),))
    given_up = Billed(
        None, (BilledLine("a", -50, (Restatement(H1, -50),)),), concedes=True
    )
    assert conceded_ore([correction, given_up]) == {("a", H1): 50}
    assert conceded_ore([correction, given_up], YEAR) == {("a", YEAR): 50}
    assert conceded_ore([correction, given_up], H2) == {("a", H1): 50}
    cost = PostCost("a", (AccruingDays(YEAR, 365_00, 1),))
    (line,) = billed_lines(YEAR, {"a": cost}, [correction, given_up], lambda *_: cost)
    assert [each.amount_ore for each in line.restatements] == [-20]
    assert line.amount_ore == 365_00 - 50 - 20
    after = [correction, given_up, Billed(YEAR, (line,))]
    assert sum(billed_ore(after).values()) == 365_00 - 50
    assert billed_lines(None, {"a": cost}, after, lambda *_: cost) == ()


def test_a_concession_is_known_when_the_next_document_is_made() -> None:
    cost = PostCost("a", (AccruingDays(H1, 365_00, 1),))
    before = [
        Billed(H1, (BilledLine("a", 181_00),), {"a": 1}),
        Billed(H1, (BilledLine("a", -50_00),), concedes=True),
    ]
    assert billed_lines(H2, {"a": cost}, before, lambda _post, _facts: cost) == ()
    fallen = PostCost(
        "a", (AccruingDays(Period(H1.start, date(2026, 4, 10)), 365_00, 1),)
    )
    (line,) = billed_lines(H2, {"a": fallen}, before, lambda _post, _facts: cost)
    assert line.restatements == (Restatement(H1, -31_00, BillingCause.STAFFING),)
    (line,) = billed_lines(H2, {"a": fallen}, before, lambda _post, _facts: fallen)
    assert line.restatements == (Restatement(H1, -31_00, BillingCause.AGREEMENT),)


def test_no_more_is_given_up_than_is_billed_in_whichever_document() -> None:
    """The case credit-beyond-what-is-billed."""
    scenario = Scenario().given(*REPORTED).given(FIRST, today=SUMMER)
    scenario.given(vacate(date(2026, 6, 16)), fill(date(2026, 7, 1)), today=SUMMER)
    document = issued(scenario.when(SECOND, today=WINTER))
    assert document.net_ore == 184 * DAY - 15 * DAY
    scenario.when(credit(1, 181 * DAY), today=WINTER)
    scenario.refused(Code.CREDIT_EXCEEDS_LINE, "lines")
    assert isinstance(scenario.outcome, Refusal)
    assert scenario.outcome.values == {"post": "nurse", "left_ore": 166 * DAY}
    whole = settled(scenario, NEXT_YEAR)
    assert (whole.invoiced_ore, whole.conceded_ore) == (350 * DAY, 0)
    scenario.given(credit(1, 166 * DAY), today=WINTER)
    whole = settled(scenario, NEXT_YEAR)
    assert (whole.invoiced_ore, whole.conceded_ore) == (184 * DAY, 166 * DAY)
    assert whole.unbilled_ore == 0
    scenario.when(credit(1, 1), today=WINTER).refused(Code.CREDIT_EXCEEDS_LINE)


def test_what_is_given_up_is_set_off_against_a_later_fall() -> None:
    """The case restatement-of-a-line-that-is-credited."""
    scenario = Scenario().given(*REPORTED).given(FIRST, today=SUMMER)
    scenario.given(credit(1, 181 * DAY), today=SUMMER)
    scenario.given(vacate(date(2026, 1, 1)), fill(date(2026, 7, 1)), today=AUTUMN)
    before = settled(scenario, AUTUMN)
    assert (before.invoiced_ore, before.conceded_ore) == (0, 0)
    (line,) = issued(scenario.when(SECOND, today=WINTER)).lines
    assert (line.amount_ore, line.restatements) == (184 * DAY, ())
    whole = settled(scenario, NEXT_YEAR)
    assert whole.invoiced_ore == whole.accrued_ore == 184 * DAY
    assert (whole.conceded_ore, whole.unbilled_ore) == (0, 0)


def test_what_is_set_off_is_not_billed_when_the_accrual_rises_again() -> None:
    scenario = Scenario().given(*REPORTED).given(FIRST, today=SUMMER)
    scenario.given(credit(1, 50 * DAY), today=SUMMER)
    scenario.given(vacate(date(2026, 4, 11)), fill(date(2026, 7, 1)), today=AUTUMN)
    (line,) = issued(scenario.when(SECOND, today=WINTER)).lines
    (restated,) = line.restatements
    assert restated.amount_ore == -31 * DAY, "131 000 were billed, 100 000 accrued"
    assert settled(scenario, NEXT_YEAR).conceded_ore == 0
    scenario.given(fill(date(2026, 4, 11)), today=NEXT_YEAR)
    assert settled(scenario, NEXT_YEAR).unbilled_ore == 31 * DAY
    correction = issued(scenario.when(CORRECTION, today=NEXT_YEAR))
    assert correction.net_ore == 31 * DAY
    whole = settled(scenario, NEXT_YEAR)
    assert (whole.conceded_ore, whole.unbilled_ore) == (50 * DAY, 0)


def restated_upwards() -> Scenario:
    """Return a scenario in which the second document bills all of the first period."""
    scenario = Scenario().given(*AGREED, report(), approve(), fill(H2.start))
    both = version(2, posts=(post(), post("doctor")))
    scenario.given(both, accept(2), fill(name="doctor"))
    scenario.given(FIRST, today=SUMMER).given(fill(H1.start), today=AUTUMN)
    return scenario.given(SECOND, today=WINTER)


def test_a_post_without_a_line_is_credited_of_the_period_that_it_is_billed_for() -> (
    None
):
    scenario = restated_upwards()
    first, second = documents(scenario)
    assert [line.post for line in first.lines] == ["doctor"]
    nurse = next(line for line in second.lines if line.post == "nurse")
    assert nurse.restatements[0].amount_ore == 181 * DAY
    scenario.when(credit(2, 184 * DAY + 1), today=WINTER)
    scenario.refused(Code.CREDIT_EXCEEDS_LINE)
    scenario.when(credit(1, 1, "cook"), today=WINTER).refused(Code.UNKNOWN_POST)
    note = issued(scenario.when(credit(1, 181 * DAY), today=WINTER))
    (line,) = note.lines
    assert (line.post, line.amount_ore) == ("nurse", -181 * DAY)
    assert (line.content, line.restatements) == ("Teaching", ())
    assert billed(scenario)["nurse", H1] == 0
    scenario.when(credit(2), today=WINTER)
    scenario.refused(Code.CREDIT_EXCEEDS_LINE)
    assert isinstance(scenario.outcome, Refusal)
    assert scenario.outcome.values == {"post": "nurse", "left_ore": 0}
    back = issued(scenario.when(credit(1), today=WINTER))
    assert [(each.post, each.amount_ore) for each in back.lines] == [
        ("doctor", -181 * DAY),
        ("nurse", 181 * DAY),
    ]
    scenario.given(credit(2), today=WINTER)
    assert not +billed(scenario)
    assert not -billed(scenario)


def test_a_credit_of_a_correction_says_which_periods_it_is_off() -> None:
    scenario = Scenario().given(*AGREED, report(), approve())
    scenario.given(fill(), vacate(date(2026, 6, 21)), fill(H2.start))
    scenario.given(vacate(date(2026, 12, 22)))
    scenario.given(FIRST, SECOND, today=WINTER)
    scenario.given(fill(date(2026, 6, 21)), fill(date(2026, 12, 22)), today=NEXT_YEAR)
    correction = issued(scenario.when(CORRECTION, today=NEXT_YEAR))
    assert correction.net_ore == 20 * DAY
    too_much = credit(1, 20 * DAY + 1, year=2027)
    scenario.when(too_much, today=NEXT_YEAR).refused(Code.CREDIT_EXCEEDS_LINE)
    note = issued(scenario.when(credit(1, 15 * DAY, year=2027), today=NEXT_YEAR))
    (line,) = note.lines
    assert line.restatements == (
        _off(H1, -10 * DAY),
        _off(H2, -5 * DAY),
    )
    whole = settled(scenario, NEXT_YEAR)
    assert (whole.conceded_ore, whole.unbilled_ore) == (15 * DAY, 0)
    scenario.when(CORRECTION, today=NEXT_YEAR).refused(Code.NOTHING_TO_INVOICE)
    back = issued(scenario.when(credit(1, year=2027), today=NEXT_YEAR))
    assert back.lines[0].restatements == (_off(H2, -5 * DAY),)
    assert back.net_ore == -5 * DAY
    again = issued(scenario.when(CORRECTION, today=NEXT_YEAR))
    assert again.lines == correction.lines


def _off(period: Period, ore: int) -> InvoicedRestatement:
    return InvoicedRestatement(
        period_start=period.start,
        period_end=period.end,
        amount_ore=ore,
        cause=BillingCause.CREDIT,
    )


def test_a_line_that_is_given_up_matches_and_says_how_much() -> None:
    scenario = Scenario().given(*REPORTED).given(FIRST, today=SUMMER)
    scenario.given(credit(1, 50 * DAY), today=SUMMER)
    (books,) = read_books(pair_of(BERGEN, OSLO), SUMMER, scenario)
    (line,) = reconcile(books, SUMMER, scenario)
    assert (line.billed_ore, line.accrued_ore) == (131 * DAY, 181 * DAY)
    assert (line.conceded_ore, line.state) == (50 * DAY, LineState.MATCHED)
    scenario.given(vacate(date(2026, 4, 11)), today=AUTUMN)
    (books,) = read_books(pair_of(BERGEN, OSLO), AUTUMN, scenario)
    (line,) = reconcile(books, SUMMER, scenario)
    assert (line.billed_ore, line.accrued_ore) == (131 * DAY, 100 * DAY)
    assert (line.conceded_ore, line.state) == (0, LineState.AMOUNT_DIFFERS)


def some_command(random: Random, scenario: Scenario, versions: int) -> Command:
    """Draw what a payee may do to an agreement, sensible or not."""
    day = date(2026, random.randrange(1, 13), random.randrange(1, 28))
    numbers: dict[int, int] = defaultdict(int)
    for document in documents(scenario):
        numbers[document.issued_on.year] += 1
    year = random.choice(sorted(numbers) or [2026])
    number = random.randrange(1, numbers[year] + 2)
    left = max((abs(each) for each in billed(scenario).values()), default=0)
    posts = tuple(
        post(name, annual_cost_ore=random.choice([365_000_00, 365_00, 777_777_77]))
        for name in random.choice([["nurse"], ["doctor"], ["nurse", "doctor"]])
    )
    pay = random.choice(list(Vacancy))
    return random.choice(
        [
            FIRST,
            SECOND,
            SECOND,
            CORRECTION,
            CORRECTION,
            fill(day, random.choice(["nurse", "doctor"])),
            vacate(day, random.choice(["nurse", "doctor"])),
            version(versions + 1, posts=posts, vacancy=pay),
            credit(number, year=year),
            *(
                credit(number, random.randrange(1, left * 2 + 2), name, year)
                for name in ("nurse", "doctor")
            ),
        ]
    )


@pytest.mark.law(7)
@given(seed=st.integers(0, 10**9))
def test_whatever_happens_nothing_is_billed_below_zero_or_twice(seed: int) -> None:
    random = Random(seed)
    scenario = Scenario().given(*AGREED, fill(), report(), approve())
    versions = 1
    for _ in range(random.randrange(4, 30)):
        command = some_command(random, scenario, versions)
        scenario.when(command, today=NEXT_YEAR)
        proposed = isinstance(command, ProposeVersion)
        if proposed and not isinstance(scenario.outcome, Refusal):
            versions += 1
            scenario.when(accept(versions), today=NEXT_YEAR)
        assert not -billed(scenario), command
    for command in (FIRST, SECOND, CORRECTION):
        scenario.when(command, today=NEXT_YEAR)
    costs = costs_of(scenario)
    for (name, period), ore in billed(scenario).items():
        assert ore <= costs[name].amount_ore(period), "no more than accrued is billed"
    whole = settled(scenario, NEXT_YEAR)
    for each in whole.posts:
        assert each.unbilled_ore == 0
        assert 0 <= each.conceded_ore <= each.accrued_ore
    (books,) = read_books(pair_of(BERGEN, OSLO), NEXT_YEAR, scenario)
    lines = reconcile(books, H2.end, scenario)
    assert {line.state for line in lines} <= {LineState.MATCHED}
    assert sum(line.conceded_ore for line in lines) == whole.conceded_ore
    assert sum(line.billed_ore for line in lines) == whole.invoiced_ore
