"""What a region gave up is kept where it is held, and nothing is put over it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from domain.values import Region
from federation.checks.damage import DamageError
from federation.checks.evidence import Contradiction, evidence_from, proved
from federation.checks.ingest import RefusedPageError
from federation.checks.signed_heads import SignedHeads, breach
from federation.checks.verification import verify
from federation.journal.store import Journal
from federation.journal.witnessing import decide_all, incidents
from federation.log.epochs import declaration
from federation.node.witness import Witness
from federation.signed.checkpoint import claimed
from federation.signed.entry import EntryHeader, build, data_of
from federation.signed.page import Message, pack
from tests.support.epochs import (
    KEPT,
    PROMISED,
    SHARED,
    Lost,
    lose,
    more_of,
    signed,
)
from tests.support.federation import KEYS, instant
from tests.support.replication import (
    InMemory,
    heartbeat,
    inbox,
    listener,
    record,
    running,
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


@pytest.mark.parametrize("more", [1, 6, 7, 8, 700])
async def test_who_holds_what_was_given_up_keeps_it_and_takes_nothing_more(
    open_journal: Opener, tmp_path: Path, more: int
) -> None:
    """However far the new epoch has come when the region is there again."""
    lost = await lose(InMemory(), open_journal, tmp_path, holder=NORD)
    await lost.begin(NORD)
    record(lost.journal, more)
    await lost.follow(MIDT, SOROST)
    nord = lost.others[NORD]
    held = list(nord.entries("vest", 0, 9999))
    taker = inbox(lost.network, nord)
    async with running(taker, server(lost.network, lost.journal)):
        await until(lambda: len(incidents(nord)) > 0)
        await until(lambda: "waits for a decision" in str(taker.state.refused))
    (incident,) = incidents(nord)
    about, kind = proved(evidence_from(incident.evidence.encode()), PEERS)
    assert (about.origin, kind) == ("vest", Contradiction.ABANDONED)
    assert list(nord.entries("vest", 0, 9999)) == held == lost.before
    assert declaration(lost.journal.entries("vest", KEPT, 1)[0]) is not None


async def test_an_incident_is_told_to_all_and_one_only_to_who_has_no_declaration(
    open_journal: Opener, tmp_path: Path
) -> None:
    lost = await lose(InMemory(), open_journal, tmp_path, holder=NORD)
    await lost.begin(NORD)
    await lost.follow(MIDT)
    taker = inbox(lost.network, lost.others[NORD])
    async with running(taker, server(lost.network, lost.journal)):
        await until(lambda: len(incidents(lost.others[NORD])) > 0)
    (incident,) = incidents(lost.others[NORD])
    for region, raised in ((MIDT, 0), (SOROST, 1)):
        told = _witness(lost, region, SignedHeads(None))
        told.take_incident("nord", incident.evidence.encode())
        assert len(incidents(lost.others[region])) == raised


async def test_a_heartbeat_or_a_cosignature_of_the_new_epoch_shows_it_too(
    open_journal: Opener, tmp_path: Path
) -> None:
    lost = await lose(InMemory(), open_journal, tmp_path, holder=NORD)
    await lost.begin(NORD)
    note = heartbeat(lost.network, lost.journal, instant).note()
    assert note is not None
    with pytest.raises(Exception, match="epoch 2 is announced, and 1 is here"):
        listener(lost.network, lost.others[NORD]).take(note)
    assert len(incidents(lost.others[NORD])) == 1
    assert not listener(lost.network, lost.others[MIDT]).take(note)
    assert not incidents(lost.others[MIDT])


async def test_a_page_of_the_old_epoch_after_the_new_one_is_refused_and_an_incident(
    open_journal: Opener, tmp_path: Path
) -> None:
    lost = await lose(InMemory(), open_journal, tmp_path, holder=NORD)
    kept = lost.others[NORD].sealed("vest")
    assert kept is not None
    old = pack(lost.before[SHARED:], kept.note)
    known = pack(lost.before[:SHARED], signed(lost.before[:SHARED]))
    await lost.begin(NORD)
    await lost.follow(MIDT, SOROST)
    midt = lost.others[MIDT]
    taker = inbox(lost.network, midt)
    assert taker.take(known).value == "duplicate", "what stays is no news"
    with pytest.raises(RefusedPageError, match="other entries of another epoch"):
        taker.take(old)
    assert len(incidents(midt)) == 1
    assert midt.positions()["vest"] == (2, KEPT + 1)


async def test_a_cosignature_of_what_was_given_up_is_shown_and_no_incident(
    open_journal: Opener, tmp_path: Path
) -> None:
    lost = await lose(InMemory(), open_journal, tmp_path, holder=NORD)
    nords = _witness(lost, NORD, SignedHeads(None))
    (note,) = [each for each in nords.cosign() if claimed(each).origin == "vest"]
    assert claimed(note).size == PROMISED
    await lost.begin(NORD)
    record(lost.journal, 20)
    await lost.follow(MIDT, SOROST)
    signed_heads = SignedHeads(None)
    midts = _witness(lost, MIDT, signed_heads)
    midts.take_cosignature("nord", note.encode())
    assert midts.state.given_up == {"vest": {"nord": PROMISED}}
    assert not incidents(lost.others[MIDT])
    (mine,) = [each for each in midts.cosign() if claimed(each).origin == "vest"]
    assert (claimed(mine).epoch, claimed(mine).size) == (2, KEPT + 21)
    more = signed([*lost.before, *more_of(lost.before, 1)])
    beyond = _witness(lost, NORD, SignedHeads(None))
    with pytest.raises(Exception, match="not cosigned"):
        beyond.take_cosignature("midt", more.encode())
    signed_heads.keep(note)
    assert breach(lost.others[MIDT], claimed(note)) is None
    assert breach(lost.others[MIDT], claimed(more)) is not None, (
        "nobody declared that lost"
    )


def _witness(lost: Lost, region: Region, signed_heads: SignedHeads) -> Witness:
    journal, transport = lost.others[region], lost.network.transports[region]
    key, at = KEYS[region], 1_767_268_800
    return Witness(journal, transport, key, PEERS, signed_heads, lambda: at)


# Declarations that are none


def _declared(lost: Lost, **change: object) -> Message:
    """Return a page whose first entry declares something else than what is right."""
    row = lost.journal.entries("vest", KEPT, 1)[0]
    fact = declaration(row)
    assert fact is not None
    place = EntryHeader(*row[:7])
    names = {
        name: change.pop(name) for name in list(change) if name in EntryHeader.__slots__
    }
    data = fact.model_copy(update=change).to_bytes()
    changed = build(replace(place, **names), None, data)  # type: ignore[arg-type]
    rows = [*lost.before[:KEPT], changed]
    return pack([changed], signed(rows))


@pytest.mark.parametrize(
    "change",
    [
        {"kept": KEPT - 1},
        {"kept_root": "0" * 64},
        {"epoch": 3},
        {"type": "x.happened.v1"},
        {"stream": "vest:log:other"},
        {"stream": "vest:x:other"},
        {"version": 2},
    ],
    ids=str,
)
async def test_an_epoch_that_does_not_say_what_it_follows_is_not_taken(
    open_journal: Opener, tmp_path: Path, change: dict[str, object]
) -> None:
    lost = await lose(InMemory(), open_journal, tmp_path)
    taker = inbox(lost.network, lost.others[NORD])
    taker.take(pack(lost.before[SHARED:KEPT], signed(lost.before[:KEPT])))
    await lost.begin()
    page = _declared(lost, **change)
    with pytest.raises(RefusedPageError):
        taker.take(page)
    assert lost.others[NORD].positions()["vest"] == (1, KEPT)
    decide_all(lost.others[NORD], "vest", "it was a mistake")
    assert taker.take(_declared(lost)).value == "next"


async def test_a_declaration_in_the_middle_of_an_epoch_begins_none(
    open_journal: Opener, tmp_path: Path
) -> None:
    lost = await lose(InMemory(), open_journal, tmp_path)
    taker = inbox(lost.network, lost.others[NORD])
    taker.take(pack(lost.before[SHARED:KEPT], signed(lost.before[:KEPT])))
    await lost.begin()
    with pytest.raises(RefusedPageError, match="begins no epoch"):
        taker.take(_middle(lost))


def _middle(lost: Lost) -> Message:
    row = lost.journal.entries("vest", KEPT, 1)[0]
    fact = declaration(row)
    assert fact is not None
    changed = build(replace(EntryHeader(*row[:7]), epoch=1), None, fact.to_bytes())
    return pack([changed], signed([*lost.before[:KEPT], changed]))


async def test_verify_finds_an_epoch_that_does_not_follow(
    open_journal: Opener, tmp_path: Path
) -> None:
    lost = await lose(InMemory(), open_journal, tmp_path)
    await lost.begin()
    row = lost.journal.entries("vest", KEPT, 1)[0]
    for region, data in ((NORD, b'{"a":1}'), (MIDT, data_of(row.body))):
        wrong = build(replace(EntryHeader(*row[:7]), position=SHARED + 1), None, data)
        journal = lost.others[region]
        with journal.writing() as cursor:
            journal.insert_rows(cursor, [wrong])
        with pytest.raises(DamageError, match="does not begin the epoch after 1/50"):
            list(verify(journal, PUBLIC))
