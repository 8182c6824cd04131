"""Pictures that pages draw: SVG in per cent of their width, so that text stays readable."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Final, NamedTuple

from markupsafe import Markup


class Stretch(NamedTuple):
    """Days of a strip, both included, and how they are drawn (a class of the stylesheet)."""

    start: date
    end: date
    kind: str


def strip(start: date, end: date, stretches: Iterable[Stretch], label: str) -> Markup:
    """Days from ``start`` to ``end``, both included; ``label`` says the same in words."""
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
}
"""What templates may draw with."""
