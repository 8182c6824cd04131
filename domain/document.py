"""A text or file that an event refers to; its bytes lie in a region's document store."""

from typing import Annotated

from pydantic import Field

from domain.fact import Message
from domain.values import Key, Sha256, Text


class Document(Message):
    """What an event says of a document.

    The hash is SHA-256 over a salt of 16 bytes and the bytes, so that a short text
    cannot be guessed from the journal; the salt is kept with the bytes.
    """

    sha256: Sha256
    media_type: Text
    size: Annotated[int, Field(ge=1)]
    """In bytes: an empty text has no document."""


class Section(Message):
    """A section of a text, by the key that the call or the report gives it."""

    section: Key
    document: Document
