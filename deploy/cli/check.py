"""``fagnett check``: what would be said of a folder, without servers, in seconds."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import typer
from rich.console import Console

from api.words import Language, sentence
from deploy.cli.folders import read_plan
from deploy.year.checking import Checked, check_year
from deploy.year.table import print_told
from deploy.year.waiting import Overdue
from domain.obligations.duty import Duty, duty_of

NAMED_MAX: Final = 12
"""Names told of those that wait for one thing; the rest are counted."""


def check_folder(folder: Path, *, as_json: bool, strict: bool, words: Language) -> None:
    """Say what a folder would come to; end with 1 where ``strict`` finds a row refused."""
    planned, _ = read_plan(folder, words)
    checked = asyncio.run(check_year(planned, words))
    if as_json:
        typer.echo(json.dumps(_document(checked), ensure_ascii=False, indent=1))
    else:
        _print(checked, planned.calls, words)
    if strict and checked.refused:
        raise typer.Exit(1)


def _document(checked: Checked) -> dict[str, object]:
    return {
        "refused": [asdict(row) for row in checked.refused],
        "noticed": [asdict(row) for row in checked.noticed],
        "waiting": {row.key: list(row.names) for row in checked.waiting},
        "overdue": [
            {**row._asdict(), "due_on": row.due_on.isoformat()}
            for row in checked.overdue
        ],
    }


def _print(checked: Checked, calls: int, words: Language) -> None:
    console = Console(markup=False, highlight=False)
    if not console.is_terminal:
        console = Console(markup=False, highlight=False, width=120)
    document = _document(checked)
    print_told(console, document, words)
    if checked.waiting:
        console.print()
        console.print(sentence(words, "check", "waiting"), style="bold")
    for each in checked.waiting:
        names = _named(each.names)
        values: dict[str, str | int] = {"count": len(each.names), "names": names}
        console.print(f"  {sentence(words, 'check', each.key, values)}")
    _print_overdue(console, checked.overdue, words)
    console.print()
    counts = {"rows": calls, "refused": len(checked.refused)}
    console.print(sentence(words, "check", "counted", counts))


def _print_overdue(
    console: Console, overdue: Sequence[Overdue], words: Language
) -> None:
    """Say what was owed by a day that the folder has come past, a line for each duty."""
    if not overdue:
        return
    console.print()
    console.print(sentence(words, "check", "overdue"), style="bold")
    by_duty: dict[Duty, list[str]] = {}
    for each in overdue:
        told = {"of": _owed_of(each.obligation), "day": each.due_on.isoformat()}
        named = sentence(words, "check", "due", told)
        by_duty.setdefault(duty_of(each.obligation), []).append(named)
    for duty, names in by_duty.items():
        said = sentence(words, "duty", duty.value)
        console.print(f"  {said} ({len(names)}): {_named(names)}")


def _owed_of(obligation: str) -> str:
    """What an obligation is of, by its id: the body, its seat, the year."""
    kind, of, *rest = obligation.split("/")
    if kind == "seat":
        seat, _, *rest = rest
        of = f"{of}/{seat}"
    elif kind != "assignment":
        del rest[0]
    return " ".join([of, *rest])


def _named(names: Sequence[str]) -> str:
    """Name the first of some."""
    more = ", …" if len(names) > NAMED_MAX else ""
    return ", ".join(names[:NAMED_MAX]) + more
