"""The connection to a region's NATS server: login, and the region's stream."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog
from nats.aio.client import Client
from nats.aio.transport import TcpTransport
from nats.errors import Error as NatsError
from nats.errors import ProtocolError
from nats.js.api import (
    DiscardPolicy,
    StorageType,
    StoreCompression,
    StreamConfig,
)
from nats.js.errors import APIError
from nats.protocol.parser import AWAITING_CONTROL_LINE, AWAITING_MSG_PAYLOAD, Parser
from typing_extensions import override

from federation.tasks import bounded
from federation.transport.consumers import declare_consumers
from federation.transport.login import Login
from federation.transport.ports import TransportError
from federation.transport.subjects import (
    consumers_of,
    courier_name,
    inbox_prefix,
    operator_name,
    pages_subject,
    stream_name,
)

log = structlog.get_logger()
# The client begins TLS on a stream that does not know of it, which asyncio notes at
# every end of a connection; it means nothing.
logging.getLogger("asyncio").addFilter(
    lambda record: "eof_received()" not in str(record.msg)
)

TIMEOUT_SECONDS: Final = 3.0
HANDSHAKE_SECONDS: Final = 5
"""Longest that each step of a connection may take: TCP, TLS, the server's first
words."""
ATTEMPT_SECONDS: Final = 20.0
"""Longest that these steps may take together."""
PING_SECONDS: Final = 5
"""Pause between two pings; a server that misses three is left."""
CONNECT_AGAIN_SECONDS: Final = 0.2
CLOSE_SECONDS: Final = 5.0
"""Longest that a server may take for what is left when a connection is closed."""
TOLD_MAX: Final = 100
"""Reasons that are logged while a connection is down."""
_NAME_IN_USE: Final = 10058
_NOBODY: Final = 0
"""Number of no subscription: the client counts them from one."""
_NO_REQUEST: Final = b"{"
"""Bytes that are no request to JetStream: they are refused by those who read them."""


class _Parser(Parser):
    """Passes over a message whose line the client cannot read.

    The server parts words at blanks alone, the client at a few signs more: with
    one of those in a subject any region could end the connection of all others.
    """

    def __init__(self, client: "Connection") -> None:
        super().__init__(client)
        self._client = client

    @override
    async def parse(self, data: bytes = b"") -> None:
        while True:
            try:
                await super().parse(data)
            except ProtocolError:
                if not self._passes_over():
                    raise
            else:
                if not self._passes_over():
                    return
            await self._client.complain_of_unreadable()
            data = b""

    def _passes_over(self) -> bool:
        """Take a message for nobody's, if its whole line is there and was not read."""
        if self.state != AWAITING_CONTROL_LINE:
            return False
        line, end, _ = self.buf.partition(b"\r\n")
        size = line.rpartition(b" ")[2]
        if not (end and line.startswith((b"MSG ", b"HMSG ")) and size.isdigit()):
            return False
        del self.buf[: len(line) + len(end)]
        self.msg_arg = {"subject": b"", "sid": _NOBODY, "reply": b""}
        self.needed, self.header_needed = int(size), 0
        self.state = AWAITING_MSG_PAYLOAD
        return True


def _cancel(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()


class Connection(Client):
    """The client, with our own signature of the server's challenge, and an end.

    What another region sends and the client cannot read is dropped, of a message with
    such headers these alone. The client itself would stop reading for good, and still
    take itself for connected.
    """

    def __init__(self, login: Login | None) -> None:
        super().__init__()
        self.login = login
        self._ps = _Parser(self)
        self.ended = asyncio.Event()
        """It is closed, by whomever; it does not connect again."""

    @override
    async def close(self) -> None:
        # The client waits without end for a server that stands still.
        with suppress(TimeoutError):
            await bounded(super().close(), CLOSE_SECONDS)
        self.abort()

    @override
    async def _close(self, status: int, do_cbs: bool = True) -> None:
        # All ways of closing lead here, and not all to an end.
        self.ended.set()
        await super()._close(status, do_cbs)

    def abort(self) -> None:
        """End the connection, with all that was not sent yet and who works on it."""
        self.ended.set()
        for subscription in self._subs.values():
            _cancel(subscription._wait_for_msgs_task)  # noqa: SLF001 - only politely it ends them
        for task in (
            *(self._reading_task, self._flusher_task),
            *(self._ping_interval_task, self._reconnection_task),
        ):
            _cancel(task)
        if isinstance(self._transport, TcpTransport):
            writer = self._transport._io_writer  # noqa: SLF001 - it only closes politely
            if writer is not None:
                writer.transport.abort()

    @override
    async def _process_msg(
        self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes
    ) -> None:
        try:
            await super()._process_msg(sid, subject, reply, data, headers)
        except (ValueError, IndexError):
            await self.complain_of_unreadable()
            if headers:
                # Whoever reads a stream misses it for ever, were it not there at all.
                await self._process_msg(sid, subject, reply, data, b"")

    async def complain_of_unreadable(self) -> None:
        """Tell of a message in words that its sender has no part in."""
        await self._error_cb(NatsError("a message that cannot be read"))

    @override
    def _setup_nkeys_seed_connect(self) -> None:
        assert self.login is not None, "only then a seed is named"
        key = self.login.key
        self._public_nkey = key.public
        self._signature_cb = lambda nonce: key.sign(nonce.encode())


async def connect(
    url: str,
    name: str,
    login: Login | None,
    trouble: Callable[[str], None] = lambda reason: log.warning(
        "carrier_trouble", reason=reason
    ),
) -> Connection:
    """Connect to the region's own server, however long that takes.

    ``url`` names one server, or with commas between them those of a cluster.
    With a login TLS comes first: there is no word that could talk us out of it.
    Each attempt is bounded and has a client of its own. One that has ended (``ended``)
    does not connect again: take another. ``trouble`` is told each reason once, and not
    without end.
    """
    logged: set[str] = set()

    async def complain(error: Exception) -> None:
        reason = str(error) or type(error).__name__
        if reason not in logged and len(logged) < TOLD_MAX:
            logged.add(reason)
            trouble(reason)

    while True:
        client = Connection(login)
        try:
            await bounded(_attempt(client, url, name, complain), ATTEMPT_SECONDS)
        except (NatsError, OSError, TimeoutError, ValueError) as error:
            client.abort()
            await complain(error)
        except BaseException:
            client.abort()
            raise
        else:
            return client
        await asyncio.sleep(CONNECT_AGAIN_SECONDS)


async def _attempt(
    client: Connection,
    url: str,
    name: str,
    complain: Callable[[Exception], Awaitable[None]],
) -> None:
    login = client.login
    await client.connect(
        url.split(","),
        name=name,
        error_cb=complain,
        # By itself it waits without end for the end of a connection that TLS was never
        # begun on, and reads nothing more after some faults.
        allow_reconnect=False,
        max_reconnect_attempts=1,
        reconnect_time_wait=CONNECT_AGAIN_SECONDS,  # type: ignore[arg-type]  # what it does is sleep
        ping_interval=PING_SECONDS,
        connect_timeout=HANDSHAKE_SECONDS,
        inbox_prefix=inbox_prefix(name),
        tls=login.tls if login else None,
        tls_handshake_first=login is not None,
        # The key itself stays with the login; this only says that there is one.
        nkeys_seed_str=login.key.public if login else None,
    )


def _stream_configuration(region: str, replicas: int) -> StreamConfig:
    return StreamConfig(
        name=stream_name(region),
        subjects=[pages_subject(region)],
        storage=StorageType.FILE,
        num_replicas=replicas,
        discard=DiscardPolicy.NEW,
        deny_delete=True,
        deny_purge=True,
        allow_direct=True,
        compression=StoreCompression.S2,
    )


async def declare_stream(
    url: str, region: str, login: Login | None, replicas: int = 1
) -> None:
    """Make a region's stream as it should be. An operator's act, not a node's.

    ``replicas`` servers of the region's cluster keep it.
    """
    client = await connect(url, operator_name(region), login)
    streams = client.jetstream(timeout=TIMEOUT_SECONDS)
    configuration = _stream_configuration(region, replicas)
    try:
        try:
            await streams.add_stream(configuration)
        except APIError as error:
            if error.err_code != _NAME_IN_USE:
                raise
            await streams.update_stream(configuration)
        await declare_consumers(client, region)
    except (NatsError, OSError, TimeoutError) as error:
        raise TransportError(str(error) or type(error).__name__) from None
    finally:
        await client.close()


@dataclass(frozen=True, slots=True)
class Inspected:
    """What a node finds at its own server."""

    release: str
    """Of the server."""
    payload_bytes_max: int
    at: str | None
    """The server's clock, as RFC 3339; None where it does not say."""
    messages: int | None
    """In the region's stream; None where there is no such stream."""
    differing: Sequence[str]
    """Settings of the stream that are not as they should be."""
    may: Sequence[str]
    """What the login may do to the stream, though a node's must not."""


async def inspect(url: str, region: str, login: Login, seconds: float) -> Inspected:
    """Look at a region's server with a node's login; raise :class:`TransportError`.

    Nothing is changed: what a node must not do is asked in a way that no server
    can follow, and only whether that was allowed is looked at.
    """
    troubles: list[str] = []
    try:
        async with asyncio.timeout(seconds):
            name, courier = courier_name(region), login.courier
            client = await connect(url, name, courier, trouble=troubles.append)
            try:
                return await _inspected(client, region, troubles)
            finally:
                await client.close()
    except (NatsError, OSError, TimeoutError, ValueError) as error:
        reason = troubles[-1] if troubles else str(error) or type(error).__name__
        raise TransportError(reason) from None


async def _inspected(client: Client, region: str, troubles: Sequence[str]) -> Inspected:
    stream = stream_name(region)
    acts = {
        act: f"$JS.API.STREAM.{act}.{stream}"
        for act in ("CREATE", "UPDATE", "DELETE", "PURGE")
    }
    for asked in acts.values():
        await client.publish(asked, _NO_REQUEST)
    # The server complains of each before it answers what is asked after them. (The
    # client's own flush overtakes what was published.)
    answer = await client.request(
        f"$JS.API.STREAM.INFO.{stream}", timeout=TIMEOUT_SECONDS
    )
    info = json.loads(answer.data)
    config = info.get("config", {})
    # How many servers keep it is the region's own business.
    should = _stream_configuration(region, config.get("num_replicas", 1))
    members = {k: v for k, v in should.as_dict().items() if v}
    differing = [name for name in members if config.get(name) != members[name]]
    if config.get("consumer_limits"):
        # Of an earlier release: what nobody asks for a while is forgotten.
        differing.append("consumer_limits")
    if config and info["state"]["consumer_count"] < len(consumers_of(region)):
        differing.append("consumers")
    refused = " ".join(troubles)
    release = client.connected_server_version
    return Inspected(
        f"{release.major}.{release.minor}.{release.patch}",
        client.max_payload,
        info.get("ts"),
        info["state"]["messages"] if config else None,
        differing if config else (),
        [act for act, asked in acts.items() if f'"{asked.lower()}"' not in refused],
    )
