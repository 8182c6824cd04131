"""Four eyes: who registers a document does not approve it."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from domain.catalogue import decode
from domain.invoicing.invoice_decision import (
    DecideInvoice,
    InvoiceApproved,
    InvoiceDisputed,
    InvoiceRegistered,
    RegisterInvoice,
    Verdict,
)
from domain.refusal import Code
from tests.support.examples import BERGEN, OSLO, REPORTED, invoice
from tests.support.scenario import Scenario

SUMMER = date(2026, 7, 10)
NUMBERED: dict[str, Any] = {"seller": OSLO, "year": 2026, "number": 1}
NAMED: dict[str, Any] = {"agreement": "ms-ous", "period_start": date(2026, 1, 1)}
HASH = "5e" * 32


def invoiced() -> Scenario:
    """Return a scenario with one invoice."""
    return Scenario().given(*REPORTED).given(invoice(), today=SUMMER)


def approval(**document: Any) -> DecideInvoice:
    """Approve a document."""
    return DecideInvoice(verdict=Verdict.APPROVED, **(document or NUMBERED))


@pytest.mark.parametrize("document", [NUMBERED, NAMED])
def test_one_person_registers_and_another_approves(document: dict[str, Any]) -> None:
    scenario = invoiced()
    scenario.when(approval(**document)).refused(Code.NOT_REGISTERED)
    fact = scenario.when(RegisterInvoice(**document), actor="per").recorded(
        InvoiceRegistered
    )
    assert fact == InvoiceRegistered(**NUMBERED, registered_by="per")
    scenario.when(approval(**document), actor="per").refused(Code.FOUR_EYES)
    approved = scenario.when(approval(**document), actor="kari")
    approved.then(InvoiceApproved(**NUMBERED, decided_by="kari"))


@pytest.mark.parametrize("spelling", ["Per", "PER", "per"])
def test_one_person_is_one_however_spelled(spelling: str) -> None:
    """An entry of before this was seen to may hold either spelling."""
    scenario = invoiced().given(RegisterInvoice(**NUMBERED), actor=spelling)
    for approver in ("per", "Per", "pER"):
        scenario.when(approval(), actor=approver).refused(Code.FOUR_EYES)


def test_only_the_payer_registers() -> None:
    registration = RegisterInvoice(**NUMBERED)
    scenario = invoiced().when(registration, organisation=OSLO)
    scenario.refused(Code.NOT_ENTITLED)
    assert scenario.when(registration, organisation=BERGEN).outcome


def test_a_document_is_registered_once_and_its_ehf_may_follow() -> None:
    scenario = invoiced().given(RegisterInvoice(**NUMBERED), actor="per")
    scenario.when(RegisterInvoice(**NUMBERED), actor="liv").unchanged()
    with_ehf = RegisterInvoice(**NUMBERED, ehf_sha256=HASH)
    scenario.given(with_ehf, actor="liv").recorded(InvoiceRegistered)
    scenario.when(with_ehf).unchanged()
    scenario.when(RegisterInvoice(**NUMBERED)).unchanged()
    other = RegisterInvoice(**NUMBERED, ehf_sha256="00" * 32)
    scenario.when(other).refused(Code.CONFLICTING_ROW, "ehf_sha256")
    for registrar in ("per", "liv"):
        scenario.when(approval(), actor=registrar).refused(Code.FOUR_EYES)


def test_a_dispute_needs_no_registration_and_says_what_was_known() -> None:
    dispute = DecideInvoice(verdict=Verdict.DISPUTED, reason="vacant", **NUMBERED)
    fact = invoiced().when(dispute, actor="kari").recorded(InvoiceDisputed)
    assert isinstance(fact, InvoiceDisputed)
    assert (fact.decided_by, fact.credits, fact.versions) == ("kari", 0, 1)


@pytest.mark.parametrize(
    "document",
    [
        {"seller": OSLO, "year": 2026, "number": 2},
        {"seller": OSLO, "year": 2027, "number": 1},
        {"seller": "983974694", "year": 2026, "number": 1},
        {"agreement": "ms-ous", "period_start": date(2026, 7, 1)},
    ],
)
def test_a_document_that_is_not_there_is_not_registered(
    document: dict[str, Any],
) -> None:
    invoiced().when(RegisterInvoice(**document)).refused(Code.UNKNOWN_INVOICE)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"agreement": "ms-ous"},
        {"seller": OSLO, "year": 2026},
        {"seller": OSLO, "year": 2026, "number": 0},
        {**NUMBERED, **NAMED},
        {**NUMBERED, "agreement": "ms-ous"},
        {**NAMED, "number": 1},
    ],
)
def test_a_document_is_named_in_one_way(document: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RegisterInvoice(**document)


def test_who_decided_is_absent_in_the_first_shape() -> None:
    stored = b'{"number":1,"reason":"","seller":"993467049","year":2026}'
    assert decode("invoice.approved.v1", stored) == InvoiceApproved(**NUMBERED)
    assert decode("invoice.disputed.v1", stored) == InvoiceDisputed(**NUMBERED)
