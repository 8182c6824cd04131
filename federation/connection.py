"""The connection to a region's NATS server: names, login, and the region's stream."""

import logging
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.api import (
    DiscardPolicy,
    StorageType,
    StoreCompression,
    StreamConfig,
    StreamConsumerLimits,
)
from nats.js.errors import APIError
from typing_extensions import override

from federation.nkeys import NKey
from federation.ports import CarrierError

log = structlog.get_logger()
# The client begins TLS on a stream that does not know of it, which asyncio notes at
# every end of a connection; it means nothing.
logging.getLogger("asyncio").addFilter(
    lambda record: "eof_received()" not in str(record.msg)
)

TIMEOUT_SECONDS: Final = 3.0
CONSUMER_SECONDS: Final = 10.0
"""How long a server keeps a consumer that nobody asks anything of."""
_NAME_IN_USE: Final = 10058


def stream_name(region: str) -> str:
    """Return the name of a region's stream."""
    return f"fagnett-{region}"


def subject(region: str) -> str:
    """Return the one subject of a region's stream."""
    return f"fagnett.pages.{region}"


def node_name(region: str) -> str:
    """Return the name of a node's connection."""
    return f"fagnett-{region}"


def ranges_subject(region: str) -> str:
    """Return the subject on which a region's node is asked."""
    return f"fagnett.ranges.{region}"


def operator_name(region: str) -> str:
    """Return the name of an operator's connection."""
    return f"operator-{region}"


def inbox(name: str) -> str:
    """Return what the subjects of a connection's answers begin with."""
    return f"_INBOX_{name}"


@dataclass(frozen=True, slots=True)
class Login:
    """Who connects: the key that says so, and what certificates are trusted."""

    key: NKey
    tls: ssl.SSLContext


class _Client(Client):
    """The client, with our own signature of the server's challenge."""

    def __init__(self, login: Login | None) -> None:
        super().__init__()
        self._login = login

    @override
    def _setup_nkeys_seed_connect(self) -> None:
        assert self._login is not None, "only then a seed is named"
        key = self._login.key
        self._public_nkey = key.public
        self._signature_cb = lambda nonce: key.sign(nonce.encode())


async def connect(
    url: str,
    name: str,
    login: Login | None,
    closed: Callable[[], Awaitable[None]] | None = None,
) -> Client:
    """Connect, and reconnect when the connection breaks, to the region's own server.

    With a login TLS comes first: there is no word that could talk us out of it.
    """
    told: set[str] = set()

    async def complain(error: Exception) -> None:
        reason = str(error) or type(error).__name__
        if reason not in told:
            told.add(reason)
            log.warning("carrier_trouble", reason=reason)

    async def recovered() -> None:
        told.clear()
        log.info("carrier_back")

    client = _Client(login)
    await client.connect(
        url,
        name=name,
        error_cb=complain,
        reconnected_cb=recovered,
        closed_cb=closed,
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.2,  # type: ignore[arg-type]  # what it does is sleep
        ping_interval=5,
        connect_timeout=2,
        inbox_prefix=inbox(name),
        tls=login.tls if login else None,
        tls_handshake_first=login is not None,
        # The key itself stays with the login; this only says that there is one.
        nkeys_seed_str=login.key.public if login else None,
    )
    return client


async def declare_stream(url: str, region: str, login: Login | None) -> None:
    """Make a region's stream as it should be. An operator's act, not a node's."""
    client = await connect(url, operator_name(region), login)
    streams = client.jetstream(timeout=TIMEOUT_SECONDS)
    wanted = StreamConfig(
        name=stream_name(region),
        subjects=[subject(region)],
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        deny_delete=True,
        deny_purge=True,
        allow_direct=True,
        compression=StoreCompression.S2,
        # No reader can leave something behind that stays.
        consumer_limits=StreamConsumerLimits(inactive_threshold=CONSUMER_SECONDS),
    )
    try:
        try:
            await streams.add_stream(wanted)
        except APIError as error:
            if error.err_code != _NAME_IN_USE:
                raise
            await streams.update_stream(wanted)
    except (NatsError, OSError, TimeoutError) as error:
        raise CarrierError(str(error) or type(error).__name__) from None
    finally:
        await client.close()
