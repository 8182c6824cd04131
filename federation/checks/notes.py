"""Checking what was signed about a log beside its checkpoints.

What its region announced of it last, and what others cosigned: of a log whose
entries and tree are checked.
"""

from collections.abc import Mapping
from typing import Final

from eventsourcing.persistence import PersistenceError

from domain.values import Region, parse_instant
from federation.checks.damage import DamageError
from federation.journal.announced import Announced, announced
from federation.journal.shapes import DamagedEntryError
from federation.journal.store import FIRST_EPOCH, Journal
from federation.journal.witnessing import Cosigned, cosignatures
from federation.log.tree import holds
from federation.signed.checkpoint import BrokenCheckpointError, read
from federation.signed.cosignature import cosigned_with
from federation.signed.entry import entry_id
from federation.signed.keys import Verifier

_UNFIT: Final = (
    *(PersistenceError, BrokenCheckpointError, DamagedEntryError),
    *(TypeError, ValueError),
)
"""Errors of a stored heartbeat that is not what was stored."""


def check_announced(journal: Journal, origin: str, key: Verifier) -> None:
    """Check what a region announced last, of a log whose entries are checked.

    It is of the log here, or of its beginning, and nothing was recorded after it
    at an instant until which it said that nothing more was.
    """
    try:
        with journal.reading() as cursor:
            announcement = announced(cursor, origin)
        if announcement is None:
            return
        _check_heartbeat(journal, origin, announcement, key)
        after = journal.entries(origin, announcement.size, 1)
    except _UNFIT as error:
        message = f"what {origin} announced of its log is damaged: {error}"
        raise DamageError(message) from None
    if after and after[0].recorded_at <= announcement.complete_to:
        place = entry_id(origin, after[0].epoch, after[0].position)
        message = (
            f"entry {place} was recorded at {after[0].recorded_at}, and the log was "
            f"announced to be complete to {announcement.complete_to} before it"
        )
        raise DamageError(message)


def _check_heartbeat(
    journal: Journal, origin: str, announcement: Announced, key: Verifier
) -> None:
    if not announcement.note and origin == journal.region.value:
        # Promised before the database was restored: its note was not kept.
        parse_instant(announcement.complete_to)
        return
    checkpoint = read(announcement.note, key)
    if (
        checkpoint.origin,
        checkpoint.epoch,
        checkpoint.size,
        checkpoint.complete_to,
    ) != (origin, *announcement[:3]):
        message = "it is not what its note says"
        raise ValueError(message)
    last = journal.entries(origin, checkpoint.size - 1, 1) if checkpoint.size else ()
    epochs = [row.epoch for row in last] or [FIRST_EPOCH]
    if epochs != [checkpoint.epoch] or not holds(journal, checkpoint):
        message = f"it is not about the first {checkpoint.size} entries that are here"
        raise ValueError(message)


def check_cosigned(
    journal: Journal,
    region: Region,
    keys: Mapping[Region, Verifier],
    after: int = 0,
    before: Mapping[str, int] | None = None,
) -> Mapping[str, int]:
    """Check every cosignature of a log whose entries and tree are checked.

    Those up to ``after`` were checked before, and gave what is said ``before``. Returns
    how much of the log each witness has cosigned.
    """
    last = dict(before or {})
    origin = region.value
    epochs = range(FIRST_EPOCH, journal.positions()[origin].epoch + 1)
    for witness in Region:
        if witness is region:
            continue
        for epoch in epochs:
            for cosigned in cosignatures(journal, origin, epoch, witness.value, after):
                _cosignature(journal, cosigned, keys[region], keys[witness])
                last[witness.value] = cosigned.size
    return {each.value: last[each.value] for each in Region if each.value in last}


def _cosignature(
    journal: Journal, cosigned: Cosigned, origin: Verifier, witness: Verifier
) -> None:
    place = entry_id(cosigned.origin, cosigned.epoch, cosigned.size)
    try:
        checkpoint = read(cosigned.note, origin)
        named = (checkpoint.origin, checkpoint.epoch, checkpoint.size) == (
            *(cosigned.origin, cosigned.epoch, cosigned.size),
        )
        signed = any(
            cosigned_with(cosigned.note, key) is not None for key in witness.ever()
        )
        here = holds(journal, checkpoint)
    except (BrokenCheckpointError, DamagedEntryError) as error:
        message = f"the cosignature of {cosigned.witness} at {place}: {error}"
        raise DamageError(message) from None
    if not (named and signed and here):
        message = f"the cosignature of {cosigned.witness} at {place} is damaged"
        raise DamageError(message)
