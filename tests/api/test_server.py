"""The HTTP server: who says nothing, little or too much holds nobody else up."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
import uvicorn

import deploy.server
from api.app import create_app
from api.auth import Caller, Role
from api.problems import ProblemError
from api.threshold import AT_ONCE, BODY_BYTES_MAX, WAITING_MAX, Turns
from deploy.local.process import free_ports
from deploy.server import HEADER_BYTES_MAX, MESSAGE_BYTES_MAX, connections_max, options
from tests.support.doors import Door
from tests.support.examples import BERGEN, STAVANGER
from tests.support.federation import token

CONNECTIONS = 20
READY = b"GET /healthz HTTP/1.1\r\nHost: node\r\n\r\n"
POST = b"POST /v1/networks HTTP/1.1\r\nHost: node\r\nContent-Length: 10\r\n"
TOKEN = f"Authorization: Bearer {token(BERGEN, Role.CONTROLLER)}\r\n".encode()
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class House:
    """A node's server that has few places."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._writers: list[asyncio.StreamWriter] = []

    async def connect(self, *said: bytes) -> Connection:
        """Connect, and say something."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._writers.append(writer)
        for each in said:
            writer.write(each)
        return reader, writer

    async def leave(self) -> None:
        """Close all connections."""
        for each in self._writers:
            each.close()
            with contextlib.suppress(ConnectionError):
                await each.wait_closed()

    async def status(self, *said: bytes) -> int:
        """Return the status of what is answered; 0 where the connection ends."""
        reader, writer = await self.connect(*said)
        line = await reader.readline()
        writer.close()
        return int(line.split()[1]) if line else 0


@contextlib.asynccontextmanager
async def house(door: Door) -> AsyncIterator[House]:
    """Serve a node's app."""
    (port,) = free_ports(1)
    config = uvicorn.Config(
        create_app(door.node), host="127.0.0.1", port=port, **options(CONNECTIONS)
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0)
    there = House(port)
    try:
        yield there
    finally:
        await there.leave()
        server.should_exit = True
        await task


def run(door: Door, act: Callable[[House], Awaitable[Any]]) -> Any:
    """Do something at a house."""

    async def inside() -> Any:
        async with house(door) as there, asyncio.timeout(60):
            return await act(there)

    return asyncio.run(inside())


async def send_until_it_ends(connection: Connection, content: bytes) -> None:
    """Send on and on; return once nobody takes it any more."""
    with contextlib.suppress(ConnectionError):
        while True:
            connection[1].write(content)
            await connection[1].drain()


async def ended(connection: Connection) -> bytes:
    """Wait for the end of a connection; return what was said before."""
    try:
        return await connection[0].read()
    except ConnectionError:
        return b""


def test_idle_connections_without_a_token_make_room_the_oldest_first(
    door: Door,
) -> None:
    async def act(there: House) -> None:
        idle = [await there.connect() for _ in range(CONNECTIONS)]
        for n in range(CONNECTIONS):
            assert await there.status(READY) == 200, n
        assert await ended(idle[0]) == b""

    run(door, act)


def test_known_callers_stay_where_strangers_come(door: Door) -> None:
    headers = {"Authorization": f"Bearer {token(BERGEN, Role.CONTROLLER)}"}

    async def act(there: House) -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{there.port}") as us:
            first = await us.get("/v1/networks", headers=headers)
            place = first.extensions["network_stream"].get_extra_info("client_addr")
            strangers = [await there.connect() for _ in range(3 * CONNECTIONS)]
            assert await there.status(READY) == 200
            second = await us.get("/v1/networks", headers=headers)
            again = second.extensions["network_stream"].get_extra_info("client_addr")
            assert (first.status_code, second.status_code) == (200, 200)
            assert place == again, "the connection has stayed"
            assert len(strangers) > CONNECTIONS

    run(door, act)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        ("HEADER_SECONDS", b""),
        ("HEADER_SECONDS", b"GET /healthz HTTP/1.1\r\nHost: no"),
        ("BODY_SECONDS", POST + TOKEN + b"\r\n12"),
    ],
)
def test_who_does_not_end_a_request_is_told_and_let_go(
    door: Door, monkeypatch: pytest.MonkeyPatch, seconds: str, said: bytes
) -> None:
    monkeypatch.setattr(deploy.server, seconds, 0.05)

    async def act(there: House) -> bytes:
        return await ended(await there.connect(said))

    assert run(door, act).startswith(b"HTTP/1.1 408 ")


def test_head_is_answered_without_content_and_the_connection_stays(door: Door) -> None:
    async def act(there: House) -> bytes:
        head = READY.replace(b"GET", b"HEAD", 1)
        last = READY.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        return await ended(await there.connect(head, last))

    said = run(door, act)
    assert said.count(b"HTTP/1.1 200 ") == 2
    assert said.count(b"alive") == 1


def test_who_was_answered_and_does_not_go_on_is_let_go(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(there: House) -> None:
        # Whoever is first waits for what is made once.
        assert await there.status(POST, b"\r\n12") == 401
        monkeypatch.setattr(deploy.server, "HEADER_SECONDS", 1.0)
        monkeypatch.setattr(deploy.server, "BODY_SECONDS", 1.0)
        refused = await ended(await there.connect(POST + b"\r\n12"))
        assert refused.startswith(b"HTTP/1.1 401 ")
        assert b"HTTP/1.1 408" not in refused
        reader, writer = await there.connect(READY)
        assert b"200" in await reader.readline()
        writer.write(b"\r\n")
        assert b"HTTP/1.1 408" in await reader.read()

    run(door, act)


def test_who_takes_no_answer_is_let_go(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy.server, "ANSWER_SECONDS", 0.05)
    asked = b"GET /v1/openapi.json HTTP/1.1\r\nHost: node\r\n\r\n"

    async def act(there: House) -> None:
        await send_until_it_ends(await there.connect(), asked)

    run(door, act)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ((b"GET /healthz HTTP/1.1\r\nA: ", b"a" * 5 * HEADER_BYTES_MAX), 431),
        ((POST, b"\r\n", b"1" * 10), 401),
        ((POST, b"\r\n"), 401),
        ((POST, b"Authorization: Bearer none\r\n\r\n"), 401),
    ],
)
def test_what_is_too_long_or_of_nobody_is_refused_before_it_has_come(
    door: Door, said: tuple[bytes, ...], status: int
) -> None:
    async def act(there: House) -> int:
        return await there.status(*said)

    assert run(door, act) == status


def test_a_body_that_nobody_takes_is_not_read_for_ever(door: Door) -> None:
    head = POST.replace(b"10\r\n", f"{MESSAGE_BYTES_MAX * 2}\r\n\r\n".encode())
    assert MESSAGE_BYTES_MAX > BODY_BYTES_MAX

    async def act(there: House) -> None:
        connection = await there.connect(head)
        assert b"401" in await connection[0].readline()
        await send_until_it_ends(connection, b"1" * BODY_BYTES_MAX)

    run(door, act)


def test_one_organisation_takes_no_more_than_its_share() -> None:
    bergen, other = (
        Caller("somebody", number, frozenset()) for number in (BERGEN, STAVANGER)
    )

    async def act() -> None:
        turns = Turns()
        async with contextlib.AsyncExitStack() as held:
            for _ in range(AT_ONCE):
                await held.enter_async_context(turns.turn(bergen))
            waiting = [
                asyncio.create_task(turns.turn(bergen).__aenter__())
                for _ in range(WAITING_MAX)
            ]
            await asyncio.sleep(0)
            with pytest.raises(ProblemError, match="too_many_requests"):
                await turns.turn(bergen).__aenter__()
            async with turns.turn(other), turns.turn(None):
                assert not any(task.done() for task in waiting)
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        assert done
        for each in waiting:
            each.cancel()
        await asyncio.wait(waiting)
        async with asyncio.timeout(10), turns.turn(bergen):
            pass

    asyncio.run(act())


def test_the_node_keeps_files_for_itself() -> None:
    assert connections_max() > CONNECTIONS
