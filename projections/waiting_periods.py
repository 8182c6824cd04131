"""Periods that are over: to report on, to decide on, to invoice, to close."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, and_, or_, select, tuple_

from domain.agreements.accrual import (
    StaffingChange,
    VersionTerms,
    filled,
    in_force,
    whole_year,
)
from domain.agreements.standing import VersionStatus
from domain.parties.pair import pair_of
from domain.values import Frequency, Period, Vacancy, add_months, day_after, day_before
from projections import tables
from projections.asof import keys_as_of, rows, rows_as_of, rows_by_key
from projections.moments import once_a_moment
from projections.reports import Report, latest_reports
from projections.waiting_matter import WaitingKind, WaitingMatter

_PERIODS_MAX: Final = 400
"""Of one version: more than its term has, unless it never ends."""


@dataclass(frozen=True, slots=True)
class AgreedTerm:
    """Days on which one version of an agreement is in force."""

    agreement: str
    network: str
    payer: str
    payee: str
    days: Period
    frequency: Frequency
    vacancy: Vacancy
    known_on: date
    """When the agreement was first recorded: what was over by then is not its matter."""

    def ended_before(self, day: date) -> Iterator[Period]:
        """Whole periods of its settlement that have ended."""
        months = self.frequency.months
        first = max(self.days.start, self.known_on)
        start = date(first.year, (first.month - 1) // months * months + 1, 1)
        for _ in range(_PERIODS_MAX):
            period = Period(start, day_before(add_months(start, months)))
            if period.end >= day or period.end > self.days.end:
                return
            yield period
            start = day_after(period.end)


class HostedBy(NamedTuple):
    """The agreements of a network by which one trust is paid."""

    network: str
    trust: str


def periods_waiting(
    connection: Connection,
    as_of: date,
    organisation: str,
    terms: Sequence[AgreedTerm],
    *,
    with_coordinated: bool = True,
) -> Iterator[WaitingMatter]:
    """Reports to submit and to decide on, and periods to invoice, of what is agreed.

    And those of the networks that the organisation coordinates.
    """
    coordinators = _coordinators(connection, as_of)
    asked = {HostedBy(term.network, term.payee) for term in terms}
    coordinated: set[str] = set()
    if with_coordinated:
        coordinated = {n for n, of in coordinators.items() if of == organisation}
    reports = _reports(connection, as_of, asked, coordinated)
    for report in reports:
        coordinator = coordinators.get(report.network, "")
        if report.status == "submitted" and organisation in {coordinator, report.trust}:
            yield _to_decide(report, coordinator)
    of_trust: defaultdict[tuple[str, str], list[_Reported]] = defaultdict(list)
    for report in reports:
        days = Period(report.period_start, report.period_end)
        of_trust[report.network, report.trust].append(_Reported(days, report.status))
    to_invoice: dict[tuple[str, Period], AgreedTerm] = {}
    for term, period in _ended(terms, as_of):
        status = _status(of_trust[term.network, term.payee], period)
        if status == "approved":
            to_invoice[term.agreement, period] = term
        elif status != "submitted":
            yield _to_report(term, period, coordinators.get(term.network, term.payer))
    yield from _to_invoice(connection, as_of, to_invoice)


def _to_decide(report: Report, coordinator: str) -> WaitingMatter:
    return WaitingMatter(
        WaitingKind.DECIDE_REPORT,
        (report.report,),
        coordinator,
        report.trust,
        report.submitted_on,
        subject=report.network,
        period=Period(report.period_start, report.period_end),
    )


def _ended(
    terms: Iterable[AgreedTerm], as_of: date
) -> Iterator[tuple[AgreedTerm, Period]]:
    for term in terms:
        for period in term.ended_before(as_of):
            yield term, period


class _Reported(NamedTuple):
    days: Period
    status: str


def _status(reports: Iterable[_Reported], period: Period) -> str:
    """How far a trust's report of a period has come; nothing where there is none."""
    found = {each.status for each in reports if each.days.covers(period)}
    return next((s for s in ("approved", "submitted", "returned") if s in found), "")


def _to_report(term: AgreedTerm, period: Period, coordinator: str) -> WaitingMatter:
    days = (period.start.isoformat(), period.end.isoformat())
    return WaitingMatter(
        WaitingKind.SUBMIT_REPORT,
        (term.network, term.payee, *days),
        term.payee,
        coordinator,
        day_after(period.end),
        subject=term.network,
        period=period,
    )


def _to_invoice(
    connection: Connection, as_of: date, ready: Mapping[tuple[str, Period], AgreedTerm]
) -> Iterator[WaitingMatter]:
    """Periods with an approved report, some cost, and no document yet."""
    names = {agreement for agreement, _ in ready}
    document = tables.document
    statement = select(document.c.agreement, document.c.period_start).where(
        document.c.agreement.in_(names),
        document.c.recorded_on <= as_of,
        document.c.credited_year.is_(None),
    )
    billed = {tuple(row) for row in rows(connection, statement)} if names else set()
    staffed = _staffed(connection, as_of, names)
    for (agreement, period), term in ready.items():
        if (agreement, period.start) in billed:
            continue
        costs = term.vacancy is Vacancy.PAY or any(
            period.overlaps(days) for days in staffed[agreement]
        )
        if costs:
            days = (period.start.isoformat(), period.end.isoformat())
            kind, since = WaitingKind.ISSUE_INVOICE, day_after(period.end)
            yield WaitingMatter(
                kind,
                (agreement, *days),
                term.payee,
                term.payer,
                since,
                subject=agreement,
                period=period,
            )


def _staffed(
    connection: Connection, as_of: date, names: Collection[str]
) -> Mapping[str, Sequence[Period]]:
    found: defaultdict[str, list[Period]] = defaultdict(list)
    changes = rows_by_key(
        connection, tables.staffing, as_of, names, "agreement"
    ).items()
    for agreement, of in changes:
        by_post: defaultdict[str, list[StaffingChange]] = defaultdict(list)
        for row in of:
            change = StaffingChange(row.effective_on, row.change == "filled")
            by_post[row.post].append(change)
        for each in by_post.values():
            found[agreement] += filled(each)
    return found


def statements_to_draw_up(
    connection: Connection,
    as_of: date,
    organisation: str,
    terms: Iterable[AgreedTerm],
) -> Iterator[WaitingMatter]:
    """Pairs of trusts that have not closed last year, or where it was rejected."""
    year = whole_year(as_of.year - 1)
    pairs = {
        pair_of(term.payer, term.payee)
        for term in terms
        if term.days.overlaps(year) and term.known_on <= year.end
    }
    latest = _latest_statements(connection, as_of, organisation)
    for pair in sorted(pairs):
        last = latest.get((pair.first, pair.second))
        rejected = last is not None and last.is_rejected
        if last is not None and last.period_end >= year.end and not rejected:
            continue
        period, since = year, day_after(year.end)
        if last is not None and rejected:
            period, since = Period(last.period_start, last.period_end), last.known_on
        key = (pair.first, pair.second, period.end.isoformat())
        yield WaitingMatter(
            WaitingKind.DRAW_UP_STATEMENT,
            key,
            pair.first,
            pair.second,
            since,
            period=period,
        )


class _Latest(NamedTuple):
    """The latest statement of a pair; ``known_on`` is that of a rejection, too."""

    period_start: date
    period_end: date
    is_rejected: bool
    known_on: date


def _latest_statements(
    connection: Connection, as_of: date, organisation: str
) -> Mapping[tuple[str, str], _Latest]:
    drawn, answer = tables.statement, tables.statement_answer
    same = and_(
        *(
            answer.c[name] == drawn.c[name]
            for name in ("first", "second", "number", "revision")
        ),
        answer.c.recorded_on <= as_of,
    )
    names = ("first", "second", "period_start", "period_end", "recorded_on")
    columns = [drawn.c[name] for name in names]
    ours = or_(drawn.c.first == organisation, drawn.c.second == organisation)
    statement = (
        select(*columns, answer.c.answer, answer.c.recorded_on.label("answered_on"))
        .outerjoin(answer, same)
        .where(drawn.c.recorded_on <= as_of, ours)
        .order_by(drawn.c.number, drawn.c.revision)
    )
    return {
        (row.first, row.second): _Latest(
            row.period_start,
            row.period_end,
            row.answer is not None and row.answer != "signed",
            row.answered_on or row.recorded_on,
        )
        for row in rows(connection, statement)
    }


@once_a_moment
def agreed_terms(
    connection: Connection,
    as_of: date,
    organisation: str,
    hosted: HostedBy | None = None,
) -> Sequence[AgreedTerm]:
    """What an organisation has agreed, or of it what a host is paid by in a network."""
    version, answer = tables.version, tables.answer
    accepted = select(answer.c.position).where(
        answer.c.agreement == version.c.agreement,
        answer.c.fingerprint == version.c.fingerprint,
        answer.c.answer == VersionStatus.ACCEPTED,
        answer.c.recorded_on <= as_of,
    )
    names = ("agreement", "version", "network", "payer", "payee", "effective_from")
    more = ("starts_on", "ends_on", "frequency", "vacancy", "recorded_on")
    statement = rows_as_of(version, as_of, (*names, *more)).where(
        or_(version.c.payer == organisation, version.c.payee == organisation),
        accepted.exists(),
    )
    if hosted is not None:
        network, trust = hosted
        of_host = (version.c.network == network, version.c.payee == trust)
        statement = statement.where(*of_host)
    versions: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows(connection, statement):
        versions[row.agreement].append(row)
    ended = rows_by_key(connection, tables.termination, as_of, versions, "agreement")
    return [
        term
        for name, of in versions.items()
        for term in _in_force(of, min((e.ends_on for e in ended[name]), default=None))
    ]


def _in_force(
    versions: Sequence[Row[Any]], last_day: date | None
) -> Iterator[AgreedTerm]:
    numbered = {row.version: row for row in versions}
    terms = [
        VersionTerms(
            row.version,
            row.effective_from,
            row.starts_on,
            row.ends_on,
            Vacancy(row.vacancy),
        ).until(last_day)
        for row in numbered.values()
    ]
    known_on = min(row.recorded_on for row in versions)
    for span in in_force(terms):
        row = numbered[span.terms.version]
        yield AgreedTerm(
            row.agreement,
            row.network,
            row.payer,
            row.payee,
            span.period,
            Frequency(row.frequency),
            Vacancy(row.vacancy),
            known_on,
        )


def _coordinators(connection: Connection, as_of: date) -> Mapping[str, str]:
    columns = ("network", "coordinating_trust")
    found: dict[str, str] = {}
    for row in rows(connection, rows_as_of(tables.network, as_of, columns)):
        found.setdefault(row.network, row.coordinating_trust)
    return found


@once_a_moment
def _reports(
    connection: Connection,
    as_of: date,
    hosts: Collection[HostedBy],
    networks: Collection[str],
) -> Sequence[Report]:
    """Reports of some trusts in networks, and all of other networks."""
    table = tables.report
    of_hosts = tuple_(table.c.network, table.c.trust).in_(sorted(hosts))
    of_networks = table.c.network.in_(sorted(networks))
    names = {
        *keys_as_of(connection, table.c.report, as_of, of_hosts),
        *keys_as_of(connection, table.c.report, as_of, of_networks),
    }
    return latest_reports(connection, as_of, sorted(names))
