"""The settlement as a question: of a year, as of a day, of some or all trusts.

The facts recorded up to the day are read, and the arithmetic of
``domain.settlement`` runs on them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, Table, or_, select

from domain.accrual import PostTerms, StaffingChange, VersionTerms
from domain.settlement import (
    AgreementRecord,
    Document,
    Parties,
    SettledLine,
    Settlement,
    Verdict,
    disputed,
    settle,
)
from domain.values import Period, Vacancy
from projections import tables
from projections.asof import known, place, rows
from projections.regions import regions

DocumentKey = tuple[str, int, int]


class UnknownPartyError(Exception):
    """A party's registration is not here yet; it comes with its region's log."""

    def __init__(self, org_number: str) -> None:
        super().__init__(org_number)
        self.org_number = org_number


class Scope(NamedTuple):
    """Which agreements are settled; without members, all of them."""

    trust: str | None = None
    """Only those that this organisation pays or is paid by."""
    network: str | None = None
    agreement: str | None = None


def settlement(
    connection: Connection, year: int, as_of: date, scope: Scope | None = None
) -> Settlement:
    """Settle a calendar year from what was recorded up to and including ``as_of``.

    Raises :class:`UnknownPartyError`: better no answer than one without somebody.
    """
    reader = _Reader(connection, as_of, scope or Scope())
    region_of = regions(connection, as_of)
    records = list(reader.records())
    for record in records:
        for _, parties in record.versions:
            for each in (parties.payer, parties.payee):
                if each not in region_of:
                    raise UnknownPartyError(each)
    return settle(records, region_of, year, as_of)


class _Reader:
    """Reads the facts of one question; rows come in the order of their entries."""

    def __init__(self, connection: Connection, as_of: date, scope: Scope) -> None:
        self._connection = connection
        self._as_of = as_of
        self._scope = scope
        self._narrow = scope != Scope()

    def _known(self, table: Table) -> Select[Any]:
        return known(table, self._as_of)

    def _rows(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        return rows(self._connection, statement)

    def records(self) -> Iterable[AgreementRecord]:
        """Return all that is known of each agreement with an accepted version."""
        versions = self._versions()
        names = set(versions)
        staffing = self._staffing(names)
        documents = self._documents(names)
        for agreement, terms in versions.items():
            yield AgreementRecord(
                agreement,
                tuple(terms),
                staffing.get(agreement, {}),
                tuple(documents.get(agreement, ())),
            )

    def _in(self, statement: Select[Any], table: Table, names: set[str]) -> Select[Any]:
        if not self._narrow:
            return statement
        return statement.where(table.c.agreement.in_(sorted(names)))

    def _versions(self) -> dict[str, list[tuple[VersionTerms, Parties]]]:
        table = tables.version
        statement = self._known(table)
        if self._scope.agreement is not None:
            statement = statement.where(table.c.agreement == self._scope.agreement)
        if self._scope.network is not None:
            statement = statement.where(table.c.network == self._scope.network)
        if self._scope.trust is not None:
            trust = self._scope.trust
            parties = or_(table.c.payer == trust, table.c.payee == trust)
            named = select(table.c.agreement).where(parties)
            statement = statement.where(table.c.agreement.in_(named))
        proposed = self._rows(statement)
        names = {row.agreement for row in proposed}
        accepted = self._accepted(names)
        posts = self._posts(names)
        last_days = self._last_days(names)
        found: dict[str, dict[int, tuple[VersionTerms, Parties]]] = defaultdict(dict)
        for row in proposed:
            key = (row.agreement, row.version)
            if key in accepted:
                terms = _terms(row, posts.get(place(row), {}))
                cut = terms.until(last_days.get(row.agreement))
                found[row.agreement].setdefault(row.version, (cut, _parties(row)))
        return {
            agreement: [versions[number] for number in sorted(versions)]
            for agreement, versions in found.items()
        }

    def _accepted(self, names: set[str]) -> set[tuple[str, int]]:
        answers: dict[tuple[str, int], str] = {}
        statement = self._known(tables.answer)
        for row in self._rows(self._in(statement, tables.answer, names)):
            answers.setdefault((row.agreement, row.version), row.answer)
        return {key for key, answer in answers.items() if answer == "accepted"}

    def _last_days(self, names: set[str]) -> Mapping[str, date]:
        last_days: dict[str, date] = {}
        statement = self._known(tables.termination)
        for row in self._rows(self._in(statement, tables.termination, names)):
            known_day = last_days.get(row.agreement, row.ends_on)
            last_days[row.agreement] = min(known_day, row.ends_on)
        return last_days

    def _posts(
        self, names: set[str]
    ) -> Mapping[tuple[str, int, int], Mapping[str, PostTerms]]:
        posts: defaultdict[tuple[str, int, int], dict[str, PostTerms]]
        posts = defaultdict(dict)
        statement = self._known(tables.version_post)
        for row in self._rows(self._in(statement, tables.version_post, names)):
            terms = PostTerms(row.starts_on, row.ends_on, row.annual_cost_ore)
            posts[place(row)].setdefault(row.post, terms)
        return posts

    def _staffing(
        self, names: set[str]
    ) -> Mapping[str, Mapping[str, Sequence[StaffingChange]]]:
        changes: defaultdict[str, defaultdict[str, list[StaffingChange]]]
        changes = defaultdict(lambda: defaultdict(list))
        statement = self._known(tables.staffing)
        for row in self._rows(self._in(statement, tables.staffing, names)):
            change = StaffingChange(row.effective_on, row.change == "filled")
            changes[row.agreement][row.post].append(change)
        return changes

    def _documents(self, names: set[str]) -> Mapping[str, Sequence[Document]]:
        issued = self._rows(
            self._in(self._known(tables.document), tables.document, names)
        )
        keys = {_key(row) for row in issued}
        lines = self._lines(names)
        verdicts = self._verdicts(keys)
        paid = self._paid(keys)
        documents: defaultdict[str, list[Document]] = defaultdict(list)
        for row in issued:
            key = _key(row)
            document = _document(row, lines[key], verdicts[key], paid[key])
            documents[row.agreement].append(document)
        return documents

    def _lines(self, names: set[str]) -> Mapping[DocumentKey, list[SettledLine]]:
        lines: defaultdict[DocumentKey, list[SettledLine]] = defaultdict(list)
        statement = self._known(tables.document_line)
        for row in self._rows(self._in(statement, tables.document_line, names)):
            line = SettledLine(row.post, row.amount_ore, row.restatement_ore)
            lines[_key(row)].append(line)
        return lines

    def _verdicts(self, keys: set[DocumentKey]) -> Mapping[DocumentKey, list[Verdict]]:
        verdicts: defaultdict[DocumentKey, list[Verdict]] = defaultdict(list)
        for row in self._of_documents(tables.verdict, keys):
            verdicts[_key(row)].append(Verdict(row.post, row.disputed))
        return verdicts

    def _paid(self, keys: set[DocumentKey]) -> Mapping[DocumentKey, int]:
        paid: defaultdict[DocumentKey, int] = defaultdict(int)
        for row in self._of_documents(tables.payment, keys):
            paid[_key(row)] += row.amount_ore
        return paid

    def _of_documents(self, table: Table, keys: set[DocumentKey]) -> Sequence[Row[Any]]:
        statement = self._known(table)
        if self._narrow:
            sellers = sorted({seller for seller, _, _ in keys})
            statement = statement.where(table.c.seller.in_(sellers))
        return self._rows(statement)


def _key(row: Row[Any]) -> DocumentKey:
    return row.seller, row.year, row.number


def _terms(row: Row[Any], posts: Mapping[str, PostTerms]) -> VersionTerms:
    return VersionTerms(
        row.version,
        row.effective_from,
        row.starts_on,
        row.ends_on,
        Vacancy(row.vacancy),
        row.network,
        posts,
    )


def _parties(row: Row[Any]) -> Parties:
    return Parties(row.payer, row.payee, row.network)


def _document(
    row: Row[Any],
    lines: Sequence[SettledLine],
    verdicts: Sequence[Verdict],
    paid_ore: int,
) -> Document:
    return Document(
        payee=row.seller,
        year=row.year,
        number=row.number,
        kind=row.kind,
        agreement=row.agreement,
        period=Period(row.period_start, row.period_end),
        issued_on=row.issued_on,
        net_ore=row.net_ore,
        vat_ore=row.vat_ore,
        lines=tuple(lines),
        disputed_posts=disputed((line.post for line in lines), verdicts),
        paid_ore=paid_ore,
    )
