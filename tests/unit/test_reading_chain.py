"""The chain of readings in a file: whole, sealed, changed, cut, of earlier releases."""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from api.reading_chain import (
    BEGINNING,
    COLUMNS,
    ChainFileError,
    ChainLine,
    NotedRead,
    SealedRead,
    cells,
    digest_of,
    first_broken,
    first_differing,
    read_chain,
)


def chain(count: int = 5) -> list[NotedRead]:
    """Return readings that follow each other; the first is of an earlier release."""
    lines, before = [], BEGINNING
    for number in range(1, count + 1):
        salt = "" if number == 1 else f"{number:032x}"
        said = (1000 + number, f"person-{number}", "983974724", "auditor")
        line = NotedRead(number, *said, f'/v1/x;"{number}"\r\n', salt, "")
        line = replace(line, digest=digest_of(before, line))
        lines.append(line)
        before = line.digest
    return lines


def sealed(line: NotedRead) -> SealedRead:
    """Return a line of which no more is shown than that it is there."""
    return SealedRead(line.number, line.digest)


def written(lines: Sequence[ChainLine]) -> str:
    """Return lines as a file."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerows([COLUMNS, *map(cells, lines)])
    return text.getvalue()


def test_a_file_has_the_same_lines_some_of_them_sealed() -> None:
    one, two, three, four, five = chain()
    files: list[list[ChainLine]] = [
        [one, two, three, four, five],
        [one, sealed(two), three, four, sealed(five)],
        [sealed(two), three, sealed(four), five],
    ]
    for lines in files:
        text = io.StringIO(written(lines), newline="")
        assert [*read_chain(text)] == lines
        assert first_broken(lines) is None


def test_what_is_changed_cut_or_moved_breaks_the_chain() -> None:
    one, two, three, four, five = chain()
    changed: dict[str, Any] = {
        "at": 9,
        "person": "x",
        "organisation": "x",
        "role": "x",
        "what": "x",
        "salt": "x",
        "digest": one.digest,
    }
    for name, value in changed.items():
        other = replace(two, **{name: value})
        assert first_broken([one, other, three, four]) == 2, name
    assert first_broken([one, three, four]) == 3
    assert first_broken([one, three, two, four]) == 3
    assert first_broken([one, sealed(two), four]) == 4
    assert first_broken([one, sealed(replace(two, digest=one.digest)), three]) == 3
    assert first_broken([two, three]) == 2, "what it follows is not there"
    assert first_broken([four, five]) == 4


def test_a_log_that_was_written_anew_is_another_than_one_kept_before() -> None:
    lines = chain()
    kept = {line.number: line.digest for line in lines[:3]}
    assert first_differing(lines, kept) == (None, 3)
    assert first_differing(lines[3:], kept) == (None, 0)
    assert first_differing(lines, {**kept, 2: BEGINNING}) == (2, 1)


@pytest.mark.parametrize(
    "row",
    [
        "x",
        ";".join("1" * 8),
        f"x;;;;;;;{BEGINNING}",
        f"1;yesterday;p;o;r;w;;{BEGINNING}",
        f"1;;p;;;;;{BEGINNING}",
        f"1;;;;;;;;{BEGINNING}",
        f"1;;;;;;;{BEGINNING[:-1]}g",
    ],
)
def test_a_file_of_something_else_is_named_with_its_line(row: str) -> None:
    good = written([sealed(chain(1)[0])])
    with pytest.raises(ChainFileError) as refused:
        [*read_chain([*good.splitlines(keepends=True), row])]
    assert refused.value.line == 3
