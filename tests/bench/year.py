"""The whole main job: ``fagnett settle`` of the bundled year, from start to end."""

import json
import time
from statistics import median
from typing import Final

from tests.bench.measure import Result, Rounds
from tests.support.commands import SAMPLE, fagnett
from tests.support.compare import without_more

RUNS: Final = 3
GOAL_SECONDS: Final = {"sqlite": 5, "postgres": 7}


def run() -> list[Result]:
    """Measure on both databases; what is settled must be what is expected."""
    expected = json.loads((SAMPLE / "2026.expected.json").read_text())
    results = []
    for name in GOAL_SECONDS:
        seconds = []
        for _ in range(RUNS):
            start = time.perf_counter()
            done = fagnett(
                *("settle", SAMPLE / "2026", "--json", "--database", name),
                *("--year", "2026", "--as-of", "2026-12-31"),
            )
            seconds.append(time.perf_counter() - start)
            assert without_more(json.loads(done.stdout), expected) == expected
        what = f"settle the bundled year, {name}"
        ours = f"{median(seconds):.1f} s"
        goal = f"≤ {GOAL_SECONDS[name]} s"
        results.append(Result(what, ours, "", "", goal, Rounds(seconds).spread))
    return results
