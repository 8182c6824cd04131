"""Agreements in the read model stand as the decisions have them."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.agreements.answer import accepted, not_declined
from domain.agreements.known import known_agreement
from domain.agreements.standing import VersionStatus
from domain.values import Region
from federation.journal.sqlite import SQLiteJournal
from federation.log.snapshot import SnapshotHistory
from projections.agreements import AgreementView, agreements
from projections.asof import Slice
from projections.database import open_sqlite, reading
from projections.engine import Projector
from tests.support.federation import instant
from tests.support.logs import fill, logs

LATE = date(2100, 1, 1)


def as_decided(found: AgreementView, history: SnapshotHistory) -> None:
    """Hold what is shown of an agreement against what decisions rest on."""
    decided = known_agreement(found.agreement, history)
    if decided is None:
        assert not (found.versions or found.counter_proposals or found.terminations)
        return
    proposed, answers, terminations = decided
    signed = [
        each.terms for each in found.versions if each.status is VersionStatus.ACCEPTED
    ]
    assert signed == accepted(proposed, answers)
    counting = [each.terms for each in found.versions if each.status.counts]
    assert counting == not_declined(proposed, answers)
    counters = {each.terms.version: each.terms for each in found.counter_proposals}
    countered = answers.counters(proposed)
    assert counters == {n: each.terms for n, each in countered.items()}
    lost = {each.fingerprint for each in found.displaced}
    assert lost == {each.fingerprint for each in proposed.displaced}
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
        found = agreements(connection, LATE, Slice())
        assert found
        for each in found:
            as_decided(each, SnapshotHistory(journal, cursor))
    views.dispose()
    journal.close()
