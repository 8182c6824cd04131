"""The long texts of a folder: each is a document, of which a command says the hash.

A node salts the hash with a secret of its own. A rehearsal has no node: its hashes are
other than those that are recorded, and the same text has the same one there too.
"""

from collections.abc import Mapping
from typing import Final

import httpx

from api.media_types import media_type_of
from api.routers import PREFIX
from deploy.year.player import patiently
from domain.document import Document
from federation.documents.salted import PLAIN_TEXT, document_of

_NO_SECRET: Final = bytes(32)


def rehearsed_document(text: str) -> Document | None:
    """Document of a text where there is no node; an empty text has none.

    Raises ``ValueError`` for a text that no node takes, as for a character in it that
    is not shown.
    """
    content = text.encode()
    if not content:
        return None
    media_type = media_type_of(PLAIN_TEXT, content)
    return document_of(_NO_SECRET, content, media_type)


class RefusedTextError(Exception):
    """A node does not take a text; ``problem`` is what it answered."""

    def __init__(self, problem: Mapping[str, object]) -> None:
        super().__init__(str(problem.get("code", "")))
        self.problem = problem


async def give_text(
    client: httpx.AsyncClient, node: str, headers: Mapping[str, str], text: str
) -> Document | None:
    """Have a node keep a text, and return its document; an empty text has none.

    ``headers`` say who gives it. Raises :class:`RefusedTextError` where the node does not take
    it, :class:`~deploy.year.player.NodeAwayError` where it does not answer.
    """
    if not text:
        return None
    sent = {**headers, "Content-Type": PLAIN_TEXT}
    at = f"{node}{PREFIX}/documents"
    answer = await patiently(
        lambda: client.post(at, content=text.encode(), headers=sent)
    )
    if not answer.is_success:
        raise RefusedTextError(answer.json())
    return Document(**answer.json())
