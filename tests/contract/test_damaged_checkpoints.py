"""A damaged checkpoint is told with its place, and ends no part of a node unheard."""

import asyncio
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from domain.values import Region
from federation.checks.signed_heads import SignedHeads
from federation.journal.shapes import DamagedEntryError
from federation.journal.sqlite import SQLiteJournal
from federation.log.sealing import seal
from federation.node.auditor import Auditor
from federation.node.comparison import Block, hold_against_signed
from federation.node.heartbeat import Heartbeat
from federation.node.outbox import Outbox
from federation.node.ranges import RangeRequest, RangeServer
from federation.node.witness import Witness
from federation.signed.checkpoint import claimed
from federation.signed.merkle import Frontier
from federation.tasks import end_all
from tests.support.federation import KEYS, instant
from tests.support.replication import InMemory, record, running, until

pytestmark = pytest.mark.anyio

VEST, NORD, MIDT = Region.VEST, Region.NORD, Region.MIDT
KEY = KEYS[VEST]
SHORT = "frontier = substr(frontier, 2)"
NO_NOTE = "note = replace(note, 'complete-to', 'complete,to')"
PLACE = "the log of vest up to 3"


@dataclass
class Damaged:
    """A journal, and its file."""

    journal: SQLiteJournal
    path: Path

    def damage(self, change: str) -> None:
        """Change vest's checkpoint as a disk might."""
        with sqlite3.connect(self.path) as connection:
            connection.execute("DROP TRIGGER checkpoint_update")
            connection.execute(f"UPDATE checkpoint SET {change} WHERE origin = 'vest'")
        connection.close()


def of(folder: Path, region: Region) -> Damaged:
    """Return the journal of a region."""
    path = folder / f"{region.value}.sqlite"
    return Damaged(SQLiteJournal(path, region, instant), path)


@pytest.fixture
def vest(tmp_path: Path) -> Iterator[Damaged]:
    """Give vest's journal, whose log is signed for."""
    made = of(tmp_path, VEST)
    record(made.journal, 3)
    seal(made.journal, Frontier(), made.journal.entries("vest", 0, 3), KEY)
    yield made
    made.journal.close()


@pytest.fixture
def nord(tmp_path: Path, vest: Damaged) -> Iterator[Damaged]:
    """Give nord's journal, with the logs of vest and midt."""
    made, midt = of(tmp_path, NORD), of(tmp_path, MIDT).journal
    record(midt, 2)
    seal(midt, Frontier(), midt.entries("midt", 0, 2), KEYS[MIDT])
    for origin in (vest.journal, midt):
        name = origin.region.value
        sealed = origin.sealed(name)
        assert sealed is not None
        made.journal.receive(list(origin.entries(name, 0, 9)), sealed)
    midt.close()
    yield made
    made.journal.close()


def test_the_journal_names_what_is_damaged(nord: Damaged) -> None:
    nord.damage(SHORT)
    with pytest.raises(DamagedEntryError, match=PLACE):
        nord.journal.sealed("vest")
    with pytest.raises(DamagedEntryError, match=PLACE):
        list(nord.journal.seals("vest"))
    with pytest.raises(DamagedEntryError, match=PLACE):
        hold_against_signed(nord.journal, Block("vest", 1, 1, 3), KEY.verifier)


async def test_an_outbox_stops_and_says_why(vest: Damaged) -> None:
    vest.damage(SHORT)
    outbox = Outbox(vest.journal, InMemory().transports[VEST], KEY)
    sending = asyncio.create_task(outbox.run())
    await until(lambda: PLACE in str(outbox.state.trouble))
    assert PLACE in str(vest.journal.damage.last)
    assert not sending.done(), "it goes on by itself when it is mended"
    await end_all([sending])


async def test_a_heartbeat_says_why_it_does_not_beat(vest: Damaged) -> None:
    vest.damage(SHORT)
    tells = Heartbeat(vest.journal, InMemory().transports[VEST], KEY, instant)
    with capture_logs() as told:
        beating = asyncio.create_task(tells.run())
        await until(lambda: beating.done() or len(told) > 0)
        assert not beating.done()
        beating.cancel()
        await asyncio.wait([beating])
    (line,) = told
    assert (line["event"], line["origin"]) == ("damage_found", "vest")
    assert PLACE in line["reason"]
    assert vest.journal.damage.last == line["reason"]


async def test_who_is_asked_for_what_is_damaged_says_so(nord: Damaged) -> None:
    nord.damage(SHORT)
    server = RangeServer(nord.journal, InMemory().transports[NORD], lambda: 0.0)
    asked = RangeRequest("vest", 1, 1)
    assert await server.answer("midt", asked.to_bytes()) is None
    assert PLACE in str(nord.journal.damage.last)


@pytest.mark.parametrize("change", [SHORT, NO_NOTE])
async def test_a_witness_signs_for_the_logs_whose_checkpoints_are_whole(
    nord: Damaged, change: str
) -> None:
    nord.damage(change)
    peers = {region.value: key.verifier for region, key in KEYS.items()}
    transport = InMemory().transports[NORD]
    witness = Witness(
        *(nord.journal, transport, KEYS[NORD], peers, SignedHeads(None)),
        lambda: 1_767_268_800,
    )
    with capture_logs() as told:
        (note,) = witness.cosign()
        witness.cosign()
    assert claimed(note).origin == "midt"
    found = [(line["event"], line["origin"]) for line in told]
    assert found == [("damage_found", "vest")], "once"
    assert nord.journal.damage.last is not None


async def test_an_auditor_goes_on_with_the_other_logs(
    nord: Damaged, monkeypatch: pytest.MonkeyPatch
) -> None:
    nord.damage(SHORT)

    def look(_auditor: Auditor, _origin: str) -> None:
        nord.journal.sealed("vest")

    monkeypatch.setattr(Auditor, "look", look)
    auditor = Auditor(nord.journal)
    with capture_logs() as told:
        async with running(auditor):
            await until(lambda: len(told) >= len(Region) - 1)
    assert all(PLACE in line["reason"] for line in told)
