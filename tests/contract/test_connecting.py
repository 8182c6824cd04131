"""A server that accepts and never answers, or breaks off, holds nobody up for good."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from domain.values import Region
from federation.tasks import end_all
from federation.transport import connection
from federation.transport.line import Line
from federation.transport.ports import TransportError
from federation.transport.stream import HomeStream
from federation.transport.subjects import courier_name
from tests.support.replication import until
from tests.support.servers import Servers

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
VEST = Region.VEST
HOST = "127.0.0.1"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Treat = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Door:
    """Stands before a server, and treats each who connects as it was told for them."""

    def __init__(self, target: int, *treats: Treat) -> None:
        self._target = target
        self._treats = list(treats)
        self.connected = 0
        self.open: set[asyncio.StreamWriter] = set()

    async def accept(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Treat the next one."""
        self.connected += 1
        self.open.add(writer)
        treat = self._treats.pop(0) if self._treats else self._through
        try:
            await treat(reader, writer)
        finally:
            writer.transport.abort()
            self.open.discard(writer)

    async def _through(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        beyond = await asyncio.open_connection(HOST, self._target)
        both = pump(reader, beyond[1]), pump(beyond[0], writer)
        try:
            await asyncio.gather(*both)
        finally:
            beyond[1].transport.abort()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on all that comes."""
    try:
        while octets := await reader.read(2**16):
            writer.write(octets)
            await writer.drain()
    except OSError:
        pass
    writer.transport.abort()


async def never_answer(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Read what comes, and say nothing."""
    while await reader.read(2**16):
        pass


async def never_read(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Do nothing at all with a connection, until the other has ended it."""
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.sleep(1)
    writer.transport.resume_reading()  # type: ignore[attr-defined]
    while not (reader._eof or writer.transport.is_closing()):  # type: ignore[attr-defined]
        await asyncio.sleep(0.01)


async def speak_nonsense(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer what is no TLS, and wait."""
    writer.write(b"INFO {}\r\n")
    await never_answer(reader, writer)


async def hang_up(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    """End the connection at once."""


@asynccontextmanager
async def behind(nats: Servers, *treats: Treat) -> AsyncIterator[tuple[Door, str]]:
    """Give a door before vest's server, and its address."""
    port = int(nats.urls[VEST].rpartition(":")[2])
    door = Door(port, *treats)
    async with await asyncio.start_server(door.accept, HOST, 0) as server:
        yield door, f"tls://{HOST}:{server.sockets[0].getsockname()[1]}"
        for writer in list(door.open):
            writer.transport.abort()
        await until(lambda: not door.open)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HANDSHAKE_SECONDS", 0.3)
    monkeypatch.setattr(connection, "ATTEMPT_SECONDS", 2.0)


def line_of(nats: Servers) -> Line:
    """Return the connection over which vest's stream is filled."""
    return Line(courier_name("vest"), nats.files.login(VEST, "node").courier)


def is_connected(line: Line) -> bool:
    """Say whether there is a connection now."""
    try:
        return line.client.is_connected
    except TransportError:
        return False


async def end(line: Line) -> int:
    """Return where vest's stream ends."""
    return await HomeStream(line, "vest").end()


TREATS: tuple[Treat, ...] = (never_answer, never_read, speak_nonsense, hang_up)


@pytest.mark.parametrize("treat", TREATS, ids=lambda each: each.__name__)
async def test_a_handshake_that_is_never_answered_is_given_up_and_made_anew(
    nats: Servers, treat: Treat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the first connection, and at one after another has ended."""
    async with behind(nats, treat, treat) as (door, url):
        line = line_of(nats)
        running = asyncio.create_task(line.run(url))
        await until(lambda: is_connected(line))
        assert await end(line) == 0
        assert door.connected >= 3
        first = line.client
        door._treats = [treat]
        for writer in list(door.open):
            writer.transport.abort()
        await until(lambda: is_connected(line) and line.client is not first)
        assert await end(line) == 0
        # Who has ended holds nothing open, and nobody waits for what stands still.
        monkeypatch.setattr(connection, "CLOSE_SECONDS", 0.1)
        await end_all([running])
        await line.close()
        await until(lambda: not door.open)


async def test_who_waits_for_a_connection_can_be_ended(nats: Servers) -> None:
    async with behind(nats, *[never_answer] * 100) as (door, url):
        task = asyncio.create_task(line_of(nats).run(url))
        await until(lambda: door.connected > 1)
        async with asyncio.timeout(10):
            await end_all([task])
        await until(lambda: not door.open)


async def test_a_server_that_goes_silent_is_left(
    nats: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client asks it every few seconds whether it is there, and closes then.

    In the middle of that it waits for the same server without end.
    """
    monkeypatch.setattr(connection, "CLOSE_SECONDS", 0.1)
    monkeypatch.setattr(connection, "PING_SECONDS", 0.1)

    async def silent(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        whole = asyncio.ensure_future(door._through(reader, writer))
        await until(lambda: is_connected(line))
        whole.cancel()
        await never_read(reader, writer)

    line = line_of(nats)
    async with behind(nats, silent) as (door, url):
        running = asyncio.create_task(line.run(url))
        await until(lambda: door.connected >= 2 and is_connected(line))
        assert await end(line) == 0
        await end_all([running])
        await line.close()
