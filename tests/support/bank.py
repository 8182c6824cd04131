"""The entries of the tests' banks, and the document that they pay."""

from datetime import date
from typing import Any

from domain.invoicing.invoice import DocumentId, document_of
from domain.parties.billing_details import RecordBillingDetails
from domain.parties.kid import KidCheck
from domain.payments.matching import Direction
from domain.payments.telling import BookedEntry, ImportBankEntries
from tests.support.examples import (
    OSLO,
    REPORTED,
    TROMSO,
    accept,
    approve,
    fill,
    invoice,
    post,
    report,
    version,
)
from tests.support.scenario import Scenario

ACCOUNT = "86011117947"
OTHER_ACCOUNT = "15032080119"
SUMMER = date(2026, 7, 10)
BOOKED = date(2026, 8, 8)
GROSS = 181 * 1000_00
SECOND = (date(2026, 7, 1), date(2026, 12, 31))


def details(of: str = OSLO, **changes: Any) -> RecordBillingDetails:
    """Record how an organisation is paid."""
    content = {
        "org_number": of,
        "account": ACCOUNT,
        "kid_check": KidCheck.MOD_10,
        "kid_length": 12,
    }
    return RecordBillingDetails(**{**content, **changes})


def invoiced(**changes: Any) -> Scenario:
    """Issue Oslo's first document to Bergen, with a KID."""
    scenario = Scenario().given(*REPORTED, details(**changes))
    return scenario.given(invoice(), today=SUMMER)


def second_payee(
    scenario: Scenario, account: str = OTHER_ACCOUNT, **terms: Any
) -> Scenario:
    """Let Tromsø's first document to Bergen come, with the same KID as Oslo's."""
    proposed = version(
        agreement="ms-unn", payee=TROMSO, posts=(post("doctor", **terms),)
    )
    scenario.given(
        details(TROMSO, account=account),
        proposed,
        accept(agreement="ms-unn"),
        fill(name="doctor"),
        report(report="ms-unn-2026", trust=TROMSO),
        approve("ms-unn-2026"),
    )
    return scenario.given(invoice(agreement="ms-unn"), today=SUMMER)


def first_kid(scenario: Scenario) -> str:
    """Return the KID of that document."""
    return document_of(DocumentId(OSLO, 2026, 1), scenario).kid


def entry(scenario: Scenario, **changes: Any) -> BookedEntry:
    """Return the entry of the whole amount at Oslo's bank."""
    content = {
        "reference": "B1",
        "direction": Direction.CREDIT,
        "amount_ore": GROSS,
        "booked_on": BOOKED,
        "kid": first_kid(scenario),
    }
    return BookedEntry(**{**content, **changes})


def imported(organisation: str, *entries: BookedEntry) -> ImportBankEntries:
    """Import entries."""
    return ImportBankEntries(organisation=organisation, entries=entries)
