"""What a command signs: the ETag of what was read, in `If-Match`.

The ETag of what can be signed is its fingerprint: the SHA-256 of the canonical
bytes of the terms or the statement, the same at every node and for ever. It is
not of the answer around it, which also tells what has been said of it since.
Sources: RFC 9110, 13.1.1; RFC 6585, 3.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import Depends, Header, Request, Response
from fastapi.dependencies.models import Dependant

from api.problems import ProblemError

HEADER: Final = "If-Match"
_TAG_CHARACTERS_MAX: Final = 200

IfMatch = Annotated[
    str | None,
    Header(
        alias=HEADER,
        max_length=_TAG_CHARACTERS_MAX,
        description="The ETag of what was read; refused when it has changed.",
    ),
]


def tag_of(if_match: str | None) -> str | None:
    """What an ``If-Match`` names; None where anything matches."""
    return None if if_match in {None, "", "*"} else str(if_match).strip('"')


TAGGED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "headers": {
            "ETag": {
                "description": "Of what can be signed; sent as `If-Match` by what signs it.",
                "schema": {"type": "string"},
            },
            "Cache-Control": {
                "description": "`no-store`.",
                "schema": {"type": "string"},
            },
        }
    }
}
"""Of questions whose answers call :func:`show_tag`."""


def show_tag(response: Response, tag: str | int) -> None:
    """Say by which tag that which is answered is signed."""
    response.headers["ETag"] = f'"{tag}"'
    # The tag stays while what is said of it changes: nobody may keep the answer.
    response.headers["Cache-Control"] = "no-store"


class Signs:
    """A route signs what is read at an address: its ETag must be sent.

    The one declaration of it: from here come the refusal without one, and what
    the OpenAPI document says of the header.
    """

    def __init__(self, read_at: str) -> None:
        self.read_at = read_at

    def __call__(self, request: Request, if_match: IfMatch = None) -> str:
        """Tag of what is signed; that of anything is none (428)."""
        return self.tag(request.path_params, if_match, f"header.{HEADER}")

    def tag(self, parts: Mapping[str, Any], if_match: str | None, field: str) -> str:
        """Tag of what is signed, which a member of the address or of a line says."""
        tag = tag_of(if_match)
        if tag is None:
            at = self.read_at.format_map({k: quote(str(v)) for k, v in parts.items()})
            values = {"header": HEADER, "read_at": at}
            errors = [{"field": field, "code": "missing"}]
            raise ProblemError("precondition_required", values, errors, {"read_at": at})
        return tag


def signature_of(dependant: Dependant) -> Signs | None:
    """What the route of some dependencies signs, if anything."""
    calls = (dependency.call for dependency in dependant.dependencies)
    return next((call for call in calls if isinstance(call, Signs)), None)


VERSION: Final = "/v1/agreements/{agreement}/versions/{version}"
COUNTER: Final = "/v1/agreements/{agreement}/counter-proposals/{version}"
STATEMENT: Final = "/v1/statements/{first}/{second}"

SignedStatement = Annotated[str, Depends(Signs(f"{STATEMENT}/{{period_end}}"))]
