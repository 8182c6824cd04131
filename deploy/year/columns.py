"""A column of a file: how its cells are read."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

from api.written.csv_text import CELL_CHARACTERS_MAX
from api.written.days import NoSuchDayError, ShortYearError, written_day
from api.written.figures import Figures, TwoWaysError
from api.written.names import NameOf, folded_name, meanings
from deploy.year.lines import CellKind, SeenCell
from domain.fact import Message
from domain.values import (
    PERSON,
    Day,
    Name,
    OrganisationNumber,
    WrittenPercent,
    is_name,
    parse_kroner,
)

Cell = str | int | None
"""What a cell is read as: text, whole øre or a number, or nothing."""


class UnreadableCellError(ValueError):
    """A cell cannot be read as what its column says; ``key`` names the words."""

    def __init__(self, key: str, choices: str = "", **values: str) -> None:
        super().__init__(key)
        self.key = key
        self.values = {"choices": choices, **values}


@dataclass(frozen=True, slots=True)
class FormColumn:
    """A column: its name, how its cells are read, whether they may be empty."""

    name: str
    read: Callable[[str], Cell]
    member: str = ""
    """The member of a command that its cells are, if any."""
    optional: bool = False
    sent_empty: bool = False
    """Whether an empty cell is an empty text, since its member may not be absent."""
    may_be_missing: bool = False
    """Whether a file may lack it: it came later."""
    all_when_empty: bool = False
    """Whether nothing there means all that there is, which no accident may say."""
    personal: bool = False
    """Whether a cell is about a person, so that no message may repeat it."""
    choices: tuple[str, ...] = ()
    """All that a cell may say, where that can be listed."""

    @property
    def is_money(self) -> bool:
        """Whether its cells are kroner."""
        return self.read is as_money

    @property
    def is_figure(self) -> bool:
        """Whether its cells are kroner or percentages."""
        return self.read in (as_money, as_percent)

    def cell(self, seen: SeenCell, figures: Figures) -> Cell:
        """Read a cell; raise :class:`UnreadableCellError` when that cannot be done.

        ``figures`` know how those of its table are written.
        """
        if seen.fault:
            raise UnreadableCellError(seen.fault)
        if seen.kind is CellKind.BLANK and self.all_when_empty:
            raise UnreadableCellError("blank")
        if not seen.text:
            if self.optional:
                return None
            raise UnreadableCellError("empty")
        if len(seen.text) > CELL_CHARACTERS_MAX:
            raise UnreadableCellError("too_long")
        if seen.kind not in _KINDS.get(self.read, _OF_TEXT):
            raise UnreadableCellError(_OTHERWISE[seen.kind])
        is_share = seen.kind is not CellKind.PERCENT and _SHARE.fullmatch(seen.text)
        if self.read is as_percent and is_share:
            raise UnreadableCellError("share")
        text = (
            seen.text if seen.kind is not CellKind.TEXT else self._plain(seen, figures)
        )
        return self.read(text)

    def _plain(self, seen: SeenCell, figures: Figures) -> str:
        """What a cell of text says, figures as they are read."""
        try:
            if self.read is as_money:
                return figures.amount(seen.text)
            return figures.percent(seen.text) if self.read is as_percent else seen.text
        except TwoWaysError as error:
            raise UnreadableCellError(
                TWO_WAYS, one=error.one, other=error.other
            ) from None


_SHARE: Final = re.compile(r"0[.,][0-9]+|1(?:[.,]0+)?")
"""A percentage that may be a share of one, as cells hold them: 0.2 for 20 %."""
TWO_WAYS: Final = "two_ways"
"""Why a figure cannot be read before all of its table has been."""
_ORGANISATION: Final = re.compile(
    r"(?:(?:NO|org\.? ?nr\.?:?)\s*)?"
    r"([0-9]{3})(?:\s*|\.)([0-9]{3})(?:\s*|\.)([0-9]{3})(?:\s*MVA)?",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,5}")
_PERCENT: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?")


def as_text(text: str) -> str:
    """Read any text, in the form in which it is kept."""
    return unicodedata.normalize("NFC", text)


def as_key(text: str) -> str:
    """Read a name or number that identifies something."""
    text = as_text(text)
    if not is_name(text):
        raise UnreadableCellError("not_a_name")
    return text


def as_organisation(text: str) -> str:
    """Read an organisation number: ``983 974 724``, ``NO 983 974 724 MVA``.

    Digits alone are left as they are: the domain says what is wrong with them.
    """
    match = _ORGANISATION.fullmatch(text)
    if match is not None:
        return "".join(match.groups())
    if not text.isdigit():
        raise UnreadableCellError("not_an_organisation")
    return text


def as_digits(text: str) -> str:
    """Read digits, also with blanks between them, as those of a KID."""
    digits = "".join(text.split())
    if not (digits.isascii() and digits.isdigit()):
        raise UnreadableCellError("not_digits")
    return digits


def as_day(text: str) -> str:
    """Read a day; a time of day beside it does not count."""
    try:
        return written_day(text).isoformat()
    except ShortYearError:
        raise UnreadableCellError("short_year") from None
    except NoSuchDayError as error:
        month = f"month_{error.month}"
        raise UnreadableCellError(
            "no_such_day", month=month, year=str(error.year), last=str(error.last)
        ) from None
    except ValueError:
        raise UnreadableCellError("not_a_day") from None


def as_business_day(text: str) -> str:
    """Read a day of the business clock, which runs from the first of them."""
    day = as_day(text)
    try:
        _BUSINESS_DAY.validate_python(day)
    except ValidationError:
        raise UnreadableCellError("not_a_business_day") from None
    return day


_BUSINESS_DAY: Final = TypeAdapter[date](Day)


def as_money(text: str) -> int:
    """Read kroner as whole øre."""
    try:
        return parse_kroner(text)
    except ValueError:
        raise UnreadableCellError("not_an_amount") from None


def as_lines(text: str) -> str:
    """Read ``agreement/post/2026-01-01``, several of them with bars between."""
    parts = []
    for line in text.split("|"):
        names = line.strip().split("/")
        if len(names) != len(("agreement", "post", "period_start")):
            raise UnreadableCellError("not_lines")
        as_key(names[0])
        as_key(names[1])
        day = as_day(names[2].strip())
        parts.append(
            line if day == names[2].strip() else f"{names[0]}/{names[1]}/{day}"
        )
    return "|".join(parts)


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


_OF_TEXT: Final = frozenset({CellKind.TEXT, CellKind.DIGITS, CellKind.CODE})
_OF_NUMBERS: Final = frozenset({CellKind.TEXT, CellKind.DIGITS, CellKind.NUMBER})
_OF_DAYS: Final = frozenset({CellKind.TEXT, CellKind.DAY})
_KINDS: Final[Mapping[Callable[[str], Cell], frozenset[CellKind]]] = {
    as_day: _OF_DAYS,
    as_business_day: _OF_DAYS,
    as_money: _OF_NUMBERS,
    as_number: _OF_NUMBERS,
    as_percent: _OF_NUMBERS | {CellKind.PERCENT},
}
"""What a cell may be seen as, by how it is read; all others are read as text."""
_OTHERWISE: Final = {
    CellKind.DIGITS: "a_number",
    CellKind.NUMBER: "a_number",
    CellKind.CODE: "formatted",
    CellKind.PERCENT: "a_percentage",
    CellKind.DAY: "a_day",
}


def one_value_of(kinds: Iterable[Enum]) -> Callable[[str], str]:
    """Read one of some values, by its name in either language."""
    values = [str(member.value) for member in kinds]
    meant = meanings(NameOf.VALUE, values)

    def read(text: str) -> str:
        value = text if text in values else meant.get(folded_name(text))
        if value is None:
            raise UnreadableCellError("not_one_of", ", ".join(values))
        return value

    return read


def columns(
    of: type[Message], header: str, others: Sequence[FormColumn] = ()
) -> tuple[FormColumn, ...]:
    """Columns of a header, each read as the type of its member says.

    ``name`` must be filled, ``name?`` may be empty, ``name??`` may be missing, and where
    ``name*`` is empty it means all that there is. A column has the name of its member, kroner for øre, or
    says it: ``decision=verdict``. A name that is no member is one of the others.
    """
    given = {other.name: other for other in others}
    return tuple(
        given.get(written.rstrip("?*")) or _column(of, written)
        for written in header.split()
    )


def _column(of: type[Message], written: str) -> FormColumn:
    name, _, member = written.rstrip("?*").partition("=")
    member = member or (name if name in of.model_fields else f"{name}_ore")
    info = of.model_fields[member]
    kind, marks = _bare(info.annotation, tuple(info.metadata))
    choices: tuple[Enum, ...] = ()
    if get_origin(kind) is Literal:
        choices = get_args(kind)
    elif isinstance(kind, type) and issubclass(kind, Enum):
        choices = tuple(kind)
    return FormColumn(
        name,
        one_value_of(choices) if choices else _reader(member, kind, marks),
        member,
        optional=written.endswith(("?", "*")),
        may_be_missing=written.endswith("??"),
        all_when_empty=written.endswith("*"),
        sent_empty=written.endswith("?") and kind is str and info.is_required(),
        personal=PERSON in marks,
        choices=tuple(str(each.value) for each in choices),
    )


def choice(name: str, kinds: type[Enum]) -> FormColumn:
    """Column of values that is no member."""
    return FormColumn(
        name, one_value_of(kinds), choices=tuple(str(kind.value) for kind in kinds)
    )


def _reader(
    member: str, kind: object, marks: Sequence[object]
) -> Callable[[str], Cell]:
    if kind is date:
        return as_day
    if kind is int:
        return as_money if member.endswith("_ore") else as_number
    if _PERCENT_MARK in marks:
        return as_percent
    if any(mark is _ORGANISATION_MARK for mark in marks):
        return as_organisation
    if member == "kid":
        return as_digits
    return as_key if _NAME_MARK in marks else as_text


def _bare(kind: Any, marks: tuple[object, ...]) -> tuple[Any, tuple[object, ...]]:  # noqa: ANN401 - types
    """Type without its marks and without None, and its marks."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0], (*marks, *get_args(kind)[1:]))
    if get_origin(kind) in {Union, UnionType}:
        (some,) = (arg for arg in get_args(kind) if arg is not type(None))
        return _bare(some, marks)
    return kind, marks


_NAME_MARK: Final = get_args(Name)[1]
_ORGANISATION_MARK: Final = get_args(OrganisationNumber)[1]
_PERCENT_MARK: Final = get_args(WrittenPercent)[1]
