"""Faults drawn by lot, so many one after the other; then the weather is fine."""

import os
import random
import resource
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from deploy.local.federation import LocalFederation
from domain.values import Region
from tests.support.links import Link

LASTS_SECONDS = (0.3, 2.5)
CALM_SECONDS = (0.2, 2.0)
FULL_BYTES = 4096
"""A disk is full for a process that may write no file beyond this."""


class Storm:
    """Breaks something of a running federation, mends it, and goes on to the next."""

    def __init__(
        self,
        seed: int,
        faults: int,
        federation: LocalFederation,
        links: Mapping[Region, Link],
    ) -> None:
        self._lot = random.Random(seed)
        self._left = faults
        self._federation = federation
        self._links = links
        self._over = threading.Event()
        self.faults: Counter[str] = Counter()
        self.failed: Exception | None = None

    def run(self) -> None:
        """Break as many things as asked for, or until :meth:`clear`."""
        kinds: dict[str, Callable[[], None]] = {
            "kill": self._kill,
            "cut": self._cut,
            "hold": self._hold,
            "freeze": self._freeze,
            "fill": self._fill,
            "lose": self._lose,
        }
        try:
            while self._left and not self._over.wait(self._lot.uniform(*CALM_SECONDS)):
                self._left -= 1
                kind = self._lot.choice(sorted(kinds))
                kinds[kind]()
                self.faults[kind] += 1
        except Exception as error:  # noqa: BLE001 - raised in the test's own thread
            self.failed = error

    def clear(self) -> None:
        """Let the fault at hand end, and begin no other."""
        self._over.set()

    def _lasts(self) -> None:
        self._over.wait(self._lot.uniform(*LASTS_SECONDS))

    def _pid(self, prefix: str = "") -> int:
        pids = self._federation.pids()
        return pids[self._lot.choice([name for name in sorted(pids) if prefix in name])]

    def _kill(self) -> None:
        """Kill a node or a server; its supervisor starts it again."""
        _signal(self._pid(), signal.SIGKILL)

    def _freeze(self) -> None:
        """Stop a process as it stands, for a while."""
        pid = self._pid()
        _signal(pid, signal.SIGSTOP)
        self._lasts()
        _signal(pid, signal.SIGCONT)

    def _fill(self) -> None:
        """Have a node's disk full, for a while."""
        pid = self._pid("node-")
        with suppress(ProcessLookupError):
            before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (FULL_BYTES, before[1]))
            self._lasts()
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)

    def _link(self) -> Link:
        return self._links[self._lot.choice(sorted(self._links))]

    def _cut(self) -> None:
        link = self._link()
        link.cut()
        self._lasts()
        link.heal()

    def _hold(self) -> None:
        link = self._link()
        link.hold()
        self._lasts()
        link.heal()

    def _lose(self) -> None:
        """Delete all that a region's server stores, and the server with it."""
        region = self._lot.choice(sorted(self._links))
        store = self._federation.home.path / "nats" / region.value
        _signal(self._federation.pids()[f"nats-{region.value}"], signal.SIGKILL)
        _remove(store)


def _signal(pid: int, number: signal.Signals) -> None:
    # It may have been killed just before, and be started again.
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _remove(store: Path) -> None:
    shutil.rmtree(store, ignore_errors=True)


@contextmanager
def storming(storm: Storm) -> Iterator[None]:
    """Run a storm beside what is done; it has cleared when this ends."""
    thread = threading.Thread(target=storm.run)
    thread.start()
    try:
        yield
    finally:
        storm.clear()
        thread.join()
    if storm.failed is not None:
        raise storm.failed
