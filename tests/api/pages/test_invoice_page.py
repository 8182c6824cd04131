"""An invoice as a page: how its amount came about, who has said what, who may do what."""

from typing import Any

import pytest

from api.auth import Role
from tests.support.doors import INVOICED, Door
from tests.support.examples import BERGEN, OSLO, STAVANGER
from tests.support.visitors import Visitor, hidden, words

PAGE = f"/invoices/{STAVANGER}/2026/1"
LATER = {"Fagnett_Business_Day": "2026-07-20"}


def _said(door: Door, what: str, body: Any, **who: Any) -> None:
    """Record something about the invoice, some days after it came."""
    answer = door.post(f"{INVOICED}/{what}", body, **LATER, **who)
    assert answer.status_code == 201, answer.text


def _disputed(door: Door) -> None:
    body = {"verdict": "disputed", "post": "nurse", "reason": "empty in May"}
    _said(door, "decisions", body)


def test_the_amount_is_shown_with_its_days(invoiced: Door) -> None:
    shown = Visitor(invoiced).read(PAGE)
    assert f"Invoice 1 from Trust {STAVANGER}" in shown
    assert "226,250.00 kroner, due on 9 August 2026." in shown
    assert "Filled 1 January 2026 to 30 June 2026." in shown
    assert "181 181,000.00" in shown
    assert "VAT 45,250.00 25 per cent" in shown
    assert "Matches" in shown
    assert "8601 11 17947" in shown.replace("\u00a0", " ")
    assert "The buyer has recorded no reference" in shown


def test_what_is_recorded_since_is_told_with_its_entry(invoiced: Door) -> None:
    body = {"change": "vacated", "effective_on": "2026-06-01"}
    at = "/v1/posts/nurse/staffing"
    answer = invoiced.post(at, body, organisation=STAVANGER, **LATER)
    assert answer.status_code == 201, answer.text
    shown = Visitor(invoiced).read(PAGE)
    assert "Changed since" in shown
    assert "151,000.00" in shown
    later = {"Fagnett_Business_Day": "2026-12-31"}
    period = {"period_start": "2026-07-01", "period_end": "2026-12-31"}
    at = "/v1/agreements/a/invoices"
    answer = invoiced.post(at, period, organisation=STAVANGER, **later)
    assert answer.status_code == 201, answer.text
    answer = Visitor(invoiced).look(f"/invoices/{STAVANGER}/2026/2")
    shown = words(answer)
    assert "Change for January–June 2026" in shown
    assert "The post became vacant on 1 June 2026. That was recorded on" in shown
    assert "Invoiced 181,000.00 (181 days). Should have been 151,000.00" in shown
    assert "−30" in shown
    assert "No days of the period are filled." in shown
    assert f'href="/invoices/{STAVANGER}/2026/1"' in answer.text
    assert 'href="/history/vest/1/' in answer.text


@pytest.mark.rule("S1-33")
def test_two_persons_confirm_and_approve(invoiced: Door) -> None:
    buyer = Visitor(invoiced)
    assert "Confirm receipt Register a payment" in buyer.read(PAGE)
    asked = buyer.look(f"{PAGE}/confirm-receipt")
    assert "Confirm 226,250.00 kroner" in words(asked)
    answer = buyer.press(f"{PAGE}/confirm-receipt", **hidden(asked))
    assert answer.status_code == 303, words(answer)
    assert "Waits" in buyer.read(PAGE)
    # Of the same person, in another role.
    approver = Visitor(invoiced, role=Role.APPROVER)
    shown = approver.read(PAGE)
    assert "another person in the role of approver" in shown
    asked = approver.look(f"{PAGE}/approve")
    answer = approver.press(f"{PAGE}/approve", **hidden(asked))
    assert answer.status_code == 403


@pytest.mark.rule("S1-33")
def test_another_person_approves(invoiced: Door) -> None:
    _said(invoiced, "registration", {}, actor="somebody")
    approver = Visitor(invoiced, role=Role.APPROVER)
    assert "Approve for payment" in approver.read(PAGE)
    asked = approver.look(f"{PAGE}/approve")
    answer = approver.press(f"{PAGE}/approve", **hidden(asked))
    assert answer.status_code == 303, words(answer)
    again = approver.press(f"{PAGE}/approve", **hidden(asked))
    assert again.status_code == 412
    assert "Approve for payment" not in approver.read(PAGE)


def test_what_has_changed_since_it_was_read_is_not_confirmed(invoiced: Door) -> None:
    buyer = Visitor(invoiced)
    asked = buyer.look(f"{PAGE}/confirm-receipt")
    _disputed(invoiced)
    answer = buyer.press(f"{PAGE}/confirm-receipt", **hidden(asked))
    assert answer.status_code == 412
    assert "Nothing was recorded" in words(answer)


def test_a_line_is_disputed_talked_about_and_upheld(invoiced: Door) -> None:
    _said(invoiced, "registration", {}, actor="somebody")
    approver = Visitor(invoiced, role=Role.APPROVER)
    refused = approver.press(f"{PAGE}/dispute", post="nurse", reason=" ")
    assert refused.status_code == 200
    assert "Nothing was recorded" in words(refused)
    answer = approver.press(f"{PAGE}/dispute", post="nurse", reason="empty in May")
    assert answer.status_code == 303, words(answer)
    shown = approver.read(PAGE)
    assert "One of 1 lines is disputed, for 0 days." in shown
    assert "empty in May" in shown
    assert "Settle the dispute" in shown
    seller = Visitor(invoiced, STAVANGER)
    assert "Settle the dispute" not in seller.read(PAGE)
    said = {"answer": "write", "line": "nurse", "text": "She was there"}
    assert seller.press(f"{PAGE}/answer", **said).status_code == 303
    assert "She was there" in approver.read(PAGE)
    early = approver.press(f"{PAGE}/answer", answer="credited", line="nurse", text="?")
    assert early.status_code == 200
    assert ">?</textarea>" in early.text
    done = approver.press(f"{PAGE}/answer", answer="upheld", line="nurse", text="")
    assert done.status_code == 303, words(done)
    shown = approver.read(PAGE)
    assert "Ended: the talk about the line nurse" in shown
    assert "The line stands." in shown


def test_an_answer_that_is_none_is_refused(invoiced: Door) -> None:
    _disputed(invoiced)
    approver = Visitor(invoiced, role=Role.APPROVER)
    answer = approver.press(f"{PAGE}/answer", answer="nonsense", line="nurse")
    assert answer.status_code == 200
    assert "Nothing was recorded" in words(answer)


def test_strangers_read_nothing_and_readers_do_nothing(invoiced: Door) -> None:
    stranger = Visitor(invoiced, OSLO).look(PAGE)
    assert stranger.status_code == 403
    assert "226,250.00" not in words(stranger)
    _disputed(invoiced)
    for visitor in (
        Visitor(invoiced, role=Role.READER),
        Visitor(invoiced, OSLO, Role.AUDITOR),
    ):
        shown = visitor.read(PAGE)
        assert "226,250.00" in shown
        for action in ("Confirm receipt Re", "Send the answer", "Dispute the line"):
            assert action not in shown
        for what in ("confirm-receipt", "approve"):
            assert visitor.look(f"{PAGE}/{what}").status_code == 403
    seller = Visitor(invoiced, STAVANGER)
    assert seller.look(f"{PAGE}/confirm-receipt").status_code == 403


def test_a_form_of_another_session_is_refused(invoiced: Door) -> None:
    buyer = Visitor(invoiced, BERGEN, Role.APPROVER)
    sent = {"form": "0" * 64, "post": "nurse", "reason": "no"}
    assert buyer.press(f"{PAGE}/dispute", **sent).status_code == 403


def test_a_page_of_no_invoice_is_not_found(invoiced: Door) -> None:
    visitor = Visitor(invoiced)
    assert visitor.look(f"/invoices/{STAVANGER}/2026/9").status_code == 404
    assert visitor.look(f"{PAGE}/approve").status_code == 403
    assert visitor.look("/invoices/x/2026/9").status_code == 404


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_all_is_said_in_each_language(invoiced: Door, language: str) -> None:
    _disputed(invoiced)
    credit = {"reason": "agreed", "lines": [{"post": "nurse", "amount_ore": 100}]}
    _said(invoiced, "credits", credit, organisation=STAVANGER)
    visitor = Visitor(invoiced, role=Role.APPROVER, language=language)
    for path in (PAGE, f"/invoices/{STAVANGER}/2026/2"):
        assert "…" not in visitor.read(path)
