"""Hearing one subject, of which so much is let in.

The node's own server stops at the number that a subscription is good for, so what is
announced beyond it costs the node nothing. The next announcement says all that one said
that nobody heard.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Final

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from federation.tasks import LOOK_SECONDS
from federation.transport.answers import answered, leave
from federation.transport.connection import Connection
from federation.transport.ports import (
    ANNOUNCEMENT_BYTES_MAX,
    ANNOUNCEMENTS_WAITING_MAX,
    TransportError,
)

HEARD_PER_SECOND: Final = 20.0
"""Announcements on one subject in the long run: far more than a region that keeps the
rules makes."""
GOOD_FOR_SECONDS: Final = ANNOUNCEMENTS_WAITING_MAX / HEARD_PER_SECOND
"""Shortest life of a subscription; who has used it up sooner is not heard."""
SOON_SECONDS: Final = 0.2
RENEWED_SECONDS: Final = 5.0
"""Time without a word after which a subscription is renewed: what the client could not
read was counted as heard."""


class Hearing:
    """Follows a subject through one subscription after the other."""

    def __init__(self, client: Connection, subject: str) -> None:
        self._client = client
        self._subject = subject
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(ANNOUNCEMENTS_WAITING_MAX)
        self._subscription: Subscription | None = None
        self._left = 0
        """Announcements that the subscription is good for yet."""
        self._since = 0.0
        """When the subscription was made."""
        self._heard_at = 0.0

    async def payloads(self) -> AsyncGenerator[bytes]:
        """Give what is heard until the connection ends; then raise."""
        try:
            while not self._client.is_closed:
                if self._is_over():
                    await self._again()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._patience()):
                        payload = await self._waiting.get()
                    yield payload
        finally:
            await self._leave()
        text = "the connection ended"
        raise TransportError(text)

    def _is_over(self) -> bool:
        now = asyncio.get_running_loop().time()
        if self._subscription is None or now - self._heard_at > RENEWED_SECONDS:
            return True
        return self._left <= 0 and now - self._since >= GOOD_FOR_SECONDS

    def _patience(self) -> float:
        """Seconds to wait before looking at the subscription."""
        since = asyncio.get_running_loop().time() - self._since
        return min(LOOK_SECONDS, max(SOON_SECONDS, GOOD_FOR_SECONDS - since))

    async def _again(self) -> None:
        await self._leave()
        self._left = ANNOUNCEMENTS_WAITING_MAX
        self._since = self._heard_at = asyncio.get_running_loop().time()
        subscribing = self._client.subscribe(self._subject, cb=self._take)
        self._subscription = await answered(subscribing)
        # By its own count the client would drop what has come and is not taken yet.
        number = self._subscription._id  # noqa: SLF001
        limiting = self._client._send_unsubscribe(number, limit=self._left)  # noqa: SLF001
        await answered(limiting)

    async def _leave(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            await leave(subscription)

    async def _take(self, message: Msg) -> None:
        self._left -= 1
        self._heard_at = asyncio.get_running_loop().time()
        if len(message.data) <= ANNOUNCEMENT_BYTES_MAX and not self._waiting.full():
            self._waiting.put_nowait(message.data)
