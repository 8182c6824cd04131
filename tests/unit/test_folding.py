"""What every fold keeps."""

import pytest

from domain.agreements.agreement import AGREEMENT, POST
from domain.agreements.answer import ANSWERS
from domain.agreements.counted import FRAME
from domain.agreements.termination import TERMINATIONS
from domain.fact import Fact
from domain.history import Category
from domain.invoicing.dispute import DISPUTE
from domain.invoicing.invoice import BILLING
from domain.invoicing.invoice_decision import INVOICE_DECISIONS
from domain.invoicing.kid_assignment import KIDS
from domain.parties.billing_details import BILLING_DETAILS
from domain.parties.day import DAYS
from domain.parties.epoch import LOG
from domain.parties.membership import MEMBERSHIP
from domain.parties.network import NETWORK
from domain.parties.organisation import ORGANISATION
from domain.parties.pair import PAIR
from domain.payments.bank import BANK_ENTRIES
from domain.payments.payment import PAYMENTS
from domain.posts.report import REPORT, REPORT_DECISIONS, REPORTING
from domain.posts.staffing import STAFFING


class StrangeHappened(Fact, name="strange.happened.v1"):
    """A fact that a later release adds to a stream."""


@pytest.mark.parametrize(
    "category",
    [
        AGREEMENT,
        ANSWERS,
        BANK_ENTRIES,
        BILLING,
        BILLING_DETAILS,
        DAYS,
        DISPUTE,
        FRAME,
        INVOICE_DECISIONS,
        KIDS,
        LOG,
        MEMBERSHIP,
        NETWORK,
        ORGANISATION,
        PAIR,
        PAYMENTS,
        POST,
        REPORT,
        REPORTING,
        REPORT_DECISIONS,
        STAFFING,
        TERMINATIONS,
    ],
    ids=lambda category: f"{category.kind}-{type(category.initial).__name__}",
)
def test_a_fact_of_another_kind_changes_no_state(category: Category[object]) -> None:
    assert category.evolve(category.initial, StrangeHappened()) == category.initial
