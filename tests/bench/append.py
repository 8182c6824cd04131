"""Durable commands, one event each, beside the library's bare ``Application.save``."""

import itertools
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from psycopg.conninfo import conninfo_to_dict
from stdnum.no import orgnr

from domain.parties.organisation import OrganisationRegistered, RegisterOrganisation
from domain.refusal import Refusal
from domain.values import REGIONAL_AUTHORITY, OrganisationKind, Region
from federation.journal.mapper import MAPPER, Recorded
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.log.executor import Executor, RequestContext
from federation.signed.entry import Envelope
from tests.bench.measure import Result, alternating, compared, rate
from tests.support import servers
from tests.support.federation import DIGESTS, instant

COMMANDS: Final = 500
AUTHORITY: Final = REGIONAL_AUTHORITY[Region.VEST]


class Registered(Aggregate):
    """What the library's application keeps of an organisation."""

    @event("Registered")
    def __init__(self, org_number: str, name: str, kind: str, region: str) -> None:
        self.org_number = org_number
        self.name = name
        self.kind = kind
        self.region = region


def numbered(act: Callable[[str], object]) -> Callable[[], float]:
    """Return a round: so many new organisations, and how many a second."""
    numbers = (str(n) for n in itertools.count(800_000_000) if orgnr.is_valid(str(n)))

    def run() -> float:
        some = list(itertools.islice(numbers, COMMANDS))

        def act_on_all() -> None:
            for number in some:
                act(number)

        return rate(COMMANDS, act_on_all)

    return run


class Ours:
    """The whole path of a command, and its last step alone."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._executor = Executor(journal, DIGESTS)

    def execute(self, number: str) -> None:
        """Load, decide, append."""
        command = RegisterOrganisation(
            org_number=number,
            name="Helse Vest",
            short_name="HV",
            kind=OrganisationKind.HF,
            region=Region.VEST,
        )
        asker = RequestContext("registrar", AUTHORITY, number, "c" * 32, instant())
        outcome = self._executor.execute(command, asker)
        assert not isinstance(outcome, Refusal), outcome

    def append(self, number: str) -> None:
        """Append an entry that is decided already, with the memory of its command."""
        fact = OrganisationRegistered(
            org_number=number,
            name="Helse Vest",
            short_name="HV",
            kind=OrganisationKind.HF,
            region=Region.VEST,
            parent_org_number=None,
        )
        event = MAPPER.to_stored_event(Recorded(f"vest:appended:{number}", 1, fact))
        envelope = Envelope("registrar", AUTHORITY, f"a/{number}", "0" * 32, "c", "")
        self._journal.append([event], envelope=envelope)


class Bare:
    """The library's application: one aggregate, one event, one save."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._application: Application[UUID] = Application(env=environment)

    def save(self, number: str) -> None:
        """Save a new aggregate."""
        self._application.save(Registered(number, "Helse Vest", "hf", "vest"))

    def close(self) -> None:
        """Close its connections."""
        self._application.close()


def on_sqlite(folder: Path) -> dict[str, str]:
    """Return the library's environment for a file."""
    return {
        "PERSISTENCE_MODULE": "eventsourcing.sqlite",
        "SQLITE_DBNAME": str(folder / "bare.sqlite"),
    }


def on_postgres(database: str) -> dict[str, str]:
    """Return the library's environment for a database."""
    dsn = conninfo_to_dict(database)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(dsn["dbname"]),
        "POSTGRES_HOST": str(dsn["host"]),
        "POSTGRES_PORT": str(dsn["port"]),
        "POSTGRES_USER": str(dsn["user"]),
        "POSTGRES_PASSWORD": str(dsn.get("password", "")),
    }


def run() -> list[Result]:
    """Measure on both databases."""
    results = []
    with ExitStack() as stack:
        folder = stack.enter_context(servers.folder())
        server = stack.enter_context(servers.postgres_server())
        journals = {
            "SQLite": SQLiteJournal(folder / "ours.sqlite", Region.VEST, instant),
            "PostgreSQL": servers.postgres_journal(servers.new_database(server)),
        }
        environments = {
            "SQLite": on_sqlite(folder),
            "PostgreSQL": on_postgres(servers.new_database(server)),
        }
        goals = {"SQLite": "≥ 0.8", "PostgreSQL": "≥ 1.0"}
        for name, journal in journals.items():
            ours, bare = Ours(journal), Bare(environments[name])
            save = numbered(bare.save)
            for what, act in (("append", ours.append), ("command", ours.execute)):
                first, second = alternating(numbered(act), save)
                what_else = f"{what}, {name}, beside Application.save"
                results.append(compared(what_else, first, second, "/s", goals[name]))
            bare.close()
            journal.close()
    return results
