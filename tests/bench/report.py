"""What was measured last, part by part: ``bench.json`` and the page that shows it."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tests.bench.measure import Result, machine

PROJECT: Final = Path(__file__).parents[2]
FILE: Final = PROJECT / "bench.json"
PAGE: Final = Path(__file__).with_name("README.md")
BEGINS: Final = "<!-- what follows is written by `python -m tests.bench --page` -->"
COLUMNS: Final = ("what", "ours", "other", "ratio", "goal", "spread")


def keep(part: str, results: Sequence[Result]) -> None:
    """Keep what a part has measured, in the place of what it had before."""
    known = json.loads(FILE.read_text()) if FILE.exists() else {}
    known[part] = {
        "measured_at": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine": machine(),
        "commit": _commit(),
        "results": [asdict(result) for result in results],
    }
    FILE.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n")


def _commit() -> str:
    """Commit that was measured, or nothing where nobody can tell."""
    asked = ("git", "-C", str(PROJECT), "rev-parse", "--short", "HEAD")
    told = subprocess.run(asked, capture_output=True, text=True, check=False)
    return told.stdout.strip()


def write_page() -> None:
    """Write the table of each part below what the page says of them."""
    head, _, _ = PAGE.read_text().partition(BEGINS)
    tables = "\n".join(_tables(json.loads(FILE.read_text())))
    PAGE.write_text(f"{head}{BEGINS}\n\n{tables}\n")


def _tables(parts: Mapping[str, Any]) -> Iterator[str]:
    for name, part in parts.items():
        measured = f"{part['measured_at'][:10]}, commit {part['commit']}"
        yield f"### {name}\n\n{measured}; {part['machine']}.\n"
        yield "| | ours | beside | ratio | goal | spread of ours, of beside |"
        yield "|---|---:|---:|---:|---:|---:|"
        for result in part["results"]:
            cells = (result[column] for column in COLUMNS)
            yield f"| {' | '.join(cells)} |"
        yield ""
