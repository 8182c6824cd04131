"""What is known of the regions' logs beyond their entries: cosignatures, incidents.

Rows are only ever added. A cosignature is kept by the size of the log that it
is about; an incident is evidence, or what this node alone has seen, and what an
operator decided about it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from domain.values import instant_text
from federation.journal.shapes import DatabaseCursor, paged
from federation.journal.store import Journal

TABLES: Final = ("cosignature", "incident", "incident_decision")
SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS cosignature (
        origin TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        witness TEXT NOT NULL,
        size BIGINT NOT NULL,
        note TEXT NOT NULL,
        PRIMARY KEY (origin, epoch, witness, size)
    )""",
    """CREATE TABLE IF NOT EXISTS incident (
        incident_id TEXT NOT NULL PRIMARY KEY,
        origin TEXT NOT NULL,
        kind TEXT NOT NULL,
        evidence TEXT NOT NULL,
        noticed_at TEXT NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS incident_decision (
        incident_id TEXT NOT NULL PRIMARY KEY,
        reason TEXT NOT NULL,
        decided_at TEXT NOT NULL
    )""",
)
OPEN_MAX: Final = 16
"""Undecided incidents about one region that are kept: of those that are proved, and of
each kind that was only observed."""
OBSERVED: Final = "observed:"
"""Prefix of the kind of an incident that no evidence shows to others."""


class Cosigned(NamedTuple):
    """A checkpoint with the cosignature of one witness."""

    origin: str
    epoch: int
    witness: str
    size: int
    note: str


class Incident(NamedTuple):
    """What a region signed or what was seen of it, and what was decided about that."""

    incident_id: str
    origin: str
    kind: str
    evidence: str
    noticed_at: str
    reason: str | None = None
    """Why an operator lets the region go on; None until then."""
    decided_at: str | None = None

    @property
    def observed(self) -> bool:
        """Whether this node alone has seen it, and nothing proves it to others."""
        return self.kind.startswith(OBSERVED)


def keep_cosignature(journal: Journal, cosigned: Cosigned) -> bool:
    """Keep a cosignature of a larger log than the witness's last; say if it is."""
    with journal.reading() as cursor:
        last = _last(cursor, *cosigned[:3])
    if last is not None and last.size >= cosigned.size:
        return False
    with journal.writing() as cursor:
        cursor.execute(
            "INSERT INTO cosignature VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            cosigned,
        )
    return True


def last_cosignatures(
    journal: Journal, origin: str, epoch: int, witnesses: Sequence[str]
) -> Mapping[str, Cosigned]:
    """Last cosignature of a log by each witness that has given one."""
    with journal.reading() as cursor:
        last = {witness: _last(cursor, origin, epoch, witness) for witness in witnesses}
    return {name: cosigned for name, cosigned in last.items() if cosigned}


def _last(
    cursor: DatabaseCursor, origin: str, epoch: int, witness: str
) -> Cosigned | None:
    cursor.execute(
        "SELECT origin, epoch, witness, size, note FROM cosignature "
        "WHERE origin = ? AND epoch = ? AND witness = ? ORDER BY size DESC LIMIT 1",
        (origin, epoch, witness),
    )
    row = cursor.fetchone()
    return None if row is None else Cosigned(*(row[name] for name in Cosigned._fields))


def cosignatures(
    journal: Journal, origin: str, epoch: int, witness: str, after: int = 0
) -> Iterator[Cosigned]:
    """Cosignatures of a log by a witness beyond a size, smallest first."""
    select = (
        f"SELECT {', '.join(Cosigned._fields)} FROM cosignature "
        "WHERE origin = ? AND epoch = ? AND witness = ?"
    )
    for row in paged(journal.reading, select, (origin, epoch, witness), "size", after):
        yield Cosigned(*(row[name] for name in Cosigned._fields))


def keep_incident(journal: Journal, incident: Incident) -> bool:
    """Keep an incident; say whether it is new, and not one of too many."""
    with journal.writing() as cursor:
        cursor.execute(
            "SELECT 1 AS same FROM incident WHERE incident_id = ?",
            (incident.incident_id,),
        )
        is_known = cursor.fetchone() is not None
        alike = incident.kind if incident.observed else None
        if is_known or _waiting(cursor, incident.origin, alike) >= OPEN_MAX:
            return False
        cursor.execute(
            "INSERT INTO incident VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            incident[:5],
        )
    return True


def is_known(journal: Journal, incident_id: str) -> bool:
    """Whether an incident is kept, decided or not."""
    with journal.reading() as cursor:
        cursor.execute(
            "SELECT 1 AS same FROM incident WHERE incident_id = ?", (incident_id,)
        )
        return cursor.fetchone() is not None


def incidents(journal: Journal, *, undecided: bool = False) -> Sequence[Incident]:
    """Incidents in the order in which they were noticed."""
    only = "WHERE decided_at IS NULL " if undecided else ""
    with journal.reading() as cursor:
        cursor.execute(
            "SELECT incident.incident_id, origin, kind, evidence, noticed_at, reason, "
            "decided_at FROM incident LEFT JOIN incident_decision "
            "ON incident.incident_id = incident_decision.incident_id "
            f"{only}ORDER BY noticed_at, incident.incident_id"
        )
        rows = cursor.fetchall()
    return [Incident(*(row[name] for name in Incident._fields)) for row in rows]


def count_undecided(journal: Journal, origin: str, *, observed: bool = False) -> int:
    """How many proved incidents about a region wait for a decision.

    Or how many of those that only this node has seen: they keep no log out.
    """
    with journal.reading() as cursor:
        return _waiting(cursor, origin, f"{OBSERVED}%" if observed else None)


def _waiting(cursor: DatabaseCursor, origin: str, seen: str | None) -> int:
    """``seen`` is a kind that was only observed; None counts those that are proved."""
    cursor.execute(
        "SELECT COUNT(*) AS waiting FROM incident WHERE origin = ? "
        f"AND kind {'NOT ' if seen is None else ''}LIKE ? "
        "AND incident_id NOT IN (SELECT incident_id FROM incident_decision)",
        (origin, seen or f"{OBSERVED}%"),
    )
    return int(cursor.fetchone()["waiting"])


def decide_all(journal: Journal, origin: str, reason: str) -> int:
    """Let a region go on in spite of its incidents; return how many those are."""
    waiting = [i for i in incidents(journal, undecided=True) if i.origin == origin]
    for incident in waiting:
        decide_one(journal, incident.incident_id, reason)
    return len(waiting)


def decide_one(journal: Journal, incident_id: str, reason: str) -> None:
    """Keep why an incident waits no more; the first reason stays."""
    with journal.writing() as cursor:
        cursor.execute(
            "INSERT INTO incident_decision VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (incident_id, reason, instant_text(journal.clock())),
        )
