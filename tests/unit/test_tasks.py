"""Parts that run beside each other end with who runs them."""

import asyncio

import pytest

from federation import tasks
from federation.tasks import end_all, first_of

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
