"""My day: what waits for the visitor's role, and what the organisation waits for."""

import pytest

from api.auth import Role
from tests.support.doors import NETWORK, Door
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


@pytest.mark.rule("S1-19")
@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_what_is_owed_waits_with_its_deadline(door: Door, language: str) -> None:
    """Of a national network: its report, its exit plan, and more, in every language."""
    door.register(BERGEN)
    name = "Norwegian National Network for MS"
    network = {**NETWORK, "kind": "national", "name_en": name}
    assert door.post("/v1/networks", network).status_code == 201
    secretary = Visitor(door, BERGEN, Role.SECRETARY)
    for day in ("2026-12-31", "2027-01-20"):
        shown = secretary.read("/my-day", as_of=day, language=language)
        assert ": ms" in shown, day
    late = secretary.read("/my-day", as_of="2027-12-31", language="en")
    assert "Annual report of the network: ms, 2026" in late
    assert "Review the exit plan: ms, 2027" in late
