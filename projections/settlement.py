"""The settlement as a question: of a year, as of a day, of some or all trusts.

The facts recorded up to the day are read, and the arithmetic of
``domain.closing.settlement`` runs on them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Date,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    or_,
    select,
)

from domain.agreements.accrual import (
    PostTerms,
    StaffingChange,
    VersionTerms,
    whole_year,
)
from domain.closing.settlement import (
    AgreementRecord,
    AgreementSettlement,
    Credited,
    LineVerdict,
    Parties,
    SettledDocument,
    SettledLine,
    Settlement,
    disputed,
    settle,
)
from domain.values import Period, Region, Vacancy
from projections import tables
from projections.asof import PLACE, place, rows_as_of
from projections.claims import DOCUMENT, DocumentKey
from projections.names import Holder, Proposals, divided, network_homes, parties
from projections.readable import reads_of
from projections.regions import regions_of

TableRows = Mapping[Table, Iterable[Any]]
"""The rows of the tables that a settlement reads, in the order of recording."""


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

    @property
    def members(self) -> Mapping[str, str]:
        """Those that are said."""
        return {name: said for name, said in self._asdict().items() if said is not None}

    def holds(self, of: AgreementRecord | AgreementSettlement) -> bool:
        """Whether an agreement is asked for: another may have had its name."""
        payer, payee, network = of.parties
        return (
            self.trust in {None, payer, payee}
            and self.network in {None, network}
            and self.agreement in {None, of.agreement}
        )


def settlement(
    connection: Connection, year: int, as_of: date, scope: Scope | None = None
) -> Settlement:
    """Settle a calendar year from what was recorded up to and including ``as_of``.

    Raises :class:`UnknownPartyError`: better no answer than one without somebody.
    """
    scope = scope or Scope()
    records, region_of = ground(_read(connection, whole_year(year), as_of, scope))
    return settle(filter(scope.holds, records), region_of, year, as_of)


def with_readable_documents(connection: Connection, settled: Settlement) -> Settlement:
    """Leave out the documents that whoever asks may not read; the sums stay."""
    reads = reads_of(connection)
    parties = {
        each.agreement: (each.parties.payer, each.parties.payee)
        for each in settled.agreements
    }
    documents = [
        each
        for each in settled.documents
        if reads((each.payee, *parties.get(each.agreement, ())))
    ]
    return replace(settled, documents=tuple(documents))


OF_AGREEMENT: Final[Mapping[Table, Sequence[str]]] = {
    tables.version: (
        *(*PLACE, "agreement", "version", "effective_from", "starts_on", "ends_on"),
        *("vacancy", "network", "payer", "payee", "fingerprint"),
    ),
    tables.version_post: (*PLACE, "post", "starts_on", "ends_on", "annual_cost_ore"),
    tables.answer: ("agreement", "version", "answer", "fingerprint"),
    tables.termination: ("agreement", "ends_on", "seen"),
    tables.staffing: ("agreement", "post", "effective_on", "change", "seen"),
    tables.document: (
        *(*DOCUMENT, "kind", "agreement", "period_start", "period_end"),
        *("issued_on", "net_ore", "vat_ore", "network", "payer"),
        *("credited_year", "credited_number", "credited_whole"),
    ),
    tables.document_line: (*DOCUMENT, "post", "amount_ore", "restatement_ore"),
}
OF_DOCUMENT: Final[Mapping[Table, Sequence[str]]] = {
    tables.verdict: (*DOCUMENT, "post", "disputed"),
    tables.payment: (*DOCUMENT, "amount_ore"),
    tables.restatement: (
        *(*DOCUMENT, "post", "period_start", "period_end", "amount_ore"),
    ),
}
COLUMNS: Final[Mapping[Table, Sequence[str]]] = {
    tables.organisation: ("org_number", "region"),
    tables.network: ("network", "origin"),
    **OF_AGREEMENT,
    **OF_DOCUMENT,
}
"""What a settlement reads, of which tables."""
ORDER: Final[Mapping[Table, Sequence[Column[Any]]]] = {
    tables.document: (),
    tables.document_line: (tables.document_line.c.item,),
    tables.payment: (),
    tables.restatement: (tables.restatement.c.item,),
}
"""Less than the order of recording, where only this much of it counts."""
SOME_AGREEMENTS: Final = frozenset({"agreements"})
_AGREEMENTS: Final[Any] = bindparam("agreements", expanding=True)
_DAYS: Final = {
    name: bindparam(name, type_=Date) for name in ("as_of", "year_start", "year_end")
}


def _read(connection: Connection, year: Period, as_of: date, scope: Scope) -> TableRows:
    """Read no more than the question needs: of the scope, and documents of the year."""
    selects = select_rows(frozenset(scope.members))
    return read_rows(connection, selects, year, as_of, scope.members)


def read_rows(
    connection: Connection,
    selects: Mapping[Table, Select[Any]],
    year: Period,
    as_of: date,
    members: Mapping[str, object],
) -> TableRows:
    """Run what :func:`select_rows` gives for some members."""
    days = {"as_of": as_of, "year_start": year.start, "year_end": year.end}
    return {
        table: connection.execute(statement, {**days, **members}).all()
        for table, statement in selects.items()
    }


@lru_cache
def select_rows(asked: frozenset[str]) -> Mapping[Table, Select[Any]]:
    """Made once for each set of members: a scope's, or several agreements'."""
    as_of, document = _DAYS["as_of"], tables.document
    statements = {}
    for table, columns in COLUMNS.items():
        statement = rows_as_of(table, as_of, columns)
        if table in OF_AGREEMENT:
            statement = _within(statement, table, asked)
        elif table in OF_DOCUMENT:
            same = (table.c[name] == document.c[name] for name in DOCUMENT)
            joined = statement.join(document, and_(*same))
            statement = _within(joined, document, asked)
            statement = statement.where(document.c.recorded_on <= as_of)
        if table is tables.verdict:
            statement = statement.where(_ever_disputed())
        elif table is tables.restatement:
            statement = statement.where(_ever_credited())
        if table in ORDER:
            statement = statement.order_by(None).order_by(*ORDER[table])
        statements[table] = statement
    return statements


def _within(statement: Select[Any], table: Table, asked: frozenset[str]) -> Select[Any]:
    """Rows of agreements in scope alone, and of the year.

    It is a join, since PostgreSQL goes through all agreements to find a few ``IN`` a set.
    """
    if "period_start" in table.c:
        days = _DAYS["year_start"], _DAYS["year_end"]
        statement = statement.where(table.c.period_start.between(*days))
    if not asked:
        return statement
    if asked == SOME_AGREEMENTS:
        return statement.where(table.c.agreement.in_(_AGREEMENTS))
    version = tables.version.c
    holds = {
        "agreement": version.agreement == bindparam("agreement"),
        "network": version.network == bindparam("network"),
        "trust": or_(
            *(party == bindparam("trust") for party in (version.payer, version.payee))
        ),
    }
    names = (
        select(version.agreement)
        .where(version.recorded_on <= _DAYS["as_of"], *(holds[name] for name in asked))
        .distinct()
        .subquery("names")
    )
    return statement.join(names, table.c.agreement == names.c.agreement)


def _ever_disputed() -> ColumnElement[bool]:
    """True of the few documents whose verdicts say more than yes."""
    other = tables.verdict.alias("other")
    same = (other.c[name] == tables.document.c[name] for name in DOCUMENT)
    return select(other.c.position).where(other.c.disputed, *same).exists()


def _ever_credited() -> ColumnElement[bool]:
    """True of the few agreements of which something may be given up."""
    other = tables.document.alias("other")
    same = other.c.agreement == tables.document.c.agreement
    noted = other.c.credited_year.is_not(None)
    return select(other.c.position).where(same, noted).exists()


Named = tuple[str, Parties]
"""The name of an agreement and its parties: another may have had the name."""


class Ground(NamedTuple):
    """What a settlement rests on."""

    records: Sequence[AgreementRecord]
    region_of: Mapping[str, Region]


def ground(rows: TableRows) -> Ground:
    """All that is known of each agreement that is accepted, or has been billed.

    Documents of an agreement that has lost its name stay between their parties.
    Raises :class:`UnknownPartyError`.
    """
    region_of = regions_of(rows[tables.organisation])
    proposals = _proposals(rows)
    holders = {name: of.holder for name, of in proposals.items() if of.holder}
    accepted = _accepted_versions(rows, proposals, holders)
    staffing, documents = _staffing(rows, holders), _documents(rows)
    records = []
    for named in {**accepted, **documents}:
        agreement, between = named
        versions = accepted.get(named, ())
        staffed = staffing.get(agreement, {}) if versions else {}
        billed = tuple(documents.get(named, ()))
        records.append(AgreementRecord(agreement, between, versions, staffed, billed))
        for party in (between.payer, between.payee):
            if party not in region_of:
                raise UnknownPartyError(party)
    return Ground(records, region_of)


def _proposals(rows: TableRows) -> Mapping[str, Proposals]:
    home_of = network_homes(rows[tables.network])
    versions: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows[tables.version]:
        versions[row.agreement].append(row)
    return {name: divided(proposed, home_of) for name, proposed in versions.items()}


def _accepted_versions(
    rows: TableRows, proposals: Mapping[str, Proposals], holders: Mapping[str, Holder]
) -> Mapping[Named, tuple[VersionTerms, ...]]:
    answers: dict[tuple[str, str], str] = {}
    for row in rows[tables.answer]:
        answers.setdefault((row.agreement, row.fingerprint), row.answer)
    posts: defaultdict[tuple[str, int, int], dict[str, PostTerms]]
    posts = defaultdict(dict)
    for row in rows[tables.version_post]:
        in_post = PostTerms(row.starts_on, row.ends_on, row.annual_cost_ore)
        posts[place(row)].setdefault(row.post, in_post)
    last_days: dict[str, date] = {}
    for row in rows[tables.termination]:
        if row.agreement in holders and holders[row.agreement].concerns(row.seen):
            last_day = last_days.get(row.agreement, row.ends_on)
            last_days[row.agreement] = min(last_day, row.ends_on)
    accepted: dict[Named, tuple[VersionTerms, ...]] = {}
    for name, proposed in proposals.items():
        versions: dict[int, VersionTerms] = {}
        for row in proposed.ours:
            if answers.get((name, row.fingerprint)) == "accepted":
                terms = _terms(row, posts[place(row)]).until(last_days.get(name))
                versions.setdefault(row.version, terms)
        if versions:
            key = name, Parties(*parties(proposed.ours[0]))
            accepted[key] = tuple(versions[number] for number in sorted(versions))
    return accepted


def _staffing(
    rows: TableRows, holders: Mapping[str, Holder]
) -> Mapping[str, Mapping[str, Sequence[StaffingChange]]]:
    changes: defaultdict[str, defaultdict[str, list[StaffingChange]]]
    changes = defaultdict(lambda: defaultdict(list))
    for row in rows[tables.staffing]:
        if row.agreement in holders and holders[row.agreement].concerns(row.seen):
            change = StaffingChange(row.effective_on, row.change == "filled")
            changes[row.agreement][row.post].append(change)
    return changes


def _documents(rows: TableRows) -> Mapping[Named, Sequence[SettledDocument]]:
    issued = list(rows[tables.document])
    restated = _restated(issued, rows[tables.restatement])
    lines: defaultdict[DocumentKey, list[SettledLine]] = defaultdict(list)
    for seller, year, number, post, amount_ore, restated_ore in rows[
        tables.document_line
    ]:
        periods = restated.get((seller, year, number, post), ())
        line = SettledLine(post, amount_ore, restated_ore, tuple(periods))
        lines[seller, year, number].append(line)
    verdicts: defaultdict[DocumentKey, list[LineVerdict]] = defaultdict(list)
    for seller, year, number, post, is_disputed in rows[tables.verdict]:
        verdicts[seller, year, number].append(LineVerdict(post, is_disputed))
    paid: defaultdict[DocumentKey, int] = defaultdict(int)
    for seller, year, number, amount_ore in rows[tables.payment]:
        paid[seller, year, number] += amount_ore
    documents: defaultdict[Named, list[SettledDocument]] = defaultdict(list)
    for row in issued:
        seller, year, number, kind, agreement, start, end, issued_on, *rest = row
        net, vat, network, payer, *of = rest
        key = (seller, year, number)
        billed = tuple(lines.get(key, ()))
        in_dispute = frozenset[str]()
        if key in verdicts:
            in_dispute = disputed((line.post for line in billed), verdicts[key])
        document = SettledDocument(
            seller,
            year,
            number,
            kind,
            agreement,
            Period(start, end),
            issued_on,
            net,
            vat,
            billed,
            in_dispute,
            paid.get(key, 0),
            None if of[0] is None else Credited(*of),
        )
        documents[agreement, Parties(payer, seller, network)].append(document)
    return documents


def _restated(
    issued: Sequence[Any], rows: Iterable[Any]
) -> Mapping[tuple[str, int, int, str], Sequence[tuple[Period, int]]]:
    """What lines restate, of agreements of which something was credited."""
    noted = {row.agreement for row in issued if row.credited_year is not None}
    credited = {tuple(row[:3]) for row in issued if row.agreement in noted}
    restated: defaultdict[tuple[str, int, int, str], list[tuple[Period, int]]]
    restated = defaultdict(list)
    for seller, year, number, post, start, end, amount_ore in rows:
        if (seller, year, number) in credited:
            of_line = restated[seller, year, number, post]
            of_line.append((Period(start, end), amount_ore))
    return restated


def _terms(row: Row[Any], posts: Mapping[str, PostTerms]) -> VersionTerms:
    return VersionTerms(
        row.version,
        row.effective_from,
        row.starts_on,
        row.ends_on,
        Vacancy(row.vacancy),
        posts,
    )
