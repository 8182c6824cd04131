"""One of a node's connections to its region's server, and what is said over it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

import structlog
from nats.errors import Error as NatsError

from federation.signed.page import Message
from federation.tasks import happened
from federation.transport.answers import answered
from federation.transport.connection import (
    CONNECT_AGAIN_SECONDS,
    TIMEOUT_SECONDS,
    Connection,
    connect,
)
from federation.transport.hearing import Hearing
from federation.transport.login import Login
from federation.transport.ports import ANNOUNCEMENT_BYTES_MAX, TransportError

log = structlog.get_logger()


class Line:
    """A connection, made again whenever it ends.

    Until :meth:`connect` has succeeded, everything raises :class:`TransportError`.
    """

    def __init__(self, name: str, login: Login | None) -> None:
        self.name = name
        self._login = login
        self._connected: Connection | None = None

    async def connect(self, url: str) -> None:
        """Connect to the region's own server, however long that takes."""
        self._connected = await connect(url, self.name, self._login)

    async def run(self, url: str) -> None:
        """Keep connected until cancelled, each time with a client of its own."""
        while True:
            await self.connect(url)
            log.info("carrier_connected", name=self.name)
            await happened(self.client.ended)
            log.warning("carrier_closed", name=self.name)
            await self.close()
            await asyncio.sleep(CONNECT_AGAIN_SECONDS)

    async def close(self) -> None:
        """Close the connection."""
        if self._connected is not None:
            # Without its server the client still tries to send what it has left.
            with suppress(NatsError, OSError, TimeoutError, RuntimeError):
                await self._connected.close()

    @property
    def client(self) -> Connection:
        """The connection of now."""
        if self._connected is None:
            message = "not connected to the region's NATS server yet"
            raise TransportError(message)
        return self._connected

    async def announce(self, subject: str, payload: bytes) -> None:
        """Publish over core NATS, if there is a connection to do it over now."""
        if len(payload) > ANNOUNCEMENT_BYTES_MAX:
            message = f"an announcement of {len(payload)} bytes is too large"
            raise TransportError(message)
        if not self.client.is_connected:
            # The client would keep it, and send what is out of date by then.
            message = "not connected to the region's NATS server"
            raise TransportError(message)
        await answered(self.client.publish(subject, payload))

    def hear(self, subject: str) -> AsyncGenerator[bytes]:
        """Follow a subject of core NATS, for as long as this connection lives."""
        return Hearing(self.client, subject).payloads()

    async def ask(self, subject: str, request: bytes) -> Message:
        """Ask a question, and return the answer."""
        asked = self.client.request(subject, request, timeout=TIMEOUT_SECONDS)
        answer = await answered(asked)
        return Message(answer.headers or {}, answer.data)
