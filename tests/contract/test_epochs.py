"""A tail that nobody holds any more: given up visibly, and never put over another."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from domain.parties.epoch import written_reason
from domain.values import Region
from federation.checks.signed_heads import SignedHeads
from federation.checks.verification import verify
from federation.journal.shapes import Position, WithheldError
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.journal.witnessing import incidents
from federation.log.epochs import begun, declaration
from federation.node.new_epoch import NotBegunError, WhyNot
from federation.node.restore import Restore
from federation.signed.page import pack
from tests.support.epochs import (
    KEPT,
    OTHERS,
    PROMISED,
    SHARED,
    VEST,
    Lost,
    lose,
    more_of,
    signed,
)
from tests.support.federation import KEYS, instant
from tests.support.replication import (
    InMemory,
    Network,
    inbox,
    record,
    register,
    running,
    same,
    sent,
    server,
    until,
)

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.servers,
    pytest.mark.usefixtures("at_once"),
]
NORD, MIDT, SOROST = Region.NORD, Region.MIDT, Region.SOROST
PUBLIC = {region: key.verifier for region, key in KEYS.items()}
PEERS = {region.value: key.verifier for region, key in KEYS.items()}
Opener = Callable[[Region], Journal]


async def withheld(lost: Lost) -> None:
    """Start the node as it is: it refuses to write."""
    waiting = lost.restore()
    async with running(
        waiting, *(server(lost.network, each) for each in lost.others.values())
    ):
        await until(lambda: "begin a new epoch" in str(waiting.state.reason))
    with pytest.raises(WithheldError):
        record(lost.journal)


async def test_what_nobody_holds_is_given_up_and_writes_go_on_everywhere(
    network: Network, open_journal: Opener, tmp_path: Path
) -> None:
    lost = await lose(network, open_journal, tmp_path)
    await withheld(lost)
    row = await lost.begin()
    assert (row.epoch, row.position) == (2, KEPT + 1)
    again = lost.restore()
    async with running(
        again, *(server(network, each) for each in lost.others.values())
    ):
        await until(lambda: again.state.whole)
    record(lost.journal, 600)
    await lost.follow(*OTHERS)
    for journal in (lost.journal, *lost.others.values()):
        assert journal.positions()["vest"] == Position(2, KEPT + 601)
        rows = journal.entries("vest", 0, 10_000)
        assert [each.position for each in rows] == list(range(1, KEPT + 602))
        assert list(rows[:KEPT]) == lost.before[:KEPT]
        (log,) = [each for each in verify(journal, PUBLIC) if each.origin == "vest"]
        (declared,) = log.epochs
        assert (declared.kept, declared.promised) == (KEPT, PROMISED)
        assert declared.reason == "The disk and its copy are lost"
        assert not incidents(journal)


async def test_a_node_made_anew_takes_all_epochs_from_the_others(
    network: Network, open_journal: Opener, tmp_path: Path
) -> None:
    lost = await lose(network, open_journal, tmp_path)
    await lost.begin()
    record(lost.journal, 30)
    await lost.follow(*OTHERS)
    await network.lose(VEST)
    empty = SQLiteJournal(tmp_path / "empty.sqlite", NORD, instant)
    taker = inbox(network, empty)
    async with running(taker, server(network, lost.others[MIDT])):
        await same(empty, lost.journal)
    list(verify(empty, PUBLIC))
    empty.close()


async def test_an_older_copy_from_before_the_epoch_is_made_whole_over_it(
    open_journal: Opener, tmp_path: Path
) -> None:
    """The same backup once more: now the others hold how it goes on."""
    lost = await lose(InMemory(), open_journal, tmp_path)
    await lost.begin()
    record(lost.journal, 5)
    await lost.follow(*OTHERS)
    whole = lost.journal
    lost.journal = SQLiteJournal(tmp_path / "again.sqlite", VEST, instant)
    with lost.journal.writing() as cursor:
        lost.journal.insert_rows(cursor, lost.before[:40])
    part = lost.restore()
    async with running(part):
        await until(lambda: part.state.whole)
    assert list(lost.journal.entries("vest", 0, 99)) == list(
        whole.entries("vest", 0, 99)
    )
    assert list(lost.journal.commands()) == list(whole.commands())
    lost.journal.close()


async def test_a_command_whose_entries_were_fetched_back_is_known_after_an_epoch(
    network: Network, open_journal: Opener, tmp_path: Path
) -> None:
    first = SQLiteJournal(tmp_path / "before.sqlite", VEST, instant)
    others = {region: open_journal(region) for region in OTHERS}
    lost = Lost(network, first, [], others)
    register(first, "983974724")
    await lost.follow(*OTHERS)
    record(first)
    await lost.follow()
    await network.lose(VEST)
    known = list(first.commands())
    first.close()
    lost.journal = open_journal(VEST)
    row = await lost.begin()
    assert (row.epoch, row.position) == (2, 2)
    assert [each for each in lost.journal.commands() if each in known] == known
    list(verify(lost.journal, PUBLIC))


# When no epoch may begin


async def test_no_epoch_begins_while_all_is_here(
    network: Network, open_journal: Opener, tmp_path: Path
) -> None:
    """Also when it had to be fetched back first."""
    lost = await lose(network, open_journal, tmp_path, holder=NORD)
    with pytest.raises(NotBegunError) as caught:
        await lost.look()
    assert caught.value.why is WhyNot.WHOLE
    assert list(lost.journal.entries("vest", 0, 99)) == lost.before


async def test_no_epoch_begins_until_all_have_answered(
    open_journal: Opener, tmp_path: Path
) -> None:
    network = InMemory()
    lost = await lose(network, open_journal, tmp_path)
    for silent, without in (((NORD,), ()), ((NORD, MIDT), (NORD,))):
        with pytest.raises(NotBegunError) as caught:
            await lost.look(*silent, without=without)
        assert caught.value.why is WhyNot.SILENT
        assert caught.value.what == (set(silent) - set(without)).pop().value
    network.memory.cut.add("vest")
    with pytest.raises(NotBegunError, match="the region's stream"):
        await lost.look(without=tuple(OTHERS))
    network.memory.cut.clear()
    assert lost.journal.positions()["vest"] == (1, KEPT)
    row = await lost.begin(NORD)
    declared = declaration(row)
    assert declared is not None
    assert declared.without == (NORD,)


async def test_who_holds_more_and_does_not_give_it_has_not_answered(
    open_journal: Opener, tmp_path: Path
) -> None:
    """Entries without the checkpoint that vouches for them cannot be given."""
    lost = await lose(InMemory(), open_journal, tmp_path)
    nord = lost.others[NORD]
    with nord.writing() as cursor:
        nord.insert_rows(cursor, lost.before[SHARED:])
    with pytest.raises(NotBegunError) as caught:
        await lost.look()
    assert (caught.value.why, caught.value.what) == (WhyNot.SILENT, "nord")


async def test_who_is_named_as_away_and_answers_gives_what_it_holds(
    open_journal: Opener, tmp_path: Path
) -> None:
    lost = await lose(InMemory(), open_journal, tmp_path, holder=NORD)
    with pytest.raises(NotBegunError) as caught:
        await lost.look(without=(NORD,))
    assert caught.value.why is WhyNot.WHOLE


async def test_another_history_is_not_made_right_by_an_epoch(
    open_journal: Opener, tmp_path: Path
) -> None:
    lost = await lose(InMemory(), open_journal, tmp_path)
    lost.signed_heads = SignedHeads(None)
    lost.signed_heads.keep(signed(lost.before[:KEPT], root=bytes(32)))
    with pytest.raises(NotBegunError) as caught:
        await lost.look()
    assert caught.value.why is WhyNot.ANOTHER_HISTORY


@pytest.mark.parametrize("reason", ["", " ", "for 01010750160", "a\nb", "x" * 1001])
def test_a_reason_is_a_line_without_personal_data(reason: str) -> None:
    with pytest.raises(ValueError, match="1 validation error"):
        written_reason(reason)
    assert written_reason(" The disk is lost ") == "The disk is lost"


async def test_a_second_epoch_is_declared_as_the_first_was(
    open_journal: Opener, tmp_path: Path
) -> None:
    lost = await lose(InMemory(), open_journal, tmp_path)
    await lost.begin()
    await lost.follow(*OTHERS)
    lost.signed_heads.keep(
        signed(
            [*lost.journal.entries("vest", 0, 99), *more_of(lost.before, 7)], epoch=2
        )
    )
    row = await lost.begin()
    assert (row.epoch, row.position, row.version) == (3, KEPT + 2, 2)
    record(lost.journal)
    await lost.follow(*OTHERS)
    for journal in lost.others.values():
        list(verify(journal, PUBLIC))
        assert begun(journal, "vest", 3) is not None


async def test_a_beginning_that_never_left_is_begun_once_more(
    open_journal: Opener, tmp_path: Path
) -> None:
    lost = await lose(InMemory(), open_journal, tmp_path)
    await lost.begin()
    lost.journal = SQLiteJournal(tmp_path / "again.sqlite", VEST, instant)
    row = await lost.begin()
    assert (row.epoch, row.position) == (2, SHARED + 1)
    record(lost.journal)
    await lost.follow(*OTHERS)
    (known,) = [
        each for each in verify(lost.others[NORD], PUBLIC) if each.origin == "vest"
    ]
    assert [each.promised for each in known.epochs] == [PROMISED]
    lost.journal.close()


async def test_a_beginning_that_left_and_is_lost_too_is_not_signed_twice(
    open_journal: Opener, tmp_path: Path
) -> None:
    lost = await lose(InMemory(), open_journal, tmp_path)
    await lost.begin()
    await lost.follow()
    await lost.network.lose(VEST)
    lost.journal = SQLiteJournal(tmp_path / "again.sqlite", VEST, instant)
    with pytest.raises(NotBegunError) as refused:
        await lost.look()
    assert refused.value.why is WhyNot.ANOTHER_HISTORY
    lost.journal.close()


# Streams


async def test_a_stream_made_anew_gets_all_epochs_from_its_beginning(
    network: Network, open_journal: Opener, tmp_path: Path
) -> None:
    lost = await lose(network, open_journal, tmp_path)
    await lost.begin()
    record(lost.journal, 7)
    await lost.follow(*OTHERS)
    part = lost.outbox()
    async with running(part):
        await sent(part, KEPT + 8)
        await network.lose(VEST)
        record(lost.journal)
        await until(lambda: part.state.rolled_back == 1)
        await sent(part, KEPT + 9)
    assert await network.transports[VEST].end("vest") >= 2
    assert all(not incidents(each) for each in lost.others.values())


async def test_a_stream_that_ends_with_what_was_given_up_is_noticed_not_obeyed(
    network: Network, open_journal: Opener, tmp_path: Path
) -> None:
    """An old disk of the stream comes back: nothing is added to it or taken from it."""
    lost = await lose(network, open_journal, tmp_path, holder=NORD)
    kept = lost.others[NORD].sealed("vest")
    assert kept is not None
    old = pack(lost.before, kept.note)
    await lost.begin(NORD)
    await lost.follow(MIDT)
    await network.lose(VEST)
    await network.transports[VEST].publish("vest", old, 0)
    part, home, taker = (
        lost.outbox(),
        lost.restore(),
        inbox(network, lost.others[MIDT]),
    )
    servers = [server(network, lost.others[each]) for each in (MIDT, SOROST)]
    async with running(part, home, taker, *servers):
        await until(lambda: "were given up" in str(part.state.trouble))
        await until(lambda: home.state.whole)
        assert await network.transports[VEST].end("vest") == 1
        await network.lose(VEST)
        await until(lambda: part.state.sent == KEPT + 1)
    assert lost.journal.positions()["vest"] == (2, KEPT + 1)
    assert lost.others[MIDT].positions()["vest"] == (2, KEPT + 1)


async def test_the_old_disk_started_with_the_same_key_is_noticed(
    open_journal: Opener, tmp_path: Path
) -> None:
    """It holds what was given up, and finds that the others went on without it."""
    lost = await lose(InMemory(), open_journal, tmp_path)
    await lost.begin()
    record(lost.journal, 20)
    await lost.follow(*OTHERS)
    for more in (0, 40):
        lost.journal = SQLiteJournal(tmp_path / f"old-{more}.sqlite", VEST, instant)
        with lost.journal.writing() as cursor:
            lost.journal.insert_rows(
                cursor, [*lost.before, *more_of(lost.before, more)]
            )
        lost.signed_heads = SignedHeads(None)
        part = lost.restore()
        servers = [server(lost.network, each) for each in lost.others.values()]
        async with running(part, *servers):
            await until(partial(_says, part, "same key"))
        assert not part.state.whole
        lost.journal.close()


def _says(part: Restore, what: str) -> bool:
    return what in str(part.state.reason)
