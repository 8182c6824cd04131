"""A key was stolen, and nord took what the thief signed before it was revoked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.values import Region
from federation.checks.incidents import Observed
from federation.checks.signed_heads import SignedHeads
from federation.journal.shapes import Sealed
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.journal.witnessing import decide_all, incidents
from federation.node.heartbeat import Listener, heartbeat_subject
from federation.node.inbox import Inbox
from federation.node.witness import Witness, cosigned_sizes
from federation.signed.checkpoint import Checkpoint, claimed, sign
from federation.signed.cosignature import cosign
from federation.signed.entry import Row
from federation.signed.keyring import (
    KeyPlace,
    KeyRing,
    read_key_rings,
    revocation,
    trusted,
)
from federation.signed.keys import SigningKey, key_name, signing_key
from federation.signed.merkle import Frontier, extend, root
from federation.signed.page import pack
from tests.support.dumps import command, received
from tests.support.federation import KEYS, instant
from tests.support.replication import InMemory, record, running, until

pytestmark = pytest.mark.anyio

VEST, NORD, MIDT = Region.VEST, Region.NORD, Region.MIDT
OLD = KEYS[VEST]
NEW = signing_key(key_name("vest"), bytes([79]) * 32)
LAST = KeyPlace(1, 150)
"""The last entry for which vest vouches under the key that was stolen."""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait between announcements."""
    monkeypatch.setattr("federation.node.witness.PAUSE_SECONDS", 0.01)


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[dict[str, Journal]]:
    """Give vest's log, the thief's from entry 151 on, and nord's journal."""
    regions = {"vest": VEST, "thief": VEST, "nord": NORD}
    opened: dict[str, Journal] = {
        name: SQLiteJournal(tmp_path / f"{name}.sqlite", region, instant)
        for name, region in regions.items()
    }
    record(opened["vest"], 150)
    with opened["thief"].writing() as cursor:
        rows = opened["vest"].entries("vest", 0, 150)
        opened["thief"].insert_rows(cursor, rows)
    record(opened["vest"], 20)
    command(opened["thief"], 1, 10)
    yield opened
    for journal in opened.values():
        journal.close()


def keys(*more: str) -> dict[str, KeyRing]:
    """Return all regions' keys, with more lines."""
    rings = read_key_rings([*(str(key.verifier) for key in KEYS.values()), *more])
    return {region.value: rings[key.name] for region, key in KEYS.items()}


BEFORE = keys()
AFTER = keys(revocation(OLD.verifier, LAST), trusted(NEW.verifier, LAST))


def told(journal: Journal, size: int, key: SigningKey) -> tuple[str, list[Row]]:
    """Return a note of the first entries of a log of vest, and those."""
    rows = list(journal.entries("vest", 0, size))
    tree = extend(Frontier(), (row.leaf for row in rows))
    until = rows[-1].recorded_at
    return sign(Checkpoint("vest", 1, size, root(tree), until), key), rows


def witness(
    journal: Journal, rings: dict[str, KeyRing], signed_heads: SignedHeads | None = None
) -> Witness:
    """Return nord's witness."""
    transport, kept = InMemory().transports[NORD], signed_heads or SignedHeads(None)
    return Witness(journal, transport, KEYS[NORD], rings, kept, lambda: 1_767_268_800)


async def test_a_heartbeat_of_the_new_key_is_refused_and_heard_on(
    logs: dict[str, Journal],
) -> None:
    nord, network = logs["nord"], InMemory()
    received(nord, logs["thief"], [150, 160])
    transport, ring = network.transports[NORD], AFTER["vest"]
    hears = Listener(nord, transport, ring, lambda: 0.0, "vest")
    async with running(hears):
        for size in (155, 156):
            note = told(logs["vest"], size, NEW)[0].encode()
            await until(lambda: bool(network.memory.listeners))
            await network.transports[VEST].announce(heartbeat_subject("vest"), note)
            text = f"another history of {size} entries"
            await until(lambda: text in str(hears.state.refused))  # noqa: B023 - waited for here
    (seen,) = incidents(nord)
    assert seen.kind == Observed.UNPROVED, "a key that is revoked proves nothing"


async def test_a_page_of_the_new_key_is_refused_and_asked_for_again(
    logs: dict[str, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the operator has decided on what came before, nothing else is told."""
    monkeypatch.setattr("federation.node.inbox.REFUSED_RETRY_SECONDS", 0.01)
    nord, network = logs["nord"], InMemory()
    received(nord, logs["thief"], [150, 160])
    note, rows = told(logs["vest"], 170, NEW)
    await network.transports[VEST].publish("vest", pack(rows[150:], note), 0)
    taker = Inbox(nord, network.transports[NORD], "vest", AFTER["vest"])
    text = "the keys that are good now do not prove it"
    async with running(taker):
        await until(lambda: text in str(taker.state.refused))
        decide_all(nord, "vest", "the key was stolen")
        taker.state.refused = None
        await until(lambda: text in str(taker.state.refused))
    assert nord.positions()["vest"].position == 160, "what is here is not overwritten"
    assert {each.kind for each in incidents(nord)} == {Observed.UNPROVED}


def test_a_node_made_anew_that_has_cosigned_for_the_thief_says_so_and_goes_on(
    logs: dict[str, Journal],
) -> None:
    signed_heads, nord = SignedHeads(None), logs["nord"]
    thief = cosign(told(logs["thief"], 160, OLD)[0], KEYS[NORD], 5)
    signed_heads.keep(thief)
    for size, key in ((150, OLD), (170, NEW)):
        note, rows = told(logs["vest"], size, key)
        tree = extend(Frontier(), (row.leaf for row in rows))
        held = nord.positions()["vest"].position
        nord.receive(rows[held:], Sealed(tree, note))
    part = witness(nord, AFTER, signed_heads)
    assert part.cosign() == [thief]
    assert "are not those that were signed for" in part.state.breaches["vest"]
    assert not incidents(nord)


async def test_a_cosignature_of_the_new_key_is_refused_and_no_fault_of_who_brings_it(
    logs: dict[str, Journal],
) -> None:
    nord = logs["nord"]
    received(nord, logs["thief"], [150, 160])
    part = witness(nord, AFTER)
    note = cosign(told(logs["vest"], 155, NEW)[0], KEYS[MIDT], 5)
    await part._look_at("midt", note.encode(), part.take_cosignature)
    assert "another log of vest than is here" in part.state.refused["midt"]
    assert not incidents(nord)
    assert cosigned_sizes(nord, "vest")["midt"] == 160, "it is not kept"


def test_what_waits_for_its_entries_is_dropped_with_the_key_that_signed_it(
    logs: dict[str, Journal],
) -> None:
    """Or else the entries that the thief signed for would be missing for ever."""
    nord, rings = logs["nord"], dict(BEFORE)
    received(nord, logs["thief"], [150])
    part = witness(nord, rings)
    note = cosign(told(logs["thief"], 160, OLD)[0], KEYS[MIDT], 5)
    part.take_cosignature("midt", note.encode())
    assert part.state.ahead == {"vest": 160}
    rings["vest"] = AFTER["vest"]
    part._sayings()
    assert part.state.ahead == {"vest": 0}
    new, rows = told(logs["vest"], 170, NEW)
    tree = extend(Frontier(), (row.leaf for row in rows))
    nord.receive(rows[150:], Sealed(tree, new))
    (mine,) = [each for each in part.cosign() if claimed(each).origin == "vest"]
    assert claimed(mine).size == 170
    assert not incidents(nord)
