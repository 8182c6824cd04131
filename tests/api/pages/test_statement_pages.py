"""Statements as pages: drawn up, signed and rejected exactly as they were shown."""

import html
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.auth import Role
from domain.values import REGIONAL_AUTHORITY, Region
from tests.support.doors import Door
from tests.support.examples import BERGEN, STAVANGER, UNKNOWN
from tests.support.visitors import Visitor, hidden, others_are_heard, words

AT = f"/statements/{STAVANGER}/{BERGEN}"
"""Stavanger has the lower number: it draws up, and Bergen signs."""
DAYS = {"start": "2026-01-01", "end": "2026-06-30"}
OTHER = REGIONAL_AUTHORITY[Region.NORD]


@pytest.fixture
def invoiced(invoiced: Door, tmp_path: Path) -> Door:
    """Give the door, once all regions have recorded something after the half-year."""
    others_are_heard(invoiced, tmp_path, datetime(2026, 7, 9, 12, tzinfo=UTC))
    return invoiced


@pytest.fixture
def drawing(invoiced: Door) -> Visitor:
    """Give the controller who draws up."""
    return Visitor(invoiced, STAVANGER)


@pytest.fixture
def signing(invoiced: Door) -> Visitor:
    """Give the controller who signs."""
    return Visitor(invoiced, BERGEN)


def _ticked(page: str) -> dict[str, str]:
    """All boxes of a confirmation."""
    names = page.split('type="checkbox" id="')[1:]
    return {name.partition('"')[0]: "yes" for name in names}


def _draw_up(drawing: Visitor) -> None:
    asked = drawing.look(f"{AT}/draw-up", **DAYS)
    assert asked.status_code == 200, words(asked)
    fields = {**hidden(asked), **_ticked(asked.text)}
    sent = drawing.press(f"{AT}/draw-up?start=2026-01-01&end=2026-06-30", **fields)
    assert sent.status_code == 303, words(sent)
    where = sent.headers["location"]
    assert where.startswith(f"{AT}/2026-06-30?at_least=vest:")


def test_a_draft_shows_both_directions_and_signs_nothing(drawing: Visitor) -> None:
    shown = drawing.read(f"{AT}/draft", start="01.01.2026", end="30.06.2026")
    assert "Nothing is signed" in shown
    assert "Go to signing" in shown
    assert "Invoiced – 226,250.00" in shown
    assert "181 days" in shown
    assert "Alike with both" in shown


def test_who_draws_up_is_asked_and_who_does_not_is_told(
    drawing: Visitor, signing: Visitor, invoiced: Door
) -> None:
    assert "1 statement waits for you" in drawing.read("/statements", year="2026")
    told = signing.read("/statements", year="2026")
    assert "No statement waits for you" in told
    assert f"Trust {STAVANGER} is to draw up" in told
    assert "Go to signing" not in signing.read(f"{AT}/draft", **DAYS)
    reader = Visitor(invoiced, STAVANGER, Role.READER)
    assert "Go to signing" not in reader.read(f"{AT}/draft", **DAYS)
    assert reader.look(f"{AT}/draw-up", **DAYS).status_code == 403


def test_what_is_shown_is_signed_by_both_and_then_closed(
    drawing: Visitor, signing: Visitor
) -> None:
    _draw_up(drawing)
    assert "1 statement waits for you" in signing.read("/statements", year="2026")
    shown = signing.read(f"{AT}/2026-06-30")
    assert "Reject with reason" in shown
    asked = signing.look(f"{AT}/2026-06-30/signature")
    assert "226,250.00" in words(asked)
    sent = signing.press(
        f"{AT}/2026-06-30/signature", **hidden(asked), **_ticked(asked.text)
    )
    assert sent.status_code == 303, words(sent)
    closed = signing.read(f"{AT}/2026-06-30")
    assert "Nobody can change it" in closed
    assert "Both have signed" in signing.read("/statements", year="2026")


def test_drawing_up_twice_records_once(drawing: Visitor, invoiced: Door) -> None:
    asked = drawing.look(f"{AT}/draw-up", **DAYS)
    fields = {**hidden(asked), **_ticked(asked.text)}
    where = f"{AT}/draw-up?start=2026-01-01&end=2026-06-30"
    assert drawing.press(where, **fields).status_code == 303
    recorded = invoiced.node.journal.positions()["vest"].position
    assert drawing.press(where, **fields).status_code == 303
    assert invoiced.node.journal.positions()["vest"].position == recorded


def test_another_text_than_the_one_that_was_shown_is_not_signed(
    drawing: Visitor, signing: Visitor, invoiced: Door
) -> None:
    _draw_up(drawing)
    recorded = invoiced.node.journal.positions()["vest"].position
    for name in ("signature", "rejection"):
        fields = {"fingerprint": "0" * 64, "read": "yes", "reason": "because"}
        sent = signing.press(f"{AT}/2026-06-30/{name}", **fields)
        assert sent.status_code in {200, 409, 412, 422}, sent.status_code
        assert "Sign for" not in words(sent)
    assert invoiced.node.journal.positions()["vest"].position == recorded


def test_who_has_not_read_is_asked_again(drawing: Visitor, signing: Visitor) -> None:
    _draw_up(drawing)
    asked = signing.look(f"{AT}/2026-06-30/signature")
    sent = signing.press(f"{AT}/2026-06-30/signature", **hidden(asked))
    assert sent.headers["location"] == f"{AT}/2026-06-30/signature"


def test_a_rejection_has_a_reason_and_the_statement_is_drawn_up_anew(
    drawing: Visitor, signing: Visitor
) -> None:
    _draw_up(drawing)
    asked = signing.look(f"{AT}/2026-06-30/rejection")
    empty = signing.press(f"{AT}/2026-06-30/rejection", **hidden(asked), reason=" ")
    assert empty.status_code == 200
    assert 'aria-invalid="true"' in empty.text
    sent = signing.press(
        f"{AT}/2026-06-30/rejection", **hidden(asked), reason="The VAT is wrong"
    )
    assert sent.status_code == 303, words(sent)
    assert "The VAT is wrong" in drawing.read(f"{AT}/2026-06-30")
    assert "draws up anew" in drawing.read("/statements", year="2026")
    _draw_up(drawing)
    assert "1.2" in drawing.read(f"{AT}/2026-06-30")


def test_a_period_that_cannot_be_closed_says_why(drawing: Visitor) -> None:
    half = drawing.read(f"{AT}/draft", start="2026-01-15", end="2026-06-30")
    assert "whole calendar months" in half
    unread = drawing.read(f"{AT}/draft", start="soon", end="2026-06-30")
    assert "Write the day as 31.12.2026." in unread
    running = drawing.read(f"{AT}/draft", start="2026-01-01", end="2026-12-31")
    assert "Ends 31 December 2026" in running
    assert "Go to signing" not in running


def test_a_line_is_carried_over_by_name_or_nothing_is_drawn_up(
    drawing: Visitor, invoiced: Door
) -> None:
    dispute = {"verdict": "disputed", "post": "nurse", "reason": "never there"}
    path = f"/v1/invoices/{STAVANGER}/2026/1/decisions"
    day = {"Fagnett_Business_Day": "2026-07-10"}
    answer = invoiced.post(path, dispute, **day)
    assert answer.status_code == 201, answer.text
    assert "1 open line" in drawing.read(f"{AT}/draft", **DAYS)
    asked = drawing.look(f"{AT}/draw-up", **DAYS)
    assert "Carry over: Teaching, a, January–June 2026" in words(asked)
    where = f"{AT}/draw-up?start=2026-01-01&end=2026-06-30"
    refused = drawing.press(where, **hidden(asked), read="yes")
    assert refused.status_code == 409
    _draw_up(drawing)
    assert "the payer disputes the line" in drawing.read(f"{AT}/2026-06-30")


def test_statements_are_for_the_two_their_regions_and_auditors(
    drawing: Visitor, invoiced: Door
) -> None:
    _draw_up(drawing)
    for organisation, role, status in (
        (REGIONAL_AUTHORITY[Region.VEST], Role.READER, 200),
        (OTHER, Role.AUDITOR, 200),
        (OTHER, Role.READER, 403),
    ):
        visitor = Visitor(invoiced, organisation, role)
        assert visitor.look(f"{AT}/2026-06-30").status_code == status
        assert visitor.look(f"{AT}/draft", **DAYS).status_code == status
        listed = visitor.read("/statements", year="2026")
        assert ("No statements for 2026" in listed) is (status == 403)


def _close(drawing: Visitor, signing: Visitor) -> None:
    _draw_up(drawing)
    asked = signing.look(f"{AT}/2026-06-30/signature")
    fields = {**hidden(asked), **_ticked(asked.text)}
    assert signing.press(f"{AT}/2026-06-30/signature", **fields).status_code == 303


def test_netting_waits_for_what_is_closed(drawing: Visitor, signing: Visitor) -> None:
    before = signing.read("/netting", period_end="30.06.2026")
    assert "No statement until 30 June 2026 is closed" in before
    _close(drawing, signing)
    after = signing.read("/netting", period_end="2026-06-30")
    assert f"Trust {BERGEN} Trust {STAVANGER} 226,250.00" in after
    assert "Helse Vest 0.00" in after
    unread = signing.read("/netting", period_end="June")
    assert "Write the day as 31.12.2026." in unread


def test_each_asserts_what_its_books_say(drawing: Visitor, signing: Visitor) -> None:
    at = f"{AT}/asserted-balances"
    assert "No balance is asserted yet" in signing.read(at)
    said = {"day": "05.07.2026", "who": "we", "owed_ore": "226 250,00"}
    # The invoice is of 10 July: on the fifth nothing was owed.
    assert signing.press(at, **said).status_code == 303
    assert "Only one has asserted" in drawing.read(at)
    said = {**said, "who": "they", "owed_ore": "0"}
    assert drawing.press(at, **said).status_code == 303
    shown = signing.read(at)
    assert "5 July 2026 0.00" in shown
    assert "Differ" in shown
    refused = signing.press(at, day="yesterday", who="we", owed_ore="much")
    assert refused.status_code == 200
    assert 'value="yesterday"' in refused.text
    assert 'value="much"' in refused.text


def test_a_closed_statement_leads_on_to_pages_that_there_are(
    drawing: Visitor, signing: Visitor
) -> None:
    _close(drawing, signing)
    page = signing.look(f"{AT}/2026-06-30").text.partition("<main")[2]
    own = ("/statements", "/netting", "/v1/", "/settlement")
    found = set(re.findall(r'href="([^"#]+)"', page))
    followed = [html.unescape(each) for each in found if each.startswith(own)]
    assert len(followed) > 4
    for each in followed:
        assert signing.look(each).status_code == 200, each


@pytest.mark.parametrize("language", ["nb", "nn"])
def test_statements_are_read_in_norwegian_too(
    invoiced: Door, drawing: Visitor, language: str
) -> None:
    _draw_up(drawing)
    reader = Visitor(invoiced, BERGEN, language=language)
    pages = ("2026-06-30", "2026-06-30/signature", "2026-06-30/rejection")
    for each in (*pages, "asserted-balances", "draft?start=2026-07-01&end=2026-12-31"):
        assert reader.look(f"{AT}/{each}").status_code == 200
    for each in ("/statements?year=2026", "/netting"):
        assert reader.look(each).status_code == 200


def test_with_somebody_who_is_not_there_is_no_statement(drawing: Visitor) -> None:
    shown = drawing.look(f"/statements/{UNKNOWN}/{STAVANGER}/draft")
    assert shown.status_code == 404
