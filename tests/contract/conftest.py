"""Networks and journals for the contract tests."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from domain.values import Region
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from tests.support.federation import instant
from tests.support.replication import InMemory, Network, OverNats
from tests.support.servers import Servers, carrier_servers


@pytest.fixture(scope="module")
def nats() -> Iterator[Servers]:
    """Run the servers once for all tests of a file."""
    with carrier_servers() as found:
        yield found


@pytest.fixture(params=["memory", "nats"])
async def network(request: pytest.FixtureRequest) -> AsyncIterator[Network]:
    """Give an empty network of each kind."""
    if request.param == "memory":
        yield InMemory()
        return
    nats: Servers = request.getfixturevalue("nats")
    transports = {region: nats.node(region) for region in Region}
    async with AsyncExitStack() as stack:
        for region, transport in transports.items():
            await transport.connect(nats.urls[region])
            stack.push_async_callback(transport.close)
        over_nats = OverNats(nats, dict(transports))
        for region in Region:
            await over_nats.lose(region)
        yield over_nats


@pytest.fixture
def backup(tmp_path: Path) -> Iterator[Callable[[Journal, int], Journal]]:
    """Give a way to have a journal of vest as it was some entries ago."""
    opened: list[Journal] = []

    def make(vest: Journal, position: int) -> Journal:
        path = tmp_path / f"backup-{len(opened)}.sqlite"
        opened.append(SQLiteJournal(path, Region.VEST, instant))
        with opened[-1].writing() as cursor:
            opened[-1].insert_rows(cursor, vest.entries("vest", 0, position))
        return opened[-1]

    yield make
    for journal in opened:
        journal.close()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait long for an answer that does not come."""
    monkeypatch.setattr("federation.node.new_epoch.ASK_AGAIN_SECONDS", 0.01)
    monkeypatch.setattr("federation.node.new_epoch.ASKED_MAX", 3)
    monkeypatch.setattr("federation.node.inbox.REFUSED_RETRY_SECONDS", 0.05)
    monkeypatch.setattr("federation.node.inbox.REPAIR_SECONDS", 0.05)
