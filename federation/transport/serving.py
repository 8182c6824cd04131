"""Answering one region's node, which is let in only so often.

The servers themselves stop at the number that each subscription is good for: what an
asker sends beyond that does not leave its own region's link. So no flood of one reaches
this node, and the others are answered meanwhile.
"""

import asyncio
from contextlib import suppress
from typing import Final

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from federation.tasks import LOOK_SECONDS, bounded, first_of, happened
from federation.transport.answers import ANSWER_SECONDS, answered, leave
from federation.transport.connection import Connection
from federation.transport.ports import REQUEST_BYTES_MAX, Answering, TransportError

LET_IN: Final = 16
"""Requests that one subscription is good for, however large they are."""
LET_IN_AT_ONCE: Final = 256
LET_IN_PER_SECOND: Final = 200.0
"""Requests in the long run: far more than a node asks that waits when it is told to."""


class Serving:
    """Answers what one region asks on one subject, one after the other."""

    def __init__(self, asker: str, subject: str, inbox: str, answer: Answering) -> None:
        """Prepare; ``inbox`` is what the subjects of answers to the asker begin with.

        An asker names the subject of the answer: were it another, it could make this
        node say there what only this node may say.
        """
        self._asker = asker
        self._subject = subject
        self._inbox = f"{inbox}."
        self._answer = answer
        self._allowed = float(LET_IN_AT_ONCE)
        self._at: float | None = None
        self._waiting: asyncio.Queue[Msg] = asyncio.Queue()
        self._open: list[Subscription] = []
        self._used: list[Subscription] = []
        self._expected = 0
        """Requests that may come yet."""
        self._went_on = asyncio.Event()

    async def run(self, client: Connection, group: str) -> None:
        """Answer as one of a group until the connection ends; then raise."""
        self._expected = 0
        self._waiting = asyncio.Queue()
        try:
            await first_of(
                self._let_in(client, group),
                self._answer_all(client),
                happened(client.ended),
            )
        finally:
            for subscription in (*self._open, *self._used):
                await leave(subscription)
            self._open, self._used = [], []
        text = "the connection is closed"
        raise TransportError(text)

    async def _let_in(self, client: Connection, group: str) -> None:
        while True:
            missing = LET_IN - self._allowance()
            if missing > 0:
                await asyncio.sleep(min(missing / LET_IN_PER_SECOND, LOOK_SECONDS))
                continue
            self._allowed -= LET_IN
            await self._subscribe(client, group)
            while self._expected + self._waiting.qsize() > LET_IN // 2:
                self._went_on.clear()
                await happened(self._went_on)
            while self._used:
                await leave(self._used.pop())

    def _allowance(self) -> float:
        """How many may be let in now: more as time passes."""
        now = asyncio.get_running_loop().time()
        gained = 0.0 if self._at is None else (now - self._at) * LET_IN_PER_SECOND
        self._allowed = min(LET_IN_AT_ONCE, self._allowed + gained)
        self._at = now
        return self._allowed

    async def _subscribe(self, client: Connection, group: str) -> None:
        left = LET_IN
        self._expected += LET_IN

        async def take(message: Msg) -> None:
            nonlocal left
            left -= 1
            self._expected = max(0, self._expected - 1)
            self._went_on.set()
            # What is larger than it may be costs what it is.
            self._allowed -= len(message.data) // REQUEST_BYTES_MAX
            is_asked = message.reply.startswith(self._inbox)
            if is_asked and len(message.data) <= REQUEST_BYTES_MAX:
                self._waiting.put_nowait(message)
            if left == 0:
                self._open.remove(subscription)
                self._used.append(subscription)

        subscription = await answered(
            client.subscribe(self._subject, queue=group, cb=take)
        )
        self._open.append(subscription)
        # By its own count the client would drop what has come and is not taken yet.
        number = subscription._id  # noqa: SLF001
        await answered(client._send_unsubscribe(number, limit=LET_IN))  # noqa: SLF001

    async def _answer_all(self, client: Connection) -> None:
        while True:
            message = await self._next()
            if message is None:
                continue
            self._went_on.set()
            # What fails, or takes too long for what comes next, is asked again.
            with suppress(NatsError, OSError, TimeoutError):
                answer = await bounded(
                    self._answer(self._asker, message.data), ANSWER_SECONDS
                )
                if answer is not None:
                    published = client.publish(
                        message.reply, answer.body, headers=dict(answer.headers)
                    )
                    await bounded(published, ANSWER_SECONDS)

    async def _next(self) -> Msg | None:
        """Next request; None now and then, where there is none."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                return await self._waiting.get()
        return None
