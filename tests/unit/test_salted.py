"""What an event says of a text or file: a hash that nobody can guess the text by."""

import hashlib
import hmac

import pytest

from domain.document import Document, Section, documents_in, refers_to_documents
from domain.governance.gathering import GatheringHeld
from domain.grants.application import ApplicationPresented, ApplicationSubmitted
from domain.parties.organisation import OrganisationRegistered
from federation.documents.salted import (
    PLAIN_TEXT,
    SALT_BYTES,
    hash_of,
    salted,
    salted_document,
)

SECRET, OTHER = bytes(32), bytes([1]) * 32
TEXT = "Pasienten skal møte de samme fagfolkene".encode()


def test_the_hash_is_over_a_salt_of_sixteen_bytes_and_the_bytes() -> None:
    salt = hmac.new(SECRET, TEXT, hashlib.sha256).digest()[:16]
    document = salted_document(SECRET, TEXT, PLAIN_TEXT)
    assert document.sha256 == hashlib.sha256(salt + TEXT).hexdigest()
    assert (document.media_type, document.size) == (PLAIN_TEXT, len(TEXT))
    assert salted(SECRET, TEXT) == salt + TEXT
    assert len(salt) == SALT_BYTES


def test_the_same_text_of_one_node_is_the_same_document_and_no_other_nodes() -> None:
    assert salted_document(SECRET, TEXT, "a") == salted_document(SECRET, TEXT, "a")
    assert salted_document(SECRET, TEXT, "a") != salted_document(OTHER, TEXT, "a")
    assert salted_document(SECRET, TEXT, "a") != salted_document(
        SECRET, TEXT + b".", "a"
    )
    assert hash_of(salted(SECRET, TEXT)) != hashlib.sha256(TEXT).hexdigest()


def test_an_empty_text_has_no_document() -> None:
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        salted_document(SECRET, b"", PLAIN_TEXT)


def test_the_documents_of_a_fact_are_found_wherever_they_stand() -> None:
    first, second = (salted_document(SECRET, text, "a") for text in (b"x", b"y"))
    sections = (
        Section(section="aim", document=first),
        Section(section="plan", document=second),
    )
    assert [*documents_in(sections)] == [first, second]
    assert [*documents_in(first)] == [first]
    assert [*documents_in(("text", 7, None))] == []


def test_which_facts_can_refer_to_documents_is_said_by_their_members() -> None:
    assert refers_to_documents(ApplicationPresented)
    assert refers_to_documents(GatheringHeld)
    assert refers_to_documents(tuple[Section, ...])
    assert not refers_to_documents(ApplicationSubmitted)
    assert not refers_to_documents(OrganisationRegistered)
    assert not refers_to_documents(str)
    assert refers_to_documents(Document | None)
