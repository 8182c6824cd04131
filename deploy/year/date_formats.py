"""Date formats: which day a person sees where a workbook holds a number.

A format shows a day where day of the month, month and year are seen, in the calendar
that we all use, with nothing beside them that makes them something else.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final, NamedTuple

_WORDS: Final = frozenset({"den", "kl", "klokken", "t", "z"})
"""What may stand beside a day and leave it that day; ``uke`` and ``kvartal`` do not."""
_BETWEEN: Final = re.compile(r"[\s.,:;/()'\u2010-\u2013\u2212-]*")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_WINDOW: Final = range(1950, 2050)
"""The years that a person means by their last two digits, as Windows does."""
_MONTHS: Final = 12
_ONLY_INITIAL: Final = 5
"""Letters m that show the first letter of a month: J is three of them."""
_NAMED: Final = 3
_WEEKDAY: Final = 3
_WHOLE_YEAR: Final = 3
_LOCALE: Final = re.compile(
    r"(?P<number>[0-9a-f]{1,8})|(?P<tag>[a-z]{2,3}(-[a-z0-9]+)*)(,(?P<more>[0-9a-f]+))?"
    r"|x-sysdate",
    re.IGNORECASE,
)
"""Behind ``[$-``: language in the last four digits, before it calendar and digits."""
_GREGORIAN: Final = frozenset({1, 2, 9, 10, 11, 12})
"""Windows' numbers of our calendar, in several languages; 0 leaves it to the language."""
_OWN_CALENDAR: Final = frozenset({0x01E, 0x029, 0x063, 0x08C})
"""Thai, Persian, Pashto and Dari, in the ten bits that are a language."""
_OWN_CALENDAR_TAGS: Final = ("th", "fa", "ps", "prs", "ar-sa", "ckb", "lrc", "mzn")
_SAUDI_ARABIA: Final = 0x0401
_SYSTEM_TIME: Final = 0xF400


class _Run(NamedTuple):
    """Some of the same letter: ``yyyy``."""

    letter: str
    length: int
    glued: bool
    """Whether nothing stands between it and the run before."""


@dataclass(frozen=True, slots=True)
class DateFormat:
    """How a whole day shows."""

    order: str
    """``dmy``: which of day, month and year comes first, second and last."""
    named: bool
    """Whether the month is a word."""
    whole_year: bool
    """Whether all four digits of the year show."""

    def shows(self, day: date) -> bool:
        """Whether who sees the day sees no other.

        Two digits are those of a year near us. Figures of which the day is not in its
        place (``01/02/2026`` for the second of January) are seen as another day, unless
        they can be no month.
        """
        if not self.whole_year and (day.year not in _WINDOW or self.order[-1] != "y"):
            return False
        if self.named or self.order in ("dmy", "ymd"):
            return True
        return day.day > _MONTHS or day.day == day.month


def date_format(tokens: Sequence[re.Match[str]], words: str) -> DateFormat | None:
    """How a section shows days, or None where not as whole days of ours.

    ``words`` is all that it puts beside them.
    """
    runs = list(_dates(tokens))
    days = [run for run in runs if run.letter == "d" and run.length < _WEEKDAY]
    months = [each for each in runs if each.letter == "m"]
    years = [each for each in runs if each.letter == "y"]
    if not (days and months and years) or {each.letter for each in runs} & set("egb"):
        return None
    if not (_are_beside(words) and _is_gregorian(tokens) and _are_of_time(tokens)):
        return None
    if any(month.length == _ONLY_INITIAL for month in months) or _is_glued(runs):
        return None
    firsts = sorted((days[0], months[0], years[0]), key=runs.index)
    return DateFormat(
        order="".join(first.letter for first in firsts),
        named=any(each.length >= _NAMED for each in months),
        whole_year=any(year.length >= _WHOLE_YEAR for year in years),
    )


def _dates(tokens: Sequence[re.Match[str]]) -> Iterator[_Run]:
    """Give the runs of a section, with ``n`` for the minutes, whose letter is m too."""
    runs: list[_Run] = []
    before: re.Match[str] | None = None
    for token in tokens:
        if token.lastgroup == "date":
            letter = token["date"].lower()
            glued = before is not None and before.lastgroup == "date"
            if glued and runs[-1].letter == letter:
                runs[-1] = runs[-1]._replace(length=runs[-1].length + 1)
            else:
                runs.append(_Run(letter, 1, glued))
        before = token
    for at, run in enumerate(runs):
        behind = at > 0 and runs[at - 1].letter == "h"
        followed = at + 1 < len(runs) and runs[at + 1].letter == "s"
        minutes = run.letter == "m" and run.length < _NAMED and (behind or followed)
        yield run._replace(letter="n") if minutes else run


def _is_glued(runs: Sequence[_Run]) -> bool:
    """Whether figures stand together so that nobody can part them: ``dmyyyy``."""
    return any(
        second.glued
        and {first.letter, second.letter} <= set("dmy")
        and 1 in (first.length, second.length)
        for first, second in pairwise(runs)
    )


def _are_beside(words: str) -> bool:
    """Whether what stands beside a day leaves it that day."""
    words_beside = {word.casefold() for word in _LETTERS.findall(words)}
    return words_beside <= _WORDS and bool(_BETWEEN.fullmatch(_LETTERS.sub("", words)))


def _are_of_time(tokens: Sequence[re.Match[str]]) -> bool:
    """Whether a section's digits, if any, are the fraction of its seconds."""
    kinds = {token.lastgroup for token in tokens}
    if kinds & {"general", "text", "percent", "exponent"}:
        return False
    seconds = any((token["date"] or "").lower() == "s" for token in tokens)
    return seconds or "digit" not in kinds


def _is_gregorian(tokens: Sequence[re.Match[str]]) -> bool:
    """Whether the calendar is ours, whatever the language."""
    named = [t["bracket"] for t in tokens if (t["bracket"] or "").startswith("$")]
    locales = [name.partition("-")[2] for name in named if "-" in name]
    return all(_has_our_calendar(locale) for locale in locales)


def _has_our_calendar(locale: str) -> bool:
    match = _LOCALE.fullmatch(locale)
    if match is None:
        return False
    if match["number"]:
        number = int(match["number"], 16)
        language, calendar = number & 0xFFFF, number >> 16 & 0xFF
        own = language & 0x3FF in _OWN_CALENDAR or language == _SAUDI_ARABIA
        if language == _SYSTEM_TIME:
            return False
    else:
        calendar = int(match["more"] or "0", 16) & 0xFF
        tag = (match["tag"] or "").lower()
        own = any(f"{tag}-".startswith(f"{other}-") for other in _OWN_CALENDAR_TAGS)
    return calendar in _GREGORIAN or (calendar == 0 and not own)
