"""Leaving as the last entry of a log: at home, at every inbox, and in every copy."""

import asyncio
import io
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from eventsourcing.persistence import StoredEvent

from deploy.databases import open_journal as open_database
from domain.parties.billing_details import RecordBillingDetails
from domain.parties.epoch import EpochBegun
from domain.parties.membership import (
    Membership,
    RegionJoined,
    RegionLeft,
    TrustedKey,
    decide_joining,
    decide_leaving,
)
from domain.refusal import Code, Refusal
from domain.values import REGIONAL_AUTHORITY, Region
from federation.backup.dump import dump
from federation.backup.load import BrokenDumpError, load
from federation.checks.damage import DamageError
from federation.checks.ingest import RefusedPageError
from federation.checks.verification import verify
from federation.journal.mapper import MAPPER, Recorded
from federation.journal.shapes import Head, RegionLeftError
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.journal.witnessing import decide_all
from federation.log.completeness import FOREVER, completeness
from federation.log.executor import Executor, Receipt, RequestContext
from federation.log.membership import departed, members, membership_stream, record
from federation.node.new_epoch import append_beginning
from federation.signed.checkpoint import Checkpoint, sign
from federation.signed.entry import EntryHeader, Envelope, Row, build
from federation.signed.keys import signing_key
from federation.signed.merkle import Frontier, extend, root
from federation.signed.page import Message, pack
from tests.support import examples
from tests.support.epochs import lose
from tests.support.federation import DIGESTS, KEYS, instant
from tests.support.membership import DAY, KEYS_THEN, joins, leaves
from tests.support.replication import (
    InMemory,
    inbox,
    outbox,
    running,
    same,
)
from tests.support.replication import record as fill
from tests.support.servers import new_database

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
Opener = Callable[[Region], Journal]
VEST, NORD, MIDT = Region.VEST, Region.NORD, Region.MIDT
PUBLIC = {region: key.verifier for region, key in KEYS.items()}


def register(executor: Executor, number: str, key: str) -> Receipt | Refusal:
    """Send a command."""
    asker = RequestContext(
        *("tester", REGIONAL_AUTHORITY[VEST], key, "c"),
        datetime(2026, 8, 1, tzinfo=UTC),
    )
    return executor.execute(examples.organisation(number, region=VEST), asker)


def test_a_region_that_has_left_records_nothing_until_it_joins_again(
    open_journal: Opener,
) -> None:
    with closing(open_journal(VEST)) as journal:
        executor = Executor(journal, DIGESTS)
        first = register(executor, examples.BERGEN, "1")
        assert isinstance(first, Receipt)
        row = leaves(journal)
        assert (row.stream, row.version, row.position) == (
            membership_stream("vest"),
            1,
            2,
        )
        outcome = register(executor, examples.STAVANGER, "2")
        assert isinstance(outcome, Refusal)
        assert (outcome.code, outcome.region) == (Code.REGION_LEFT, VEST)
        with pytest.raises(RegionLeftError):
            fill(journal)
        assert journal.positions()["vest"].position == 2
        again = register(executor, examples.BERGEN, "1")
        assert isinstance(again, Receipt)
        assert (again.repeated, again.rows) == (True, first.rows)
        assert isinstance(
            record(
                journal, lambda at: decide_leaving(at, DAY, "Again"), "drift", instant()
            ),
            Refusal,
        )
        joins(journal)
        assert isinstance(register(executor, examples.STAVANGER, "2"), Receipt)
        assert not departed(journal)
        list(verify(journal, PUBLIC))


def test_a_command_from_before_gets_the_answer_of_then(open_journal: Opener) -> None:
    """Also where deciding on it now would record something new."""
    with closing(open_journal(VEST)) as journal:
        executor = Executor(journal, DIGESTS)
        register(executor, examples.BERGEN, "1")
        now = datetime(2026, 8, 1, tzinfo=UTC)

        def detailed(city: str) -> Receipt | Refusal:
            command = RecordBillingDetails(org_number=examples.BERGEN, city=city)
            asker = RequestContext("tester", examples.BERGEN, city, "c", now)
            return executor.execute(command, asker)

        first = detailed("Bergen")
        detailed("Voss")
        leaves(journal)
        again = detailed("Bergen")
        assert isinstance(first, Receipt)
        assert again == replace(first, repeated=True)
        new = detailed("Odda")
        assert isinstance(new, Refusal)
        assert new.code is Code.REGION_LEFT


def test_another_process_of_the_region_hears_of_it_in_its_own_transaction(
    postgres_dsn: str,
) -> None:
    """It knew the head from before, and finds that the place is taken."""
    database = new_database(postgres_dsn)
    with (
        closing(open_database(database, VEST)) as one,
        closing(open_database(database, VEST)) as other,
    ):
        fill(one)
        fill(other)
        leaves(one)
        with pytest.raises(RegionLeftError):
            fill(other)
        assert one.positions()["vest"].position == 3


def test_what_stands_in_one_transaction_with_leaving_comes_before_it(
    open_journal: Opener,
) -> None:
    left = RegionLeft(left_on=DAY, reason="Enough")
    event = MAPPER.to_stored_event(Recorded(membership_stream("vest"), 1, left))
    other = StoredEvent("vest:x:1", 1, "x.happened.v1", b"{}")
    with closing(open_journal(VEST)) as journal:
        with pytest.raises(RegionLeftError):
            journal.append([event, other])
        assert journal.positions()["vest"].position == 0
        journal.append([other, event])
        assert journal.positions()["vest"].position == 2


async def test_the_epoch_after_leaving_changes_nothing_of_it(
    open_journal: Opener, tmp_path: Path
) -> None:
    lost = await lose(InMemory(), open_journal, tmp_path)
    journal = lost.journal
    row = leaves(journal)
    tree = extend(Frontier(), (each.leaf for each in journal.entries("vest", 0, 99)))
    fact = EpochBegun(
        epoch=2,
        kept=row.position,
        kept_root=root(tree).hex(),
        promised=60,
        promised_root="0" * 64,
        begun_on=DAY,
        reason="The disk is lost",
        without=(),
    )
    begun = append_beginning(
        journal, fact, Envelope("a", "b", "b/epoch-2", "d", "c", ""), instant()
    )
    assert (begun.epoch, begun.position) == (2, row.position + 1)
    with pytest.raises(RegionLeftError):
        fill(journal)
    with journal.reading() as cursor:
        head = journal.head_in(cursor, "vest")
    assert head == Head(2, begun.position, begun.recorded_at, left=True)
    assert completeness(journal)["vest"].complete_to == FOREVER
    list(verify(journal, PUBLIC))
    joins(journal)
    fill(journal)
    for opened in (journal, *lost.others.values()):
        opened.close()


# At the others


def page_after(journal: Journal, *rows: tuple[str, str, int, bytes]) -> Message:
    """Return a page that vest signed, of what its node would never record.

    A row is its stream, name, version and data.
    """
    held = journal.positions()["vest"]
    found = []
    for offset, (name, kind, version, data) in enumerate(rows, held.position + 1):
        place = EntryHeader(
            *("vest", held.epoch, offset, name, version, kind),
            f"2030-01-01T00:00:00.{offset:06}Z",
        )
        found.append(build(place, None, data))
    kept = journal.sealed("vest")
    frontier = extend(kept.frontier if kept else Frontier(), [r.leaf for r in found])
    size, last = frontier.size, found[-1].recorded_at
    checkpoint = Checkpoint("vest", held.epoch, size, root(frontier), last)
    return pack(found, sign(checkpoint, KEYS[VEST]))


OTHER = ("vest:x:9", "x.happened.v1", 1, b"{}")
LEFT = RegionLeft(left_on=DAY, reason="Enough").to_bytes()
JOINED = RegionJoined(joined_on=DAY, keys=KEYS_THEN).to_bytes()


async def test_leaving_reaches_all_and_is_the_end_until_the_region_joins(
    open_journal: Opener,
) -> None:
    network = InMemory()
    vest, nord = open_journal(VEST), open_journal(NORD)
    fill(vest, 3)
    leaves(vest)
    taker = inbox(network, nord)
    async with running(outbox(network, vest), taker):
        await same(nord, vest)
        assert members(nord)[VEST].last == (1, 4)
        assert completeness(nord)["vest"].complete_to == FOREVER
        assert completeness(nord)["midt"].complete_to == ""
        late = page_after(vest, OTHER)
        with pytest.raises(RefusedPageError, match="vest/1/5 of who has left"):
            await asyncio.to_thread(taker.take, late)
        assert nord.positions()["vest"].position == 4
        decide_all(nord, "vest", "it was a mistake")
        joins(vest)
        fill(vest, 2)
        await same(nord, vest)
    assert not departed(nord)
    assert completeness(nord)["vest"].complete_to != FOREVER
    joined = members(nord)[VEST].membership.joined
    assert joined is not None
    assert joined.keys == KEYS_THEN
    list(verify(nord, PUBLIC))
    for journal in (vest, nord):
        journal.close()


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (
            [(membership_stream("vest"), "x.happened.v1", 1, b"{}")],
            "only regions join and leave",
        ),
        ([("vest:log:other", RegionLeft.TYPE, 1, LEFT)], "only regions join and leave"),
        ([(membership_stream("vest"), RegionLeft.TYPE, 1, b"{}")], "cannot be read"),
        (
            [(membership_stream("vest"), RegionLeft.TYPE, 1, LEFT), OTHER],
            "of who has left",
        ),
        (
            [
                (membership_stream("vest"), RegionLeft.TYPE, 1, LEFT),
                (membership_stream("vest"), RegionLeft.TYPE, 2, LEFT),
            ],
            "of who has left",
        ),
    ],
)
def test_what_is_no_leaving_is_refused(
    journals: dict[Region, Journal],
    rows: list[tuple[str, str, int, bytes]],
    why: str,
) -> None:
    taker = inbox(InMemory(), journals[NORD])
    with pytest.raises(RefusedPageError, match=why):
        taker.take(page_after(journals[VEST], *rows))
    assert journals[NORD].positions()["vest"].position == 0
    assert members(journals[NORD])[VEST].membership == Membership()


# In copies


def smuggled(journal: Journal) -> None:
    """Put an entry after leaving, as a node of another make might."""
    (late,) = page_rows(journal)
    kept = journal.entries("vest", 0, 99)
    tree = extend(Frontier(), [row.leaf for row in (*kept, late)])
    with journal.writing() as cursor:
        journal.insert_rows(cursor, [late])
    assert tree.size == late.position


def page_rows(journal: Journal) -> list[Row]:
    """Return the entry that comes after leaving."""
    position = journal.positions()["vest"].position + 1
    place = EntryHeader(
        *("vest", 1, position, "vest:x:9", 1, "x.happened.v1"),
        "2030-01-01T00:00:00.000000Z",
    )
    return [build(place, None, b"{}")]


def test_a_key_that_a_region_was_shown_and_nobody_else_knows_is_found(
    open_journal: Opener,
) -> None:
    """Somebody gave the region that joined another key in the place of nord's."""
    with closing(open_journal(VEST)) as journal:
        other = signing_key("fagnett/nord", b"x" * 32).verifier
        keys = (*KEYS_THEN[:1], TrustedKey(region=NORD, key=str(other)))
        record(journal, lambda at: decide_joining(at, DAY, keys), "drift", instant())
        with pytest.raises(DamageError, match="key of nord that is not known here"):
            list(verify(journal, PUBLIC))
        known = {**PUBLIC, NORD: other}
        logs = {log.origin: log for log in verify(journal, known)}
        assert logs["vest"].memberships == [RegionJoined(joined_on=DAY, keys=keys)]


@pytest.mark.parametrize("batch", [1, 500])
def test_verification_and_restoring_find_what_came_after_leaving(
    open_journal: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr("federation.backup.load.BATCH_ROWS", batch)
    journal = open_journal(VEST)
    fill(journal)
    leaves(journal)
    list(verify(journal, PUBLIC))
    whole = io.BytesIO()
    dump(journal, whole, "0", instant())
    smuggled(journal)
    with pytest.raises(DamageError, match="vest/1/3 was recorded after vest had left"):
        list(verify(journal, PUBLIC))
    broken = io.BytesIO()
    dump(journal, broken, "0", instant())
    journal.close()
    whole.seek(0)
    broken.seek(0)
    with closing(SQLiteJournal(tmp_path / "copy.sqlite", VEST, instant)) as copy:
        with pytest.raises(BrokenDumpError, match="vest/1/3 of who has left"):
            load(copy, broken, PUBLIC)
        load(copy, whole, PUBLIC)
        assert list(departed(copy)) == [VEST]
        with pytest.raises(RegionLeftError):
            fill(copy)
