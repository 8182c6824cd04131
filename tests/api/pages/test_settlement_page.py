"""The settlement as a page: figures, what lies under them, and what nobody knows."""

import pytest

from api.auth import Role
from domain.values import REGIONAL_AUTHORITY, Region
from tests.support.doors import Door
from tests.support.examples import BERGEN, STAVANGER
from tests.support.visitors import Visitor, words

NEW_YEAR = {"year": "2026", "as_of": "2026-12-31"}


def test_who_owes_whom_is_shown_to_the_ore(invoiced: Door) -> None:
    """A half-year with VAT is billed, and the other half has accrued."""
    shown = Visitor(invoiced).read("/settlement", **NEW_YEAR)
    assert "Settlement 2026" in shown
    assert "Invoiced without VAT 181,000.00" in shown
    assert "Value added tax 45,250.00" in shown
    assert "Outstanding 226,250.00" in shown
    assert "Not invoiced yet 184,000.00" in shown
    assert "Trust 983974724 owes Trust 983974678" in shown
    assert "Invoice 1, January–June 2026 226,250.00" in shown


def test_a_region_that_was_never_heard_is_unknown_and_not_zero(invoiced: Door) -> None:
    shown = Visitor(invoiced).read("/settlement", **NEW_YEAR)
    assert "Nothing has been heard from Helse Nord yet" in shown
    assert "Helse Nord unknown" in shown


def test_an_invoice_is_for_its_parties_their_region_and_auditors(
    invoiced: Door,
) -> None:
    authority, other = REGIONAL_AUTHORITY[Region.VEST], REGIONAL_AUTHORITY[Region.NORD]
    for organisation, role, reads in (
        (BERGEN, Role.READER, True),
        (STAVANGER, Role.CONTROLLER, True),
        (authority, Role.READER, True),
        (other, Role.AUDITOR, True),
        (other, Role.READER, False),
    ):
        visitor = Visitor(invoiced, organisation, role)
        shown = visitor.read("/settlement", **NEW_YEAR)
        assert "Outstanding 226,250.00" in shown
        assert ("Invoice 1," in shown) is reads
        assert ("can be read by the two trusts" in shown) is not reads


def test_only_who_signs_is_asked_to(invoiced: Door) -> None:
    for role, button in (
        (Role.CONTROLLER, "Draw up and sign statements"),
        (Role.READER, "See the statements"),
    ):
        shown = Visitor(invoiced, role=role).read("/settlement", **NEW_YEAR)
        assert button in shown


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"payer": "vest", "payee": "vest"}, "Helse Vest to Helse Vest"),
        ({"payer": BERGEN, "payee": STAVANGER}, "owes Trust 983974678"),
        ({"payer": "nord"}, "There is nothing under this sum"),
    ],
)
def test_a_sum_leads_to_what_lies_under_it(
    invoiced: Door, asked: dict[str, str], said: str
) -> None:
    assert said in Visitor(invoiced).read("/settlement", **NEW_YEAR, **asked)


def test_a_day_is_typed_as_norwegians_write_it(invoiced: Door) -> None:
    visitor = Visitor(invoiced)
    found = visitor.look("/settlement", year="2026", day="31.12.2026")
    assert found.status_code == 303
    assert found.headers["location"] == "/settlement?year=2026&as_of=2026-12-31"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"year": "2026", "day": "31.11.2026"}, "Write the day as 31.12.2026."),
        ({"year": "twenty"}, "Write the year with four digits"),
        ({"year": "1"}, "Write the year with four digits"),
    ],
)
def test_what_cannot_be_read_stays_in_its_field(
    invoiced: Door, asked: dict[str, str], said: str
) -> None:
    answer = Visitor(invoiced).look("/settlement", **asked)
    assert answer.status_code == 200
    assert said in words(answer)
    for typed in asked.values():
        assert f'value="{typed}"' in answer.text


def test_a_year_before_anything_was_recorded_is_not_zero(invoiced: Door) -> None:
    shown = Visitor(invoiced).read("/settlement", year="2019")
    assert "2019 is not recorded" in shown
    assert "0.00" not in shown


def test_a_year_of_no_agreement_says_so(invoiced: Door) -> None:
    shown = Visitor(invoiced).read("/settlement", year="2031", as_of="2026-12-31")
    assert "No agreement is about 2031" in shown


@pytest.mark.parametrize("language", ["nb", "nn"])
def test_it_is_written_in_norwegian_too(invoiced: Door, language: str) -> None:
    shown = Visitor(invoiced, language=language).read("/settlement", **NEW_YEAR)
    assert "Hvem skylder hvem" in shown or "Kven skuldar kven" in shown
