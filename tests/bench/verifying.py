"""Verifying a journal from its bytes up, beside the arithmetic that it cannot do without.

The limit reads each body, parses it, hashes it as a leaf and checks the signature of
each checkpoint and cosignature, in one thread, and asks nothing. The lines of a million
entries say whether the cost of an entry grows with the journal, and what memory it takes.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import count, cycle, islice
from pathlib import Path
from time import process_time
from typing import Any, Final, NamedTuple

import orjson

from deploy.databases import open_journal
from domain.values import Region, instant_text
from federation.journal.store import MICROSECOND, Journal
from federation.journal.witnessing import cosignatures
from federation.signed.checkpoint import Checkpoint, read, sign
from federation.signed.cosignature import cosign, cosigned_with
from federation.signed.entry import (
    IN_ORDER,
    EntryHeader,
    Envelope,
    Row,
    build,
    entry_id,
    leaf_hash,
)
from federation.signed.merkle import Frontier, extend, root
from tests.bench.facts import recorded
from tests.bench.measure import Result, Rounds, Taken, alternating, spent, taken
from tests.support import servers
from tests.support.examples import OSLO
from tests.support.federation import KEYS

OF_A_COMMAND: Final = 4
"""Entries of a command: a document, its verdict, a payment, a staffing."""
PAGE_ENTRIES: Final = 100
"""Entries under one checkpoint, as a node makes them that is not idle."""
SMALL: Final = 100_000
LARGE: Final = 1_000_000
ROUNDS: Final = 3
BEGINNING: Final = datetime(2026, 1, 1, 12, tzinfo=UTC)
WITNESS: Final = Region.NORD
BATCH_ENTRIES: Final = 1000
HOME: Final = Region.VEST


class Log:
    """One region's log while a journal is filled: where it is, and its tree."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.frontier = Frontier()
        self.at = BEGINNING
        self._versions = Counter[str]()
        self._facts = recorded()

    @property
    def place(self) -> str:
        """The last entry."""
        return entry_id(self.region.value, 1, self.frontier.size)

    def rows(self, number: int, seen: str) -> list[Row]:
        """Entries of the next command."""
        envelope = Envelope(
            *("0" * 32, OSLO, f"{OSLO}/{number}", "0" * 32, "c" * 32, seen),
            rules=IN_ORDER,
        )
        rows: list[Row] = []
        for each in islice(self._facts, OF_A_COMMAND):
            stream = each.originator_id.replace("vest:", f"{self.region.value}:", 1)
            self._versions[stream] += 1
            self.at += MICROSECOND
            header = EntryHeader(
                *(self.region.value, 1, self.frontier.size + len(rows) + 1, stream),
                *(self._versions[stream], each.fact.TYPE, instant_text(self.at)),
            )
            rows.append(build(header, envelope, each.fact.to_bytes()))
        self.frontier = extend(self.frontier, (row.leaf for row in rows))
        return rows

    def note(self) -> str:
        """Checkpoint of all that is here."""
        checkpoint = Checkpoint(
            *(self.region.value, 1, self.frontier.size, root(self.frontier)),
            complete_to=instant_text(self.at),
        )
        return sign(checkpoint, KEYS[self.region])


class Logs:
    """All regions' logs while a journal is filled."""

    def __init__(self) -> None:
        self.of = {region: Log(region) for region in Region}
        self._turns = zip(count(1), cycle(self.of.values()), strict=False)

    def fill(self, journal: Journal, entries: int) -> None:
        """Append commands of all regions in turn to a journal, signed and cosigned."""
        done = 0
        while done < entries:
            with journal.writing() as cursor:
                for number, log in islice(self._turns, PAGE_ENTRIES):
                    seen = " ".join(each.place for each in self.of.values())
                    rows = log.rows(number, seen)
                    journal.insert_rows(cursor, rows)
                    done += len(rows)
                    if log.region is HOME:
                        place = (rows[0].position, len(rows))
                        cursor.execute(
                            "INSERT INTO command VALUES (?, ?, ?, ?)",
                            (f"{OSLO}/{number}", "0" * 32, *place),
                        )
                for log in self.of.values():
                    _signed(cursor, log)


def _signed(cursor: Any, log: Log) -> None:
    note, size = log.note(), log.frontier.size
    cursor.execute(
        "INSERT INTO checkpoint VALUES (?, ?, ?, ?, ?)",
        (log.region.value, 1, size, log.frontier.to_bytes(), note),
    )
    if log.region is not WITNESS:
        cosigned = cosign(note, KEYS[WITNESS], int(log.at.timestamp()))
        cursor.execute(
            "INSERT INTO cosignature VALUES (?, ?, ?, ?, ?)",
            (log.region.value, 1, WITNESS.value, size, cosigned),
        )


class Filled(NamedTuple):
    """A journal that is full, and the keys of all regions."""

    folder: Path

    @property
    def database(self) -> str:
        """The journal, as settings name it."""
        return f"sqlite:///{self.folder / 'journal.sqlite'}"

    @property
    def settings(self) -> dict[str, str]:
        """What a command is told of it."""
        return {
            "FAGNETT_REGION": HOME.value,
            "FAGNETT_DATABASE": self.database,
            "FAGNETT_PEERS_FILE": str(self.folder / "regions.pub"),
        }

    def takes(self, *arguments: str) -> Taken:
        """Run a command on it; return what that takes."""
        return taken([sys.executable, "-m", "deploy.cli", *arguments], self.settings)


@contextmanager
def filled(entries: int) -> Iterator[Filled]:
    """Give a full journal."""
    with servers.folder() as place:
        full = Filled(Path(place))
        keys = "".join(f"{key.verifier}\n" for key in KEYS.values())
        (full.folder / "regions.pub").write_text(keys)
        with closing(open_journal(full.database, HOME)) as journal:
            Logs().fill(journal, entries)
        yield full


def limit(full: Filled) -> float:
    """Return the CPU seconds of what no verification can do without, in one thread."""
    start = process_time()
    with closing(open_journal(full.database, HOME, read_only=True)) as journal:
        for region in Region:
            after = 0
            while rows := journal.entries(region.value, after, BATCH_ENTRIES):
                for row in rows:
                    orjson.loads(row.body)
                    leaf_hash(row.body)
                after = rows[-1].position
            for seal in journal.seals(region.value):
                read(seal.note, KEYS[region].verifier)
            for each in cosignatures(journal, region.value, 1, WITNESS.value):
                cosigned_with(each.note, KEYS[WITNESS].verifier)
    return process_time() - start


def run() -> list[Result]:
    """Measure a journal of a million entries beside the limit and a smaller one."""
    with filled(SMALL) as few, filled(LARGE) as many:
        rounds = [
            (many.takes("verify"), limit(many), few.takes("verify"))
            for _ in range(ROUNDS)
        ]
        kept = str(many.folder / "kept")
        many.takes("verify", "--keep", kept)
        since = Rounds(
            many.takes("verify", "--since", kept).cpu_seconds for _ in range(ROUNDS)
        )
    cpu = Rounds(large.cpu_seconds for large, _, _ in rounds)
    wall = Rounds(large.wall_seconds for large, _, _ in rounds)
    least = Rounds(bare for _, bare, _ in rounds)
    small = Rounds(each.cpu_seconds * LARGE / SMALL for _, _, each in rounds)
    memory = Rounds(large.megabytes for large, _, _ in rounds)
    before = Rounds(each.megabytes for _, _, each in rounds)
    what = f"verify {LARGE:,} entries"
    return [
        spent(f"{what}: CPU, beside parse, hash, Ed25519", cpu, least, "s", "≤ 40 s"),
        spent(f"{what}: time, beside its CPU", wall, cpu, "s", "≤ 0.65"),
        spent(
            f"{what}: CPU, beside {LARGE // SMALL} x {SMALL:,}",
            cpu,
            small,
            "s",
            "≤ 1.20",
        ),
        spent(f"{what}: memory, beside {SMALL:,}", memory, before, "MB", "≤ 1.20"),
        spent(f"{what} again, --since: CPU", since, cpu, "s", ""),
    ]


def run_backup() -> list[Result]:
    """Measure a backup of a million entries beside smaller ones."""
    with filled(SMALL) as few, filled(LARGE) as many:

        def seconds(full: Filled) -> float:
            to = str(full.folder / "backup")
            return full.takes("backup", "--to", to, "--overwrite").cpu_seconds

        large, small = alternating(
            lambda: seconds(many), lambda: seconds(few) * LARGE / SMALL, ROUNDS
        )
    what = f"backup of {LARGE:,} entries: CPU, beside {LARGE // SMALL} x {SMALL:,}"
    return [spent(what, large, small, "s", "≤ 1.20")]
