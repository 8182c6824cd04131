"""Bugs that somebody might write are planted, and found soon.

A simulation that finds nothing shows little, unless it finds what is there.
"""

import itertools
import re
from collections.abc import Callable

import pytest
from eventsourcing.sqlite import SQLiteConnection

from federation.checks.ingest import Ingest
from federation.journal.shapes import Position
from federation.journal.sqlite import Connections
from federation.log.times import Times
from federation.node.replies import Reply
from federation.node.restore import Restore
from federation.node.witness import Witness
from federation.signed.checkpoint import Checkpoint, claimed, read
from federation.signed.page import Page
from federation.signed.sequence import Arrival, Held, Offered, arrival
from tests.simulation.world import simulate

NODE_DAYS_MAX = 100
HOURS = 24.0

Plant = Callable[[pytest.MonkeyPatch], None]


def skip_the_gap_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take whatever is signed, wherever it begins."""

    def taken(held: Held, offered: Offered) -> Arrival:
        found = arrival(held, offered)
        return Arrival.NEXT if found is Arrival.GAP else found

    whole = Ingest._add

    def add(self: Ingest, page: Page, held: Position) -> None:
        if page.first <= held.position + 1:
            whole(self, page, held)
            return
        rows = [row for row in page.rows if row.position > held.position]
        with self.journal.writing() as cursor:
            self.journal.insert_rows(cursor, rows)
        self.journal.tell(self.origin)

    monkeypatch.setattr("federation.checks.ingest.arrival", taken)
    monkeypatch.setattr(Ingest, "_add", add)


def acknowledge_before_it_is_synced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave it to the operating system when what is committed reaches the disk."""
    create = Connections._create_connection

    def hasty(self: Connections) -> SQLiteConnection:
        connection = create(self)
        connection.cursor().execute("PRAGMA synchronous = OFF")
        return connection

    monkeypatch.setattr(Connections, "_create_connection", hasty)


def drop_the_cosignature_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Believe that whoever announces a cosignature has given it."""

    def checked(self: Witness, _region: str, note: str) -> Checkpoint:
        return read(note, self._peers[claimed(note).origin])

    monkeypatch.setattr(Witness, "_checked", checked)


def give_up_without_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take it that the other regions hold no more of our log than we do."""

    async def empty(_self: Restore, _peer: str) -> Reply:
        return Reply.NO_MORE

    monkeypatch.setattr(Restore, "_from_peer", empty)


def record_after_leaving(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a region go on as if it had not left."""
    monkeypatch.setattr("federation.journal.order.may_follow", lambda _, left: True)  # noqa: ARG005 - as it is called


def believe_any_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Record by whatever a clock shows."""
    monkeypatch.setattr(Times, "judge", lambda *_: None)


LOST = "has lost what it recorded|than was recorded|the journal holds [0-9]+ entries"
"""As whoever sees it first says it: the last is the node itself, which records no more."""
TIMES = "is recorded at|do not converge|announces a time that has not come"
"""At home, or as others see it first."""
PLANTS: tuple[tuple[Plant, str, int], ...] = (
    (skip_the_gap_check, "has a hole at", 4),
    (acknowledge_before_it_is_synced, LOST, 2),
    (drop_the_cosignature_check, "is not that region's", 4),
    (give_up_without_asking, "gives up what is not lost", 3),
    (record_after_leaving, "after its region had left", 2),
    (believe_any_clock, TIMES, 57),
)
"""With what is told of it, and the seed to begin with: one that finds it soon, and not
what else comes of it. Where that finds it no more, those after it are tried."""


@pytest.mark.parametrize(("plant", "told", "first"), PLANTS)
def test_a_planted_bug_is_found_within_a_hundred_node_days(
    plant: Plant, told: str, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert re.search(told, found(plant, first, monkeypatch))


def found(plant: Plant, first: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """Plant a bug, and return what fails first."""
    plant(monkeypatch)
    node_days = 0.0
    for seed in itertools.count(first):
        outcome = simulate(seed, HOURS)
        node_days += outcome.node_days
        assert node_days <= NODE_DAYS_MAX, f"{plant.__name__} is not found"
        if outcome.failed is not None:
            return outcome.failed
    raise AssertionError
