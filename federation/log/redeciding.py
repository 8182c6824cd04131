"""Deciding again what a region recorded, from what it had seen then.

Every entry says how much of each log its decision rested on. With the logs cut there,
whoever holds them runs the same decision, and finds what should have been refused; no
signature shows that. What is decided, and how, is the domain's: :mod:`domain.redeciding`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby, islice
from typing import Any, Final, NamedTuple

import orjson
import structlog
from eventsourcing.persistence import PersistenceError

from domain.earlier import gone, newest, went_back
from domain.history import Append, Asked, History, Stream
from domain.redeciding import WRITTEN_NO_MORE, StoredAppend, decision_fault
from domain.values import Region, business_day, instant_text, parse_instant
from federation.journal.shapes import Position
from federation.journal.store import Journal
from federation.log.completeness import FOREVER, completeness
from federation.log.cut import cut_history
from federation.log.snapshot import SnapshotHistory
from federation.log.times import BEFORE_SEEN_MAX
from federation.signed.entry import ENTRY_BYTES_MAX, Row, seen_of
from federation.signed.facts import QuarantineReason, UnreadableFactError, fact_of
from federation.signed.page import ENTRIES_MAX, PAGE_BYTES_MAX
from federation.signed.seen import NOWHERE, is_decided

log = structlog.get_logger()

BATCH_ENTRIES: Final = 500
ONE_DAY: Final = timedelta(days=1)
UNSEEN: Final = "unseen"
"""Reason where a command rested on what had not been recorded."""
OVERTAKEN: Final = "overtaken"
"""Reason where a command rested on less of its own stream than stands before it."""
DIVIDED: Final = "divided"
"""Reason where entries of one command name several askers, mandates or places seen."""
NO_FACT: Final = "no_fact"
"""Reason where an entry has the name of a fact, and not its form."""
UNDECIDABLE: Final = "undecidable"
"""Reason where no decision comes of deciding again."""


class Unfounded(NamedTuple):
    """Entries that are no decision on what their region had seen."""

    place: str
    """The id of the first."""
    type: str
    reason: str
    """The code of the refusal that should have been, or how it differs."""


class Unjudged(NamedTuple):
    """Entries of which nobody can tell here whether they are a decision."""

    needed: Mapping[str, Position] = {}
    """What is not here yet; nothing where nothing that is to come tells more."""
    is_unreadable: bool = False
    """A later release recorded it, which has to be installed here first."""


@dataclass(slots=True)
class Redecided:
    """What came of deciding a log again."""

    origin: str
    commands: int = 0
    """Decided as they were recorded."""
    unknown: int = 0
    """Recorded by a later release, or on what was given up or is to come."""
    unfounded: list[Unfounded] = field(default_factory=list)
    waiting: dict[int, Mapping[str, Position]] = field(default_factory=dict)
    """The first positions of commands that rested on what is not here yet, and on what."""
    unreadable: int | None = None
    """The first position of a command that nobody can read with this release."""
    reached: int = 0
    """The position up to which no command will grow any more."""


def redecide(
    journal: Journal, origin: str, after: int = 0, commands_max: int | None = None
) -> Redecided:
    """Decide the commands of a region's log again, those after a position."""
    done = Redecided(origin, reached=after)
    releases = Releases(journal, origin, after)
    for rows, is_last in islice(_commands(journal, origin, after), commands_max):
        if is_decided(rows[0]):
            outcome = (
                Unfounded(rows[0].id, rows[0].type, WRITTEN_NO_MORE)
                if releases.went_back(rows)
                else _outcome(journal, rows)
            )
            if outcome and is_last and _may_go_on(journal, rows[-1]):
                # Not all that the command recorded may be here yet.
                done.unknown += 1
                break
            if outcome is None:
                done.commands += 1
            elif isinstance(outcome, Unfounded):
                done.unfounded.append(outcome)
                if outcome.reason == NO_FACT:
                    done.unreadable = done.unreadable or rows[0].position
            else:
                done.unknown += 1
                if outcome.needed:
                    done.waiting[rows[0].position] = outcome.needed
                if outcome.is_unreadable:
                    done.unreadable = done.unreadable or rows[0].position
        releases.read(rows)
        done.reached = rows[-1].position
    return done


class Releases:
    """Which release a log tells of, command by command."""

    def __init__(self, journal: Journal, origin: str, after: int) -> None:
        """Prepare; what stands up to a position is looked up where it is asked for."""
        self._journal = journal
        self._origin = origin
        self._after = after
        self._before: int | None = None
        self._read: set[str] = set()

    def went_back(self, rows: Sequence[Row]) -> bool:
        """Whether a command has a name that its region writes no more."""
        names = {row.type for row in rows}
        if not any(map(gone, names)):
            return False
        if self._before is None:
            with self._journal.reading() as cursor:
                cursor.execute(
                    "SELECT DISTINCT type FROM journal "
                    "WHERE origin = ? AND position <= ?",
                    (self._origin, self._after),
                )
                self._before = newest(row["type"] for row in cursor.fetchall())
        return went_back(names, max(self._before, newest(self._read)))

    def read(self, rows: Sequence[Row]) -> None:
        """Note a command's names: what follows stands behind them."""
        self._read |= {row.type for row in rows}


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


def _attributes(row: Row) -> Mapping[str, Any]:
    attributes: Mapping[str, Any] = orjson.loads(row.body)
    return attributes


def _outcome(journal: Journal, rows: Sequence[Row]) -> Unfounded | Unjudged | None:
    """Fault of a command's entries, if these are all; None where there is none."""
    first = rows[0]
    if _is_impossible(journal, first):
        return Unfounded(first.id, first.type, UNSEEN)
    if len({_envelope(row) for row in rows}) > 1:
        return Unfounded(first.id, first.type, DIVIDED)
    recorded = _recorded(rows)
    if isinstance(recorded, UnreadableFactError):
        if recorded.reason is QuarantineReason.BROKEN:
            return Unfounded(recorded.place, first.type, NO_FACT)
        return Unjudged(is_unreadable=True)
    cut = _cut(journal, first)
    if cut is None:
        return Unfounded(first.id, first.type, UNSEEN)
    if isinstance(cut, Unjudged):
        if _was_never_there(journal, cut.needed, first):
            return Unfounded(first.id, first.type, UNSEEN)
        return cut
    with journal.reading() as cursor:
        history = cut_history(journal, cursor, cut)
        reason = _reason(recorded, first, history) or _overtaken(rows, history)
    return None if reason is None else Unfounded(first.id, first.type, reason)


def _envelope(row: Row) -> tuple[object, ...]:
    """Who says that they recorded an entry, and on what it rested."""
    said = _attributes(row)
    return tuple(map(said.get, ("actor", "organisation", "mandate", "seen")))


def _overtaken(rows: Sequence[Row], history: SnapshotHistory) -> str | None:
    """Reason where something stands in a stream between what was seen and these."""
    versions: dict[str, int] = {}
    for row in rows:
        region, kind, key = row.stream.split(":", 2)
        before = history.version(Stream(Region(region), kind, key))
        versions[row.stream] = versions.get(row.stream, before) + 1
        if row.version != versions[row.stream]:
            return OVERTAKEN
    return None


def _reason(
    recorded: Sequence[StoredAppend], first: Row, history: History
) -> str | None:
    appends, names = zip(*recorded, strict=True)
    try:
        return decision_fault(appends, _askers(first), history, names)
    except PersistenceError:
        raise
    except Exception as error:  # noqa: BLE001 - a rogue chooses what is decided on
        log.warning(
            "not_decidable", position=first.position, error=type(error).__name__
        )
        return UNDECIDABLE


def _is_impossible(journal: Journal, first: Row) -> bool:
    """Whether an entry rests on entries that were not there yet.

    Such are those of its own log from itself on, and of the home log what was not
    recorded here; whoever restores it waits for the rest first.
    """
    seen = seen_of(first.body)
    own, home = seen.get(first.origin, NOWHERE), journal.region.value
    if own[1] >= first.position:
        return True
    end = journal.positions()[home]
    return journal.withheld is None and seen.get(home, NOWHERE) > end


def _was_never_there(
    journal: Journal, needed: Mapping[str, Position], first: Row
) -> bool:
    """Whether an entry rests on what its region has signed that it had not recorded yet.

    That region is complete here to well after the entry, by any two clocks by which
    entries are taken.
    """
    if not needed:
        return False
    by_then = _latest_seen(first)
    complete = completeness(journal)
    for origin, place in needed.items():
        held = complete[origin]
        # Of who is away nobody has signed to when that is all.
        if held.epoch == place.epoch and by_then <= held.complete_to < FOREVER:
            return True
    return False


def _may_go_on(journal: Journal, last: Row) -> bool:
    """Whether a command may have recorded more, in a page that is on its way.

    Only what a full page ends with; at home a command is there with all it recorded.
    """
    if last.origin == journal.region.value:
        return False
    before = journal.sealed(last.origin, last.position - 1)
    start = 0 if before is None else before.frontier.size
    page = journal.entries(last.origin, start, ENTRIES_MAX)
    room_bytes = PAGE_BYTES_MAX - ENTRY_BYTES_MAX
    return len(page) >= ENTRIES_MAX or sum(len(r.body) for r in page) > room_bytes


def _recorded(rows: Sequence[Row]) -> Sequence[StoredAppend] | UnreadableFactError:
    """Why this release cannot read it, if it cannot."""
    recorded = []
    for row in rows:
        try:
            fact = fact_of(row)
        except UnreadableFactError as error:
            return error
        region, kind, key = row.stream.split(":", 2)
        append = Append(Stream(Region(region), kind, key), fact)
        recorded.append(StoredAppend(append, row.type))
    return recorded


def _latest_seen(first: Row) -> str:
    """Instant after which nothing was recorded that an entry can have seen."""
    return instant_text(parse_instant(first.recorded_at) + BEFORE_SEEN_MAX)


def _cut(journal: Journal, first: Row) -> Mapping[str, int] | Unjudged | None:
    """Positions that were seen, unless some are not here yet, or were given up since.

    None where something of it was recorded after the entry: that says of itself that
    it stood there before, as one does that is meant to keep a deadline.
    """
    ends = journal.positions()
    seen = {origin: Position(*place) for origin, place in seen_of(first.body).items()}
    if seen.keys() - ends.keys():
        return Unjudged()
    needed = {region: place for region, place in seen.items() if place > ends[region]}
    if needed:
        return Unjudged(needed)
    latest = _latest_seen(first)
    for origin, (epoch, position) in seen.items():
        rows = journal.entries(origin, position - 1, 1) if position else ()
        if any(row.epoch > epoch for row in rows) or position > ends[origin].position:
            return Unjudged()
        if any(row.recorded_at > latest for row in rows):
            return None
    return {origin: place.position for origin, place in seen.items()}


def _askers(first: Row) -> Iterator[Asked]:
    """Give who asked, on the day of the entry or on the one before.

    A command that comes at midnight is recorded a moment later.
    """
    sent = _attributes(first)
    today = business_day(parse_instant(first.recorded_at))
    for day in (today, today - ONE_DAY):
        organisation, actor = sent.get("organisation", ""), sent.get("actor", "")
        mandate = sent.get("mandate")
        yield Asked(Region(first.origin), organisation, day, actor, mandate)
