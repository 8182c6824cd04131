"""Who gave which document, on either database, also to many at once."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine

from api.desk.application_drafts import ApplicationDraft, ApplicationDrafts
from api.desk.documents import FETCHED_SECONDS, Documents
from api.desk.opening import prepared
from api.desk.waiting_documents import WAITS_SECONDS, TooMuchWaitsError
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


@pytest.fixture
def cited() -> set[str]:
    """Give what entries refer to."""
    return set()


@pytest.fixture(params=["sqlite", "postgres"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Give the desk of a node on each database."""
    database = f"sqlite:///{tmp_path / 'journal.sqlite'}"
    if request.param == "postgres":
        database = servers.new_database(request.getfixturevalue("postgres_dsn"))
    found = prepared(open_desk(database, None))
    prepared(found)
    yield found
    found.dispose()


@pytest.fixture
def documents(desk: Engine, tmp_path: Path, cited: set[str]) -> Documents:
    """Give the documents of a node, which can fetch :data:`OTHER`."""

    async def fetch(_origin: Region, _document: Document) -> bytes:
        return salted(ELSEWHERE, OTHER)

    folder = DocumentFolder(tmp_path / "documents")
    return Documents(folder, desk, bytes(32), 1000, fetch, cited.intersection)


def test_who_gave_a_document_is_known(documents: Documents) -> None:
    document = documents.keep(BERGEN, TEXT, PLAIN_TEXT, 1, "tester")
    assert documents.keep(STAVANGER, TEXT, PLAIN_TEXT, 2, "tester") == document
    assert documents.keep(STAVANGER, TEXT, PLAIN_TEXT, 3, "tester") == document
    about = documents.about(document.sha256)
    assert about == (document, {BERGEN, STAVANGER}, False)
    assert documents.about("0" * 64) == (None, set(), False)
    assert documents.content(document.sha256) == TEXT
    assert documents.held() == [document.sha256]


def test_what_many_give_at_once_is_one_document(documents: Documents) -> None:
    with ThreadPoolExecutor(8) as threads:
        given = [
            threads.submit(
                documents.keep, organisation, TEXT, PLAIN_TEXT, 1, organisation
            )
            for organisation in (BERGEN, STAVANGER) * 8
        ]
        (document,) = {each.result() for each in given}
    assert documents.about(document.sha256).organisations == {BERGEN, STAVANGER}


def test_what_is_removed_stays_removed_until_it_is_given_again(
    documents: Documents,
) -> None:
    sha256 = documents.keep(BERGEN, TEXT, PLAIN_TEXT, 1, "tester").sha256
    assert [documents.remove(sha256, 2), documents.remove(sha256, 3)] == [True, False]
    assert documents.about(sha256).is_removed
    assert documents.held() == []
    documents.keep(BERGEN, TEXT, PLAIN_TEXT, 4, "tester")
    assert not documents.about(sha256).is_removed
    assert documents.held() == [sha256]


def test_what_is_fetched_goes_and_what_was_given_stays(documents: Documents) -> None:
    own = documents.keep(BERGEN, TEXT, PLAIN_TEXT, 1, "tester")
    other = salted_document(ELSEWHERE, OTHER, PLAIN_TEXT)
    for now in (100, 101):
        fetched = documents.fetched(Region.NORD, other, now)
        assert asyncio.run(fetched) == OTHER
    assert documents.forget_fetched(100 + FETCHED_SECONDS - 1) == 0
    assert documents.content(other.sha256) == OTHER
    assert documents.forget_fetched(100 + FETCHED_SECONDS) == 1
    assert documents.content(other.sha256) is None
    assert documents.content(own.sha256) == TEXT


def give(documents: Documents, *numbers: int, by: str = "kari", now: int = 1) -> None:
    for number in numbers:
        documents.keep(BERGEN, b"%d" % number, PLAIN_TEXT, now, by)


def test_so_much_waits_for_an_entry_of_a_person_and_of_all(
    documents: Documents, cited: set[str]
) -> None:
    """The smallest count as the largest here: ten of a person, a hundred of all."""
    give(documents, *range(10))
    give(documents, *range(10))
    with pytest.raises(TooMuchWaitsError):
        give(documents, 10)
    assert len(documents.held()) == 10
    cited.update(documents.held())
    give(documents, *range(12))
    for person in range(9):
        give(documents, *range(20 + person * 10, 30 + person * 10), by=f"{person}")
    give(documents, *range(110, 118), by="ola")
    with pytest.raises(TooMuchWaitsError):
        give(documents, 118, by="ola")


def test_what_nothing_refers_to_goes_after_a_while(
    documents: Documents, desk: Engine, cited: set[str]
) -> None:
    used = documents.keep(BERGEN, TEXT, PLAIN_TEXT, 1, "kari")
    attached = documents.keep(BERGEN, b"draft", PLAIN_TEXT, 1, "kari")
    again = documents.keep(BERGEN, b"again", PLAIN_TEXT, 1, "kari")
    gone = documents.keep(BERGEN, b"gone", PLAIN_TEXT, 1, "kari")
    draft = {"attachments.budget.sha256": attached.sha256}
    ApplicationDrafts(desk).save(
        ApplicationDraft(BERGEN, "a", "call", "kari", typed=draft)
    )
    cited.add(used.sha256)
    assert documents.forget_waiting(WAITS_SECONDS) == 0
    documents.keep(STAVANGER, b"again", PLAIN_TEXT, 2, "ola")
    assert documents.forget_waiting(1 + WAITS_SECONDS) == 1
    assert documents.held() == sorted(each.sha256 for each in (used, attached, again))
    assert documents.content(gone.sha256) is None
    cited.clear()
    assert documents.forget_waiting(10 * WAITS_SECONDS) == 1
    assert documents.content(used.sha256) == TEXT
    assert documents.content(attached.sha256) == b"draft"
