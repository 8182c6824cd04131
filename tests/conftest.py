"""What every test gets: options, and no skips where they are forbidden."""

import logging
import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from deploy.observability import processors
from domain.values import Region
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from tests.support import servers
from tests.support.federation import instant


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--soak``."""
    parser.addoption("--soak", action="store_true", help="run the long tests too")


def pytest_configure(config: pytest.Config) -> None:
    """Draw the same examples each time, and more and new ones in a soak."""
    soak = config.getoption("--soak")
    slow = [HealthCheck.too_slow]  # says something of the machine alone
    settings.register_profile(
        "same", deadline=None, derandomize=True, suppress_health_check=slow
    )
    settings.register_profile(
        "soak", deadline=None, max_examples=1000, suppress_health_check=slow
    )
    settings.load_profile("soak" if soak else "same")
    structlog.configure(
        processors=processors(),
        logger_factory=structlog.BytesLoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    )


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave the long tests out, unless they are asked for."""
    if config.getoption("--soak"):
        return
    long = [item for item in items if item.get_closest_marker("soak")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Make a skip a failure where everything that is tested must be there."""
    report = yield
    if report.skipped and os.environ.get("FORBID_SKIPS"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and skips are forbidden here"
    return report


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_dsn() -> Iterator[str]:
    """Give one PostgreSQL server to the whole run."""
    with servers.postgres_server() as dsn:
        yield dsn


@pytest.fixture
def journals(tmp_path: Path) -> Iterator[dict[Region, Journal]]:
    """Give an empty journal to each region."""
    opened: dict[Region, Journal] = {
        region: SQLiteJournal(tmp_path / f"{region.value}.sqlite", region, instant)
        for region in Region
    }
    yield opened
    for journal in opened.values():
        journal.close()


@pytest.fixture(params=["sqlite", "postgres"])
def open_journal(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[Region], Journal]]:
    """Give a way to open journals on either database, the same one for a region."""
    kept: dict[Region, Callable[[], Journal]] = {}
    opened: list[Journal] = []

    def opener(region: Region) -> Callable[[], Journal]:
        if request.param == "sqlite":
            path = tmp_path / f"{region.value}.sqlite"
            return lambda: SQLiteJournal(path, region, instant)
        database = servers.new_database(request.getfixturevalue("postgres_dsn"))
        return lambda: servers.postgres_journal(database, region)

    def open_one(region: Region) -> Journal:
        if region not in kept:
            kept[region] = opener(region)
        opened.append(kept[region]())
        return opened[-1]

    yield open_one
    for journal in opened:
        journal.close()
