"""The bundled year many times over, with names of its own each time."""

import csv
from pathlib import Path

from tests.support.commands import SAMPLE

_NAMES = frozenset({"network", "agreement", "post", "report"})
_ONCE = frozenset({"organisations"})


def write_many(folder: Path, times: int) -> int:
    """Write the year so often into a new folder; return how many rows that are."""
    folder.mkdir()
    count = 0
    for file in sorted((SAMPLE / "2026").glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        with (folder / file.name).open("w", encoding="utf-8", newline="") as lines:
            written = csv.DictWriter(lines, rows[0].keys())
            written.writeheader()
            for number in range(1 if file.stem in _ONCE else times):
                written.writerows(_numbered(row, number) for row in rows)
                count += len(rows)
    return count


def _numbered(row: dict[str, str], number: int) -> dict[str, str]:
    named = {k: v and f"{v}-{number}" for k, v in row.items() if k in _NAMES}
    titles = {k: f"{v} {number}" for k, v in row.items() if k.startswith("name_")}
    return {**row, **named, **titles}
