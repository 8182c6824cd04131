"""Links that can be cut and held, between servers that know nothing of it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from federation.tasks import end_all

HOST = "127.0.0.1"
READ_BYTES = 64 * 1024


class Link:
    """Forwards what comes to its port. Its methods may be called from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, target_port: int) -> None:
        self._loop = loop
        self._target_port = target_port
        self._flows = asyncio.Event()
        self._flows.set()
        self._is_cut = False
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = asyncio.run_coroutine_threadsafe(self._listen(), loop).result()

    def cut(self) -> None:
        """End all connections, and let none begin."""
        self._loop.call_soon_threadsafe(self._cut)

    def hold(self) -> None:
        """Let connections be, and nothing through: as if the line were dead."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def heal(self) -> None:
        """Let everything through again."""
        self._loop.call_soon_threadsafe(self._heal)

    def _cut(self) -> None:
        self._is_cut = True
        for writer in self._writers:
            writer.transport.abort()

    def _heal(self) -> None:
        self._is_cut = False
        self._flows.set()

    async def _listen(self) -> int:
        server = await asyncio.start_server(self._accept, HOST, 0)
        self._serving = asyncio.create_task(server.serve_forever())
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def _accept(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        try:
            beyond = await asyncio.open_connection(HOST, self._target_port)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, beyond[1]}
        self._writers |= both
        pumps = self._pump(reader, beyond[1]), self._pump(beyond[0], writer)
        try:
            with suppress(OSError):
                await asyncio.gather(*pumps)
        finally:
            for each in both:
                each.transport.abort()
            self._writers -= both

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while data := await reader.read(READ_BYTES):
            await self._flows.wait()
            writer.write(data)
            await writer.drain()
        # Whoever ends one direction ends the connection.
        writer.transport.abort()


@contextmanager
def switchboard() -> Iterator[asyncio.AbstractEventLoop]:
    """Run a thread for links."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        asyncio.run_coroutine_threadsafe(_end_others(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end_others() -> None:
    """End all that still forwards or listens."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await end_all(others)
    # What is aborted is closed in the next turn.
    await asyncio.sleep(0)
