"""What every fold keeps."""

import pytest

from domain.agreement import AGREEMENT, POST
from domain.answer import ANSWERS
from domain.fact import Fact
from domain.history import Category
from domain.invoice import BILLING
from domain.invoice_decision import INVOICE_DECISIONS
from domain.network import NETWORK
from domain.organisation import ORGANISATION
from domain.payment import PAYMENTS
from domain.proposal import FRAME
from domain.report import REPORT, REPORT_DECISIONS, REPORTING
from domain.staffing import STAFFING
from domain.termination import TERMINATIONS


class StrangeHappened(Fact):
    """A fact that a later release adds to a stream."""

    TYPE = "strange.happened.v1"


@pytest.mark.parametrize(
    "category",
    [
        AGREEMENT,
        ANSWERS,
        BILLING,
        FRAME,
        INVOICE_DECISIONS,
        NETWORK,
        ORGANISATION,
        PAYMENTS,
        POST,
        REPORT,
        REPORTING,
        REPORT_DECISIONS,
        STAFFING,
        TERMINATIONS,
    ],
    ids=lambda category: category.kind,
)
def test_a_fact_of_another_kind_changes_no_state(category: Category[object]) -> None:
    assert category.evolve(category.initial, StrangeHappened()) == category.initial
