"""Two regions give one name before they have heard of each other: nothing changes hands."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.agreements.agreement import VersionProposed
from domain.agreements.answer import VersionAccepted, VersionCountered
from domain.agreements.known import KnownAgreement, known_agreement
from domain.closing.books import read_books
from domain.closing.reconciliation import LineState, reconcile
from domain.fact import Command
from domain.history import RecordedFact
from domain.invoicing.credit import CreditedLine, CreditInvoice
from domain.invoicing.dispute import ResolveDispute
from domain.invoicing.invoice_decision import (
    DecideInvoice,
    InvoiceDisputed,
    RegisterInvoice,
    Resolution,
    Verdict,
)
from domain.invoicing.sales_document import InvoiceIssued
from domain.parties.pair import pair_of
from domain.payments.payment import PaymentRegistered, RegisterPayment
from domain.posts.staffing import PostFilled, staffing_of
from domain.refusal import Code, Refusal
from domain.values import NetworkKind, Region
from tests.support.crossing import PARTIES, SUMMER, THEIRS, base, crossed, heard
from tests.support.examples import (
    BERGEN,
    HOME,
    ORGANISATIONS,
    OSLO,
    TROMSO,
    TRONDHEIM,
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
from tests.support.negotiation import AGREEMENT_NAME, adopt, counter, endorse, withdraw
from tests.support.scenario import Scenario

HALF_YEAR_ORE: Final = 181_000_00
FINGERPRINTS: Final = ("fingerprint", "terms_fingerprint")


def alone(*commands: Command, today: date = date(2025, 12, 1)) -> list[RecordedFact]:
    """Return what is recorded by those who have not heard of anything else."""
    before = heard()
    return before.given(*commands, today=today).held[len(base()) :]


def agreed(scenario: Scenario, name: str = AGREEMENT_NAME) -> KnownAgreement:
    """Return the agreement that has a name."""
    found = known_agreement(name, scenario)
    assert found is not None
    return found


OURS: Sequence[Command] = (version(), accept())
LOST: Sequence[Command] = (THEIRS, accept())


@pytest.mark.rule("S1-09")
@pytest.mark.parametrize("answered_first", [False, True])
def test_the_name_stays_with_who_took_it_first_whoever_is_answered_first(
    *, answered_first: bool
) -> None:
    (ours, *signed), lost = alone(*OURS), alone(*LOST)
    rest = [*lost, *signed] if answered_first else [*signed, *lost]
    found = agreed(heard(ours, *rest))
    (terms,) = found.accepted
    assert (terms.payer, terms.payee) == (BERGEN, OSLO)
    (displaced,) = found.agreement.displaced
    assert displaced.terms.payer == TROMSO
    (terms,) = agreed(heard(*lost, ours, *signed)).accepted
    assert terms.payer == TROMSO


def test_an_acceptance_that_comes_without_its_terms_is_of_none() -> None:
    (ours, *_), (_, *signed) = alone(version()), alone(*LOST)
    assert agreed(heard(ours, *signed)).accepted == []


@pytest.mark.rule("S1-09")
def test_who_has_lost_the_name_is_told_and_takes_another() -> None:
    scenario = heard(*alone(*OURS), *alone(THEIRS))
    fingerprint = agreed(scenario).agreement.displaced[0].fingerprint
    said: Sequence[Command] = (
        THEIRS,
        version(2, **PARTIES),
        accept(fingerprint=fingerprint),
        counter(3, **PARTIES).model_copy(update={"fingerprint": fingerprint}),
        withdraw(fingerprint=fingerprint),
        endorse(fingerprint=fingerprint),
        adopt(fingerprint=fingerprint),
    )
    for command in said:
        for trust in (TROMSO, OSLO):
            scenario.when(command, organisation=trust, region=HOME[trust])
            assert isinstance(scenario.outcome, Refusal)
            proposes = command in (THEIRS, said[1])
            if proposes and trust == OSLO:
                scenario.refused(Code.NOT_ENTITLED)
            else:
                scenario.refused(Code.PARTIES_FIXED)
    scenario.given(version(agreement="als-ous", **PARTIES, posts=(post("other"),)))


def test_a_counter_proposal_to_who_has_lost_the_name_takes_no_number() -> None:
    posts = (post(annual_cost_ore=1),)
    lost = alone(THEIRS, counter(2, **PARTIES, posts=posts))
    scenario = heard(*alone(version()), *lost)
    scenario.when(withdraw(2)).refused(Code.UNKNOWN_AGREEMENT)
    scenario.when(counter(2)).recorded(VersionCountered)


def test_a_termination_is_of_the_agreement_that_its_party_had_heard_of() -> None:
    lost = alone(*LOST, terminate(date(2026, 1, 31)))
    scenario = heard(*alone(*OURS), *lost)
    assert agreed(scenario).terminations.last_day is None
    scenario.given(terminate(date(2026, 6, 30)))
    assert agreed(scenario).terminations.last_day == date(2026, 6, 30)


def test_staffing_is_of_the_post_that_its_host_had_heard_of() -> None:
    lost = alone(*LOST, fill())
    ours = alone(*OURS, fill(date(2026, 6, 1)), report(), approve())
    scenario = heard(*ours, *lost)
    billed = scenario.when(invoice(), today=SUMMER).recorded(InvoiceIssued)
    assert isinstance(billed, InvoiceIssued)
    assert billed.net_ore == 30_000_00
    (books,) = read_books(pair_of(BERGEN, OSLO), SUMMER, scenario)
    assert books.costs["nurse"].year_ore(2026) == (30 + 184) * 1_000_00
    assert all(each.entry in ours for each in books.changes)


@pytest.mark.rule("S1-34")
def test_what_has_lost_its_name_counts_in_no_frame() -> None:
    dear = version(**PARTIES, posts=(post(annual_cost_ore=9_000_000_00),))
    scenario = heard(*alone(version(posts=())), *alone(dear))
    more = post(annual_cost_ore=1_000_000_00)
    scenario.when(version(2, posts=(more,))).recorded(VersionProposed)


@pytest.mark.rule("S1-34")
def test_who_has_lost_a_name_has_its_frame_free_again() -> None:
    dear = version(**PARTIES, posts=(post(annual_cost_ore=9_000_000_00),))
    scenario = heard(*alone(dear), *alone(version()))
    more = post("other", annual_cost_ore=1_000_000_00)
    found = scenario.when(version(agreement="ms-other", posts=(more,)))
    found.recorded(VersionProposed)


# What was billed


def billed_by_both() -> Scenario:
    """Return a history in which both agreements of one name were billed by their host."""
    reports = (report(report="als", network="als"), approve("als"))
    lost = alone(*LOST, fill(), *reports)
    there = heard(*lost)
    before = len(there.held)
    there.given(invoice(), today=SUMMER)
    ours = alone(*OURS, fill(), report(), approve())
    return heard(*ours, *lost, *there.held[before:])


def test_a_document_of_who_has_lost_the_name_stays_between_its_two() -> None:
    scenario = billed_by_both()
    (books,) = read_books(pair_of(BERGEN, OSLO), SUMMER, scenario)
    assert books.documents == ()
    issued = scenario.when(invoice(), today=SUMMER).recorded(InvoiceIssued)
    assert isinstance(issued, InvoiceIssued)
    assert (issued.payer, issued.net_ore) == (BERGEN, HALF_YEAR_ORE)
    (books,) = read_books(pair_of(TROMSO, OSLO), SUMMER, scenario)
    (document,) = books.documents
    assert (document.document.payer, document.gross_ore) == (TROMSO, 2 * HALF_YEAR_ORE)
    (line,) = reconcile(books, SUMMER, scenario)
    assert (line.accrued_ore, line.state) == (0, LineState.AMOUNT_DIFFERS)


@pytest.mark.parametrize(
    ("trust", "gross_ore"), [(BERGEN, HALF_YEAR_ORE), (TROMSO, 2 * HALF_YEAR_ORE)]
)
def test_each_payer_pays_its_own_document(trust: str, gross_ore: int) -> None:
    scenario = billed_by_both().given(invoice(), today=SUMMER)
    of_period: dict[str, Any] = {
        "agreement": AGREEMENT_NAME,
        "period_start": date(2026, 1, 1),
    }
    registered = RegisterInvoice(**of_period)
    paid = RegisterPayment(**of_period, amount_ore=gross_ore, paid_on=SUMMER)
    for command in (registered, paid):
        scenario.when(command, organisation=trust, region=HOME[trust], today=SUMMER)
    fact = scenario.recorded(PaymentRegistered)
    assert isinstance(fact, PaymentRegistered)
    (books,) = read_books(pair_of(trust, OSLO), SUMMER, scenario)
    (document,) = books.documents
    assert document.gross_ore == document.paid_ore == gross_ore


def test_what_was_billed_in_vain_is_credited() -> None:
    scenario = billed_by_both()
    (books,) = read_books(pair_of(TROMSO, OSLO), SUMMER, scenario)
    document = books.documents[0].id._asdict()
    scenario.given(CreditInvoice(**document, reason="The name was taken"), today=SUMMER)
    (books,) = read_books(pair_of(TROMSO, OSLO), SUMMER, scenario)
    assert sum(each.gross_ore for each in books.documents) == 0
    assert reconcile(books, SUMMER, scenario) == []
    scenario.when(invoice(), today=SUMMER).recorded(InvoiceIssued)


def test_a_credit_is_of_what_its_own_agreement_was_billed() -> None:
    scenario = billed_by_both().given(invoice(), today=SUMMER)
    (books,) = read_books(pair_of(BERGEN, OSLO), SUMMER, scenario)
    line = CreditedLine(post="nurse", amount_ore=HALF_YEAR_ORE + 1)
    too_much = CreditInvoice(
        **books.documents[0].id._asdict(), lines=(line,), reason="Too much"
    )
    scenario.when(too_much, today=SUMMER).refused(Code.CREDIT_EXCEEDS_LINE)


def test_a_dispute_of_who_has_lost_the_name_is_not_ended_by_the_other_s_versions() -> (
    None
):
    scenario = billed_by_both()
    (books,) = read_books(pair_of(TROMSO, OSLO), SUMMER, scenario)
    document = books.documents[0].id._asdict()
    disputed = DecideInvoice(**document, verdict=Verdict.DISPUTED)
    fact = scenario.when(disputed, today=SUMMER).recorded(InvoiceDisputed)
    assert isinstance(fact, InvoiceDisputed)
    assert fact.versions == 0, "none of them is the other's"
    scenario.given(version(2), accept(2), today=SUMMER)
    ended = ResolveDispute(**document, outcome=Resolution.AMENDED)
    scenario.when(ended, today=SUMMER).refused(Code.NOT_AMENDED)


# The names of posts, reports and networks


def test_a_post_of_who_has_lost_the_name_is_free_again() -> None:
    scenario = heard(*alone(*OURS), *alone(version(**PARTIES, posts=(post("other"),))))
    again = version(agreement="als-ous", **PARTIES, posts=(post("other"),))
    scenario.when(fill(name="other")).refused(Code.UNKNOWN_POST)
    scenario.given(again).when(fill(name="other"))
    assert staffed(scenario) == "als-ous"


@pytest.mark.parametrize("host", [OSLO, TRONDHEIM])
def test_each_host_fills_its_own_post_of_a_name_that_two_have_taken(host: str) -> None:
    """And its coordinating trust goes on with it."""
    named: dict[str, Any] = {"agreement": "als-st", "payee": TRONDHEIM}
    other = alone(version(**PARTIES, **named), accept(agreement="als-st"))
    scenario = heard(*alone(*OURS), *other)
    name = AGREEMENT_NAME if host == OSLO else "als-st"
    for trust in (OSLO, TRONDHEIM):
        day = fill(date(2026, 5, 1))
        scenario.when(day, organisation=trust, region=HOME[trust])
    for change in (fill(), vacate(date(2026, 2, 1))):
        scenario.when(change, organisation=host, region=HOME[host])
        assert not isinstance(scenario.outcome, Refusal), scenario.outcome
        (fact,) = scenario.outcome
        assert getattr(fact, "agreement", None) == name
        scenario.when(change, organisation=host, region=HOME[host]).unchanged()
    staffing = staffing_of(agreed(scenario, name).agreement, ["nurse"], scenario)
    assert [each.agreement for each in staffing["nurse"].facts] == [name] * 3
    scenario.when(fill(), organisation=TROMSO, region=Region.NORD)
    scenario.refused(Code.NOT_ENTITLED)
    scenario.given(version(2), version(2, **PARTIES, **named))
    third = version(agreement="third", payee=TRONDHEIM)
    scenario.when(third).refused(Code.CONFLICTING_ROW, "posts")


def test_what_is_proposed_takes_no_post_from_what_both_have_signed() -> None:
    """Two coordinating trusts offer one host a post of one name."""
    other = alone(version(agreement="als-ous", **PARTIES))
    for entries in ((*other, *alone(*OURS)), (*alone(*OURS), *other)):
        scenario = heard(*entries)
        scenario.when(fill())
        assert staffed(scenario) == AGREEMENT_NAME
        scenario.when(fill(agreement="als-ous"))
        assert staffed(scenario) == "als-ous"
        scenario.when(fill(agreement="third")).refused(Code.UNKNOWN_POST, "post")
        scenario.given(accept(agreement="als-ous"))
        scenario.when(fill(), organisation=OSLO, region=HOME[OSLO])
        scenario.refused(Code.CONFLICTING_ROW, "agreement")
        for name in ("als-ous", AGREEMENT_NAME):
            scenario.given(vacate(date(2026, 2, 1), agreement=name))


def staffed(scenario: Scenario) -> str:
    """Return whose post was filled."""
    fact = scenario.recorded(PostFilled)
    assert isinstance(fact, PostFilled)
    return fact.agreement


@pytest.mark.rule("S1-41")
def test_a_report_is_approved_only_by_who_had_read_it() -> None:
    theirs = report(trust=TRONDHEIM)
    other = alone(theirs, approve())
    scenario = heard(*alone(*OURS, fill(), report()), *other)
    scenario.when(invoice(), today=SUMMER).refused(Code.REPORT_MISSING)
    scenario.when(theirs).refused(Code.CONFLICTING_ROW, "report")
    scenario.when(report()).unchanged()
    scenario.when(report(), organisation=TRONDHEIM).refused(Code.NOT_ENTITLED)
    scenario.given(approve(), invoice(), today=SUMMER)


@pytest.mark.rule("S1-41")
def test_a_report_is_decided_by_who_has_the_name_of_the_network() -> None:
    same = network(kind=NetworkKind.LOCAL, coordinating_trust=TROMSO)
    bare = Scenario().given(*ORGANISATIONS)
    ours, theirs = Scenario(), Scenario()
    ours.receive(*bare.held)
    ours.given(network(), version(), accept(), fill(), report())
    theirs.receive(*bare.held)
    theirs.given(same, version(agreement="x", payer=TROMSO), accept(agreement="x"))
    theirs.given(report(), approve())
    scenario = Scenario()
    start = len(bare.held)
    scenario.receive(*ours.held, *theirs.held[start:])
    assert known_agreement("x", scenario) is None, "its network is another's"
    scenario.when(version(agreement="x", payer=TROMSO)).refused(
        Code.PAYER_NOT_COORDINATOR
    )
    scenario.when(invoice(), today=SUMMER).refused(Code.REPORT_MISSING)
    scenario.when(approve(), organisation=TROMSO).refused(Code.NOT_ENTITLED)
    scenario.given(approve(), invoice(), today=SUMMER)


# Whatever happens


@given(seed=st.integers(0, 10**6))
def test_nobody_is_bound_who_has_not_signed(seed: int) -> None:
    """Each trust hears late; in the order of recording one agreement comes of it."""
    entries = crossed(seed)
    found = known_agreement(AGREEMENT_NAME, heard(*entries))
    if found is None:
        return
    first = found.agreement.terms
    assert first is not None
    for terms in found.accepted:
        signed = {
            (entry.stream.region, type(entry.fact))
            for entry in entries
            if terms.fingerprint
            in {getattr(entry.fact, each, None) for each in FINGERPRINTS}
        }
        assert (HOME[terms.payer], VersionProposed) in signed
        answers = {VersionAccepted, VersionCountered}
        assert any((HOME[OSLO], kind) in signed for kind in answers)
    notices = found.terminations.notices
    assert {each.terminated_by for each in notices} <= {first.payer, first.payee}
