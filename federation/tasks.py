"""Parts that run beside each other, and how they are ended."""

import asyncio
from collections.abc import Awaitable, Collection
from typing import Any, Final

CANCEL_AGAIN_SECONDS: Final = 0.5


async def end_all(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel tasks until they have ended.

    Once is not enough: on Python 3.11 ``asyncio.wait_for`` swallows a
    cancellation that comes in the same turn as its result. A cancellation of this
    waits for the tasks too: nobody else would end them.
    """
    cancelled = None
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        try:
            await asyncio.wait(running, timeout=CANCEL_AGAIN_SECONDS)
        except asyncio.CancelledError as error:
            cancelled = error
    await asyncio.gather(*tasks, return_exceptions=True)
    if cancelled is not None:
        raise cancelled


async def first_of(*parts: Awaitable[None]) -> None:
    """Run some parts until one ends, end the others, and raise what it raised."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end_all(tasks)
    for task in tasks:
        if task in done:
            task.result()
