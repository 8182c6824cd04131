"""An earlier calendar year is corrected by a document of its own; causes are told."""

from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalogue import decode
from domain.fact import Command
from domain.invoicing.billing import BillingCause
from domain.invoicing.credit import CreditInvoice
from domain.invoicing.invoice import BILLING, YearCorrected
from domain.invoicing.sales_document import CountedStaffing, DocumentKind, InvoiceIssued
from domain.invoicing.year_correction import CorrectYear
from domain.posts.staffing import PostFilled, PostVacated
from domain.refusal import Code
from domain.values import Frequency, Vacancy, VatTreatment
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
    vacate,
    version,
)
from tests.support.scenario import Scenario

NEXT_YEAR = date(2027, 2, 1)
FIRST = invoice()
SECOND = invoice(date(2026, 7, 1), date(2026, 12, 31))
CORRECTION = CorrectYear(agreement="ms-ous", year=2026)


def invoiced() -> Scenario:
    """Return a scenario in which all of 2026 is invoiced."""
    return Scenario().given(*REPORTED).given(FIRST, SECOND, today=date(2027, 1, 10))


def issued(scenario: Scenario) -> InvoiceIssued:
    """Return the document that the last command issued."""
    document = scenario.recorded(InvoiceIssued)
    assert isinstance(document, InvoiceIssued)
    return document


@pytest.mark.rule("S1-41")
def test_the_changes_of_an_earlier_year_are_billed_alone() -> None:
    scenario = invoiced().given(vacate(date(2026, 12, 22)), today=NEXT_YEAR)
    document = issued(scenario.when(CORRECTION, today=NEXT_YEAR))
    assert document.kind is DocumentKind.CREDIT_NOTE
    assert document.period == (date(2026, 1, 1), date(2026, 12, 31))
    assert (document.report, document.submission) == ("ms-ous-2026", 1)
    assert [(each.year, each.number) for each in document.corrects] == [(2027, 2)]
    (line,) = document.lines
    (restated,) = line.restatements
    assert line.amount_ore == restated.amount_ore == -10 * 1000_00
    assert restated.cause is BillingCause.STAFFING
    told = scenario.recorded(YearCorrected)
    assert isinstance(told, YearCorrected)
    assert (told.corrected_year, told.year, told.number) == (2026, 2027, 3)
    scenario.when(CORRECTION, today=NEXT_YEAR).refused(Code.NOTHING_TO_INVOICE)


def test_a_correction_neither_stands_for_a_period_nor_frees_one() -> None:
    scenario = invoiced().given(vacate(date(2026, 12, 22)), today=NEXT_YEAR)
    scenario.given(CORRECTION, today=NEXT_YEAR)
    assert len(scenario.state(BILLING, "ms-ous").documents) == 2
    scenario.when(SECOND, today=NEXT_YEAR).refused(Code.ALREADY_INVOICED)


def test_a_late_invoice_of_the_year_counts_its_correction() -> None:
    scenario = Scenario().given(*REPORTED).given(FIRST, today=date(2026, 7, 10))
    scenario.given(vacate(date(2026, 6, 21)), fill(date(2026, 7, 1)), today=NEXT_YEAR)
    scenario.given(CORRECTION, SECOND, today=NEXT_YEAR)
    assert issued(scenario).lines[0].restatements == ()


def test_a_correction_that_is_taken_back_is_due_again() -> None:
    scenario = invoiced().given(vacate(date(2026, 12, 22)), today=NEXT_YEAR)
    first = issued(scenario.when(CORRECTION, today=NEXT_YEAR))
    back = CreditInvoice(seller=OSLO, year=2027, number=3, reason="too early")
    scenario.given(back, today=NEXT_YEAR)
    assert issued(scenario.when(CORRECTION, today=NEXT_YEAR)).lines == first.lines


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (CorrectYear(agreement="ms-ous", year=2027), Code.PERIOD_NOT_ENDED),
        (CorrectYear(agreement="ms-ous", year=2028), Code.PERIOD_NOT_ENDED),
        (CorrectYear(agreement="ms-ous", year=2025), Code.NOT_ACCEPTED),
        (CorrectYear(agreement="other", year=2026), Code.UNKNOWN_AGREEMENT),
        (CORRECTION, Code.NOTHING_TO_INVOICE),
    ],
)
def test_a_correction_is_of_what_changed_in_an_earlier_year(
    command: CorrectYear, code: Code
) -> None:
    invoiced().when(command, today=NEXT_YEAR).refused(code)


def test_only_the_payee_corrects_what_is_assessed() -> None:
    scenario = invoiced()
    scenario.when(CORRECTION, today=NEXT_YEAR, organisation=BERGEN)
    scenario.refused(Code.NOT_ENTITLED)
    unknown = version(2, vat_treatment=VatTreatment.NOT_ASSESSED)
    scenario.given(unknown, accept(2))
    scenario.when(CORRECTION, today=NEXT_YEAR).refused(Code.VAT_NOT_ASSESSED)


def test_a_document_says_on_which_facts_it_rests() -> None:
    counted = issued(Scenario().given(*REPORTED).when(FIRST, today=NEXT_YEAR)).counted
    assert counted is not None
    assert counted.versions == (1,)
    assert counted.staffing == (CountedStaffing(post="nurse", facts=1),)


DEARER = version(2, posts=(post(annual_cost_ore=730_000_00),))
SHORTER = version(2, posts=(post(ends_on=date(2026, 5, 31)),))


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ((vacate(date(2026, 6, 1)),), BillingCause.STAFFING),
        ((DEARER, accept(2)), BillingCause.AGREEMENT),
        ((DEARER, accept(2), vacate(date(2026, 6, 1))), BillingCause.BOTH),
        ((SHORTER, accept(2), vacate(date(2026, 6, 1))), BillingCause.AGREEMENT),
        ((version(2), accept(2), vacate(date(2026, 6, 1))), BillingCause.STAFFING),
        ((version(2, posts=(post("other"),)), accept(2)), BillingCause.AGREEMENT),
    ],
)
def test_a_restatement_says_its_cause(
    changes: tuple[Command, ...], cause: BillingCause
) -> None:
    scenario = Scenario().given(*REPORTED).given(FIRST, today=date(2026, 7, 10))
    scenario.given(*changes, today=date(2026, 8, 1))
    document = issued(scenario.when(SECOND, today=date(2026, 12, 31)))
    causes = {each.cause for line in document.lines for each in line.restatements}
    assert causes == {cause}


def test_the_cause_is_that_since_the_last_restatement() -> None:
    scenario = Scenario().given(
        *ORGANISATIONS, network(), version(frequency=Frequency.QUARTERLY), accept()
    )
    scenario.given(fill(), report(), approve())
    quarters = [
        invoice(date(2026, 1, 1), date(2026, 3, 31)),
        invoice(date(2026, 4, 1), date(2026, 6, 30)),
        invoice(date(2026, 7, 1), date(2026, 9, 30)),
    ]
    today = date(2026, 12, 1)
    scenario.given(
        quarters[0], vacate(date(2026, 3, 1)), fill(date(2026, 4, 1)), today=today
    )
    scenario.given(quarters[1], today=today)
    dearer = version(
        2, frequency=Frequency.QUARTERLY, posts=(post(annual_cost_ore=730_000_00),)
    )
    scenario.given(dearer, accept(2), today=today)
    document = issued(scenario.when(quarters[2], today=today))
    causes = {each.cause for line in document.lines for each in line.restatements}
    assert causes == {BillingCause.AGREEMENT}


def test_a_post_that_came_later_is_the_agreements() -> None:
    scenario = Scenario().given(*REPORTED).given(FIRST, today=date(2026, 7, 10))
    two = version(2, posts=(post(), post("doctor")), vacancy=Vacancy.PAY)
    scenario.given(two, accept(2), today=date(2026, 8, 1))
    document = issued(scenario.when(SECOND, today=date(2026, 12, 31)))
    late = {line.post: line for line in document.lines}["doctor"]
    assert [each.cause for each in late.restatements] == [BillingCause.AGREEMENT]


def test_older_documents_do_not_say_what_they_counted() -> None:
    stored = (
        b'{"agreement":"a","buyer":{"name":"b"},"buyer_reference":"r",'
        b'"issued_on":"2026-07-10","kind":"invoice","lines":[{"amount_ore":1,'
        b'"post":"p","restatements":[{"amount_ore":1,"period_end":"2026-01-31",'
        b'"period_start":"2026-01-01"}]}],"net_ore":1,"network":"n",'
        b'"payee":"993467049","payer":"983974724","period_end":"2026-02-28",'
        b'"period_start":"2026-02-01","report":"r","seller":{"name":"s"},'
        b'"submission":1,"vat_ore":0,"vat_treatment":"exempt","version":1}'
    )
    fact = decode("invoice.issued.v2", stored)
    assert isinstance(fact, InvoiceIssued)
    assert (fact.counted, fact.credited, fact.reason) == (None, None, "")
    assert fact.lines[0].restatements[0].cause is BillingCause.UNKNOWN


def billed_ore(scenario: Scenario) -> int:
    """Return what all documents together bill."""
    facts = (fact for _, fact in scenario.recorded_so_far)
    return sum(fact.net_ore for fact in facts if isinstance(fact, InvoiceIssued))


def accrued_ore(scenario: Scenario) -> int:
    """Return what the same staffing is billed when all is known before."""
    fresh = Scenario().given(*AGREED, report(), approve())
    for _, fact in scenario.recorded_so_far:
        if isinstance(fact, PostFilled):
            fresh.given(fill(fact.effective_on))
        elif isinstance(fact, PostVacated):
            fresh.given(vacate(fact.effective_on))
    for command in (FIRST, SECOND):
        fresh.when(command, today=NEXT_YEAR)
    return billed_ore(fresh)


@given(seed=st.integers(0, 10**6))
def test_after_its_correction_a_year_is_billed_what_accrued(seed: int) -> None:
    random = Random(seed)
    scenario = Scenario().given(*AGREED, report(), approve())
    days = (date(2026, 7, 10), date(2027, 1, 10), NEXT_YEAR)
    for today, command in zip(days, (FIRST, SECOND, CORRECTION), strict=True):
        for _ in range(random.randrange(4)):
            change = random.choice([fill, vacate])
            day = date(2026, random.randrange(1, 13), random.randrange(1, 28))
            scenario.given(change(day), today=today)
        scenario.when(command, today=today)
        if random.random() < 0.4:
            number = random.randrange(1, 4)
            back = CreditInvoice(
                seller=OSLO, year=today.year, number=number, reason="again"
            )
            scenario.when(back, today=today)
    for command in (FIRST, SECOND, CORRECTION):
        scenario.when(command, today=NEXT_YEAR)
    assert billed_ore(scenario) == accrued_ore(scenario)
