"""Sending what programs subscribe to: each stream in order, each entry at least once.

What somebody may read is asked when it is queued, and again when it is sent.
"""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

from api.access import is_of_others, note_read
from api.auth import Caller
from api.desk.webhooks import (
    WAITING_MAX,
    Letter,
    PauseReason,
    Queued,
    Webhook,
    sendable,
)
from api.entry_access import readable_entries
from api.feed import entries_after, positions_text, read_positions
from api.services import Node
from api.way_out import Delivery
from api.webhooks.signing import MEDIA_TYPE, signed_headers
from api.webhooks.subscribing import right_of
from federation.log.arrivals import commits, within
from federation.tasks import end_all

LOOK_SECONDS: Final = 1.0
AT_ONCE_MAX: Final = 4
"""Deliveries of one subscription, each of another stream."""
ALL_AT_ONCE_MAX: Final = 16
"""Deliveries of a node."""
_GONE: Final = 410
_TAKEN: Final = range(200, 300)


class _Ready(NamedTuple):
    letter: Letter
    delivery: Delivery


class WebhookSender:
    """Sends to all subscriptions, each by itself: who is slow holds up nobody else."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._way = node.webhooks_way
        self._kept = node.webhooks
        self._turns = asyncio.Semaphore(ALL_AT_ONCE_MAX)

    async def run(self) -> None:
        """Send for as long as the process leads."""
        running: dict[str, asyncio.Task[None]] = {}
        try:
            with commits(self._node.journal) as committed:
                while True:
                    committed.clear()
                    self._forget_done(running)
                    for each in await asyncio.to_thread(self._kept.active):
                        if each.name not in running:
                            task = asyncio.create_task(self.serve(each.name))
                            running[each.name] = task
                    await within(committed, LOOK_SECONDS)
        finally:
            await end_all(running.values())

    def _forget_done(self, running: dict[str, asyncio.Task[None]]) -> None:
        for name in [name for name, task in running.items() if task.done()]:
            running.pop(name).result()

    async def serve(self, name: str) -> None:
        """Send one subscription all that is due."""
        while ready := await asyncio.to_thread(self._ready, name):
            await asyncio.gather(*(self._deliver(each) for each in ready))

    async def _deliver(self, ready: _Ready) -> None:
        async with self._turns:
            status = await self._way.send(ready.delivery)
        await asyncio.to_thread(self._note, ready.letter, status)

    def _note(self, letter: Letter, status: int) -> None:
        now = self._node.unix_seconds()
        if status in _TAKEN:
            self._kept.taken(letter, status, now)
            return
        self._kept.failed(letter, status, now)
        if status == _GONE:
            self._kept.pause(letter.webhook, PauseReason.GONE)

    def _ready(self, name: str) -> Sequence[_Ready]:
        """Next letters that may be sent now, each of another stream."""
        webhook = self._kept.named(name)
        now = self._node.unix_seconds()
        if webhook is None or webhook.paused or webhook.again_at > now:
            return []
        right = right_of(self._node, webhook)
        if right is None:
            self._kept.pause(name, PauseReason.NO_RIGHT)
            return []
        self._queue(webhook, right)
        ready: list[_Ready] = []
        for letter in sendable(self._kept.waiting(name), now):
            body = self._body(letter, right)
            if body is None:
                # What they may not read any more never waits for them.
                self._kept.drop(letter)
                continue
            ready.append(_Ready(letter, self._delivery(webhook, letter, body, now)))
            if len(ready) == AT_ONCE_MAX:
                break
        return ready

    def _queue(self, webhook: Webhook, right: Caller) -> None:
        """Queue what came since, as long as there is room."""
        node, after = self._node, read_positions(webhook.positions)
        folded = node.projector.state.positions
        if all(after.get(o, 0) >= each.position for o, each in folded.items()):
            return
        if len(self._kept.waiting(webhook.name)) >= WAITING_MAX:
            return
        found, reached = entries_after(node, right, after, webhook.kinds)
        came = [
            Queued(row.origin, row.position, row.stream, row.id, row.type)
            for row, _ in found
        ]
        self._kept.queue(webhook, came, positions_text(reached))

    def _body(self, letter: Letter, right: Caller) -> bytes | None:
        """What is sent of an entry; None where it may not be read."""
        node = self._node
        rows = [*node.journal.entries(letter.origin, letter.position - 1, 1)]
        readable = readable_entries(node, right, rows)
        if not readable:
            return None
        if is_of_others(right):
            note_read(node, right, f"/v1/webhooks/{letter.webhook} {letter.entry}")
        return readable[0].body

    def _delivery(
        self, webhook: Webhook, letter: Letter, body: bytes, now: int
    ) -> Delivery:
        message = letter.entry.replace("/", "-")
        secrets = self._kept.secrets(webhook, now)
        headers = {
            "Content-Type": MEDIA_TYPE,
            "User-Agent": f"fagnett/{self._node.version}",
            **signed_headers(message, now, body, secrets),
        }
        return Delivery(webhook.address, headers, body)
