"""Those who hold connections and say nothing, and come again when they are ended."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from federation.tasks import end_all

HOST = "127.0.0.1"


@dataclass
class Strangers:
    """How they fare. Counted by their own thread alone, and read by anybody."""

    port: int
    tls: ssl.SSLContext | None
    came: int = 0
    """How often one of them has connected."""
    ended: int = 0
    """How often one of them was ended by the server."""

    async def _crowd(self, count: int, gone: asyncio.Event) -> None:
        crowd = [asyncio.create_task(self._come_again()) for _ in range(count)]
        try:
            await gone.wait()
        finally:
            await end_all(crowd)

    async def _come_again(self) -> None:
        name = HOST if self.tls else None
        while True:
            try:
                reader, writer = await asyncio.open_connection(
                    HOST, self.port, ssl=self.tls, server_hostname=name
                )
            except OSError:
                await asyncio.sleep(0)
                continue
            self.came += 1
            try:
                with suppress(OSError):
                    while await reader.read(2**16):
                        pass
                self.ended += 1
            finally:
                writer.transport.abort()


@contextmanager
def strangers(
    port: int, count: int, tls: ssl.SSLContext | None = None
) -> Iterator[Strangers]:
    """Have so many connections held at a port, from a thread of their own.

    With ``tls`` each gets as far as that goes, and says nothing then.
    """
    found, loop, gone = Strangers(port, tls), asyncio.new_event_loop(), asyncio.Event()
    crowd = found._crowd(count, gone)
    thread = threading.Thread(target=loop.run_until_complete, args=(crowd,))
    thread.start()
    try:
        yield found
    finally:
        loop.call_soon_threadsafe(gone.set)
        thread.join()
        loop.close()
