"""What is decided in a call is read by its funder and auditors alone until all know."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from api.auth import Caller, Role
from api.feed import entries_after
from api.owed_notices import due_notices
from domain.fact import Fact
from domain.grants.application import ApplicationPresented
from domain.grants.assessing import AssessApplication
from domain.grants.assessment import Conflict
from domain.grants.award import ApplicationDecided, AwardOutcome
from domain.grants.awarding import AnnounceAwards, DecideApplication
from domain.grants.funding import DisburseGrant
from domain.kind import NODE
from domain.obligations.notices import NoticeLanguage
from domain.obligations.noticing import ClaimNotice, ConfirmNotice
from domain.obligations.waiver import WaiveObligation
from tests.api.test_problems import is_problem
from tests.support.applications import (
    FINNMARK,
    NETWORKS,
    NORD,
    endorsed,
    present,
    submit,
)
from tests.support.doors import Door
from tests.support.examples import TROMSO
from tests.support.granting import CLOSED, OPENED, granting, on_day, record

NAME: Final = "kols-25"
APPLICANT: Final = {"organisation": TROMSO, "roles": (Role.READER,)}
ANOTHER: Final = {"organisation": FINNMARK, "roles": (Role.READER,)}
FUNDER: Final = {"organisation": NORD, "roles": (Role.READER,)}
AUDITOR: Final = {"organisation": FINNMARK, "roles": (Role.AUDITOR,)}
READERS: Final = (APPLICANT, ANOTHER, FUNDER, AUDITOR)
CLOSED_TO_ALL: Final = {"application.assessed", "application.decided", "grant.disbursed", "obligation.waived"}  # fmt: skip
OF_APPLICANT: Final = {"application.presented", "application.endorsed", "application.submitted", "call.application_listed"}  # fmt: skip
FIRST: Final = timedelta(days=1)


def decision() -> DecideApplication:
    return DecideApplication(
        application=NAME,
        outcome=AwardOutcome.PARTLY_GRANTED,
        amount_ore=43_21,
        reason="Good",
        role="rhf_director",
        decided_by="p-decider",
    )


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """Open a node at which money is awarded and paid, and nothing is announced."""
    with granting(tmp_path) as found:
        record(found, TROMSO, OPENED, *endorsed(), submit())
        conflict = AssessApplication(
            application=NAME, assessor="p-assessor", conflict=Conflict.FAMILY
        )
        pay = DisburseGrant(
            application=NAME, amount_ore=43_21, payee=TROMSO, paid_on=CLOSED + FIRST
        )
        waive = WaiveObligation(
            obligation=f"grant/{NAME}/use", by="p-decider", reason="Other"
        )
        record(found, NORD, CLOSED, conflict, decision())
        record(found, NORD, CLOSED + FIRST, pay, waive)
        yield found


def announce(door: Door) -> None:
    announce_on(door, CLOSED + FIRST)


def announce_on(door: Door, day: date) -> None:
    record(door, NORD, day, AnnounceAwards(call=NETWORKS))


def caller(who: dict[str, Any]) -> Caller:
    return Caller("tester", who["organisation"], frozenset(who["roles"]))


def heard(door: Door, who: dict[str, Any]) -> set[str]:
    """Kinds of entries that somebody hears of."""
    found, _ = entries_after(door.node, caller(who), {})
    return {each.row.type.rpartition(".")[0] for each in found}


def place(door: Door, kind: type[Fact]) -> str:
    """Address of the entry of a kind."""
    rows = door.node.journal.entries("nord", 0, 1000)
    (found,) = (each for each in rows if each.type == kind.TYPE)
    return f"/v1/entries/{found.id}"


def owed(door: Door, who: dict[str, Any]) -> set[str]:
    items = door.get("/v1/obligations?year=2025", **who).json()["items"]
    return {each["id"] for each in items if each["id"].startswith("grant/")}


def granted(door: Door, who: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = door.get("/v1/grants", **who).json()["items"]
    return found


def test_entries_are_told_by_whom_they_are_for(door: Door) -> None:
    assert heard(door, FUNDER) == heard(door, AUDITOR) >= CLOSED_TO_ALL | OF_APPLICANT
    assert heard(door, APPLICANT) & (CLOSED_TO_ALL | OF_APPLICANT) == OF_APPLICANT
    assert not heard(door, ANOTHER) & (CLOSED_TO_ALL | OF_APPLICANT)
    announce(door)
    assert all(heard(door, who) >= CLOSED_TO_ALL | OF_APPLICANT for who in READERS)


def test_notices_of_money_are_told_by_whom_it_is_told_of(door: Door) -> None:
    lapses = date(2026, 1, 1)
    claim = ClaimNotice(
        obligation=f"grant/{NAME}/lapse",
        step=lapses.isoformat(),
        to=NORD,
        language=NoticeLanguage.BOKMAL,
    )
    confirm = ConfirmNotice(
        obligation=claim.obligation, step=claim.step, to=NORD, message_id="<1@nord.no>"
    )
    assert due_notices(door.node, NORD, lapses)
    record(door, NORD, lapses, claim, confirm, actor=NODE)
    notices = {"notice.claimed", "notice.sent"}
    for who in (FUNDER, AUDITOR):
        assert heard(door, who) >= notices
    for who in (APPLICANT, ANOTHER):
        assert not heard(door, who) & notices
    announce_on(door, lapses)
    assert all(heard(door, who) >= notices for who in READERS)


def test_who_is_not_told_of_money_is_reminded_of_nothing(tmp_path: Path) -> None:
    use = date(2025, 10, 1)
    with granting(tmp_path) as door:
        record(door, TROMSO, OPENED, *endorsed(), submit())
        record(door, NORD, CLOSED, decision())
        on_day(door, use)
        assert not due_notices(door.node, TROMSO, use)
        announce_on(door, use)
        (due,) = due_notices(door.node, TROMSO, use)
        assert due.obligation == f"grant/{NAME}/use"


def test_an_entry_that_is_not_announced_is_not_found(door: Door) -> None:
    award, application = place(door, ApplicationDecided), place(door, ApplicationPresented)  # fmt: skip
    for who in (APPLICANT, ANOTHER):
        is_problem(door.get(award, **who), 404, "not_found")
    is_problem(door.get(application, **ANOTHER), 404, "not_found")
    for who in (FUNDER, AUDITOR):
        assert door.get(award, **who).status_code == 200
    assert door.get(application, **APPLICANT).status_code == 200
    announce(door)
    assert door.get(award, **ANOTHER).status_code == 200


def test_grants_are_listed_without_what_is_not_announced(door: Door) -> None:
    grants = {
        f"{who['organisation']}{who['roles'][0]}": granted(door, who) for who in READERS
    }
    assert grants[f"{FINNMARK}reader"] == []
    (own,) = grants[f"{TROMSO}reader"]
    assert own["status"] == "submitted"
    assert own["awarded"] == own["disbursed"] == own["left"] == 0
    for name in (f"{NORD}reader", f"{FINNMARK}auditor"):
        (whole,) = grants[name]
        assert whole["status"] == "partly_granted"
        assert whole["awarded"] == whole["disbursed"] == 43_21
    announce(door)
    (known,) = door.get("/v1/grants", **ANOTHER).json()["items"]
    assert known["awarded"] == 43_21
    before = f"/v1/grants?as_of={CLOSED}"
    assert door.get(before, **ANOTHER).json()["items"][0]["awarded"] == 43_21


def test_a_page_of_grants_goes_on_past_those_of_others(tmp_path: Path) -> None:
    with granting(tmp_path) as door:
        for name in ("a", "c"):
            record(door, FINNMARK, OPENED, present(application=name, trust=FINNMARK))
        for name in ("b", "d"):
            record(door, TROMSO, OPENED, present(application=name))
        page = door.get("/v1/grants?limit=1", **APPLICANT).json()
        assert [each["application"] for each in page["items"]] == ["b"]
        following = f"/v1/grants?limit=1&cursor={page['next_cursor']}"
        (found,) = door.get(following, **APPLICANT).json()["items"]
        assert found["application"] == "d"


def test_the_portfolio_of_a_call_is_not_announced(door: Door) -> None:
    path = f"/v1/calls/{NETWORKS}/portfolio"
    for who in (APPLICANT, ANOTHER):
        is_problem(door.get(path, **who), 403, "not_announced")
    assert door.get(path, **FUNDER).json()["awarded_ore"] == 43_21
    assert door.get(path, **AUDITOR).json()["awarded_ore"] == 43_21
    announce(door)
    assert door.get(path, **ANOTHER).json()["awarded_ore"] == 43_21


def test_what_is_owed_of_money_does_not_tell_of_it(door: Door) -> None:
    assert owed(door, FUNDER) == owed(door, AUDITOR) != set()
    assert owed(door, APPLICANT) == owed(door, ANOTHER) == set()
    one = f"/v1/obligations/grant%2F{NAME}%2Fuse"
    is_problem(door.get(one, **APPLICANT), 404, "not_found")
    assert door.get(one, **FUNDER).status_code == 200
    announce(door)
    assert owed(door, APPLICANT) == owed(door, FUNDER)


def test_what_is_warned_of_an_application_is_its_trusts(door: Door) -> None:
    path = f"/v1/applications/{NAME}/warnings"
    is_problem(door.get(path, **ANOTHER), 404, "not_found")
    for who in (APPLICANT, FUNDER, AUDITOR):
        assert door.get(path, **who).json() == []
