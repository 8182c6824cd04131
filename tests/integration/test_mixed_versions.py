"""Nodes of the last release beside nodes of the next, over real servers.

Nord and sorost run the last release, from its own file; vest and midt the next:
all that is here, and one kind of fact that nobody else knows.
"""

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import httpx
import pytest

from api.words import Language
from deploy.databases import open_journal
from deploy.local.database import Database
from deploy.local.federation import LocalFederation, is_ready
from deploy.local.home import Home
from deploy.local.stored import stored_databases
from deploy.year.folder import read_year
from deploy.year.plan import plan
from deploy.year.settle import Question, play, settle_year
from domain.values import REGIONAL_AUTHORITY, Region
from federation.journal.mapper import MAPPER, Recorded
from federation.signed.entry import Envelope, rules_of, seen_of
from tests.support import servers
from tests.support.commands import PATIENCE_SECONDS, environment, wait_for
from tests.support.compare import without_more
from tests.support.links import Link, switchboard
from tests.support.nodes import Nodes
from tests.support.oracle.settlement import run
from tests.support.releases import NetworkRenamed, Releases

pytestmark = [pytest.mark.servers, pytest.mark.law(3)]

NORD, MIDT, VEST, SOROST = Region.NORD, Region.MIDT, Region.VEST, Region.SOROST
YEAR = Path(__file__).parents[1] / "data" / "folders" / "order"
OLD, NEW = (NORD, SOROST), (MIDT, VEST)
COMPARED = ("posts", "agreements", "invoices", "regions")
NUMBERS = ("810000007", "810000015", "810000023", "810000031")
"""Of organisations that no year has."""


@dataclass
class Mixed(Nodes):
    """A federation of two releases, and what is done to it."""

    releases: Releases
    links: dict[Region, Link]
    home: Path
    dsn: str | None

    def rename(self, region: Region) -> None:
        """Record at a region what only the next release knows."""
        event = Recorded(f"{region.value}:names:ms", 1, NetworkRenamed(network="ms"))
        with (
            stored_databases(Home(self.home), self.dsn) as databases,
            closing(open_journal(databases[region], region)) as journal,
        ):
            last = journal.positions()[region.value].position
            (row,) = journal.entries(region.value, last - 1, 1)
            # It has seen that entry and what that one had, and keeps the same rules.
            places = {**seen_of(row.body), region.value: (row.epoch, row.position)}
            seen = " ".join(
                f"{name}/{e}/{n}" for name, (e, n) in sorted(places.items())
            )
            said = Envelope("a", REGIONAL_AUTHORITY[region], "n", "d", "c", seen)
            envelope = replace(said, rules=rules_of(row.body))
            journal.append([MAPPER.to_stored_event(event)], envelope=envelope)

    def cosigned(self) -> None:
        """Wait until all have cosigned all, and all know it."""

        def whole(at: Region, of: Region) -> bool:
            others = {each.value for each in Region if each is not of}
            told = self.known(at, of)
            sizes = told["cosigned"]
            return {n for n in others if sizes.get(n) == told["position"]} == others

        for at in Region:
            for of in Region:
                wait_for(
                    partial(whole, at, of), f"cosignatures of {of.value} at {at.value}"
                )

    def figure(self, region: Region, name: str) -> float:
        """Return one of a node's figures."""
        url = f"{self.federation.urls[region]}/metrics"
        lines = httpx.get(url, timeout=30).text.splitlines()
        (line,) = (each for each in lines if each.startswith(f"{name} "))
        return float(line.rpartition(" ")[2])

    def upgrade(self, region: Region) -> None:
        """Stop a region's node; it comes back, on its files, with the next release."""
        before = self.federation.pids()[f"node-{region.value}"]
        self.releases.upgrade(region)
        os.kill(before, signal.SIGTERM)
        wait_for(
            lambda: (
                self.federation.pids()[f"node-{region.value}"] != before
                and is_ready(self.federation.urls[region])
            ),
            f"the next process of {region.value}",
        )

    def verify(self, region: Region) -> str:
        """Return what a region's release says of all journals."""
        more = {} if self.dsn is None else {"FAGNETT_POSTGRES_DSN": self.dsn}
        command = self.releases.command(region, "verify", "--home", str(self.home))
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            env=environment(**more),
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def mixed(database: Database, dsn: str | None) -> Iterator[Mixed]:
    """Run two nodes of the last release and two of the next."""
    links: dict[Region, Link] = {}
    with switchboard() as loop, servers.folder() as home:

        def link(region: Region, port: int) -> int:
            links[region] = Link(loop, port)
            return links[region].port

        releases = Releases(home)
        for region in NEW:
            releases.upgrade(region)
        with LocalFederation(
            Home(home), database, dsn, link=link, command=releases.command
        ) as federation:
            yield Mixed(federation, releases, links, home, dsn)


@pytest.mark.parametrize(
    "database",
    [Database.SQLITE, pytest.param(Database.POSTGRES, marks=pytest.mark.soak)],
)
def test_the_last_release_and_the_next_are_one_federation(
    database: Database, request: pytest.FixtureRequest
) -> None:
    dsn = None
    if database is Database.POSTGRES:
        dsn = request.getfixturevalue("postgres_dsn")
    asked = Question(2026, date(2026, 12, 31))
    with mixed(database, dsn) as here:
        year = plan(read_year(YEAR))
        asyncio.run(play(here.federation, year, Language.EN, lambda _: None))
        found = asyncio.run(settle_year(here.federation, asked))
        expected = run(YEAR, asked.year, asked.as_of)
        for name in COMPARED:
            assert without_more(found[name], expected[name]) == expected[name]
        here.cosigned()
        through(here, NORD, MIDT, lambda: here.register(VEST, NUMBERS[0]))
        through(here, MIDT, NORD, lambda: here.rename(VEST))
        here.arrived(VEST, SOROST)
        stops_at_what_it_does_not_know(here)
        goes_on_after_the_upgrade(here)
        here.cosigned()
        # Sorost's read models are still of the last release, and may have its shape.
        upgraded = here.verify(VEST).splitlines()
        settled = [line for line in upgraded if "the read models settle" in line]
        for name in ("Helse Vest", "Helse Midt-Norge", "Helse Nord"):
            assert any(line.startswith(name) for line in settled), name


def through(
    here: Mixed, late: Region, holder: Region, record: Callable[[], None]
) -> None:
    """Record at vest while a region is away, which then has it from another.

    Vest is away by then, and the other two are of one release: whoever is asked
    is of another than who asks.
    """
    others = [each for each in Region if each not in (VEST, late)]
    givers = OLD if holder in OLD else NEW
    here.links[late].cut()
    record()
    here.arrived(VEST, *others)
    repaired = here.known(late, VEST)["repaired"]
    served = served_by(here, givers)
    here.links[VEST].cut()
    here.links[late].heal()
    here.arrived(VEST, late)
    # They are counted when nobody has more to give.
    wait_for(lambda: here.known(late, VEST)["repaired"] > repaired, "the count of it")
    assert served_by(here, givers) > served
    here.links[VEST].heal()


def served_by(here: Mixed, regions: tuple[Region, ...]) -> float:
    """Return how many pages nodes have given to others that asked."""
    return sum(here.figure(each, "fagnett_ranges_served_total") for each in regions)


def stops_at_what_it_does_not_know(here: Mixed) -> None:
    """The last release keeps and passes on; its answers stop, of one region, visibly."""
    unknown = here.known(VEST, VEST)["position"]
    here.register(VEST, NUMBERS[1])
    here.register(MIDT, NUMBERS[2])
    here.arrived(VEST, *OLD)
    here.folded(*NEW)
    for region in OLD:
        for origin in (NORD, MIDT, SOROST):
            recorded = here.known(origin, origin)["position"]
            wait_for(partial(here._folds, region, origin, recorded), "the others")
        told = here.known(region, VEST)
        assert told["projected"] == unknown - 1
        assert told["stopped_at"] == f"vest/1/{unknown}: {NetworkRenamed.TYPE}"
        assert NetworkRenamed.TYPE in told["words"]
        assert here.figure(region, 'fagnett_projection_stopped{origin="vest"}') == 1
        assert here.figure(region, 'fagnett_projection_stopped{origin="midt"}') == 0
    here.cosigned()


def goes_on_after_the_upgrade(here: Mixed) -> None:
    """On the files that the last release wrote, one node runs the next."""
    here.upgrade(NORD)
    here.folded(NORD)
    assert here.known(SOROST, VEST)["stopped_at"] is not None
    here.register(NORD, NUMBERS[3])
    here.arrived(NORD, MIDT, VEST, SOROST)
