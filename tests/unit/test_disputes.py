"""Disputes: a thread that both see, and an end for a reason that is there."""

from datetime import date
from typing import Any

import pytest

from domain.invoicing.credit import CreditedLine, CreditInvoice
from domain.invoicing.dispute import (
    DISPUTE,
    CommentDispute,
    DisputeCommented,
    ResolveDispute,
)
from domain.invoicing.invoice_decision import (
    INVOICE_DECISIONS,
    DecideInvoice,
    DisputeResolved,
    InvoiceApproved,
    RegisterInvoice,
    Resolution,
    Verdict,
)
from domain.refusal import Code
from tests.support.examples import (
    BERGEN,
    ORGANISATIONS,
    OSLO,
    TROMSO,
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

SUMMER = date(2026, 7, 10)
DOCUMENT: dict[str, Any] = {"seller": OSLO, "year": 2026, "number": 1}
KEY = f"{OSLO}:2026:1"
POSTS = (post(), post("doctor"))


def invoiced() -> Scenario:
    """Return a scenario with one invoice of two lines."""
    agreed = (*ORGANISATIONS, network(), version(posts=POSTS), accept())
    scenario = Scenario().given(*agreed, fill(), fill(name="doctor"))
    return scenario.given(report(), approve()).given(invoice(), today=SUMMER)


def dispute(name: str | None = "nurse") -> DecideInvoice:
    """Dispute a line, or all."""
    return DecideInvoice(
        **DOCUMENT, verdict=Verdict.DISPUTED, post=name, reason="vacant"
    )


def comment(name: str | None = "nurse", text: str = "It was filled") -> CommentDispute:
    """Say something about a line."""
    return CommentDispute(**DOCUMENT, post=name, text=text)


def resolve(outcome: Resolution, name: str | None = "nurse") -> ResolveDispute:
    """End the dispute on a line."""
    return ResolveDispute(**DOCUMENT, post=name, outcome=outcome, text="so be it")


def open_lines(scenario: Scenario) -> set[str]:
    """Return the posts whose lines are in dispute."""
    state = scenario.state(INVOICE_DECISIONS, KEY)
    return set(state.disputes(["nurse", "doctor"]))


def test_both_parties_comment_each_in_its_own_region() -> None:
    scenario = invoiced().given(dispute(), today=SUMMER)
    scenario.when(comment(), organisation=BERGEN, actor="kari")
    fact = scenario.recorded(DisputeCommented)
    assert isinstance(fact, DisputeCommented)
    assert (fact.organisation, fact.written_by) == (BERGEN, "kari")
    scenario.when(comment(text="Not in June"), actor="ola")
    (append,) = scenario.appended
    assert append.stream.region.value == "sorost"
    texts = [each.text for each in scenario.state(DISPUTE, KEY).comments]
    assert texts == ["It was filled", "Not in June"]
    scenario.when(comment(), organisation=TROMSO).refused(Code.NOT_ENTITLED)


def test_a_comment_is_on_an_open_dispute() -> None:
    scenario = invoiced()
    scenario.when(comment()).refused(Code.NOT_DISPUTED)
    scenario.given(dispute(), today=SUMMER)
    scenario.when(comment("doctor")).refused(Code.NOT_DISPUTED)
    scenario.when(comment("cook")).refused(Code.UNKNOWN_POST)
    scenario.given(comment(None))


def test_only_the_disputed_line_is_held_up() -> None:
    scenario = invoiced().given(dispute(), today=SUMMER)
    scenario.given(RegisterInvoice(**DOCUMENT), actor="per")
    other = DecideInvoice(**DOCUMENT, verdict=Verdict.APPROVED, post="doctor")
    scenario.given(other)
    assert open_lines(scenario) == {"nurse"}


def test_a_credit_since_the_dispute_ends_it() -> None:
    scenario = invoiced()
    line = CreditedLine(post="nurse", amount_ore=100_00)
    credit = CreditInvoice(**DOCUMENT, lines=(line,), reason="June")
    other = CreditInvoice(
        **DOCUMENT,
        lines=(CreditedLine(post="doctor", amount_ore=1_00),),
        reason="other",
    )
    scenario.given(credit, dispute(), other, today=SUMMER)
    scenario.when(resolve(Resolution.CREDITED)).refused(Code.NOT_CREDITED)
    scenario.given(credit, today=SUMMER)
    ended = scenario.when(resolve(Resolution.CREDITED), actor="kari")
    ended.then(
        DisputeResolved(
            **DOCUMENT,
            post="nurse",
            outcome=Resolution.CREDITED,
            text="so be it",
            decided_by="kari",
        )
    )
    assert open_lines(scenario) == set()
    scenario.when(resolve(Resolution.CREDITED)).refused(Code.NOT_DISPUTED)


def test_a_version_accepted_since_the_dispute_ends_it() -> None:
    scenario = invoiced().given(dispute(None), today=SUMMER)
    scenario.when(resolve(Resolution.AMENDED)).refused(Code.NOT_AMENDED)
    scenario.given(version(2, posts=POSTS), today=SUMMER)
    scenario.when(resolve(Resolution.AMENDED)).refused(Code.NOT_AMENDED)
    scenario.given(accept(2), today=SUMMER).given(resolve(Resolution.AMENDED, None))
    assert open_lines(scenario) == set()


def test_what_is_upheld_is_approved_with_four_eyes() -> None:
    scenario = invoiced().given(dispute(None), today=SUMMER)
    upheld = resolve(Resolution.UPHELD)
    scenario.when(upheld, actor="kari").refused(Code.NOT_REGISTERED)
    scenario.given(RegisterInvoice(**DOCUMENT), actor="per")
    scenario.when(upheld, actor="per").refused(Code.FOUR_EYES)
    scenario.when(upheld, actor="kari")
    approved = scenario.recorded(InvoiceApproved)
    assert isinstance(approved, InvoiceApproved)
    assert (approved.post, approved.decided_by) == ("nurse", "kari")
    assert open_lines(scenario) == {"doctor"}


def test_an_approval_ends_a_dispute_too() -> None:
    scenario = invoiced().given(dispute(None), today=SUMMER)
    scenario.given(RegisterInvoice(**DOCUMENT), actor="per")
    scenario.given(DecideInvoice(**DOCUMENT, verdict=Verdict.APPROVED))
    assert open_lines(scenario) == set()


@pytest.mark.parametrize("organisation", [OSLO, TROMSO])
def test_only_the_payer_ends_a_dispute(organisation: str) -> None:
    scenario = invoiced().given(dispute(), today=SUMMER)
    scenario.when(resolve(Resolution.UPHELD), organisation=organisation)
    scenario.refused(Code.NOT_ENTITLED)
    scenario.when(resolve(Resolution.UPHELD, "cook")).refused(Code.UNKNOWN_POST)


def test_disputing_once_more_keeps_the_first_dispute() -> None:
    scenario = invoiced().given(dispute(), today=SUMMER)
    credit = CreditInvoice(
        **DOCUMENT, lines=(CreditedLine(post="nurse", amount_ore=1_00),), reason="June"
    )
    scenario.given(credit, dispute(), today=SUMMER)
    scenario.given(resolve(Resolution.CREDITED))
