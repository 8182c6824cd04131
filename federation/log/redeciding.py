"""Deciding again what a region recorded, from what it had seen then.

Every entry says how much of each log its decision rested on. With the logs cut
there, anybody who holds them runs the same decision: what a region recorded
and should have refused is found by every other, whatever its own node did.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby, islice
from typing import Final, NamedTuple

import orjson
import structlog
from eventsourcing.persistence import PersistenceError

from domain.catalogue import stream_kind
from domain.history import Append, Asked, History, Stream
from domain.parties.epoch import EpochBegun
from domain.parties.membership import TYPES as MEMBERSHIP
from domain.redeciding import unfounded
from domain.values import Region, business_day, parse_instant
from federation.journal.shapes import Position
from federation.journal.store import Journal
from federation.log.cut import CutHistory
from federation.signed.entry import ENTRY_BYTES_MAX, Row, entry_id, seen_of
from federation.signed.facts import UnreadableFactError, fact_of
from federation.signed.page import ENTRIES_MAX, PAGE_BYTES_MAX

log = structlog.get_logger()
BATCH_ENTRIES: Final = 500
NO_COMMANDS: Final = frozenset({EpochBegun.TYPE, *MEMBERSHIP})
"""What an operator says of the log itself; it is checked where it arrives."""
ONE_DAY: Final = timedelta(days=1)
NOWHERE: Final = (0, 0)
UNSEEN: Final = "unseen"
"""The reason where a command rested on what had not been recorded."""
UNDECIDABLE: Final = "undecidable"
"""The reason where no decision comes of deciding again."""


class Unfounded(NamedTuple):
    """Entries that are no decision on what their region had seen."""

    place: str
    """The id of the first."""
    type: str
    reason: str
    """The code of the refusal that should have been, or how it differs."""


class Unjudged(Exception):  # noqa: N818 - no error: nobody can tell
    """Nobody can tell here, and nothing that is to come changes that."""


class Unfinished(Exception):  # noqa: N818 - no error: more is to come
    """Not all that a command recorded may be here yet."""


class Waits(Exception):  # noqa: N818 - no error: more is to come
    """What a decision rested on is not here yet."""

    def __init__(self, needed: Mapping[str, Position]) -> None:
        self.needed = needed
        super().__init__()


@dataclass(slots=True)
class Redecided:
    """What came of deciding a log again."""

    origin: str
    commands: int = 0
    """Decided as they were recorded."""
    unknown: int = 0
    """Recorded by an earlier or later release, or on what was given up or is to come."""
    unfounded: list[Unfounded] = field(default_factory=list)
    waiting: dict[int, Mapping[str, Position]] = field(default_factory=dict)
    """The first positions of commands that rested on what is not here yet, and on what."""
    reached: int = 0
    """The position up to which no command will grow any more."""


def redecide(
    journal: Journal, origin: str, after: int = 0, commands_max: int | None = None
) -> Redecided:
    """Decide the commands of a region's log again, those after a position."""
    found = Redecided(origin, reached=after)
    for rows, is_last in islice(_commands(journal, origin, after), commands_max):
        try:
            wrong = _again(journal, rows, is_last=is_last)
        except Unfinished:
            found.unknown += 1
            break
        except Waits as waits:
            found.unknown += 1
            found.waiting[rows[0].position] = waits.needed
        except Unjudged:
            found.unknown += 1
        else:
            found.commands += wrong is None and rows[0].type not in NO_COMMANDS
            found.unfounded += [] if wrong is None else [wrong]
        found.reached = rows[-1].position
    return found


def _commands(
    journal: Journal, origin: str, after: int
) -> Iterator[tuple[Sequence[Row], bool]]:
    """Give the entries of each command, in order, and whether they are the last."""

    def entries() -> Iterator[Row]:
        position = after
        while rows := journal.entries(origin, position, BATCH_ENTRIES):
            yield from rows
            position = rows[-1].position

    before: Sequence[Row] = ()
    for _, rows in groupby(entries(), lambda row: _attributes(row).get("commandid")):
        if before:
            yield before, False
        before = tuple(rows)
    if before:
        yield before, True


def _attributes(row: Row) -> Mapping[str, str]:
    attributes: Mapping[str, str] = orjson.loads(row.body)
    return attributes


def _again(journal: Journal, rows: Sequence[Row], *, is_last: bool) -> Unfounded | None:
    """Return what is wrong with what a command recorded, or None.

    Raises :class:`Unfinished`, :class:`Unjudged` and :class:`Waits`.
    """
    try:
        wrong = _wrong(journal, rows)
    except (Unjudged, Waits):
        if is_last and _may_go_on(journal, rows[-1]):
            raise Unfinished from None
        raise
    if wrong is not None and is_last and _may_go_on(journal, rows[-1]):
        raise Unfinished
    return wrong


def _wrong(journal: Journal, rows: Sequence[Row]) -> Unfounded | None:
    """Return what is wrong with entries, if they are all of a command.

    Raises :class:`Unjudged` and :class:`Waits`.
    """
    first = rows[0]
    if first.type in NO_COMMANDS:
        return None
    place = entry_id(first.origin, first.epoch, first.position)
    if _is_impossible(journal, first):
        return Unfounded(place, first.type, UNSEEN)
    recorded, cut = _recorded(rows), _cut(journal, first)
    if recorded is None or cut is None:
        raise Unjudged
    with journal.reading() as cursor:
        history = CutHistory(journal, cursor, cut)
        reason = _reason(recorded, first, history)
    return None if reason is None else Unfounded(place, first.type, reason)


def _reason(recorded: Sequence[Append], first: Row, history: History) -> str | None:
    try:
        return unfounded(recorded, _askers(first), history)
    except PersistenceError:
        raise
    except Exception as error:  # noqa: BLE001 - a rogue chooses what is decided on
        log.warning(
            "not_decidable", position=first.position, error=type(error).__name__
        )
        return UNDECIDABLE


def _is_impossible(journal: Journal, first: Row) -> bool:
    """Say whether an entry rests on entries that were not there yet.

    Such are those of its own log from itself on, and of the home log what was not
    recorded here; whoever restores it waits for the rest first.
    """
    seen = seen_of(first.body)
    own, home = seen.get(first.origin, NOWHERE), journal.region.value
    if own[1] >= first.position:
        return True
    held = journal.positions()[home]
    return journal.withheld is None and seen.get(home, NOWHERE) > held


def _may_go_on(journal: Journal, last: Row) -> bool:
    """Say whether a command may have recorded more, in a page that is on its way.

    Only what a full page ends with; at home a command is there with all it recorded.
    """
    if last.origin == journal.region.value:
        return False
    before = journal.sealed(last.origin, last.position - 1)
    start = 0 if before is None else before.frontier.size
    page = journal.entries(last.origin, start, ENTRIES_MAX)
    room_bytes = PAGE_BYTES_MAX - ENTRY_BYTES_MAX
    return len(page) >= ENTRIES_MAX or sum(len(r.body) for r in page) > room_bytes


def _recorded(rows: Sequence[Row]) -> Sequence[Append] | None:
    """Return what was recorded; None where this release would record it otherwise."""
    recorded = []
    for row in rows:
        try:
            fact = fact_of(row)
        except UnreadableFactError:
            return None
        if row.type != fact.TYPE or stream_kind(row.type) is None:
            return None
        region, kind, key = row.stream.split(":", 2)
        recorded.append(Append(Stream(Region(region), kind, key), fact))
    return recorded


def _cut(journal: Journal, first: Row) -> Mapping[str, int] | None:
    """Return what was seen; None where some of it was given up since.

    Raises :class:`Waits` where it is not here yet.
    """
    held = journal.positions()
    cut: dict[str, int] = {}
    seen = {origin: Position(*place) for origin, place in seen_of(first.body).items()}
    if seen.keys() - held.keys():
        raise Unjudged
    needed = {each: place for each, place in seen.items() if place > held[each]}
    if needed:
        raise Waits(needed)
    for origin, (epoch, position) in seen.items():
        rows = journal.entries(origin, position - 1, 1) if position else ()
        if any(row.epoch > epoch for row in rows) or position > held[origin].position:
            return None
        cut[origin] = position
    return cut


def _askers(first: Row) -> Iterator[Asked]:
    """Give who asked, on the day of the entry or on the one before.

    A command that comes at midnight is recorded a moment later.
    """
    said = _attributes(first)
    today = business_day(parse_instant(first.recorded_at))
    for day in (today, today - ONE_DAY):
        organisation, actor = said.get("organisation", ""), said.get("actor", "")
        yield Asked(Region(first.origin), organisation, day, actor)
