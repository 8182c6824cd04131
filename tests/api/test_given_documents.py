"""Documents at a node's door: given, given back as files, and to nobody else."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.document_access import standing_of
from domain.document import Document
from domain.role import Role
from domain.values import REGIONAL_AUTHORITY, Region
from federation.documents.salted import PLAIN_TEXT, salted, salted_document
from federation.journal.sqlite import SQLiteJournal
from federation.node.pieces import DocumentStanding
from tests.api.test_problems import is_problem
from tests.support.citing import announce, hold_gathering, present, publish_call
from tests.support.doors import Client, Door
from tests.support.examples import BERGEN, STAVANGER, UNKNOWN
from tests.support.federation import instant, node_of
from tests.support.kept_documents import MemoryStore

VEST, NORD, MIDT, SOROST = Region.VEST, Region.NORD, Region.MIDT, Region.SOROST
FUNDER = REGIONAL_AUTHORITY[NORD]
TEXT = "Hensikten: fleire fagfolk møter pasienten.\n".encode()
ABSENT = "/v1/documents/" + "0" * 64
PDF = b"%PDF-1.7\n...\n%%EOF\n"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """Open a door behind which anything may be recorded."""
    journal = SQLiteJournal(tmp_path / "journal.sqlite", VEST, instant)
    node = node_of(journal, tmp_path)
    found = Door(node, Client(create_app(node)))
    found.register(BERGEN, STAVANGER, UNKNOWN)
    yield found
    node.views.dispose()
    journal.close()


def give(
    door: Door, content: bytes = TEXT, said: str = "text/plain", **who: Any
) -> httpx.Response:
    """Give a document."""
    headers: dict[str, Any] = {"Content_Type": said} if said else {}
    return door.call("POST", "/v1/documents", content, **headers, **who)


def given(door: Door, content: bytes = TEXT, **who: Any) -> Document:
    """Give a document that is taken."""
    answer = give(door, content, **who)
    assert answer.status_code == 201, answer.text
    return Document(**answer.json())


def at(document: Document) -> str:
    """Return where a document is read."""
    return f"/v1/documents/{document.sha256}"


def test_what_is_given_is_said_and_given_back_as_a_file(door: Door) -> None:
    answer = give(door)
    assert answer.status_code == 201
    document = Document(**answer.json())
    assert document == salted_document(bytes([len(VEST.value)]) * 32, TEXT, PLAIN_TEXT)
    assert answer.headers["Location"] == at(document)
    read = door.get(at(document))
    assert (read.status_code, read.content) == (200, TEXT)
    assert read.headers["Content-Type"] == PLAIN_TEXT
    name = f"{document.sha256[:16]}.txt"
    assert read.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert read.headers["X-Content-Type-Options"] == "nosniff"
    assert read.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert read.headers["Cache-Control"] == "private, no-store"


def test_the_same_bytes_are_the_same_document_whoever_gives_them(door: Door) -> None:
    first = given(door)
    assert given(door) == first
    assert given(door, organisation=STAVANGER) == first
    assert given(door, TEXT + b".") != first
    for organisation in (BERGEN, STAVANGER):
        assert door.get(at(first), organisation=organisation).content == TEXT


def test_who_has_given_too_much_that_nothing_refers_to_is_told_so(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.desk.waiting_documents.OF_PERSON", 0)
    is_problem(give(door), 429, "documents_wait")
    assert isinstance(door.node.documents.store, MemoryStore)
    assert door.node.documents.store.kept == {}


@pytest.mark.parametrize(
    ("content", "said", "status", "code"),
    [
        (b"", "text/plain", 422, "document_empty"),
        (TEXT, "", 415, "media_type_not_taken"),
        (TEXT, "text/html", 415, "media_type_not_taken"),
        (TEXT, "application/x-msdownload", 415, "media_type_not_taken"),
        (TEXT, "application/pdf", 422, "media_type_differs"),
        (PDF, "image/png", 422, "media_type_differs"),
        (b"MZ\x90\x00", "text/plain", 422, "media_type_differs"),
        (TEXT, "text/plain; charset=iso-8859-1", 422, "media_type_differs"),
    ],
)
def test_what_is_not_taken_is_refused(
    door: Door, content: bytes, said: str, status: int, code: str
) -> None:
    is_problem(give(door, content, said), status, code)
    assert isinstance(door.node.documents.store, MemoryStore)
    assert door.node.documents.store.kept == {}


def test_more_than_the_node_is_told_to_take_is_refused(door: Door) -> None:
    door.node.documents.bytes_max = 1000
    assert give(door, b"x" * 1000).status_code == 201
    is_problem(give(door, b"x" * 1001), 413, "too_large")


@pytest.mark.parametrize("role", [Role.READER, Role.AUDITOR, Role.OPERATOR])
def test_who_records_nothing_gives_no_documents(door: Door, role: Role) -> None:
    is_problem(give(door, roles=(role,)), 403, "forbidden")


def test_nobody_without_a_token_or_an_organisation_gives_or_reads(door: Door) -> None:
    document = given(door)
    anonymous = door.client.request("POST", "/v1/documents", content=TEXT)
    is_problem(anonymous, 401, "unauthenticated")
    is_problem(door.client.request("GET", at(document)), 401, "unauthenticated")
    is_problem(give(door, organisation="987654325"), 403, "unregistered")
    refused = door.get(at(document), organisation="987654325")
    is_problem(refused, 403, "unregistered")


def test_a_store_that_is_full_is_told(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: bytes) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(door.node.documents.store, "put", full)
    is_problem(give(door), 503, "unavailable")


def test_what_nothing_refers_to_is_for_who_gave_it_alone(door: Door) -> None:
    document = given(door)
    is_problem(door.get(at(document), organisation=UNKNOWN), 403, "document_not_open")
    for region in (NORD, MIDT):
        assert (
            standing_of(door.node, document.sha256, region) is DocumentStanding.CLOSED
        )


def test_what_nobody_knows_is_not_there(door: Door) -> None:
    is_problem(door.get(ABSENT), 404, "unknown_document")
    assert standing_of(door.node, "0" * 64, NORD) is DocumentStanding.CLOSED
    for odd in ("..%2f..%2fetc%2fpasswd", "0" * 63, "A" * 64):
        assert door.get(f"/v1/documents/{odd}").status_code in {404, 422}


def test_what_an_entry_refers_to_is_for_everybody(door: Door) -> None:
    document = given(door)
    hold_gathering(door.node.journal, BERGEN, document)
    door.node.projector.catch_up()
    assert door.get(at(document), organisation=UNKNOWN).content == TEXT
    for region in (NORD, MIDT, SOROST):
        assert standing_of(door.node, document.sha256, region) is DocumentStanding.GIVEN


def test_an_application_is_for_trust_and_funder_until_it_is_announced(
    door: Door,
) -> None:
    document, journal = given(door), door.node.journal
    publish_call(journal, FUNDER)
    present(journal, BERGEN, document)
    door.node.projector.catch_up()
    assert standing_of(door.node, document.sha256, NORD) is DocumentStanding.GIVEN
    assert standing_of(door.node, document.sha256, MIDT) is DocumentStanding.CLOSED
    assert door.get(at(document)).content == TEXT
    assert door.get(at(document), organisation=FUNDER).content == TEXT
    refused = door.get(at(document), organisation=STAVANGER)
    is_problem(refused, 403, "document_not_open")
    # In another region than the funder's it is not the funder's word.
    announce(journal, BERGEN)
    assert standing_of(door.node, document.sha256, MIDT) is DocumentStanding.CLOSED


def test_an_application_is_for_all_once_its_funder_has_announced(door: Door) -> None:
    funder = REGIONAL_AUTHORITY[VEST]
    document, journal = given(door), door.node.journal
    publish_call(journal, funder)
    present(journal, BERGEN, document)
    door.node.projector.catch_up()
    is_problem(door.get(at(document), organisation=STAVANGER), 403, "document_not_open")
    announce(journal, funder)
    assert door.get(at(document), organisation=STAVANGER).content == TEXT
    assert standing_of(door.node, document.sha256, MIDT) is DocumentStanding.GIVEN


def test_an_auditor_reads_an_application_and_that_is_written_down(door: Door) -> None:
    document, journal = given(door), door.node.journal
    publish_call(journal, FUNDER)
    present(journal, BERGEN, document)
    door.node.projector.catch_up()
    read = door.get(at(document), organisation=UNKNOWN, roles=(Role.AUDITOR,))
    assert read.content == TEXT
    assert [each.what for each in door.node.reading_log.lines()] == [at(document)]


def test_an_entry_of_who_did_not_give_it_opens_nothing(door: Door) -> None:
    """Whoever knows a hash could read what others apply for."""
    document, journal = given(door), door.node.journal
    publish_call(journal, FUNDER)
    present(journal, BERGEN, document)
    hold_gathering(journal, STAVANGER, document)
    door.node.projector.catch_up()
    refused = door.get(at(document), organisation=STAVANGER)
    is_problem(refused, 403, "document_not_open")
    assert standing_of(door.node, document.sha256, MIDT) is DocumentStanding.CLOSED


def test_a_call_that_is_not_heard_of_opens_an_application_to_nobody(door: Door) -> None:
    document = given(door)
    present(door.node.journal, BERGEN, document)
    door.node.projector.catch_up()
    for region in (NORD, MIDT):
        assert (
            standing_of(door.node, document.sha256, region) is DocumentStanding.CLOSED
        )
    assert door.get(at(document)).content == TEXT


def test_what_is_removed_is_told_as_removed_and_the_event_stands(door: Door) -> None:
    document = given(door)
    hold_gathering(door.node.journal, BERGEN, document)
    door.node.projector.catch_up()
    assert door.node.documents.remove(document.sha256, 1) is True
    assert door.node.documents.remove(document.sha256, 2) is False
    is_problem(door.get(at(document)), 410, "document_removed")
    is_problem(door.get(at(document), organisation=UNKNOWN), 410, "document_removed")
    assert standing_of(door.node, document.sha256, NORD) is DocumentStanding.REMOVED
    assert given(door) == document
    assert door.get(at(document)).content == TEXT


def test_what_is_damaged_or_lost_is_not_shown(door: Door) -> None:
    document = given(door)
    store = door.node.documents.store
    assert isinstance(store, MemoryStore)
    store.kept[document.sha256] += b"!"
    is_problem(door.get(at(document)), 404, "document_not_held")
    del store.kept[document.sha256]
    is_problem(door.get(at(document)), 404, "document_not_held")


def test_where_nobody_knows_who_gave_it_the_regions_entries_open_it(door: Door) -> None:
    """A node whose desk was lost, and made anew, still gives what it has."""
    documents = door.node.documents
    document = salted_document(bytes(32), TEXT, PLAIN_TEXT)
    documents.store.put(salted(bytes(32), TEXT))
    hold_gathering(door.node.journal, BERGEN, document)
    door.node.projector.catch_up()
    assert door.get(at(document), organisation=UNKNOWN).content == TEXT
    assert standing_of(door.node, document.sha256, NORD) is DocumentStanding.GIVEN


def test_of_one_organisation_two_are_given_at_once(door: Door) -> None:
    """Each is in memory; the third waits, and that of another does not."""
    turns = door.node.documents.turns

    async def take() -> None:
        async with turns[BERGEN], turns[BERGEN]:
            assert turns[BERGEN].locked()
            assert not turns[STAVANGER].locked()

    asyncio.run(take())
