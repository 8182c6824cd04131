"""What is kept of texts and files: whole, under its hash, until it is removed."""

import os
from pathlib import Path

import pytest

from federation.documents.salted import DOCUMENT_BYTES_MAX, hash_of, salted
from federation.documents.store import (
    DamagedDocumentError,
    DocumentFolder,
    DocumentStore,
)
from tests.support.kept_documents import MemoryStore

KEPT = salted(bytes(32), b"Referat fra nettverksmotet")
ABSENT = "0" * 64


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return where a node keeps its documents; it is not there yet."""
    return tmp_path / "node" / "documents"


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, folder: Path) -> DocumentStore:
    """Return an empty store of each kind."""
    return DocumentFolder(folder) if request.param == "folder" else MemoryStore()


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


def test_a_file_that_is_larger_than_any_document_is_not_read(folder: Path) -> None:
    store = DocumentFolder(folder)
    sha256 = store.put(KEPT)
    with (folder / sha256[:2] / sha256).open("r+b") as file:
        file.truncate(DOCUMENT_BYTES_MAX + 17)
    with pytest.raises(OSError, match="more than"):
        store.get(sha256)
