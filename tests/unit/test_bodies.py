"""An organisation charters a body, with its seats, by one version after the other."""

from datetime import date
from typing import Any

import pytest

from domain.governance.body import (
    BODY,
    COMMITTEES,
    NETWORK_BODIES,
    BodyChartered,
    BodyKind,
    BodyListed,
    CommitteeListed,
    Seat,
    bodies_of,
)
from domain.governance.chartering import CharterBody
from domain.governance.codes import GovernanceCode
from domain.parties.participation import ParticipationCode
from domain.refusal import Code
from domain.values import Region
from tests.support.examples import BERGEN, OSLO, UNKNOWN
from tests.support.governed import (
    COMMITTEE,
    HILLS,
    KARMOY,
    NETWORK,
    PARTIES,
    STEERING,
    body,
    governed,
    seat,
)
from tests.support.scenario import Scenario

UNIT = BodyKind.COORDINATING_UNIT
GROUP = BodyKind.NETWORK_GROUP


def joined(*commands: CharterBody) -> Scenario:
    """Return a history of a network with its participants, and some bodies."""
    return Scenario().given(*PARTIES, *NETWORK, *commands)


def again(command: CharterBody, **changes: Any) -> CharterBody:
    """Return the next version of a body."""
    return command.model_copy(update={"version": command.version + 1, **changes})


@pytest.mark.rule("S4-09")
def test_a_body_is_chartered_and_listed_under_its_network() -> None:
    scenario = joined().given(body("unit", UNIT, seat("stord"), seat("oslo")))
    scenario.then(
        BodyChartered(
            body="unit",
            version=1,
            kind=UNIT,
            network="kreft",
            organisation=BERGEN,
            term_years=2,
            seats=(
                Seat(seat="oslo", participants=("oslo",)),
                Seat(seat="stord", participants=("stord",)),
            ),
        ),
        BodyListed(network="kreft", body="unit"),
    )
    assert [each.stream for each in scenario.appended] == [
        BODY.stream(Region.VEST, "unit"),
        NETWORK_BODIES.stream(Region.VEST, "kreft"),
    ]


@pytest.mark.rule("S4-01", "S4-102")
def test_a_committee_is_listed_under_its_organisation() -> None:
    scenario = joined(COMMITTEE)
    assert scenario.recorded(CommitteeListed) == CommitteeListed(
        organisation=KARMOY, body="ssu"
    )
    assert scenario.state(COMMITTEES, KARMOY).names == ("ssu",)
    scenario.given(again(COMMITTEE))
    assert len(scenario.appended) == 1


def test_nobody_charters_for_another() -> None:
    joined().when(HILLS, organisation=OSLO, region=Region.SOROST).refused(
        Code.NOT_ENTITLED
    )


def test_organisation_and_network_are_known() -> None:
    strange = HILLS.model_copy(update={"organisation": UNKNOWN, "network": "other"})
    joined().when(strange).refused(Code.UNKNOWN_ORGANISATION, "organisation")
    elsewhere = HILLS.model_copy(update={"network": "other"})
    joined().when(elsewhere, organisation=OSLO).refused(Code.UNKNOWN_NETWORK, "network")


def test_a_version_follows_the_last() -> None:
    scenario = joined(HILLS)
    scenario.when(HILLS).unchanged()
    scenario.when(again(HILLS, version=3)).refused(Code.INVALID_ROW, "version")
    scenario.when(again(HILLS, version=1, term_years=3)).refused(
        Code.CONFLICTING_ROW, "version"
    )
    scenario.given(again(HILLS, term_years=3))
    assert [each.term_years for each in scenario.state(BODY, "hills").versions] == [
        2,
        3,
    ]
    scenario.when(HILLS).unchanged()
    joined().when(again(HILLS)).refused(Code.INVALID_ROW, "version")


@pytest.mark.parametrize(
    ("member", "other"),
    [("kind", UNIT), ("network", None), ("organisation", OSLO)],
)
def test_a_version_is_of_the_same_body(member: str, other: object) -> None:
    joined(HILLS).when(again(HILLS, **{member: other})).refused(
        Code.INVALID_ROW, member
    )


def test_a_body_reports_to_and_is_appointed_by_bodies_that_are_known() -> None:
    strange = body("unit", UNIT, seat("nobody"), reports_to="other")
    joined().when(strange).refused(GovernanceCode.UNKNOWN_BODY, "reports_to")
    appointed = body("unit", UNIT, seat("nobody", appointed_by="other"))
    joined().when(appointed).refused(GovernanceCode.UNKNOWN_BODY, "seats")
    joined(COMMITTEE).given(body("unit", UNIT, seat("oslo"), reports_to="ssu"))


@pytest.mark.parametrize(
    ("member", "content"),
    [
        ("seats", (seat("s", "oslo", "nobody"),)),
        ("chair_excluded", ("nobody",)),
        ("rotation", ("oslo", "nobody")),
    ],
)
def test_a_body_names_participants_of_its_network(member: str, content: object) -> None:
    strange = body("unit", UNIT, **{member: content})
    joined().when(strange).refused(ParticipationCode.UNKNOWN_PARTICIPANT, member)


def test_a_body_without_a_network_names_no_participants() -> None:
    joined().given(body("unit", UNIT, network=None))
    alone = body("unit", UNIT, seat("oslo"), network=None)
    joined().when(alone).refused(ParticipationCode.UNKNOWN_PARTICIPANT, "seats")


@pytest.mark.rule("S4-72")
def test_a_network_has_one_steering_group_and_several_operating_groups() -> None:
    scenario = governed(
        body("second", BodyKind.OPERATING_GROUP), again(STEERING, term_years=3)
    )
    groups = bodies_of("kreft", scenario, BodyKind.OPERATING_GROUP)
    assert [*groups] == ["operating", "second"]
    assert bodies_of("kreft", scenario)["steering"].term_years == 3
    scenario.given(body("alone", BodyKind.STEERING_GROUP, network=None))


@pytest.mark.rule("S4-72")
def test_a_second_steering_group_is_refused() -> None:
    kor = body("second", BodyKind.STEERING_GROUP, seat("kor"))
    governed().when(kor).refused(GovernanceCode.STEERING_GROUP_EXISTS, "kind")


@pytest.mark.rule("S4-90")
def test_who_is_represented_by_another_sits_in_other_bodies() -> None:
    joined().given(
        body("steering", BodyKind.STEERING_GROUP, seat("kf")),
        body("operating", BodyKind.OPERATING_GROUP, seat("kor")),
    )


@pytest.mark.rule("S4-90")
def test_who_is_represented_by_another_has_no_seat_in_the_steering_group() -> None:
    kor = body("steering", BodyKind.STEERING_GROUP, seat("both", "oslo", "kor"))
    joined().when(kor).refused(GovernanceCode.REPRESENTED_BY_OTHER, "seats")


@pytest.mark.rule("S4-54")
def test_several_share_a_resource_person_of_another_field() -> None:
    shared = seat("both", "stord", "karmoy")
    joined().given(
        body("social", GROUP, shared, field="social_work"),
        body("any", GROUP, shared),
        body("unit", UNIT, shared, field="nursing"),
    )


@pytest.mark.rule("S4-54")
def test_several_share_no_nurse() -> None:
    nurse = body("felles", GROUP, seat("both", "stord", "karmoy"), field="nursing")
    joined().when(nurse).refused(GovernanceCode.INTER_MUNICIPAL_NOT_ALLOWED, "seats")


def test_what_stands_twice_is_no_charter() -> None:
    for twice in (
        {"seats": (seat("oslo"), seat("oslo", "stord"))},
        {"rotation": ("oslo", "oslo")},
        {"chair_excluded": ("oslo", "oslo")},
    ):
        with pytest.raises(ValueError, match="twice"):
            body("unit", UNIT, **twice)
    with pytest.raises(ValueError, match="twice"):
        seat("both", "oslo", "oslo")


def test_the_order_means_something_in_rotation_and_among_participants_alone() -> None:
    unit = body(
        "unit",
        UNIT,
        seat("second", "stord", "oslo"),
        seat("first", "oslo"),
        rotation=("stord", "oslo"),
        chair_excluded=("stord", "oslo"),
    )
    assert [each.seat for each in unit.seats] == ["first", "second"]
    assert unit.seats[1].participants == ("stord", "oslo")
    assert unit.rotation == ("stord", "oslo")
    assert unit.chair_excluded == ("oslo", "stord")


@pytest.mark.parametrize(
    "day", ["02-29", "04-31", "13-01", "00-10", "1-1", "2026-01-01"]
)
def test_a_day_of_every_year_is_one_of_every_year(day: str) -> None:
    assert body("unit", UNIT, plan_due="11-30", report_due="02-28").plan_due == "11-30"
    with pytest.raises(ValueError, match="plan_due"):
        body("unit", UNIT, plan_due=day)


def test_a_body_of_two_organisations_is_that_of_the_first() -> None:
    scenario = joined(HILLS)
    other = HILLS.model_copy(update={"organisation": OSLO})
    scenario.when(other).refused(Code.CONFLICTING_ROW, "version")
    crossed = joined().given(other).held[-2:]
    scenario.receive(*crossed)
    (version,) = scenario.state(BODY, "hills").versions
    assert version.organisation == BERGEN
    later = BodyChartered(**dict(version) | {"version": 2, "organisation": OSLO})
    assert len(BODY.evolve(scenario.state(BODY, "hills"), later).versions) == 1


def test_a_body_that_lost_its_name_is_none_of_the_network_that_lists_it() -> None:
    scenario = joined(HILLS)
    version = scenario.state(BODY, "hills").versions[0]
    scenario.bend(BodyChartered, network="other")
    assert version.network == "kreft"
    assert scenario.state(NETWORK_BODIES, "kreft").names == ("hills",)
    assert not bodies_of("kreft", scenario)


def test_today_says_nothing_of_a_charter() -> None:
    joined().given(HILLS, today=date(2030, 1, 1))


def test_the_checks_come_in_their_order() -> None:
    """One row that breaks them all, mended one by one."""
    scenario = governed()
    row = body(
        "other",
        BodyKind.STEERING_GROUP,
        seat("kor", "nobody", "kor", appointed_by="no-body"),
        network="no-network",
        organisation=UNKNOWN,
        version=2,
        reports_to="no-body",
        chair_excluded=("nobody",),
    )
    for mended, code in (
        ({}, Code.UNKNOWN_ORGANISATION),
        ({"organisation": OSLO}, Code.UNKNOWN_NETWORK),
        ({"network": "kreft"}, Code.NOT_ENTITLED),
        ({"organisation": BERGEN}, Code.INVALID_ROW),
        ({"version": 1}, GovernanceCode.UNKNOWN_BODY),
        ({"reports_to": "ssu"}, GovernanceCode.UNKNOWN_BODY),
        ({"seats": (seat("s", "nobody"),)}, ParticipationCode.UNKNOWN_PARTICIPANT),
        ({"seats": (seat("kor"),)}, ParticipationCode.UNKNOWN_PARTICIPANT),
        ({"chair_excluded": ()}, GovernanceCode.STEERING_GROUP_EXISTS),
    ):
        row = row.model_copy(update=mended)
        scenario.when(row, organisation=BERGEN).refused(code)
    own = STEERING.model_copy(update={"version": 2, "seats": (seat("kor"),)})
    scenario.when(own).refused(GovernanceCode.REPRESENTED_BY_OTHER)
    scenario.given(own.model_copy(update={"seats": (seat("kf"),)}))
