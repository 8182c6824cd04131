"""The register: organisations, networks, agreements, posts and reports.

Each question is answered as of a day, a page at a time, sorted by key. Of
facts with one key the first counts, in the order in which every node folds
them, as in the decisions.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Table, or_

from domain.accrual import StaffingChange, filled
from projections import tables
from projections.asof import keys, known, place, rows


class Page(NamedTuple):
    """Which part of a sorted list is asked for."""

    after: str = ""
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation of a region."""

    org_number: str
    name: str
    short_name: str
    kind: str
    region: str
    parent_org_number: str | None


@dataclass(frozen=True, slots=True)
class Network:
    """A network and its coordinating trust."""

    network: str
    kind: str
    name_nb: str
    name_en: str
    coordinating_trust: str
    starts_on: date
    model: str
    coordination_budget_ore: int


@dataclass(frozen=True, slots=True)
class AgreedPost:
    """What one version says about one post."""

    post: str
    content: str
    percent: str | None
    starts_on: date
    ends_on: date
    annual_cost_ore: int


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an agreement, and its answer."""

    agreement: str
    version: int
    status: str
    """``proposed``, ``accepted``, ``declined`` or ``countered``."""
    network: str
    payer: str
    payee: str
    effective_from: date
    starts_on: date
    ends_on: date
    frequency: str
    vacancy: str
    vat_treatment: str
    vat_reason: str
    fingerprint: str
    posts: tuple[AgreedPost, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement with all its versions, by number."""

    agreement: str
    versions: tuple[Version, ...]


@dataclass(frozen=True, slots=True)
class Post:
    """A post as its agreement's governing version has it, and who fills it."""

    post: str
    agreement: str
    status: str
    network: str
    payer: str
    host: str
    content: str
    percent: str | None
    starts_on: date
    ends_on: date
    annual_cost_ore: int
    filled: bool
    holder: str | None
    """A pseudonym; only the host's region knows the name."""
    changed_on: date | None


@dataclass(frozen=True, slots=True)
class Report:
    """A report's latest submission, and what was decided on it."""

    report: str
    submission: int
    status: str
    """``submitted``, ``approved`` or ``returned``."""
    network: str
    trust: str
    period_start: date
    period_end: date


def organisations(
    connection: Connection,
    as_of: date,
    page: Page,
    region: str | None = None,
    org_number: str | None = None,
) -> list[Organisation]:
    """Return organisations by number."""
    table = tables.organisation
    wanted = _equal(table, region=region, org_number=org_number)
    found = _first(connection, table, "org_number", as_of, page, wanted)
    return [
        Organisation(
            org_number=row.org_number,
            name=row.name,
            short_name=row.short_name,
            kind=row.kind,
            region=row.region,
            parent_org_number=row.parent_org_number,
        )
        for row in found
    ]


def networks(
    connection: Connection,
    as_of: date,
    page: Page,
    trust: str | None = None,
    network: str | None = None,
) -> list[Network]:
    """Return networks by name."""
    table = tables.network
    wanted = _equal(table, coordinating_trust=trust, network=network)
    found = _first(connection, table, "network", as_of, page, wanted)
    return [
        Network(
            network=row.network,
            kind=row.kind,
            name_nb=row.name_nb,
            name_en=row.name_en,
            coordinating_trust=row.coordinating_trust,
            starts_on=row.starts_on,
            model=row.model,
            coordination_budget_ore=row.coordination_budget_ore,
        )
        for row in found
    ]


def _equal(table: Table, **values: str | None) -> list[Any]:
    return [
        table.c[name] == value for name, value in values.items() if value is not None
    ]


def _first(
    connection: Connection,
    table: Table,
    key: str,
    as_of: date,
    page: Page,
    conditions: Sequence[Any],
) -> list[Row[Any]]:
    column = table.c[key]
    names = keys(
        connection, column, as_of, *conditions, after=page.after, limit=page.limit
    )
    first: dict[str, Row[Any]] = {}
    for row in rows(connection, known(table, as_of).where(column.in_(names))):
        first.setdefault(getattr(row, key), row)
    return [first[name] for name in names]


def agreements(
    connection: Connection,
    as_of: date,
    page: Page,
    trust: str | None = None,
    network: str | None = None,
    agreement: str | None = None,
) -> list[Agreement]:
    """Return agreements by name."""
    table = tables.version
    wanted = _equal(table, network=network, agreement=agreement)
    if trust is not None:
        wanted.append(or_(table.c.payer == trust, table.c.payee == trust))
    names = keys(
        connection,
        table.c.agreement,
        as_of,
        *wanted,
        after=page.after,
        limit=page.limit,
    )
    found = versions_of(connection, as_of, names)
    return [Agreement(name, tuple(found[name])) for name in names]


def versions_of(
    connection: Connection, as_of: date, names: Collection[str]
) -> dict[str, list[Version]]:
    """Return the versions of some agreements."""

    def read(table: Table) -> Sequence[Row[Any]]:
        return rows(connection, known(table, as_of).where(table.c.agreement.in_(names)))

    answers: dict[tuple[str, int], str] = {}
    for row in read(tables.answer):
        answers.setdefault((row.agreement, row.version), row.answer)
    posts: defaultdict[tuple[str, int, int], dict[str, AgreedPost]] = defaultdict(dict)
    for row in read(tables.version_post):
        post = AgreedPost(
            row.post,
            row.content,
            row.percent,
            row.starts_on,
            row.ends_on,
            row.annual_cost_ore,
        )
        posts[place(row)].setdefault(row.post, post)
    found: dict[str, dict[int, Version]] = {name: {} for name in sorted(names)}
    for row in read(tables.version):
        key = (row.agreement, row.version)
        version = _version(row, answers.get(key, "proposed"), posts[place(row)])
        found[row.agreement].setdefault(row.version, version)
    return {
        name: [versions[number] for number in sorted(versions)]
        for name, versions in found.items()
    }


def _version(row: Row[Any], status: str, posts: Mapping[str, AgreedPost]) -> Version:
    return Version(
        agreement=row.agreement,
        version=row.version,
        status=status,
        network=row.network,
        payer=row.payer,
        payee=row.payee,
        effective_from=row.effective_from,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        frequency=row.frequency,
        vacancy=row.vacancy,
        vat_treatment=row.vat_treatment,
        vat_reason=row.vat_reason,
        fingerprint=row.fingerprint,
        posts=tuple(posts.values()),
    )


def posts(
    connection: Connection,
    as_of: date,
    page: Page,
    agreement: str | None = None,
    post: str | None = None,
) -> list[Post]:
    """Return posts by name, with who fills them on the day (S1-13)."""
    table = tables.version_post
    wanted = _equal(table, agreement=agreement, post=post)
    names = keys(
        connection, table.c.post, as_of, *wanted, after=page.after, limit=page.limit
    )
    claimed: dict[str, str] = {}
    for row in rows(connection, known(table, as_of).where(table.c.post.in_(names))):
        claimed.setdefault(row.post, row.agreement)
    versions = versions_of(connection, as_of, set(claimed.values()))
    changes: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    staffing = tables.staffing
    for row in rows(
        connection, known(staffing, as_of).where(staffing.c.post.in_(names))
    ):
        changes[row.post].append(row)
    return [
        _post(name, versions[claimed[name]], changes[name], as_of) for name in names
    ]


def _post(
    name: str, versions: Sequence[Version], changes: Sequence[Row[Any]], as_of: date
) -> Post:
    holding = [each for each in versions if any(p.post == name for p in each.posts)]
    accepted = [each for each in holding if each.status == "accepted"]
    version = (accepted or holding)[-1]
    agreed = next(each for each in version.posts if each.post == name)
    spans = filled(
        [StaffingChange(c.effective_on, c.change == "filled") for c in changes]
    )
    is_filled = any(span.start <= as_of <= span.end for span in spans)
    begun = [change for change in changes if change.effective_on <= as_of]
    last = max(begun, key=lambda change: change.effective_on, default=None)
    if last is not None:
        last = [c for c in begun if c.effective_on == last.effective_on][-1]
    return Post(
        post=name,
        agreement=version.agreement,
        status=version.status,
        network=version.network,
        payer=version.payer,
        host=version.payee,
        content=agreed.content,
        percent=agreed.percent,
        starts_on=agreed.starts_on,
        ends_on=agreed.ends_on,
        annual_cost_ore=agreed.annual_cost_ore,
        filled=is_filled,
        holder=last.holder if last is not None and is_filled else None,
        changed_on=None if last is None else last.effective_on,
    )


def reports(
    connection: Connection,
    as_of: date,
    page: Page,
    network: str | None = None,
    trust: str | None = None,
    report: str | None = None,
) -> list[Report]:
    """Return reports by name, each with its latest submission."""
    table = tables.report
    wanted = _equal(table, network=network, trust=trust, report=report)
    names = keys(
        connection, table.c.report, as_of, *wanted, after=page.after, limit=page.limit
    )
    last: dict[str, Row[Any]] = {}
    for row in rows(connection, known(table, as_of).where(table.c.report.in_(names))):
        if row.report not in last or row.submission > last[row.report].submission:
            last[row.report] = row
    decided: dict[tuple[str, int], str] = {}
    decision = tables.report_decision
    for row in rows(
        connection, known(decision, as_of).where(decision.c.report.in_(names))
    ):
        decided.setdefault((row.report, row.submission), row.outcome)
    return [
        Report(
            report=name,
            submission=last[name].submission,
            status=decided.get((name, last[name].submission), "submitted"),
            network=last[name].network,
            trust=last[name].trust,
            period_start=last[name].period_start,
            period_end=last[name].period_end,
        )
        for name in names
    ]
