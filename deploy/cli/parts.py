"""Verifying journals in parts, a region's log each, in as many processes as there are cores.

What is found comes in the order of the parts, whichever was done first: the first damage
is the one that reading all in order would have met. Small journals are read in this
process, one part when it is asked for.
"""

import multiprocessing
import os
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Final, NamedTuple

from eventsourcing.persistence import PersistenceError

from deploy.cli.looking import looking_at
from deploy.keyfiles import load_peers
from deploy.settings import StoreSettings
from domain.values import Region
from federation.checks.damage import DamageError
from federation.checks.one_log import verify_log
from federation.checks.verification import check_kept
from federation.checks.verified import Verified, VerifiedTo
from federation.journal.unreadable import Cause, UnreadableJournalError, is_unreadable

APART_ENTRIES: Final = 20_000
"""Entries of all journals from which on it pays to begin other processes."""


class JournalPart(NamedTuple):
    """What one process checks: the log of a region in a journal, or all else of it."""

    store: StoreSettings
    region: Region | None
    by_others: bool = False
    begin: VerifiedTo | None = None
    """What was verified before."""
    at: Collection[int] = ()
    """Sizes at which the root is wanted, to hold against other journals'."""


class PartTrouble(NamedTuple):
    """What ended a part, as another process can be told."""

    text: str
    is_unreadable: bool
    cause: Cause | None = None


PartFound = Verified | PartTrouble | None


@contextmanager
def begin_parts(
    parts: Sequence[JournalPart],
) -> Iterator[Callable[[JournalPart], Verified | None]]:
    """Begin all parts; give what waits for one, and raises what ended it."""
    cores = len(os.sched_getaffinity(0))
    if cores == 1 or _entries(parts) < APART_ENTRIES:
        yield lambda part: _found(part, _checked(part))
        return
    # What has threads may not be copied as it is.
    alone = threading.active_count() == 1
    context = multiprocessing.get_context("fork" if alone else "spawn")
    with ProcessPoolExecutor(min(cores, len(parts)), mp_context=context) as processes:
        try:
            futures = [(part, processes.submit(_checked, part)) for part in parts]

            def wait(part: JournalPart) -> Verified | None:
                (future,) = (future for each, future in futures if each is part)
                return _found(part, future.result())

            yield wait
        finally:
            processes.shutdown(wait=True, cancel_futures=True)


def _entries(parts: Sequence[JournalPart]) -> int:
    """Entries of all journals that can be read."""
    stores = {part.store.database: part.store for part in parts}
    ends = (ends_of(store) for store in stores.values())
    return sum(size for each in ends for size in each.values())


def ends_of(store: StoreSettings) -> Mapping[str, int]:
    """How many entries of each region a journal holds; none where it cannot be read.

    Whoever reads it then is told why.
    """
    try:
        with looking_at(store) as journal:
            ends = journal.positions()
            return {origin: end.position for origin, end in ends.items()}
    except (
        UnreadableJournalError,
        PersistenceError,
        sqlite3.DatabaseError,
        ValueError,
    ):
        return {}


def _checked(part: JournalPart) -> PartFound:
    """Check a part."""
    store = part.store
    try:
        keys = load_peers(store.peers_file)
        with looking_at(store) as journal:
            if part.region is None:
                check_kept(journal)
                return None
            return verify_log(
                *(journal, part.region, keys),
                by_others=part.by_others,
                begin=part.begin,
                at=part.at,
            )
    except UnreadableJournalError as error:
        return PartTrouble(error.what, is_unreadable=True, cause=error.cause)
    except (DamageError, PersistenceError, sqlite3.DatabaseError, ValueError) as error:
        return PartTrouble(str(error), is_unreadable(error))


def _found(part: JournalPart, found: PartFound) -> Verified | None:
    """Raise what ended a part, as if it had been met here."""
    if not isinstance(found, PartTrouble):
        return found
    if found.cause is not None:
        raise UnreadableJournalError(found.cause, found.text)
    message = f"{part.store.region.value}: {found.text}"
    if found.is_unreadable:
        raise DamageError(message) from UnreadableJournalError(Cause.FILE, found.text)
    raise DamageError(message) from None
