"""What is paid on Oslo's first document to Bergen, and what the banks say of it."""

from datetime import date
from typing import Any, Final

from domain.payments.bank import MatchBankEntry, SetAsideCause, SetBankEntryAside
from domain.payments.matching import Direction
from domain.payments.payment import RegisterPayment
from domain.payments.telling import BookedEntry, ImportBankEntries
from tests.support.examples import OSLO

KID: Final = "270000000108"
"""Of the first document."""
BOOKED: Final = date(2027, 1, 31)
ENTRY: Final = BookedEntry(
    reference="B1",
    direction=Direction.CREDIT,
    amount_ore=100_00,
    booked_on=BOOKED,
    kid=KID,
    account="86011117947",
    transaction="T1",
)


def entry(**changes: Any) -> BookedEntry:
    """Tell of an entry of Oslo's bank, as a whole file does."""
    return ENTRY.model_copy(update=changes)


def imports(
    *entries: BookedEntry, organisation: str = OSLO, whole_account: bool = False
) -> ImportBankEntries:
    """Import entries."""
    return ImportBankEntries(
        organisation=organisation, entries=entries, whole_account=whole_account
    )


def by_hand(**changes: Any) -> MatchBankEntry:
    """Match Oslo's entry to the first document."""
    content = {
        "organisation": OSLO,
        "reference": "B1",
        "payee": OSLO,
        "year": 2027,
        "number": 1,
    }
    return MatchBankEntry(**{**content, **changes})


def aside(**changes: Any) -> SetBankEntryAside:
    """Set Oslo's entry aside."""
    content = {
        "organisation": OSLO,
        "reference": "B1",
        "cause": SetAsideCause.NOT_OURS,
        "reason": "Rent",
    }
    return SetBankEntryAside(**{**content, **changes})


def payment(**changes: Any) -> RegisterPayment:
    """Pay a part of the document of the first half of 2026."""
    content = {
        "agreement": "ms-ous",
        "period_start": date(2026, 1, 1),
        "amount_ore": 70_00,
        "paid_on": date(2027, 1, 30),
    }
    return RegisterPayment(**{**content, **changes})
