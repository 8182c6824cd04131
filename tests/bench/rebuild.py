"""Rebuilding the read models, beside the library's ``ProjectionRunner``.

Both run the same handlers on the same facts; theirs adds each event's rows in
a transaction of its own. The lines of a million entries say whether the cost of
an entry grows with the journal, and what memory that takes.
"""

import multiprocessing
import resource
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any, Final, cast

from eventsourcing.application import Application
from eventsourcing.persistence import Mapper, Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from typing_extensions import override

from deploy.databases import open_journal
from deploy.views import open_views
from domain.values import Region
from federation.journal.mapper import MAPPER, Recorded
from projections.database import SCHEMA
from projections.engine import Projector
from projections.rows import FOLDS, Place, Rows
from tests.bench.append import on_postgres
from tests.bench.facts import fill, stored
from tests.bench.measure import Result, alternating, compared, rate
from tests.support import servers

SMALL: Final = 10_000
LARGE: Final = 1_000_000
THEIRS: Final = 2_000
"""Fewer for the runner: its cost of an event does not depend on how many there are."""
SMALL_REBUILDS: Final = 10
LARGE_ROUNDS: Final = 3
KIBIBYTE: Final = 1024
DAY: Final = date(2026, 1, 1)


class Facts(Application[str]):
    """The library's application over the same stored facts."""

    @override
    def construct_mapper(self) -> Mapper[str]:
        return MAPPER


class Views(PostgresTrackingRecorder):
    """The same tables, behind the library's tracking."""

    def add(self, rows: Rows, tracking: Tracking) -> None:
        """Add the rows of one event with its position."""
        with self.datastore.transaction(commit=True) as cursor:
            for table, values in rows:
                marks = ", ".join(["%s"] * len(values))
                statement = f"INSERT INTO {SCHEMA}.{table.name} VALUES ({marks})"
                cursor.execute(statement, values, prepare=True)
            self._insert_tracking(cursor, tracking)


class Handlers(Projection[Views]):
    """The same handlers."""

    name = "handlers"

    @override
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        event = cast("Recorded", domain_event)
        key = (Region.VEST.value, 1, tracking.notification_id)
        place = Place(*key, DAY, "", event.originator_version, b"")
        fold = FOLDS.get(type(event.fact))
        self.view.add(fold(place, event.fact) if fold else (), tracking)


def theirs(server: str) -> float:
    """Return the entries per second of a runner from an empty database."""
    database = servers.new_database(server)
    environment = {**on_postgres(database), "ORIGINATOR_ID_TYPE": "text"}
    views = open_views(database, None)
    journal = open_journal(database, Region.VEST)
    Projector(journal, views).prepare()
    journal.close()
    application = Facts(environment)
    for events in stored(THEIRS):
        application.recorder.insert_events(events)
    application.close()

    def run() -> None:
        with ProjectionRunner(
            application_class=Facts,
            projection_class=Handlers,
            view_class=Views,
            env=environment,
        ) as runner:
            runner.wait(THEIRS, timeout=120)

    measured = rate(THEIRS, run)
    views.dispose()
    return measured


def rebuilt(database: str) -> float:
    """Return the entries per second of one rebuild."""
    journal = open_journal(database, Region.VEST)
    views = open_views(database, None)
    projector = Projector(journal, views)
    projector.prepare()
    entries = journal.positions()[Region.VEST.value].position
    measured = rate(entries, projector.rebuild)
    views.dispose()
    journal.close()
    return measured


def often(database: str) -> float:
    """Return the median of some rebuilds."""
    return median(rebuilt(database) for _ in range(SMALL_REBUILDS))


def memory_bytes() -> int:
    """Return the greatest memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIBIBYTE


def filled(database: str, entries: int) -> str:
    """Fill a journal; return its database."""
    journal = open_journal(database, Region.VEST)
    fill(journal, entries)
    journal.close()
    return database


def growth(name: str, small: str, large: str) -> list[Result]:
    """Measure what an entry costs in a small journal and in a large one."""
    # In a process of its own, so that the memory is that of rebuilds alone.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        at_small, at_large = alternating(
            lambda: pool.apply(often, (small,)),
            lambda: pool.apply(rebuilt, (large,)),
            LARGE_ROUNDS,
        )
        megabytes = pool.apply(memory_bytes) / 1_000_000
    return [
        Result(
            f"rebuild, {name}: {LARGE:,} entries, beside {SMALL:,}",
            f"{at_large:,.0f} /s",
            f"{at_small:,.0f} /s",
            f"{at_small / at_large:.2f} of the cost",
            "≤ 1.20",
        ),
        Result(
            f"rebuild, {name}: memory at {LARGE:,} entries",
            f"{megabytes:,.0f} MB",
            "",
            "",
            "< 300 MB",
        ),
    ]


def run() -> list[Result]:
    """Measure on both databases."""
    with ExitStack() as stack:
        folder = stack.enter_context(servers.folder())
        server = stack.enter_context(servers.postgres_server())

        def sqlite(name: str) -> str:
            return f"sqlite:///{Path(folder) / name / 'journal.sqlite'}"

        small = filled(servers.new_database(server), SMALL)
        ours, other = alternating(lambda: rebuilt(small), lambda: theirs(server))
        what = "rebuild, PostgreSQL, beside ProjectionRunner"
        results = [compared(what, ours, other, "/s", "≥ 20")]
        large = filled(servers.new_database(server), LARGE)
        results += growth("PostgreSQL", small, large)
        small, large = (
            filled(sqlite("small"), SMALL),
            filled(sqlite("large"), LARGE),
        )
        return results + growth("SQLite", small, large)
