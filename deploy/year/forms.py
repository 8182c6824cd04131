"""The files of a business year: their columns, and how a cell is read."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Final

from pydantic import TypeAdapter, ValidationError

from deploy.year.lines import CELL_CHARACTERS_MAX, Kind, Seen
from domain.agreements.answer import Answer
from domain.closing.closing import ClosingAction
from domain.invoicing.invoice_decision import Resolution, Verdict
from domain.parties.kid import KidCheck
from domain.payments.matching import Direction
from domain.posts.report import Outcome
from domain.posts.staffing import Change
from domain.values import (
    Day,
    Frequency,
    NetworkKind,
    NetworkModel,
    OrganisationKind,
    Region,
    Vacancy,
    VatTreatment,
    is_name,
    parse_kroner,
)

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


@dataclass(frozen=True, slots=True)
class Form:
    """A file of the folder."""

    name: str
    columns: tuple[Column, ...]
    required: bool = False
    clock: bool = True
    """Whether its rows say the day on which they are recorded."""
    one_by_one: bool = False
    """Whether a row may rest on the one before it, of another trust."""
    span: tuple[str, str] = ("", "")
    """The columns of a first and a last day, where the one may not follow the other."""

    def ends_before_it_starts(self, cells: Mapping[str, Cell]) -> bool:
        """Say whether a row's last day comes before its first."""
        start, end = (cells.get(name) for name in self.span)
        return start is not None and end is not None and str(end) < str(start)

    @property
    def file(self) -> str:
        """The name by which a row's place is told, also of a workbook's sheet."""
        return f"{self.name}.csv"


_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,5}")
_PERCENT: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?")


def _text(text: str) -> str:
    return text


def _name(text: str) -> str:
    if not is_name(text):
        raise UnreadableCellError("not_a_name")
    return text


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text if _DAY.fullmatch(text) else "").isoformat()
    except ValueError:
        raise UnreadableCellError("not_a_day") from None


def _business_day(text: str) -> str:
    """Read a day of the business clock, which runs from the first of them."""
    day = _day(text)
    try:
        TypeAdapter(Day).validate_python(day)
    except ValidationError:
        raise UnreadableCellError("not_a_business_day") from None
    return day


def _money(text: str) -> int:
    try:
        return parse_kroner(text)
    except ValueError:
        raise UnreadableCellError("not_an_amount") from None


def _lines(text: str) -> str:
    """Read ``agreement/post/2026-01-01``, several of them with bars between."""
    for line in text.split("|"):
        names = line.strip().split("/")
        if len(names) != len(("agreement", "post", "period_start")):
            raise UnreadableCellError("not_lines")
        _name(names[0])
        _name(names[1])
        _day(names[2])
    return text


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise UnreadableCellError("not_a_number")
    return int(text)


def _percent(text: str) -> str:
    if not _PERCENT.fullmatch(text):
        raise UnreadableCellError("not_a_percentage")
    return f"{Decimal(text):.2f}"


_OF_TEXT: Final = frozenset({Kind.TEXT, Kind.DIGITS})
_OF_NUMBERS: Final = frozenset({Kind.TEXT, Kind.DIGITS, Kind.NUMBER})
_OF_DAYS: Final = frozenset({Kind.TEXT, Kind.DAY})
_KINDS: Final[Mapping[Callable[[str], Cell], frozenset[Kind]]] = {
    _day: _OF_DAYS,
    _business_day: _OF_DAYS,
    _money: _OF_NUMBERS,
    _number: _OF_NUMBERS,
    _percent: _OF_NUMBERS | {Kind.PERCENT},
}
"""What a cell may be seen as, by how it is read; all others are read as text."""
_OTHERWISE: Final = {
    Kind.DIGITS: "a_number",
    Kind.NUMBER: "a_number",
    Kind.PERCENT: "a_percentage",
    Kind.DAY: "a_day",
}


def _one_of(kind: type[Enum]) -> Callable[[str], str]:
    values = [str(member.value) for member in kind]

    def read(text: str) -> str:
        if text not in values:
            raise UnreadableCellError("not_one_of", ", ".join(values))
        return text

    return read


def _optional(name: str, read: Callable[[str], Cell] = _text) -> Column:
    return Column(name, read, optional=True)


def _all_or(name: str, read: Callable[[str], Cell]) -> Column:
    return Column(name, read, optional=True, all_when_empty=True)


def _columns(**readers: Callable[[str], Cell]) -> tuple[Column, ...]:
    return tuple(Column(name, read) for name, read in readers.items())


class Side(StrEnum):
    """A party to an agreement."""

    PAYER = "payer"
    PAYEE = "payee"


class DisputeAction(StrEnum):
    """What a party does in a dispute that the payer has opened."""

    COMMENT = "comment"
    RESOLVE = "resolve"


_RECORDED: Final = Column("recorded_on", _business_day)

FORMS: Final = (
    Form(
        "organisations",
        (
            *_columns(org_number=_text, name=_text),
            _optional("short_name"),
            *_columns(kind=_one_of(OrganisationKind), region=_one_of(Region)),
            _optional("parent_org_number"),
        ),
        required=True,
        clock=False,
    ),
    Form(
        "accounts",
        (
            *_columns(org_number=_text),
            _optional("account"),
            _optional("kid_check", _one_of(KidCheck)),
            _optional("kid_length", _number),
            *(_optional(name) for name in ("buyer_reference", "street")),
            *(_optional(name) for name in ("postcode", "city")),
        ),
        clock=False,
    ),
    Form(
        "networks",
        (
            *_columns(network=_name, kind=_one_of(NetworkKind), name_nb=_text),
            _optional("name_en"),
            *_columns(
                coordinating_trust=_text,
                starts_on=_day,
                model=_one_of(NetworkModel),
                coordination_budget=_money,
            ),
            _RECORDED,
        ),
        required=True,
    ),
    Form(
        "agreements",
        (
            *_columns(
                agreement=_name,
                version=_number,
                network=_name,
                payer=_text,
                payee=_text,
                effective_from=_day,
                starts_on=_day,
                ends_on=_day,
                frequency=_one_of(Frequency),
                vacancy=_one_of(Vacancy),
                vat_treatment=_one_of(VatTreatment),
            ),
            _optional("vat_reason"),
            _RECORDED,
        ),
        span=("starts_on", "ends_on"),
    ),
    Form(
        "posts",
        (
            *_columns(agreement=_name, version=_number, post=_name),
            _optional("content"),
            _optional("percent", _percent),
            _optional("starts_on", _day),
            _optional("ends_on", _day),
            _optional("annual_cost", _money),
        ),
        clock=False,
        span=("starts_on", "ends_on"),
    ),
    Form(
        "acceptances",
        (
            *_columns(agreement=_name, version=_number, answer=_one_of(Answer)),
            _RECORDED,
        ),
    ),
    Form(
        "staffing",
        (
            *_columns(post=_name, change=_one_of(Change), effective_on=_day),
            Column("holder", _text, optional=True, personal=True),
            _RECORDED,
        ),
    ),
    Form(
        "reports",
        (
            *_columns(
                report=_name,
                network=_name,
                trust=_text,
                period_start=_day,
                period_end=_day,
            ),
            _RECORDED,
        ),
        span=("period_start", "period_end"),
    ),
    Form(
        "report_decisions",
        (*_columns(report=_name, decision=_one_of(Outcome)), _RECORDED),
    ),
    Form(
        "invoices",
        (
            *_columns(agreement=_name, period_start=_day, period_end=_day),
            _RECORDED,
        ),
    ),
    Form(
        "invoice_decisions",
        (
            *_columns(agreement=_name, period_start=_day, decision=_one_of(Verdict)),
            _all_or("post", _name),
            _optional("reason"),
            _RECORDED,
        ),
    ),
    Form(
        "payments",
        (
            *_columns(agreement=_name, period_start=_day, amount=_money, paid_on=_day),
            _RECORDED,
        ),
    ),
    Form(
        "credits",
        (
            *_columns(agreement=_name, period_start=_day),
            _all_or("post", _name),
            _all_or("amount", _money),
            Column("reason", _text),
            _RECORDED,
        ),
    ),
    Form(
        "disputes",
        (
            *_columns(agreement=_name, period_start=_day),
            _all_or("post", _name),
            *_columns(by=_one_of(Side), action=_one_of(DisputeAction)),
            _optional("outcome", _one_of(Resolution)),
            _optional("text"),
            _RECORDED,
        ),
        one_by_one=True,
    ),
    Form(
        "bank_entries",
        (
            *_columns(
                organisation=_text,
                reference=_name,
                direction=_one_of(Direction),
                amount=_money,
                booked_on=_day,
            ),
            _optional("kid"),
            _RECORDED,
        ),
    ),
    Form(
        "closings",
        (
            *_columns(
                trust=_text,
                counterpart=_text,
                period_start=_day,
                period_end=_day,
                action=_one_of(ClosingAction),
            ),
            _optional("carry_over", _lines),
            _optional("reason"),
            _RECORDED,
        ),
        one_by_one=True,
        span=("period_start", "period_end"),
    ),
)
"""In the order in which the rows of one day are played."""

BY_NAME: Final[Mapping[str, Form]] = {form.name: form for form in FORMS}
