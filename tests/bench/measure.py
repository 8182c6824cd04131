"""What a benchmark says: medians of rounds, side by side, and on which machine."""

import logging
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple, Self

import structlog
from rich.console import Console
from rich.table import Table

ROUNDS: Final = 5
ROUNDED_FROM: Final = 100
KIBIBYTE: Final = 1024


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the report: what was measured, against what, and the goal."""

    what: str
    ours: str
    other: str
    ratio: str
    goal: str
    spread: str = ""
    """From the least to the greatest of ours, and of the other."""


class Rounds(float):
    """The median of some rounds, which knows them all."""

    def __new__(cls, of: Iterable[float]) -> Self:
        """Take the figures of all rounds."""
        figures = tuple(of)
        made = super().__new__(cls, median(figures))
        made.of = figures
        return made

    of: tuple[float, ...]

    @property
    def spread(self) -> str:
        """From the least to the greatest."""
        digits = 0 if min(self.of) >= ROUNDED_FROM else 2
        return f"{min(self.of):,.{digits}f}–{max(self.of):,.{digits}f}"


def spread(*figures: float) -> str:
    """Spreads of those figures that are medians of rounds."""
    return ", ".join(each.spread for each in figures if isinstance(each, Rounds))


def alternating(
    ours: Callable[[], float], other: Callable[[], float], rounds: int = ROUNDS
) -> tuple[float, float]:
    """Run both by turns; return the medians.

    By turns, so that a slow minute of the machine falls on both.
    """
    pairs = [(ours(), other()) for _ in range(rounds)]
    return Rounds(first for first, _ in pairs), Rounds(second for _, second in pairs)


def rate(count: int, work: Callable[[], object]) -> float:
    """Return how many of ``count`` are done in a second."""
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


def compared(what: str, ours: float, other: float, unit: str, goal: str) -> Result:
    """Return the line of two rates, of which more is better."""
    return Result(
        *(what, f"{ours:,.0f} {unit}", f"{other:,.0f} {unit}"),
        *(f"{ours / other:.2f}", goal, spread(ours, other)),
    )


def spent(what: str, ours: float, other: float, unit: str, goal: str) -> Result:
    """Return the line of what two things take, of which less is better."""
    return Result(
        *(what, f"{ours:.2f} {unit}", f"{other:.2f} {unit}"),
        *(f"{ours / other:.2f}", goal, spread(ours, other)),
    )


class Taken(NamedTuple):
    """What a command took, with all its processes."""

    wall_seconds: float
    cpu_seconds: float
    megabytes: float
    """The greatest memory of its largest process."""


def taken(
    command: Sequence[str], environment: Mapping[str, str] | None = None
) -> Taken:
    """Run a command to its end in a process that starts nothing else."""
    asked = [sys.executable, "-c", _TAKEN, *command]
    run = subprocess.run(
        asked,
        env={**os.environ, **(environment or {})},
        check=True,
        capture_output=True,
    )
    wall, cpu, kibibytes = map(float, run.stdout.split()[-3:])
    return Taken(wall, cpu, kibibytes * KIBIBYTE / 1_000_000)


_TAKEN: Final = """
import resource, subprocess, sys, time
start = time.perf_counter()
done = subprocess.run(sys.argv[1:], capture_output=True)
wall, used = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
sys.stderr.buffer.write(done.stderr)
print(wall, used.ru_utime + used.ru_stime, used.ru_maxrss)
sys.exit(done.returncode)
"""


def quiet() -> None:
    """Log errors alone, in this process."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR)
    )


def machine() -> str:
    """Return what this was measured on."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    cores = len(os.sched_getaffinity(0))
    processor = names[0] if names else platform.machine()
    return f"{processor}, {cores} cores, Python {platform.python_version()}"


def show(results: Sequence[Result]) -> None:
    """Print the report."""
    table = Table(title=f"Medians. {machine()}", title_justify="left")
    for name in ("", "ours", "beside", "ratio", "goal", "spread"):
        table.add_column(name, justify="left" if not name else "right")
    for result in results:
        table.add_row(*astuple(result))
    Console(width=150).print(table)
