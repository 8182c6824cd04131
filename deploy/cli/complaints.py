"""What is wrong with the FAGNETT_… variables, in words."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from pydantic import ValidationError

from api.words import Language, sentence

_WORDS: Final = {
    "missing": "missing",
    "enum": "choice",
    "int_parsing": "number",
    "greater_than_equal": "least",
    "less_than_equal": "most",
}
"""pydantic's types of errors, and what is said of them."""


class Complaint(NamedTuple):
    """A variable, and why it cannot be used."""

    setting: str
    reason: str


def complaints(error: ValidationError, words: Language) -> Iterator[Complaint]:
    """Give what is wrong; never what stands in a variable, which may be secret."""
    for each in error.errors(include_input=False, include_url=False):
        setting = f"FAGNETT_{'_'.join(str(part) for part in each['loc']).upper()}"
        name = _WORDS.get(each["type"], "other")
        values = {"reason": each["msg"], **each.get("ctx", {})}
        if name == "choice":
            expected = str(values["expected"]).replace(" or ", ", ")
            values["expected"] = expected.replace("'", "")
        texts = {key: str(value) for key, value in values.items()}
        yield Complaint(setting, sentence(words, "setting", name, texts))
