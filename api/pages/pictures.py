"""Pictures that pages draw: SVG in per cent of their width, so that text stays readable."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from markupsafe import Markup, escape


class Stretch(NamedTuple):
    """Days of a strip, both included, and how they are drawn (a class of the stylesheet)."""

    start: date
    end: date
    kind: str


def strip(start: date, end: date, stretches: Iterable[Stretch], label: str) -> Markup:
    """Days from ``start`` to ``end``, both included; ``label`` says the same in words."""
    return _strip(start, end, tuple(stretches), escape(label))


@lru_cache(maxsize=4096)
def _strip(
    start: date, end: date, stretches: tuple[Stretch, ...], label: Markup
) -> Markup:
    whole = (end - start).days + 1
    drawn = [
        Markup('<rect x="{:.2f}%" width="{:.2f}%" height="100%" class="{}"/>').format(
            (max(one.start, start) - start).days / whole * 100,
            ((min(one.end, end) - max(one.start, start)).days + 1) / whole * 100,
            one.kind,
        )
        for one in stretches
        if one.start <= end and one.end >= start
    ]
    return _svg(label, drawn)


def cover(percent: int, label: str) -> Markup:
    """How far something has come."""
    width = max(0, min(100, percent))
    drawn = Markup('<rect width="{}%" height="100%" rx="2" class="s-ink"/>').format(
        width
    )
    return _svg(label, [drawn])


class NetBar(NamedTuple):
    """A net to draw: to the right what is owed to somebody, to the left what they owe."""

    name: str
    net_ore: int | None
    """None where there is none."""
    instead: str = ""
    """Said in place of a bar."""


NET_ROW_PX: Final = 42
NET_MIDDLE: Final = 62
"""Where zero is, in per cent; names stand to the left of all bars."""
NET_WIDEST: Final = 32


def nets(bars: Sequence[NetBar], owes: str, owed: str, label: str) -> Markup:
    """Draw nets from the greatest owed to the greatest owing; ``label`` says what it is."""
    widest = max((abs(bar.net_ore or 0) for bar in bars), default=0) or 1
    ordered = sorted(bars, key=lambda bar: -(bar.net_ore or 0))
    drawn = [
        _net(bar, 32 + number * NET_ROW_PX, widest)
        for number, bar in enumerate(ordered)
    ]
    height = 32 + len(bars) * NET_ROW_PX
    axis = Markup(
        '<line x1="{mid}%" x2="{mid}%" y1="20" y2="{end}" class="s-cap"/>'
        '<text x="{mid}%" dx="-8" y="12" text-anchor="end" class="t2">{owes}</text>'
        '<text x="{mid}%" dx="8" y="12" class="t2">{owed}</text>'
    ).format(mid=NET_MIDDLE, end=height - 4, owes=owes, owed=owed)
    head = Markup('<svg height="{}" role="img" aria-label="{}">').format(height, label)
    return head + Markup("").join(drawn) + axis + Markup("</svg>")


def _net(bar: NetBar, top: int, widest: int) -> Markup:
    name = Markup('<text x="0" y="{}">{}</text>').format(top + 19, bar.name)
    if bar.net_ore is None:
        said = Markup('<text x="{}%" dx="8" y="{}" class="t2">{}</text>')
        return name + said.format(NET_MIDDLE, top + 19, bar.instead)
    width = abs(bar.net_ore) / widest * NET_WIDEST
    left = NET_MIDDLE if bar.net_ore >= 0 else NET_MIDDLE - width
    drawn = Markup(
        '<rect x="{:.2f}%" y="{}" width="{:.2f}%" height="28" rx="2" class="{}"/>'
    ).format(left, top, max(width, 0.4), "s-ink" if bar.net_ore >= 0 else "s-ink2")
    return name + drawn


def _svg(label: str, drawn: Iterable[Markup]) -> Markup:
    head = Markup(
        '<svg class="fg-strip" role="img" aria-label="{}">'
        '<rect width="100%" height="100%" rx="2" class="s-void"/>'
    ).format(label)
    return head + Markup("").join(drawn) + Markup("</svg>")


def percent_of(of: date, start: date, end: date) -> str:
    """Where a day is between two, in per cent: ``12.50``."""
    whole = (end + timedelta(days=1) - start).days
    return f"{(of - start).days / whole * 100:.2f}"


PICTURES: Final[Mapping[str, Callable[..., object]]] = {
    "strip": strip,
    "cover": cover,
    "percent_of": percent_of,
    "nets": nets,
    "NetBar": NetBar,
}
"""What templates may draw with."""
