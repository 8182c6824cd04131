"""The list of invoices: what has to be done with which, whose they are, what they come to."""

from typing import Any

import pytest

from api.auth import Role
from domain.values import REGIONAL_AUTHORITY, Region
from tests.support.doors import INVOICED, Door
from tests.support.examples import BERGEN, OSLO, STAVANGER
from tests.support.visitors import Visitor, words


def _said(door: Door, what: str, body: Any, **who: Any) -> None:
    """Record something about the invoice, some days after it came."""
    later = {"Fagnett_Business_Day": "2026-07-20"}
    answer = door.post(f"{INVOICED}/{what}", body, **later, **who)
    assert answer.status_code == 201, answer.text


def test_an_invoice_waits_for_whoever_has_to_act(invoiced: Door) -> None:
    shown = Visitor(invoiced).read("/invoices")
    assert "To confirm here" in shown
    assert "Confirm one invoice" in shown
    assert "We pay (1) 226,250.00 0.00 226,250.00" in shown
    seller = Visitor(invoiced, STAVANGER).read("/invoices")
    assert "We wait for payment" in seller
    assert "Confirm one invoice" not in seller


@pytest.mark.rule("S1-33")
def test_what_is_confirmed_waits_for_another_person(invoiced: Door) -> None:
    _said(invoiced, "registration", {})
    assert "Approve one" not in Visitor(invoiced).read("/invoices")
    approver = Visitor(invoiced, role=Role.APPROVER).read("/invoices")
    assert "To approve here" in approver
    assert "Approve one invoice" in approver


def test_a_dispute_a_payment_and_a_credit_move_an_invoice_on(invoiced: Door) -> None:
    buyer = Visitor(invoiced)
    disputed = {"verdict": "disputed", "post": "nurse", "reason": "empty in May"}
    _said(invoiced, "decisions", disputed)
    assert "One line disputed" in buyer.read("/invoices")
    _said(invoiced, "registration", {})
    approved = {"verdict": "approved"}
    _said(invoiced, "decisions", approved, actor="another")
    assert "Approved, not paid in full" in buyer.read("/invoices")
    paid = {"amount_ore": 226_250_00, "paid_on": "2026-07-20"}
    _said(invoiced, "payments", paid)
    shown = buyer.read("/invoices")
    assert "Settled" in shown
    assert "Paid, receipt not recorded" in shown
    credit = {"reason": "the whole of it", "lines": []}
    _said(invoiced, "credits", credit, organisation=STAVANGER)
    shown = buyer.read("/invoices")
    assert "To be paid back" in shown
    assert "2 of 2 invoices" in shown


def test_filters_leave_what_fits(invoiced: Door) -> None:
    buyer = Visitor(invoiced)
    for asked, found in (
        ({"direction": "out"}, True),
        ({"direction": "in"}, False),
        ({"group": "to_confirm"}, True),
        ({"group": "settled"}, False),
        ({"counterpart": STAVANGER, "network": "ms", "year": "2026"}, True),
        ({"year": "2025"}, False),
    ):
        shown = buyer.read("/invoices", **asked)
        assert ("1 of 1 invoices" in shown) is found
        assert ("No invoices fit" in shown) is not found


def test_a_list_without_invoices_says_how_they_come(door: Door) -> None:
    door.register(BERGEN)
    assert "No invoices yet" in Visitor(door).read("/invoices")


def test_one_sees_the_invoices_of_others_only_where_one_looks_after_them(
    invoiced: Door,
) -> None:
    stranger = Visitor(invoiced, OSLO)
    assert "No invoices yet" in stranger.read("/invoices")
    assert stranger.look("/invoices", trust=BERGEN).status_code == 404
    authority = REGIONAL_AUTHORITY[Region.VEST]
    for organisation, role in ((authority, Role.READER), (OSLO, Role.AUDITOR)):
        reader = Visitor(invoiced, organisation, role)
        assert "1 of 1 invoices" in reader.read("/invoices", trust=BERGEN)
    other = Visitor(invoiced, REGIONAL_AUTHORITY[Region.NORD], Role.READER)
    assert other.look("/invoices", trust=BERGEN).status_code == 404


def test_what_cannot_be_asked_for_is_refused(invoiced: Door) -> None:
    answer = Visitor(invoiced).look("/invoices", start="-1")
    assert answer.status_code == 422
    assert "Nothing is lost" in words(answer)
