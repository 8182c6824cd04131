"""Closing month after month while staffing is corrected: what the statements add up to."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.closing.books import read_books
from domain.closing.closing import CarriedLine, DrawUpStatement, closed_statements
from domain.closing.statement import Statement
from domain.parties.day import ConfirmDay
from domain.refusal import Code, Refusal
from domain.values import Period, Region, add_months, day_before
from tests.support.closing import PAIR, drawn, sign
from tests.support.examples import BERGEN, OSLO, REPORTED, fill, invoice, vacate
from tests.support.scenario import Scenario

changes = st.lists(
    st.tuples(
        st.integers(1, 12),
        st.booleans(),
        st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    ),
    max_size=8,
)
"""In which month it is recorded, whether the post is filled, from which day."""


def month(number: int) -> Period:
    """Return a month of 2026."""
    start = date(2026, number, 1)
    return Period(start, day_before(add_months(start, 1)))


def close(scenario: Scenario, period: Period) -> Statement:
    """Close a period over whatever is open, naming all of it."""
    today = period.end + timedelta(days=9)
    confirmed = [ConfirmDay(region=each, day=day_before(today)) for each in Region]
    scenario.given(*confirmed, today=today)
    carried: tuple[CarriedLine, ...] = ()
    while True:
        command = DrawUpStatement(
            first=BERGEN,
            second=OSLO,
            period_start=period.start,
            period_end=period.end,
            carry_over=carried,
        )
        scenario.when(command, today=today)
        if not isinstance(scenario.outcome, Refusal):
            break
        assert scenario.outcome.code is Code.LINE_OPEN
        values = scenario.outcome.values
        line = CarriedLine(
            agreement=str(values["agreement"]),
            post=str(values["post"]),
            period_start=date.fromisoformat(str(values["period_start"])),
        )
        assert line not in carried
        carried = (*carried, line)
    found = drawn(scenario)
    scenario.given(sign(found), today=today)
    return found.statement


def stated(statements: Sequence[Statement]) -> int:
    """Return what statements say accrued, with their corrections of each other."""
    return sum(
        post.accrued_ore + sum(r.new_ore - r.old_ore for r in post.restatements)
        for statement in statements
        for post in statement.posts
    )


def record(
    scenario: Scenario, recorded: Sequence[tuple[bool, date]], day: date
) -> None:
    """Record staffing changes on a day; what repeats an earlier one changes nothing."""
    for is_filled, effective_on in recorded:
        command = fill(effective_on) if is_filled else vacate(effective_on)
        scenario.when(command, today=day)


@settings(max_examples=30, deadline=None)
@given(changes)
def test_the_months_and_their_corrections_are_the_year(
    random_changes: list[tuple[int, bool, date]],
) -> None:
    scenario = Scenario().given(*REPORTED)
    statements: list[Statement] = []
    kept: list[bytes] = []
    for number in range(1, 13):
        period = month(number)
        today = period.end + timedelta(days=8)
        if number == 7:
            scenario.when(invoice(), today=today)  # there may be nothing to invoice
        before = _accrued(scenario, statements)
        late = [(f, day) for n, f, day in random_changes if n == number]
        record(scenario, late, today)
        correction = _accrued(scenario, statements) - before
        statements.append(close(scenario, period))
        kept.append(statements[-1].to_bytes())
        assert stated(statements) == _accrued(scenario, statements)
        restated = [r for p in statements[-1].posts for r in p.restatements]
        assert sum(r.new_ore - r.old_ore for r in restated) == correction
        assert all(r.causes for r in restated), "each follows to its event"
    closed = closed_statements(PAIR, scenario)
    assert [each.statement.to_bytes() for each in closed] == kept, "they never change"
    for earlier, later in pairwise(statements):
        assert later.previous == earlier.fingerprint


def _accrued(scenario: Scenario, statements: Sequence[Statement]) -> int:
    """Return what all closed periods accrued as it is known now."""
    (books,) = read_books(PAIR, date(2027, 1, 31), scenario)
    return sum(
        cost.amount_ore(statement.period)
        for statement in statements
        for cost in books.costs.values()
    )
