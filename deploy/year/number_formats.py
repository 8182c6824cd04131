"""Number formats: as what a person sees a number that a workbook holds.

The codes are those of ECMA-376 part 1, 18.8.30 and 18.8.31. A number whose format
shows something else than its value is at fault: rounded, in thousands, in another
currency, or only a part of a date.
"""

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Final

from deploy.year.date_formats import DateFormat, date_format
from deploy.year.lines import CellKind, SeenCell

DIGITS_MAX: Final = 14
"""Excel keeps 15 digits of a number: of one that long, some may be gone."""
_GENERAL_BELOW: Final = 10**11
"""A number without a format shows in scientific notation from here on."""
_GENERAL_CHARACTERS: Final = 11
"""Digits that show with the point, however wide the column: 123456789,12 shows
as 123456789,1."""
_LAST_SECOND: Final = 1 - 1 / 86_400
"""Share of a day from which programs differ in which day they show."""
_DAYS_MAX: Final = 2_958_465
"""The 31 December 9999."""
_LEAP_DAY_OF_1900: Final = 60
"""It never was; Excel counts it."""

BUILT_IN: Final = {
    0: "General",
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    **dict.fromkeys((5, 6, 37, 38, 41, 42), "#,##0;-#,##0"),
    **dict.fromkeys((7, 8, 39, 40, 43, 44), "#,##0.00;-#,##0.00"),
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: "dd.mm.yyyy",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    **dict.fromkeys((18, 19, 20, 21), "h:mm"),
    22: "dd.mm.yyyy h:mm",
    **dict.fromkeys((45, 46, 47), "mm:ss"),
    48: "##0.0E+0",
    49: "@",
}
"""By number, as far as Norwegian Excel shows them; others show nothing here."""

_TOKEN: Final = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|[_*](?P<space>.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General)|(?P<exponent>E[+-])|(?P<digit>[0#?])|(?P<point>\.)"
    r"|(?P<comma>,)|(?P<percent>%)|(?P<slash>/)|(?P<date>[dmyhsegb]|AM/PM|A/P)"
    r"|(?P<text>@)|(?P<end>;)|(?P<literal>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION: Final = re.compile(r"(<=|>=|<>|<|>|=)(-?[0-9]+(?:\.[0-9]+)?)")
_COLOUR: Final = re.compile(
    r"black|blue|cyan|green|magenta|red|white|yellow|color ?[0-9]+", re.IGNORECASE
)
_COMPARED: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}
_SIGNS: Final = re.compile(r"[()\u2010-\u2013\u2212-]")
"""What makes a number look as one below zero."""
_NO_ORE: Final = re.compile(r"\s*[.,]\s?[\u2010-\u2013\u2212-]{1,2}")
"""What stands behind whole kroner, and is no sign: ``100,-``."""
_POINTED: Final = re.compile(r"(?<![^\W\d_])[.,:]$")
"""What makes the digits behind it decimals, if it does not end a word (``kr.``)."""
_GROUPED: Final = re.compile(r"(0+( 000)*)?(\.0*)?")
"""Digits with nothing between them but a point and, by three, blanks."""
_BESIDE: Final = re.compile(r"[\s.,:+()\u2010-\u2013\u2212-]*")
"""What may stand around a number without being a part of what it says."""
_KRONER: Final = ("", "kr", "nok")
_SCALED: Final = re.compile(r"[0#?],+(\.|$)")
"""A comma behind the last digit shows thousands."""


class _Look(StrEnum):
    NUMBER = "number"
    PERCENT = "percent"
    DAY = "day"
    SCIENTIFIC = "scientific"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class _Section:
    """How numbers of one kind show: those above zero, below zero, or a condition's."""

    look: _Look
    holds: Callable[[float], bool] | None
    zeros: int
    """How many digits show at least, before the point."""
    decimals: int | None
    """How many show at most; None where as many as there are."""
    scale: int
    """By which power of ten the value is shown."""
    bare: bool
    """Whether no word stands beside the digits."""
    signed: bool
    """Whether it shows that a number is below zero."""
    minus: bool
    """Whether a sign or a bracket stands beside the digits, whatever the number."""
    pointed: bool
    """Whether a point that is none stands before the digits."""
    parted: bool
    """Whether there is more between the digits than thousands signs and a point."""
    shows_zero: bool
    shows_digits: bool
    dated: bool
    """Whether something of a date shows, if only the year."""
    day: DateFormat | None
    """How a day shows, where all of it does."""


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How the numbers of a cell's style show."""

    sections: tuple[_Section, ...]
    code: str = ""

    def seen(self, value: float, *, from_1904: bool) -> SeenCell:
        """Number as it shows; ``from_1904`` as the workbook counts days."""
        section = self._section(value)
        exact = Decimal(f"{value:.15g}")
        number = format(exact.normalize(), "f") if exact.is_finite() else str(value)
        if section.dated:
            day = _day(value, from_1904=from_1904)
            return self._dated(section, day) if day else _unseen(number[:60])
        if not abs(value) < 10**DIGITS_MAX:
            return SeenCell(CellKind.NUMBER, number[:60], "digits_lost")
        general = section.decimals is None
        if section.look is _Look.SCIENTIFIC or (
            general and abs(value) >= _GENERAL_BELOW
        ):
            return SeenCell(CellKind.NUMBER, number, "scientific")
        scaled = exact.scaleb(section.scale).normalize()
        text = format(scaled, "f")
        digits = section.bare and not section.decimals and text.isdigit()
        if (
            section.look is _Look.OTHER
            or section.pointed
            or (section.parted and not (digits and section.look is _Look.NUMBER))
            or (general and len(text.lstrip("-")) > _GENERAL_CHARACTERS)
            or self._hides(section, value, scaled)
            or self._shows_other_sign(section, value)
        ):
            return _unseen(number)
        if section.look is _Look.PERCENT:
            return SeenCell(CellKind.PERCENT, text)
        if digits:
            kind = CellKind.CODE if section.parted else CellKind.DIGITS
            return SeenCell(kind, text.rjust(section.zeros, "0"))
        return SeenCell(CellKind.NUMBER, text)

    def seen_day(self, day: date) -> SeenCell:
        """Day that a cell holds as such, as it shows."""
        section = self.sections[0]
        if section.look is _Look.NUMBER and section.decimals is None:
            return SeenCell(CellKind.DAY, day.isoformat())
        return self._dated(section, day)

    def _dated(self, section: _Section, day: date) -> SeenCell:
        if section.day is not None and section.day.shows(day):
            return SeenCell(CellKind.DAY, day.isoformat())
        return _unseen(f"{day} ({self.code})")

    def _section(self, value: float) -> _Section:
        for section in self.sections:
            if section.holds is not None and section.holds(value):
                return section
        if any(section.holds is not None for section in self.sections):
            return next((s for s in self.sections if s.holds is None), _HIDDEN)
        first, below, zero = (*self.sections, *self.sections[:1] * 2)[:3]
        if value < 0:
            return below
        return zero if value == 0 and len(self.sections) > 2 else first  # noqa: PLR2004

    def _hides(self, section: _Section, value: float, scaled: Decimal) -> bool:
        """Whether decimals, a sign or the zero does not show."""
        exponent = scaled.as_tuple().exponent
        assert isinstance(exponent, int), "finite"
        if section.decimals is not None and -exponent > section.decimals:
            return True
        if value == 0:
            return not section.shows_zero
        signed = section.signed or section is self.sections[0]
        return not section.shows_digits or (value < 0 and not signed)

    def _shows_other_sign(self, section: _Section, value: float) -> bool:
        """Whether a number looks as if it had another sign, or two.

        With conditions, programs differ in whether one below zero shows its own.
        """
        if value < 0 and any(each.holds is not None for each in self.sections):
            return True
        own = value < 0 and section is not self.sections[0]
        return value != 0 and section.minus and not own


def _unseen(text: str) -> SeenCell:
    return SeenCell(CellKind.NUMBER, text, "formatted")


def _day(value: float, *, from_1904: bool) -> date | None:
    """Day of a number, or None where it is none that is surely seen."""
    if not 0 <= value < _DAYS_MAX + 1 or value % 1 > _LAST_SECOND:
        return None
    days = int(value)
    if from_1904:
        return _from(date(1904, 1, 1), days)
    if days in (0, _LEAP_DAY_OF_1900):
        return None
    return _from(date(1899, 12, 30 if days > _LEAP_DAY_OF_1900 else 31), days)


def _from(start: date, days: int) -> date | None:
    try:
        return start + timedelta(days)
    except OverflowError:
        return None


@lru_cache(maxsize=1024)
def number_format(code: str) -> NumberFormat:
    """Format of a code, as ``#,##0.00`` or ``[<=9999]0000;General``."""
    parts: list[list[re.Match[str]]] = [[]]
    for token in _TOKEN.finditer(code):
        if token.lastgroup == "end":
            parts.append([])
        else:
            parts[-1].append(token)
    return NumberFormat(tuple(_read(part) for part in parts[:3]), code)


def _read(tokens: Sequence[re.Match[str]]) -> _Section:
    kinds = {str(token.lastgroup) for token in tokens}
    words = "".join(_word(token) for token in tokens)
    skeleton = "".join(
        token[0] for token in tokens if token.lastgroup in ("digit", "point", "comma")
    )
    whole, _, fraction = skeleton.partition(".")
    brackets = [token["bracket"] for token in tokens if token.lastgroup == "bracket"]
    conditions = [condition for b in brackets if (condition := _CONDITION.fullmatch(b))]
    general = bool(kinds & {"general", "text"})
    before, inside, behind = _parts(tokens)
    letters = "".join(token["date"] or "" for token in tokens).lower()
    letters = letters.replace("am/pm", "").replace("a/p", "")
    day = date_format(tokens, words) if _are_known(tokens) else None
    minus = bool(_SIGNS.search(before) or _SIGNS.search(_NO_ORE.sub("", behind, 1)))
    return _Section(
        look=_Look.DAY if day else _look(tokens, words, skeleton),
        holds=_condition(conditions[0]) if conditions else None,
        zeros=whole.count("0"),
        decimals=None if general else sum(each in "0#?" for each in fraction),
        scale=2 if "percent" in kinds else 0,
        bare=bool(_BESIDE.fullmatch(words)),
        signed=minus or any(_COLOUR.fullmatch(bracket) for bracket in brackets),
        minus=minus,
        pointed=_POINTED.search(before) is not None,
        parted=_GROUPED.fullmatch(inside) is None,
        shows_zero=general or minus or "0" in skeleton,
        shows_digits=general or "digit" in kinds,
        dated=bool(set(letters) & set("dyegb")) or "mmm" in letters,
        day=day,
    )


def _word(token: re.Match[str]) -> str:
    """What a token puts beside the digits: a currency, or what is quoted."""
    if token.lastgroup == "bracket":
        return token["bracket"][1:].partition("-")[0] if _is_currency(token) else ""
    if token.lastgroup == "space":
        # One fills the cell with its character, the other is as wide and shows none.
        return token["space"] if token[0].startswith("*") else " "
    return token["quoted"] or token["escaped"] or token["literal"] or ""


_IN_NUMBERS: Final = {"digit": "0", "general": "0", "text": "0", "point": "."}


def _parts(tokens: Sequence[re.Match[str]]) -> tuple[str, str, str]:
    """What shows before a number's digits, a sketch of them, and what is behind.

    In the sketch a digit is 0, a point is a point, a blank a blank, and all else is x.
    """
    places = [at for at, t in enumerate(tokens) if t.lastgroup in _IN_NUMBERS]
    first, last = (places[0], places[-1]) if places else (len(tokens), len(tokens))
    inside = ""
    for token in tokens[first : last + 1]:
        beside = "x" if token.lastgroup == "percent" else _word(token)
        shown = "".join(" " if each.isspace() else "x" for each in beside)
        inside += _IN_NUMBERS.get(str(token.lastgroup), shown)
    before, behind = (
        "".join(_word(each) for each in some)
        for some in (tokens[:first], tokens[last + 1 :])
    )
    return before, inside, behind


def _is_currency(token: re.Match[str]) -> bool:
    return token["bracket"].startswith("$")


def _condition(condition: re.Match[str]) -> Callable[[float], bool]:
    compared, limit = _COMPARED[condition[1]], float(condition[2])
    return lambda value: compared(value, limit)


def _look(tokens: Sequence[re.Match[str]], words: str, skeleton: str) -> _Look:
    kinds = {token.lastgroup for token in tokens}
    percents = sum(t.lastgroup == "percent" for t in tokens) + words.count("%")
    beside = _BESIDE.sub("", words.replace("%", "")).casefold()
    if "date" in kinds or not _are_known(tokens):
        return _Look.OTHER
    if "exponent" in kinds:
        return _Look.SCIENTIFIC
    scaled = _SCALED.search(skeleton) is not None
    if scaled or "slash" in kinds or skeleton.count(".") > 1 or percents > 1:
        return _Look.OTHER
    if beside not in _KRONER:
        return _Look.OTHER
    return _Look.PERCENT if percents else _Look.NUMBER


def _are_known(tokens: Sequence[re.Match[str]]) -> bool:
    return all(t.lastgroup != "bracket" or _is_known(t) for t in tokens)


def _is_known(token: re.Match[str]) -> bool:
    bracket = token["bracket"]
    return bool(
        _is_currency(token)
        or _CONDITION.fullmatch(bracket)
        or _COLOUR.fullmatch(bracket)
    )


_HIDDEN: Final = _read(())
"""Of a number for which its format has no section."""
