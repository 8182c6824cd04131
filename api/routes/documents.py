"""Documents: long texts and files that entries refer to by their hash."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Request, Response

from api.bodies import FILE, NAMED
from api.dependencies import (
    TheCaller,
    TheNode,
    TheViews,
    require,
    require_registered,
)
from api.document_giving import keep_document
from api.document_reading import read_document
from api.media_types import TAKEN, extension_of, shown_type
from api.problems import GIVING_DOCUMENTS, READING_DOCUMENTS
from api.receipts import LOCATED
from api.routers import member_router
from domain.document import Document
from domain.history import ShownTo
from domain.role import Role
from domain.values import Sha256

router = member_router("documents", ShownTo.MEMBERS)

GIVERS: Final = frozenset(Role) - {Role.READER, Role.AUDITOR, Role.OPERATOR}
"""Who gives documents: whoever may record something that refers to one."""
NAME_LETTERS: Final = 16
"""Of the hash, in the name of the file."""
CLOSED_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}
"""Whatever is in a document, no browser does anything with it here."""
_SAID: Final = {
    name: {"description": f"`{value}`.", "schema": {"type": "string"}}
    for name, value in CLOSED_HEADERS.items()
}
DOCUMENT_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "The bytes as they are, of the type that the header says.",
        "content": dict.fromkeys(TAKEN, FILE),
    }
}
Hash = Annotated[Sha256, Path(description="As the entry has it.")]


async def a_turn(node: TheNode, caller: TheCaller) -> AsyncIterator[None]:
    """Let an organisation have so many documents in memory at once, and no more."""
    async with node.documents.turns[caller.organisation]:
        yield


@router.post(
    "/documents",
    status_code=201,
    responses={**GIVING_DOCUMENTS, **LOCATED},
    openapi_extra=DOCUMENT_BODY,
    dependencies=[Depends(a_turn)],
)
async def give_document(
    request: Request, node: TheNode, caller: TheCaller, response: Response
) -> Document:
    """Keep a text or file, and say what an entry that refers to it has to say.

    The same bytes are the same document. Nobody else reads it before an entry of the
    caller's organisation refers to it.
    """
    require(caller, GIVERS)
    await require_registered(node, caller)
    said = request.headers.get("content-type", "")
    content = await request.body()
    document = await asyncio.to_thread(keep_document, node, caller, content, said)
    response.headers["Location"] = f"/v1/documents/{document.sha256}"
    return document


@router.get(
    "/documents/{sha256}",
    response_class=Response,
    responses={
        200: {
            "content": {
                **dict.fromkeys(TAKEN, FILE),
                "application/octet-stream": FILE,
            },
            "description": "The bytes as they were given, as a file to keep.",
            "headers": {"Content-Disposition": NAMED, **_SAID},
        },
        **READING_DOCUMENTS,
    },
    dependencies=[Depends(a_turn)],
)
async def get_document(
    sha256: Hash, node: TheNode, caller: TheCaller, views: TheViews
) -> Response:
    """A text or file that an entry refers to, from its region's node if need be.

    Of an application it is for the trust, the funder and auditors until the awards of
    its call are announced.
    """
    read = await read_document(node, caller, views, sha256)
    name = f"{sha256[:NAME_LETTERS]}.{extension_of(read.media_type)}"
    attached = {"Content-Disposition": f'attachment; filename="{name}"'}
    headers = {**CLOSED_HEADERS, **attached}
    return Response(read.content, 200, headers, shown_type(read.media_type))
