"""A column of a file: how its cells are read, and which member they are."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum
from types import UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NamedTuple,
    Union,
    get_args,
    get_origin,
)

import orjson
from pydantic import ValidationError

from api.media_types import is_text
from api.shapes import body_of
from api.written.csv_text import CELL_CHARACTERS_MAX, LONG_CHARACTERS_MAX
from api.written.figures import Figures, TwoWaysError
from deploy.year.beside import FilesBeside, files_in, rules_in
from deploy.year.enclosed import enclosed_text, referred_in
from deploy.year.lines import CellKind, SeenCell
from deploy.year.readers import (
    TWO_WAYS,
    Cell,
    UnreadableCellError,
    as_business_day,
    as_day,
    as_digits,
    as_key,
    as_money,
    as_month_day,
    as_number,
    as_organisation,
    as_percent,
    as_postcode,
    as_text,
    one_value_of,
)
from deploy.year.several import (
    absences_of,
    as_absences,
    as_attachments,
    as_scores,
    attachments_of,
    scores_of,
    several,
    several_listed,
)
from domain.document import Document
from domain.fact import Message
from domain.governance.body import MonthDay
from domain.grants.application import AbsentTrust, Attachment
from domain.grants.assessment import Score
from domain.grants.rules import CallRules
from domain.values import (
    PERSON,
    Name,
    OrganisationNumber,
    WrittenPercent,
)


def _as_it_is(cell: Any) -> Any:  # noqa: ANN401 - a cell
    return cell


@dataclass(frozen=True, slots=True)
class FormColumn:
    """A column: its name, how its cells are read, whether they may be empty."""

    name: str
    read: Callable[[str], Cell]
    member: str = ""
    """The member of a command that its cells are, if any."""
    of: type[Message] | None = None
    """The command or the part of one that has the member."""
    optional: bool = False
    sent_empty: bool = False
    """Whether an empty cell is an empty text, since its member may not be absent."""
    may_be_missing: bool = False
    """Whether a file may lack it: it came later."""
    all_when_empty: bool = False
    """Whether nothing there means all that there is, which no accident may say."""
    personal: bool = False
    """Whether a cell is about a person, so that no message may repeat it."""
    zero_when_empty: bool = False
    """Whether an empty cell is no kroner at all."""
    choices: tuple[str, ...] = ()
    """All that a cell may say, where that can be listed."""
    says: Callable[[Any], Any] = _as_it_is
    """What its cells are as members."""
    look: Callable[[str, FilesBeside], Cell] | None = None
    """Reads what its cells name, beside the table."""

    @property
    def is_money(self) -> bool:
        """Whether its cells are kroner."""
        return self.read is as_money

    @property
    def is_figure(self) -> bool:
        """Whether its cells are kroner or percentages."""
        return self.read in (as_money, as_percent)

    @property
    def characters_max(self) -> int:
        """How long its cells may be: longer where each becomes a document."""
        return LONG_CHARACTERS_MAX if self._is_long else CELL_CHARACTERS_MAX

    @property
    def _is_long(self) -> bool:
        """Whether each of its cells becomes a document, as which nodes take text."""
        return self.says is enclosed_text

    def fits(self, cell: Cell) -> bool:
        """Whether its member takes what was read; a document is asked about elsewhere."""
        if self.of is None or cell is None or self._is_long:
            return True
        said = self.says(cell)
        if any(referred_in(said)):
            return True
        try:
            alone = body_of(self.of, (self.member,))
            alone.model_validate_json(orjson.dumps({self.member: said}))
        except ValidationError:
            return False
        return True

    def cell(self, seen: SeenCell, figures: Figures) -> Cell:
        """Read a cell; raise :class:`UnreadableCellError` when that cannot be done.

        ``figures`` know how those of its table are written.
        """
        if self.read is as_month_day and (shown := _DAY_AND_MONTH.fullmatch(seen.text)):
            return shown[1]
        if seen.fault:
            raise UnreadableCellError(seen.fault)
        if seen.kind is CellKind.BLANK and self.all_when_empty:
            raise UnreadableCellError("blank")
        if not seen.text:
            if self.optional:
                return 0 if self.zero_when_empty else None
            raise UnreadableCellError("empty")
        if len(seen.text) > self.characters_max:
            raise UnreadableCellError("too_long")
        if self._is_long and not is_text(seen.text.encode(errors="surrogatepass")):
            raise UnreadableCellError("not_text")
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


_DAY_AND_MONTH: Final = re.compile(
    r"[0-9]{4}-([0-9]{2}-[0-9]{2}) \(d{1,2}[-. \\]*m{1,4}[. ]*(?:;@)?\)"
)
"""A date of which day and month alone show, as spreadsheets make one of ``15.11``."""


_SHARE: Final = re.compile(r"0[.,][0-9]+|1(?:[.,]0+)?")
"""A percentage that may be a share of one, as cells hold them: 0.2 for 20 %."""

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


def columns(
    of: type[Message], header: str, others: Sequence[FormColumn] = ()
) -> tuple[FormColumn, ...]:
    """Columns of a header, each read as the type of its member says.

    ``name`` must be filled, ``name?`` may be empty, ``name??`` may be missing, where
    ``name*`` is empty it means all that there is, and where ``name~`` is, nought. A column has the name of its member, kroner for øre, or
    says it: ``decision=verdict``. A name that is no member is one of the others.
    """
    given = {other.name: other for other in others}
    return tuple(
        given.get(written.rstrip(_SIGNS)) or _column(of, written)
        for written in header.split()
    )


_SIGNS: Final = "?*~"


class YesNo(StrEnum):
    """What a cell says of something that is so or not."""

    YES = "yes"
    NO = "no"


def _column(of: type[Message], written: str) -> FormColumn:
    name, _, member = written.rstrip(_SIGNS).partition("=")
    member = member or (name if name in of.model_fields else f"{name}_ore")
    info = of.model_fields[member]
    kind, marks = _bare(info.annotation, tuple(info.metadata))
    choices: tuple[Enum, ...] = ()
    if get_origin(kind) is Literal:
        choices = get_args(kind)
    elif kind is bool:
        choices = tuple(YesNo)
    elif isinstance(kind, type) and issubclass(kind, Enum):
        choices = tuple(kind)
    return FormColumn(
        name,
        one_value_of(choices) if choices else _reader(member, kind, marks),
        member,
        of,
        optional=written.endswith(("?", "*", "~")),
        zero_when_empty=written.endswith("~"),
        may_be_missing=written.endswith("??"),
        all_when_empty=written.endswith("*"),
        sent_empty=written.endswith("?") and kind is str and info.is_required(),
        personal=PERSON in marks,
        choices=tuple(str(each.value) for each in choices),
        says=_member_of(kind),
        look=_LOOKS.get(_item(kind)),
    )


def choice(name: str, kinds: type[Enum]) -> FormColumn:
    """Column of values that is no member."""
    return FormColumn(
        name, one_value_of(kinds), choices=tuple(str(kind.value) for kind in kinds)
    )


def _reader(
    member: str, kind: object, marks: Sequence[object]
) -> Callable[[str], Cell]:
    if get_origin(kind) is tuple:
        return _several(member, kind)
    if kind is date:
        return as_day
    if kind is int:
        return as_money if member.endswith("_ore") else as_number
    if _PERCENT_MARK in marks:
        return as_percent
    if any(mark is _ORGANISATION_MARK for mark in marks):
        return as_organisation
    if member in _OF_MEMBER:
        return _OF_MEMBER[member]
    if _MONTH_DAY_MARK in marks:
        return as_month_day
    return as_key if _NAME_MARK in marks else as_text


def _several(member: str, kind: object) -> Callable[[str], Cell]:
    """Reader of a cell with several values, which are members of one name."""
    item = _item(kind)
    if item in _PARTS:
        return _PARTS[item].read
    _, marks = _bare(item, ())
    return several(_reader("", str, marks), ordered=member in _ORDERED)


def _item(kind: Any) -> Any:  # noqa: ANN401 - types
    """Type of each of several values; of one, its own."""
    return get_args(kind)[0] if get_origin(kind) is tuple else kind


def _member_of(kind: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - types
    """How cells of a type are put into a command."""
    if kind is bool:
        return _is_yes
    if kind is Document:
        return enclosed_text
    if get_origin(kind) is tuple:
        item = _item(kind)
        return _PARTS[item].says if item in _PARTS else several_listed
    return orjson.loads if kind is CallRules else _as_it_is


def _is_yes(cell: Cell) -> bool:
    return cell == YesNo.YES


class _Parts(NamedTuple):
    """How a cell with several values of more than one word is read, and what it says."""

    read: Callable[[str], str]
    says: Callable[[str], list[Any]]


_PARTS: Final[Mapping[object, _Parts]] = {
    Score: _Parts(as_scores, scores_of),
    AbsentTrust: _Parts(as_absences, absences_of),
    Attachment: _Parts(as_attachments, attachments_of),
}
_LOOKS: Final[Mapping[object, Callable[[str, FilesBeside], Cell]]] = {
    CallRules: rules_in,
    Attachment: files_in,
}
_ORDERED: Final = frozenset({"order", "rotation", "participants"})
"""Members whose order means something."""


def _bare(kind: Any, marks: tuple[object, ...]) -> tuple[Any, tuple[object, ...]]:  # noqa: ANN401 - types
    """Type without its marks and without None, and its marks."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0], (*marks, *get_args(kind)[1:]))
    if get_origin(kind) in {Union, UnionType}:
        (some,) = (arg for arg in get_args(kind) if arg is not type(None))
        return _bare(some, marks)
    return kind, marks


_OF_MEMBER: Final = {"kid": as_digits, "postcode": as_postcode}
_NAME_MARK: Final = get_args(Name)[1]
_ORGANISATION_MARK: Final = get_args(OrganisationNumber)[1]
_PERCENT_MARK: Final = get_args(WrittenPercent)[1]
_MONTH_DAY_MARK: Final = get_args(MonthDay)[1]
