"""What a command refers to and a node must be asked for first: documents, people of others.

A long text or a file is kept by the node that records, and the command says only what
that node says of it. A person whose organisation is another than who records has the
pseudonym that the own organisation's node makes.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from federation.documents.salted import PLAIN_TEXT, salted_document

DOCUMENTS_AT: Final = "/v1/documents"
PERSONS_AT: Final = "/v1/persons"
NOBODY: Final = "?"
"""What stands for a pseudonym where a text can be nobody's name: no command takes it."""
NOT_KEPT: Final = frozenset(
    {"document_empty", "too_large", "media_type_not_taken", "media_type_differs"}
)
"""Codes by which a node does not take a document as it is."""
SECRET_OF_NONE: Final = b"of no node"
"""Hashes of what is kept nowhere: no text is guessed from them."""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A text or a file that a command refers to as a document."""

    content: bytes
    media_type: str = PLAIN_TEXT

    def unkept(self) -> dict[str, Any]:
        """What no node says of it, as a node would: whatever refers to it is refused."""
        return salted_document(
            SECRET_OF_NONE, self.content, self.media_type
        ).model_dump(mode="json")


@dataclass(frozen=True, slots=True)
class PersonElsewhere:
    """A person of an organisation that may be another than who records."""

    organisation: str
    name: str


Referred = Enclosed | PersonElsewhere
RowLook = Callable[[Referred], Awaitable[object]]
"""Gives what stands in a command for what it refers to."""


def enclosed_text(text: str) -> Enclosed:
    """Long text as a document."""
    return Enclosed(text.encode())


def referred_in(said: object) -> Iterator[Referred]:
    """Give all that members of a command refer to."""
    if isinstance(said, Enclosed | PersonElsewhere):
        yield said
    elif isinstance(said, dict):
        for part in said.values():
            yield from referred_in(part)
    elif isinstance(said, list):
        for part in said:
            yield from referred_in(part)


async def filled_in(said: Any, look: RowLook) -> Any:  # noqa: ANN401 - JSON
    """Put in what members of a command refer to."""
    if isinstance(said, Enclosed | PersonElsewhere):
        return await look(said)
    if isinstance(said, dict):
        return {name: await filled_in(part, look) for name, part in said.items()}
    if isinstance(said, list):
        return [await filled_in(part, look) for part in said]
    return said
