"""Several processes of one region on one database, while the leader is killed."""

import itertools
import os
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg
import pytest
from stdnum.no import orgnr

from api.auth import Role
from deploy.local.database import Database
from deploy.local.federation import LocalFederation
from deploy.local.home import Home
from deploy.local.stored import stored_databases
from domain.values import REGIONAL_AUTHORITY, Region
from tests.support import servers
from tests.support.commands import PAUSE, kill, wait_for

pytestmark = [pytest.mark.servers, pytest.mark.law(3)]

WHERE = "SELECT stream, count(*) FROM journal WHERE origin = 'vest' GROUP BY stream"


class Caller:
    """Registers organisations, now at this process and now at that."""

    def __init__(self, urls: list[str], token: str) -> None:
        self._urls = itertools.cycle(urls)
        self._token = token
        self._numbers = (
            str(n) for n in itertools.count(810_000_000) if orgnr.is_valid(str(n))
        )
        self._stopping = threading.Event()
        self.acknowledged: list[str] = []
        """The numbers of organisations whose registration was acknowledged."""

    def _one(self, number: str) -> bool:
        body = {"org_number": number, "name": "Helse Vest", "short_name": "HV"}
        body |= {"kind": "hf", "region": "vest"}
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{next(self._urls)}/v1/organisations",
            data=orjson.dumps(body),
            headers={
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
                "Fagnett-Business-Day": "2026-01-05",
                "Idempotency-Key": number,
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - our own address
                return int(answer.status) in {200, 201}
        except urllib.error.HTTPError as error:
            if error.code != 503:
                raise
        except OSError:
            pass  # killed before it answered; whether it recorded, sending again tells
        return False

    def run(self) -> None:
        """Send one after the other, each until it is acknowledged."""
        for number in self._numbers:
            while not self._one(number):
                PAUSE.wait(0.01)
            self.acknowledged.append(number)
            if self._stopping.is_set():
                return

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Send commands meanwhile."""
        thread = threading.Thread(target=self.run)
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            thread.join()


def asked(url: str, token: str, path: str) -> Any:
    """Return what a process answers; nothing while it is away."""
    headers = {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(f"{url}{path}", headers=headers)  # noqa: S310 - our own address
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - our own address
            return orjson.loads(answer.read())
    except OSError:
        return {}


@dataclass
class Crowd:
    """A federation in which vest has three processes, and who asks them."""

    home: Home
    federation: LocalFederation
    token: str
    processes: dict[str, str]
    """The addresses of vest's processes by their names."""


@contextmanager
def crowd(postgres_dsn: str) -> Iterator[Crowd]:
    """Run it."""
    with servers.folder() as folder:
        home = Home(folder)
        with LocalFederation(home, Database.POSTGRES, postgres_dsn) as federation:
            token = federation.token(REGIONAL_AUTHORITY[Region.VEST], Role.REGISTRAR)
            processes = {"node-vest": federation.urls[Region.VEST]}
            processes |= dict(federation.add(Region.VEST) for _ in range(2))
            yield Crowd(home, federation, token, processes)


def test_the_leader_is_killed_again_and_again_and_nothing_is_lost_or_doubled(
    postgres_dsn: str,
) -> None:
    with crowd(postgres_dsn) as here:
        federation, token, processes = here.federation, here.token, here.processes
        caller = Caller(list(processes.values()), token)
        with caller.calling():
            for _ in range(2):
                seconds = takes_over(federation, processes, token, caller)
                print(f"another region has it {seconds:.1f} s after the kill")
        wanted = len(caller.acknowledged)
        everywhere(federation, token, wanted)
        for url in processes.values():
            reads_its_own(url, token, wanted, caller.acknowledged[-1])
        holds_once(here.home, postgres_dsn, caller)


def test_a_leader_that_was_frozen_writes_nothing_older_when_it_wakes(
    postgres_dsn: str,
) -> None:
    """It does not know that it slept: what it was about to do, another has done."""
    with crowd(postgres_dsn) as here:
        federation, token, processes = here.federation, here.token, here.processes
        wait_for(lambda: len(leading(processes, token)) == 1, "a leader")
        (frozen,) = leading(processes, token)
        others = {name: url for name, url in processes.items() if name != frozen}
        there = federation.urls[Region.NORD]
        caller = Caller(list(others.values()), token)
        with caller.calling():
            arrived(there, token, caller, 5)
            with stopped(federation.pids()[frozen]):
                wait_for(lambda: bool(leading(others, token)), "another leader")
                arrived(there, token, caller, 5)
            wait_for(
                lambda: (
                    len(leading(processes, token)) == 1
                    and frozen not in leading(processes, token)
                ),
                "the leader that was frozen to see that it is not",
            )
            arrived(there, token, caller, 5)
        everywhere(federation, token, len(caller.acknowledged))
        assert leading(processes, token) == leading(others, token)
        holds_once(here.home, postgres_dsn, caller)


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Have a process stand as it is meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def arrived(url: str, token: str, caller: Caller, more: int) -> None:
    """Wait until another region has more than what is acknowledged now."""
    wanted = len(caller.acknowledged) + more

    def holds() -> bool:
        held = asked(url, token, "/v1/federation/positions")
        return bool(held and held["vest"] >= wanted)

    wait_for(holds, "what was recorded meanwhile")


def holds_once(home: Home, postgres_dsn: str, caller: Caller) -> None:
    """See that every region's database holds what was acknowledged, once."""
    with stored_databases(home, postgres_dsn) as databases:
        for database in databases.values():
            with psycopg.connect(database) as connection:
                held = connection.execute(WHERE).fetchall()
            assert sorted(held) == [
                (f"vest:organisation:{number}", 1) for number in caller.acknowledged
            ]


def leading(processes: dict[str, str], token: str) -> list[str]:
    """Return the names of the processes that lead, by their own word."""
    return [
        name
        for name, url in processes.items()
        if asked(url, token, "/v1/federation").get("leads")
    ]


def takes_over(
    federation: LocalFederation, processes: dict[str, str], token: str, caller: Caller
) -> float:
    """Kill the leader while commands go on; wait until another region hears of more.

    Returns how many seconds that took.
    """
    wait_for(lambda: len(leading(processes, token)) == 1, "a leader")
    (leader,) = leading(processes, token)
    there = federation.urls[Region.NORD]
    kill(federation.pids()[leader])
    killed = time.monotonic()
    # One may have been recorded already that is not acknowledged yet.
    arrived(there, token, caller, 2)
    return time.monotonic() - killed


def everywhere(federation: LocalFederation, token: str, wanted: int) -> None:
    """Wait until every region's read models hold all."""

    def reached() -> bool:
        answers = [
            asked(url, token, "/v1/federation") for url in federation.urls.values()
        ]
        return all(
            answer and answer["regions"]["vest"]["projected"] == wanted
            for answer in answers
        )

    wait_for(reached, "all entries in every region")


def reads_its_own(url: str, token: str, position: int, number: str) -> None:
    """Read what was recorded, at a process that may not be the one that folds."""
    path = f"/v1/organisations/{number}?at_least=vest:{position}"
    wait_for(lambda: asked(url, token, path).get("org_number") == number, "the rows")
