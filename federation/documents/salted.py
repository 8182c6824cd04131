"""What an event says of a text or file: a hash over a salt and the bytes.

The salt comes of the bytes and a secret of the node, so a short text cannot be guessed
from the journal, and the same text of one node is the same document. It is kept with
the bytes, before them: the hash is that of what is kept.
"""

import hashlib
import hmac
from typing import Final

from domain.document import Document

SALT_BYTES: Final = 16
DOCUMENT_BYTES_MAX: Final = 32 * 1024 * 1024
"""Of the largest document that any node takes, gives or fetches; a setting may say less."""
PLAIN_TEXT: Final = "text/plain; charset=utf-8"


def salted(secret: bytes, content: bytes) -> bytes:
    """Bytes as they are kept: their salt, and then they themselves."""
    return hmac.digest(secret, content, "sha256")[:SALT_BYTES] + content


def hash_of(kept: bytes) -> str:
    """Hash of what is kept, which names the document."""
    return hashlib.sha256(kept).hexdigest()


def salted_document(secret: bytes, content: bytes, media_type: str) -> Document:
    """Document of some bytes, as the node with this secret has it.

    Raises ``ValueError`` where there are no bytes: an empty text has no document.
    """
    sha256 = hash_of(salted(secret, content))
    return Document(sha256=sha256, media_type=media_type, size=len(content))
