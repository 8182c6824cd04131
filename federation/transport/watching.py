"""How much each region asks of a region's stream, as its own server counts.

Each reads from an account of its own, over a link of its own: who asks is certain.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from typing import Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from domain.values import Region
from federation.transport.answers import ODD, answered, leave
from federation.transport.connection import connect
from federation.transport.line import Line
from federation.transport.login import Login
from federation.transport.ports import TransportError
from federation.transport.subjects import ACCOUNTS, reading_account, watch_name

ANSWERS_SECONDS: Final = 0.5


class Watching:
    """A region's own server, as who counts for it sees it."""

    def __init__(self, region: str, login: Login | None) -> None:
        self._line = Line(watch_name(region), login and login.watch)
        self._readers = [each.value for each in Region if each.value != region]

    async def run(self, url: str) -> None:
        """Keep connected until cancelled."""
        await self._line.run(url)

    async def close(self) -> None:
        """Close the connection."""
        await self._line.close()

    async def asked(self) -> Mapping[str, int]:
        """Requests of each reader since its servers were started."""
        return await count_requests(self._line.client, self._readers)


async def requests_per_second(
    url: str, region: str, login: Login, seconds: float
) -> Mapping[str, float]:
    """Requests of each reader within a second; raise :class:`TransportError`."""
    readers = [each.value for each in Region if each.value != region]
    try:
        async with asyncio.timeout(seconds):
            client = await connect(
                url, watch_name(region), login.watch, trouble=lambda _: None
            )
            try:
                before = await count_requests(client, readers)
                after = await count_requests(client, readers)
            finally:
                await client.close()
    except (NatsError, OSError, TimeoutError, ValueError) as error:
        raise TransportError(str(error) or type(error).__name__) from None
    # What is between the two is the wait for answers.
    rates = {each: (after[each] - before[each]) / ANSWERS_SECONDS for each in readers}
    return {each: max(0.0, rate) for each, rate in rates.items()}


async def count_requests(client: Client, readers: list[str]) -> Mapping[str, int]:
    """Requests of each reader; raise :class:`TransportError` where no server tells."""
    messages: list[Msg] = []

    async def take(message: Msg) -> None:
        messages.append(message)

    inbox = client.new_inbox()
    subscription = await answered(client.subscribe(inbox, cb=take))
    await answered(client.publish(ACCOUNTS, b"", reply=inbox))
    # A cluster has as many answers as servers.
    await asyncio.sleep(ANSWERS_SECONDS)
    await leave(subscription)
    found: Counter[str] = Counter()
    try:
        for message in messages:
            for each in json.loads(message.data)["data"]["account_statz"]:
                found[each["acc"]] += int(each["received"]["msgs"])
    except ODD:
        messages = []
    if not messages:
        text = "the server does not tell what it is asked"
        raise TransportError(text)
    return {each: found[reading_account(each)] for each in readers}
