"""Agreements as known on a day: every version, who signed it when, and where it stands.

Terms are read back from the canonical bytes that were signed, so that what is
shown, printed or hashed is the same. Of facts with one key the first counts,
in the order in which every node folds them, as in the decisions.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple, Self

from sqlalchemy import Connection, Row, or_

from domain.agreements.accrual import VersionTerms
from domain.agreements.agreement import Terms, same_parties
from domain.agreements.standing import (
    AgreementStatus,
    VersionStatus,
    agreement_status,
    superseded_by,
)
from federation.signed.entry import entry_id
from projections import tables
from projections.asof import Slice, equal, keyed, keys_as_of, place, rows_by_key
from projections.moments import once_a_moment
from projections.names import Holder, divided, network_homes


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed terms, when, and the entry by which."""

    organisation: str
    signed_at: str
    entry: str


@dataclass(frozen=True, slots=True)
class Endorsement:
    """The host's line stands behind a version (S1-05, S1-20)."""

    role: str
    endorsed_by: str
    """A pseudonym; only the host's region knows the name."""
    endorsed_on: date
    entry: str


@dataclass(frozen=True, slots=True)
class Version:
    """Terms that somebody has signed, and what was said to them."""

    terms: Terms
    status: VersionStatus
    fingerprint: str
    signatures: tuple[Signature, ...]
    """In the order of signing; two of them make an agreement."""
    endorsements: tuple[Endorsement, ...]
    superseded_by: int | None = None
    """The accepted version that has taken its place for good."""
    answers_version: int | None = None
    """The version that a counter-proposal answers."""

    @property
    def short_fingerprint(self) -> str:
        """What two people compare: the first 16 hex digits in groups of four."""
        digits = self.fingerprint[:16]
        return " ".join(digits[start : start + 4] for start in range(0, 16, 4))


@dataclass(frozen=True, slots=True)
class Termination:
    """A party ends the agreement."""

    terminated_by: str
    ends_on: date
    reason: str
    recorded_at: str
    entry: str


@dataclass(frozen=True, slots=True)
class AgreementView:
    """An agreement on a day, with all its versions and counter-proposals by number."""

    agreement: str
    status: AgreementStatus
    last_day: date | None
    """The last day by termination; the earliest where there are two."""
    versions: tuple[Version, ...]
    counter_proposals: tuple[Version, ...]
    displaced: tuple[Version, ...]
    """What others proposed under the name before they had heard of this agreement."""
    terminations: tuple[Termination, ...]
    holder: Holder | None
    """What took the name; None where nothing that was proposed under it counts."""


@once_a_moment
def agreements(
    connection: Connection,
    as_of: date,
    page: Slice,
    trust: str | None = None,
    network: str | None = None,
) -> list[AgreementView]:
    """By name, where they are proposed in a network or by or to a trust."""
    table = tables.version
    conditions = equal(table, network=network)
    if trust is not None:
        conditions.append(or_(table.c.payer == trust, table.c.payee == trust))
    names = keys_as_of(
        connection,
        table.c.agreement,
        as_of,
        *conditions,
        after=page.after,
        limit=page.limit,
    )
    views = agreement_views(connection, as_of, names)
    return [views[name] for name in names]


@once_a_moment
def agreement_views(
    connection: Connection, as_of: date, names: Collection[str]
) -> dict[str, AgreementView]:
    """By name; names under which nothing was proposed are left out."""
    recorded = {
        table.name: rows_by_key(connection, table, as_of, names, "agreement")
        for table in (
            tables.version,
            tables.answer,
            tables.counter,
            tables.withdrawal,
            tables.endorsement,
            tables.termination,
        )
    }
    proposed = recorded[tables.version.name]
    mentioned = {row.network for versions in proposed.values() for row in versions}
    found = keyed(connection, tables.network, as_of, mentioned, "network")
    networks = _Networks.of(found)
    return {
        name: _Recorded(
            {table: rows.get(name, ()) for table, rows in recorded.items()}, networks
        ).agreement(name, as_of)
        for name in proposed
    }


class _Networks(NamedTuple):
    """Who coordinates networks, as first recorded."""

    homes: Mapping[str, str]
    coordinators: Mapping[str, str]
    made_by: Mapping[tuple[str, str], str]
    """By network and region, where another one had its name first."""

    @classmethod
    def of(cls, rows: Sequence[Row[Any]]) -> Self:
        coordinators: dict[str, str] = {}
        made_by: dict[tuple[str, str], str] = {}
        for row in rows:
            coordinators.setdefault(row.network, row.coordinating_trust)
            made_by.setdefault((row.network, row.origin), row.coordinating_trust)
        return cls(network_homes(rows), coordinators, made_by)


class _Recorded:
    """All that is recorded of one agreement."""

    def __init__(
        self, recorded: Mapping[str, Sequence[Row[Any]]], networks: _Networks
    ) -> None:
        self._coordinators = networks.coordinators
        self._made_by = networks.made_by
        proposals = divided(recorded["version"], networks.homes)
        self._holder = proposals.holder
        self._proposed = _first(proposals.ours, "version")
        self._displaced = proposals.displaced
        self._answers: dict[str, Row[Any]] = {}
        for row in recorded["answer"]:
            self._answers.setdefault(row.fingerprint, row)
        first = [Terms.model_validate_json(row.terms) for row in proposals.ours[:1]]
        self._countered = _first(
            (
                row
                for row in recorded["counter"]
                if first
                and same_parties(first[0], Terms.model_validate_json(row.terms))
            ),
            "version",
        )
        self._withdrawn = {row.fingerprint for row in recorded["withdrawal"]}
        self._endorsements = recorded["endorsement"]
        self._terminations = [
            row
            for row in recorded["termination"]
            if self._holder is not None and self._holder.concerns(row.seen)
        ]

    def agreement(self, name: str, day: date) -> AgreementView:
        """Fold what is recorded; ``day`` decides which version governs."""
        versions = [self._version(row) for row in self._proposed.values()]
        counters = [self._counter(row) for row in self._countered.values()]
        last_day = min((row.ends_on for row in self._terminations), default=None)
        accepted = [
            version.terms.costs
            for version in versions
            if version.status is VersionStatus.ACCEPTED
        ]
        cut = [costs.until(last_day) for costs in accepted]
        status = agreement_status(
            accepted,
            last_day,
            day,
            awaits_answer=any(
                version.status is VersionStatus.PROPOSED
                for version in (*versions, *counters)
            ),
        )
        return AgreementView(
            name,
            status,
            last_day,
            tuple(_superseded(version, cut, day) for version in versions),
            tuple(counters),
            tuple(self._lost(row) for row in self._displaced),
            tuple(_termination(row) for row in self._terminations),
            self._holder,
        )

    def _lost(self, row: Row[Any]) -> Version:
        terms = Terms.model_validate_json(row.terms)
        made_by = self._made_by.get((terms.network, row.origin), terms.payer)
        signed = (_signature(made_by, row),)
        return Version(terms, VersionStatus.DISPLACED, row.fingerprint, signed, ())

    def _version(self, row: Row[Any]) -> Version:
        terms = Terms.model_validate_json(row.terms)
        answer = self._answers.get(row.fingerprint)
        if answer is not None:
            status = VersionStatus(answer.answer)
        elif row.fingerprint in self._withdrawn:
            status = VersionStatus.WITHDRAWN
        else:
            status = VersionStatus.PROPOSED
        return Version(
            terms,
            status,
            row.fingerprint,
            self._signatures(terms, row, answer),
            self._endorsed(row.fingerprint),
        )

    def _counter(self, row: Row[Any]) -> Version:
        terms = Terms.model_validate_json(row.terms)
        proposed = self._proposed.get(row.version)
        if proposed is not None:
            adopted = proposed.fingerprint == row.fingerprint
            status = VersionStatus.ACCEPTED if adopted else VersionStatus.LAPSED
        elif row.fingerprint in self._withdrawn:
            status = VersionStatus.WITHDRAWN
        else:
            status = VersionStatus.PROPOSED
        return Version(
            terms,
            status,
            row.fingerprint,
            (_signature(self._answering(terms), row),),
            self._endorsed(row.fingerprint),
            answers_version=row.answers_version,
        )

    def _signatures(
        self, terms: Terms, row: Row[Any], answer: Row[Any] | None
    ) -> tuple[Signature, ...]:
        """Whoever made the offer signed first, then whoever accepted it."""
        proposal = _signature(self._proposer(terms), row)
        counter = self._countered.get(terms.version)
        if counter is not None and counter.fingerprint == row.fingerprint:
            return (_signature(self._answering(terms), counter), proposal)
        if answer is None or answer.answer != VersionStatus.ACCEPTED:
            return (proposal,)
        return (proposal, _signature(self._answering(terms), answer))

    def _proposer(self, terms: Terms) -> str:
        return self._coordinators.get(terms.network, terms.payer)

    def _answering(self, terms: Terms) -> str:
        proposer = self._proposer(terms)
        return terms.payer if terms.payee == proposer else terms.payee

    def _endorsed(self, fingerprint: str) -> tuple[Endorsement, ...]:
        return tuple(
            Endorsement(row.role, row.endorsed_by, row.endorsed_on, _entry(row))
            for row in self._endorsements
            if row.fingerprint == fingerprint
        )


def _first(rows: Iterable[Row[Any]], member: str) -> dict[int, Row[Any]]:
    """By number in ascending order, of each the first row."""
    first: dict[int, Row[Any]] = {}
    for row in rows:
        first.setdefault(getattr(row, member), row)
    return dict(sorted(first.items()))


def _superseded(
    version: Version, accepted: Sequence[VersionTerms], day: date
) -> Version:
    if version.status is not VersionStatus.ACCEPTED:
        return version
    by = superseded_by(version.terms.version, accepted, day)
    return replace(version, superseded_by=by)


def _entry(row: Row[Any]) -> str:
    return entry_id(*place(row))


def _signature(organisation: str, row: Row[Any]) -> Signature:
    return Signature(organisation, row.recorded_at, _entry(row))


def _termination(row: Row[Any]) -> Termination:
    return Termination(
        row.terminated_by, row.ends_on, row.reason, row.recorded_at, _entry(row)
    )
