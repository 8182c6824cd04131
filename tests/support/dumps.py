"""A journal with something of everything that one can hold, and its copy."""

import io
from datetime import UTC, date, datetime
from pathlib import Path

from eventsourcing.persistence import StoredEvent

from domain.parties.epoch import EpochBegun
from domain.values import Region
from federation.backup.dump import Dumped, dump
from federation.checks.evidence import Evidence, evidence_from
from federation.checks.incidents import Observation, Observed, observe, raise_incident
from federation.journal.copying import COPIED
from federation.journal.shapes import Position, Sealed
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.journal.witnessing import Cosigned, decide_all, keep_cosignature
from federation.log.completeness import announce, hear
from federation.log.epochs import epoch_stream
from federation.log.persons import Persons
from federation.log.sealing import seal
from federation.signed.checkpoint import Checkpoint, sign
from federation.signed.cosignature import cosign
from federation.signed.entry import EntryHeader, Envelope, Row, build
from federation.signed.merkle import Frontier, extend, root
from tests.support.federation import KEYS, instant
from tests.support.replication import record

VEST, NORD, MIDT = Region.VEST, Region.NORD, Region.MIDT
PUBLIC = {region: key.verifier for region, key in KEYS.items()}
NOW = datetime(2026, 5, 17, 12, tzinfo=UTC)
NAMES = b"names only here!" * 2
LATER = datetime(2026, 1, 1, 14, tzinfo=UTC)


def command(journal: Journal, number: int, entries: int) -> None:
    """Record as a command does."""
    envelope = Envelope("p-1", "985", f"c-{number}", "d" * 8, f"c-{number}", "")
    streams = [f"vest:x:c{number}-{each}" for each in range(entries)]
    events = [StoredEvent(each, 1, "x.happened.v1", b'{"a":1}') for each in streams]
    journal.append(events, envelope=envelope)


def signed(journal: Journal, sizes: list[int]) -> None:
    """Sign for the home log at some sizes."""
    frontier = Frontier()
    for size in sizes:
        rows = journal.entries("vest", frontier.size, size - frontier.size)
        frontier = seal(journal, frontier, rows, KEYS[VEST]).frontier


def received(
    journal: Journal, source: Journal, sizes: list[int], after: int = 0
) -> None:
    """Take another region's pages, after what is here."""
    origin = source.region
    before = source.entries(origin.value, 0, after) if after else ()
    frontier = extend(Frontier(), (row.leaf for row in before))
    for size in sizes:
        rows = source.entries(origin.value, frontier.size, size - frontier.size)
        frontier = extend(frontier, (row.leaf for row in rows))
        said = Checkpoint(origin.value, 1, size, root(frontier), rows[-1].recorded_at)
        note = sign(said, KEYS[origin])
        journal.receive(rows, Sealed(frontier, note))
        place = (origin.value, 1, MIDT.value, size)
        keep_cosignature(journal, Cosigned(*place, cosign(note, KEYS[MIDT], 5)))


def entry_of_sorost(epoch: int, n: int, fact: EpochBegun | None = None) -> Row:
    """Return an entry of sorost's log."""
    on = epoch_stream("sorost") if fact else f"sorost:x:{n}"
    kind, data = (fact.TYPE, fact.to_bytes()) if fact else ("x", b"{}")
    recorded_at = f"2026-01-01T12:00:00.00000{n}Z"
    return build(EntryHeader("sorost", epoch, n, on, 1, kind, recorded_at), None, data)


def over_epochs(journal: Journal) -> None:
    """Take a log of sorost's that goes on in a second epoch."""
    first = [entry_of_sorost(1, n) for n in (1, 2, 3)]
    kept = extend(Frontier(), (row.leaf for row in first))
    fact = EpochBegun(
        epoch=2,
        kept=3,
        kept_root=root(kept).hex(),
        promised=4,
        promised_root="0" * 64,
        begun_on=date(2026, 1, 1),
        reason="A disk was lost",
        without=(),
    )
    frontier = Frontier()
    for rows in (first, [entry_of_sorost(2, 4, fact), entry_of_sorost(2, 5)]):
        epoch, until = rows[-1].epoch, rows[-1].recorded_at
        frontier = extend(frontier, (row.leaf for row in rows))
        said = Checkpoint("sorost", epoch, frontier.size, root(frontier), until)
        note = sign(said, KEYS[Region.SOROST])
        journal.receive(rows, Sealed(frontier, note))
        cosigned = cosign(note, KEYS[MIDT], 5)
        place = ("sorost", epoch, "midt", frontier.size)
        keep_cosignature(journal, Cosigned(*place, cosigned))


def heard(journal: Journal, origin: Region, entries: int) -> None:
    """Hear that nothing happened since."""
    kept = journal.sealed(origin.value)
    frontier = kept.frontier if kept else Frontier()
    assert frontier.size == entries
    until = "2026-01-01T13:00:00.000000Z"
    said = Checkpoint(origin.value, 1, entries, root(frontier), until)
    assert hear(journal, said, sign(said, KEYS[origin]))


def accuse(journal: Journal) -> None:
    """Hold against midt that it signed two logs of one entry."""
    first, second = (
        sign(
            Checkpoint("midt", 1, 1, bytes([n]) * 32, "2026-01-01T13:00:00.000000Z"),
            KEYS[MIDT],
        )
        for n in (1, 2)
    )
    keys = {each.value: key for each, key in PUBLIC.items()}
    assert raise_incident(journal, Evidence(first, second), keys)
    kept = Path(__file__).parents[1] / "data" / "evidence" / "version-taken.json"
    assert raise_incident(journal, evidence_from(kept.read_bytes().strip()), keys)
    assert observe(
        journal, "nord", Observation(Observed.WITHHELD, "log", "two are missing")
    )


def fill(journal: Journal, folder: Path) -> None:
    """Give a journal of vest something of everything that one can hold."""
    nord = SQLiteJournal(folder / "nord.sqlite", NORD, instant)
    record(nord, 1203)
    received(journal, nord, [1, 500, 501, 1203])
    over_epochs(journal)
    heard(journal, NORD, 1203)
    heard(journal, MIDT, 0)
    record(journal, 2)
    for number, entries in enumerate((3, 0, 700, 1, 0, 2)):
        command(journal, number, entries)
    signed(journal, [2, 5, 400])
    note = journal.sealed("vest")
    assert note is not None
    cosigned = cosign(note.note, KEYS[NORD], 7)
    keep_cosignature(journal, Cosigned("vest", 1, "nord", 400, cosigned))
    signed(journal, [2, 5, 400, 708])
    frontier = journal.sealed("vest")
    assert frontier is not None

    def sign_at(instant: str) -> str:
        said = Checkpoint("vest", 1, 708, root(frontier.frontier), instant)
        return sign(said, KEYS[VEST])

    assert announce(journal, Position(1, 708), LATER, sign_at)
    record(journal, 30)
    command(journal, 9, 4)
    accuse(journal)
    decide_all(journal, "midt", "looked at")
    Persons(journal, NAMES).remember("p-1", "Kari Nordmann")
    nord.close()


def tables(journal: Journal) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    found = {}
    with journal.reading() as cursor:
        for table in sorted(COPIED):
            cursor.execute(f"SELECT * FROM {table}")
            rows = [
                tuple(
                    bytes(cell) if isinstance(cell, memoryview | bytearray) else cell
                    for cell in (dict(row).values())
                )
                for row in cursor.fetchall()
            ]
            found[table] = sorted(rows, key=str)
    return found


def dumped(journal: Journal, **options: bool) -> tuple[bytes, Dumped]:
    file = io.BytesIO()
    written = dump(journal, file, "1.2.3", NOW, **options)
    return file.getvalue(), written
