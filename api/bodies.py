"""What requests and files are made of: bodies, days as they are written."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from domain import values
from domain.texts import text_without_national_id, written

_WRITTEN: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _written(day: object) -> object:
    # A number would be read as seconds since 1970, and an instant as the day that
    # it is somewhere: both are recorded for ever, and seldom what was meant.
    if day is None or (isinstance(day, str) and _WRITTEN.fullmatch(day)):
        return day
    raise PydanticCustomError("date_parsing", "not a day, YYYY-MM-DD")


AsWritten: Final = BeforeValidator(_written)
"""Takes a day as ``YYYY-MM-DD`` alone (RFC 3339, full-date)."""

RequestDay = Annotated[values.Day, AsWritten]
"""A calendar day of a request."""

PersonsName = Annotated[
    str, BeforeValidator(written), AfterValidator(text_without_national_id)
]
"""The name of a person, which stays in the own region; no identity number (law 8)."""


FILE: Final = {"schema": {"type": "string", "format": "binary"}}
"""A file as it is, in an OpenAPI document."""
NAMED: Final = {
    "description": "The file's name (RFC 6266).",
    "schema": {"type": "string"},
}
"""The header of an answer that is a file."""
SPOKEN: Final = {"description": "Of the file.", "schema": {"type": "string"}}
"""The header that says its language."""


class Body(BaseModel):
    """A request body: no member that is not described."""

    model_config = ConfigDict(extra="forbid")
