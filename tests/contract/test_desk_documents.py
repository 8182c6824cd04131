"""Who gave which document, on either database, also to many at once."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from api.desk.documents import FETCHED_SECONDS, Documents
from api.desk.opening import prepared
from deploy.views import open_desk
from domain.document import Document
from domain.values import Region
from federation.documents.salted import PLAIN_TEXT, salted, salted_document
from federation.documents.store import DocumentFolder
from tests.support import servers
from tests.support.examples import BERGEN, STAVANGER

pytestmark = pytest.mark.servers

TEXT, OTHER = b"Referat\n", b"Eit anna\n"
ELSEWHERE = bytes([7]) * 32


@pytest.fixture(params=["sqlite", "postgres"])
def documents(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Documents]:
    """Give the documents of a node on each database, which can fetch :data:`OTHER`."""
    database = f"sqlite:///{tmp_path / 'journal.sqlite'}"
    if request.param == "postgres":
        database = servers.new_database(request.getfixturevalue("postgres_dsn"))
    desk = prepared(open_desk(database, None))
    prepared(desk)

    async def fetch(_origin: Region, _document: Document) -> bytes:
        return salted(ELSEWHERE, OTHER)

    folder = DocumentFolder(tmp_path / "documents")
    yield Documents(folder, desk, bytes(32), 1000, fetch)
    desk.dispose()


def test_who_gave_a_document_is_known(documents: Documents) -> None:
    document = documents.keep(BERGEN, TEXT, PLAIN_TEXT, 1)
    assert documents.keep(STAVANGER, TEXT, PLAIN_TEXT, 2) == document
    assert documents.keep(STAVANGER, TEXT, PLAIN_TEXT, 3) == document
    about = documents.about(document.sha256)
    assert about == (document, {BERGEN, STAVANGER}, False)
    assert documents.about("0" * 64) == (None, set(), False)
    assert documents.content(document.sha256) == TEXT
    assert documents.held() == [document.sha256]


def test_what_many_give_at_once_is_one_document(documents: Documents) -> None:
    with ThreadPoolExecutor(8) as threads:
        given = [
            threads.submit(documents.keep, organisation, TEXT, PLAIN_TEXT, 1)
            for organisation in (BERGEN, STAVANGER) * 8
        ]
        (document,) = {each.result() for each in given}
    assert documents.about(document.sha256).organisations == {BERGEN, STAVANGER}


def test_what_is_removed_stays_removed_until_it_is_given_again(
    documents: Documents,
) -> None:
    sha256 = documents.keep(BERGEN, TEXT, PLAIN_TEXT, 1).sha256
    assert [documents.remove(sha256, 2), documents.remove(sha256, 3)] == [True, False]
    assert documents.about(sha256).is_removed
    assert documents.held() == []
    documents.keep(BERGEN, TEXT, PLAIN_TEXT, 4)
    assert not documents.about(sha256).is_removed
    assert documents.held() == [sha256]


def test_what_is_fetched_goes_and_what_was_given_stays(documents: Documents) -> None:
    own = documents.keep(BERGEN, TEXT, PLAIN_TEXT, 1)
    other = salted_document(ELSEWHERE, OTHER, PLAIN_TEXT)
    for now in (100, 101):
        fetched = documents.fetched(Region.NORD, other, now)
        assert asyncio.run(fetched) == OTHER
    assert documents.forget_fetched(100 + FETCHED_SECONDS - 1) == 0
    assert documents.content(other.sha256) == OTHER
    assert documents.forget_fetched(100 + FETCHED_SECONDS) == 1
    assert documents.content(other.sha256) is None
    assert documents.content(own.sha256) == TEXT
