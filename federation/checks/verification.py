"""Checking a journal from its bytes up: every entry, every checkpoint, every key.

- Nothing of the node is trusted: bodies are hashed and parsed again, and each log is
  folded into its tree anew.
- Each checkpoint is signed by its region, and its root is that of the entries.
- No entry is missing or damaged, nor out of the order of its log and stream.
- The first damage is told with its place; what follows says nothing then.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from typing import Final, Protocol

from eventsourcing.persistence import PersistenceError

from domain.values import Region
from federation.checks.damage import DamageError
from federation.checks.memories import check_commands
from federation.checks.one_log import verify_log
from federation.checks.verified import Verified
from federation.journal.announced import announced
from federation.journal.store import Journal
from federation.log.completeness import completeness
from federation.signed.keys import Verifier
from federation.signed.merkle import root


def verify(
    journal: Journal, keys: Mapping[Region, Verifier], *, by_others: bool = False
) -> Iterator[Verified]:
    """Verify each region's log; raise :class:`DamageError` at the first damage.

    At home the end of the log may not be signed yet. Where it is verified ``by_others``
    nothing counts that is not signed: who gave them the journal may have made it up.
    """
    logs = [verify_log(journal, each, keys, by_others=by_others) for each in Region]
    check_home(journal, logs)
    check_kept(journal)
    yield from with_ends(journal, keys, logs)


def check_home(journal: Journal, logs: Sequence[Verified]) -> None:
    """Check what is remembered of commands against the home log, which was verified."""
    (home,) = [log for log in logs if log.origin == journal.region.value]
    check_commands(journal, home.read_after, home.entries, home.commanded)


def check_kept(journal: Journal) -> None:
    """Check that nothing is kept of strangers, and that the database is whole."""
    _strangers(journal)
    try:
        journal.check_storage()
    except PersistenceError as error:
        message = f"every entry is whole, but the database is not: {error}"
        raise DamageError(message) from None


def with_ends(
    journal: Journal, keys: Mapping[Region, Verifier], logs: Sequence[Verified]
) -> Iterator[Verified]:
    """Give logs that were verified with the instants to which they are complete."""
    complete = completeness(journal)
    for log in logs:
        complete_to = complete[log.origin].complete_to
        has_key = keys[Region(log.origin)].ever()
        if not log.entries and has_key and not _signed_as_empty(journal, log.origin):
            # Who is yet to join has no key; who made the journal may have left out
            # all of a region that has one.
            complete_to = ""
        yield replace(log, complete_to=complete_to)


def _signed_as_empty(journal: Journal, origin: str) -> bool:
    """Whether a region has signed that it had recorded nothing, which nobody makes up."""
    with journal.reading() as cursor:
        announcement = announced(cursor, origin)
    return (
        announcement is not None and bool(announcement.note) and not announcement.size
    )


_OF_REGIONS: Final = (
    *(("journal", "origin"), ("checkpoint", "origin"), ("announced", "origin")),
    *(("cosignature", "origin"), ("cosignature", "witness"), ("incident", "origin")),
)
"""Columns of the journal that name a region; nothing else may stand there."""


def _strangers(journal: Journal) -> None:
    """Check that nothing is kept of a region that there is not, nor before the first."""
    regions = [region.value for region in Region]
    marks = ", ".join("?" for _ in regions)
    with journal.reading() as cursor:
        for table, member in _OF_REGIONS:
            cursor.execute(
                f"SELECT {member} AS named FROM {table} "  # noqa: S608 - ours
                f"WHERE {member} NOT IN ({marks}) ORDER BY {member} LIMIT 1",
                regions,
            )
            row = cursor.fetchone()
            if row is not None:
                message = (
                    f"the table {table} names {row['named']!r}, which is no region"
                )
                raise DamageError(message)
        cursor.execute(
            "SELECT origin, position FROM journal WHERE position < 1 "
            "ORDER BY origin, position LIMIT 1"
        )
        row = cursor.fetchone()
    if row is not None:
        message = (
            f"the table journal holds position {row['position']} of {row['origin']}"
        )
        raise DamageError(message)


class _Roots(Protocol):
    """The signed roots of a log by their sizes."""

    def get(self, size: int, /) -> bytes | None:
        """Root at a signed size."""


Opened = Callable[[str], AbstractContextManager[Journal]]
"""Opens the journal of a node again."""


def compare(
    verified: Mapping[str, Sequence[Verified]], opened: Opened | None = None
) -> None:
    """Check that all nodes hold the same history of each region.

    ``verified`` has each node's logs by the node's region. Where not all signed roots
    are in them, journals are ``opened`` for those after the last size at which
    the logs are known to be the same.
    """
    own = {
        log.origin: log.entries
        for node in verified
        for log in verified[node]
        if log.origin == node
    }
    before: dict[str, Sequence[Verified]] = {}
    for node, logs in verified.items():
        for log in logs:
            if log.entries > own.get(log.origin, log.entries):
                message = (
                    f"{log.origin} holds {own[log.origin]} entries of its own, and "
                    f"{node} holds {log.entries} that it signed"
                )
                raise DamageError(message)
            others = {
                name: each
                for name, theirs in before.items()
                for each in theirs
                if each.origin == log.origin
            }
            _compare_log(node, log, others, opened)
        before[node] = logs


def _compare_log(
    node: str, log: Verified, others: Mapping[str, Verified], opened: Opened | None
) -> None:
    """Check that the signed roots of a log are those that nodes before this one have."""
    with ExitStack() as stack:
        if opened is None:
            roots: dict[str, _Roots] = {
                name: other.roots for name, other in others.items()
            }
            ours = iter(log.roots.items())
        else:
            common = [_common(log, other) for other in others.values()]
            ends = [min(log.entries, other.entries) for other in others.values()]
            if common == ends:
                return
            journals = {
                name: stack.enter_context(opened(name)) for name in (*others, node)
            }
            roots = {name: _Signed(journals[name], log.origin) for name in others}
            ours = _signed_after(journals[node], log.origin, min(common))
        for size, root_here in ours:
            for name, signed in roots.items():
                root_there = signed.get(size)
                if root_there not in {None, root_here}:
                    message = (
                        f"{log.origin} signed two histories of {size} entries: one is "
                        f"at {name}, the other at {node}"
                    )
                    raise DamageError(message)
                if root_there is not None:
                    break


def _common(log: Verified, other: Verified) -> int:
    """Largest size that both were asked about at which two logs are the same."""
    sizes = log.reached.keys() & other.reached.keys()
    same = [size for size in sizes if log.reached[size] == other.reached[size]]
    return max(same, default=0)


def _signed_after(
    journal: Journal, origin: str, size: int
) -> Iterator[tuple[int, bytes]]:
    """Signed sizes of a verified log beyond one, with their roots."""
    for seal in journal.seals(origin, size):
        yield seal.frontier.size, root(seal.frontier)


class _Signed:
    """The signed roots of a verified log, read one by one."""

    def __init__(self, journal: Journal, origin: str) -> None:
        self._journal = journal
        self._origin = origin

    def get(self, size: int, /) -> bytes | None:
        """Root at a signed size."""
        seal = self._journal.sealed(self._origin, size)
        same = seal is not None and seal.frontier.size == size
        return root(seal.frontier) if seal is not None and same else None
