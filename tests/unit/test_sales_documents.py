"""A document says all that a sales document says, as it was on the day of issue."""

from datetime import date
from typing import Any

import pytest

from domain.invoicing.issue import IssueInvoice
from domain.invoicing.sales_document import (
    CorrectedDocument,
    DocumentKind,
    InvoicedParty,
    InvoiceIssued,
    kid_of,
)
from domain.parties.billing_details import BillingDetailsRecorded, RecordBillingDetails
from domain.parties.kid import KidCheck, is_kid
from tests.support.examples import BERGEN, OSLO, REPORTED, fill, invoice, vacate
from tests.support.scenario import Scenario

SUMMER = date(2026, 7, 10)
FIRST = invoice(date(2026, 1, 1), date(2026, 6, 30))
SECOND = invoice(date(2026, 7, 1), date(2026, 12, 31))


def issued(scenario: Scenario, command: IssueInvoice, today: date) -> InvoiceIssued:
    """Issue a document, and return it."""
    found = scenario.when(command, today=today).recorded(InvoiceIssued)
    assert isinstance(found, InvoiceIssued)
    return found


def details(number: str, **changes: object) -> RecordBillingDetails:
    """Record how an organisation is invoiced and paid."""
    return RecordBillingDetails.model_validate({"org_number": number, **changes})


def test_without_billing_details_a_document_is_still_whole() -> None:
    document = issued(Scenario().given(*REPORTED), FIRST, SUMMER)
    assert document.seller.name == f"Trust {OSLO}"
    assert document.buyer.name == f"Trust {BERGEN}"
    assert document.buyer_reference == "ms-ous", "the agreement's name"
    assert (document.account, document.kid) == ("", "")
    assert document.due_on == date(2026, 8, 9)
    assert document.vat_reason == "health personnel"
    (line,) = document.lines
    assert (line.content, line.percent) == ("Teaching", "20.00")


def test_billing_details_are_those_of_the_day_of_issue() -> None:
    scenario = Scenario().given(*REPORTED)
    account = {"kid_check": KidCheck.MOD_11, "kid_length": 14}
    scenario.given(
        details(OSLO, account="86011117947", city="Oslo", **account),
        details(BERGEN, buyer_reference="KST 4410", street="Jonas Lies vei 65"),
    )
    first = issued(scenario, FIRST, SUMMER)
    scenario.given(details(OSLO, city="Nydalen"), today=SUMMER)
    second = issued(scenario, SECOND, date(2026, 12, 31))
    assert first.seller == InvoicedParty(name=f"Trust {OSLO}", city="Oslo")
    assert first.buyer.street == "Jonas Lies vei 65"
    assert first.buyer_reference == "KST 4410"
    assert first.account == "86011117947"
    assert is_kid(first.kid, KidCheck.MOD_11, 14)
    assert (second.seller.city, second.account, second.kid) == ("Nydalen", "", "")


def test_a_restatement_names_the_document_that_it_corrects() -> None:
    scenario = Scenario().given(*REPORTED)
    issued(scenario, FIRST, SUMMER)
    scenario.given(vacate(date(2026, 1, 1)), today=SUMMER)
    credit = issued(scenario, SECOND, date(2026, 12, 31))
    assert credit.kind is DocumentKind.CREDIT_NOTE
    assert credit.due_on is None
    corrected = CorrectedDocument(year=2026, number=1, issued_on=SUMMER)
    assert credit.corrects == (corrected,)


def test_a_document_that_restates_nothing_corrects_nothing() -> None:
    scenario = Scenario().given(*REPORTED)
    issued(scenario, FIRST, SUMMER)
    scenario.given(fill(date(2026, 7, 1)), today=SUMMER)
    assert issued(scenario, SECOND, date(2026, 12, 31)).corrects == ()


@pytest.mark.parametrize(
    ("said", "number", "expected"),
    [
        ({"kid_length": 4}, 99, "9902"),
        ({"kid_length": 4}, 100, ""),
        ({"account": ""}, 1, ""),
        ({"kid_check": None}, 1, ""),
        ({"kid_length": None}, 1, ""),
    ],
)
def test_without_an_account_or_room_for_the_number_there_is_no_kid(
    said: dict[str, Any], number: int, expected: str
) -> None:
    whole = {"kid_check": KidCheck.MOD_10, "kid_length": 12, "account": "86011117947"}
    details = BillingDetailsRecorded(**{"org_number": OSLO, **whole, **said})
    assert kid_of(details, 2027, number) == expected
