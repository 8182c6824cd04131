"""A node that began without its signed heads: what others say is all that it knows."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from domain.values import Region
from federation.checks.signed_heads import SignedHeads
from federation.checks.verification import verify
from federation.journal.shapes import WithheldError
from federation.journal.store import Journal
from federation.log.sealing import seal
from federation.node.new_epoch import NotBegunError
from federation.node.ranges import HELD_HEADER
from federation.node.restore import Restore
from federation.signed.page import Message, pack
from federation.transport.ports import Transport
from tests.support.epochs import KEPT, OTHERS, VEST, lose, signed
from tests.support.federation import KEYS
from tests.support.replication import (
    InMemory,
    Network,
    inbox,
    record,
    running,
    server,
    serves,
    shared,
    until,
)

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.servers,
    pytest.mark.usefixtures("at_once"),
]
NORD, MIDT, SOROST = Region.NORD, Region.MIDT, Region.SOROST
PUBLIC = {region: key.verifier for region, key in KEYS.items()}
Opener = Callable[[Region], Journal]


@dataclass
class Claims:
    """Says for nord that it holds more, and gives nothing."""

    transport: Transport

    async def run(self) -> None:
        """Answer until cancelled."""
        await self.transport.serve(self._answer)

    async def _answer(self, _asker: str, _request: bytes) -> Message:
        return Message({HELD_HEADER: "999999"}, b"")


async def test_who_claims_more_and_gives_nothing_is_named_and_believed_no_more(
    network: Network, open_journal: Opener, tmp_path: Path
) -> None:
    """Nothing says what was promised here; a lone region could withhold it for ever."""
    lost = await lose(network, open_journal, tmp_path)
    lost.signed_heads = SignedHeads(None)
    others = [server(network, lost.others[each]) for each in (MIDT, SOROST)]
    async with running(Claims(network.transports[NORD]), *others):
        await serves(network, asker=VEST, peer=NORD)
        waiting = lost.restore()
        async with running(waiting):
            await until(lambda: "nord can hold more" in str(waiting.state.reason))
        with pytest.raises(NotBegunError, match="silent: nord"):
            await lost.new_epoch().look()
        loss = await lost.new_epoch().look([NORD])
        row = lost.new_epoch().begin(loss, "Nord gives nothing", "drift")
        assert (row.epoch, row.position) == (2, KEPT + 1)
        again = lost.restore()
        async with running(again):
            await until(lambda: again.state.whole)
    record(lost.journal)
    await lost.follow(*OTHERS)
    list(verify(lost.journal, PUBLIC))


async def test_who_is_away_for_good_is_named_by_a_node_that_remembers_nothing(
    open_journal: Opener, tmp_path: Path
) -> None:
    """Until then the region announces nothing, however often its node starts."""
    lost = await lose(InMemory(), open_journal, tmp_path)
    lost.signed_heads = SignedHeads(tmp_path / "vest.promises")
    async with running(*(server(lost.network, lost.others[r]) for r in (MIDT, SOROST))):
        waiting = lost.restore()
        async with running(waiting):
            await until(lambda: waiting.state.whole)
        assert waiting.state.silent == {"nord"}
        lost.signed_heads.keep(signed(lost.before[:KEPT]))
        with pytest.raises(NotBegunError, match="silent: nord"):
            await lost.new_epoch().look()
        loss = await lost.new_epoch().look([NORD])
        lost.new_epoch().begin(loss, "Nord has burnt down", "drift")
        again = lost.restore()
        async with running(again):
            await until(lambda: again.state.whole)
    assert not again.state.silent
    assert lost.signed_heads.remembers("vest")
    with pytest.raises(NotBegunError, match="whole"):
        await lost.look()


async def test_what_the_stream_holds_beyond_a_gap_was_signed_for(
    network: Network,
    journals: dict[Region, Journal],
    backup: Callable[[Journal, int], Journal],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The signed heads are lost, the stream has lost its beginning, and nobody answers."""
    monkeypatch.setattr("federation.node.restore.RETRY_SECONDS", 0.05)
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 50)
    await shared(network, vest, nord)
    held = vest.sealed("vest")
    assert held is not None
    record(vest, 10)
    rows = vest.entries("vest", 50, 10)
    page = pack(rows, seal(vest, held.frontier, rows, KEYS[VEST]).note)
    inbox(network, nord).take(page)
    await network.lose(VEST)
    await network.transports[VEST].publish("vest", page, 0)
    older, signed_heads = backup(vest, 40), SignedHeads(None)
    part = Restore(older, network.transports[VEST], PUBLIC[VEST], signed_heads)
    async with running(part):
        await until(lambda: "60 were signed for" in str(part.state.reason))
        with pytest.raises(WithheldError):
            record(older)
        async with running(server(network, nord)):
            await until(lambda: part.state.whole)
    assert list(older.entries("vest", 0, 99)) == list(vest.entries("vest", 0, 99))
