"""The consumers by which others read a region's stream: made by its operator, and bounded.

A reader moves them and asks them for messages, and makes none. Who makes a consumer says
how much may wait there, and a server keeps all of it.
"""

import json
from typing import Any, Final

from nats.aio.client import Client

from federation.transport.ports import TransportError
from federation.transport.pull import PAGES_AHEAD
from federation.transport.subjects import consumers_of, stream_name

REQUESTS_WAITING_MAX: Final = 2 * PAGES_AHEAD
"""Requests that may wait at one consumer: those of a reader, and of one before it."""
EXPIRES_SECONDS_MAX: Final = 10.0
"""Time that a request may wait."""
SECONDS_MAX: Final = 10.0
"""Time that a server has for each."""
_NANOSECONDS: Final = 1_000_000_000


async def declare_consumers(client: Client, origin: str) -> None:
    """Make what is missing; raise :class:`TransportError` where that is refused.

    One that is otherwise and cannot be changed is made anew: a reader begins again.
    """
    stream = stream_name(origin)
    for name in consumers_of(origin):
        wanted = {"stream_name": stream, "config": _configuration(name)}
        body = json.dumps(wanted).encode()
        if await _refused(client, f"CREATE.{stream}.{name}", body) is None:
            continue
        await _refused(client, f"DELETE.{stream}.{name}", b"")
        refused = await _refused(client, f"CREATE.{stream}.{name}", body)
        if refused is not None:
            text = f"{name}: {refused}"
            raise TransportError(text)


async def _refused(client: Client, act: str, body: bytes) -> str | None:
    """Ask the region's own server for something; why it refuses that, if it does."""
    asked = f"$JS.API.CONSUMER.{act}"
    answer = await client.request(asked, body, timeout=SECONDS_MAX)
    error = json.loads(answer.data).get("error")
    return None if error is None else str(error.get("description"))


def _configuration(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "durable_name": name,
        "deliver_policy": "all",
        "ack_policy": "none",
        "max_waiting": REQUESTS_WAITING_MAX,
        "max_batch": 1,
        "max_expires": int(EXPIRES_SECONDS_MAX * _NANOSECONDS),
    }
