"""The words that people read, in bokmål, nynorsk and English, by key."""

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any, Final, NamedTuple

from babel.dates import format_date
from babel.numbers import format_decimal, get_decimal_symbol, get_minus_sign_symbol

from domain.values import KRONE


class Language(StrEnum):
    """A language that everything people read is written in."""

    NB = "nb"
    NN = "nn"
    EN = "en"


DEFAULT: Final = Language.NB
_ALIASES: Final = {
    "no": Language.NB,
    "nb": Language.NB,
    "nn": Language.NN,
    "en": Language.EN,
}
_WEIGHT: Final = re.compile(r"[01](\.[0-9]{0,3})?")
"""RFC 9110, 12.4.2; a weight of 0 means that the language is not wanted."""
LOCALES: Final = {Language.NB: "nb", Language.NN: "nn", Language.EN: "en_GB"}


class Words(NamedTuple):
    """What a problem is called and what it says."""

    title: str
    detail: str


@cache
def catalogue(language: Language) -> Mapping[str, Any]:
    """Return all words of a language."""
    source = resources.files("api").joinpath("words", f"{language.value}.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


def negotiate(accept_language: str | None) -> Language:
    """Return the first language of an ``Accept-Language`` header that we speak."""
    weighted = []
    for order, part in enumerate((accept_language or "").split(",")):
        tag, _, parameters = part.strip().partition(";")
        language = _ALIASES.get(tag.split("-")[0].lower())
        weight = parameters.strip().removeprefix("q=") or "1"
        if language is not None and _WEIGHT.fullmatch(weight) and float(weight):
            weighted.append((-float(weight), order, language))
    return min(weighted)[2] if weighted else DEFAULT


def problem(
    language: Language, code: str, values: Mapping[str, str | int] | None = None
) -> Words:
    """Return the words of a problem, its values filled in."""
    words = catalogue(language)["problem"][code]
    shown = _Shown(language, values or {})
    return Words(words["title"], words["detail"].format_map(shown))


def sentence(
    language: Language,
    section: str,
    key: str,
    values: Mapping[str, str | int] | None = None,
) -> str:
    """Return one sentence of a section of the words, its values filled in."""
    words: str = catalogue(language)[section][key]
    return words.format_map(_Shown(language, values or {}))


class _Shown(dict[str, str]):
    """Values as people read them; a value that is not given shows as an ellipsis."""

    def __init__(self, language: Language, values: Mapping[str, str | int]) -> None:
        names = catalogue(language)["value"]
        super().__init__(
            {
                name: kroner(value, language)
                if name.endswith("_ore") and isinstance(value, int)
                else names.get(value, str(value))
                for name, value in values.items()
            }
        )

    def __missing__(self, key: str) -> str:
        return "…"


def kroner(amount_ore: int, language: Language = DEFAULT) -> str:
    """Return øre as kroner: ``1 250 798,60`` in Norwegian."""
    whole, decimals = divmod(abs(amount_ore), KRONE)
    locale = LOCALES[language]
    sign = get_minus_sign_symbol(locale) if amount_ore < 0 else ""
    grouped = format_decimal(whole, locale=locale, format="#,##0")
    point = get_decimal_symbol(locale)
    return f"{sign}{grouped}{point}{decimals:02d}"


def day(of: date, language: Language = DEFAULT) -> str:
    """Return a day as people read it: ``31. desember 2026``."""
    return format_date(of, format="long", locale=LOCALES[language])
