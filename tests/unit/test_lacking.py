"""What an issued document lacks is said; it is issued all the same."""

from datetime import date
from typing import Any

import pytest

from domain.invoicing.credit import CreditedLine, CreditInvoice
from domain.invoicing.lacking import Lack, lacking
from domain.invoicing.sales_document import InvoiceIssued, NetworkNames
from domain.parties.billing_details import RecordBillingDetails
from domain.parties.kid import KidCheck
from tests.support.examples import BERGEN, OSLO, REPORTED, invoice
from tests.support.scenario import Scenario

SUMMER = date(2026, 7, 10)
ACCOUNT = "86011117947"


def issued(scenario: Scenario) -> InvoiceIssued:
    """Return the document that the last command issued."""
    document = scenario.recorded(InvoiceIssued)
    assert isinstance(document, InvoiceIssued)
    return document


@pytest.mark.parametrize(
    ("seller", "buyer", "lacks"),
    [
        ({}, {}, (Lack.ACCOUNT, Lack.KID, Lack.BUYER_REFERENCE)),
        ({"account": ACCOUNT}, {}, (Lack.KID, Lack.BUYER_REFERENCE)),
        (
            {"account": ACCOUNT, "kid_check": KidCheck.MOD_10, "kid_length": 12},
            {},
            (Lack.BUYER_REFERENCE,),
        ),
        (
            {"account": ACCOUNT, "kid_check": KidCheck.MOD_10, "kid_length": 12},
            {"buyer_reference": "KST 4410"},
            (),
        ),
    ],
)
def test_a_document_is_issued_and_says_what_it_lacks(
    seller: dict[str, object], buyer: dict[str, str], lacks: tuple[Lack, ...]
) -> None:
    scenario = Scenario().given(*REPORTED)
    for number, details in ((OSLO, seller), (BERGEN, buyer)):
        if details:
            content: dict[str, Any] = {"org_number": number, **details}
            scenario.given(RecordBillingDetails(**content), today=SUMMER)
    document = issued(scenario.when(invoice(), today=SUMMER))
    assert lacking(document) == lacks
    assert document.network_names == NetworkNames(
        nb="Nasjonalt nettverk for MS", en="Norwegian National Network for MS"
    )


def test_nothing_is_paid_on_a_credit_note() -> None:
    scenario = Scenario().given(*REPORTED).given(invoice(), today=SUMMER)
    line = CreditedLine(post="nurse", amount_ore=1)
    part = CreditInvoice(seller=OSLO, year=2026, number=1, lines=(line,), reason="x")
    note = issued(scenario.when(part, today=SUMMER))
    assert lacking(note) == (Lack.BUYER_REFERENCE,)
