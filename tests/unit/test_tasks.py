"""Parts that run beside each other go on whatever happens, and end with who runs them."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from federation import tasks
from federation.moves import moved
from federation.tasks import (
    Background,
    all_of,
    bounded,
    end_all,
    first_of,
    happened,
    in_own_thread,
)

pytestmark = pytest.mark.anyio


async def for_ever() -> None:
    """Wait for nothing."""
    await asyncio.get_running_loop().create_future()


async def swallowing(times: int) -> None:
    """Run on after some cancellations, as a wait of Python 3.11 may after one."""
    for _ in range(times):
        try:
            await for_ever()
        except asyncio.CancelledError:
            continue
    await for_ever()


@pytest.fixture(autouse=True)
def _again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "CANCEL_AGAIN_SECONDS", 0.02)
    monkeypatch.setattr(tasks, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(tasks, "AGAIN_SECONDS", 0.01)


@pytest.mark.parametrize("times", [0, 1])
async def test_a_part_that_swallows_its_cancellation_ends_with_its_owner(
    times: int,
) -> None:
    part = asyncio.ensure_future(swallowing(times))
    owner = asyncio.ensure_future(first_of(part, for_ever()))
    others = asyncio.all_tasks() - {part, owner}
    await asyncio.wait([part], timeout=0)
    await end_all([owner])
    assert owner.cancelled()
    assert part.cancelled()
    assert asyncio.all_tasks() <= others


async def test_who_is_cancelled_while_it_ends_others_ends_them_first() -> None:
    part = asyncio.ensure_future(swallowing(1))
    await asyncio.wait([part], timeout=0)
    ending = asyncio.ensure_future(end_all([part]))
    await asyncio.wait([ending], timeout=0)
    ending.cancel()
    await asyncio.wait([ending])
    assert ending.cancelled()
    assert part.cancelled()


async def test_what_the_first_part_raised_is_raised_when_the_others_have_ended() -> (
    None
):
    async def failing() -> None:
        raise LookupError

    part = asyncio.ensure_future(swallowing(1))
    with pytest.raises(LookupError):
        await first_of(part, failing())
    assert part.cancelled()


# What is kept going


Run = Callable[[], object]


class Begun:
    """A part that fails in some way once, and then goes on."""

    def __init__(self, once: Callable[[], object]) -> None:
        self._once = once
        self.times = 0

    async def run(self) -> None:
        """Fail the first time."""
        self.times += 1
        if self.times == 1:
            waiting = self._once()
            if asyncio.iscoroutine(waiting):
                await waiting
            return
        await going_on()


async def going_on() -> None:
    """Do nothing, and be seen to."""
    while True:
        await asyncio.sleep(0)
        await asyncio.sleep(0.001)


async def until(reached: Callable[[], bool]) -> None:
    """Wait for a state."""
    async with asyncio.timeout(30):
        while not reached():
            await asyncio.sleep(0.001)


@asynccontextmanager
async def kept(run: Callable[[], object]) -> AsyncIterator[Background]:
    """Keep a part going."""
    background = Background()
    task = asyncio.ensure_future(background.keep("part", run))  # type: ignore[arg-type]
    try:
        yield background
    finally:
        await end_all([task])
        assert background.parts == {}, "nothing is told of what is ended"


def fail() -> None:
    """Fail as nobody foresaw."""
    raise LookupError


async def cancel_itself() -> None:
    """End as a library may that cancels what it did not make."""
    raise asyncio.CancelledError


ONCE: dict[str, tuple[Callable[[], object], str]] = {
    "fails": (fail, "LookupError"),
    "is cancelled": (cancel_itself, "CancelledError"),
    "hangs": (for_ever, "still"),
    "hangs and will not end": (lambda: swallowing(3), "still"),
    "one of several hangs": (lambda: first_of(going_on(), for_ever()), "still"),
    "all of several hang": (lambda: all_of(for_ever(), for_ever()), "still"),
}


@pytest.mark.parametrize("how", ONCE)
async def test_a_part_that_fails_or_hangs_is_told_and_begun_again(how: str) -> None:
    once, reason = ONCE[how]
    part = Begun(once)
    async with kept(part.run) as background:
        await until(lambda: background.down == {"part": reason})
        await until(lambda: part.times == 2)
        assert background.parts["part"].faults == 1
        await until(lambda: not background.down)


async def test_where_a_part_failed_is_told_of_its_own_lines() -> None:
    async def in_a_thread() -> None:
        await asyncio.to_thread(fail)

    with pytest.raises(LookupError) as caught:
        await in_a_thread()
    assert tasks._where(caught.value).startswith("test_tasks.py:")


async def test_who_waits_long_and_looks_up_does_not_hang() -> None:
    event = asyncio.Event()

    async def wait() -> None:
        await first_of(happened(event), happened(event))
        await all_of(going_on(), happened(event))

    async with kept(wait) as background:
        for _ in range(3 * tasks.STILL_LOOKS):
            await asyncio.sleep(0.01)
        assert background.parts["part"].faults == 0
        assert not background.down


async def test_a_part_that_ends_by_itself_stays_so_and_is_told() -> None:
    part = Begun(lambda: None)
    async with kept(part.run) as background:
        await until(lambda: background.down == {"part": "ended"})
        for _ in range(3):
            await asyncio.sleep(0.01)
        assert (part.times, background.parts["part"].faults) == (1, 0)


async def test_a_thread_that_hangs_is_told_and_goes_on_when_it_returns() -> None:
    """Nobody can abort it, and a second one beside it would do harm."""
    returns, stopped = threading.Event(), threading.Event()
    times = []

    def work() -> None:
        times.append(1)
        if len(times) == 1:
            returns.wait()
        while not stopped.wait(0.001):
            moved()
        stopped.clear()

    async with kept(lambda: in_own_thread(work, stopped.set)) as background:
        await until(lambda: background.down == {"part": "still"})
        assert len(times) == 1
        returns.set()
        await until(lambda: len(times) == 2)
        await until(lambda: not background.down)


async def test_what_takes_too_long_is_ended_whatever_it_swallows() -> None:
    with pytest.raises(TimeoutError):
        await bounded(swallowing(2), 0.01)

    async def answer() -> int:
        return 42

    assert await bounded(answer(), 10) == 42
