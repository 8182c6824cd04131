"""Regions that witness each other's logs, over every transport."""

import asyncio
import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from domain.values import Region
from federation.checks.damage import DamageError
from federation.checks.evidence import (
    Contradiction,
    Evidence,
    NoEvidenceError,
    against,
    evidence_from,
    proved,
)
from federation.checks.incidents import accuse
from federation.checks.ingest import RefusedPageError
from federation.checks.signed_heads import SignedHeads
from federation.checks.verification import verify
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.journal.witnessing import (
    Cosigned,
    decide_all,
    incidents,
    keep_cosignature,
)
from federation.node.witness import (
    RefusedCosignatureError,
    Witness,
    cosigned_sizes,
    witnessed,
)
from federation.signed.checkpoint import Checkpoint, claimed, sign
from federation.signed.cosignature import cosign
from federation.tasks import end_all
from tests.support.federation import KEYS, instant
from tests.support.replication import (
    Network,
    inbox,
    outbox,
    record,
    running,
    same,
    sent,
    until,
)

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

PEERS = {region.value: key.verifier for region, key in KEYS.items()}
VEST, NORD, MIDT, SOROST = Region.VEST, Region.NORD, Region.MIDT, Region.SOROST


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait between announcements."""
    monkeypatch.setattr("federation.node.witness.PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("federation.node.witness.REPEAT_SECONDS", 0.05)
    monkeypatch.setattr("federation.node.witness.FLOOD_HEARD", 10**9)


def witness(
    network: Network, journal: Journal, signed_heads: SignedHeads | None = None
) -> Witness:
    """Return the witness of a region."""
    return Witness(
        journal,
        network.transports[journal.region],
        KEYS[journal.region],
        PEERS,
        signed_heads or SignedHeads(None),
        lambda: 1_767_268_800,
    )


def note_of(journal: Journal, size: int) -> str:
    """Return the signed note of a log at a size at which it was sealed."""
    sealed = journal.sealed(journal.region.value, size)
    assert sealed is not None
    assert sealed.frontier.size == size
    return sealed.note


def all_cosigned(journal: Journal, size: int) -> bool:
    """Say whether a journal knows that everybody cosigned so much of vest's log."""
    others = ("nord", "midt", "sorost")
    return cosigned_sizes(journal, "vest") == dict.fromkeys(others, size)


def accused(journal: Journal) -> bool:
    """Say whether a journal holds an incident."""
    return len(incidents(journal)) > 0


@asynccontextmanager
async def carried(network: Network, home: Journal, *to: Journal) -> AsyncIterator[None]:
    """Run a region's outbox, and inboxes of its log."""
    parts = [inbox(network, each, home.region) for each in to]
    async with running(outbox(network, home), *parts):
        yield


@pytest.fixture
def other(tmp_path: Path) -> Journal:
    """Give a second journal of vest: with its key, another history."""
    return SQLiteJournal(tmp_path / "other.sqlite", VEST, instant)


async def test_every_region_hears_how_far_a_log_is_witnessed(
    network: Network, journals: dict[Region, Journal]
) -> None:
    vest, *others = (journals[each] for each in (VEST, NORD, MIDT, SOROST))
    record(vest, 7)
    witnesses = [witness(network, each) for each in journals.values()]
    async with carried(network, vest, *others), running(*witnesses):
        for wanted in (7, 12):
            for journal in journals.values():
                await until(partial(all_cosigned, journal, wanted))
                assert [witnessed(journal, "vest", k) for k in (1, 3, 4)] == [
                    wanted,
                    wanted,
                    0,
                ]
            record(vest, 5)
            for each in others:
                await same(each, vest)
    assert all(not incidents(journal) for journal in journals.values())
    assert all(not part.state.breaches for part in witnesses)


async def test_who_stands_by_promises_what_its_region_has_said(
    network: Network, journals: dict[Region, Journal]
) -> None:
    """At home what others have cosigned, elsewhere what the region has cosigned."""
    vest, *others = (journals[each] for each in (VEST, NORD, MIDT, SOROST))
    record(vest, 7)
    witnesses = [witness(network, each) for each in journals.values()]
    async with carried(network, vest, *others), running(*witnesses):
        for journal in (vest, others[0]):
            await until(partial(all_cosigned, journal, 7))
    for journal in (vest, others[0]):
        signed_heads = SignedHeads(None)
        remembering = witness(network, journal, signed_heads).remember()
        task = asyncio.create_task(remembering)
        await until(lambda: signed_heads.last("vest") is not None)  # noqa: B023 - waited for here
        await end_all([task])
        promised = signed_heads.last("vest")
        assert promised is not None
        assert promised.size == 7


async def test_two_histories_for_two_peers_meet_in_their_cosignatures(
    network: Network,
    journals: dict[Region, Journal],
    other: Journal,
) -> None:
    """The rogue region signs one log for nord and another one for midt."""
    vest, nord, midt = (journals[each] for each in (VEST, NORD, MIDT))
    record(vest, 5)
    record(other, 8)
    for home, peer in ((vest, nord), (other, midt)):
        async with carried(network, home, peer):
            await same(peer, home)
        await network.lose(VEST)
    witnesses = [witness(network, each) for each in journals.values()]
    async with running(*witnesses):
        for journal in journals.values():
            await until(partial(accused, journal))
    found = {incidents(journal)[0].incident_id for journal in journals.values()}
    assert len(found) == 1
    (incident,) = incidents(journals[SOROST])
    assert (incident.origin, incident.kind) == ("vest", "two-histories")
    evidence = evidence_from(incident.evidence.encode())
    assert isinstance(evidence, Evidence)
    about, kind = proved(evidence, PEERS)
    assert (about.origin, kind) == ("vest", Contradiction.TWO_HISTORIES)
    assert {claimed(evidence.first).size, claimed(evidence.second).size} == {5, 8}
    record(vest, 1)
    part = outbox(network, vest)
    async with running(part):
        await sent(part, 6)
    page = await network.transports[NORD].get("vest", 1)
    assert page is not None
    with pytest.raises(RefusedPageError, match="waits for a decision"):
        inbox(network, nord).take(page.message)
    assert decide_all(nord, "vest", "a restored copy was running") == 1
    inbox(network, nord).take(page.message)
    assert nord.positions()["vest"].position == 6
    other.close()


async def test_a_witness_signs_for_no_second_history_after_a_restore(
    network: Network, journals: dict[Region, Journal], other: Journal, tmp_path: Path
) -> None:
    """Its database is emptied, the memory beside the keys is not."""
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 5)
    file = tmp_path / "nord.promises"
    async with carried(network, vest, nord):
        await same(nord, vest)
    (note,) = witness(network, nord, SignedHeads(file)).cosign()
    restored = SQLiteJournal(tmp_path / "restored.sqlite", NORD, instant)
    part = witness(network, restored, SignedHeads(file))
    assert part.cosign() == [note]
    assert (
        "holds 0 entries of vest, and 5 were signed for" in part.state.breaches["vest"]
    )
    record(other, 7)
    await network.lose(VEST)
    async with carried(network, other, restored):
        await same(restored, other)
    assert part.cosign() == [note]
    assert "are not those that were signed for" in part.state.breaches["vest"]
    (incident,) = incidents(restored)
    assert proved(evidence_from(incident.evidence.encode()), PEERS)
    for each in (restored, other):
        each.close()


async def test_what_a_witness_hears_is_verified_and_bounded(
    network: Network, journals: dict[Region, Journal]
) -> None:
    vest, nord, midt = (journals[each] for each in (VEST, NORD, MIDT))
    record(vest, 5)
    async with carried(network, vest, nord):
        await same(nord, vest)
    note = note_of(vest, 5)
    part = witness(network, nord)
    other = Checkpoint("vest", 1, 5, bytes(32), "2026-01-01T00:00:00.000000Z")
    bad: list[bytes] = [
        b"\xff",
        b"x" * 60_000,
        note.encode(),
        cosign(note, KEYS[SOROST], 0).encode(),
        cosign(note, KEYS[MIDT], 2**40).encode(),
        cosign(sign(other, KEYS[MIDT]), KEYS[MIDT], 0).encode(),
    ]
    for payload in bad:
        with pytest.raises(RefusedCosignatureError):
            part.take_cosignature("midt", payload)
    assert cosigned_sizes(nord, "vest") == {}
    part.take_cosignature("midt", cosign(note, KEYS[MIDT], 0).encode())
    assert cosigned_sizes(nord, "vest") == {"midt": 5}
    # Of more than is here: known later, and shown until then.
    record(vest, 3)
    async with running(outbox(network, vest)) as _:
        await until(lambda: vest.sealed("vest") != vest.sealed("vest", 5))
    part.take_cosignature("midt", cosign(note_of(vest, 8), KEYS[MIDT], 0).encode())
    assert cosigned_sizes(nord, "vest") == {"midt": 5}
    assert part.state.ahead["vest"] == 8
    assert not incidents(nord)
    assert midt.positions()["vest"].position == 0


async def test_what_is_said_again_is_weighed_once_until_something_changes(
    network: Network,
    journals: dict[Region, Journal],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 5)
    async with carried(network, vest, nord):
        await same(nord, vest)
    part = witness(network, nord)
    weighed: list[str] = []

    def counted(journal: Journal, note: str, keys: Any) -> bool | None:
        weighed.append(note)
        return accuse(journal, note, keys)

    monkeypatch.setattr("federation.node.witness.accuse", counted)
    note = cosign(note_of(vest, 5), KEYS[MIDT], 0)
    for _ in range(3):
        part.take_cosignature("midt", note.encode())
    assert weighed == [note]
    assert cosigned_sizes(nord, "vest") == {"midt": 5}
    # Another cosignature, or other bytes that say they are this one.
    part.take_cosignature("midt", cosign(note_of(vest, 5), KEYS[MIDT], 1).encode())
    assert len(weighed) == 2
    with pytest.raises(RefusedCosignatureError):
        part.take_cosignature(
            "midt", cosign(note_of(vest, 5), KEYS[SOROST], 0).encode()
        )
    part.take_cosignature("midt", note.encode())
    assert len(weighed) == 3
    # More of the log, by which the same words may be wrong.
    record(vest, 3)
    async with carried(network, vest, nord):
        await same(nord, vest)
    for _ in range(2):
        part.take_cosignature("midt", note.encode())
    assert len(weighed) == 4
    # Of more than is here: again each time, until it is.
    record(vest, 1)
    async with running(outbox(network, vest)):
        await until(lambda: note_ends(vest, 9))
    for _ in range(2):
        later = cosign(note_of(vest, 9), KEYS[MIDT], 0)
        part.take_cosignature("midt", later.encode())
    assert len(weighed) == 6
    # And without the key that signed it, it is refused as it always was.
    part._peers = {**PEERS, MIDT: PEERS[SOROST]}
    with pytest.raises(RefusedCosignatureError):
        part.take_cosignature("midt", note.encode())


def note_ends(journal: Journal, size: int) -> bool:
    """Say whether a log is sealed to a size."""
    sealed = journal.sealed(journal.region.value)
    return sealed is not None and sealed.frontier.size == size


async def test_only_evidence_that_proves_itself_is_taken(
    network: Network, journals: dict[Region, Journal], other: Journal
) -> None:
    vest, nord = journals[VEST], journals[NORD]
    for journal in (vest, other):
        record(journal, 3)
    async with carried(network, vest, nord):
        await same(nord, vest)
    await network.lose(VEST)
    part = outbox(network, other)
    async with running(part):
        await sent(part, 3)
    true, false = note_of(vest, 3), note_of(other, 3)
    late = claimed(true).complete_to
    shrunk = sign(Checkpoint("vest", 1, 2, bytes(32), late), KEYS[VEST])
    forged = sign(claimed(false), KEYS[NORD])
    good = {
        Evidence(true, false): Contradiction.TWO_HISTORIES,
        Evidence(shrunk, true): Contradiction.SHRUNK,
    }
    for evidence, kind in good.items():
        assert proved(evidence_from(evidence.to_bytes()), PEERS)[1] is kind
    bad = [
        Evidence(true, true),
        Evidence(true, forged),
        Evidence(true, shrunk),
        Evidence(shrunk, true, (bytes(32),) * 2),
        Evidence("", true),
    ]
    told = witness(network, nord)
    for evidence in bad:
        with pytest.raises(NoEvidenceError):
            told.take_incident("sorost", evidence.to_bytes())
    for payload in (
        b"[" * 100_000,
        b"{}",
        b"null",
        b'{"first":1,"second":2,"nodes":3}',
    ):
        with pytest.raises(NoEvidenceError):
            told.take_incident("sorost", payload)
    assert not incidents(nord)
    assert against(nord, true) is None
    assert against(nord, false) == Evidence(false, true)
    for _ in range(2):
        told.take_incident("sorost", Evidence(true, false).to_bytes())
    assert len(incidents(nord)) == 1
    other.close()


async def test_verify_checks_cosignatures_and_says_whose_they_are(
    network: Network, journals: dict[Region, Journal]
) -> None:
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 5)
    async with carried(network, vest, nord):
        await same(nord, vest)
    part = witness(network, nord)
    part.cosign()
    note = cosign(note_of(vest, 5), KEYS[MIDT], 1)
    part.take_cosignature("midt", note.encode())
    keys = {region: key.verifier for region, key in KEYS.items()}
    logs = {log.origin: log for log in verify(nord, keys)}
    assert logs["vest"].witnesses == {"nord": 5, "midt": 5}
    keep_cosignature(nord, Cosigned("vest", 1, "sorost", 5, note))
    with pytest.raises(DamageError, match="cosignature of sorost at vest/1/5"):
        list(verify(nord, keys))


async def test_a_full_disk_where_signed_heads_stand_ends_no_witness(
    network: Network,
    journals: dict[Region, Journal],
    other: Journal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What nord cosigned of vest's log is further than the copy that vest runs on."""
    vest, nord = journals[VEST], journals[NORD]
    record(other, 3)
    async with carried(network, other, nord):
        await same(nord, other)
    signed_heads, full = SignedHeads(None), [3]
    keep = signed_heads.keep

    def keeping(note: str) -> None:
        if full[0]:
            full[0] -= 1
            raise OSError(errno.ENOSPC, "No space left on device")
        keep(note)

    monkeypatch.setattr(signed_heads, "keep", keeping)
    hears, says = witness(network, vest, signed_heads), witness(network, nord)
    async with running(hears, says):
        await until(lambda: signed_heads.last("vest") is not None)
    promised = signed_heads.last("vest")
    assert promised is not None
    assert promised.size == 3
    other.close()
