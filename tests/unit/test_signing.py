"""Keys, checkpoints and pages: what is signed, and every way it can be wrong."""

import base64
from collections.abc import Callable

import pytest

from federation.signed.checkpoint import BrokenCheckpointError, Checkpoint, read, sign
from federation.signed.entry import EntryHeader, Row, build
from federation.signed.keys import (
    BrokenKeyError,
    read_signing_key,
    read_verifier_key,
    signing_key,
)
from federation.signed.merkle import Frontier, extend, root
from federation.signed.page import (
    CHECKPOINT_HEADER,
    ENTRIES_MAX,
    PAGE_BYTES_MAX,
    BrokenPageError,
    Message,
    correlations,
    fit,
    pack,
    unpack,
)

KEY = signing_key("fagnett/vest", bytes(32))
OTHER = signing_key("fagnett/nord", bytes([1]) * 32)
TIME = "2026-07-10T12:00:00.000000Z"
CHECKPOINT = Checkpoint("vest", 1, 3, bytes(32), TIME)


def test_a_note_of_the_go_checksum_database_verifies() -> None:
    """The example of golang.org/x/mod/sumdb/note."""
    key = read_verifier_key(
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    )
    text = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
    )
    signature = base64.b64decode(
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngot"
        "pRZb6KE6RyyBwJnAM="
    )
    assert signature[:4] == key.hash
    assert key.verifies(signature[4:], text.encode())
    assert not key.verifies(signature[4:], text.encode() + b"!")


def test_keys_are_read_as_they_are_written() -> None:
    assert read_signing_key(KEY.secret_text()).verifier == KEY.verifier or str(
        read_signing_key(KEY.secret_text()).verifier
    ) == str(KEY.verifier)
    assert str(read_verifier_key(str(KEY.verifier))) == str(KEY.verifier)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fagnett/vest",
        str(KEY.verifier).replace("fagnett/vest", "fagnett/nord"),
        str(KEY.verifier)[:-4] + "AAA=",
        KEY.secret_text(),
    ],
)
def test_a_broken_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(BrokenKeyError):
        read_verifier_key(text)


@pytest.mark.law(8)
def test_a_broken_signing_key_is_refused_without_repeating_it() -> None:
    secret = KEY.secret_text()
    for text in (str(KEY.verifier), secret.replace("vest", "nord"), secret[:-5]):
        with pytest.raises(BrokenKeyError) as caught:
            read_signing_key(text)
        assert secret[-20:-6] not in str(caught.value)


def test_a_checkpoint_is_a_signed_note() -> None:
    note = sign(CHECKPOINT, KEY)
    assert note.splitlines()[:4] == [
        "fagnett/vest/1",
        "3",
        base64.b64encode(bytes(32)).decode(),
        f"complete-to {TIME}",
    ]
    assert read(note, KEY.verifier) == CHECKPOINT


def test_further_signatures_do_not_disturb() -> None:
    note = sign(CHECKPOINT, KEY)
    body, ours = note.split("\n\n")
    theirs = sign(CHECKPOINT, OTHER).split("\n\n")[1]
    assert read(f"{body}\n\n{theirs}{ours}", KEY.verifier) == CHECKPOINT


TOUCHED: dict[str, Callable[[str], str]] = {
    "size": lambda note: note.replace("\n3\n", "\n4\n"),
    "epoch": lambda note: note.replace("vest/1", "vest/2"),
    "time": lambda note: note.replace("2026", "2027"),
    "blank line": lambda note: note.replace("\n\n", "\n"),
    "last line end": lambda note: note.rstrip("\n"),
    "more lines": lambda note: note + "\n",
    "signature": lambda note: note[:-10] + "AAAAAAAA=\n",
    "signature is not base64": lambda note: note[:-4] + "===\n",
    "signer's name": lambda note: note.replace("fagnett/vest ", "fagnett/vest! "),
    "signer": lambda _: sign(CHECKPOINT, OTHER),
    "root": lambda _: sign(Checkpoint("vest", 1, 3, b"short", TIME), KEY),
    "everything": lambda _: "",
}


@pytest.mark.parametrize("what", TOUCHED)
def test_a_checkpoint_that_was_touched_is_refused(what: str) -> None:
    with pytest.raises(BrokenCheckpointError):
        read(TOUCHED[what](sign(CHECKPOINT, KEY)), KEY.verifier)


def rows(count: int = 3, first: int = 1, data: bytes = b'{"a":1}') -> list[Row]:
    """Return entries of a region's log."""
    return [
        build(
            EntryHeader("vest", 1, first + n, "vest:x:y", first + n, "t", TIME),
            None,
            data,
        )
        for n in range(count)
    ]


def packed(entries: list[Row], size: int | None = None, epoch: int = 1) -> Message:
    """Return a page under a checkpoint of its own entries."""
    tree = extend(Frontier(), (row.leaf for row in entries))
    size = entries[-1].position if size is None else size
    return pack(entries, sign(Checkpoint("vest", epoch, size, root(tree), TIME), KEY))


def test_a_page_is_unpacked_as_it_was_packed() -> None:
    message = packed(rows())
    page = unpack(message, "vest", KEY.verifier)
    assert list(page.rows) == rows()
    assert (page.first, page.last) == (message.first, message.last) == (1, 3)
    assert correlations(message) == []


def broken() -> dict[str, Message]:
    """Return pages that must be refused, by what is wrong with them."""
    good = packed(rows())
    return {
        "no checkpoint": Message({}, good.body),
        "checkpoint is not base64": Message({CHECKPOINT_HEADER: "*"}, good.body),
        "checkpoint is not text": Message({CHECKPOINT_HEADER: "/w=="}, good.body),
        "no entries": Message(good.headers, b""),
        "an entry is missing": Message(
            good.headers, b"\n".join(row.body for row in rows()[::2])
        ),
        "an entry is not an entry": Message(good.headers, good.body + b"\nx"),
        "another size": packed(rows(), size=4),
        "another epoch": packed(rows(), epoch=2),
        "too many": packed(rows(ENTRIES_MAX + 1)),
        "another's": pack(rows(), sign(Checkpoint("nord", 1, 3, bytes(32), TIME), KEY)),
    }


@pytest.mark.law(4)
@pytest.mark.parametrize("what", broken())
def test_a_page_that_is_not_whole_is_refused(what: str) -> None:
    with pytest.raises((BrokenPageError, BrokenCheckpointError)):
        unpack(broken()[what], "vest", KEY.verifier)


def test_a_page_of_another_region_is_refused() -> None:
    with pytest.raises((BrokenPageError, BrokenCheckpointError)):
        unpack(packed(rows()), "nord", KEY.verifier)


@pytest.mark.parametrize("value", ["", "x", "-1", "1" * 19, "١"])
def test_headers_that_are_no_positions_count_as_none(value: str) -> None:
    message = Message({"Fagnett-First": value, "Fagnett-Last": value}, b"")
    assert (message.first, message.last) == (0, 0)


def test_a_page_takes_what_the_carrier_takes() -> None:
    assert len(fit(rows(ENTRIES_MAX + 7))) == ENTRIES_MAX
    large = rows(8, data=b'{"a":"' + b"x" * 200_000 + b'"}')
    taken = fit(large)
    assert 1 <= len(taken) < len(large)
    assert sum(len(row.body) + 1 for row in taken) <= PAGE_BYTES_MAX
    huge = rows(2, data=b'{"a":"' + b"x" * PAGE_BYTES_MAX + b'"}')
    assert len(fit(huge)) == 1, "an entry alone always travels"
    assert list(fit([])) == []
