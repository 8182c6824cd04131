"""What a region must never sign for, told by the signed entries alone.

No clock, setting or release of a node is asked: everybody who is shown the same
entries under the same signed note finds the same. What only a node's own clock
or journal can tell proves nothing, and is not here.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import orjson

from domain.catalogue import stream_kind
from domain.parties.membership import has_left, may_follow
from domain.values import Region
from federation.log.admission import misfit
from federation.log.epochs import BEGUN, declaration
from federation.signed.checkpoint import Checkpoint
from federation.signed.entry import BrokenEntryError, Row, parse
from federation.signed.seen import forgets, goes_back


class Violation(StrEnum):
    """What signed entries break."""

    NO_ENTRY = "no-entry"
    """The bytes are no entry: not canonical, nested too deeply, of another form."""
    AS_ANOTHER = "writes-as-another"
    """It is of another region, or in a stream of another region."""
    MISPLACED = "misplaced"
    """It says that it stands elsewhere than it was signed for."""
    WRONG_STREAM = "wrong-stream"
    """Its fact does not belong in a stream of that kind."""
    LATER_THAN_SIGNED = "later-than-signed"
    """It is recorded after the instant to which its note is complete."""
    NOT_LATER = "not-later"
    """It is not recorded after an entry before it, or within what was announced to stay empty."""
    NO_EPOCH = "no-epoch"
    """It is of another epoch than what is before it, and does not begin one."""
    VERSION_TAKEN = "version-taken"
    """Its version of the stream is another entry's, or comes before that."""
    VERSION_LEFT_OUT = "version-left-out"
    """Between it and an earlier version of the stream there is no room for the rest."""
    SEEN_LESS = "seen-less"
    """It had seen less than an entry before it had, or less of its own log."""
    RULES_LEFT = "rules-left"
    """It names no rules by which it was recorded, where an entry before it did."""
    AFTER_LEAVING = "after-leaving"
    """Its region has left, and it does not say that it joins again."""


class Placed(NamedTuple):
    """Bytes at a position of a log."""

    position: int
    body: bytes


def violation(
    note: Checkpoint, entries: Sequence[Placed], announcement: Checkpoint | None = None
) -> Violation | None:
    """Violation by one or two entries of a signed log, the earlier first.

    ``announcement`` is another checkpoint that the region signed, instead of an earlier
    entry. Where one entry alone breaks something, a second one has no business here.
    """
    broken = [alone(note, entry) for entry in entries]
    if len(entries) == 1 and announcement is None:
        return broken[0]
    if any(broken):
        return None
    rows = [parse(entry.body) for entry in entries]
    if announcement is None:
        return between(*rows) if len(rows) == 2 else None  # noqa: PLR2004 - a pair
    return after_announcement(announcement, rows[0]) if len(rows) == 1 else None


def alone(note: Checkpoint, entry: Placed) -> Violation | None:
    """Violation by an entry alone, where it stands."""
    try:
        row = parse(entry.body)
    except BrokenEntryError:
        named = _names_another(entry.body, note.origin)
        return Violation.AS_ANOTHER if named else Violation.NO_ENTRY
    if row.origin != note.origin:
        return Violation.AS_ANOTHER
    broken = {
        Violation.MISPLACED: _is_misplaced(row, note, entry.position),
        Violation.LATER_THAN_SIGNED: row.recorded_at > note.complete_to,
        # A later release may put a fact there that is not known here.
        Violation.WRONG_STREAM: stream_kind(row.type) is not None
        and misfit(row) is not None,
        Violation.VERSION_LEFT_OUT: row.version > row.position,
        Violation.NO_EPOCH: _begins_elsewhere(row),
    }
    return next((kind for kind, is_broken in broken.items() if is_broken), None)


def _is_misplaced(row: Row, note: Checkpoint, position: int) -> bool:
    if row.position != position or row.epoch > note.epoch:
        return True
    return row.position == note.size and row.epoch != note.epoch


def _begins_elsewhere(row: Row) -> bool:
    """Whether an epoch begins, or has begun, where none can by its own words."""
    fact = declaration(row)
    if fact is not None and (fact.epoch, fact.kept + 1) != (row.epoch, row.position):
        return True
    return row.position == 1 and row.epoch != 1 + (row.type == BEGUN)


def between(earlier: Row, row: Row) -> Violation | None:
    """Violation by an entry after an earlier one of the same log."""
    apart = row.position - earlier.position
    if apart < 1 or row.origin != earlier.origin:
        return None
    if row.recorded_at <= earlier.recorded_at:
        return Violation.NOT_LATER
    begins = row.type == BEGUN
    back = row.epoch < earlier.epoch or (begins and row.epoch == earlier.epoch)
    if back or (apart == 1 and row.epoch != earlier.epoch + begins):
        return Violation.NO_EPOCH
    # As many epochs have begun in between as there are entries.
    nothing_else = apart - 1 == row.epoch - earlier.epoch
    left = has_left(earlier.type, left=False) and nothing_else
    if not may_follow(row.type, left=left):
        return Violation.AFTER_LEAVING
    broken = {
        Violation.SEEN_LESS: forgets(earlier, row),
        Violation.RULES_LEFT: goes_back(earlier, row),
        Violation.VERSION_TAKEN: row.stream == earlier.stream
        and row.version <= earlier.version,
        Violation.VERSION_LEFT_OUT: row.stream == earlier.stream
        and row.version - earlier.version > apart,
    }
    return next((kind for kind, is_broken in broken.items() if is_broken), None)


def after_announcement(announcement: Checkpoint, row: Row) -> Violation | None:
    """Violation by an entry that was announced never to be recorded."""
    of_it = (announcement.origin, announcement.epoch) == (row.origin, row.epoch)
    broken = (
        row.position > announcement.size and row.recorded_at <= announcement.complete_to
    )
    return Violation.NOT_LATER if of_it and broken else None


def _names_another(body: bytes, origin: str) -> bool:
    """Whether what is no entry is in another region's name nevertheless."""
    try:
        attributes = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    if not isinstance(attributes, dict):
        return False
    names = [
        str(attributes.get("id")).partition("/")[0],
        str(attributes.get("source")).removeprefix("urn:fagnett:"),
        str(attributes.get("subject")).partition(":")[0],
    ]
    return bool(set(names) & {region.value for region in Region} - {origin})
