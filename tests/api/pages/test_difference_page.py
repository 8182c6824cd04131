"""Why a settlement is another one now, as a page."""

import pytest

from api.auth import Role
from domain.closing.difference import Figure
from domain.values import REGIONAL_AUTHORITY, Region
from tests.support.doors import Door
from tests.support.examples import BERGEN, STAVANGER
from tests.support.visitors import Visitor, words

AT = "/settlement/difference"
DAYS = {"year": "2026", "first": "01.07.2026", "second": "31.07.2026"}


def test_two_days_are_explained_to_the_entry(invoiced: Door) -> None:
    shown = Visitor(invoiced).read(AT, **DAYS)
    assert "What had happened by 1 July 2026 0.00" in shown
    assert "What had happened by 31 July 2026 226,250.00" in shown
    assert "An invoice for January–June 2026 was issued" in shown
    assert "Recorded 10 July 2026, entry vest/1/" in shown
    assert "1 entry explains it" in shown


@pytest.mark.parametrize("figure", Figure)
def test_each_figure_can_be_asked_for(invoiced: Door, figure: Figure) -> None:
    shown = Visitor(invoiced).read(AT, **DAYS, figure=figure.value)
    told = "The difference is 0.00" if figure in {"paid", "disputed"} else "Sum"
    assert told in shown


def test_days_on_which_posts_accrue_are_told(invoiced: Door) -> None:
    vacated = {"change": "vacated", "effective_on": "2026-05-01"}
    day = {"Fagnett_Business_Day": "2026-07-20"}
    path = "/v1/posts/nurse/staffing"
    answer = invoiced.post(path, vacated, organisation=STAVANGER, **day)
    assert answer.status_code == 201, answer.text
    shown = Visitor(invoiced).read(AT, **DAYS, figure="accrued")
    assert "became vacant on 1 May 2026" in shown
    assert "Before: 212 days that cost. After: 120." in shown


def test_a_dispute_is_told_with_its_line(invoiced: Door) -> None:
    dispute = {"verdict": "disputed", "post": "nurse", "reason": "never there"}
    path = f"/v1/invoices/{STAVANGER}/2026/1/decisions"
    day = {"Fagnett_Business_Day": "2026-07-20"}
    assert invoiced.post(path, dispute, **day).status_code == 201
    shown = Visitor(invoiced).read(AT, **DAYS, figure="disputed")
    assert "The line of Teaching (nurse) was disputed on" in shown


def test_no_difference_is_said_in_words(invoiced: Door) -> None:
    same = {**DAYS, "first": "20.07.2026"}
    assert "The difference is 0.00" in Visitor(invoiced).read(AT, **same)
    assert "nothing to compare" in Visitor(invoiced).read(AT, year="2030")


def test_what_cannot_be_read_stays_in_its_field(invoiced: Door) -> None:
    answer = Visitor(invoiced).look(AT, **{**DAYS, "second": "yesterday"})
    assert answer.status_code == 200
    assert "Write the day as 31.12.2026." in words(answer)
    assert 'value="yesterday"' in answer.text


def test_others_see_that_something_came_between_and_not_what(invoiced: Door) -> None:
    other = REGIONAL_AUTHORITY[Region.NORD]
    shown = Visitor(invoiced, other, Role.READER).read(AT, **DAYS)
    assert "Invoices, payments and answers between the two trusts" in shown
    assert "was issued" not in shown
    assert "226,250.00" in shown


@pytest.mark.parametrize("language", ["nb", "nn"])
def test_it_is_told_in_norwegian_too(invoiced: Door, language: str) -> None:
    shown = Visitor(invoiced, BERGEN, language=language).read(AT, **DAYS)
    assert "ble utstedt" in shown or "blei skriven ut" in shown
