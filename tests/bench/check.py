"""``fagnett check`` of ten thousand rows, from start to end."""

import json
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from tests.bench.measure import Result
from tests.support.commands import fagnett
from tests.support.years.many import write_many

RUNS: Final = 3
TIMES: Final = 49
ROWS: Final = 10_000
SECONDS_MAX: Final = 20


def run() -> list[Result]:
    """Measure; each of the years must be refused what one of them is."""
    seconds = []
    with TemporaryDirectory() as directory:
        folder = Path(directory) / "many"
        assert write_many(folder, TIMES) > ROWS
        for _ in range(RUNS):
            start = time.perf_counter()
            done = fagnett("check", folder, "--json")
            seconds.append(time.perf_counter() - start)
            assert len(json.loads(done.stdout)["refused"]) == 1 + 20 * TIMES
    ours = f"{median(seconds):.1f} s"
    return [Result("check 10,000 rows", ours, "", "", f"< {SECONDS_MAX} s")]
