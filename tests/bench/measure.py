"""What a benchmark says: medians of rounds, side by side, and on which machine."""

import logging
import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import structlog
from rich.console import Console
from rich.table import Table

ROUNDS: Final = 5


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the report: what was measured, against what, and the goal."""

    what: str
    ours: str
    other: str
    ratio: str
    goal: str


def alternating(
    ours: Callable[[], float], other: Callable[[], float], rounds: int = ROUNDS
) -> tuple[float, float]:
    """Run both by turns; return the medians.

    By turns, so that a slow minute of the machine falls on both.
    """
    pairs = [(ours(), other()) for _ in range(rounds)]
    return median(first for first, _ in pairs), median(second for _, second in pairs)


def rate(count: int, work: Callable[[], object]) -> float:
    """Return how many of ``count`` are done in a second."""
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


def compared(what: str, ours: float, other: float, unit: str, goal: str) -> Result:
    """Return the line of two rates, of which more is better."""
    return Result(
        what, f"{ours:,.0f} {unit}", f"{other:,.0f} {unit}", f"{ours / other:.2f}", goal
    )


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
    for name in ("", "ours", "beside", "ratio", "goal"):
        table.add_column(name, justify="left" if not name else "right")
    for result in results:
        table.add_row(result.what, result.ours, result.other, result.ratio, result.goal)
    Console(width=120).print(table)
