"""Pictures of a network: its years as a timeline, and its frame against commitments."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from markupsafe import Markup, escape

from domain.agreements.frame import FrameYear

_LEFT: Final = 13
"""Where the bars of a frame begin, in per cent: the years stand before them."""
_SPAN: Final = 84
_ROW: Final = 43
_BAR: Final = 34
_TOP: Final = 26


class TimelineBar(NamedTuple):
    """Days of something in a timeline, and what it is called."""

    start: date
    end: date
    words: str


def timeline(
    start: date,
    end: date,
    today: tuple[date, str],
    bars: Sequence[TimelineBar],
    words: str,
) -> Markup:
    """The first bar is the network itself; ``words`` say what the picture shows.

    ``today`` is marked, with its word.
    """
    day, called = today
    # Escaped before: texts that are safe and others are found by the same letters.
    named = tuple(bar._replace(words=escape(bar.words)) for bar in bars)
    return _timeline(start, end, (day, escape(called)), named, escape(words))


@lru_cache(maxsize=256)
def _timeline(
    start: date,
    end: date,
    today: tuple[date, Markup],
    bars: tuple[TimelineBar, ...],
    words: Markup,
) -> Markup:
    days = (end - start).days + 1

    def at(day: date) -> str:
        return f"{max(0, min(days, (day - start).days)) / days * 100:.2f}%"

    height = _TOP + _BAR * len(bars) + 26
    drawn = [_head(height, words)]
    drawn += [
        Markup(
            '<line x1="{0}" x2="{0}" y1="18" y2="{1}" class="s-line"/>'
            '<text x="{0}" dx="4" y="12" class="t2">{2}</text>'
        ).format(at(date(year, 1, 1)), height - 12, year)
        for year in range(start.year, end.year + 1)
        if date(year, 1, 1) >= start
    ]
    for index, bar in enumerate(bars):
        drawn.append(_bar(bar, _TOP + _BAR * index, at, is_first=not index))
    day, called = today
    if start <= day <= end:
        near_end = (day - start).days > days * 0.85
        drawn.append(
            Markup(
                '<line x1="{0}" x2="{0}" y1="18" y2="{1}" class="s-today"/>'
                '<text x="{0}" dx="{2}" y="{3}"{4}>{5}</text>'
            ).format(
                at(day),
                height - 12,
                -5 if near_end else 5,
                height - 14,
                Markup(' text-anchor="end"') if near_end else "",
                called,
            )
        )
    return Markup("").join(drawn) + Markup("</svg>")


def _bar(bar: TimelineBar, y: int, at: object, *, is_first: bool) -> Markup:
    assert callable(at)
    first = at(bar.start)
    width = float(at(bar.end + timedelta(days=1))[:-1]) - float(first[:-1])
    kind = "s-ink" if is_first else "s-ink2"
    rect = Markup(
        '<rect x="{}" y="{}" width="{:.2f}%" height="24" rx="2" class="{}"/>'
    ).format(first, y, width, kind)
    if is_first or float(first[:-1]) < 35:  # noqa: PLR2004 - per cent: no room before it
        text = Markup('<text x="{}" dx="7" y="{}" class="{}">{}</text>').format(
            first, y + 17, "tw" if is_first else "", bar.words
        )
    else:
        text = Markup(
            '<text x="{}" dx="-7" y="{}" text-anchor="end" class="th">{}</text>'
        ).format(first, y + 17, bar.words)
    return rect + text


class FrameWords(NamedTuple):
    """What stands in the picture of a frame."""

    title: str
    coordination: str
    agreed: str
    not_recorded: str
    marks: Sequence[tuple[float, str]]
    """Parts of the frame that are marked, from 0 to 1, and their words."""


def frame_picture(
    years: Sequence[FrameYear],
    unrecorded: Sequence[int],
    pending_ore: dict[int, int],
    words: FrameWords,
) -> Markup:
    """Each year as a bar against its frame; ``pending_ore`` is what counter-proposals add."""
    height = _TOP + _ROW * len(years) + 5
    drawn = [_head(height, words.title)]
    for part, text in words.marks:
        kind = "s-cap" if part == 1 else "s-line"
        drawn.append(
            Markup(
                '<line x1="{0:.2f}%" x2="{0:.2f}%" y1="18" y2="{1}" class="{2}"/>'
                '<text x="{0:.2f}%" y="11" text-anchor="middle" class="t2{3}">{4}</text>'
            ).format(
                _LEFT + part * _SPAN,
                height - 8,
                kind,
                " wide" if part == 0.9 else "",  # noqa: PLR2004 - beside the end
                text,
            )
        )
    for index, year in enumerate(years):
        known = year.year not in unrecorded
        more = pending_ore.get(year.year, 0)
        drawn.append(_year(year, _TOP + _ROW * index, words, more, known=known))
    return Markup("").join(drawn) + Markup("</svg>")


def _year(
    year: FrameYear, y: int, words: FrameWords, more: int, *, known: bool
) -> Markup:
    scale = _SPAN / year.frame_ore if year.frame_ore else 0.0
    coordination = year.coordination_ore * scale
    agreed = year.accepted_ore * scale
    offered = (year.reserved_ore - year.accepted_ore + max(0, more)) * scale
    drawn = [
        Markup('<text x="0" y="{}">{}</text>').format(y + 20, year.year),
        _rect(_LEFT, y, coordination, "s-ink2"),
    ]
    if coordination:
        text = Markup('<text x="{}%" dx="8" y="{}">{}</text>')
        drawn.append(text.format(_LEFT, y + 20, words.coordination))
    start = _LEFT + coordination
    if not known:
        text = Markup('<text x="{:.2f}%" dx="8" y="{}" class="t2">{}</text>')
        drawn.append(text.format(start, y + 20, words.not_recorded))
        return Markup("").join(drawn)
    drawn.append(_rect(start, y, agreed, "s-ink"))
    if agreed > 9:  # noqa: PLR2004 - per cent: the word has room
        text = Markup('<text x="{:.2f}%" dx="8" y="{}" class="tw">{}</text>')
        drawn.append(text.format(start, y + 20, words.agreed))
    drawn.append(_rect(start + agreed, y, offered, "s-warn"))
    return Markup("").join(drawn)


def _rect(x: float, y: int, width: float, kind: str) -> Markup:
    if width <= 0:
        return Markup("")
    width = min(width, 100 - x)
    return Markup(
        '<rect x="{:.2f}%" y="{}" width="{:.2f}%" height="30" class="{}"/>'
    ).format(x, y, width, kind)


def _head(height: int, words: str) -> Markup:
    return Markup('<svg height="{}" role="img" aria-label="{}">').format(height, words)
