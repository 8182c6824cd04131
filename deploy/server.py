"""The HTTP server of a node: uvicorn, with bounds on connections and on waiting.

Who connects without a token and says nothing, says it slowly, or takes its answer
slowly, holds a file of this process. So every wait for a client ends, and a full
house makes room: first go those that no token speaks for, the oldest first.
Source: RFC 9110 (408, 431).
"""

import asyncio
import resource
from collections.abc import MutableMapping
from typing import Any, Final, cast

import uvicorn
from fastapi import FastAPI
from typing_extensions import override
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from api.auth import CALLER_KEY
from federation.documents.salted import DOCUMENT_BYTES_MAX

CONNECTIONS_MAX: Final = 4096
OWN_FILES: Final = 384
"""Kept for what the node itself opens: its databases, its carrier, its logs."""
BACKLOG: Final = 128
"""Taken from the system in one go, before one of them is heard; of the reserve."""
HEADER_SECONDS: Final = 10.0
HEADER_BYTES_MAX: Final = 64 * 1024
MESSAGE_BYTES_MAX: Final = DOCUMENT_BYTES_MAX + 1024 * 1024
"""More than any route takes; what it does not take is read and thrown away."""
BODY_SECONDS: Final = 60.0
ANSWER_SECONDS: Final = 60.0
"""Time in which a client must take something of its answer."""
KEEP_ALIVE_SECONDS: Final = 75
"""Longer than clients keep a connection idle: none is closed under a request."""
STOP_SECONDS: Final = 5

_TIMEOUT: Final = b"408 Request Timeout"
_TOO_LARGE: Final = b"431 Request Header Fields Too Large"


def serve(app: FastAPI, host: str, port: int) -> None:
    """Serve an app until the process is told to stop."""
    uvicorn.run(app, host=host, port=port, **options(connections_max()))


def options(connections: int) -> dict[str, Any]:
    """How uvicorn is to serve, with at most so many connections."""
    return {
        "http": type("Bounded", (BoundedProtocol,), {"connections_max": connections}),
        "ws": "none",
        "backlog": BACKLOG,
        "log_config": None,
        "access_log": False,
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": STOP_SECONDS,
    }


def connections_max() -> int:
    """How many connections leave the node the files that it needs itself.

    The process takes as many files as the system lets it.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = CONNECTIONS_MAX + OWN_FILES
    files = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return max(files - OWN_FILES, files // 4)


class BoundedProtocol(HttpToolsProtocol):
    """One connection of a client."""

    connections_max: int

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._came_with_token = False
        self._heard_at = self.loop.time()
        self._reading: asyncio.TimerHandle | None = None
        self._writing: asyncio.TimerHandle | None = None
        self._asked: MutableMapping[str, Any] | None = None
        """The request that waits for its answer."""
        self._bytes_max = HEADER_BYTES_MAX
        self._bytes = 0
        """Of the part of a message that is being read: its head, or its body."""
        self._part_begun = False

    @property
    def worth(self) -> tuple[bool, bool, float]:
        """Who stays longer in a full house: a known caller, and whom we serve now."""
        asked = self._asked or {}
        has_token = self._came_with_token or asked.get(CALLER_KEY) is not None
        return has_token, self._asked is not None, self._heard_at

    @override
    def connection_made(  # type: ignore[override]
        self, transport: asyncio.Transport
    ) -> None:
        super().connection_made(transport)
        self._wait(HEADER_SECONDS)
        if len(self.connections) > self.connections_max:
            others = cast("set[BoundedProtocol]", self.connections - {self})
            first = min(others, key=lambda each: each.worth)
            leaving = self if all(first.worth[:2]) else first
            leaving.abort()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._wait(None)
        self.resume_writing()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        self._heard_at = self.loop.time()
        if self._reading is None:
            self._wait(HEADER_SECONDS)
        self._part_begun = False
        super().data_received(data)
        if not self._part_begun:
            self._bytes += len(data)
        if self._bytes > self._bytes_max:
            self._end(_TOO_LARGE)

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begin(HEADER_BYTES_MAX, HEADER_SECONDS)

    @override
    def on_headers_complete(self) -> None:
        self._begin(MESSAGE_BYTES_MAX, BODY_SECONDS)
        super().on_headers_complete()
        self._asked = cast("MutableMapping[str, Any]", self.scope)

    @override
    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._begin(HEADER_BYTES_MAX, None)

    @override
    def on_response_complete(self) -> None:
        asked, self._asked = self._asked or {}, None
        self._came_with_token |= asked.get(CALLER_KEY) is not None
        super().on_response_complete()

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._writing = self.loop.call_later(ANSWER_SECONDS, self.abort)

    @override
    def resume_writing(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None
        super().resume_writing()

    def abort(self) -> None:
        """Drop the client, and whatever was still to be sent to it."""
        # The place is free now, not when the loop comes to it.
        self.connections.discard(self)
        self.transport.abort()

    def _begin(self, bytes_max: int, seconds: float | None) -> None:
        self._part_begun, self._bytes, self._bytes_max = True, 0, bytes_max
        self._wait(seconds)

    def _wait(self, seconds: float | None) -> None:
        if self._reading is not None:
            self._reading.cancel()
        self._reading = (
            None if seconds is None else self.loop.call_later(seconds, self._waited)
        )

    def _waited(self) -> None:
        if self.flow.read_paused:
            # It is we who do not read: the request waits for its turn.
            self._wait(BODY_SECONDS)
        else:
            self._end(_TIMEOUT)

    def _end(self, status: bytes) -> None:
        """Say why, where nothing has been said yet, and end the connection."""
        begun = self._bytes_max == MESSAGE_BYTES_MAX and self.cycle.response_started
        if begun or self.transport.get_write_buffer_size():
            self.abort()
            return
        head = b"HTTP/1.1 %b\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        self.transport.write(head % status)
        self.transport.close()
