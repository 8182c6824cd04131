"""Where two gave one name, the read models have it as the decisions do."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from domain.agreements.accrual import post_costs
from domain.agreements.agreement import agreement_named
from domain.agreements.frame import NO_GROWTH
from domain.agreements.known import KnownAgreement, known_agreement
from domain.closing.settlement import Settlement
from domain.history import History, RecordedFact
from domain.invoicing.sales_document import InvoiceIssued
from domain.parties.network import NetworkEstablished
from domain.posts.report import approved_reports
from domain.posts.staffing import staffing_of
from domain.values import NetworkKind, Region
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.log.snapshot import SnapshotHistory
from federation.signed.entry import Row
from projections.agreements import agreements
from projections.asof import Slice
from projections.database import open_sqlite, reading
from projections.engine import Projector
from projections.frame import frame
from projections.listed import listed
from projections.posts import posts
from projections.replay import settlements
from projections.reports import reports
from projections.settlement import Scope, settlement
from tests.projections.test_agreements import LATE, as_decided
from tests.support.crossing import THEIRS, base, crossed, heard
from tests.support.examples import (
    BERGEN,
    ORGANISATIONS,
    OSLO,
    TROMSO,
    TRONDHEIM,
    accept,
    approve,
    network,
    report,
    version,
)
from tests.support.federation import instant
from tests.support.logs import fill, row_of
from tests.support.negotiation import AGREEMENT_NAME
from tests.support.scenario import Scenario


class Node(NamedTuple):
    """A node that has heard of everything."""

    journal: Journal
    history: SnapshotHistory
    views: Connection


@contextmanager
def node(folder: Path, entries: Sequence[RecordedFact]) -> Iterator[Node]:
    """Give a node all entries, one a minute, and bring its read models up to them."""
    start = datetime(2025, 12, 1, 12, tzinfo=UTC)
    rows: dict[Region, list[Row]] = {region: [] for region in Region}
    for number, entry in enumerate(entries):
        row = row_of(entry, number, start + timedelta(minutes=number))
        rows[entry.stream.region].append(row)
    views = open_sqlite(folder / "views.db")
    with closing(SQLiteJournal(folder / "journal.db", Region.VEST, instant)) as journal:
        fill(journal, rows, "9999")
        projector = Projector(journal, views)
        projector.prepare()
        projector.catch_up()
        with reading(views) as connection, journal.reading() as cursor:
            yield Node(journal, SnapshotHistory(journal, cursor), connection)
    views.dispose()


def accrued(found: KnownAgreement | None, history: History) -> Mapping[str, int]:
    """Return what the posts of an agreement accrue in 2026, as decisions have it."""
    if found is None:
        return {}
    names = {post.post for terms in found.accepted for post in terms.posts}
    staffing = staffing_of(found.agreement, names, history)
    changes = {post: said.changes for post, said in staffing.items()}
    costs = post_costs(found.costs, changes)
    return {post: cost.year_ore(2026) for post, cost in costs.items()}


def check_settled(
    settled: Settlement, found: KnownAgreement | None, entries: Sequence[RecordedFact]
) -> None:
    """Each øre that was billed is owed by who it was billed to, and by nobody else."""
    assert sum(each.net_ore for each in settled.regions.values()) == 0
    issued = [each.fact for each in entries if isinstance(each.fact, InvoiceIssued)]
    terms = found and found.agreement.terms
    for trust in (BERGEN, TROMSO):
        gross_ore = sum(e.net_ore + e.vat_ore for e in issued if e.payer == trust)
        ours = [each for each in settled.agreements if each.parties.payer == trust]
        assert sum(each.invoiced_ore + each.vat_ore for each in ours) == gross_ore
        if terms is None or terms.payer != trust:
            assert sum(each.accrued_ore + each.committed_ore for each in ours) == 0


@pytest.mark.law(6)
@settings(max_examples=20)
@given(seed=st.integers(0, 10**6))
def test_what_is_read_is_what_decisions_rest_on(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    entries = [*base(), *crossed(seed)]
    with node(tmp_path_factory.mktemp("names"), entries) as here:
        for each in agreements(here.views, LATE, Slice()):
            as_decided(each, here.history)
        found = known_agreement(AGREEMENT_NAME, here.history)
        settled = settlement(here.views, 2026, LATE)
        assert next(settlements(here.journal, (2026,), LATE)) == settled
        check_settled(settled, found, entries)
        for trust in (BERGEN, TROMSO):
            asked = settlement(here.views, 2026, LATE, Scope(trust=trust))
            ours_alone = (e for e in settled.agreements if e.parties.payer == trust)
            assert asked.agreements == tuple(ours_alone)
        ours = accrued(found, here.history)
        assert ours == {
            post.post: post.accrued_ore
            for each in settled.agreements
            if ours and each.parties.payer == found_payer(found)
            for post in each.posts
        }
        versions = [] if found is None else found.agreement.versions.values()
        named = {post.post for each in versions for post in each.terms.posts}
        assert {each.post for each in posts(here.views, LATE, Slice())} == named
        approved = {
            each.report
            for name in ("ms", "als")
            for each in approved_reports(name, OSLO, here.history)
        }
        assert approved == {
            each.report
            for each in reports(here.views, LATE, Slice())
            if each.status == "approved"
        }


def found_payer(found: KnownAgreement | None) -> str | None:
    """Return who pays in an agreement."""
    terms = None if found is None else found.agreement.terms
    return None if terms is None else terms.payer


def test_names_are_really_contested_and_billed_under() -> None:
    """The random histories above are worth something."""
    contested = crossing = 0
    for seed in range(40):
        entries = [*base(), *crossed(seed)]
        displaced = agreement_named(AGREEMENT_NAME, heard(*entries[len(base()) :]))
        payers = {e.fact.payer for e in entries if isinstance(e.fact, InvoiceIssued)}
        contested += bool(displaced.displaced)
        crossing += bool(payers & {e.terms.payer for e in displaced.displaced})
    assert contested > 20
    assert crossing > 3


def test_what_has_lost_its_name_is_in_no_frame(tmp_path: Path) -> None:
    theirs, ours = heard().given(THEIRS), heard().given(version())
    entries = [*theirs.held, *ours.held[len(base()) :]]
    with node(tmp_path, entries) as here:
        (ms,) = listed(here.views, NetworkEstablished, LATE, Slice(), network="ms")
        found = frame(here.views, LATE, ms, NO_GROWTH)
        assert {each.reserved_ore for each in found.years} == {0}


def test_of_two_networks_of_one_name_the_first_has_it(tmp_path: Path) -> None:
    everybody = Scenario().given(*ORGANISATIONS)
    start = len(everybody.held)
    ours, theirs = Scenario(), Scenario()
    for alone in (ours, theirs):
        alone.receive(*everybody.held)
    ours.given(network(), version(), accept())
    parties: dict[str, Any] = {"payer": TROMSO, "payee": TRONDHEIM}
    theirs.given(
        network(kind=NetworkKind.LOCAL, coordinating_trust=TROMSO),
        version(agreement="x", **parties),
        accept(agreement="x"),
        report(report="r", trust=TRONDHEIM),
        approve("r"),
    )
    with node(tmp_path, [*ours.held, *theirs.held[start:]]) as here:
        found = {e.agreement: e for e in agreements(here.views, LATE, Slice())}
        assert [len(found[each].versions) for each in ("ms-ous", "x")] == [1, 0]
        (displaced,) = found["x"].displaced
        assert displaced.signatures[0].organisation == TROMSO
        as_decided(found["x"], here.history)
        (settled,) = settlement(here.views, 2026, LATE).agreements
        assert settled.agreement == "ms-ous"
        (reported,) = reports(here.views, LATE, Slice())
        assert reported.status == "submitted"
