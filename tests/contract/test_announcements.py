"""What regions tell each other outside of their logs, over every transport."""

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest

from domain.values import Region
from federation.transport.ports import ANNOUNCEMENT_BYTES_MAX, TransportError
from tests.support.replication import Network

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

SUBJECT = "fagnett.checkpoints.vest"


async def _first(
    heard: AsyncGenerator[bytes], say: Callable[[], asyncio.Future[None]]
) -> bytes:
    """Say something until it is heard: a listener needs a while to be known."""
    waiting = asyncio.ensure_future(anext(heard))
    while not waiting.done():
        await say()
        await asyncio.wait({waiting}, timeout=0.01)
    return waiting.result()


async def test_what_is_announced_is_heard_by_all_who_listen(network: Network) -> None:
    vest = network.transports[Region.VEST]
    for region in (Region.NORD, Region.MIDT):
        heard = network.transports[region].hear(SUBJECT)
        said = await _first(
            heard, lambda: asyncio.ensure_future(vest.announce(SUBJECT, b"here"))
        )
        assert said == b"here"
        await heard.aclose()


async def test_another_subject_is_not_heard_and_too_much_is_not_said(
    network: Network,
) -> None:
    vest, nord = network.transports[Region.VEST], network.transports[Region.NORD]
    heard = nord.hear(SUBJECT)

    async def both() -> None:
        await vest.announce("fagnett.checkpoints.midt", b"other")
        await vest.announce(SUBJECT, b"here")

    assert await _first(heard, lambda: asyncio.ensure_future(both())) == b"here"
    with pytest.raises(TransportError):
        await vest.announce(SUBJECT, bytes(ANNOUNCEMENT_BYTES_MAX + 1))
    await heard.aclose()
