"""A text or file that an event refers to; its bytes lie in a region's document store."""

from collections.abc import Iterator
from typing import Annotated, Any, get_args

from pydantic import Field

from domain.fact import Message
from domain.values import FreeText, Key, Sha256


class Document(Message):
    """What an event says of a document.

    The hash is SHA-256 over a salt of 16 bytes and the bytes, so that a short text
    cannot be guessed from the journal; the salt is kept with the bytes.
    """

    sha256: Sha256
    media_type: FreeText
    size: Annotated[int, Field(ge=1, le=2**40)]
    """In bytes: an empty text has no document."""


class Section(Message):
    """A section of a text, by the key that the call or the report gives it."""

    section: Key
    document: Document


def documents_in(said: object) -> Iterator[Document]:
    """Give the documents that a fact or a part of one refers to, in its order."""
    if isinstance(said, Document):
        yield said
    elif isinstance(said, Message):
        for name in type(said).model_fields:
            yield from documents_in(getattr(said, name))
    elif isinstance(said, tuple):
        for part in said:
            yield from documents_in(part)


def refers_to_documents(kind: Any) -> bool:  # noqa: ANN401 - a type, or what stands for one
    """Whether a fact of a kind can refer to documents."""
    if isinstance(kind, type) and issubclass(kind, Message):
        fields = kind.model_fields.values()
        return kind is Document or any(
            refers_to_documents(field.annotation) for field in fields
        )
    return any(refers_to_documents(part) for part in get_args(kind))
