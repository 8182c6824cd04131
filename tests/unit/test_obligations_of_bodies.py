"""What is owed of bodies and seats, row for row of the rule book (§7)."""

from datetime import date
from typing import Any

import pytest

from domain.governance.activity import ACTIVITY, ActivityReported
from domain.governance.body import (
    BODY,
    NETWORK_BODIES,
    AssignmentOrdered,
    BodyChartered,
    BodyKind,
    BodyListed,
    ChairElected,
    Seat,
)
from domain.governance.gathering import (
    GATHERINGS,
    LISTED_GATHERINGS,
    GatheringHeld,
    GatheringKind,
    GatheringListed,
    listed_key,
)
from domain.governance.plan import PLAN, Measure, PlanAdopted
from domain.governance.seat import SEAT, SeatFilled, SeatVacated, seat_key
from domain.obligations.derive import SourceKind
from domain.obligations.obligation import Obligation, ObligationState
from domain.parties.authority import AUTHORITY, NetworkClosed
from domain.parties.participation import PARTICIPATION, ParticipationDeclared
from domain.values import (
    NetworkKind,
)
from tests.support.owed import (
    BERGEN,
    FONNA,
    STORD,
    Told,
    days,
    is_due,
    network,
)


def body(kind: BodyKind, day: str = "2025-01-01", **more: Any) -> Told:
    """Return a history with a body of a local network, which has one seat."""
    told = network(NetworkKind.LOCAL)
    for name, organisation in (("fonna", FONNA), ("stord", STORD)):
        declared = ParticipationDeclared(
            network="n", participant=name, organisation=organisation, unit=""
        )
        told.say("2024-01-01", PARTICIPATION, "n", declared)
    told.say(day, BODY, "b", chartered("b", kind, **more))
    told.say(day, NETWORK_BODIES, "n", BodyListed(network="n", body="b"))
    return told


def chartered(name: str, kind: BodyKind, **more: Any) -> BodyChartered:
    """Return a first version of a body's charter."""
    whole: dict[str, Any] = {
        "network": "n",
        "organisation": BERGEN,
        "term_years": 2,
        "seats": (Seat(seat="s", participants=("fonna", "stord")),),
    }
    return BodyChartered(body=name, version=1, kind=kind, **whole | more)


def owed_of_body(told: Told, day: str) -> dict[str, Obligation]:
    """Return what is owed of the body up to the end of that year."""
    return told.owed(SourceKind.BODY, "b", day, int(day[:4]))


def held(kind: GatheringKind, day: str, *attended: str) -> GatheringHeld:
    """Return a gathering."""
    return GatheringHeld(
        body="b",
        gathering=day,
        kind=kind,
        held_on=date.fromisoformat(day),
        attended=attended,
    )


def met(told: Told, day: str, of: str, gathering: GatheringHeld) -> None:
    """Say that a body has held a gathering, and list who attended it."""
    told.say(day, GATHERINGS, of, gathering)
    for place in gathering.attended:
        listed = GatheringListed(of=place, body=of, gathering=gathering.gathering)
        told.say(day, LISTED_GATHERINGS, listed_key(place), listed)


@pytest.mark.rule("S4-69")
@pytest.mark.rule("S4-71")
def test_a_group_gathers_twice_a_year_in_turn() -> None:
    told = body(BodyKind.NETWORK_GROUP, rotation=("fonna", "stord"))
    told.say("2025-04-11", GATHERINGS, "b", held(GatheringKind.LOCAL, "2025-04-10"))
    owed = owed_of_body(told, "2025-05-01")
    is_due(owed["body/b/gathering/2025-1"], "2025-06-30", "2025-04-10")
    is_due(owed["body/b/gathering/2025-2"], "2025-12-31")
    assert owed["body/b/gathering/2025-1"].owed_by == STORD
    assert owed["body/b/gathering/2025-2"].owed_by == FONNA


@pytest.mark.parametrize(
    ("day", "left"),
    [
        ("2025-01-01", ["2025-1", "2025-2"]),
        ("2025-01-02", ["2025-2"]),
        ("2025-06-30", ["2025-2"]),
        ("2025-07-01", []),
    ],
)
def test_a_new_group_gathers_from_the_half_year_after(
    day: str, left: list[str]
) -> None:
    told = body(BodyKind.NETWORK_GROUP, day)
    owed = owed_of_body(told, "2025-12-01")
    found = [each.rpartition("/")[2] for each in owed if "/gathering/" in each]
    assert found == left


@pytest.mark.rule("S4-70")
def test_a_joint_gathering_of_any_body_does() -> None:
    told = body(BodyKind.NETWORK_GROUP)
    other = chartered("d", BodyKind.COMMITTEE, network=None)
    told.say("2025-01-02", BODY, "d", other)
    is_due(owed_of_body(told, "2025-05-01")["body/b/joint/2025"], "2025-12-31")
    joint = held(GatheringKind.JOINT, "2025-09-15", "b")
    met(told, "2025-09-16", "d", joint)
    owed = owed_of_body(told, "2025-10-01")["body/b/joint/2025"]
    is_due(owed, "2025-12-31", "2025-09-15")


@pytest.mark.rule("S4-85")
def test_a_professional_day_should_be_held() -> None:
    told = body(BodyKind.OPERATING_GROUP)
    owed = owed_of_body(told, "2025-05-01")["body/b/professional-day/2025"]
    assert not owed.must


@pytest.mark.rule("S4-23")
@pytest.mark.rule("S4-83")
@pytest.mark.rule("S4-28")
@pytest.mark.rule("S4-29")
@pytest.mark.rule("S4-67")
@pytest.mark.rule("S4-87")
def test_a_plan_and_a_report_are_due_on_the_days_of_the_charter() -> None:
    told = body(BodyKind.STEERING_GROUP, plan_due="11-30", report_due="01-31")
    plan = PlanAdopted(
        body="b",
        year=2026,
        strategy="x",
        measures=(Measure(measure="m", area="f", text="x"),),
    )
    told.say("2025-12-02", PLAN, "b", plan)
    owed = owed_of_body(told, "2025-12-31")
    assert owed["body/b/plan/2026"].state(date(2025, 12, 31)) is ObligationState.LATE
    is_due(owed["body/b/plan/2026"], "2025-11-30", "2025-12-02")
    is_due(owed["body/b/report/2025"], "2026-01-31")
    assert "body/b/plan/2025" not in owed


@pytest.mark.rule("S4-80")
@pytest.mark.rule("S4-94")
def test_a_chair_is_elected_again_before_the_term_ends() -> None:
    told = body(BodyKind.STEERING_GROUP)
    first_chair = ChairElected(
        body="b", seat="s", elected_on=date(2025, 2, 1), until_on=date(2027, 1, 31)
    )
    told.say("2025-02-01", BODY, "b", first_chair)
    owed = owed_of_body(told, "2026-12-01")["body/b/chair/2027-01-31"]
    is_due(owed, "2027-01-31")
    assert owed.remind_on == days("2026-07-31", "2026-10-31")
    second = first_chair.model_copy(update={"until_on": date(2029, 1, 31)})
    told.say("2027-01-15", BODY, "b", second)
    owed = owed_of_body(told, "2027-02-01")["body/b/chair/2027-01-31"]
    is_due(owed, "2027-01-31", "2027-01-15")


@pytest.mark.rule("S4-97")
def test_a_report_is_followed_up_by_a_meeting_of_who_gets_it() -> None:
    told = body(BodyKind.OPERATING_GROUP, reports_to="top")
    top = chartered("top", BodyKind.COMMITTEE, network=None, organisation=FONNA)
    told.say("2024-01-01", BODY, "top", top)
    report = ActivityReported(of="b", year=2025, to=("top",))
    told.say("2026-01-15", ACTIVITY, "b", report)
    owed = owed_of_body(told, "2026-02-01")["body/top/follow-up/b/2025"]
    is_due(owed, "2026-04-15")
    assert owed.owed_by == FONNA
    told.say("2026-03-02", GATHERINGS, "top", held(GatheringKind.MEETING, "2026-03-01"))
    owed = owed_of_body(told, "2026-04-01")["body/top/follow-up/b/2025"]
    is_due(owed, "2026-04-15", "2026-03-01")


@pytest.mark.rule("S4-97")
def test_a_follow_up_falls_away_with_the_network_of_who_owes_it() -> None:
    told = body(BodyKind.OPERATING_GROUP, reports_to="top")
    top = chartered("top", BodyKind.COMMITTEE, network="m", organisation=FONNA)
    told.say("2024-01-01", BODY, "top", top)
    report = ActivityReported(of="b", year=2025, to=("top",))
    told.say("2026-01-15", ACTIVITY, "b", report)
    for closed, is_owed in (("n", True), ("m", False)):
        fact = NetworkClosed(
            network=closed, authority=FONNA, closes_on=date(2026, 2, 1), reason=""
        )
        told.say("2026-01-20", AUTHORITY, closed, fact)
        owed = owed_of_body(told, "2026-02-01")
        assert ("body/top/follow-up/b/2025" in owed) is is_owed


@pytest.mark.rule("S4-28")
@pytest.mark.rule("S4-26")
def test_of_a_closed_network_reports_of_its_years_stay_and_nothing_else() -> None:
    told = body(BodyKind.STEERING_GROUP, plan_due="11-30", report_due="01-31")
    order = AssignmentOrdered(
        body="b", assignment="report", network="n", text="x", due_on=date(2025, 12, 31)
    )
    told.say("2025-05-01", BODY, "b", order)
    fact = NetworkClosed(
        network="n", authority=FONNA, closes_on=date(2025, 10, 1), reason=""
    )
    told.say("2025-09-01", AUTHORITY, "n", fact)
    assert [*owed_of_body(told, "2026-12-31")] == ["body/b/report/2025"]


@pytest.mark.rule("S4-26")
def test_an_assignment_is_done_by_the_next_report() -> None:
    told = body(BodyKind.COMMITTEE)
    order = AssignmentOrdered(
        body="b", assignment="o", network="n", text="x", due_on=date(2025, 12, 31)
    )
    told.say("2025-05-01", BODY, "b", order)
    owed = owed_of_body(told, "2025-06-01")["assignment/b/o"]
    is_due(owed, "2025-12-31")
    assert owed.owed_by == BERGEN


def filled(from_on: str, until_on: str, participant: str = "stord") -> SeatFilled:
    """Return a term."""
    return SeatFilled(
        body="b",
        seat="s",
        participant=participant,
        person="p1",
        from_on=date.fromisoformat(from_on),
        until_on=date.fromisoformat(until_on),
    )


def vacated(left_on: str) -> SeatVacated:
    """Return the end of a term."""
    return SeatVacated(
        body="b", seat="s", participant="stord", left_on=date.fromisoformat(left_on)
    )


@pytest.mark.rule("S4-11")
@pytest.mark.rule("S4-12")
def test_a_vacant_seat_is_filled_and_others_are_told() -> None:
    told = body(BodyKind.OPERATING_GROUP)
    key = seat_key("b", "s")
    told.say("2025-02-01", SEAT, key, filled("2025-02-01", "2027-01-31"))
    told.say("2025-03-02", SEAT, key, vacated("2025-03-01"))
    owed = owed_of_body(told, "2025-04-01")["seat/b/s/vacancy/2025-03-01"]
    is_due(owed, "2025-04-30")
    assert (owed.owed_by, owed.tell) == (FONNA, (BERGEN,))
    assert owed.remind_on == days("2025-03-15", "2025-03-31")
    told.say("2025-06-01", SEAT, key, filled("2025-06-01", "2027-05-31"))
    owed = owed_of_body(told, "2025-07-01")["seat/b/s/vacancy/2025-03-01"]
    is_due(owed, "2025-04-30", "2025-06-01")


@pytest.mark.rule("S4-10")
@pytest.mark.rule("S4-13")
@pytest.mark.rule("S4-86")
def test_a_new_resource_person_is_welcomed_while_the_term_runs() -> None:
    told = body(BodyKind.NETWORK_GROUP)
    key = seat_key("b", "s")
    told.say("2025-02-01", SEAT, key, filled("2025-02-01", "2027-01-31"))
    owed = owed_of_body(told, "2025-03-01")["seat/b/s/welcome/2025-02-01"]
    is_due(owed, "2025-04-02")
    assert owed.owed_by == STORD
    meeting = held(GatheringKind.EXPECTATION_MEETING, "2025-03-03", "b/s")
    met(told, "2025-03-03", "b", meeting)
    owed = owed_of_body(told, "2025-03-04")["seat/b/s/welcome/2025-02-01"]
    is_due(owed, "2025-04-02", "2025-03-03")


@pytest.mark.parametrize(("left_on", "is_owed"), [("2025-04-02", 0), ("2025-04-03", 1)])
def test_who_leaves_in_time_is_not_to_be_welcomed(left_on: str, is_owed: int) -> None:
    told = body(BodyKind.NETWORK_GROUP)
    key = seat_key("b", "s")
    told.say("2025-02-01", SEAT, key, filled("2025-02-01", "2027-01-31"))
    told.say("2025-04-10", SEAT, key, vacated(left_on))
    owed = owed_of_body(told, "2025-05-01")
    assert len([each for each in owed if "/welcome/" in each]) == is_owed


@pytest.mark.rule("S4-14")
@pytest.mark.rule("S4-68")
def test_who_holds_a_seat_on_1_july_is_met_and_reports() -> None:
    told = body(BodyKind.NETWORK_GROUP)
    told.say("2025-02-01", SEAT, seat_key("b", "s"), filled("2025-07-01", "2027-06-30"))
    report = ActivityReported(of="b/s", year=2025, to=("b",))
    told.say("2026-01-20", ACTIVITY, "b:s", report)
    owed = owed_of_body(told, "2026-02-01")
    is_due(owed["seat/b/s/meeting/2025"], "2025-12-31")
    is_due(owed["seat/b/s/report/2025"], "2026-01-31", "2026-01-20")
    reminded = days("2025-12-01", "2026-01-15")
    assert owed["seat/b/s/report/2025"].remind_on == reminded


@pytest.mark.rule("S4-79")
@pytest.mark.rule("S4-91")
def test_a_term_is_renewed_unless_it_was_left() -> None:
    told = body(BodyKind.STEERING_GROUP)
    key = seat_key("b", "s")
    told.say("2025-02-01", SEAT, key, filled("2025-02-01", "2027-01-31"))
    owed = owed_of_body(told, "2026-02-01")
    is_due(owed["seat/b/s/renewal/2027-01-31"], "2027-01-31")
    told.say("2026-03-01", SEAT, key, vacated("2026-03-01"))
    owed = owed_of_body(told, "2026-04-01")
    assert "seat/b/s/renewal/2027-01-31" not in owed
