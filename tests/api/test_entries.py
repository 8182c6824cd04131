"""What a paper names is found in the log, and proved by public keys alone."""

import base64
import hashlib
import io
import re
from typing import Any

import httpx
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pypdf import PdfReader

from domain.role import Role
from domain.values import Region
from federation.journal.witnessing import Cosigned, keep_cosignature
from federation.signed.cosignature import cosign
from tests.support.doors import INVOICED, INVOICED_ORE, Door
from tests.support.dumps import signed
from tests.support.examples import BERGEN, STAVANGER
from tests.support.federation import KEYS


@pytest.fixture
def attested(invoiced: Door) -> Door:
    """Open a door behind which the log is signed, and all but its end cosigned."""
    journal = invoiced.node.journal
    size = journal.positions()["vest"].position
    signed(journal, [3, size - 1, size])
    for witness, at in ((Region.NORD, size - 1), (Region.MIDT, size)):
        seal = journal.sealed("vest", at)
        assert seal is not None
        note = cosign(seal.note, KEYS[witness], 1_767_225_600)
        kept = Cosigned("vest", 1, witness.value, at, note)
        assert keep_cosignature(journal, kept)
    return invoiced


def entry(door: Door, place: str, **who: Any) -> httpx.Response:
    return door.call("GET", f"/v1/entries/{place}", **who)


def sha256(octets: bytes) -> bytes:
    return hashlib.sha256(octets).digest()


def root_of(shown: dict[str, Any], index: int, leaf: bytes) -> bytes:
    """Return the root as RFC 9162 §2.1.3.2 has it verified."""
    node, place, last = leaf, index, shown["size"] - 1
    for each in map(base64.b64decode, shown["proof"]):
        assert last > 0
        if place & 1 or place == last:
            node = sha256(b"\x01" + each + node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = sha256(b"\x01" + node + each)
        place, last = place >> 1, last >> 1
    assert last == 0
    return node


def check_note(note: str, origin: str, key: Region, kind: int) -> list[str]:
    """Check a signature of a note with a public key; return the note's lines."""
    text, _, lines = note.partition("\n\n")
    public = KEYS[key].verifier.public
    name = f"fagnett/{key.value}"
    wanted = sha256(name.encode() + b"\n" + bytes([kind]) + public)[:4]
    signatures = [base64.b64decode(line.split()[2]) for line in lines.splitlines()]
    (mine,) = (each[4:] for each in signatures if each[:4] == wanted)
    message = f"{text}\n".encode()
    if kind == 4:
        seconds = int.from_bytes(mine[:8], "big")
        message, mine = f"cosignature/v1\ntime {seconds}\n".encode() + message, mine[8:]
    Ed25519PublicKey.from_public_bytes(public).verify(mine, message)
    assert text.startswith(f"{origin}\n")
    return text.splitlines()


def check(found: dict[str, Any]) -> set[str]:
    """Check an answer as a third party does; return who has signed for the entry."""
    leaf = sha256(b"\x00" + found["entry"].encode())
    assert found["leaf"] == leaf.hex()
    assert orjson.loads(found["entry"])["id"] == found["id"]
    who = set()
    own = {**found["checkpoint"], "witness": "vest"}
    for shown in (own, *found["cosignatures"]):
        lines = check_note(shown["note"], "fagnett/vest/1", Region.VEST, 1)
        if shown["witness"] != "vest":
            witness = Region(shown["witness"])
            check_note(shown["note"], "fagnett/vest/1", witness, 4)
        assert int(lines[1]) == shown["size"]
        assert base64.b64decode(lines[2]) == root_of(shown, found["index"], leaf)
        who.add(shown["witness"])
    return who


def test_every_entry_is_proved_by_public_keys_alone(attested: Door) -> None:
    last = attested.node.journal.positions()["vest"].position
    for position in range(1, last + 1):
        answer = entry(attested, f"vest/1/{position}", roles=(Role.AUDITOR,))
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert (found["id"], found["index"]) == (f"vest/1/{position}", position - 1)
        witnesses = {"midt"} if position == last else {"midt", "nord"}
        assert check(found) == {"vest", *witnesses}


def test_what_a_paper_prints_is_found(attested: Door) -> None:
    """By its text layer: as it is copied, it is what is searched for."""
    papers = [
        f"{INVOICED}/pdf?language=en",
        "/v1/agreements/a/versions/1/pdf?language=en",
    ]
    for path in papers:
        pages = PdfReader(io.BytesIO(attested.get(path).content)).pages
        text = "\n".join(page.extract_text() for page in pages)
        named = re.search(r"Entry in the signed log: (vest/1/\d+) ", text)
        assert named is not None, text
        found = entry(attested, named.group(1)).json()
        assert f"Leaf hash (SHA-256): {found['leaf']}\n" in text
        assert f"Index in the log, from 0: {found['index']}\n" in text


def test_what_is_not_signed_yet_says_so(invoiced: Door) -> None:
    found = entry(invoiced, "vest/1/1").json()
    assert (found["checkpoint"], found["cosignatures"]) == (None, [])


@pytest.mark.parametrize(
    ("place", "status"),
    [
        ("vest/1/9999", 404),
        ("vest/2/1", 404),
        ("nord/1/1", 404),
        ("vest/1/0", 422),
        ("vest/0/1", 422),
        ("oslo/1/1", 422),
        ("vest/1/x", 422),
        ("vest/1/9999999999999999999", 422),
    ],
)
def test_what_is_not_there_is_not_found(
    invoiced: Door, place: str, status: int
) -> None:
    assert entry(invoiced, place).status_code == status


def test_what_a_bank_has_booked_is_its_organisations_own(invoiced: Door) -> None:
    booked = {
        "organisation": STAVANGER,
        "reference": "B1",
        "direction": "credit",
        "amount_ore": INVOICED_ORE,
        "booked_on": "2026-08-08",
        "kid": invoiced.kid(),
    }
    day = {"Fagnett_Business_Day": "2026-08-10"}
    path = "/v1/bank-entries"
    answer = invoiced.post(path, booked, organisation=STAVANGER, **day)
    assert answer.status_code == 201, answer.text
    journal = invoiced.node.journal
    rows = journal.entries("vest", 0, 100)
    (place,) = (f"vest/1/{row.position}" for row in rows if "bank" in row.type)
    assert entry(invoiced, place, organisation=STAVANGER).status_code == 200
    assert entry(invoiced, place, organisation=BERGEN).status_code == 404


def test_nobody_reads_without_a_token(invoiced: Door) -> None:
    answer = invoiced.client.request("GET", "/v1/entries/vest/1/1")
    assert answer.status_code == 401
