"""Closing in tests: confirmed days, statements drawn up and signed."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from domain.closing.closing import (
    DrawUpStatement,
    SignStatement,
    StatementDrawnUp,
)
from domain.closing.statement import Statement
from domain.fact import Command
from domain.parties.day import ConfirmDay
from domain.parties.pair import pair_of
from domain.values import Period, Region
from tests.support.examples import (
    BERGEN,
    OSLO,
    REPORTED,
    accept,
    approve,
    fill,
    invoice,
    network,
    post,
    report,
    version,
)
from tests.support.scenario import Scenario

PAIR = pair_of(BERGEN, OSLO)
SUMMER = date(2026, 7, 10)
WINTER = date(2027, 1, 10)
FIRST = Period(date(2026, 1, 1), date(2026, 6, 30))
SECOND = Period(date(2026, 7, 1), date(2026, 12, 31))
HALF_YEAR_ORE = 181_000_00
"""1 000 kroner a day for 181 days."""


OTHER_WAY: Sequence[Command] = (
    network(network="als", coordinating_trust=OSLO),
    version(
        agreement="als-hbe",
        network="als",
        payer=OSLO,
        payee=BERGEN,
        posts=(post("doctor"),),
    ),
    accept(agreement="als-hbe"),
    fill(name="doctor"),
    report(report="als-2026", network="als", trust=BERGEN),
    approve("als-2026"),
    invoice(agreement="als-hbe"),
)
"""Oslo coordinates a network too, and Bergen hosts a post of it."""


def confirmed(day: date) -> Sequence[Command]:
    """Confirm a day in every region."""
    return [ConfirmDay(region=region, day=day) for region in Region]


def draw_up(period: Period = FIRST, **changes: Any) -> DrawUpStatement:
    """Draw up the statement of a period."""
    content = {
        "first": BERGEN,
        "second": OSLO,
        "period_start": period.start,
        "period_end": period.end,
    }
    return DrawUpStatement(**{**content, **changes})


def drawn(scenario: Scenario) -> StatementDrawnUp:
    """Return the statement that was drawn up last."""
    fact = scenario.recorded(StatementDrawnUp)
    assert isinstance(fact, StatementDrawnUp)
    return fact


def sign(found: StatementDrawnUp, **changes: Any) -> SignStatement:
    """Sign a statement."""
    content = {
        "first": PAIR.first,
        "second": PAIR.second,
        "period_end": found.statement.period_end,
        "fingerprint": found.fingerprint,
    }
    return SignStatement(**{**content, **changes})


def invoiced() -> Scenario:
    """Return a half-year that is agreed, reported and invoiced, and all days confirmed."""
    scenario = Scenario().given(*REPORTED)
    return scenario.given(invoice(), *confirmed(date(2026, 7, 9)), today=SUMMER)


def closed(scenario: Scenario, period: Period, today: date, **more: Any) -> Statement:
    """Draw up and sign the statement of a period."""
    scenario.given(*confirmed(today - timedelta(days=1)), today=today)
    scenario.given(draw_up(period, **more), today=today)
    found = drawn(scenario)
    scenario.given(sign(found), today=today)
    return found.statement
