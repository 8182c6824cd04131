"""Credit notes: a document taken back whole, or given up in part by line."""

from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.history import Append, Asked
from domain.invoicing.billing import BillingCause
from domain.invoicing.credit import CreditedLine, CreditInvoice
from domain.invoicing.invoice import BILLING, DocumentCredited, DocumentId
from domain.invoicing.invoice_decision import (
    INVOICE_DECISIONS,
    DecideInvoice,
    InvoiceDisputed,
    RegisterInvoice,
    Verdict,
)
from domain.invoicing.kid_assignment import KidAssigned
from domain.invoicing.sales_document import DocumentKind, InvoiceIssued
from domain.redeciding import decision_fault
from domain.refusal import Code, Refusal
from domain.values import Frequency, Region, VatTreatment
from tests.support.examples import (
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

SUMMER = date(2026, 7, 10)
AUTUMN = date(2026, 9, 1)
WINTER = date(2026, 12, 31)
FIRST = invoice()
SECOND = invoice(date(2026, 7, 1), date(2026, 12, 31))
NET = 181 * 1000_00


def invoiced() -> Scenario:
    """Return a scenario with one invoice."""
    return Scenario().given(*REPORTED).given(FIRST, today=SUMMER)


def credit(number: int = 1, *lines: tuple[str, int], year: int = 2026) -> CreditInvoice:
    """Credit a document of Oslo, or lines of it."""
    return CreditInvoice(
        seller=OSLO,
        year=year,
        number=number,
        reason="Not staffed as agreed",
        lines=tuple(CreditedLine(post=post, amount_ore=ore) for post, ore in lines),
    )


def issued(scenario: Scenario) -> InvoiceIssued:
    """Return the document that the last command issued."""
    document = scenario.recorded(InvoiceIssued)
    assert isinstance(document, InvoiceIssued)
    return document


def test_a_credit_note_says_what_it_credits_and_why() -> None:
    scenario = invoiced()
    invoiced_first = issued(scenario)
    scenario.when(credit(1, ("nurse", 100_00)), today=AUTUMN)
    note = issued(scenario)
    assert note.kind is DocumentKind.CREDIT_NOTE
    assert (note.issued_on, note.due_on) == (AUTUMN, None)
    assert note.period == invoiced_first.period
    assert [(line.post, line.amount_ore) for line in note.lines] == [("nurse", -100_00)]
    assert [(each.year, each.number) for each in note.corrects] == [(2026, 1)]
    assert note.reason == "Not staffed as agreed"
    told = scenario.recorded(DocumentCredited)
    assert isinstance(told, DocumentCredited)
    assert (told.number, told.credit_number, told.whole) == (1, 2, False)


def test_only_who_issued_a_document_credits_it() -> None:
    scenario = invoiced()
    scenario.when(credit(), today=AUTUMN, organisation=BERGEN)
    scenario.refused(Code.NOT_ENTITLED)
    scenario.when(credit(), today=AUTUMN, organisation=OSLO, region=Region.VEST)
    scenario.refused(Code.WRONG_REGION)
    scenario.when(credit(2), today=AUTUMN).refused(Code.UNKNOWN_INVOICE)


def test_what_is_taken_back_is_invoiced_anew_under_a_new_number() -> None:
    scenario = invoiced()
    first = issued(scenario)
    note = issued(scenario.when(credit(), today=AUTUMN))
    assert note.net_ore == -first.net_ore
    again = issued(scenario.when(FIRST, today=AUTUMN))
    assert (again.lines, again.net_ore) == (first.lines, first.net_ore)
    documents = scenario.state(BILLING, "ms-ous").documents
    assert [id_.number for _, id_ in documents] == [3], "no number is used again"
    scenario.when(FIRST, today=AUTUMN).refused(Code.ALREADY_INVOICED)


def test_nothing_is_credited_twice_and_a_credit_note_is_no_claim() -> None:
    scenario = invoiced().given(credit(), today=AUTUMN)
    for number in (1, 2):
        scenario.when(credit(number), today=AUTUMN).refused(Code.CREDIT_EXCEEDS_LINE)
    line = credit(2, ("nurse", 1))
    scenario.when(line, today=AUTUMN).refused(Code.CREDIT_EXCEEDS_LINE)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([("nurse", NET + 1)], Code.CREDIT_EXCEEDS_LINE),
        ([("nurse", NET), ("nurse", 1)], Code.CREDIT_EXCEEDS_LINE),
        ([("nurse", 0)], Code.CREDIT_EXCEEDS_LINE),
        ([("doctor", 1)], Code.UNKNOWN_POST),
    ],
)
def test_no_more_is_credited_than_is_left_of_a_line(
    lines: list[tuple[str, int]], code: Code
) -> None:
    scenario = invoiced().when(credit(1, *lines), today=AUTUMN).refused(code, "lines")
    assert isinstance(scenario.outcome, Refusal)


def test_what_is_given_up_is_not_billed_again() -> None:
    scenario = invoiced().given(credit(1, ("nurse", 500_00)), today=AUTUMN)
    (line,) = issued(scenario.when(SECOND, today=WINTER)).lines
    assert line.restatements == ()
    assert line.amount_ore == 184 * 1000_00


def test_what_a_document_restated_is_due_again_when_it_is_taken_back() -> None:
    scenario = invoiced().given(vacate(date(2026, 6, 21)), fill(date(2026, 7, 1)))
    first = issued(scenario.when(SECOND, today=WINTER))
    assert first.net_ore == 184 * 1000_00 - 10 * 1000_00
    scenario.given(credit(2), today=WINTER)
    note = issued(scenario)
    (reversed_,) = note.lines[0].restatements
    assert (reversed_.amount_ore, reversed_.cause) == (
        10 * 1000_00,
        BillingCause.CREDIT,
    )
    again = issued(scenario.when(SECOND, today=WINTER))
    assert again.lines == first.lines


def test_what_others_took_off_is_not_given_back_twice() -> None:
    scenario = invoiced().given(vacate(date(2026, 6, 21)), fill(date(2026, 7, 1)))
    scenario.given(SECOND, today=WINTER)
    scenario.when(credit(1), today=WINTER).refused(Code.CREDIT_EXCEEDS_LINE, "lines")
    assert isinstance(scenario.outcome, Refusal)
    assert scenario.outcome.values == {"post": "nurse", "left_ore": 171 * 1000_00}
    scenario.given(credit(2), credit(1), today=WINTER)
    assert total_ore(scenario) == 0
    (line,) = issued(scenario.when(FIRST, today=WINTER)).lines
    assert (line.amount_ore, line.restatements) == (171 * 1000_00, ())


def corrected_upwards() -> Scenario:
    """Return a scenario in which the second document bills ten days more of June."""
    scenario = Scenario().given(*REPORTED)
    scenario.given(vacate(date(2026, 6, 21)), fill(date(2026, 7, 1)))
    scenario.given(FIRST, today=SUMMER).given(fill(date(2026, 6, 21)), today=AUTUMN)
    scenario.given(SECOND, today=WINTER)
    assert issued(scenario).lines[0].restatements[0].amount_ore == 10 * 1000_00
    return scenario


def total_ore(scenario: Scenario) -> int:
    """Return what all documents together bill."""
    facts = (fact for _, fact in scenario.recorded_so_far)
    return sum(fact.net_ore for fact in facts if isinstance(fact, InvoiceIssued))


def test_what_was_restated_of_a_period_that_is_taken_back_is_set_off() -> None:
    scenario = corrected_upwards().given(credit(1), today=WINTER)
    (line,) = issued(scenario.when(FIRST, today=WINTER)).lines
    assert line.amount_ore == 171 * 1000_00, "ten days are billed by the second one"
    assert total_ore(scenario) == 365 * 1000_00


def test_what_was_restated_of_a_period_in_other_pieces_now_is_taken_back() -> None:
    scenario = corrected_upwards().given(credit(1), today=WINTER)
    quarterly = version(2, frequency=Frequency.QUARTERLY)
    scenario.given(quarterly, accept(2), today=WINTER)
    first = issued(
        scenario.when(invoice(date(2026, 1, 1), date(2026, 3, 31)), today=WINTER)
    )
    (restated,) = first.lines[0].restatements
    assert (restated.amount_ore, restated.cause) == (-10 * 1000_00, BillingCause.CREDIT)
    assert [each.number for each in first.corrects] == [2]
    scenario.given(invoice(date(2026, 4, 1), date(2026, 6, 30)), today=WINTER)
    assert total_ore(scenario) == 365 * 1000_00


def test_a_credit_note_is_taken_back_by_an_invoice() -> None:
    scenario = invoiced().given(vacate(date(2026, 1, 1)), today=SUMMER)
    note = issued(scenario.when(SECOND, today=WINTER))
    assert note.kind is DocumentKind.CREDIT_NOTE
    back = issued(scenario.when(credit(2), today=WINTER))
    assert back.kind is DocumentKind.INVOICE
    assert back.net_ore == -note.net_ore
    assert back.due_on == date(2027, 1, 30), "thirty days from its issue"


def test_a_dispute_says_how_often_the_document_was_credited() -> None:
    scenario = invoiced().given(credit(1, ("nurse", 1_00)), today=AUTUMN)
    dispute = DecideInvoice(seller=OSLO, year=2026, number=1, verdict=Verdict.DISPUTED)
    fact = scenario.when(dispute, today=AUTUMN).recorded(InvoiceDisputed)
    assert isinstance(fact, InvoiceDisputed)
    assert fact.credits == 1
    assert not [f for _, f in scenario.recorded_so_far if isinstance(f, KidAssigned)]


def dispute(number: int, **changes: Any) -> DecideInvoice:
    """Dispute a document of Oslo's."""
    said = {"seller": OSLO, "year": 2026, "number": number, **changes}
    return DecideInvoice(verdict=Verdict.DISPUTED, **said)


@pytest.mark.parametrize("lines", [(), (("nurse", 1_00),)])
@pytest.mark.parametrize("named", [{}, {"post": "nurse"}])
def test_what_credits_another_document_is_no_claim_and_not_disputed(
    lines: Any, named: dict[str, Any]
) -> None:
    """It counts in no sum: the line of the document that it credits is disputed."""
    scenario = invoiced().given(credit(1, *lines), today=AUTUMN)
    refused = scenario.when(dispute(2, **named), today=AUTUMN)
    refused.refused(Code.NOT_A_CLAIM, "verdict")
    assert isinstance(refused.outcome, Refusal)
    assert refused.outcome.values == {"invoice": "2026-1"}
    scenario.given(dispute(1, **named), today=AUTUMN)
    approval = dispute(2).model_copy(update={"verdict": Verdict.APPROVED})
    scenario.given(RegisterInvoice(seller=OSLO, year=2026, number=2), actor="per")
    scenario.given(approval, actor="kari")


def test_a_document_below_zero_that_was_computed_is_disputed() -> None:
    scenario = invoiced().given(vacate(date(2026, 1, 1)), today=SUMMER)
    note = issued(scenario.when(SECOND, today=WINTER))
    assert note.kind is DocumentKind.CREDIT_NOTE
    scenario.given(dispute(2), today=WINTER)


def test_a_dispute_on_a_credit_stays_as_an_earlier_release_took_it() -> None:
    scenario = invoiced().given(credit(1), today=AUTUMN)
    fact = InvoiceDisputed(
        seller=OSLO, year=2026, number=2, decided_by="kari", credits=0, versions=1
    )
    stream = INVOICE_DECISIONS.stream(Region.VEST, f"{OSLO}:2026:2")
    asked = Asked(Region.VEST, BERGEN, AUTUMN, "kari")
    recorded = [Append(stream, fact)]
    then = decision_fault(recorded, [asked], scenario, ["invoice.disputed.v2"])
    assert then is None
    assert decision_fault(recorded, [asked], scenario) == Code.NOT_A_CLAIM


def two_posts(treatment: VatTreatment, costs: tuple[int, int]) -> Scenario:
    """Return a scenario with an invoice of two lines."""
    posts = (
        post(annual_cost_ore=costs[0]),
        post("doctor", annual_cost_ore=costs[1]),
    )
    agreed = version(posts=posts, vat_treatment=treatment)
    scenario = Scenario().given(*ORGANISATIONS, network(), agreed, accept())
    scenario.given(fill(), fill(name="doctor"), report(), approve())
    return scenario.given(FIRST, today=SUMMER)


@given(
    treatment=st.sampled_from([VatTreatment.STANDARD, VatTreatment.EXEMPT]),
    costs=st.tuples(st.integers(100, 10**6), st.integers(100, 10**6)),
    seed=st.integers(0, 10**6),
)
def test_a_document_and_all_its_credits_are_nothing_to_the_ore(
    treatment: VatTreatment, costs: tuple[int, int], seed: int
) -> None:
    random = Random(seed)
    scenario = two_posts(treatment, costs)
    documents = [issued(scenario)]
    left = {line.post: line.amount_ore for line in documents[0].lines}
    for _ in range(random.randrange(6)):
        name = random.choice(sorted(left))
        amount = random.randrange(1, left[name] * 2 + 2)
        scenario.when(credit(1, (name, amount)), today=AUTUMN)
        if amount > left[name]:
            scenario.refused(Code.CREDIT_EXCEEDS_LINE)
            continue
        documents.append(issued(scenario))
        left[name] -= amount
        billed = [sum(each.vat_ore for each in documents), sum(left.values())]
        assert billed[0] == (
            (billed[1] + 2) // 4 if treatment is VatTreatment.STANDARD else 0
        )
    scenario.when(credit(), today=AUTUMN)
    if any(left.values()):
        documents.append(issued(scenario))
        again = issued(scenario.when(FIRST, today=AUTUMN))
        assert again.lines == documents[0].lines
        assert again.vat_ore == documents[0].vat_ore
    else:
        scenario.refused(Code.CREDIT_EXCEEDS_LINE)
    assert sum(each.net_ore for each in documents) == 0
    assert sum(each.vat_ore for each in documents) == 0
    credits_ = scenario.state(BILLING, "ms-ous").credits
    notes = credits_.get(DocumentId(OSLO, 2026, 1), ())
    assert [each.number for each in notes] == list(range(2, len(documents) + 1))
