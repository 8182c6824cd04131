"""One federation for all browser tests of a run: the bundled year, played once."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from deploy.local.database import Database
from deploy.local.federation import LocalFederation
from deploy.local.home import Home
from domain.values import Region
from tests.support import servers
from tests.support.browsed import play_bundled
from tests.support.browsing import (
    CHROMIUM,
    DESKTOP,
    LOCALES,
    PHONE,
    WITHOUT_SANDBOX,
    Visitor,
    visitor,
)
from tests.support.screenshots import Screenshots
from tests.support.walking import Walker


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--screenshots``."""
    told = "write a picture of every page and state into a folder"
    parser.addoption("--screenshots", type=Path, help=told)


@pytest.fixture(scope="session")
def shots(pytestconfig: pytest.Config) -> Screenshots | None:
    """Take pictures, where they are asked for."""
    folder = pytestconfig.getoption("--screenshots", None)
    return Screenshots(folder, (DESKTOP, PHONE), tuple(LOCALES)) if folder else None


@pytest.fixture(scope="session")
def federation() -> Iterator[LocalFederation]:
    """Four regions with the bundled year; tests record more, and expect nothing alone."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with (
        servers.folder() as home,
        LocalFederation(Home(home), Database.SQLITE) as running,
    ):
        play_bundled(running)
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Give one browser; each visitor has a profile of their own."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=CHROMIUM, args=[*WITHOUT_SANDBOX]
        )
        yield browser
        browser.close()


@pytest.fixture
def visiting(
    federation: LocalFederation, chromium: Browser, shots: Screenshots | None
) -> Iterator[Callable[..., Visitor]]:
    """Give a way to sign people in: ``visiting(VEST, f"{BERGEN}.controller")``.

    More of ``tests.support.browsing.visitor`` may be said by name.
    """
    opened: list[Visitor] = []

    def visit(region: Region, person: str, **more: Any) -> Visitor:
        guest = visitor(chromium, federation.urls[region], person, **more)
        opened.append(replace(guest, shots=shots))
        return opened[-1]

    yield visit
    for each in opened:
        each.context.close()


@pytest.fixture(scope="session")
def looks() -> set[str]:
    """Collect how the pages of stories looked that axe was asked of."""
    return set()


@pytest.fixture
def walking(visiting: Callable[..., Visitor], looks: set[str]) -> Callable[..., Walker]:
    """Give a way to sign people in who walk a story; as ``visiting``."""
    return lambda *who, **more: Walker(visiting(*who, **more), looks)
