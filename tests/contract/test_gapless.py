"""Numbers without gaps: eight issuers of one seller at once, killed in the midst."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from deploy.databases import open_journal
from federation.log.executor import Executor
from tests.support import servers
from tests.support.federation import DIGESTS
from tests.support.issuing import (
    HOME,
    ISSUERS,
    Numbers,
    Processes,
    Wanted,
    issue,
    prepare,
    series,
)

pytestmark = pytest.mark.servers


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'journal.sqlite'}"
    return servers.new_database(request.getfixturevalue("postgres_dsn"))


def hold(database: str, wanted: list[Wanted], acknowledged: Numbers) -> None:
    """Expect the numbers 1 to n, each once, as they were acknowledged."""
    with closing(open_journal(database, HOME)) as journal:
        found = series(journal)
    assert [number for number, _ in found] == list(range(1, len(wanted) + 1))
    assert sorted(each for _, each in found) == sorted(wanted)
    assert {each: number for number, each in found} == acknowledged


def test_eight_threads_of_one_seller_leave_no_gap(database: str) -> None:
    """Every document is sent twice, by different threads."""
    with closing(open_journal(database, HOME)) as journal:
        wanted = prepare(journal, 2 * ISSUERS)
        executor = Executor(journal, DIGESTS)
        with ThreadPoolExecutor(ISSUERS) as pool:
            first = pool.map(lambda each: issue(executor, each), wanted)
            second = pool.map(lambda each: issue(executor, each), reversed(wanted))
            acknowledged = dict(zip(wanted, first, strict=True))
            assert dict(zip(reversed(wanted), second, strict=True)) == acknowledged
    hold(database, wanted, acknowledged)


def test_eight_processes_of_one_seller_killed_in_the_midst_leave_no_gap(
    database: str,
) -> None:
    killed(database, agreements=4 * ISSUERS, rounds=2, random=Random(1))


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(10))
def test_many_kills_leave_no_gap(database: str, seed: int) -> None:
    killed(database, agreements=20 * ISSUERS, rounds=12, random=Random(seed))


def killed(database: str, agreements: int, rounds: int, random: Random) -> None:
    """Kill all issuers round after round, then let them finish; hold the numbers.

    Whoever is started again sends everything again, under the same keys.
    """
    with closing(open_journal(database, HOME)) as journal:
        wanted = prepare(journal, agreements)
    random.shuffle(wanted)
    acknowledged: Numbers = {}
    processes = Processes(database, wanted)
    share = len(wanted) // ISSUERS
    for number in range(1, rounds + 1):
        reached = number * share // (rounds + 2)
        # Another time each, so that some die while others are at work.
        kills = {each: reached + random.randint(0, 1) for each in range(ISSUERS)}
        agree(acknowledged, processes.run(kills))
    assert processes.killed > rounds, "too few were caught at work"
    agree(acknowledged, processes.run({}))
    hold(database, wanted, acknowledged)


def agree(acknowledged: Numbers, told: Iterator[tuple[Wanted, int]]) -> None:
    """Take what was acknowledged; what was before has the same number again."""
    for wanted, number in told:
        assert acknowledged.setdefault(wanted, number) == number
