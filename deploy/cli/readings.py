"""``fagnett readings``: a file of the log of readings is held against its chain."""

from collections.abc import Sequence
from pathlib import Path

import typer

from api.reading_chain import (
    ChainFileError,
    ChainLine,
    NotedRead,
    first_broken,
    first_differing,
    read_chain,
)
from api.words import Language, sentence
from deploy.cli.progress import told


def check_readings(file: Path, kept: Path | None, words: Language) -> None:
    """Hash each shown line after the one before it; compare with a file from before.

    Exit code 1 where the chain is broken or another, 2 where it cannot be read.
    """
    lines = _read(file, words)
    if (broken := first_broken(lines)) is not None:
        told(sentence(words, "readings", "broken", {"number": broken}))
        raise typer.Exit(1)
    shown = sum(isinstance(line, NotedRead) for line in lines)
    values: dict[str, str | int] = {
        "first": lines[0].number,
        "last": lines[-1].number,
        "shown": shown,
        "sealed": len(lines) - shown,
        "digest": lines[-1].digest,
    }
    if kept is not None:
        _compare(lines, kept, words)
    typer.echo(sentence(words, "readings", "whole", values))


def _compare(lines: Sequence[ChainLine], kept: Path, words: Language) -> None:
    digests = {line.number: line.digest for line in _read(kept, words)}
    differing, same = first_differing(lines, digests)
    named: dict[str, str | int] = {"file": str(kept)}
    if differing is not None:
        told(sentence(words, "readings", "differing", {**named, "number": differing}))
        raise typer.Exit(1)
    if not same:
        told(sentence(words, "readings", "apart", named))
        raise typer.Exit(2)
    typer.echo(sentence(words, "readings", "same", {**named, "count": same}))


def _read(file: Path, words: Language) -> Sequence[ChainLine]:
    """Give at least one line."""
    named: dict[str, str | int] = {"file": str(file)}
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            lines = [*read_chain(opened)]
    except ChainFileError as error:
        told(sentence(words, "readings", "no_file", {**named, "line": error.line}))
        raise typer.Exit(2) from None
    except UnicodeDecodeError:
        told(sentence(words, "readings", "no_file", {**named, "line": 1}))
        raise typer.Exit(2) from None
    if not lines:
        told(sentence(words, "readings", "empty", named))
        raise typer.Exit(2)
    return lines
