"""What trusts record when they close a period, and each refusal of it, whole."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import pytest

from domain.closing.balance import AssertBalance, BalanceAsserted
from domain.closing.closing import (
    CarriedLine,
    SignStatement,
    StatementDrawnUp,
    StatementRejected,
    StatementSigned,
)
from domain.closing.statement import Statement
from domain.fact import Command, Fact
from domain.invoicing.invoice_decision import DecideInvoice, Verdict
from domain.parties.organisation import OrganisationRegistered
from domain.refusal import Code, Refusal
from domain.values import Period, Region
from tests.support.closing import (
    FIRST,
    HALF_YEAR_ORE,
    SECOND,
    SUMMER,
    closed,
    confirmed,
    draw_up,
    drawn,
    invoiced,
    sign,
)
from tests.support.examples import (
    BERGEN,
    HOME,
    OSLO,
    REPORTED,
    STAVANGER,
    UNKNOWN,
    invoice,
    vacate,
)
from tests.support.refusals import not_entitled, unknown_organisation, wrong_region
from tests.support.scenario import Scenario

LATER: Final = "983974732"
"""A good number above Bergen's that nobody registers."""
STALE: Final = "0" * 64
JULY: Final = date(2026, 7, 31)
AUGUST: Final = date(2026, 8, 5)
DISPUTE: Final = DecideInvoice(
    agreement="ms-ous", period_start=FIRST.start, verdict=Verdict.DISPUTED
)
ASSERTION: Final[dict[str, Any]] = {
    "organisation": OSLO,
    "counterpart": BERGEN,
    "day": JULY,
    "owed_ore": -5,
}


def owed(**changes: Any) -> AssertBalance:
    """Assert a balance at the end of July, as Oslo."""
    return AssertBalance(**{**ASSERTION, **changes})


def signing(**changes: Any) -> SignStatement:
    """Sign the statement of the first half-year."""
    content = {"first": BERGEN, "second": OSLO, "period_end": FIRST.end}
    return SignStatement(**{**content, **changes})


def history(*more: Command) -> Scenario:
    """Return a half-year that is invoiced, and what is recorded on its closing day."""
    return invoiced().given(*more, today=SUMMER)


def of(code: Code, member: str, **values: str | int) -> Refusal:
    """Refuse a member."""
    return Refusal(code, member, values)


def open_line(state: str, post: str = "nurse", lines: int = 1) -> Refusal:
    """Refuse to close over a line."""
    return of(
        Code.LINE_OPEN,
        "carry_over",
        agreement="ms-ous",
        post=post,
        period_start="2026-01-01",
        state=state,
        open_lines=lines,
    )


def carried(**changes: Any) -> CarriedLine:
    """Name the line of the first half-year, or nearly."""
    content = {"agreement": "ms-ous", "post": "nurse", "period_start": FIRST.start}
    return CarriedLine(**{**content, **changes})


NOT_MONTHS: Final = of(Code.PERIOD_NOT_MONTHS, "period_start")
UNANSWERED: Final = of(Code.STATEMENT_NOT_ANSWERED, "period_start", number=1)
Case = tuple[Sequence[Command], Command, Refusal]
DRAWING: Final[Sequence[Case]] = [
    ((), draw_up(second=BERGEN), of(Code.SAME_PARTY, "second")),
    ((), draw_up(first="1"), of(Code.INVALID_ORGANISATION_NUMBER, "first")),
    ((), draw_up(second="99"), of(Code.INVALID_ORGANISATION_NUMBER, "second")),
    ((), draw_up(second=UNKNOWN), unknown_organisation(UNKNOWN, "first")),
    ((), draw_up(second=LATER), unknown_organisation(LATER, "second")),
    ((draw_up(),), draw_up(SECOND), UNANSWERED),
    ((), draw_up(Period(date(2026, 1, 2), FIRST.end)), NOT_MONTHS),
    ((), draw_up(Period(FIRST.start, date(2026, 6, 29))), NOT_MONTHS),
    ((), draw_up(Period(date(2025, 12, 1), FIRST.end)), NOT_MONTHS),
    ((), draw_up(Period(SECOND.start, FIRST.end)), NOT_MONTHS),
    ((), draw_up(fingerprint=STALE), of(Code.OUTDATED, "fingerprint")),
    ((DISPUTE,), draw_up(), open_line("disputed")),
    ((vacate(date(2026, 6, 1)),), draw_up(), open_line("amount_differs")),
    *(
        (
            (DISPUTE,),
            draw_up(carry_over=(carried(**changes),)),
            open_line("disputed"),
        )
        for changes in (
            {"agreement": "b"},
            {"post": "b"},
            {"period_start": SECOND.start},
        )
    ),
]
OTHERS: Final[Sequence[Case]] = [
    (
        (),
        signing(),
        of(Code.UNKNOWN_STATEMENT, "period_end", period_end="2026-06-30"),
    ),
    (
        (draw_up(),),
        signing(period_end=SECOND.end),
        of(Code.UNKNOWN_STATEMENT, "period_end", period_end="2026-12-31"),
    ),
    ((draw_up(),), signing(fingerprint=STALE), of(Code.OUTDATED, "fingerprint")),
    (
        (draw_up(), signing()),
        signing(reason="No"),
        of(Code.CONFLICTING_ROW, "period_end"),
    ),
    (
        (draw_up(), signing(reason="No")),
        signing(reason="Never"),
        of(Code.CONFLICTING_ROW, "period_end"),
    ),
    (
        (draw_up(), signing(reason="No")),
        signing(),
        of(Code.CONFLICTING_ROW, "period_end"),
    ),
    ((), owed(counterpart=OSLO), of(Code.SAME_PARTY, "counterpart")),
    (
        (),
        owed(organisation="1"),
        of(Code.INVALID_ORGANISATION_NUMBER, "organisation"),
    ),
    (
        (),
        owed(organisation=UNKNOWN),
        unknown_organisation(UNKNOWN, "organisation"),
    ),
    ((), owed(counterpart=UNKNOWN), unknown_organisation(UNKNOWN, "counterpart")),
    ((), owed(day=SUMMER), of(Code.PERIOD_NOT_ENDED, "day")),
]


@pytest.mark.parametrize(("before", "command", "refusal"), [*DRAWING, *OTHERS])
def test_a_refusal_says_what_is_wrong_and_where(
    before: Sequence[Command], command: Command, refusal: Refusal
) -> None:
    assert history(*before).when(command, today=SUMMER).outcome == refusal


def test_a_period_is_closed_once_it_has_ended_everywhere() -> None:
    early = Scenario().given(*REPORTED)
    early.when(draw_up(), today=FIRST.end)
    assert early.outcome == of(Code.PERIOD_NOT_ENDED, "period_end")
    values = {"region": "midt", "day": "2026-06-30"}
    missing = Refusal(Code.REGION_INCOMPLETE, "period_end", values, Region.MIDT)
    assert early.when(draw_up(), today=date(2026, 7, 1)).outcome == missing
    early.given(*confirmed(date(2026, 6, 30)), invoice(), today=date(2026, 7, 1))
    early.given(draw_up(), today=date(2026, 7, 1))


def test_the_next_statement_follows_the_last_that_is_closed() -> None:
    scenario = invoiced()
    closed(scenario, Period(date(2026, 1, 1), date(2026, 5, 31)), SUMMER)
    closed(scenario, Period(date(2026, 6, 1), date(2026, 6, 30)), SUMMER)
    for period in (FIRST, Period(date(2026, 8, 1), date(2026, 8, 31))):
        scenario.when(draw_up(period), today=SUMMER)
        assert scenario.outcome == of(
            Code.PERIOD_NOT_NEXT, "period_start", period_start="2026-07-01"
        )


def test_who_is_not_registered_here_signs_nothing() -> None:
    scenario = history(draw_up()).without(OrganisationRegistered)
    scenario.when(signing(), organisation=OSLO, region=Region.SOROST)
    assert scenario.outcome == unknown_organisation(OSLO, "second")


@pytest.mark.parametrize(
    ("before", "command", "number"),
    [
        ((), draw_up(), BERGEN),
        ((), draw_up(first=OSLO, second=BERGEN), BERGEN),
        ((draw_up(),), signing(), OSLO),
        ((draw_up(),), signing(fingerprint=STALE), OSLO),
        ((draw_up(),), signing(first=OSLO, second=BERGEN), OSLO),
        ((), owed(), OSLO),
        ((), owed(organisation=BERGEN, counterpart=OSLO), BERGEN),
    ],
)
def test_others_are_told_who_may_and_at_which_node(
    before: Sequence[Command], command: Command, number: str
) -> None:
    scenario, home = history(*before), HOME[number]
    scenario.when(command, organisation=STAVANGER, region=home, today=SUMMER)
    assert scenario.outcome == not_entitled(number, home)
    scenario.when(command, organisation=number, region=Region.MIDT, today=SUMMER)
    assert scenario.outcome == wrong_region(number, home)


PAIR_KEY: Final = f"{BERGEN}:{OSLO}"


def recorded(scenario: Scenario) -> list[tuple[str, Fact]]:
    """Return what the last command recorded, and where."""
    return [(str(each.stream), each.fact) for each in scenario.appended]


def stated() -> Statement:
    """Return the first statement."""
    return drawn(history(draw_up())).statement


def test_drawing_up_records_the_statement_with_its_hash() -> None:
    statement = stated()
    fact = StatementDrawnUp(
        statement=statement,
        fingerprint=statement.fingerprint,
        drawn_up_by="controller",
    )
    for command in (draw_up(), draw_up(first=OSLO, second=BERGEN)):
        assert recorded(history(command)) == [(f"vest:statements:{PAIR_KEY}", fact)]


@pytest.mark.parametrize("first", [BERGEN, OSLO])
@pytest.mark.parametrize("reason", [None, "No"])
def test_an_answer_names_the_statement_by_number_revision_and_hash(
    first: str, reason: str | None
) -> None:
    scenario = history(draw_up(), signing(reason="Wrong"), draw_up())
    fingerprint = drawn(scenario).fingerprint
    named: dict[str, Any] = {
        "first": BERGEN,
        "second": OSLO,
        "number": 1,
        "revision": 2,
        "fingerprint": fingerprint,
    }
    fact = (
        StatementSigned(**named, signed_by="p-2")
        if reason is None
        else StatementRejected(**named, rejected_by="p-2", reason=reason)
    )
    second = OSLO if first == BERGEN else BERGEN
    command = signing(first=first, second=second, reason=reason)
    scenario.given(command, today=SUMMER, actor="p-2")
    assert recorded(scenario) == [(f"sorost:signatures:{PAIR_KEY}", fact)]
    scenario.when(command, today=SUMMER, actor="p-3").unchanged()


def test_an_assertion_is_recorded_by_who_asserts() -> None:
    fact = BalanceAsserted(**ASSERTION)
    scenario = history().given(owed(), today=AUGUST)
    assert recorded(scenario) == [(f"sorost:balances:{PAIR_KEY}", fact)]
    scenario.when(owed(), today=AUGUST).unchanged()
    for changes in ({"day": date(2026, 7, 30)}, {"owed_ore": -6}):
        scenario.given(owed(**changes), today=AUGUST)
        other = fact.model_copy(update=changes)
        assert recorded(scenario) == [(f"sorost:balances:{PAIR_KEY}", other)]


def test_only_a_statement_that_is_signed_as_it_is_closes_a_period() -> None:
    """Only a trust that bends its own node signs other bytes."""
    scenario = history(draw_up())
    scenario.given(sign(drawn(scenario)), today=SUMMER)
    scenario.bend(StatementSigned, fingerprint=STALE)
    scenario.given(draw_up(), today=SUMMER)
    statement = drawn(scenario).statement
    assert (statement.number, statement.revision) == (1, 2)
    assert statement.posts[0].accrued_ore == HALF_YEAR_ORE
