"""A region changes its key, and the others take its log on, over every transport."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from deploy.keyfiles import KeyFileError, append_line, check_signs
from deploy.peers import PeersFile
from domain.values import Region
from federation.checks.damage import DamageError
from federation.checks.incidents import KEY_ACCEPTED
from federation.checks.signed_heads import SignedHeads, signed_to
from federation.checks.verification import verify
from federation.journal.shapes import WithheldError
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.journal.witnessing import incidents
from federation.node.heartbeat import Listener
from federation.node.inbox import Inbox
from federation.node.new_epoch import NewEpoch, NotBegunError
from federation.node.outbox import Outbox
from federation.node.restore import Restore
from federation.node.witness import RefusedCosignatureError, Witness
from federation.signed.checkpoint import Checkpoint, claimed, sign
from federation.signed.cosignature import cosign
from federation.signed.keyring import KeyPlace, revocation, succession
from federation.signed.keys import Verifier, key_name, signing_key
from tests.support.epochs import KEPT, PROMISED, SHARED, lose
from tests.support.federation import KEYS, instant
from tests.support.replication import (
    Network,
    outbox,
    record,
    running,
    same,
    sent,
    server,
    shared,
    until,
)

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

OLD = KEYS[Region.VEST]
NEW = signing_key(key_name("vest"), bytes([77]) * 32)


def peers_file(path: Path) -> PeersFile:
    path.write_text("".join(f"{key.verifier}\n" for key in KEYS.values()))
    return PeersFile(path)


async def test_a_log_goes_on_under_a_new_key(
    network: Network,
    journals: dict[Region, Journal],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The inbox waits for the operator's word, and goes on by itself."""
    vest, nord, midt = (journals[r] for r in (Region.VEST, Region.NORD, Region.MIDT))
    monkeypatch.setattr("federation.node.inbox.REFUSED_RETRY_SECONDS", 0.05)
    ours, theirs = peers_file(tmp_path / "ours"), peers_file(tmp_path / "theirs")
    taker = Inbox(nord, network.transports[Region.NORD], "vest", theirs.of(Region.VEST))
    record(vest, 7)
    async with running(outbox(network, vest), taker):
        await same(nord, vest)
    line = succession(OLD, NEW.verifier, KeyPlace(1, 7))
    append_line(tmp_path / "ours", line)
    check_signs(NEW, ours.ring(Region.VEST))
    with pytest.raises(KeyFileError, match="not the one"):
        check_signs(OLD, ours.ring(Region.VEST))
    record(vest, 5)
    sender = Outbox(vest, network.transports[Region.VEST], NEW, ours.of(Region.VEST))
    async with running(sender, taker):
        await until(lambda: taker.state.refused is not None)
        assert nord.positions()["vest"].position == 7
        append_line(tmp_path / "theirs", line)
        await same(nord, vest)
        # It is told a moment after the entries are there.
        await until(lambda: taker.state.refused is None)
    late = Inbox(midt, network.transports[Region.MIDT], "vest", ours.of(Region.VEST))
    async with running(late):
        await same(midt, vest)
    rings = {region: ours.ring(region) for region in Region}
    logs = {log.origin: log for log in verify(midt, rings)}
    assert logs["vest"].entries == 12
    old_only: dict[Region, Verifier] = {**rings, Region.VEST: OLD.verifier}
    with pytest.raises(DamageError, match="not signed"):
        list(verify(midt, old_only))


async def test_a_key_that_is_accepted_late_leaves_nothing_to_decide(
    network: Network,
    journals: dict[Region, Journal],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its pages, heartbeats and cosignatures were not signed, as far as was known."""
    monkeypatch.setattr("federation.node.inbox.REFUSED_RETRY_SECONDS", 0.05)
    vest, nord = journals[Region.VEST], journals[Region.NORD]
    ours, theirs = peers_file(tmp_path / "ours"), peers_file(tmp_path / "theirs")
    known = theirs.of(Region.VEST)
    taker = Inbox(nord, network.transports[Region.NORD], "vest", known)
    heard = Listener(nord, network.transports[Region.NORD], known, lambda: 0.0, "vest")
    keys = {region.value: theirs.of(region) for region in Region}
    signed_heads = SignedHeads(tmp_path / "nord.promises")
    place = (nord, network.transports[Region.NORD], KEYS[Region.NORD])
    witness = Witness(*place, keys, signed_heads, lambda: 0)
    line = succession(OLD, NEW.verifier, KeyPlace(1, 0))
    append_line(tmp_path / "ours", line)
    record(vest, 5)
    sender = Outbox(vest, network.transports[Region.VEST], NEW, ours.of(Region.VEST))
    root, until_noon = b"0" * 32, "2026-01-01T12:00:00.000000Z"
    announcement = Checkpoint("vest", 1, 5, root, until_noon)
    midts = sign(Checkpoint("midt", 1, 3, root, until_noon), KEYS[Region.MIDT])
    stranger = signing_key(key_name("vest"), bytes([78]) * 32)
    async with running(sender, taker):
        await until(lambda: taker.state.refused is not None)
        await until(lambda: waiting(nord) == ["log"])
        heard._take_or_tell(sign(announcement, NEW))
        heard_as_forged = sign(announcement, stranger)
        for key in (NEW, stranger):
            note = cosign(midts, key, 5).encode()
            await witness._look_at("vest", note, witness.take_cosignature)
        assert waiting(nord) == ["cosignatures", "fagnett.checkpoints.vest", "log"]
        witness._sayings()
        assert len(waiting(nord)) == 3, "nobody has accepted the key"
        append_line(tmp_path / "theirs", line)
        await same(nord, vest)
    # What was seen in between of another key is nobody's, and stays.
    heard._take_or_tell(heard_as_forged)
    witness._sayings()
    assert waiting(nord) == ["fagnett.checkpoints.vest"]
    decided = [each for each in incidents(nord) if each.decided_at is not None]
    assert {each.reason for each in decided} == {KEY_ACCEPTED}
    assert len(decided) == 3


def waiting(journal: Journal) -> list[str]:
    """Return where the incidents were seen that wait for a decision."""
    found = incidents(journal, undecided=True)
    return sorted(orjson.loads(each.evidence)["place"].split()[0] for each in found)


async def test_the_old_key_signs_nothing_new(
    network: Network, journals: dict[Region, Journal], tmp_path: Path
) -> None:
    vest, nord = journals[Region.VEST], journals[Region.NORD]
    peers = peers_file(tmp_path / "peers")
    append_line(tmp_path / "peers", revocation(OLD.verifier, KeyPlace(1, 3)))
    taker = Inbox(nord, network.transports[Region.NORD], "vest", peers.of(Region.VEST))
    record(vest, 3)
    sender = outbox(network, vest)
    async with running(sender, taker):
        await same(nord, vest)
        record(vest, 1)
        await until(lambda: taker.state.refused is not None)
    assert nord.positions()["vest"].position == 3


def test_a_file_that_breaks_changes_nothing(tmp_path: Path) -> None:
    peers = peers_file(tmp_path / "peers")
    append_line(tmp_path / "peers", "rubbish")
    assert peers.of(Region.VEST).at(1, 1) == [OLD.verifier]
    assert peers.of(Region.VEST).name == OLD.name
    (tmp_path / "peers").unlink()
    assert peers.of(Region.VEST).at(1, 1) == [OLD.verifier]
    with pytest.raises(KeyFileError, match="cannot be read"):
        PeersFile(tmp_path / "peers")


async def test_entries_that_were_lost_after_a_rotation_hold_nobody_up(
    network: Network, journals: dict[Region, Journal], tmp_path: Path
) -> None:
    """The key began where all was signed for; three more were lost with the disk."""
    vest, nord = journals[Region.VEST], journals[Region.NORD]
    record(vest, 7)
    await shared(network, vest, nord)
    promised = claimed(signed_note(vest))
    record(vest, 3)
    first = signed_to(vest, promised)
    older = SQLiteJournal(tmp_path / "older.sqlite", Region.VEST, instant)
    with older.writing() as cursor:
        older.insert_rows(cursor, vest.entries("vest", 0, 7))
    record(older, 1)
    peers = peers_file(tmp_path / "peers")
    append_line(tmp_path / "peers", succession(OLD, NEW.verifier, first))
    known, transport = peers.of(Region.VEST), network.transports[Region.VEST]
    taker = Inbox(nord, network.transports[Region.NORD], "vest", known)
    async with running(Outbox(older, transport, NEW, known), taker):
        await same(nord, older)
    older.close()


async def test_a_key_that_begins_beyond_the_log_sends_nothing_before(
    network: Network, journals: dict[Region, Journal], tmp_path: Path
) -> None:
    vest, nord = journals[Region.VEST], journals[Region.NORD]
    record(vest, 7)
    await shared(network, vest, nord)
    peers = peers_file(tmp_path / "peers")
    append_line(tmp_path / "peers", succession(OLD, NEW.verifier, KeyPlace(1, 10)))
    known, transport = peers.of(Region.VEST), network.transports[Region.VEST]
    record(vest, 2)
    sender = Outbox(vest, transport, NEW, known)
    taker = Inbox(nord, network.transports[Region.NORD], "vest", known)
    async with running(sender, taker):
        await until(lambda: "not sign at vest/1/9" in str(sender.state.trouble))
        record(vest, 1)
        await same(nord, vest)
        assert taker.state.refused is None
    assert nord.positions()["vest"].position == 10


async def test_a_region_sends_nothing_under_a_key_that_it_has_revoked(
    network: Network, journals: dict[Region, Journal], tmp_path: Path
) -> None:
    vest = journals[Region.VEST]
    peers = peers_file(tmp_path / "peers")
    record(vest, 3)
    sender = Outbox(vest, network.transports[Region.VEST], OLD, peers.of(Region.VEST))
    async with running(sender):
        await sent(sender, 3)
        append_line(tmp_path / "peers", revocation(OLD.verifier, KeyPlace(1, 3)))
        record(vest, 1)
        await until(lambda: "does not sign" in str(sender.state.trouble))
    assert claimed(signed_note(vest)).size == 3


@pytest.mark.usefixtures("at_once")
async def test_an_epoch_begins_under_a_key_of_the_tail_that_was_lost(
    network: Network, open_journal: Callable[[Region], Journal], tmp_path: Path
) -> None:
    """The key was changed at the last entry that left; the backup is older than that."""
    lost = await lose(network, open_journal, tmp_path)
    peers = peers_file(tmp_path / "peers")
    line = succession(OLD, NEW.verifier, KeyPlace(1, PROMISED))
    append_line(tmp_path / "peers", line)
    known, transport = peers.of(Region.VEST), network.transports[Region.VEST]
    new_only = NewEpoch(lost.journal, transport, NEW, known, lost.signed_heads, instant)
    async with running(*(server(network, each) for each in lost.others.values())):
        loss = await new_only.look()
    why = "The disk and its copy are lost"
    with pytest.raises(NotBegunError, match=f"key_missing: vest/1/{KEPT}"):
        new_only.begin(loss, why, "drift")
    assert lost.journal.positions()["vest"] == (1, KEPT)
    replace(new_only, earlier=[OLD]).begin(loss, why, "drift")
    lost.journal.withheld = None  # as for a node that starts and finds all there
    record(lost.journal, 2)
    nord = lost.others[Region.NORD]
    taker = Inbox(nord, network.transports[Region.NORD], "vest", known)
    sender = Outbox(lost.journal, transport, NEW, known, lost.signed_heads.keep)
    async with running(sender, taker):
        await same(nord, lost.journal)
    assert nord.positions()["vest"] == (2, KEPT + 3)
    rings = {region: peers.ring(region) for region in Region}
    for journal in (nord, lost.journal):
        logs = {log.origin: log.entries for log in verify(journal, rings)}
        assert logs["vest"] == KEPT + 3


async def test_a_node_with_old_keys_waits_for_the_new_ones_before_it_records(
    network: Network,
    journals: dict[Region, Journal],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A new machine set up from the safe; nord has what the new key signed."""
    monkeypatch.setattr("federation.node.restore.RETRY_SECONDS", 0.05)
    vest, nord, midt = (journals[r] for r in (Region.VEST, Region.NORD, Region.MIDT))
    transport = network.transports[Region.VEST]
    record(vest, 50)
    await shared(network, vest, nord, midt)
    cosigned, file = signed_note(vest), tmp_path / "vest.promises"
    ours, theirs = peers_file(tmp_path / "ours"), tmp_path / "theirs"
    line = succession(OLD, NEW.verifier, KeyPlace(1, 50))
    peers_file(theirs)
    append_line(theirs, line)
    record(vest, 10)
    known = PeersFile(theirs).of(Region.VEST)
    taker = Inbox(nord, network.transports[Region.NORD], "vest", known)
    async with running(Outbox(vest, transport, NEW, known), taker):
        await same(nord, vest)
    await network.lose(Region.VEST)
    older = SQLiteJournal(tmp_path / "older.sqlite", Region.VEST, instant)
    with older.writing() as cursor:
        older.insert_rows(cursor, vest.entries("vest", 0, 50))
    signed_heads, key = SignedHeads(file), ours.of(Region.VEST)
    part = Restore(older, transport, key, signed_heads)
    async with running(server(network, nord), server(network, midt)):
        async with running(part):
            await until(lambda: "nord can hold more" in str(part.state.reason))
            # What midt says that it has cosigned is promised, and is not all.
            signed_heads.keep(cosigned)
            part.state.reason = None
            await until(lambda: "nord can hold more" in str(part.state.reason))
        again = Restore(older, transport, key, SignedHeads(file))
        async with running(again):
            await until(lambda: "nord can hold more" in str(again.state.reason))
            with pytest.raises(WithheldError):
                record(older)
            append_line(tmp_path / "ours", line)
            await until(lambda: again.state.whole)
    assert older.positions()["vest"].position == 60
    older.close()


@pytest.mark.usefixtures("at_once")
async def test_no_epoch_gives_up_what_others_hold_under_a_key_not_known_here(
    network: Network, open_journal: Callable[[Region], Journal], tmp_path: Path
) -> None:
    lost = await lose(network, open_journal, tmp_path, holder=Region.NORD)
    peers_file(tmp_path / "peers")
    append_line(tmp_path / "peers", revocation(OLD.verifier, KeyPlace(1, SHARED)))
    known = PeersFile(tmp_path / "peers").of(Region.VEST)
    new_epoch = replace(lost.new_epoch(), keys=known)
    async with running(*(server(network, each) for each in lost.others.values())):
        with pytest.raises(NotBegunError, match="silent: nord"):
            await new_epoch.look()
        loss = await new_epoch.look([Region.NORD])
    assert loss.without == (Region.NORD,)
    assert lost.journal.positions()["vest"] == (1, KEPT)


async def test_a_stream_made_anew_gets_what_an_earlier_key_signed(
    network: Network, journals: dict[Region, Journal], tmp_path: Path
) -> None:
    """Its pages end where that key signed, since the next one signs nothing there."""
    vest, nord = journals[Region.VEST], journals[Region.NORD]
    async with running(sender := outbox(network, vest)):
        for position in (450, 600):
            record(vest, position - vest.positions()["vest"].position)
            await sent(sender, position)
    peers = peers_file(tmp_path / "peers")
    append_line(tmp_path / "peers", succession(OLD, NEW.verifier, KeyPlace(1, 600)))
    known, transport = peers.of(Region.VEST), network.transports[Region.VEST]
    record(vest, 1)
    await network.lose(Region.VEST)
    taker = Inbox(nord, network.transports[Region.NORD], "vest", known)
    async with running(Outbox(vest, transport, NEW, known), taker):
        await same(nord, vest)
    rings = {region: peers.ring(region) for region in Region}
    assert {log.origin: log.entries for log in verify(nord, rings)}["vest"] == 601


async def test_cosignatures_of_a_witness_stay_good_when_its_key_is_changed(
    network: Network, journals: dict[Region, Journal], tmp_path: Path
) -> None:
    """Each with the key that it had then; a key that it never had proves nothing."""
    vest, nord = journals[Region.VEST], journals[Region.NORD]
    before, after = KEYS[Region.NORD], signing_key(key_name("nord"), bytes([78]) * 32)
    peers = peers_file(tmp_path / "peers")
    keys: dict[str, Verifier] = {each.value: peers.of(each) for each in Region}
    signed_heads, transport = SignedHeads(None), network.transports[Region.NORD]
    for count, key in ((4, before), (3, after)):
        record(vest, count)
        await shared(network, vest, nord)
        Witness(
            nord, transport, key, keys, signed_heads, lambda: 1_767_268_800
        ).cosign()
        line = succession(before, after.verifier, KeyPlace(1, 0))
        if key is before:
            append_line(tmp_path / "peers", line)
    rings = {region: peers.ring(region) for region in Region}
    logs = {log.origin: log for log in verify(nord, rings)}
    assert logs["vest"].witnesses == {"nord": 7}
    for only, place in ((before, 7), (after, 4)):
        one: dict[Region, Verifier] = {**rings, Region.NORD: only.verifier}
        with pytest.raises(DamageError, match=f"cosignature of nord at vest/1/{place}"):
            list(verify(nord, one))
    append_line(tmp_path / "peers", revocation(after.verifier, KeyPlace(1, 0)))
    rings = {region: peers.ring(region) for region in Region}
    logs = {log.origin: log for log in verify(nord, rings)}
    assert logs["vest"].witnesses == {"nord": 7}, "they were given before"
    late = Witness(
        vest, transport, KEYS[Region.VEST], keys, SignedHeads(None), lambda: 2**31
    )
    note = cosign(signed_note(vest), after, 1_767_268_900)
    with pytest.raises(RefusedCosignatureError):
        late.take_cosignature("nord", note.encode())


def signed_note(journal: Journal) -> str:
    """Return what a region signed of its own log last."""
    sealed = journal.sealed(journal.region.value)
    assert sealed is not None
    return sealed.note
