"""Verifying a journal from its bytes up, beside the arithmetic that it cannot do without.

The limit reads each body, parses it, hashes it as a leaf and checks the signature of
each checkpoint and cosignature, in one thread, and asks nothing. The lines of a million
entries say whether the cost of an entry grows with the journal, and what memory it takes.
"""

import os
import resource
import subprocess
from collections import Counter
from datetime import UTC, datetime
from itertools import count, cycle, islice
from time import perf_counter
from typing import Any, Final, NamedTuple

from domain.values import Region, instant_text
from federation.journal.store import MICROSECOND, Journal
from federation.signed.checkpoint import Checkpoint, sign
from federation.signed.cosignature import cosign
from federation.signed.entry import (
    IN_ORDER,
    EntryHeader,
    Envelope,
    Row,
    build,
    entry_id,
)
from federation.signed.merkle import Frontier, extend, root
from tests.bench.facts import recorded
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
KIBIBYTE: Final = 1024
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


class Spent(NamedTuple):
    """What a run took."""

    wall_seconds: float
    cpu_seconds: float
    megabytes: float
    """The greatest memory of its largest process."""


def spent(command: list[str], environment: dict[str, str]) -> Spent:
    """Run a command to its end, and say what it took with all its processes."""
    start, before = perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run(
        command, env={**os.environ, **environment}, check=True, capture_output=True
    )
    wall, after = perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert result.stdout
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(wall, cpu, after.ru_maxrss * KIBIBYTE / 1e6)
