"""What waits for an organisation on a day, and for whom it waits: the work list.

One derivation over the read models, for pages, programs and notices alike. Whatever
has been done is asked of the database, so that the list costs what is open, and not
what was ever recorded.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, not_, or_, select

from domain.agreements.standing import VersionStatus
from domain.values import business_day, parse_instant
from projections import tables
from projections.agreements import Version, agreement_views
from projections.asof import rows
from projections.bank import EntryFilter, State, bank_entries
from projections.moments import once_a_moment
from projections.statements import StatementFilter, StatementState, statements_drawn_up
from projections.waiting_documents import documents_waiting
from projections.waiting_matter import WaitingKind, WaitingMatter
from projections.waiting_periods import (
    agreed_terms,
    periods_waiting,
    statements_to_draw_up,
)

_ENTRIES_MAX = 200
"""Entries of a bank that are listed."""


@once_a_moment
def matters_waiting(
    connection: Connection, as_of: date, organisation: str
) -> list[WaitingMatter]:
    """What waits for an organisation, and what it waits for others to do.

    The first due comes first. What is only the own organisation's, such as its bank's
    entries, is listed for itself alone.
    """
    terms = agreed_terms(connection, as_of, organisation)
    found = [
        *_offers(connection, as_of, organisation),
        *periods_waiting(connection, as_of, organisation, terms),
        *documents_waiting(connection, as_of, organisation),
        *_to_sign(connection, as_of, organisation),
        *statements_to_draw_up(connection, as_of, organisation, terms),
        *_unmatched(connection, as_of, organisation),
    ]
    return sorted(found, key=lambda matter: matter.order)


def _offers(
    connection: Connection, as_of: date, organisation: str
) -> Iterator[WaitingMatter]:
    names = _with_offers(connection, as_of, organisation)
    for view in agreement_views(connection, as_of, names).values():
        for version in view.versions:
            if version.status is VersionStatus.PROPOSED:
                yield from _of_offer(version, WaitingKind.ANSWER_VERSION)
        for version in view.counter_proposals:
            if version.status is VersionStatus.PROPOSED:
                yield from _of_offer(version, WaitingKind.ANSWER_COUNTER)


def _with_offers(connection: Connection, as_of: date, organisation: str) -> set[str]:
    """Agreements of the organisation with terms that nobody has answered or taken back."""
    version, counter = tables.version, tables.counter
    ours = or_(version.c.payer == organisation, version.c.payee == organisation)
    names = select(version.c.agreement).where(version.c.recorded_on <= as_of, ours)
    open_versions = names.where(
        not_(_is_said(tables.answer, version, as_of)),
        not_(_is_said(tables.withdrawal, version, as_of)),
    )
    open_counters = select(counter.c.agreement).where(
        counter.c.recorded_on <= as_of,
        counter.c.agreement.in_(names),
        not_(_is_said(version.alias(), counter, as_of)),
        not_(_is_said(tables.withdrawal, counter, as_of)),
    )
    return {
        row.agreement
        for statement in (open_versions, open_counters)
        for row in rows(connection, statement)
    }


def _is_said(said: Any, of: Table, as_of: date) -> ColumnElement[bool]:  # noqa: ANN401 - a table
    same = and_(
        said.c.agreement == of.c.agreement, said.c.fingerprint == of.c.fingerprint
    )
    return select(said.c.position).where(same, said.c.recorded_on <= as_of).exists()


def _of_offer(version: Version, kind: WaitingKind) -> Iterator[WaitingMatter]:
    terms, maker = version.terms, version.signatures[0].organisation
    answering = terms.payee if maker == terms.payer else terms.payer
    key = (terms.agreement, str(terms.version))
    since = business_day(parse_instant(version.signatures[0].signed_at))
    cost_ore = sum(post.annual_cost_ore for post in terms.posts)
    more = since, cost_ore, terms.effective_from, terms.agreement, terms.costs.term
    yield WaitingMatter(kind, key, answering, maker, *more)
    if terms.endorsement is not None and not version.endorsements:
        kind = WaitingKind.ENDORSE_VERSION
        yield WaitingMatter(kind, key, terms.payee, terms.payer, *more)


def _to_sign(
    connection: Connection, as_of: date, organisation: str
) -> Iterator[WaitingMatter]:
    if not _has_unanswered(connection, as_of, organisation):
        return
    criteria = StatementFilter(organisation, StatementState.AWAITS_SIGNATURE)
    for drawn in statements_drawn_up(connection, as_of, criteria):
        first, second = drawn.pair
        net_ore = sum(
            balance.undisputed_ore * (1 if balance.payer == first else -1)
            for balance in drawn.balances
        )
        yield WaitingMatter(
            WaitingKind.SIGN_STATEMENT,
            (first, second, drawn.period.end.isoformat()),
            second,
            first,
            drawn.drawn_up_on,
            abs(net_ore),
            period=drawn.period,
        )


def _has_unanswered(connection: Connection, as_of: date, organisation: str) -> bool:
    """Whether a statement waits: else none is read, since each is as long as its lines."""
    drawn, answer = tables.statement, tables.statement_answer
    names = ("first", "second", "number", "revision")
    same = and_(*(answer.c[name] == drawn.c[name] for name in names))
    answered = select(answer.c.position).where(same, answer.c.recorded_on <= as_of)
    statement = select(drawn.c.position).where(
        drawn.c.recorded_on <= as_of,
        or_(drawn.c.first == organisation, drawn.c.second == organisation),
        not_(answered.exists()),
    )
    return bool(rows(connection, statement.limit(1)))


def _unmatched(
    connection: Connection, as_of: date, organisation: str
) -> Iterator[WaitingMatter]:
    criteria = EntryFilter(organisation, State.UNMATCHED)
    for entry in bank_entries(connection, as_of, criteria, limit=_ENTRIES_MAX):
        yield WaitingMatter(
            WaitingKind.MATCH_BANK_ENTRY,
            (entry.reference,),
            organisation,
            organisation,
            entry.booked_on,
            entry.amount_ore,
        )
