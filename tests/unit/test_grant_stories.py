"""Two stories of the rule book, by the calls that come with the program."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import pytest

from domain.fact import Command
from domain.grants.assessing import AssessApplication
from domain.grants.assessment import Score
from domain.grants.award import AwardOutcome
from domain.grants.awarding import AnnounceAwards, DecideApplication
from domain.grants.codes import GrantCode
from domain.grants.funding import CarryOverGrant, DisburseGrant, LapseGrant
from domain.grants.money import GrantView, grant_on
from domain.grants.spending import RecordGrantCost, RepayGrant
from domain.grants.standing import ApplicationStatus
from domain.refusal import Refusal, RefusalCode
from tests.support.applications import (
    BODO,
    COLLABORATION,
    NETWORKS,
    endorsed,
    line,
    published,
    submit,
)
from tests.support.examples import TROMSO, TRONDHEIM
from tests.support.scenario import Scenario

KRONE: Final = 100
LAST: Final = date(2025, 12, 31)


def decided(application: str, kroner: int, **changes: Any) -> DecideApplication:
    """Decide on an application."""
    said = {
        "application": application,
        "outcome": AwardOutcome.GRANTED,
        "amount_ore": kroner * KRONE,
        "reason": "Samler alle foretakene",
        "role": "rhf_director",
        "decided_by": "p-decider",
    }
    return DecideApplication(**{**said, **changes})


def disbursed(payee: str, day: date) -> DisburseGrant:
    """Pay the whole grant."""
    return DisburseGrant(
        application="kols-25", amount_ore=120_000 * KRONE, payee=payee, paid_on=day
    )


def cost(name: str, line_name: str, amount_ore: int, day: date) -> RecordGrantCost:
    """Record a cost."""
    return RecordGrantCost(
        application="brann-25" if name == "b1" else "kols-25",
        cost=name,
        line=line_name,
        amount_ore=amount_ore,
        incurred_on=day,
    )


def applied() -> Scenario:
    """Return a history in which two of three networks of the north have applied in time."""
    scenario = published(NETWORKS)
    for name, trust, lines in (
        ("kols-25", TROMSO, {"venue_and_catering": 80_000, "speakers": 40_000}),
        ("brann-25", TROMSO, {"venue_and_catering": 40_000}),
        ("late-25", BODO, {"venue_and_catering": 10_000}),
    ):
        budget = tuple(line(key, kroner * KRONE) for key, kroner in lines.items())
        said: dict[str, Any] = {
            "trust": trust,
            "amount_ore": sum(lines.values()) * KRONE,
            "lines": budget,
        }
        day = date(2025, 1, 20)
        scenario.given(*endorsed(NETWORKS, application=name, **said), today=day)
        if name != "late-25":
            scenario.given(submit(name), today=date(2025, 2, 1))
    return scenario


ROOM: Final = "venue_and_catering"
MARCH: Final = date(2025, 3, 1)
PLAYED: Final[Sequence[tuple[date, Command, RefusalCode | None]]] = (
    (date(2025, 2, 1), decided("kols-25", 120_000), GrantCode.CALL_OPEN),
    (date(2025, 2, 20), decided("kols-25", 120_000), None),
    (
        date(2025, 2, 20),
        decided("brann-25", 25_000, outcome=AwardOutcome.PARTLY_GRANTED),
        None,
    ),
    (
        date(2025, 2, 20),
        decided("late-25", 0, outcome=AwardOutcome.REJECTED),
        GrantCode.NOT_SUBMITTED,
    ),
    (date(2025, 2, 21), AnnounceAwards(call=NETWORKS), None),
    (MARCH, disbursed(BODO, MARCH), GrantCode.OTHER_PAYEE),
    (MARCH, disbursed(TROMSO, MARCH), None),
    (
        date(2025, 3, 5),
        cost("c1", ROOM, 30_000_00, date(2025, 2, 10)),
        GrantCode.BEFORE_DECISION,
    ),
    (date(2025, 4, 20), cost("c2", ROOM, 60_000_50, date(2025, 4, 10)), None),
    (date(2025, 5, 3), cost("b1", ROOM, 25_000_00, date(2025, 5, 2)), None),
    (
        date(2025, 12, 20),
        CarryOverGrant(application="kols-25", use_until=date(2026, 6, 30)),
        GrantCode.CARRY_OVER_NOT_ALLOWED,
    ),
    (LAST, LapseGrant(application="kols-25"), GrantCode.USE_PERIOD_NOT_ENDED),
    (date(2026, 1, 10), cost("c3", "speakers", 25_000_00, LAST), None),
    (
        date(2026, 1, 10),
        cost("c4", "speakers", 5_000_00, date(2026, 1, 2)),
        GrantCode.OUTSIDE_USE_PERIOD,
    ),
    (
        date(2026, 1, 10),
        cost("c5", "flowers", 100_00, date(2025, 5, 1)),
        GrantCode.UNKNOWN_LINE,
    ),
    (date(2026, 1, 15), LapseGrant(application="kols-25"), None),
    (
        date(2026, 1, 15),
        LapseGrant(application="brann-25"),
        GrantCode.NOTHING_TO_LAPSE,
    ),
    (
        date(2026, 1, 30),
        RepayGrant(
            application="kols-25", amount_ore=30_000_00, paid_on=date(2026, 1, 30)
        ),
        None,
    ),
)
"""What funder and trusts send, on which day, and how it is refused."""


@pytest.mark.rule("S0-09", "S0-36", "S0-37", "S0-38")
def test_a_regional_network_to_the_lapsed_remainder() -> None:
    scenario = applied()
    for day, command, code in PLAYED:
        outcome = scenario.when(command, today=day).outcome
        refused = outcome.code if isinstance(outcome, Refusal) else None
        assert refused == code, command
        assert outcome, command
    nothing = {"lapsed": 0, "left": 0, "to_repay": 0, "repaid": 0}
    views = [grant_on(name, scenario) for name in ("brann-25", "kols-25", "late-25")]
    assert views == [
        GrantView(
            application="brann-25",
            call=NETWORKS,
            trust=TROMSO,
            status=ApplicationStatus.PARTLY_GRANTED,
            rank=None,
            applied=4000000,
            awarded=2500000,
            disbursed=0,
            used=2500000,
            **nothing,
        ),
        GrantView(
            application="kols-25",
            call=NETWORKS,
            trust=TROMSO,
            status=ApplicationStatus.GRANTED,
            rank=None,
            applied=12000000,
            awarded=12000000,
            disbursed=12000000,
            used=8500050,
            lapsed=3499950,
            left=0,
            to_repay=499950,
            repaid=3000000,
        ),
        GrantView(
            application="late-25",
            call=NETWORKS,
            trust=BODO,
            status=ApplicationStatus.PRESENTED,
            rank=None,
            applied=1000000,
            awarded=0,
            disbursed=0,
            used=0,
            **nothing,
        ),
    ]


CRITERIA: Final = (
    *("degree", "benefit", "relevance", "quality", "feasibility"),
    *("lasting_change", "effort_and_savings", "user_involvement"),
)
PANEL: Final = ("collaboration_team", "user_committee", "union")
AWARD_DAY: Final = date(2025, 2, 28)


def weighed(seat: str, *without: str, **changes: Any) -> AssessApplication:
    """Give three points on each criterion but some."""
    scores = tuple(
        Score(criterion=key, points=3) for key in CRITERIA if key not in without
    )
    said = {
        "application": "kols-25",
        "assessor": f"p-{seat.replace('_', '-')}",
        "seat": seat,
        "scores": scores,
    }
    return AssessApplication(**{**said, **changes})


def collaborating(*names: str, kroner: int = 3_000_000) -> Scenario:
    """Return a history in which projects of three years have applied in Midt-Norge."""
    scenario = published(COLLABORATION)
    day = date(2025, 1, 20)
    for name in names:
        said: dict[str, Any] = {
            "application": name,
            "amount_ore": kroner * KRONE,
            "lines": (line("project", kroner * KRONE),),
        }
        scenario.given(*endorsed(COLLABORATION, **said), submit(name), today=day)
    return scenario


@pytest.mark.rule("S3-22", "S3-23", "S3-24")
def test_a_panel_of_three_weighs_a_collaboration_before_it_is_decided() -> None:
    scenario = collaborating("kols-25")
    award = decided("kols-25", 3_000_000, split="multi_year")
    stranger = weighed("friends")
    scenario.when(stranger, today=AWARD_DAY).refused(GrantCode.SEAT_NOT_IN_PANEL)
    half = weighed(PANEL[0], "degree")
    scenario.when(half, today=AWARD_DAY).refused(GrantCode.CRITERIA_MISSING)
    for seat in PANEL:
        scenario.when(award, today=AWARD_DAY).refused(GrantCode.PANEL_INCOMPLETE)
        scenario.given(weighed(seat), today=AWARD_DAY)
    scenario.given(award, today=AWARD_DAY)
    view = grant_on("kols-25", scenario)
    assert (view.trust, view.awarded, view.left) == (
        TRONDHEIM,
        3_000_000_00,
        3_000_000_00,
    )


@pytest.mark.rule("S3-02", "S3-10")
def test_five_million_kroner_are_not_six() -> None:
    scenario = collaborating("kols-25", "hjerte")
    for name in ("kols-25", "hjerte"):
        for seat in PANEL:
            scenario.given(weighed(seat, application=name), today=AWARD_DAY)
    one_year = decided("kols-25", 3_000_000, split="one_year")
    scenario.when(one_year, today=AWARD_DAY).refused(GrantCode.SPLIT_NOT_ALLOWED)
    several = decided("kols-25", 3_000_000, split="multi_year")
    scenario.given(several, today=AWARD_DAY)
    both = decided("hjerte", 3_000_000, split="multi_year")
    scenario.when(both, today=AWARD_DAY).refused(GrantCode.POT_EXCEEDED)
    part = decided(
        "hjerte", 2_000_000, split="multi_year", outcome=AwardOutcome.PARTLY_GRANTED
    )
    scenario.given(part, today=AWARD_DAY)
