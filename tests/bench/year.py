"""The whole main job: ``fagnett settle`` of the bundled year, from start to end."""

import json
import time
from statistics import median
from typing import Final

from tests.bench.measure import Result
from tests.support.commands import SAMPLE, fagnett
from tests.support.compare import without_more

RUNS: Final = 3
SECONDS_MAX: Final = 30


def run() -> list[Result]:
    """Measure on both databases; what is settled must be what is expected."""
    expected = json.loads((SAMPLE / "2026.expected.json").read_text())
    results = []
    for name in ("sqlite", "postgres"):
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
        results.append(Result(what, ours, "", "", f"< {SECONDS_MAX} s"))
    return results
