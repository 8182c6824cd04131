"""The money of a grant: paid, used, reported, carried over, lapsed, repaid; and its call."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from api.auth import Role
from domain.grants.awarding import AnnounceAwards
from domain.grants.rules import ReportRule, UseRule
from tests.api.pages.test_grant_pages import CALL, done, submitted
from tests.support.applications import NETWORKS, NORD
from tests.support.doors import Door
from tests.support.examples import TROMSO
from tests.support.granting import CLOSED, Person, granting, on_day, record
from tests.support.visitors import hidden, words

GRANTED = {
    "outcome": "granted",
    "reason": "God plan",
    "role": "rhf_director",
    "decided_by": "Rolf Tho",
}
REPORT = ReportRule(
    key="final",
    words="Sluttrapport",
    rule="S0-09",
    due_on=date(2026, 1, 15),
    declares=("no_ordinary_operations",),
)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """Open a node whose authority has a call that asks for a report."""
    use = UseRule(last_day=date(2025, 12, 31), remainder="carried_by_decision")
    with granting(tmp_path, reports=(REPORT,), use=use) as found:
        yield found


@pytest.fixture
def at(door: Door) -> str:
    """Give an application that was granted in a call that is announced."""
    at = submitted(door, Person(door, TROMSO, Role.SECRETARY, "Per Li"))
    on_day(door, CLOSED)
    done(Person(door, NORD, Role.DECIDER, "Rolf Tho"), f"{at}/decide", **GRANTED)
    return at


def announced(door: Door) -> None:
    """Announce what was decided."""
    record(door, NORD, CLOSED, AnnounceAwards(call=NETWORKS))


def test_money_is_paid_used_lapsed_and_repaid(door: Door, at: str) -> None:
    announced(door)
    payer = Person(door, NORD, Role.CONTROLLER, "Siri Foss")
    user = Person(door, TROMSO, Role.CONTROLLER, "Ola Moe")
    money = f"{at}/money"
    assert "The money: Fagnettverk KOLS" in payer.read(money)
    paid = {"amount_ore": "120 000,00", "paid_on": "03.02.2025"}
    early = words(payer.press(f"{money}/disburse", **{**paid, "paid_on": "01.02.2025"}))
    assert "Write a day from the decision on." in early
    assert "120,000.00" in done(payer, f"{money}/disburse", **paid)
    spent = {
        "cost": "1",
        "line": "Tre foredragsholdere",
        "amount_ore": "85 000,50",
        "incurred_on": "10.02.2025",
        "text": "Tog",
    }
    shown = done(user, f"{money}/cost", **spent)
    assert "85,000.50" in shown
    assert "34,999.50" in shown
    more = words(user.press(f"{money}/cost", **{**spent, "cost": "2"}))
    assert "Write a lower amount" in more
    soon = words(payer.press(f"{money}/lapse"))
    assert "Wait until the period of use is over." in soon
    on_day(door, date(2026, 1, 2))
    shown = done(payer, f"{money}/lapse")
    assert "The period of use is over" in shown
    assert "34,999.50 to repay" in user.read("/grants")
    paid = {"amount_ore": "30 000,00", "paid_on": "02.01.2026"}
    assert "4,999.50 to repay" in done(user, f"{money}/repay", **paid)
    beyond = {**paid, "amount_ore": "5 000,00"}
    too_much = words(user.press(f"{money}/repay", **beyond))
    assert "only what the lapse asks for is repaid" in too_much


def test_the_rest_is_carried_over_once(door: Door, at: str) -> None:
    announced(door)
    payer = Person(door, NORD, Role.CONTROLLER, "Siri Foss")
    carried = {"use_until": "31.12.2026", "reason": "Forsinket"}
    shown = done(payer, f"{at}/money/carry-over", **carried)
    assert "Carried over: may be used until 31 December 2026" in shown
    assert f"{at}/money/carry-over" not in payer.look(f"{at}/money").text


def test_a_report_declares_and_is_returned_and_approved(door: Door, at: str) -> None:
    announced(door)
    per = Person(door, TROMSO, Role.SECRETARY, "Per Li")
    rolf = Person(door, NORD, Role.DECIDER, "Rolf Tho")
    report = f"{at}/reports/final"
    assert "Not submitted" in per.read(f"{at}/money")
    assert "Incomplete" in words(per.press(f"{report}/submit"))
    declared = {"declares.no_ordinary_operations": "yes"}
    file = "document-file"
    answer = per.give(f"{report}/submit", "a.exe", b"MZ", file, **declared)
    assert "Nothing is recorded" in words(answer)
    asked = per.give(f"{report}/submit", "r.txt", b"text", file, **declared)
    assert "The report as a file Attached" in words(asked)
    sent = per.press(f"{report}/submit", **hidden(asked))
    shown = per.read(sent.headers["location"].partition("?")[0])
    assert "awaits approval" in shown
    assert "Fetch the document" in shown
    assert "Returned" in done(rolf, f"{report}/return")
    assert "awaits approval" in done(per, f"{report}/submit", **declared)
    assert "Approved" in done(rolf, f"{report}/approve")
    for path in (f"{at}/reports/none/submit", f"{report}/none", f"{at}/money/none"):
        assert per.look(path).status_code == 404
        assert per.press(path).status_code == 404


def test_the_applicant_sees_no_money_before_it_is_announced(
    door: Door, at: str
) -> None:
    user = Person(door, TROMSO, Role.CONTROLLER, "Ola Moe")
    assert user.look(f"{at}/money").status_code == 422
    assert "120,000.00" in user.read("/grants")
    decider = Person(door, NORD, Role.DECIDER, "Rolf Tho")
    assert "Can be announced" in decider.read("/grants")
    assert "Announce the decisions" in decider.read(CALL)
    assert "1 decided" in done(decider, f"{CALL}/announce")
    assert "Can be announced" not in decider.read("/grants")
    assert "God plan" in user.read(at)
    assert user.look(f"{at}/money").status_code == 200


def test_a_call_shows_its_rules_and_where_they_come_from(door: Door) -> None:
    per = Person(door, TROMSO, Role.SECRETARY, "Per Li")
    shown = per.read(CALL)
    assert "Begin an application" in shown
    assert "1 February 2025 at 23:59, Norwegian time. Not moved. S0-02 K-15" in shown
    assert "Servering av alkohol: not covered S0-30" in shown
    assert "Sluttrapport: 15 January 2026 S0-09" in shown
    assert "First version" in shown
    assert "Applications" not in shown
    for language in ("nb", "nn"):
        assert "S0-30" in per.read(CALL, language=language)
    assert per.look("/grants/calls/none").status_code == 404
    assert per.look(f"{CALL}/none").status_code == 404


def test_the_funder_sees_applications_with_rank_and_scores(door: Door, at: str) -> None:
    nina = Person(door, NORD, Role.SECRETARY, "Nina Os")
    shown = nina.read(CALL)
    assert "One application, 1 decided." in shown
    assert "Fagnettverk KOLS Trust 983974899" in shown
    assert "None declared" in shown
    per = Person(door, TROMSO, Role.SECRETARY, "Per Li")
    assert "Granted" not in per.read(CALL)
    assert "None declared" not in per.read(CALL)
    assert at in per.look(CALL).text
