"""A column of a file: how its cells are read."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Final

from pydantic import TypeAdapter, ValidationError

from deploy.year.lines import CELL_CHARACTERS_MAX, Kind, Seen
from domain.values import Day, is_name, parse_kroner

Cell = str | int | None
"""What a cell is read as: text, whole øre or a number, or nothing."""


class UnreadableCellError(ValueError):
    """A cell cannot be read as what its column says; ``key`` names the words."""

    def __init__(self, key: str, choices: str = "") -> None:
        super().__init__(key)
        self.key = key
        self.choices = choices


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, how its cells are read, whether they may be empty."""

    name: str
    read: Callable[[str], Cell]
    optional: bool = False
    all_when_empty: bool = False
    """Whether nothing there means all that there is, which no accident may say."""
    personal: bool = False
    """Whether a cell is about a person, so that no message may repeat it."""

    def cell(self, seen: Seen) -> Cell:
        """Read a cell; raise :class:`UnreadableCellError` when that cannot be done."""
        if seen.fault:
            raise UnreadableCellError(seen.fault)
        if seen.kind is Kind.BLANK and self.all_when_empty:
            raise UnreadableCellError("blank")
        if not seen.text:
            if self.optional:
                return None
            raise UnreadableCellError("empty")
        if len(seen.text) > CELL_CHARACTERS_MAX:
            raise UnreadableCellError("too_long")
        if seen.kind not in _KINDS.get(self.read, _OF_TEXT):
            raise UnreadableCellError(_OTHERWISE[seen.kind])
        return self.read(seen.text)


_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,5}")
_PERCENT: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?")


def as_text(text: str) -> str:
    """Read any text, in the form in which it is kept."""
    return unicodedata.normalize("NFC", text)


def as_name(text: str) -> str:
    """Read a name or number that identifies something."""
    text = as_text(text)
    if not is_name(text):
        raise UnreadableCellError("not_a_name")
    return text


def as_day(text: str) -> str:
    """Read a day, YYYY-MM-DD."""
    try:
        return date.fromisoformat(text if _DAY.fullmatch(text) else "").isoformat()
    except ValueError:
        raise UnreadableCellError("not_a_day") from None


def as_business_day(text: str) -> str:
    """Read a day of the business clock, which runs from the first of them."""
    day = as_day(text)
    try:
        TypeAdapter(Day).validate_python(day)
    except ValidationError:
        raise UnreadableCellError("not_a_business_day") from None
    return day


def as_money(text: str) -> int:
    """Read kroner as whole øre."""
    try:
        return parse_kroner(text)
    except ValueError:
        raise UnreadableCellError("not_an_amount") from None


def as_lines(text: str) -> str:
    """Read ``agreement/post/2026-01-01``, several of them with bars between."""
    for line in text.split("|"):
        names = line.strip().split("/")
        if len(names) != len(("agreement", "post", "period_start")):
            raise UnreadableCellError("not_lines")
        as_name(names[0])
        as_name(names[1])
        as_day(names[2])
    return text


def as_number(text: str) -> int:
    """Read a whole number from 1."""
    if not _NUMBER.fullmatch(text):
        raise UnreadableCellError("not_a_number")
    return int(text)


def as_percent(text: str) -> str:
    """Read a percentage; return it with two decimals."""
    if not _PERCENT.fullmatch(text):
        raise UnreadableCellError("not_a_percentage")
    return f"{Decimal(text):.2f}"


_OF_TEXT: Final = frozenset({Kind.TEXT, Kind.DIGITS, Kind.CODE})
_OF_NUMBERS: Final = frozenset({Kind.TEXT, Kind.DIGITS, Kind.NUMBER})
_OF_DAYS: Final = frozenset({Kind.TEXT, Kind.DAY})
_KINDS: Final[Mapping[Callable[[str], Cell], frozenset[Kind]]] = {
    as_day: _OF_DAYS,
    as_business_day: _OF_DAYS,
    as_money: _OF_NUMBERS,
    as_number: _OF_NUMBERS,
    as_percent: _OF_NUMBERS | {Kind.PERCENT},
}
"""What a cell may be seen as, by how it is read; all others are read as text."""
_OTHERWISE: Final = {
    Kind.DIGITS: "a_number",
    Kind.NUMBER: "a_number",
    Kind.CODE: "formatted",
    Kind.PERCENT: "a_percentage",
    Kind.DAY: "a_day",
}


def one_of(kind: type[Enum]) -> Callable[[str], str]:
    """Return a reader of the values of a kind."""
    values = [str(member.value) for member in kind]

    def read(text: str) -> str:
        if text not in values:
            raise UnreadableCellError("not_one_of", ", ".join(values))
        return text

    return read


def optional(name: str, read: Callable[[str], Cell] = as_text) -> Column:
    """Return a column whose cells may be empty."""
    return Column(name, read, optional=True)


def all_or(name: str, read: Callable[[str], Cell]) -> Column:
    """Return a column in which an empty cell means all that there is."""
    return Column(name, read, optional=True, all_when_empty=True)


def columns(**readers: Callable[[str], Cell]) -> tuple[Column, ...]:
    """Return columns whose cells may not be empty, by their names."""
    return tuple(Column(name, read) for name, read in readers.items())
