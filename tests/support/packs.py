"""Packs as somebody makes them who wants to be believed: cut, and signed as they are."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from federation.backup.dump import ENTRY, line_of
from federation.signed.checkpoint import claimed
from federation.signed.entry import seen_of

Line = dict[str, Any]


def lines_of(history: Path) -> list[bytes]:
    """Return the lines of a history, but for the last one."""
    return history.read_bytes().splitlines(keepends=True)[:-1]


LOGS = (b'{"fagnett"', ENTRY, b'{"checkpoint"', b'{"cosigned"', b'{"announced"')
"""How the lines begin of which a pack consists where there are no incidents."""


def pack_of(backup: Path, folder: Path) -> Path:
    """Make a pack of a backup, and return its history."""
    folder.mkdir()
    history = folder / "history.ndjson"
    put(history, [line for line in lines_of(backup) if line.startswith(LOGS)])
    (folder / "regions.pub").write_bytes(backup.with_suffix(".pub").read_bytes())
    return history


def put(history: Path, lines: list[bytes]) -> None:
    """Write a history of other lines, with the end that fits them."""
    text = b"".join(lines)
    digest = hashlib.sha256(text).hexdigest()
    entries = sum(line.startswith(ENTRY) for line in lines)
    end = {"entries": entries, "lines": len(lines), "sha256": digest}
    history.write_bytes(text + line_of("end", end))


def place_of(line: bytes) -> tuple[str, int]:
    """Return the region and the position that an entry or a note is about."""
    ((kind, content),) = orjson.loads(line).items()
    if kind == "entry":
        origin, _, position = content["id"].split("/")
        return origin, int(position)
    note = claimed(content[1] if kind == "cosigned" else content)
    return note.origin, note.size


def cut(
    history: Path,
    ends: Mapping[str, int],
    keeps: Callable[[bytes], bool] = lambda _line: True,
) -> None:
    """Cut logs off at some positions, with all that was signed of more."""
    first, *rest = lines_of(history)
    header = orjson.loads(first)
    for origin, end in ends.items():
        header["positions"][origin][1] = end
    kept = [line for line in rest if keeps(line) and _within(*place_of(line), ends)]
    put(history, [orjson.dumps(header, option=orjson.OPT_SORT_KEYS) + b"\n", *kept])


def _within(origin: str, position: int, ends: Mapping[str, int]) -> bool:
    return origin not in ends or position <= ends[origin]


def signed_sizes(history: Path, origin: str) -> list[int]:
    """Return the sizes at which a region has signed its log, smallest first."""
    places = (place_of(line) for line in lines_of(history) if b'{"checkpoint"' in line)
    return sorted(size for of, size in places if of == origin)


def seen_by_others(history: Path, origin: str) -> int:
    """Return how much of a log the other regions' entries had seen."""
    return max(_seen(history, origin), default=0)


def _seen(history: Path, origin: str) -> Iterator[int]:
    for line in lines_of(history):
        if line.startswith(ENTRY) and place_of(line)[0] != origin:
            yield seen_of(line[len(ENTRY) : -2]).get(origin, (1, 0))[1]
