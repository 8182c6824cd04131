"""What an operator does with texts and files: removes one, checks them all."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner, Result

from api.desk.documents import Documents
from api.desk.opening import prepared
from api.words import Language
from deploy.cli.app import app
from deploy.cli.complaints import complaints
from deploy.doctor.files import check_bucket
from deploy.doctor.finding import Level
from deploy.keyfiles import KeyFileError, load_documents_key, write_secret
from deploy.settings import DocumentSettings
from deploy.stores import open_store
from deploy.views import open_desk
from domain.values import Region
from federation.documents.salted import PLAIN_TEXT
from federation.documents.store import DocumentFolder
from federation.journal.sqlite import SQLiteJournal
from tests.support.buckets import KEY, s3_server
from tests.support.examples import BERGEN
from tests.support.federation import instant

TEXT = b"Referat\n"


async def nobody(*_: object) -> bytes:
    """Fetch nothing."""
    raise NotImplementedError


@pytest.fixture
def documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Documents]:
    """Give the documents of a node that the environment names."""
    path = tmp_path / "journal.sqlite"
    SQLiteJournal(path, Region.VEST, instant).close()
    monkeypatch.setenv("FAGNETT_REGION", "vest")
    monkeypatch.setenv("FAGNETT_DATABASE", f"sqlite:///{path}")
    monkeypatch.setenv("FAGNETT_PEERS_FILE", str(tmp_path / "regions.pub"))
    monkeypatch.setenv("FAGNETT_LANGUAGE", "en")
    desk = prepared(open_desk(f"sqlite:///{path}", None))

    store = DocumentFolder(tmp_path / "documents")
    yield Documents(store, desk, bytes(32), 1000, nobody)
    desk.dispose()


def run(*arguments: str) -> Result:
    """Run a command on documents."""
    return CliRunner().invoke(app, ["documents", *arguments])


def test_what_is_removed_is_gone_and_stays_so(documents: Documents) -> None:
    document = documents.keep(BERGEN, TEXT, PLAIN_TEXT, int(time.time()), "tester")
    result = run("remove", document.sha256)
    assert (result.exit_code, result.stdout) == (
        0,
        f"The document {document.sha256} is removed.\n",
    )
    assert documents.content(document.sha256) is None
    about = documents.about(document.sha256)
    assert (about.is_removed, about.organisations) == (True, {BERGEN})
    assert run("remove", document.sha256).exit_code == 0
    assert run("check").exit_code == 0


def test_what_was_never_here_is_told_so(documents: Documents) -> None:
    result = run("remove", "0" * 64)
    assert (result.exit_code, "was not here" in result.stderr) == (1, True)
    assert documents.about("0" * 64).is_removed, "it is not fetched any more"
    for odd in ("x", "../../etc/passwd", "0" * 63):
        result = run("remove", odd)
        assert (result.exit_code, "64 hexadecimal" in result.stderr) == (2, True)


def test_all_are_checked_and_what_is_amiss_is_named(
    documents: Documents, tmp_path: Path
) -> None:
    first, second, third = (
        documents.keep(BERGEN, text, PLAIN_TEXT, 0, "tester").sha256
        for text in (b"a", b"b", b"c")
    )
    assert "unchanged: 3" in run("check").stdout
    file = tmp_path / "documents" / first[:2] / first
    file.write_bytes(b"other")
    documents.store.remove(second)
    result = run("check")
    assert result.exit_code == 1
    assert first in result.stderr
    assert second in result.stderr
    assert third not in result.stderr


def test_where_there_is_no_node_nothing_is_made(
    documents: Documents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del documents
    path = tmp_path / "elsewhere" / "journal.sqlite"
    monkeypatch.setenv("FAGNETT_DATABASE", f"sqlite:///{path}")
    assert run("check").exit_code == 2
    assert not path.parent.exists()


def test_with_postgresql_the_folder_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAGNETT_REGION", "vest")
    monkeypatch.setenv("FAGNETT_PEERS_FILE", "regions.pub")
    monkeypatch.setenv("FAGNETT_DATABASE", "postgresql://localhost/vest")
    with pytest.raises(ValidationError) as caught:
        DocumentSettings()
    (complaint,) = complaints(caught.value, Language.EN)
    assert complaint == ("FAGNETT_DOCUMENTS", "is not set")
    monkeypatch.setenv("FAGNETT_DOCUMENTS", "/srv/documents")
    assert DocumentSettings().documents == Path("/srv/documents")


def test_the_key_of_documents_is_made_where_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "vest.documents"
    key = load_documents_key(path)
    assert len(key) == 32
    assert load_documents_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("abcd\n")
    with pytest.raises(KeyFileError, match="2 bytes"):
        load_documents_key(path)
    path.chmod(0o644)
    with pytest.raises(KeyFileError):
        load_documents_key(path)


@pytest.mark.servers
def test_documents_lie_in_a_bucket_where_one_is_named(
    documents: Documents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del documents
    secret = tmp_path / "s3.secret"
    write_secret(secret, KEY.secret)
    with s3_server(tmp_path / "s3") as url:
        monkeypatch.setenv("FAGNETT_DOCUMENTS_S3_URL", url)
        with pytest.raises(ValidationError) as caught:
            DocumentSettings()
        (complaint,) = complaints(caught.value, Language.EN)
        assert complaint.setting == "FAGNETT_DOCUMENTS_S3_SECRET_FILE"
        monkeypatch.setenv("FAGNETT_DOCUMENTS_S3_SECRET_FILE", str(secret))
        monkeypatch.setenv("FAGNETT_DOCUMENTS_S3_KEY_ID", KEY.key_id)
        settings = DocumentSettings()
        assert KEY.secret not in repr(settings)
        assert settings.bucket is not None
        desk = prepared(open_desk(settings.database, None))
        with closing(open_store(tmp_path / "documents", settings.bucket)) as store:
            kept = Documents(store, desk, bytes(32), 1000, nobody)
            sha256 = kept.keep(BERGEN, TEXT, PLAIN_TEXT, 1, "tester").sha256
        desk.dispose()
        assert len([*(tmp_path / "s3").rglob(sha256)]) == 1
        assert check_bucket(settings.bucket).level is Level.OK
        assert "unchanged: 1" in run("check").stdout
        assert run("remove", sha256).exit_code == 0
        assert not [*(tmp_path / "s3").rglob(sha256)]
    found = check_bucket(settings.bucket)
    assert (found.level, KEY.secret in str(found)) == (Level.FAILS, False)
    assert not (tmp_path / "documents").exists()


@pytest.mark.parametrize(
    "url", ["http://s3.example/bucket", "s3://bucket", "https://s3.example/b?x=1"]
)
def test_a_bucket_is_named_by_an_address_that_keeps_what_is_sent(
    documents: Documents, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    del documents
    monkeypatch.setenv("FAGNETT_DOCUMENTS_S3_URL", url)
    with pytest.raises(ValidationError, match="documents_s3_url"):
        DocumentSettings()
