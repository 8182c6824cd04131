"""Whether an answer of a day rests on all that every region recorded on that day."""

from collections.abc import Mapping
from datetime import date, timedelta
from math import ceil
from typing import Final

from api.instants import shown_instant
from api.problems import ProblemError
from api.services import Node
from domain.values import day_end, instant_text
from federation.node.heartbeat import HEARTBEAT_SECONDS

SCOPE_KEY: Final = "fagnett.incomplete"
"""Where a request notes what its answer lacks, whatever kind of answer it is."""
COMPLETE_KEY: Final = "fagnett.complete_to"
"""Where a request notes to when each region was complete before its rows were read."""
HEADER: Final = b"fagnett-incomplete"


def incomplete(complete: Mapping[str, str], day: date) -> Mapping[str, str]:
    """Regions that are not complete to the end of a business day, of all.

    Each comes with the instant to which it is complete, or nothing.
    """
    end = instant_text(day_end(day))
    return {origin: instant for origin, instant in complete.items() if instant < end}


def header(lacking: Mapping[str, str]) -> str:
    """``midt;complete-to="2026-…Z", nord``: a structured field (RFC 9651)."""
    return ", ".join(
        f'{origin};complete-to="{instant}"' if instant else origin
        for origin, instant in lacking.items()
    )


def not_complete_yet(node: Node, day: date, lacking: Mapping[str, str]) -> ProblemError:
    """Problem of an answer that must be complete and would not be."""
    region, instant = min(lacking.items(), key=lambda each: (each[1], each[0]))
    left = day_end(day) - node.clock.now()
    seconds = max(left, timedelta(seconds=HEARTBEAT_SECONDS)).total_seconds()
    values: dict[str, str | int] = {
        "region": region,
        "day": day.isoformat(),
        "complete_to": shown_instant(instant),
    }
    members = {"region": region, "complete_to": instant}
    headers = {"Retry-After": str(ceil(seconds))}
    return ProblemError("not_complete_yet", values, (), members, headers)
