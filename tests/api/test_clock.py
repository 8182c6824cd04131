"""A node whose clock is not the federation's records nothing, and says so."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.auth import Role
from api.clock import ClockSource
from api.words import Language
from deploy.databases import last_known, last_recorded
from domain.values import REGIONAL_AUTHORITY, Region
from federation.journal.sqlite import SQLiteJournal
from federation.log.times import OwnClock, Times
from tests.api.test_problems import is_problem
from tests.support.doors import NETWORK, Client, Door
from tests.support.examples import BERGEN
from tests.support.federation import instant, node_of, token

DAY = timedelta(days=1)
ORGANISATION = {"name": "T", "short_name": "T", "kind": "hf", "region": "vest"}
NUMBERS = ("983974724", "983974732", "983974694")


@dataclass
class Time:
    """The time, and how far the node's clock is from it."""

    seconds: float = 0.0
    off: timedelta = field(default_factory=timedelta)

    def true(self) -> datetime:
        """Return the time."""
        return instant() + timedelta(seconds=self.seconds)

    def shown(self) -> datetime:
        """Return what the node's clock shows."""
        return self.true() + self.off


@dataclass
class Clocked:
    """A node by a clock of its own, and how to send it commands."""

    time: Time
    times: Times
    client: Client
    journal: SQLiteJournal

    def heard(self) -> None:
        """Have the others say what time it is."""
        for region in ("nord", "midt", "sorost"):
            self.times.hear(region, 1, self.time.true())

    def register(self, number: str, language: Language = Language.EN) -> httpx.Response:
        """Record something."""
        authority = REGIONAL_AUTHORITY[Region.VEST]
        return self.client.request(
            "POST",
            "/v1/organisations",
            json={"org_number": number, **ORGANISATION},
            headers={
                "Authorization": f"Bearer {token(authority, Role.REGISTRAR)}",
                "Idempotency-Key": number,
                "Accept-Language": language.value,
            },
        )

    def ask(self, path: str) -> httpx.Response:
        """Ask something."""
        bearer = token(REGIONAL_AUTHORITY[Region.VEST], Role.READER)
        return self.client.request(
            "GET",
            path,
            headers={"Authorization": f"Bearer {bearer}", "Accept-Language": "en"},
        )


@pytest.fixture
def clocked(tmp_path: Path) -> Iterator[Clocked]:
    """Give a node of vest that goes by its own clock."""
    time = Time()
    journal = SQLiteJournal(tmp_path / "journal.sqlite", Region.VEST, time.shown)
    node = node_of(journal, tmp_path)
    times = Times(lambda: time.seconds, last_entry=lambda: last_known(journal))
    journal.judge = times.judge
    own = OwnClock(times, time.shown, lambda: last_recorded(journal))
    system = replace(node.clock, source=ClockSource.SYSTEM, system=time.shown, own=own)
    node = replace(node, clock=system)
    yield Clocked(time, times, Client(create_app(node)), journal)
    node.views.dispose()
    journal.close()


@pytest.mark.parametrize("off", [364 * DAY, -364 * DAY, timedelta(minutes=11)])
def test_commands_are_refused_in_words_until_the_clock_is_right(
    clocked: Clocked, off: timedelta
) -> None:
    clocked.heard()
    assert clocked.register(NUMBERS[0]).status_code == 201
    clocked.time.off = off
    for language in Language:
        refused = clocked.register(NUMBERS[1], language)
        assert (refused.status_code, refused.json()["code"]) == (503, "clock_apart")
        assert str(round(abs(off.total_seconds()))) in refused.json()["detail"]
    ready = clocked.ask("/readyz")
    assert (ready.status_code, ready.json()["checks"]["clock"]) == (503, False)
    told = clocked.ask("/v1/federation").json()
    assert "clock" in told["clock"]
    assert told["regions"]["vest"]["attention"] == [told["clock"]]
    figures = clocked.ask("/metrics").text
    assert "fagnett_clock_apart 1.0" in figures
    ahead = f'fagnett_clock_ahead_seconds{{origin="nord"}} {off.total_seconds()}'
    assert float(figures.split(ahead.rpartition(" ")[0])[1].split()[0]) == (
        off.total_seconds()
    )
    assert clocked.journal.positions()["vest"].position == 1, "nothing is recorded"
    clocked.time.off = timedelta()
    assert clocked.register(NUMBERS[1]).status_code == 201
    ready = clocked.ask("/readyz")
    assert (ready.status_code, ready.json()["checks"]["clock"]) == (200, True)
    assert clocked.ask("/v1/federation").json()["clock"] is None


def test_one_region_alone_does_not_stop_a_node(clocked: Clocked) -> None:
    clocked.times.hear("nord", 1, clocked.time.true() + 364 * DAY)
    assert clocked.register(NUMBERS[0]).status_code == 201
    clocked.times.hear("midt", 1, clocked.time.true())
    assert clocked.register(NUMBERS[1]).status_code == 201
    assert clocked.ask("/readyz").status_code == 200


def test_a_region_that_has_recorded_ahead_records_no_more_until_then(
    clocked: Clocked,
) -> None:
    """Under an earlier release, say, of which the others take nothing."""
    clocked.journal.judge = lambda _now, _last: None
    clocked.time.off = 2 * DAY
    assert clocked.register(NUMBERS[0]).status_code == 201
    clocked.time.off, clocked.journal.judge = timedelta(), clocked.times.judge
    clocked.heard()
    refused = clocked.register(NUMBERS[1])
    assert (refused.status_code, refused.json()["code"]) == (503, "clock_apart")
    assert "in the future" in clocked.ask("/v1/federation").json()["clock"]
    clocked.time.seconds += 2 * DAY.total_seconds()
    assert clocked.register(NUMBERS[1]).status_code == 201


def test_a_played_day_that_is_refused_is_told_the_last(door: Door) -> None:
    door.register(BERGEN)
    back = {"Fagnett_Business_Day": "2026-01-04", "Accept_Language": "nb"}
    found = is_problem(
        door.post("/v1/networks", NETWORK, **back), 409, "business_day_refused"
    )
    assert found["detail"].endswith("aldri en tidligere enn den siste: 05.01.2026.")


def test_a_mistyped_day_far_ahead_is_refused_and_ends_no_day(door: Door) -> None:
    """The first day of all may be any; ten years on from the last, a year was meant."""
    door.register(BERGEN)
    far = {"Fagnett_Business_Day": "2062-01-06", "Accept_Language": "nb"}
    found = is_problem(
        door.post("/v1/networks", NETWORK, **far), 409, "business_day_far_ahead"
    )
    assert (
        "06.01.2062 er mer enn 3660 dager etter den siste, 05.01.2026"
        in (found["detail"])
    )
    assert "er året skrevet feil?" in found["detail"]
    assert door.post("/v1/networks", NETWORK).status_code == 201
    last = {"Fagnett_Business_Day": "2027-01-06"}
    later = {**NETWORK, "network": "later"}
    assert door.post("/v1/networks", later, **last).status_code == 201
