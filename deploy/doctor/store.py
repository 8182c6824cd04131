"""The database and what is in it: its kind, room, how far each region is complete."""

import platform
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Final

from api.instants import has_begun, shown_instant
from deploy.doctor.finding import Finding, Values, fails, ok, warns
from domain.values import Region, parse_instant
from federation.journal.store import Journal
from federation.journal.witnessing import count_undecided
from federation.log.completeness import FOREVER, completeness
from federation.log.membership import absent, departed
from federation.log.times import APART_MAX, VOICES_MIN

FREE_BYTES_MIN: Final = 256 * 1024 * 1024
FREE_BYTES_WANTED: Final = 2 * 1024 * 1024 * 1024
LAG_SECONDS_MAX: Final = 60
"""Older than that, what is complete of a region is worth a look."""
AHEAD_SECONDS_MAX: Final = 5
_MEBIBYTE: Final = 1024 * 1024


def versions(nats: str) -> Finding:
    """Tell what runs here; ``nats`` is the server's version, where it answers."""
    return ok(
        "versions",
        fagnett=version("fagnett"),
        python=platform.python_version(),
        nats=nats or "-",
    )


def database(journal: Journal, *, sqlite: bool) -> Finding:
    """Tell of a database that answers."""
    kind = f"SQLite {sqlite3.sqlite_version}"
    if not sqlite:
        with journal.reading() as cursor:
            cursor.execute(
                "SELECT current_setting('server_version') AS release, "
                "current_setting('default_transaction_read_only') AS read_only, "
                "pg_is_in_recovery() AS is_standby"
            )
            about = cursor.fetchone()
        kind = f"PostgreSQL {about['release']}"
        if about["is_standby"] or about["read_only"] == "on":
            return fails("database", "read_only", kind=kind)
    entries = sum(end.position for end in journal.positions().values())
    return ok("database", kind=kind, entries=entries)


def disk(file: Path) -> Finding:
    """Look for room where SQLite's file is or will be."""
    folder = file.parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    needed = max(FREE_BYTES_WANTED, file.stat().st_size if file.exists() else 0)
    values: Values = {"free": free // _MEBIBYTE, "folder": str(folder)}
    if free < FREE_BYTES_MIN:
        return fails("disk", **values)
    if free < needed:
        return warns("disk", wanted=needed // _MEBIBYTE, **values)
    return ok("disk", **values)


def frontier(journal: Journal, now: datetime, *, plays: bool) -> Iterator[Finding]:
    """Tell until when each region is complete here, and how old that is.

    ``plays`` says that business days are played, which are not this machine's.
    """
    left, away = departed(journal), absent(journal)
    for origin, here in completeness(journal).items():
        if Region(origin) in left:
            day = left[Region(origin)].left_on.isoformat()
            yield ok("frontier", "left", origin=origin, entries=here.position, day=day)
            continue
        if Region(origin) in away:
            yield ok("frontier", "yet_to_join", origin=origin)
            continue
        if not here.complete_to:
            yield warns("frontier", "none", origin=origin)
            continue
        if not has_begun(here.complete_to):
            yield ok("frontier", "no_day", origin=origin, entries=here.position)
            continue
        lag = int((now - parse_instant(here.complete_to)).total_seconds())
        values: Values = {
            "origin": origin,
            "entries": here.position,
            "complete_to": shown_instant(here.complete_to),
            "lag": max(0, lag),
        }
        if plays:
            del values["lag"]
            yield ok("frontier", "played", **values)
        elif -AHEAD_SECONDS_MAX <= lag <= LAG_SECONDS_MAX:
            yield ok("frontier", **values)
        elif lag < 0:
            yield warns("frontier", "ahead", origin=origin, ahead=-lag)
        else:
            yield warns("frontier", **values)


def times(journal: Journal, now: datetime) -> Finding:
    """Hold this machine's clock against what is recorded and announced here.

    What others said is older by now, so it shows only that a clock is behind.
    """
    ends = {
        origin: parse_instant(here.complete_to) - now
        for origin, here in completeness(journal).items()
        if here.complete_to not in {"", FOREVER}
    }
    own = ends.pop(journal.region.value, timedelta())
    if own > APART_MAX:
        return fails("times", "before_the_log", seconds=int(own.total_seconds()))
    later = sorted(offset for offset in ends.values() if offset > APART_MAX)
    if len(later) >= VOICES_MIN:
        return fails("times", "behind", seconds=int(later[0].total_seconds()))
    return ok("times")


def check_incidents(journal: Journal) -> Iterator[Finding]:
    """Tell of incidents that wait for a decision."""
    counts = {region.value: count_undecided(journal, region.value) for region in Region}
    waiting = {origin: count for origin, count in counts.items() if count}
    for origin, count in waiting.items():
        yield warns("incidents", origin=origin, count=count)
    seen = {
        region.value: count_undecided(journal, region.value, observed=True)
        for region in Region
    }
    for origin, count in seen.items():
        if count:
            yield warns("incidents", "observed", origin=origin, count=count)
    if not waiting and not any(seen.values()):
        yield ok("incidents")
