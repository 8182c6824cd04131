"""Commands that are decided as one group: as if one after the other, all or none told."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from eventsourcing.persistence import OperationalError
from stdnum.no import orgnr

from domain.decisions import decide_resting
from domain.fact import Command
from domain.refusal import Code, Refusal
from domain.values import REGIONAL_AUTHORITY, Region
from federation.journal.audited import Audited, keep_audited
from federation.journal.store import Journal
from federation.log.arrivals import arrived
from federation.log.executor import (
    GROUP_MAX,
    Executor,
    Receipt,
    RequestContext,
)
from federation.log.redeciding import redecide
from federation.signed.entry import seen_of
from tests.support import examples, servers
from tests.support.dumps import received
from tests.support.examples import BERGEN, OSLO
from tests.support.federation import DIGESTS, instant
from tests.support.forging import register

Opener = Callable[[Region], Journal]
AUTHORITY = REGIONAL_AUTHORITY[Region.VEST]
NUMBERS = [str(n) for n in range(800_000_000, 800_002_000) if orgnr.is_valid(str(n))]

pytestmark = pytest.mark.servers


def asker(key: str, organisation: str = AUTHORITY) -> RequestContext:
    """Return who sends a command under a key."""
    return RequestContext("tester", organisation, key, "c", instant())


def registered(number: str) -> Command:
    """Return what registers an organisation of vest."""
    return examples.organisation(number, region=Region.VEST)


class Held:
    """Sends commands while somebody has the turn, so that they become one group."""

    def __init__(self, executor: Executor, pool: ThreadPoolExecutor) -> None:
        self._executor = executor
        self._pool = pool

    def send(
        self, command: Command, who: RequestContext
    ) -> "Future[Receipt | Refusal]":
        """Send one, and wait until it waits."""
        waiting = self._executor._waiting
        before = len(waiting)
        sent = self._pool.submit(self._executor.execute, command, who)
        while len(waiting) == before and not sent.done():
            threading.Event().wait(0.001)
        return sent


@contextmanager
def held(executor: Executor) -> Iterator[Held]:
    """Take the turn, and let all that was sent meanwhile go at once."""
    with ThreadPoolExecutor(2 * GROUP_MAX) as pool, executor._turn:
        yield Held(executor, pool)


def appends(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return how many commands each transaction appends, as they come."""
    found: list[int] = []
    append = journal.append_after

    def note(head: Any, rows: Any, memories: Sequence[Any]) -> None:
        append(head, rows, memories)
        found.append(len(memories))

    monkeypatch.setattr(journal, "append_after", note)
    return found


@pytest.fixture
def journal(open_journal: Opener) -> Journal:
    """Give an empty journal."""
    return open_journal(Region.VEST)


def test_what_waits_is_decided_in_its_order_and_appended_at_once(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = Executor(journal, DIGESTS)
    groups = appends(journal, monkeypatch)
    with held(executor) as group:
        # Each rests on those before it, which are committed nowhere yet.
        sent = [
            group.send(registered(BERGEN), asker("1")),
            group.send(registered(OSLO), asker("2")),
            group.send(examples.network(), asker("3", BERGEN)),
            group.send(examples.version(), asker("4", BERGEN)),
        ]
    receipts = [each.result() for each in sent]
    assert groups == [4]
    rows = [row for each in receipts if isinstance(each, Receipt) for row in each.rows]
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    assert list(journal.entries("vest", 0, 99)) == rows
    for each in receipts:
        assert isinstance(each, Receipt)
        first = each.rows[0]
        assert seen_of(first.body)["vest"] == (1, first.position - 1)
    assert redecide(journal, "vest").unfounded == []


def test_no_command_of_a_group_meets_what_another_meets(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = Executor(journal, DIGESTS)
    groups = appends(journal, monkeypatch)
    broken = registered(NUMBERS[9])
    met = fails_once(monkeypatch, broken)
    with held(executor) as group:
        good = group.send(registered(NUMBERS[0]), asker("a"))
        refused = group.send(examples.network(), asker("b", BERGEN))
        raises = group.send(broken, asker("c"))
        again = group.send(registered(NUMBERS[0]), asker("a"))
        reused = group.send(registered(NUMBERS[1]), asker("a"))
        nothing = group.send(registered(NUMBERS[0]), asker("d"))
        after = group.send(registered(NUMBERS[2]), asker("e"))
    assert met == [broken]
    with pytest.raises(ZeroDivisionError):
        raises.result()
    assert isinstance(refused.result(), Refusal)
    assert reused.result() == Refusal(Code.COMMAND_REUSED)
    first, second, third, fourth = (
        each.result() for each in (good, again, nothing, after)
    )
    assert isinstance(first, Receipt)
    assert second == Receipt(first.rows, repeated=True)
    assert third == Receipt((), repeated=False)
    assert isinstance(fourth, Receipt)
    assert [row.position for row in (*first.rows, *fourth.rows)] == [1, 2]
    assert groups == [3]
    assert isinstance(executor.execute(broken, asker("c")), Receipt)


def fails_once(monkeypatch: pytest.MonkeyPatch, broken: Command) -> list[Command]:
    """Let the decision on one command fail once, and return it when it has."""
    met: list[Command] = []

    def decided(command: Command, *rest: Any) -> Any:
        if command == broken and not met:
            met.append(command)
            raise ZeroDivisionError
        return decide_resting(command, *rest)

    monkeypatch.setattr("federation.log.executor.decide_resting", decided)
    return met


def test_nobody_hears_an_answer_that_is_not_committed(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = Executor(journal, DIGESTS)

    def fail(*_: object) -> None:
        raise OperationalError

    with monkeypatch.context() as broken:
        broken.setattr(journal, "append_next", fail)
        with held(executor) as group:
            sent = [
                group.send(registered(number), asker(number)) for number in NUMBERS[:5]
            ]
        for each in sent:
            with pytest.raises(OperationalError):
                each.result()
    assert journal.positions()["vest"].position == 0
    with held(executor) as group:
        sent = [group.send(registered(number), asker(number)) for number in NUMBERS[:5]]
    for position, each in enumerate(sent, 1):
        answer = each.result()
        assert isinstance(answer, Receipt)
        assert not answer.repeated
        assert [row.position for row in answer.rows] == [position]


def test_a_group_is_decided_again_where_the_log_has_gone_on(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By another process of the region, say, which takes what the group wanted."""
    executor, other = Executor(journal, DIGESTS), Executor(journal, DIGESTS)
    append, overtaken = journal.append_next, [registered(NUMBERS[0])]

    def overtake(*said: Any) -> Any:
        if overtaken:
            monkeypatch.setattr(journal, "append_next", append)
            assert isinstance(other.execute(overtaken.pop(), asker("z")), Receipt)
        return append(*said)

    monkeypatch.setattr(journal, "append_next", overtake)
    with held(executor) as group:
        same = group.send(registered(NUMBERS[0]), asker("a"))
        known = group.send(registered(NUMBERS[0]), asker("z"))
        fresh = group.send(registered(NUMBERS[1]), asker("b"))
    assert same.result() == Receipt((), repeated=False)
    (row,) = journal.entries("vest", 0, 1)
    assert known.result() == Receipt((row,), repeated=True)
    answer = fresh.result()
    assert isinstance(answer, Receipt)
    (second,) = answer.rows
    assert second.position == 2
    assert seen_of(second.body)["vest"] == (1, 1)
    assert redecide(journal, "vest").unfounded == []


def test_what_a_command_rests_on_is_asked_of_all_that_it_follows(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of what another process has recorded since it was looked up."""
    executor, other = Executor(journal, DIGESTS), Executor(journal, DIGESTS)
    append, asked = journal.append_next, []

    def still(position: int) -> None:
        asked.append(position)
        if position > 0:
            raise LookupError

    def overtake(*said: Any) -> Any:
        monkeypatch.setattr(journal, "append_next", append)
        other.execute(registered(NUMBERS[1]), asker("b"))
        return append(*said)

    monkeypatch.setattr(journal, "append_next", overtake)
    with pytest.raises(LookupError):
        executor.execute(registered(NUMBERS[0]), asker("a"), still)
    assert asked == [0, 1]
    assert journal.positions()["vest"].position == 1


def test_processes_of_a_region_that_overtake_each_other_take_turns(
    postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite one process records."""
    database = servers.new_database(postgres_dsn)
    journals = [servers.postgres_journal(database) for _ in range(2)]
    turns: list[int] = []
    for number, journal in enumerate(journals):
        turn = journal.turn

        @contextmanager
        def noted(
            number: int = number, turn: Callable[[], Any] = turn
        ) -> Iterator[None]:
            with turn():
                turns.append(number)
                yield

        monkeypatch.setattr(journal, "turn", noted)

    def send(executor: Executor, numbers: Sequence[str]) -> list[Receipt | Refusal]:
        return [executor.execute(registered(each), asker(each)) for each in numbers]

    executors = [Executor(journal, DIGESTS) for journal in journals]
    with ThreadPoolExecutor(2) as pool:
        sent = [
            pool.submit(send, executor, NUMBERS[30 * at : 30 * at + 30])
            for at, executor in enumerate(executors)
        ]
        answers = [answer for each in sent for answer in each.result()]
    assert all(isinstance(each, Receipt) for each in answers)
    assert journals[0].positions()["vest"].position == 60
    assert redecide(journals[0], "vest").unfounded == []
    monkeypatch.setattr(executors[0], "_overtaken_at", time.monotonic())
    turns.clear()
    executors[0].execute(registered(NUMBERS[90]), asker("next"))
    assert turns == [0], "who was overtaken a moment ago asks for a turn"
    for journal in journals:
        journal.close()


def test_more_than_a_group_goes_in_several(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = Executor(journal, DIGESTS)
    groups = appends(journal, monkeypatch)
    with held(executor) as group:
        sent = [
            group.send(registered(number), asker(number))
            for number in NUMBERS[: GROUP_MAX + 3]
        ]
    assert all(isinstance(each.result(), Receipt) for each in sent)
    assert groups == [GROUP_MAX, 3]


@pytest.mark.anyio
async def test_who_hangs_up_before_the_turn_has_sent_nothing(journal: Journal) -> None:
    executor = Executor(journal, DIGESTS)
    with executor._turn:
        gone = asyncio.create_task(
            executor.executed(registered(NUMBERS[0]), asker("gone"))
        )
        stays = asyncio.create_task(
            executor.executed(registered(NUMBERS[1]), asker("stays"))
        )
        while len(executor._waiting) < 2:
            await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
    answer = await stays
    assert isinstance(answer, Receipt)
    assert [row.position for row in answer.rows] == [1]
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert journal.positions()["vest"].position == 1


@pytest.mark.anyio
async def test_an_event_loop_sends_many_and_each_has_its_answer(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = Executor(journal, DIGESTS)
    groups = appends(journal, monkeypatch)
    answers = await asyncio.gather(
        *(executor.executed(registered(each), asker(each)) for each in NUMBERS[:150])
    )
    rows = [row for each in answers if isinstance(each, Receipt) for row in each.rows]
    assert [row.position for row in rows] == list(range(1, 151))
    assert sum(groups) == 150
    assert max(groups) > 1


@pytest.mark.anyio
async def test_what_is_refused_before_all_is_judged_is_sent_once_more(
    open_journal: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, nord = open_journal(Region.VEST), open_journal(Region.NORD)
    register(nord, OSLO)
    received(journal, nord, [1])
    with journal.writing() as cursor:
        keep_audited(cursor, "nord", Audited(0, 0))
    executor = Executor(journal, DIGESTS)
    send, sent = executor._executed, asyncio.Queue[str]()

    async def noted(command: Command, context: RequestContext) -> Receipt | Refusal:
        sent.put_nowait(context.key)
        return await send(command, context)

    monkeypatch.setattr(executor, "_executed", noted)
    asked = asyncio.create_task(
        executor.executed(examples.network(), asker("a", BERGEN))
    )
    assert await sent.get() == "a"
    while not journal.listeners:
        # Till it waits, having found that something is not judged.
        await asyncio.sleep(0)
    with journal.writing() as cursor:
        keep_audited(cursor, "nord", Audited(1, 1))
    journal.tell("nord")
    assert isinstance(await asked, Refusal)
    assert sent.get_nowait() == "a"
    assert isinstance(
        await executor.executed(examples.network(), asker("b", BERGEN)), Refusal
    )
    assert sent.qsize() == 1, "all is judged"
    held = await arrived(journal, {"nord": 1}, 1)
    assert held["nord"] == 1


def test_commands_in_order_are_one_group_and_each_has_its_own_answer(
    open_journal: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("federation.log.executor.LARGE_BYTES", 900)
    executor = Executor(open_journal(Region.VEST), DIGESTS)
    one, two, three = map(registered, NUMBERS[:3])
    other = examples.organisation(NUMBERS[0], region=Region.VEST, name="Another")
    large = examples.organisation(NUMBERS[3], region=Region.VEST, name="x" * 900)
    sent = [
        *((one, asker("1")), (other, asker("2")), (two, asker("3")), (one, asker("1"))),
        *((large, asker("4")), (three, asker("5"))),
    ]

    async def all_of_them() -> list[Any]:
        return [each async for each in executor.executed_in_order(sent)]

    first, refused, second, again, beside, last = asyncio.run(all_of_them())
    assert isinstance(refused, Refusal)
    assert refused.code is Code.CONFLICTING_ROW
    assert again == Receipt(first.rows, repeated=True)
    positions = [each.rows[0].position for each in (first, second, beside, last)]
    assert positions == [1, 2, 3, 4]
