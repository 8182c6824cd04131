"""My day: what waits for the visitor's role, and what the organisation waits for."""

import pytest

from api.auth import Role
from tests.support.doors import Door
from tests.support.examples import BERGEN, STAVANGER
from tests.support.visitors import Visitor

LATE = {"as_of": "2026-08-12"}


def test_an_invoice_waits_for_the_controller_and_is_late_after_its_deadline(
    invoiced: Door,
) -> None:
    shown = Visitor(invoiced).read("/my-day", as_of="2026-07-10")
    assert "One matter waits for you." in shown
    assert "Confirm receipt of one invoice, 226,250.00 kroner" in shown
    assert "T invoice 1: a, January–June 2026 226,250.00 09/08/2026" in shown
    assert "9 August 2026 One invoice falls due" in shown
    late = Visitor(invoiced).read("/my-day", **LATE)
    assert "One is past its deadline." in late
    assert "3 days late" in late


def test_who_sold_waits_for_the_payer(invoiced: Door) -> None:
    shown = Visitor(invoiced, STAVANGER).read("/my-day", **LATE)
    assert "Nothing waits for you" in shown
    assert "Confirmation of T invoice 1: a T 226,250.00 33 days" in shown
    assert "We are owed 226,250.00" in shown


def test_what_waits_for_other_roles_is_counted(invoiced: Door) -> None:
    shown = Visitor(invoiced, BERGEN, Role.APPROVER).read("/my-day", **LATE)
    assert "Nothing waits for you" in shown
    assert "Controller: 1 matter" in shown


@pytest.mark.parametrize("role", [Role.READER, Role.AUDITOR])
def test_who_reads_has_no_list_of_things_to_do(invoiced: Door, role: Role) -> None:
    shown = Visitor(invoiced, BERGEN, role).read("/my-day", **LATE)
    assert "In this role you read." in shown
    assert "Waiting for you" not in shown
    assert "We owe 226,250.00" in shown


def test_a_period_that_is_over_waits_to_be_reported(door: Door) -> None:
    door.agree()
    shown = Visitor(door, STAVANGER, Role.COORDINATOR).read(
        "/my-day", as_of="2026-12-31"
    )
    assert "Report on one period ms, January–June 2026" in shown
