"""What is kept of texts and files: whole, under its hash, until it is removed."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import httpx
import pytest

from federation.documents.buckets import BucketError, BucketKey, signed
from federation.documents.salted import DOCUMENT_BYTES_MAX, hash_of, salted
from federation.documents.store import (
    DamagedDocumentError,
    DocumentFolder,
    DocumentStore,
)
from tests.support.buckets import KEY, bucket, s3_server
from tests.support.kept_documents import MemoryStore

pytestmark = pytest.mark.servers
_numbers = count(1)
KEPT = salted(bytes(32), b"Referat fra nettverksmotet")
ABSENT = "0" * 64


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return where a node keeps its documents; it is not there yet."""
    return tmp_path / "node" / "documents"


@pytest.fixture(scope="module")
def bucket_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run an S3 server for all tests of a file; give the address of its bucket."""
    with s3_server(tmp_path_factory.mktemp("s3")) as url:
        yield url


@pytest.fixture(params=["folder", "memory", "bucket"])
def store(request: pytest.FixtureRequest, folder: Path) -> Iterator[DocumentStore]:
    """Give an empty store of each kind."""
    if request.param == "folder":
        yield DocumentFolder(folder)
    elif request.param == "memory":
        yield MemoryStore()
    else:
        url = request.getfixturevalue("bucket_url")
        with bucket(f"{url}/{next(_numbers)}") as found:
            yield found


def test_what_is_put_is_given_by_its_hash(store: DocumentStore) -> None:
    sha256 = store.put(KEPT)
    assert sha256 == hash_of(KEPT)
    assert store.put(KEPT) == sha256
    assert store.get(sha256) == KEPT
    assert store.part(sha256, 0, 4) == KEPT[:4]
    assert store.part(sha256, 10, 1000) == KEPT[10:]
    assert store.part(sha256, 10_000, 1000) == b""


def test_what_is_not_there_is_said_to_be_so(store: DocumentStore) -> None:
    assert store.get(ABSENT) is None
    assert store.part(ABSENT, 0, 10) is None
    assert store.remove(ABSENT) is False


def test_what_is_removed_is_gone_and_may_be_put_again(store: DocumentStore) -> None:
    sha256 = store.put(KEPT)
    assert store.remove(sha256) is True
    assert store.get(sha256) is None
    assert store.remove(sha256) is False
    store.put(KEPT)
    assert store.get(sha256) == KEPT


@pytest.mark.parametrize(
    "name",
    [
        *("", "..", "../" + "0" * 61, "/etc/passwd", "0" * 63, "0" * 65, "A" * 64),
        *("0" * 63 + "\n", "0" * 63 + "/", "0" * 64 + "\0"),
    ],
)
def test_what_is_no_hash_is_no_path_either(store: DocumentStore, name: str) -> None:
    for ask in (store.get, store.remove, lambda it: store.part(it, 0, 1)):
        with pytest.raises(ValueError, match="not a hash"):
            ask(name)


def test_nobody_else_reads_the_files_and_none_is_half(folder: Path) -> None:
    store = DocumentFolder(folder)
    sha256 = store.put(KEPT)
    file = folder / sha256[:2] / sha256
    assert file.read_bytes() == KEPT
    assert [*file.parent.iterdir()] == [file]
    assert file.stat().st_mode & 0o777 == 0o600
    for each in (folder, file.parent):
        assert each.stat().st_mode & 0o777 == 0o700


def test_damage_is_found_and_put_right_by_who_has_the_bytes(folder: Path) -> None:
    store = DocumentFolder(folder)
    sha256 = store.put(KEPT)
    file = folder / sha256[:2] / sha256
    file.write_bytes(KEPT[:-1] + b"!")
    with pytest.raises(DamagedDocumentError):
        store.get(sha256)
    store.put(KEPT)
    assert store.get(sha256) == KEPT


def test_a_link_that_somebody_put_there_is_not_followed(
    folder: Path, tmp_path: Path
) -> None:
    store, elsewhere = DocumentFolder(folder), tmp_path / "secret"
    sha256 = store.put(KEPT)
    file = folder / sha256[:2] / sha256
    elsewhere.write_bytes(KEPT)
    file.unlink()
    file.symlink_to(elsewhere)
    with pytest.raises(OSError, match="regular file"):
        store.get(sha256)
    with pytest.raises(OSError, match="regular file"):
        store.part(sha256, 0, 1)


def test_a_full_disk_is_told_and_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DocumentFolder(folder)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.put(KEPT)
    monkeypatch.undo()
    assert store.get(hash_of(KEPT)) is None
    assert not [each for each in folder.rglob("*") if each.is_file()]


def test_documents_leave_room_for_the_journal(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("federation.documents.store.FREE_BYTES_MIN", 2**60)
    with pytest.raises(OSError, match="too little room"):
        DocumentFolder(folder).put(KEPT)
    monkeypatch.undo()
    assert DocumentFolder(folder).get(hash_of(KEPT)) is None
    DocumentFolder(folder).put(KEPT)
    monkeypatch.setattr("federation.documents.store.FREE_BYTES_MIN", 2**60)
    assert DocumentFolder(folder).put(KEPT), "what is there takes no room"


def test_a_file_that_is_larger_than_any_document_is_not_read(folder: Path) -> None:
    store = DocumentFolder(folder)
    sha256 = store.put(KEPT)
    with (folder / sha256[:2] / sha256).open("r+b") as file:
        file.truncate(DOCUMENT_BYTES_MAX + 17)
    with pytest.raises(OSError, match="more than"):
        store.get(sha256)


def test_a_large_document_goes_into_a_bucket_and_comes_out(bucket_url: str) -> None:
    kept = salted(bytes(32), bytes(range(256)) * (20 * 4096))
    with bucket(bucket_url) as store:
        sha256 = store.put(kept)
        assert store.get(sha256) == kept
        assert store.part(sha256, 5_000_000, 262_144) == kept[5_000_000:5_262_144]


@pytest.mark.parametrize("member", ["secret", "key_id"])
def test_a_bucket_lets_nobody_in_without_its_key(bucket_url: str, member: str) -> None:
    key = replace(KEY, **{member: "another"})
    with bucket(bucket_url) as store, bucket(bucket_url, key) as other:
        sha256 = store.put(KEPT)
        tries: list[Callable[[], object]] = [
            lambda: other.get(sha256),
            lambda: other.put(KEPT),
            lambda: other.remove(sha256),
            lambda: other.part(sha256, 0, 1),
        ]
        for each in tries:
            with pytest.raises(BucketError, match="answered 403"):
                each()
        assert store.get(sha256) == KEPT


def test_a_server_that_is_away_is_told_and_no_secret_with_it() -> None:
    with (
        bucket("http://127.0.0.1:1/documents") as store,
        pytest.raises(OSError, match="ConnectError") as caught,
    ):
        store.put(KEPT)
    assert KEY.secret not in str(caught.value) + repr(KEY)


def test_what_a_server_gives_otherwise_is_found_out(bucket_url: str) -> None:
    other = hash_of(KEPT + b"x")
    at = httpx.URL(f"{bucket_url}/{other}")
    told = {"x-amz-content-sha256": hash_of(KEPT)}
    headers = signed(KEY, "PUT", at, told, datetime.now(UTC))
    assert httpx.put(at, content=KEPT, headers=headers).status_code == 200
    with bucket(bucket_url) as store, pytest.raises(DamagedDocumentError):
        store.get(other)


def test_a_signature_is_as_amazon_shows_it() -> None:
    """Source: AWS, Signature Calculations for the Authorization Header, GET Object."""
    key = BucketKey(
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "us-east-1",
    )
    url = httpx.URL("https://examplebucket.s3.amazonaws.com/test.txt")
    told = {"range": "bytes=0-9", "x-amz-content-sha256": hash_of(b"")}
    at = datetime(2013, 5, 24, tzinfo=UTC)
    found = signed(key, "GET", url, told, at)["authorization"]
    assert found.endswith(
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )
    later = signed(key, "GET", url, told, at + timedelta(days=1))["authorization"]
    assert found.partition("Signature=")[2] != later.partition("Signature=")[2]
