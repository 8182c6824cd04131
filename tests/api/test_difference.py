"""Why a settlement is another one on a later day, asked for over the API."""

from api.auth import Role
from domain.values import REGIONAL_AUTHORITY, Region
from tests.support.doors import INVOICED_ORE, Door
from tests.support.examples import BERGEN, STAVANGER

AT = "/v1/settlement/difference?year=2026&first=2026-07-01&second=2026-07-31"


def test_a_difference_is_followed_to_the_entry(invoiced: Door) -> None:
    found = invoiced.get(AT).json()
    assert (found["first_ore"], found["difference_ore"]) == (0, INVOICED_ORE)
    ((agreement,), (cause,)) = found["agreements"], found["agreements"][0]["causes"]
    assert (agreement["payer"], agreement["payee"]) == (BERGEN, STAVANGER)
    assert cause["kind"] == "document"
    assert cause["document"] == f"{STAVANGER}/2026/1"
    assert cause["difference_ore"] == INVOICED_ORE
    assert cause["recorded_on"] == "2026-07-10"


def test_what_accrues_is_told_by_the_days_that_passed(invoiced: Door) -> None:
    found = invoiced.get(f"{AT}&figure=accrued").json()
    (cause,) = found["agreements"][0]["causes"]
    assert (cause["kind"], cause["entry"]) == ("days", None)
    assert cause["difference_ore"] == found["difference_ore"] == 30 * 1000_00


def test_a_staffing_that_is_told_late_is_told_with_its_days(invoiced: Door) -> None:
    vacated = {"change": "vacated", "effective_on": "2026-05-01"}
    answer = invoiced.post(
        "/v1/posts/nurse/staffing",
        vacated,
        organisation=STAVANGER,
        Fagnett_Business_Day="2026-07-20",
    )
    assert answer.status_code == 201, answer.text
    asked = AT.replace("first=2026-07-01", "first=2026-07-31") + "&figure=accrued"
    assert invoiced.get(asked).json()["difference_ore"] == 0
    found = invoiced.get(f"{AT}&figure=accrued").json()["agreements"][0]
    by_kind = {cause["kind"]: cause for cause in found["causes"]}
    staffing = by_kind["staffing"]
    assert (staffing["post"], staffing["change"]) == ("nurse", "vacated")
    assert (staffing["days_before"], staffing["days_after"]) == (212, 120)
    total = sum(cause["difference_ore"] for cause in found["causes"])
    assert total == found["difference_ore"] == (120 - 182) * 1000_00


def test_the_days_are_told_in_either_order(invoiced: Door) -> None:
    turned = AT.replace("first=2026-07-01", "first=2026-08-15")
    found = invoiced.get(turned).json()
    assert (found["first"], found["second"]) == ("2026-07-31", "2026-08-15")


def test_what_lies_between_two_is_named_to_nobody_else(invoiced: Door) -> None:
    other = REGIONAL_AUTHORITY[Region.NORD]
    found = invoiced.get(AT, organisation=other, roles=(Role.READER,)).json()
    (cause,) = found["agreements"][0]["causes"]
    assert (cause["kind"], cause["entry"], cause["document"]) == ("parties", None, None)
    assert cause["difference_ore"] == INVOICED_ORE
