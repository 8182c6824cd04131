"""How a node's background ends."""

import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest

from deploy import bootstrap
from federation.node.asking import AskingState
from federation.tasks import Background
from tests.support.replication import until

pytestmark = pytest.mark.anyio


class Following:
    """A projector, and the carrier of the same node."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self.runs = False
        self.was_stopped_first: bool | None = None

    def prepare(self) -> None:
        """Do nothing."""

    def run(self) -> None:
        """Follow until stopped."""
        self.runs = True
        self.stopped.wait()

    def stop(self) -> None:
        """Be stopped."""
        self.stopped.set()

    async def close(self) -> None:
        """Close the carrier: for whom a server stands still, that takes its time."""
        self.was_stopped_first = self.stopped.is_set()


async def nothing(*_: object) -> None:
    """Run a part that ends at once."""


async def test_the_projector_does_not_wait_for_the_carrier(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bootstrap, "collect_seldom", lambda: None)
    following = Following()
    parts = SimpleNamespace(
        projector=following,
        background=Background(),
        close=following.close,
        run=nothing,
        always=dict,
        nats_url="",
        database="sqlite:///x",
        journal=None,
        auditor=SimpleNamespace(prepare=lambda: None),
        asked=nothing,
        asking=AskingState(),
        leads=lambda: False,
    )
    any_part = cast("Any", parts)
    async with bootstrap._background(*[any_part] * 5):
        await until(lambda: following.runs)
        assert not following.stopped.is_set()
    assert following.was_stopped_first
