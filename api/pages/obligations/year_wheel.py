"""The year as a wheel: deadlines around it, their state by the shape of an icon.

The same deadlines always stand in a table beside it.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from math import cos, pi, sin
from typing import Final, NamedTuple

from babel.dates import get_month_names
from markupsafe import Markup

from api.words import LOCALES, Language
from domain.values import days_in_year

MARKS_MAX: Final = 16
"""Marks that have words; of more days the table alone says what is due."""
_WORST: Final = ("bad", "you", "warn", "wait", "ok", "off")
"""Of several deadlines near each other the wheel shows the first of these."""
_NEAR: Final = timedelta(days=6)
_MIDDLE: Final = 240
_OUTER: Final = 150
_INNER: Final = 112
_ICONS: Final = {
    "ok": '<circle cx="8" cy="8" r="7" class="s-ok"/>'
    '<path d="M4.5 8.3l2.4 2.4 4.6-5" fill="none" stroke="#fff" stroke-width="1.8"/>',
    "warn": '<path d="M8 1.2 15.4 14.6H.6z" class="s-warn"/>'
    '<path d="M8 6v4.4M8 11.6v1.6" stroke="#000" stroke-width="1.7"/>',
    "bad": '<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" class="s-bad"/>'
    '<path d="M5.3 5.3l5.4 5.4M10.7 5.3l-5.4 5.4" stroke="#fff" stroke-width="1.7"/>',
    "you": '<circle cx="8" cy="8" r="7" class="s-ink"/>'
    '<path d="M4.5 8h6.4M8 5l3 3-3 3" fill="none" stroke="#fff" stroke-width="1.7"/>',
    "wait": '<circle cx="8" cy="8" r="6.2" fill="none" stroke="#292c30" '
    'stroke-width="1.5"/><path d="M8 4.4V8l2.4 1.8" fill="none" stroke="#292c30" '
    'stroke-width="1.5"/>',
    "off": '<circle cx="8" cy="8" r="5.8" fill="none" stroke="#292c30" '
    'stroke-width="1.5" stroke-dasharray="2.4 2"/>',
}
"""As the macro ``icon`` draws them; a clock and a ring in ink, on the page's white."""


class Mark(NamedTuple):
    """A deadline on the wheel."""

    day: date
    kind: str
    words: str


class WheelWords(NamedTuple):
    """What is said around a wheel."""

    title: str
    today: str
    more: str
    """``{count} more``."""


def wheel(
    year: int, marks: Sequence[Mark], today: date, words: WheelWords, language: Language
) -> Markup:
    """Draw the deadlines of a year; today's hand where today is in it."""
    drawn = [
        Markup(
            '<svg class="fg-wheel fg-year" viewBox="-84 0 648 484" role="img" '
            'aria-label="{}"><circle cx="240" cy="240" r="150" fill="none" '
            'class="s-edge"/><circle cx="240" cy="240" r="112" fill="none" '
            'class="s-edge"/>'
        ).format(words.title),
        *_months(language),
        *(_mark(each, year) for each in _together(marks, words)),
    ]
    if today.year == year:
        drawn.append(_hand(today))
    middle = Markup(
        '<text x="240" y="268" text-anchor="middle">{}</text>'
        '<text x="240" y="286" text-anchor="middle" class="t2">{}</text></svg>'
    )
    first = words.today if today.year == year else str(year)
    second = _day(today, language) if today.year == year else ""
    return Markup("").join([*drawn, middle.format(first, second)])


def _day(day: date, language: Language) -> str:
    month = get_month_names("abbreviated", locale=LOCALES[language])[day.month]
    return f"{day.day} {month}" if language is Language.EN else f"{day.day}. {month}"


def _months(language: Language) -> list[Markup]:
    names = get_month_names("abbreviated", locale=LOCALES[language])
    drawn = []
    for number in range(12):
        inner, outer = _at(_INNER, number / 12), _at(_OUTER, number / 12)
        text = _at((_INNER + _OUTER) / 2, (number + 0.5) / 12)
        drawn.append(
            Markup(
                '<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" class="s-line"/>'
                '<text x="{:.1f}" y="{:.1f}" text-anchor="middle" class="t2">{}</text>'
            ).format(*inner, *outer, text[0], text[1] + 4, names[number + 1][:3])
        )
    return drawn


class _Together(NamedTuple):
    """Deadlines so near each other that they have one place on the wheel."""

    day: date
    kind: str
    words: str
    date_words: str


def _together(marks: Sequence[Mark], words: WheelWords) -> list[_Together]:
    groups: list[list[Mark]] = []
    for mark in sorted(marks, key=lambda each: each.day):
        if groups and mark.day - groups[-1][0].day <= _NEAR:
            groups[-1].append(mark)
        else:
            groups.append([mark])
    shown = []
    for group in groups[:MARKS_MAX]:
        worst = min(group, key=lambda each: _WORST.index(each.kind))
        more = len(group) - 1
        text = worst.words if not more else words.more.replace("{count}", str(more))
        first = worst.words if more else ""
        shown.append(_Together(worst.day, worst.kind, first or text, text))
    return [
        each._replace(
            date_words="" if each.date_words == each.words else each.date_words
        )
        for each in shown
    ]


def _mark(of: _Together, year: int) -> Markup:
    turn = _turn(of.day, year)
    edge, end, text = _at(_OUTER, turn), _at(168, turn), _at(180, turn)
    side, up = sin(2 * pi * turn), cos(2 * pi * turn)
    anchor = "start" if side >= 0 else "end"
    lower = -16 if up > 0.9 else 14 if up < -0.9 else 4  # noqa: PLR2004
    drawn = Markup(
        '<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" class="s-edge"/>'
        '<svg x="{:.1f}" y="{:.1f}" width="18" height="18" viewBox="0 0 16 16">'
        '<circle cx="8" cy="8" r="8" fill="#fff"/>{}</svg>'
        '<text x="{:.1f}" y="{:.1f}" text-anchor="{}" class="t2">{}</text>'
    ).format(
        *edge,
        *end,
        edge[0] - 9,
        edge[1] - 9,
        Markup(_ICONS[of.kind]),  # noqa: S704 - our own
        text[0],
        text[1] + lower,
        anchor,
        of.words,
    )
    if not of.date_words:
        return drawn
    return drawn + Markup(
        '<text x="{:.1f}" y="{:.1f}" text-anchor="{}" class="t2">{}</text>'
    ).format(text[0], text[1] + lower + 16, anchor, of.date_words)


def _hand(today: date) -> Markup:
    end = _at(_INNER - 4, _turn(today, today.year))
    return Markup(
        '<line x1="240" y1="240" x2="{:.1f}" y2="{:.1f}" class="s-today"/>'
        '<circle cx="240" cy="240" r="4" class="s-bad"/>'
    ).format(*end)


def _turn(day: date, year: int) -> float:
    """How far round a day is, from 0 to 1."""
    return (day - date(year, 1, 1)).days / days_in_year(year)


def _at(radius: float, turn: float) -> tuple[float, float]:
    angle = 2 * pi * turn
    return _MIDDLE + radius * sin(angle), _MIDDLE - radius * cos(angle)
