"""Until when a region's log is complete: to its last entry, or as it announced."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from domain.values import Region, instant_text
from federation.journal.announced import Announced, announced, announced_head, keep
from federation.journal.shapes import Position
from federation.journal.store import Journal
from federation.log.membership import absent_in
from federation.signed.checkpoint import Checkpoint

FOREVER: Final = "9999-12-31T23:59:59.999999Z"
"""Instant to which a log is complete of which nobody waits for more."""


class Completeness(NamedTuple):
    """How much of a region's log is here, and until when that is all there is."""

    epoch: int
    position: int
    complete_to: str
    """Empty where nothing is known; :data:`FOREVER` where its region has left or is
    yet to join."""


def announce(
    journal: Journal, end: Position, until: datetime, sign: Callable[[str], str]
) -> str | None:
    """Note that the home log that ends there is complete to an instant.

    From then on no entry can be recorded at that instant or before, whatever the
    clocks of this region's processes say. ``sign`` makes the note of an instant,
    which is never before what was announced last. Returns None where the log
    does not end at ``end``.
    """
    origin = journal.region.value
    with journal.writing() as cursor:
        journal.hold_appends(cursor)
        head = journal.head_in(cursor, origin)
        if (head.epoch, head.position) != end:
            return None
        complete_to = instant_text(until)
        last = announced_head(cursor, origin, head).recorded_at
        journal.judge(until, last)
        complete_to = max(complete_to, last)
        last_note = announced(cursor, origin)
        if last_note and last_note.note and last_note[:3] == (*end, complete_to):
            return last_note.note
        note = sign(complete_to)
        keep(cursor, origin, Announced(*end, complete_to, note))
    return note


def abide(journal: Journal, promised: Checkpoint) -> None:
    """Let nothing be recorded at home at or before an instant that was promised.

    A database that was restored does not know what it has announced since.
    """
    origin = journal.region.value
    with journal.writing() as cursor:
        journal.hold_appends(cursor)
        head = journal.head_in(cursor, origin)
        if promised.epoch < head.epoch:
            # What it gave up binds nobody, its heartbeats neither.
            return
        if promised.complete_to <= announced_head(cursor, origin, head).recorded_at:
            return
        place = (promised.epoch, promised.size, promised.complete_to)
        # Without its note, which is signed again when it is announced again.
        keep(cursor, origin, Announced(*place, note=""))


def hear(journal: Journal, checkpoint: Checkpoint, note: str) -> bool:
    """Keep what another region has announced of exactly the log that is here.

    Its root is checked by the caller. Returns whether it says more than what was
    known; what is no longer about the log as it is here says nothing.
    """
    origin = checkpoint.origin
    with journal.writing() as cursor:
        journal.hold_appends(cursor)
        head = journal.head_in(cursor, origin)
        if (head.epoch, head.position) != (checkpoint.epoch, checkpoint.size):
            return False
        if checkpoint.complete_to <= announced_head(cursor, origin, head).recorded_at:
            return False
        heard = Announced(
            checkpoint.epoch, checkpoint.size, checkpoint.complete_to, note
        )
        keep(cursor, origin, heard)
    return True


def completeness(journal: Journal) -> Mapping[str, Completeness]:
    """How far each region's log is complete here, all at one moment."""
    with journal.reading() as cursor:
        heads = journal.ends_in(cursor)
        cursor.execute("SELECT origin, complete_to FROM announced")
        announced_to = {
            row["origin"]: str(row["complete_to"]) for row in cursor.fetchall()
        }
        away = absent_in(journal, cursor)
    complete = {}
    for region in Region:
        head, instant = heads[region.value], announced_to.get(region.value, "")
        if region in away:
            instant = FOREVER
        complete_to = max(head.recorded_at, instant)
        complete[region.value] = Completeness(head.epoch, head.position, complete_to)
    return complete


def unheard(journal: Journal) -> Collection[Region]:
    """Other regions of which nothing has come; those yet to join have none."""
    return {
        Region(origin)
        for origin, here in completeness(journal).items()
        if not here.complete_to and origin != journal.region.value
    }
