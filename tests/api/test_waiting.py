"""The work list as programs ask for it."""

from api.auth import Role
from tests.support.doors import INVOICED, INVOICED_ORE, Door
from tests.support.examples import BERGEN, STAVANGER


def test_an_invoice_waits_for_the_payer_and_the_payee_waits_for_it(
    invoiced: Door,
) -> None:
    payer = invoiced.get("/v1/waiting?as_of=2026-07-10").json()
    (matter,) = payer["yours"]
    assert matter["kind"] == "register_invoice"
    assert matter["address"] == INVOICED
    assert invoiced.get(matter["address"]).status_code == 200
    assert (matter["amount_ore"], matter["deadline"]) == (INVOICED_ORE, "2026-08-09")
    assert (matter["subject"], matter["period_end"]) == ("a", "2026-06-30")
    assert matter["roles"] == ["controller"]
    payee = invoiced.get("/v1/waiting?as_of=2026-07-10", organisation=STAVANGER).json()
    assert payee == {"yours": [], "colleagues": [], "others": [matter]}


def test_what_another_role_does_waits_for_colleagues(invoiced: Door) -> None:
    reader = invoiced.get("/v1/waiting?as_of=2026-07-10", roles=(Role.READER,)).json()
    assert not reader["yours"]
    (matter,) = reader["colleagues"]
    assert matter["waits_for"] == BERGEN


def test_a_proposal_is_read_where_it_says(door: Door) -> None:
    door.agree()
    waiting = door.get("/v1/waiting?as_of=2026-12-31").json()
    (matter,) = waiting["others"]
    assert (matter["kind"], matter["address"]) == ("submit_report", "/v1/networks/ms")
    assert door.get(matter["address"]).status_code == 200
