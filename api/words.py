"""The words that people read, in bokmål, nynorsk and English, by key.

``api/words/`` holds them by subject, the languages and, of a problem, its HTTP
status beside each other. A section may stand in several subjects. What shows
figures and days is loaded when there are some: the command line's help has none.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from http import HTTPStatus
from importlib import resources
from importlib.resources.abc import Traversable
from string import Formatter
from typing import Any, Final, NamedTuple

from domain.refusal import codes
from domain.warning import warning_codes


class Language(StrEnum):
    """A language that everything people read is written in."""

    NB = "nb"
    NN = "nn"
    EN = "en"


DEFAULT: Final = Language.NB
_LANGUAGES: Final = frozenset(Language)
_STATUSES: Final = {status.value: status for status in HTTPStatus}
_ALIASES: Final = {
    "no": Language.NB,
    "nb": Language.NB,
    "nn": Language.NN,
    "en": Language.EN,
}
_WEIGHT: Final = re.compile(r"[01](\.[0-9]{0,3})?")
"""RFC 9110, 12.4.2; a weight of 0 means that the language is not wanted."""
_DAY: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_LINE: Final = re.compile(r"line ([0-9]+)")
"""A place in a file of a bank, as programs read it."""
LOCALES: Final = {Language.NB: "nb", Language.NN: "nn", Language.EN: "en_GB"}


class Words(NamedTuple):
    """What a problem is called and what it says, and the status it comes with."""

    status: HTTPStatus
    title: str
    detail: str


class Catalogue(NamedTuple):
    """All words: of a problem by its code, of a sentence by section and key."""

    problems: Mapping[str, Mapping[str, Words]]
    sentences: Mapping[str, Mapping[str, Mapping[str, str]]]


class WordsFault(StrEnum):
    """What is wrong with words that are not whole."""

    CODE = "is a code without words"
    SECTION = "stands in no section"
    TWICE = "stands in two files"
    STATUS = "has no HTTP status"
    PAIR = "is not a title and a detail"
    LANGUAGES = "is not in nb, nn and en, or is empty there"
    VALUES = "is not filled with the same {values} in every language"


class WordsError(Exception):
    """Words that are not whole, with file and key: nothing runs with them."""

    def __init__(self, place: str, fault: str) -> None:
        super().__init__(f"{place}: {fault}")


@cache
def catalogue() -> Catalogue:
    """All words; they are read once."""
    return read_words(resources.files("api").joinpath("words"))


def read_words(folder: Traversable) -> Catalogue:
    """Raise where the words of a folder are not whole."""
    problems: dict[str, Mapping[str, Words]] = {}
    sentences = defaultdict[str, dict[str, Mapping[str, str]]](dict)
    for place, section, key, entry in _entries(folder):
        if key in (problems if section == "problem" else sentences[section]):
            raise WordsError(place, WordsFault.TWICE)
        if section == "problem":
            problems[key] = _problem(place, entry)
        else:
            sentences[section][key] = _texts(place, entry)
    require_words(codes(), problems)
    require_words(warning_codes(), sentences["warning"])
    return Catalogue(problems, sentences)


def require_words(of: Iterable[str], problems: Container[str]) -> None:
    """Raise where a code has no words."""
    for code in sorted(of):
        if code not in problems:
            raise WordsError(code, WordsFault.CODE)


def _entries(folder: Traversable) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    """Yield place, section, key and what stands there; one text is of all languages."""
    for file in folder.iterdir():
        try:
            sections = tomllib.loads(file.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise WordsError(file.name, str(error)) from error
        for section, entries in sections.items():
            place = f"{file.name}, {section}"
            if not isinstance(entries, dict):
                raise WordsError(place, WordsFault.SECTION)
            for key, entry in entries.items():
                texts: Mapping[str, Any] = (
                    entry if isinstance(entry, dict) else dict.fromkeys(Language, entry)
                )
                yield f"{place}.{key}", section, key, texts


def _problem(place: str, entry: Mapping[str, Any]) -> Mapping[str, Words]:
    status = _STATUSES.get(entry.get("status", 0))
    if status is None:
        raise WordsError(place, WordsFault.STATUS)
    titles, details = {}, {}
    for language, pair in entry.items():
        match pair:
            case [title, detail]:
                titles[language], details[language] = title, detail
            case _ if language != "status":
                raise WordsError(place, WordsFault.PAIR)
    _texts(place, titles)
    _texts(place, details)
    return {each: Words(status, titles[each], details[each]) for each in Language}


def _texts(place: str, texts: Mapping[str, Any]) -> Mapping[str, str]:
    """Raise where texts are not in every language."""
    told = [text for text in texts.values() if text and isinstance(text, str)]
    if texts.keys() != _LANGUAGES or len(told) != len(Language):
        raise WordsError(place, WordsFault.LANGUAGES)
    try:
        values = {tuple(sorted(_values(text))) for text in told}
    except ValueError as error:
        raise WordsError(place, str(error)) from error
    if len(values) > 1:
        raise WordsError(place, WordsFault.VALUES)
    return texts


def _values(text: str) -> Iterator[str]:
    return (name for _, name, _, _ in Formatter().parse(text) if name)


def negotiate(accept_language: str | None) -> Language:
    """First language of an ``Accept-Language`` header that we speak."""
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
    """Title and detail of a problem, its values filled in."""
    words = catalogue().problems[code][language]
    shown = _Shown(language, values or {})
    return words._replace(detail=words.detail.format_map(shown))


def sentence(
    language: Language,
    section: str,
    key: str,
    values: Mapping[str, str | int] | None = None,
) -> str:
    """One sentence of a section, its values filled in."""
    words = catalogue().sentences[section][key][language]
    if "{" not in words and "}" not in words:
        return words
    return words.format_map(_Shown(language, values or {}))


class _Shown(dict[str, str]):
    """Values as people read them; a value that is not given shows as an ellipsis."""

    def __init__(self, language: Language, values: Mapping[str, str | int]) -> None:
        super().__init__(
            {name: _shown(name, value, language) for name, value in values.items()}
        )

    def __missing__(self, key: str) -> str:
        return "…"


def _shown(name: str, value: str | int, language: Language) -> str:
    if name.endswith("_ore") and isinstance(value, int):
        return kroner(value, language)
    if name == "place" and (line := _LINE.fullmatch(str(value))):
        return sentence(language, "import", "line", {"number": line[1]})
    if language is not Language.EN and name != "text":
        if found := _DAY.fullmatch(str(value)):
            return f"{found[3]}.{found[2]}.{found[1]}"
        if name == "percent":
            return str(value).replace(".", ",")
    words = catalogue().sentences["value"].get(str(value))
    return str(value) if words is None else words[language]


class _Signs(NamedTuple):
    """What stands in a number besides its digits."""

    minus: str
    group: str
    point: str


@cache
def _signs(language: Language) -> _Signs:
    from babel.numbers import (  # noqa: PLC0415
        get_decimal_symbol,
        get_group_symbol,
        get_minus_sign_symbol,
    )

    locale = LOCALES[language]
    return _Signs(
        get_minus_sign_symbol(locale),
        get_group_symbol(locale),
        get_decimal_symbol(locale),
    )


def kroner(amount_ore: int, language: Language = DEFAULT) -> str:
    """Øre as kroner: ``1 250 798,60`` in Norwegian."""
    from domain.values import KRONE  # noqa: PLC0415

    signs = _signs(language)
    whole, decimals = divmod(abs(amount_ore), KRONE)
    sign = signs.minus if amount_ore < 0 else ""
    grouped = f"{whole:,}".replace(",", signs.group)
    return f"{sign}{grouped}{signs.point}{decimals:02d}"


def day(of: date, language: Language = DEFAULT) -> str:
    """Day as people read it: ``31. desember 2026``."""
    from babel.dates import format_date  # noqa: PLC0415

    return format_date(of, format="long", locale=LOCALES[language])
