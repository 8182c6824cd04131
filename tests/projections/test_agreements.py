"""Agreements in the read model stand as the decisions have them."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.agreements.agreement import AGREEMENT
from domain.agreements.answer import ANSWERS, accepted, not_declined
from domain.agreements.standing import VersionStatus
from domain.agreements.termination import TERMINATIONS
from domain.values import NetworkKind, Region
from federation.journal.sqlite import SQLiteJournal
from federation.log.executor import SnapshotHistory
from projections.agreements import Agreement, agreements
from projections.database import open_sqlite, reading
from projections.engine import Projector
from projections.posts import posts
from projections.register import Page
from projections.replay import settlements
from projections.settlement import settlement
from tests.support.examples import (
    BERGEN,
    ORGANISATIONS,
    TROMSO,
    accept,
    network,
    post,
    version,
)
from tests.support.examples import fill as fill_post
from tests.support.federation import instant
from tests.support.logs import fill, logs, logs_of

LATE = date(2100, 1, 1)
ALS = network(network="als", kind=NetworkKind.LOCAL, coordinating_trust=TROMSO)
SEEN_LATE = version(network="als", payer=TROMSO, posts=(post("doctor"),))


def as_decided(found: Agreement, history: SnapshotHistory) -> None:
    """Hold what is shown of an agreement against what decisions rest on."""
    proposed = history.state(AGREEMENT, found.agreement)
    answers = history.state(ANSWERS, found.agreement)
    signed = [
        each.terms for each in found.versions if each.status is VersionStatus.ACCEPTED
    ]
    assert signed == accepted(proposed, answers)
    counting = [each.terms for each in found.versions if each.status.counts]
    assert counting == not_declined(proposed, answers)
    counters = {each.terms.version: each.terms for each in found.counter_proposals}
    assert counters == {n: each.terms for n, each in answers.counters.items()}
    terminations = history.state(TERMINATIONS, found.agreement)
    assert found.last_day == terminations.last_day
    for each in (*found.versions, *found.counter_proposals):
        assert each.fingerprint == each.terms.fingerprint
        named = {endorsement.endorsed_by for endorsement in each.endorsements}
        assert named == {
            endorsement.endorsed_by
            for endorsement in answers.endorsements
            if endorsement.fingerprint == each.fingerprint
        }
    for each in found.versions:
        two = each.status is VersionStatus.ACCEPTED
        assert len({signed.organisation for signed in each.signatures}) == 1 + two


@pytest.mark.law(6)
@settings(max_examples=15)
@given(seed=st.integers(0, 10**6))
def test_agreements_are_shown_as_decisions_have_them(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder: Path = tmp_path_factory.mktemp("agreements")
    journal = SQLiteJournal(folder / "journal.db", Region.VEST, instant)
    fill(journal, logs(seed), "9999")
    views = open_sqlite(folder / "views.db")
    projector = Projector(journal, views)
    projector.prepare()
    projector.catch_up()
    with reading(views) as connection, journal.reading() as cursor:
        found = agreements(connection, LATE, Page())
        assert found
        for each in found:
            as_decided(each, SnapshotHistory(journal, cursor))
    views.dispose()
    journal.close()


def test_of_two_regions_that_take_a_number_the_terms_count_that_somebody_signed(
    tmp_path: Path,
) -> None:
    beginnings = [
        (date(2025, 12, 1), each) for each in (*ORGANISATIONS, network(), ALS)
    ]
    day = date(2025, 12, 3)
    signed = logs_of(
        [*beginnings, (day, version()), (day, accept()), (day, fill_post())]
    )
    # Recorded before the other, and heard of after it was signed.
    crossing = logs_of([*beginnings, (date(2025, 12, 2), SEEN_LATE)])
    journal = SQLiteJournal(tmp_path / "journal.db", Region.VEST, instant)
    fill(journal, {**signed, Region.NORD: crossing[Region.NORD]}, "9999")
    views = open_sqlite(tmp_path / "views.db")
    projector = Projector(journal, views)
    projector.prepare()
    projector.catch_up()
    with reading(views) as connection, journal.reading() as cursor:
        (found,) = agreements(connection, LATE, Page())
        as_decided(found, SnapshotHistory(journal, cursor))
        assert [each.terms.network for each in found.versions] == ["ms"]
        assert [each.post for each in posts(connection, LATE, Page(limit=1))] == [
            "nurse"
        ]
        (settled,) = settlement(connection, 2026, LATE).agreements
    assert (settled.parties.payer, settled.accrued_ore) == (BERGEN, 365_000_00)
    assert next(settlements(journal, (2026,), LATE)).agreements == (settled,)
    views.dispose()
    journal.close()
