"""What documents bill, and the settlement of it, from the facts of a scenario alone."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from domain.agreements.accrual import (
    PostCost,
    StaffingChange,
    post_costs,
)
from domain.agreements.known import KnownAgreement, known_agreement
from domain.closing.settlement import (
    AgreementRecord,
    AgreementSettlement,
    Credited,
    Parties,
    SettledDocument,
    SettledLine,
    settle,
)
from domain.invoicing.sales_document import InvoicedLine, InvoiceIssued
from domain.posts.staffing import staffing_of
from domain.values import Period
from tests.support.examples import BERGEN, HOME, OSLO
from tests.support.scenario import Scenario


def documents(scenario: Scenario) -> list[InvoiceIssued]:
    """Return all documents, in the order of issue."""
    facts = (fact for _, fact in scenario.recorded_so_far)
    return [fact for fact in facts if isinstance(fact, InvoiceIssued)]


def billed(scenario: Scenario) -> Counter[tuple[str, Period]]:
    """Add up what every document says of each post and period, notes included.

    What is taken back and its credits are nothing together, so they need no rule.
    """
    numbers: Counter[int] = Counter()
    corrects: dict[tuple[int, int], bool] = {}
    found: Counter[tuple[str, Period]] = Counter()
    for document in documents(scenario):
        year = document.issued_on.year
        numbers[year] += 1
        of = document.credited
        stands_for_none = corrects[of.year, of.number] if of else document.corrects_year
        corrects[year, numbers[year]] = stands_for_none
        for line in document.lines:
            own = line.amount_ore
            for each in line.restatements:
                restated = Period(each.period_start, each.period_end)
                found[line.post, restated] += each.amount_ore
                own -= each.amount_ore
            assert not (own and stands_for_none), "each øre belongs to a period"
            found[line.post, document.period] += own
    return found


def agreed(scenario: Scenario) -> KnownAgreement:
    """Return Oslo's agreement."""
    found = known_agreement("ms-ous", scenario)
    assert found is not None
    return found


def staffed(scenario: Scenario) -> dict[str, Sequence[StaffingChange]]:
    """Return the staffing of each post of Oslo's agreement."""
    of = agreed(scenario)
    posts = {each for terms in of.costs for each in terms.posts}
    found = staffing_of(of.agreement, posts, scenario)
    return {post: said.changes for post, said in found.items()}


def costs_of(scenario: Scenario) -> dict[str, PostCost]:
    """Return what each post of Oslo's agreement accrues, as known now."""
    return post_costs(agreed(scenario).costs, staffed(scenario))


def settled(scenario: Scenario, as_of: date) -> AgreementSettlement:
    """Settle 2026 from the facts themselves."""
    numbers: Counter[int] = Counter()
    found = []
    for fact in documents(scenario):
        numbers[fact.issued_on.year] += 1
        found.append(_document(fact, numbers[fact.issued_on.year]))
    record = AgreementRecord(
        "ms-ous",
        Parties(BERGEN, OSLO, "ms"),
        tuple(agreed(scenario).costs),
        staffed(scenario),
        tuple(found),
    )
    (agreement,) = settle([record], HOME, 2026, as_of).agreements
    return agreement


def _document(fact: InvoiceIssued, number: int) -> SettledDocument:
    return SettledDocument(
        fact.payee,
        fact.issued_on.year,
        number,
        fact.kind,
        fact.agreement,
        fact.period,
        fact.issued_on,
        fact.net_ore,
        fact.vat_ore,
        tuple(map(_line, fact.lines)),
        credited=Credited(**dict(fact.credited)) if fact.credited else None,
    )


def _line(line: InvoicedLine) -> SettledLine:
    restated = tuple(
        (Period(each.period_start, each.period_end), each.amount_ore)
        for each in line.restatements
    )
    return SettledLine(
        line.post, line.amount_ore, sum(ore for _, ore in restated), restated
    )
