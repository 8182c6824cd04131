"""A year is played while everything breaks, on real servers and databases.

Nodes and servers are killed and frozen, links are cut and go dead, disks are
full, streams are lost. At the end nothing may be missing, doubled or changed:
the settlement is the expected one at every node, every journal verifies, and
read models say what the journals say.
"""

import asyncio
import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from api.words import Language
from deploy.local.database import Database
from deploy.local.federation import LocalFederation
from deploy.local.home import Home
from deploy.year.folder import read_year
from deploy.year.plan import plan
from deploy.year.settle import Question, play, settle_year
from domain.values import Region
from tests.chaos.storm import Storm, storming
from tests.support import servers
from tests.support.commands import fagnett
from tests.support.compare import without_more
from tests.support.links import Link, switchboard
from tests.support.oracle.settlement import run
from tests.support.years.generate import write_year

pytestmark = pytest.mark.servers

SAMPLE = Path(__file__).parents[2] / "deploy" / "sample" / "2026"
COMPARED = ("posts", "agreements", "invoices", "regions")


def weather(
    seed: int,
    faults: int,
    folder: Path,
    asked: Question,
    database: Database,
    dsn: str | None = None,
) -> Counter[str]:
    """Play a folder in a storm, and return how often what was broken."""
    links: dict[Region, Link] = {}
    with switchboard() as loop, servers.folder() as home:

        def link(region: Region, port: int) -> int:
            links[region] = Link(loop, port)
            return links[region].port

        year = plan(read_year(folder))
        with LocalFederation(Home(home), database, dsn, link=link) as federation:
            storm = Storm(seed, faults, federation, links)
            with storming(storm):
                asyncio.run(play(federation, year, Language.EN, lambda _: None))
            found = asyncio.run(settle_year(federation, asked))
        expected = run(folder, asked.year, asked.as_of)
        for name in COMPARED:
            assert without_more(found[name], expected[name]) == expected[name], seed
        more = {} if dsn is None else {"FAGNETT_POSTGRES_DSN": dsn}
        done = fagnett("verify", "--home", home, **more)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("the read models settle") == len(Region)
        assert done.stdout.count("rows of the read models are what") == len(Region)
        told = fagnett("incidents", "--home", home, **more)
        assert told.returncode == 0, "of what breaks by itself nobody is accused"
    return storm.faults


def test_a_year_is_settled_while_everything_breaks(tmp_path: Path) -> None:
    last_year = write_year(3, tmp_path)
    asked = Question(last_year, date(last_year, 12, 31))
    faults = weather(1, 6, tmp_path, asked, Database.SQLITE)
    assert faults.total() > 0


@pytest.mark.soak
@pytest.mark.parametrize("database", list(Database))
@pytest.mark.parametrize("seed", range(1, 6))
def test_the_bundled_year_is_settled_while_everything_breaks(
    seed: int, database: Database, request: pytest.FixtureRequest
) -> None:
    dsn = None
    if database is Database.POSTGRES:
        dsn = request.getfixturevalue("postgres_dsn")
    asked = Question(2026, date(2026, 12, 31))
    faults = weather(seed, 60, SAMPLE, asked, database, dsn)
    print(f"seed {seed}, {database.value}: {json.dumps(faults)}")
    assert faults.total() > 0
