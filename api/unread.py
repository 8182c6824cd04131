"""Why a value cannot be read, in words: by the types of pydantic's errors, and ours.

The words stand in ``api/words/requests.toml``. They say which value it is, what is wrong
with it and what it may be, and never what was sent.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from api.words import Language, catalogue, sentence
from api.written.names import NameOf, shown
from domain.texts import UnfitError

UnreadValue = Mapping[str, str | int]
"""A ``field`` and the ``code`` of what is wrong with it; and values of the words."""
SECTION: Final = "unread"
SAID_MAX: Final = 3
"""So many are told in one breath; the others stand in ``errors``."""
_SAME: Final = {
    "literal_error": "enum",
    "bool_parsing": "bool_type",
    **dict.fromkeys(("int_parsing", "int_parsing_size", "int_from_float"), "int_type"),
    **dict.fromkeys(("float_parsing", "finite_number"), "float_type"),
    **dict.fromkeys(
        (
            *("date_type", "date_from_datetime_parsing"),
            "date_from_datetime_inexact",
        ),
        "date_parsing",
    ),
    **dict.fromkeys(("string_unicode", "string_sub_type"), "string_type"),
    "tuple_type": "list_type",
    **dict.fromkeys(("model_type", "dict_type"), "model_attributes_type"),
    "assertion_error": "value_error",
}
"""Types that are told in the words of another."""
PATTERNS: Final = {
    r"^[^\s:/\x00-\x1f\x7f]([^:/\x00-\x1f\x7f]*[^\s:/\x00-\x1f\x7f])?$": "name_form",
    r"^[^\x00-\x1f\x7f]*$": "line_form",
    r"^[^\x00-\x09\x0b-\x1f\x7f]*$": "text_form",
    r"^[0-9]{4}/[0-9]{1,8}(-[0-9]{1,6})?$": "archive_form",
    r"^[0-9a-f]{64}$": "sha256_form",
    r"^[A-Za-z0-9._-]{1,64}$": "person_form",
    r"(midt|nord|sorost|vest):([0-9]{1,18})": "position_form",
    r"^[a-z0-9_]{1,40}$": "key_form",
    r"^[a-z0-9-]*$": "person_form",
    r"^(S[0-4]|K)-[0-9]{2,3}$": "rule_form",
    r"^(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])$|^(0[469]|11)-(0[1-9]|[12][0-9]|30)$"
    r"|^02-(0[1-9]|1[0-9]|2[0-8])$": "month_day_form",
}
"""Forms that texts have, and what is said of them."""
_QUOTED: Final = re.compile(r"'([^']*)'")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}|[0-9]{1,9}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PLACES: Final = ("query", "path", "header")


def unread(field: str, error: Mapping[str, Any]) -> UnreadValue:
    """What is wrong with a value, without what was sent."""
    found: dict[str, str | int] = {"field": field, "code": error["type"]}
    for name, value in error.get("ctx", {}).items():
        if isinstance(value, UnfitError):
            found["unfit"] = value.key
        elif name == "expected":
            found["expected"] = ", ".join(_QUOTED.findall(str(value)))
        elif _DAY.fullmatch(str(value)):
            found |= {name: f"{date.fromisoformat(str(value)):%d.%m.%Y}", "of_days": 1}
        elif isinstance(value, str | int) and name != "error":
            found[name] = value
        elif isinstance(value, float):
            found[name] = f"{value:g}"
    return found


def has_words(of: UnreadValue) -> bool:
    """Whether there are words for what is wrong."""
    return _key(of) in catalogue().sentences[SECTION]


def reason(of: UnreadValue, language: Language) -> str:
    """Say which value it is, what is wrong with it, and what it may be."""
    values = {**of, "field": named_member(str(of["field"]), language)}
    return sentence(language, SECTION, _key(of), values)


def _key(of: UnreadValue) -> str:
    code = str(of["code"])
    if "unfit" in of:
        return str(of["unfit"])
    if code == "string_pattern_mismatch":
        return PATTERNS.get(str(of.get("pattern")), code)
    key = _SAME.get(code, code)
    return f"{key}_day" if of.get("of_days") else key


def reasons(found: Iterable[str], language: Language) -> str:
    """First of some reasons, and how many there are besides."""
    all_of_them = list(dict.fromkeys(found))
    said, more = all_of_them[:SAID_MAX], len(all_of_them) - SAID_MAX
    if more > 0:
        said.append(sentence(language, SECTION, "more", {"count": more}))
    return " ".join(said)


def named_member(field: str, language: Language) -> str:
    """Name of a member as it is sent, and what it is called."""
    parts = field.split(".")
    if parts[0] in _PLACES and len(parts) > 1:
        parts = parts[1:]
    if parts == ["body"]:
        return sentence(language, SECTION, "body")
    # Somebody's own words may be a member's name where none should be.
    path = ".".join(part if _NAME.fullmatch(part) else "…" for part in parts)
    last = parts[-1].removesuffix("_ore")
    word = shown(NameOf.COLUMN, last, language)
    return path if word == last else f"{path} ({word})"
