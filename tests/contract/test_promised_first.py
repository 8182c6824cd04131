"""What a region says is promised before anybody hears it, whenever the power goes."""

import asyncio
import errno
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from typing_extensions import override

from domain.values import Region
from federation.checks.signed_heads import SignedHeads
from federation.checks.verification import verify
from federation.journal.shapes import WithheldError
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.node.heartbeat import Heartbeat
from federation.node.outbox import Outbox
from federation.node.restore import Restore
from federation.signed.page import Message, note_of
from federation.transport.memory import MemoryTransport
from tests.support.federation import KEYS, instant
from tests.support.replication import InMemory, record, running, sent, until

pytestmark = [pytest.mark.anyio, pytest.mark.law(1)]

VEST = Region.VEST
KEY = KEYS[VEST]
PUBLIC = {region: key.verifier for region, key in KEYS.items()}


class Dying(MemoryTransport):
    """The power goes while a page is published: before it is stored, or after."""

    def __init__(self, network: InMemory, *, stored: bool) -> None:
        super().__init__(network.memory, "vest")
        self._stored = stored
        self.gone = asyncio.Event()

    @override
    async def publish(self, origin: str, message: Message, expected: int) -> int:
        if self._stored:
            await super().publish(origin, message, expected)
        self.gone.set()
        await asyncio.get_running_loop().create_future()
        raise AssertionError


class Noting(MemoryTransport):
    """Notes what is said, and what was promised when it was."""

    def __init__(self, network: InMemory, promised: Callable[[], str | None]) -> None:
        super().__init__(network.memory, "vest")
        self._promised = promised
        self.spoken: list[tuple[str, str | None]] = []

    @override
    async def publish(self, origin: str, message: Message, expected: int) -> int:
        self.spoken.append((note_of(message), self._promised()))
        return await super().publish(origin, message, expected)

    @override
    async def announce(self, subject: str, payload: bytes) -> None:
        self.spoken.append((payload.decode(), self._promised()))
        await super().announce(subject, payload)


class Node:
    """Vest's journal and its file of promises, before the power went and after."""

    def __init__(self, folder: Path) -> None:
        self.network = InMemory()
        self.folder = folder
        self.journal: Journal = self.copy(0)

    @property
    def signed_heads(self) -> SignedHeads:
        """The file as a process finds it."""
        return SignedHeads(self.folder / "vest.promises")

    def copy(self, position: int) -> Journal:
        """Return the journal as it was at a position."""
        path = self.folder / f"{len(list(self.folder.iterdir()))}.sqlite"
        copy = SQLiteJournal(path, VEST, instant)
        if position:
            with copy.writing() as cursor:
                copy.insert_rows(cursor, self.journal.entries("vest", 0, position))
        return copy

    def outbox(self, transport: MemoryTransport | None = None) -> Outbox:
        """Return what sends, over a good transport where none is given."""
        over = transport or MemoryTransport(self.network.memory, "vest")
        return Outbox(self.journal, over, KEY, keep_head=self.signed_heads.keep)

    def restore(self) -> Restore:
        """Return what looks whether the journal is whole."""
        transport = self.network.transports[VEST]
        return Restore(self.journal, transport, PUBLIC[VEST], self.signed_heads)

    async def send(self) -> None:
        """Send all, and see that the log is good."""
        part = self.outbox()
        async with running(part):
            await sent(part, self.journal.positions()["vest"].position)
        list(verify(self.journal, PUBLIC))

    async def power_goes(self, *, stored: bool) -> None:
        """Lose the power while the next page is published."""
        transport = Dying(self.network, stored=stored)
        async with running(self.outbox(transport)):
            await transport.gone.wait()


async def test_what_was_promised_and_never_left_holds_nobody_up(tmp_path: Path) -> None:
    node = Node(tmp_path)
    record(node.journal, 5)
    await node.power_goes(stored=False)
    promised = node.signed_heads.last("vest")
    assert promised is not None
    assert promised.size == 5
    assert not node.network.memory.streams["vest"]
    node.network.memory.cut.add("vest")
    looking = node.restore()
    async with running(looking):
        await until(lambda: looking.state.whole)
    record(node.journal)
    node.network.memory.cut.clear()
    await node.send()
    assert node.journal.positions()["vest"] == (1, 6)


async def test_what_left_unacknowledged_is_never_recorded_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is out, nobody has said so, and the database is an older copy."""
    monkeypatch.setattr("federation.node.restore.RETRY_SECONDS", 0.01)
    node = Node(tmp_path)
    record(node.journal, 3)
    await node.send()
    record(node.journal, 2)
    await node.power_goes(stored=True)
    wanted = list(node.journal.entries("vest", 0, 10))
    node.journal = node.copy(3)
    node.network.memory.cut.add("vest")
    looking = node.restore()
    async with running(looking):
        await until(lambda: "5 were signed for" in str(looking.state.reason))
        with pytest.raises(WithheldError):
            record(node.journal)
        node.network.memory.cut.clear()
        await until(lambda: looking.state.whole)
    assert looking.state.fetched == 2
    record(node.journal)
    await node.send()
    assert list(node.journal.entries("vest", 0, 5)) == wanted


async def test_who_cannot_promise_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk with the signed heads is full for a while; that of the journal is not."""
    monkeypatch.setattr("federation.node.heartbeat.HEARTBEAT_SECONDS", 0.01)
    monkeypatch.setattr("federation.node.outbox.RETRY_SECONDS", 0.01)
    node = Node(tmp_path)
    record(node.journal, 2)
    signed_heads, left = node.signed_heads, [3, 3]
    transport = Noting(node.network, lambda: signed_heads.note("vest"))

    def keep(which: int, note: str) -> None:
        if left[which]:
            left[which] -= 1
            raise OSError(errno.ENOSPC, "No space left on device")
        signed_heads.keep(note)

    sends = Outbox(node.journal, transport, KEY, keep_head=partial(keep, 0))
    tells = Heartbeat(node.journal, transport, KEY, instant, partial(keep, 1))
    async with running(sends):
        await until(lambda: "cannot be promised" in str(sends.state.trouble))
        await sent(sends, 2)
        async with running(tells):
            await until(lambda: len(transport.spoken) > 1)
    assert left == [0, 0]
    assert all(note == promised for note, promised in transport.spoken)


async def test_signed_heads_that_cannot_be_read_withhold_the_journal_and_end_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("federation.node.restore.RETRY_SECONDS", 0.01)
    node = Node(tmp_path)
    record(node.journal, 3)
    await node.send()
    looking = node.restore()
    sends = node.outbox()
    async with running(looking, sends):
        await until(lambda: looking.state.whole)
        await sent(sends, 3)
        (tmp_path / "vest.promises").write_text("rubbish")
        with suppress(WithheldError):
            record(node.journal)
            await until(lambda: "does not hold" in str(sends.state.trouble))
        await until(lambda: "does not hold" in str(looking.state.reason))
        with pytest.raises(WithheldError):
            record(node.journal)
        (tmp_path / "vest.promises").unlink()
        await sent(sends, node.journal.positions()["vest"].position)
