"""Entries of all regions as they come, for whoever may read them, from a position on."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final, NamedTuple

from api.auth import Caller
from api.entry_access import readable_entries
from api.problems import ProblemError
from api.services import Node
from domain.values import Region
from federation.log.arrivals import commits, within
from federation.signed.entry import Row

BATCH_ENTRIES: Final = 200
LOOK_SECONDS: Final = 1.0
_POSITION: Final = re.compile(r"(midt|nord|sorost|vest):([0-9]{1,18})")

Positions = Mapping[str, int]
"""Of each region, how many of its entries somebody has had."""


class Came(NamedTuple):
    """An entry, and the positions of all regions once it was had."""

    row: Row
    positions: Positions


def positions_text(positions: Positions) -> str:
    """``midt:55,vest:122``: where to go on from."""
    return ",".join(f"{origin}:{each}" for origin, each in sorted(positions.items()))


def read_positions(text: str) -> Positions:
    """Read :func:`positions_text`; of a region that is not named, nothing was had."""
    positions: dict[str, int] = {}
    for part in filter(None, text.split(",")):
        match = _POSITION.fullmatch(part.strip())
        if match is None:
            wrong = {"code": "string_pattern_mismatch", "pattern": _POSITION.pattern}
            raise ProblemError("invalid_row", errors=[{"field": "after", **wrong}])
        positions[match[1]] = int(match[2])
    return positions


def entries_after(
    node: Node, caller: Caller, after: Positions, kinds: Sequence[str] = ()
) -> tuple[list[Came], Positions]:
    """Next entries that somebody may read, and how far all of them were looked through.

    Each region's in order. What the read models do not hold yet, or what was not decided
    again here, has not come. ``kinds`` are beginnings of types, such as ``invoice.``.
    """
    here = dict(after)
    found: list[Came] = []
    folded = node.projector.state.positions
    for region in Region:
        origin = region.value
        last = folded[origin].position if origin in folded else 0
        if here.get(origin, 0) >= last:
            continue
        rows = [
            row
            for row in node.journal.entries(origin, here.get(origin, 0), BATCH_ENTRIES)
            if row.position <= last
        ]
        if not rows:
            continue
        wanted = [row for row in rows if row.type.startswith(tuple(kinds) or "")]
        for row in readable_entries(node, caller, wanted):
            here[origin] = row.position
            found.append(Came(row, dict(here)))
        here[origin] = rows[-1].position
    return found, here


async def feed(
    node: Node, caller: Caller, after: Positions, kinds: Sequence[str] = ()
) -> AsyncIterator[tuple[list[Came], Positions]]:
    """Give batches of entries without end; an empty one where nothing came for a while."""
    here = after
    with commits(node.journal) as committed:
        while True:
            committed.clear()
            found, reached = await asyncio.to_thread(
                entries_after, node, caller, here, kinds
            )
            yield found, reached
            if reached == here:
                await within(committed, LOOK_SECONDS)
                # It is told when it is recorded, and is shown when it is folded.
            here = reached
