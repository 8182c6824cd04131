"""What several logs say together of how far each of them goes.

A log that is cut short is as whole in itself as one that is not. But others had
seen what is cut off, witnesses have signed for it, and it was complete to a later
day. What all regions leave out together, only witnesses and a day show.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from domain.values import day_end, instant_text, parse_instant
from federation.checks.verified import SeenBy, Verified
from federation.log.completeness import FOREVER
from federation.log.times import BEFORE_SEEN_MAX


class MissingTail(NamedTuple):
    """A log ends before what an entry of another region had seen of it."""

    origin: str
    """The region whose entries are missing."""
    entries: int
    """Where its log ends here, or where the epoch ended that was seen."""
    place: str
    """What was seen, as ``nord/1/219``."""
    by: str
    """The id of the entry that had seen it."""
    missing: int
    """So many entries are missing at least, if that is so."""
    is_denied: bool = False
    """The region has signed that there was no such entry when it was seen."""


class Unwitnessed(NamedTuple):
    """Too few others have cosigned a log to its end."""

    origin: str
    entries: int
    cosigned: int
    """The size to which enough others have cosigned it."""


class EndsBefore(NamedTuple):
    """A log is not known to be complete to a day."""

    origin: str
    complete_to: str
    """The instant to which it is; empty where nothing is known."""


def missing_tails(logs: Sequence[Verified]) -> Sequence[MissingTail]:
    """Of each region whose log is cut short, by how much and who shows it.

    What an epoch declared lost is not missing; what was lost and not declared is.
    """
    verified = {log.origin: log for log in logs}
    tails: dict[str, MissingTail] = {}
    for log in logs:
        for missing in _missing(log, verified):
            worst = tails.get(missing.origin)
            if worst is None or missing.missing > worst.missing:
                tails[missing.origin] = missing
    return [tails[origin] for origin in sorted(tails)]


def _missing(log: Verified, verified: Mapping[str, Verified]) -> Iterator[MissingTail]:
    for (origin, epoch), seen in log.seen.items():
        other, place = verified.get(origin), f"{origin}/{epoch}/{seen.position}"
        if origin == log.origin:
            continue
        if other is not None and epoch > other.epoch:
            # However many are here: they are of an epoch that is over.
            count = max(seen.position - other.entries, 1)
            yield MissingTail(origin, other.entries, place, seen.by, count)
            continue
        end = 0 if other is None else _end(other, epoch, log.origin)
        if end is not None and seen.position > end:
            denied = other is not None and _denies(other, epoch, seen)
            count = seen.position - end
            yield MissingTail(origin, end, place, seen.by, count, denied)


def _denies(log: Verified, epoch: int, seen: SeenBy) -> bool:
    """Whether a log is signed to be complete to well after more of it was seen."""
    by_then = instant_text(parse_instant(seen.recorded_at) + BEFORE_SEEN_MAX)
    return log.epoch == epoch and by_then <= log.complete_to < FOREVER


def _end(log: Verified, epoch: int, seer: str) -> int | None:
    """Where an epoch of a log ends, with what was declared lost of it.

    None where the declaration names the region that saw it as one that could not
    be asked: what that one alone held is given up too.
    """
    after = next((begun for begun in log.epochs if begun.epoch == epoch + 1), None)
    if after is None:
        return log.entries
    not_asked = any(region.value == seer for region in after.without)
    return None if not_asked else max(after.kept, after.promised)


def unwitnessed(logs: Sequence[Verified], witnesses: int) -> Sequence[Unwitnessed]:
    """Those logs that fewer others than ``witnesses`` have cosigned to the end."""
    lacking = []
    for log in logs:
        sizes = sorted(log.witnesses.values(), reverse=True)
        cosigned = sizes[witnesses - 1] if len(sizes) >= witnesses else 0
        if cosigned < log.entries:
            lacking.append(Unwitnessed(log.origin, log.entries, cosigned))
    return lacking


def end_before(logs: Sequence[Verified], day: date) -> Sequence[EndsBefore]:
    """Those logs that are not complete to the end of a day in Norway."""
    end = instant_text(day_end(day))
    return [
        EndsBefore(log.origin, log.complete_to) for log in logs if log.complete_to < end
    ]


def witnesses_to_end(log: Verified) -> int:
    """How many others have cosigned all of a log."""
    return sum(size >= log.entries for size in log.witnesses.values())
