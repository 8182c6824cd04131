"""A journal goes into a file, and comes back on either database, the same."""

import hashlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from domain.values import Region
from federation.backup.dump import Dumped, UnsignedError, line_of
from federation.backup.load import BrokenDumpError, NotEmptyError, load
from federation.checks.accusing import evidence_in_page
from federation.checks.evidence import EntryEvidence
from federation.checks.incidents import raise_incident
from federation.checks.verification import verify
from federation.journal.copying import COPIED
from federation.journal.shapes import DamagedEntryError
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.journal.witnessing import incidents
from federation.log.completeness import abide, completeness
from federation.log.persons import Persons
from federation.signed.checkpoint import Checkpoint, sign
from federation.signed.entry import EntryHeader, Row, build
from federation.signed.keyring import KeyPlace, read_key_rings, revocation
from federation.signed.merkle import Frontier, extend, root
from federation.signed.page import pack
from tests.support.dumps import (
    NAMES,
    NORD,
    PUBLIC,
    VEST,
    dumped,
    fill,
    signed,
    tables,
)
from tests.support.federation import KEYS, instant
from tests.support.replication import record
from tests.support.servers import new_database, postgres_journal

pytestmark = pytest.mark.servers


@pytest.fixture
def full(open_journal: Callable[[Region], Journal], tmp_path: Path) -> Journal:
    """Give a journal of vest that holds something of everything."""
    journal = open_journal(VEST)
    fill(journal, tmp_path)
    assert all(tables(journal).values()), "every table has rows"
    return journal


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Journal]:
    """Give an empty journal of vest."""
    journal = SQLiteJournal(tmp_path / "empty.sqlite", VEST, instant)
    yield journal
    journal.close()


def test_what_comes_back_is_the_same_on_either_database(
    full: Journal, empty: Journal, postgres_dsn: str
) -> None:
    copy, written = dumped(full)
    assert written == Dumped(
        1203 + 742 + 5, len(copy), hashlib.sha256(copy).hexdigest()
    )
    database = new_database(postgres_dsn)
    for other in (empty, postgres_journal(database)):
        header = load(other, io.BytesIO(copy), PUBLIC)
        assert (header.region, header.release) == (VEST, "1.2.3")
        assert header.made_at == "2026-05-17T12:00:00.000000Z"
        assert tables(other) == tables(full)
        assert dumped(other)[0] == copy
        found = {log.origin: log.entries for log in verify(other, PUBLIC)}
        assert found == {"vest": 742, "nord": 1203, "midt": 0, "sorost": 5}
        assert Persons(other, NAMES).name("p-1") == "Kari Nordmann"
        assert incidents(other) == incidents(full)
        record(other)
        other.close()


def test_every_table_is_copied(tmp_path: Path) -> None:
    """Who adds a table decides whether a backup needs it."""
    journal = SQLiteJournal(tmp_path / "journal.sqlite", VEST, instant)
    with journal.reading() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        tables = {row["name"] for row in cursor.fetchall()}
    # How far the others' logs were decided again, the auditor finds out anew.
    assert tables - {"audited"} == COPIED
    journal.close()


def test_what_others_are_given_has_no_names_and_verifies(
    full: Journal, empty: Journal
) -> None:
    with pytest.raises(UnsignedError):
        dumped(full, for_others=True)
    signed(full, [2, 5, 400, 708, full.positions()["vest"].position])
    copy, _ = dumped(full, for_others=True)
    kinds = {next(iter(orjson.loads(line))) for line in copy.splitlines()[1:]}
    expected = {"entry", "checkpoint", "announced", "cosigned", "incident", "end"}
    assert kinds == expected
    load(empty, io.BytesIO(copy), PUBLIC)
    assert len(list(verify(empty, PUBLIC, by_others=True))) == len(Region)


def test_a_journal_that_holds_anything_is_not_touched(
    full: Journal, empty: Journal
) -> None:
    copy, _ = dumped(full)
    Persons(empty, NAMES).remember("p-2", "Ola Nordmann")
    before = tables(empty)
    with pytest.raises(NotEmptyError):
        load(empty, io.BytesIO(copy), PUBLIC)
    assert tables(empty) == before


def test_of_a_damaged_journal_there_is_no_copy(full: Journal) -> None:
    if not isinstance(full, SQLiteJournal):
        return
    with full.writing() as cursor:
        cursor.execute("DROP TRIGGER journal_update")
        cursor.execute(
            "UPDATE journal SET body = replace(body, '1', '2') WHERE position = 7 "
            "AND origin = 'nord'"
        )
    with pytest.raises(DamagedEntryError, match="nord/1/7"):
        dumped(full)


def ended(lines: list[bytes]) -> bytes:
    """Put a right ending under changed lines: the digest proves nothing."""
    end = {
        "entries": sum(line.startswith(b'{"entry"') for line in lines),
        "lines": len(lines),
        "sha256": hashlib.sha256(b"".join(lines)).hexdigest(),
    }
    last = orjson.dumps({"end": end}, option=orjson.OPT_SORT_KEYS)
    return b"".join([*lines, last, b"\n"])


def first(lines: list[bytes], kind: bytes, after: int = 0) -> int:
    """Return where the first line of a kind stands."""
    start = b'{"' + kind + b'"'
    return next(
        n for n, line in enumerate(lines) if n >= after and line.startswith(start)
    )


def changed(lines: list[bytes], kind: bytes, old: bytes, new: bytes) -> list[bytes]:
    place = first(lines, kind)
    assert old in lines[place]
    return [
        *lines[:place],
        lines[place].replace(old, new, 1),
        *lines[place + 1 :],
    ]


def without(lines: list[bytes], kind: bytes, after: int = 0) -> list[bytes]:
    place = first(lines, kind, after)
    return [*lines[:place], *lines[place + 1 :]]


def moved(lines: list[bytes], kind: bytes) -> list[bytes]:
    place = first(lines, kind)
    return [*lines[:place], lines[place + 1], lines[place], *lines[place + 2 :]]


DAMAGES: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "an entry changed": (
        lambda lines: changed(lines, b"entry", b'"a":1', b'"a":2'),
        "do not hash to the signed root",
    ),
    "an entry left out": (lambda lines: without(lines, b"entry", 700), "missing"),
    "two entries exchanged": (lambda lines: moved(lines, b"entry"), "root|missing"),
    "an entry twice": (lambda lines: [*lines[:9], *lines[8:]], "missing"),
    "a signature changed": (
        lambda lines: (
            changed(lines, b"checkpoint", b"AAA", b"AAB")
            if b"AAA" in lines[first(lines, b"checkpoint")]
            else changed(
                lines, b"checkpoint", "— fagnett/nord ".encode(), "— x ".encode()
            )
        ),
        "not signed|not a checkpoint",
    ),
    "the last checkpoint left out": (
        lambda lines: [
            line
            for line in lines
            if not (line.startswith(b'{"checkpoint') and b"nord/1\\n1203" in line)
        ],
        "no checkpoint was signed",
    ),
    "a cosignature by another": (
        lambda lines: changed(lines, b"cosigned", b'"midt"', b'"sorost"'),
        "not cosigned by sorost",
    ),
    "an incident of another": (
        lambda lines: changed(lines, b"incident", b'"midt"', b'"nord"'),
        "not what its evidence proves",
    ),
    "what was seen, of another shape": (
        lambda lines: [line.replace(rb"\"seen\":", rb"\"told\":") for line in lines],
        "nothing that was observed",
    ),
    "a command that named nothing": (
        lambda lines: changed(lines, b"command", b",0,0]", b",3,1]"),
        "entries that do not name it",
    ),
    "another region's journal": (
        lambda lines: [lines[0].replace(b'"vest","rel', b'"nord","rel'), *lines[1:]],
        "journal of nord",
    ),
    "a later format": (
        lambda lines: [lines[0].replace(b'"format":1', b'"format":2'), *lines[1:]],
        "it is of another format",
    ),
    "a log cut short": (
        lambda lines: [*lines[: first(lines, b"entry", 900)], *lines[-12:]],
        "not whole|do not hash|missing",
    ),
    "no lines of ours": (lambda lines: [*lines, b"[1]\n"], "not a line of a journal"),
    "a kind of line that is not known": (
        lambda lines: [*lines, b'{"secret":1}\n'],
        "not a line of a journal",
    ),
}


@pytest.mark.law(4)
@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_changed_is_refused_with_its_line_and_nothing_is_kept(
    full: Journal, empty: Journal, damage: str
) -> None:
    lines = dumped(full)[0].splitlines(keepends=True)[:-1]
    change, reason = DAMAGES[damage]
    with pytest.raises(BrokenDumpError, match=rf"line \d+: .*({reason})"):
        load(empty, io.BytesIO(ended(change(lines))), PUBLIC)
    assert not any(tables(empty).values())


PLAIN_LINES: dict[str, Any] = {
    "person": ["p-1", "c2VhbGVk"],
    "command": ["c", "d", 0, 0],
    "incident": ["i", "vest", "observed:flood", "{}", "2026-01-01"],
    "incident_decision": ["i", "agreed", "2026-01-01"],
}


@pytest.mark.law(4)
@pytest.mark.parametrize("hostile", [None, True, 2**63, 0.5, [], {"a": 1}])
def test_what_is_of_another_kind_is_refused_wherever_it_stands(
    empty: Journal, hostile: object
) -> None:
    (header,) = dumped(empty)[0].splitlines()[:-1]
    said = orjson.loads(header)
    wrong = [{**said, name: hostile} for name in said.keys() - {"format"}]
    wrong += [
        {**said, "positions": {**said["positions"], "midt": place}}
        for place in (hostile, [hostile, 0], [1, hostile], [1], [1, 0, 0])
    ]
    files = [[each] for each in wrong]
    for kind, cells in PLAIN_LINES.items():
        files += [
            [said, {kind: [*cells[:at], hostile, *cells[at + 1 :]]}]
            for at in range(len(cells))
        ]
        files += [[said, {kind: hostile}], [said, {kind: cells[:-1]}]]
    for lines in files:
        written = [orjson.dumps(line) + b"\n" for line in lines]
        with pytest.raises(BrokenDumpError, match=rf"line {len(lines)}: "):
            load(empty, io.BytesIO(ended(written)), PUBLIC)


@pytest.mark.parametrize("kept", [0, 0.3, 0.999])
def test_a_file_that_is_cut_or_changed_by_accident_is_refused(
    full: Journal, empty: Journal, kept: float
) -> None:
    copy, _ = dumped(full)
    with pytest.raises(BrokenDumpError, match="line"):
        load(empty, io.BytesIO(copy[: int(len(copy) * kept)]), PUBLIC)
    # In what no signature covers, the digest of the file shows it.
    name = copy.index(b'{"person":["p-1","') + 20
    wrong = copy[:name] + (b"A" if copy[name] != ord("A") else b"B") + copy[name + 1 :]
    with pytest.raises(BrokenDumpError, match="not those that were written"):
        load(empty, io.BytesIO(wrong), PUBLIC)
    with pytest.raises(BrokenDumpError, match="behind the end"):
        load(empty, io.BytesIO(copy + b"\n"), PUBLIC)
    assert not any(tables(empty).values())


def crafted(rows: list[Row], held: int | None = None, **change: Any) -> bytes:
    """Return a whole file with entries of nord, and what nord signed for them."""
    values = {
        "origin": "nord",
        "epoch": 1,
        "size": len(rows),
        "root": root(extend(Frontier(), [row.leaf for row in rows])),
        "complete_to": "2026-01-01T13:00:00.000000Z",
        **change,
    }
    positions = {each.value: [1, 0] for each in Region}
    positions["nord"] = [1, len(rows) if held is None else held]
    header = {
        "fagnett": "journal",
        "format": 1,
        "made_at": "2026-01-01T13:00:00.000000Z",
        "positions": positions,
        "region": "vest",
        "release": "1",
    }
    entries = [b'{"entry":' + row.body + b"}\n" for row in rows]
    note = line_of("checkpoint", sign(Checkpoint(**values), KEYS[NORD]))
    return ended([orjson.dumps(header) + b"\n", *entries, note])


def of_nord(position: int, second: int, version: int = 1) -> Row:
    """Return an entry recorded at a second of a minute."""
    recorded_at = f"2026-01-01T12:00:{second:02}.000000Z"
    stream = f"nord:x:{position - version + 1}"
    return build(
        EntryHeader("nord", 1, position, stream, version, "x", recorded_at), None, b"{}"
    )


def test_a_file_may_be_written_by_others(empty: Journal) -> None:
    rows = [of_nord(1, 1), of_nord(2, 2, version=2)]
    load(empty, io.BytesIO(crafted(rows)), PUBLIC)
    assert list(empty.entries("nord", 0, 9)) == rows


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (crafted([of_nord(1, 2), of_nord(2, 1)]), "nord/1/2"),
        (crafted([of_nord(1, 1), of_nord(2, 2, version=3)]), "nord/1/2"),
        (crafted([of_nord(1, 1)], epoch=2), "another epoch"),
        (
            crafted([of_nord(1, 9)], complete_to="2026-01-01T12:00:08.000000Z"),
            "older than what it is about",
        ),
        (crafted([of_nord(1, 1)], held=2), "not whole"),
    ],
    ids=["time goes back", "a version is left out", "epoch", "old note", "positions"],
)
def test_what_a_region_signed_and_should_not_have_is_refused(
    empty: Journal, file: bytes, reason: str
) -> None:
    with pytest.raises(BrokenDumpError, match=reason):
        load(empty, io.BytesIO(file), PUBLIC)
    assert not any(tables(empty).values())


def test_what_a_key_did_that_is_revoked_since_comes_back_too(
    empty: Journal, open_journal: Callable[[Region], Journal]
) -> None:
    """The incident is why it was revoked: of that no backup may become unreadable."""
    holder = open_journal(VEST)
    first = [of_nord(1, 1), of_nord(2, 2)]
    load(holder, io.BytesIO(crafted(first)), PUBLIC)
    stolen = KEYS[NORD].verifier
    other = build(
        EntryHeader("midt", 1, 3, "midt:x:1", 1, "x", "2026-01-01T13:00:00.000000Z"),
        None,
        b"{}",
    )
    kept = [row.leaf for row in [*first, other]]
    said = Checkpoint("nord", 1, 3, root(extend(Frontier(), kept)), other.recorded_at)
    page = pack([other], sign(said, KEYS[NORD]))
    found = evidence_in_page(holder, page, "nord", stolen)
    assert isinstance(found, EntryEvidence)
    assert raise_incident(holder, found, {"nord": stolen})
    lines = [str(key) for key in PUBLIC.values()]
    rings = read_key_rings([*lines, revocation(stolen, KeyPlace(1, 2))])
    keys = {region: rings[key.name] for region, key in PUBLIC.items()}
    assert len(list(verify(holder, keys))) == len(Region)
    load(empty, io.BytesIO(dumped(holder)[0]), keys)
    assert incidents(empty) == incidents(holder)
    assert len(incidents(empty)) == 1


def test_what_is_promised_and_has_no_note_yet_is_not_in_a_copy(
    empty: Journal, open_journal: Callable[[Region], Journal]
) -> None:
    """A node that was restored once abides by its signed heads; it can be copied again."""
    restored = open_journal(VEST)
    record(restored, 3)
    signed(restored, [3])
    sealed = restored.sealed("vest")
    assert sealed is not None
    until = "2026-01-01T14:00:00.000000Z"
    promised = Checkpoint("vest", 1, 3, root(sealed.frontier), until)
    abide(restored, promised)
    assert len(list(verify(restored, PUBLIC))) == len(Region)
    load(empty, io.BytesIO(dumped(restored)[0]), PUBLIC)
    assert completeness(empty)["vest"].complete_to < until
    abide(empty, promised)
    assert tables(empty)["announced"] == tables(restored)["announced"]
