"""Statements as pages: the year's list, one of them, and a draft before it is signed."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Final

from fastapi import APIRouter, Response
from sqlalchemy import Connection

from api.access import require_between
from api.bodies import RequestDay
from api.drafts import drafted_with_books
from api.pages.acting import may_send
from api.pages.addresses import address
from api.pages.register import Register, register
from api.pages.settling.settlement import asked_year, read_day
from api.pages.settling.statement_view import (
    BothCopies,
    both_copies,
    money_rows,
    post_rows,
    set_off,
    stated_rows,
)
from api.pages.settling.statements_due import (
    DueStatement,
    Waits,
    due_statements,
    lacking_to,
)
from api.pages.visit import TheVisit, Visit
from api.pagination import only
from api.pdf.names import post_contents
from api.problems import ProblemError, problem_in_words
from api.routers import public
from domain.closing.closing import DrawUpStatement, SignStatement
from domain.closing.statement import Statement
from domain.values import OrganisationNumber
from projections.statements import (
    ShownStatement,
    StatementFilter,
    StatementState,
    statements,
)

router: Final[APIRouter] = public()
SECTION: Final = "page_statements"
OTHERS_MAX: Final = 6
"""So many other statements of the year stand beside one."""


@router.get("/statements", include_in_schema=False)
def statements_page(visit: TheVisit, year: str = "") -> Response:
    """The statements of a year, by counterpart, and what each waits for."""
    asked = asked_year(visit, year)
    with visit.views() as connection:
        known = register(connection, visit.day)
        due = due_statements(visit, connection, asked.year, _regions(known))
    return visit.page(
        "statements.html",
        SECTION,
        "statements",
        asked=asked,
        due=sorted(due, key=_mine_first(visit)),
        names=_names(known),
        own=visit.organisation,
        mine=[each for each in due if is_mine(visit, each)],
        address=address,
        net_of=set_off,
        named=_regions_named(visit),
    )


def _regions_named(visit: Visit) -> Callable[[Iterable[str]], str]:
    """Names of regions, in a row."""
    speaker = visit.speaker(SECTION)
    return lambda keys: ", ".join(speaker.say(f"region_{key}") for key in keys)


def is_mine(visit: Visit, due: DueStatement) -> bool:
    """Whether the visitor is who a statement waits for."""
    command = SignStatement if due.waits is Waits.SIGNATURE else DrawUpStatement
    return due.on == visit.organisation and may_send(visit, command)


def _mine_first(visit: Visit) -> Any:  # noqa: ANN401 - a key to sort by
    order = list(Waits)

    def key(due: DueStatement) -> tuple[bool, int, str]:
        closed_last = 1 if due.waits is Waits.CLOSED else 0
        return (
            not is_mine(visit, due),
            closed_last,
            str((order.index(due.waits), due.pair)),
        )

    return key


def _regions(known: Register) -> Mapping[str, Any]:
    return {number: each.region for number, each in known.items()}


def _names(known: Register) -> Mapping[str, str]:
    return {number: each.name.removesuffix(" HF") for number, each in known.items()}


@router.get("/statements/{first}/{second}/draft", include_in_schema=False)
def draft_page(
    visit: TheVisit,
    first: OrganisationNumber,
    second: OrganisationNumber,
    start: str = "",
    end: str = "",
) -> Response:
    """The statement of a period as it would be drawn up now."""
    days = read_day(start), read_day(end)
    errors = {
        name: "day_unread"
        for name, day in zip(("start", "end"), days, strict=True)
        if day is None
    }
    require_between(visit.node, visit.caller, first, second)
    with visit.views() as connection:
        known = register(connection, visit.day)
        values = _frame(visit, known, first, second)
        values |= {"start": start, "end": end, "errors": errors}
        if not errors:
            values |= _draft(visit, connection, known, (first, second), days)
    return visit.page("statement_draft.html", SECTION, "statements", **values)


def _draft(
    visit: Visit,
    connection: Connection,
    known: Register,
    pair: tuple[str, str],
    days: tuple[date | None, date | None],
) -> Mapping[str, Any]:
    (first, second), (start, end) = pair, days
    assert start is not None
    assert end is not None
    speaker = visit.speaker(SECTION)
    typed = {"start": speaker.short_day(start), "end": speaker.short_day(end)}
    try:
        found = drafted_with_books(visit.node, first, second, start, end)
    except ProblemError as error:
        words, _ = problem_in_words(error, visit.language)
        return {**typed, "refused": words}
    lacking = lacking_to(visit.node, end, known[first].region)
    over = end < visit.day
    draws = first == visit.organisation and may_send(visit, DrawUpStatement)
    statement = found.statement
    copies = BothCopies(found.books, found.lines)
    shown = _of_statement(visit, connection, statement, copies)
    return {
        **typed,
        **shown,
        "lacking": lacking,
        "over": over,
        "fingerprint": statement.fingerprint,
        "draws": draws and over and not lacking,
        "days": {"start": start, "end": end},
    }


@router.get("/statements/{first}/{second}/{period_end}", include_in_schema=False)
def statement_page(
    visit: TheVisit,
    first: OrganisationNumber,
    second: OrganisationNumber,
    period_end: RequestDay,
) -> Response:
    """The last revision of a statement, with signatures, open lines and both copies."""
    require_between(visit.node, visit.caller, first, second)
    with visit.views() as connection:
        known = register(connection, visit.day)
        shown = drawn_up(visit, connection, first, second, period_end)
        due = due_statements(visit, connection, period_end.year, _regions(known))
        copies = both_copies(visit.node, shown.statement)
        values = {
            **_frame(visit, known, first, second),
            **_of_statement(visit, connection, shown.statement, copies),
        }
    waiting = shown.state is StatementState.AWAITS_SIGNATURE
    signs = waiting and second == visit.organisation
    others = [each for each in due if each.pair != (first, second)]
    return visit.page(
        "statement.html",
        SECTION,
        "statements",
        shown=shown,
        fingerprint=shown.fingerprint,
        signs=signs and may_send(visit, SignStatement),
        others=others[:OTHERS_MAX],
        **values,
    )


def drawn_up(
    visit: Visit, connection: Connection, first: str, second: str, period_end: date
) -> ShownStatement:
    """The last revision of a statement; raise the problem where there is none."""
    criteria = StatementFilter(period_end=period_end, pair=(first, second))
    return only(statements(connection, visit.day, criteria)[-1:])


def _frame(visit: Visit, known: Register, first: str, second: str) -> dict[str, Any]:
    if not known.keys() >= {first, second}:
        raise ProblemError("not_found")
    names = _names(known)
    return {
        "first": first,
        "second": second,
        "names": names,
        "short": {number: each.short_name for number, each in known.items()},
        "own": visit.organisation,
        "address": address,
        "where": f"/statements/{first}/{second}",
        "named": _regions_named(visit),
        "refused": None,
        "statement": None,
        "errors": {},
    }


def _of_statement(
    visit: Visit, connection: Connection, statement: Statement, copies: BothCopies
) -> Mapping[str, Any]:
    agreements = {
        *(post.agreement for post in statement.posts),
        *(line.agreement for line in statement.open_lines),
    }
    return {
        "statement": statement,
        "money": money_rows(statement),
        "set_off": set_off(statement),
        "documents": stated_rows(statement),
        "posts": post_rows(statement, copies),
        "contents": post_contents(connection, visit.day, agreements),
    }
