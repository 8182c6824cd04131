"""Closing a period: one trust draws up the statement, the other signs it.

The trust with the lower organisation number draws up, so that two statements of
one period never cross. Drawing up signs; the other trust signs the fingerprint of
the same bytes, or rejects it with a reason, and then it is drawn up anew. What is
signed by both is closed: what is recorded later is a restatement in the next.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final, NamedTuple

from pydantic import Field, ValidationError

from domain.closing.books import AgreementBooks, read_books
from domain.closing.reconciliation import SettlementLine, reconcile
from domain.closing.statement import (
    Closed,
    OpenLine,
    Statement,
    StatementNumber,
    state_period,
)
from domain.fact import Command, Fact, Message
from domain.history import Append, Asked, Category, Decision, History
from domain.kind import Asks, Authority, Facts, declare, members_of, only_fact
from domain.parties.day import require_complete
from domain.parties.organisation import (
    REGISTERED,
    OrganisationRegistered,
    registered,
    require_party,
)
from domain.parties.pair import Pair, pair_of
from domain.refusal import Code, ReasonValues, Refusal
from domain.role import Role
from domain.values import (
    Actor,
    Day,
    FreeText,
    NewName,
    OrganisationNumber,
    Period,
    Text,
    day_after,
)


class ClosingAction(StrEnum):
    """What a trust does with the statement of a period."""

    DRAW_UP = "draw_up"
    SIGN = "sign"
    REJECT = "reject"


class StatementDrawnUp(Fact, name="statement.drawn_up.v1"):
    """A trust draws up, and thereby signs, the statement of a period."""

    statement: Statement
    fingerprint: str
    drawn_up_by: Actor


class StatementSigned(Fact, name="statement.signed.v1"):
    """The other trust signs a statement: the period is closed between the two."""

    first: OrganisationNumber
    second: OrganisationNumber
    number: StatementNumber
    revision: StatementNumber
    fingerprint: str
    signed_by: Actor


class StatementRejected(Fact, name="statement.rejected.v1"):
    """The other trust does not sign a statement."""

    first: OrganisationNumber
    second: OrganisationNumber
    number: StatementNumber
    revision: StatementNumber
    fingerprint: str
    rejected_by: Actor
    reason: Text


StatementPlace = tuple[int, int]
"""Number and revision of a statement of a pair."""


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements of a pair as drawn up, by number and revision."""

    drawn_up: Mapping[StatementPlace, StatementDrawnUp] = field(default_factory=dict)

    @property
    def last(self) -> StatementDrawnUp | None:
        """The latest one."""
        return self.drawn_up[max(self.drawn_up)] if self.drawn_up else None


def evolve(state: Statements, fact: Fact) -> Statements:
    """Fold one fact; the first of a number and revision stays."""
    match fact:
        case StatementDrawnUp(statement=statement):
            key = statement.number, statement.revision
            return Statements({key: fact, **state.drawn_up})
        case _:
            return state


STATEMENTS = Category("statements", Statements(), evolve, holds=(StatementDrawnUp,))


@dataclass(frozen=True, slots=True)
class Signatures:
    """What the other trust said of each statement, by number and revision."""

    answers: Mapping[StatementPlace, StatementSigned | StatementRejected] = field(
        default_factory=dict
    )

    def signed(self, statement: Statement) -> bool:
        """Whether the other trust signed this very statement."""
        answer = self.answers.get((statement.number, statement.revision))
        return (
            isinstance(answer, StatementSigned)
            and answer.fingerprint == statement.fingerprint
        )


def evolve_signatures(state: Signatures, fact: Fact) -> Signatures:
    """Fold one fact; the first answer stays."""
    match fact:
        case StatementSigned() | StatementRejected():
            return Signatures({(fact.number, fact.revision): fact, **state.answers})
        case _:
            return state


SIGNATURES = Category(
    "signatures",
    Signatures(),
    evolve_signatures,
    holds=(StatementSigned, StatementRejected),
)


CARRIED_MAX: Final = 1000
"""Open lines that one statement may carry over."""


class CarriedLine(Message):
    """An open line that a statement names and leaves for later."""

    agreement: NewName
    post: NewName
    period_start: Day


class DrawUpStatement(Command):
    """Draw up the statement of a period as it was read, and sign it thereby."""

    first: OrganisationNumber
    second: OrganisationNumber
    period_start: Day
    period_end: Day
    carry_over: Annotated[tuple[CarriedLine, ...], Field(max_length=CARRIED_MAX)] = ()
    fingerprint: str | None = None
    """When given, that of the draft that was read; no other is drawn up."""


class SignStatement(Command):
    """Sign a statement of two trusts, or reject it with a reason."""

    first: OrganisationNumber
    second: OrganisationNumber
    period_end: Day
    fingerprint: str | None = None
    """When given, that of the statement that was read; no other one is answered."""
    reason: FreeText | None = None
    """Of a rejection; None where it is signed."""


def _restored(facts: Facts, _: History) -> Command:
    fact = only_fact(StatementDrawnUp, facts)
    statement = fact.statement
    return DrawUpStatement(
        **members_of(statement, "first", "second", "period_start", "period_end"),
        carry_over=tuple(
            CarriedLine(**members_of(line, "agreement", "post", "period_start"))
            for line in statement.open_lines
        ),
        fingerprint=fact.fingerprint,
    )


def draw_up_statement(
    command: DrawUpStatement, asked: Asked, history: History
) -> Decision:
    """Decide on a statement: of the next period, complete, with no silent open line."""
    pair = pair_of(command.first, command.second)
    drawer = _drawer(pair, history)
    require_party(asked, drawer.org_number, drawer.region)
    period = Period(command.period_start, command.period_end)
    statement = draft(pair, period, asked.today, history)
    if period.end >= asked.today:
        raise Refusal(Code.PERIOD_NOT_ENDED, "period_end")
    require_complete(period.end, asked, history)
    if command.fingerprint not in (None, statement.fingerprint):
        raise Refusal(Code.OUTDATED, "fingerprint")
    _require_named(statement.open_lines, command.carry_over)
    fact = StatementDrawnUp(
        statement=statement,
        fingerprint=statement.fingerprint,
        drawn_up_by=asked.actor,
    )
    return (Append(STATEMENTS.stream(drawer.region, pair.key), fact),)


declare(
    DrawUpStatement,
    draw_up_statement,
    Authority(
        Asks.FIRST,
        {Role.CONTROLLER},
        REGISTERED,
        "itself: nothing is closed before the other signs",
        Code.STATEMENT_NOT_ANSWERED,
    ),
    {StatementDrawnUp: _restored},
)


class DraftWithBooks(NamedTuple):
    """A statement before it is drawn up, and the books that it is of."""

    statement: Statement
    books: Sequence[AgreementBooks]
    lines: Sequence[SettlementLine]
    """Both copies of each line, until the end of the statement."""


def draft(pair: Pair, period: Period, today: date, history: History) -> Statement:
    """Statement that drawing up a period would sign, as known now.

    Refused where what is recorded adds up to more than an amount may be.
    """
    return draft_with_books(pair, period, today, history).statement


def draft_with_books(
    pair: Pair, period: Period, today: date, history: History
) -> DraftWithBooks:
    """As :func:`draft`, with the books, which are read once."""
    _drawer(pair, history)
    statements = history.state(STATEMENTS, pair.key)
    closed = closed_statements(pair, history)
    _require_next(period, closed, statements, pair, history)
    books = read_books(pair, today, history)
    try:
        lines = [e for book in books for e in reconcile(book, period.end, history)]
        statement = state_period(pair, period, books, lines, closed)
    except ValidationError as error:
        amounts = ("less_than_equal", "greater_than_equal")
        if any(fault["type"] not in amounts for fault in error.errors()):
            raise
        raise Refusal(Code.SUM_TOO_LARGE, "period_start") from None
    last = statements.last
    if last is not None and last.statement.number == statement.number:
        revision = last.statement.revision + 1
        statement = statement.model_copy(update={"revision": revision})
    return DraftWithBooks(statement, books, lines)


def _drawer(pair: Pair, history: History) -> OrganisationRegistered:
    if pair.first == pair.second:
        raise Refusal(Code.SAME_PARTY, "second")
    drawer = registered(pair.first, "first", history)
    registered(pair.second, "second", history)
    return drawer


def closed_statements(pair: Pair, history: History) -> list[Closed]:
    """Statements that both trusts have signed, oldest first."""
    signatures = history.state(SIGNATURES, pair.key)
    return [
        Closed(entry.fact.statement, entry)
        for entry in history.entries(STATEMENTS, [pair.key])[pair.key]
        if isinstance(entry.fact, StatementDrawnUp)
        and signatures.signed(entry.fact.statement)
    ]


def _require_next(
    period: Period,
    closed: Sequence[Closed],
    statements: Statements,
    pair: Pair,
    history: History,
) -> None:
    last = statements.last
    if last is not None:
        answers = history.state(SIGNATURES, pair.key).answers
        if (last.statement.number, last.statement.revision) not in answers:
            values: ReasonValues = {"number": last.statement.number}
            raise Refusal(Code.STATEMENT_NOT_ANSWERED, "period_start", values)
    if closed and period.start != day_after(closed[-1].statement.period_end):
        start = day_after(closed[-1].statement.period_end)
        values = {"period_start": start.isoformat()}
        raise Refusal(Code.PERIOD_NOT_NEXT, "period_start", values)
    months = (
        period.start.day == 1
        and day_after(period.end).day == 1
        and period.start <= period.end
        and period.start.year == period.end.year
    )
    if not months:
        raise Refusal(Code.PERIOD_NOT_MONTHS, "period_start")


def _require_named(opened: Sequence[OpenLine], carried: Sequence[CarriedLine]) -> None:
    """Refuse an open line that is not carried over by name."""
    named = {(each.agreement, each.post, each.period_start) for each in carried}
    for line in opened:
        if (line.agreement, line.post, line.period_start) not in named:
            values: ReasonValues = {
                "agreement": line.agreement,
                "post": line.post,
                "period_start": line.period_start.isoformat(),
                "state": "disputed" if line.disputed else line.state.value,
                "open_lines": len(opened),
            }
            raise Refusal(Code.LINE_OPEN, "carry_over", values)


def _signed(facts: Facts, history: History) -> Command | None:
    fact = facts[0]
    assert isinstance(fact, StatementSigned | StatementRejected)
    last = history.state(STATEMENTS, pair_of(fact.first, fact.second).key).last
    if last is None:
        return None
    return SignStatement(
        **members_of(fact, "first", "second", "fingerprint"),
        period_end=last.statement.period_end,
        reason=fact.reason if isinstance(fact, StatementRejected) else None,
    )


def sign_statement(command: SignStatement, asked: Asked, history: History) -> Decision:
    """Decide on a signature: of the other trust, on these very bytes, once."""
    pair = pair_of(command.first, command.second)
    last = history.state(STATEMENTS, pair.key).last
    if last is None or last.statement.period_end != command.period_end:
        values: ReasonValues = {"period_end": command.period_end.isoformat()}
        raise Refusal(Code.UNKNOWN_STATEMENT, "period_end", values)
    statement = last.statement
    signer = registered(pair.second, "second", history)
    require_party(asked, signer.org_number, signer.region)
    if command.fingerprint not in (None, last.fingerprint):
        raise Refusal(Code.OUTDATED, "fingerprint")
    content: dict[str, Any] = {
        "first": pair.first,
        "second": pair.second,
        "number": statement.number,
        "revision": statement.revision,
        "fingerprint": last.fingerprint,
    }
    fact: StatementSigned | StatementRejected
    if command.reason is None:
        fact = StatementSigned(**content, signed_by=asked.actor)
    else:
        fact = StatementRejected(
            **content, rejected_by=asked.actor, reason=command.reason
        )
    key = statement.number, statement.revision
    given = history.state(SIGNATURES, pair.key).answers.get(key)
    if given is not None:
        earlier = type(given), getattr(given, "reason", None)
        if earlier == (type(fact), command.reason):
            return ()
        raise Refusal(Code.CONFLICTING_ROW, "period_end")
    return (Append(SIGNATURES.stream(signer.region, pair.key), fact),)


declare(
    SignStatement,
    sign_statement,
    Authority(
        Asks.SECOND,
        {Role.CONTROLLER},
        {StatementDrawnUp: Code.UNKNOWN_STATEMENT},
        "both: it signs what the other has signed",
    ),
    {StatementSigned: _signed, StatementRejected: _signed},
)
