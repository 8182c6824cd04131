"""The words that people read, in bokmål, nynorsk and English, by key.

``api/words/`` holds them by subject, the languages and, of a problem, its HTTP
status beside each other. A section may stand in several subjects. What shows
figures and days is loaded when there are some: the command line's help has none.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from functools import cache, cached_property, lru_cache
from http import HTTPStatus
from importlib import resources
from importlib.resources.abc import Traversable
from string import Formatter
from typing import Any, Final, NamedTuple

from typing_extensions import override

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
_HEADER: Final = re.compile(r"^(\[(\w+)(?:\.\w+)*\]\n)", re.MULTILINE)
PROBLEM: Final = "problem"
NO_SECTION: Final = ""
LOCALES: Final = {Language.NB: "nb", Language.NN: "nn", Language.EN: "en_GB"}


class Words(NamedTuple):
    """What a problem is called and what it says, and the status it comes with."""

    status: HTTPStatus
    title: str
    detail: str


Entries = Mapping[str, Mapping[str, str]]
"""Sentences by key, each by language."""


class Catalogue:
    """All words: of a problem by its code, of a sentence by section and key.

    A section is read when it is first asked for: a command line says few of them.
    """

    def __init__(self, folder: Traversable) -> None:
        """Find the sections; what stands in them is looked at when they are read."""
        self._texts = _by_section(folder)
        self.sentences: Mapping[str, Entries] = _Sentences(self._texts)

    @cached_property
    def problems(self) -> Mapping[str, Mapping[str, Words]]:
        """Of each code, by language."""
        return {key: _problem(*at) for key, at in _read(self._texts, PROBLEM).items()}


class _Sentences(Mapping[str, Entries]):
    """Sections that are read once, when they are first asked for."""

    def __init__(self, texts: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        self._texts = texts
        self._known: dict[str, Entries] = {}

    @override
    def __getitem__(self, section: str) -> Entries:
        if section not in self._known:
            if section == PROBLEM or section not in self._texts:
                raise KeyError(section)
            found = _read(self._texts, section)
            self._known[section] = {key: _texts(*at) for key, at in found.items()}
        return self._known[section]

    @override
    def __iter__(self) -> Iterator[str]:
        return (each for each in self._texts if each not in {PROBLEM, NO_SECTION})

    @override
    def __len__(self) -> int:
        return sum(1 for _ in self)


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
    """All words."""
    return Catalogue(resources.files("api").joinpath("words"))


def read_words(folder: Traversable) -> Catalogue:
    """Read all; raise where the words of a folder are not whole."""
    _read(_by_section(folder), NO_SECTION)
    found = Catalogue(folder)
    read = dict(found.sentences)
    require_words(codes(), found.problems)
    require_words(warning_codes(), read["warning"])
    return found


def require_words(of: Iterable[str], problems: Container[str]) -> None:
    """Raise where a code has no words."""
    for code in sorted(of):
        if code not in problems:
            raise WordsError(code, WordsFault.CODE)


def _by_section(folder: Traversable) -> Mapping[str, Sequence[tuple[str, str]]]:
    """By section, each file that has some of it, and that part of the file."""
    found = defaultdict[str, list[tuple[str, str]]](list)
    for file in folder.iterdir():
        before, *parts = _HEADER.split(file.read_text(encoding="utf-8"))
        own = defaultdict[str, str](str, {NO_SECTION: before})
        for header, section, text in zip(*[iter(parts)] * 3, strict=True):
            own[section] += header + text
        for section, text in own.items():
            found[section].append((file.name, text))
    return found


def _read(
    texts: Mapping[str, Sequence[tuple[str, str]]], section: str
) -> Mapping[str, tuple[str, Mapping[str, Any]]]:
    """By key, its place and what stands there; one text is of all languages."""
    found: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for name, text in texts.get(section, ()):
        try:
            entries = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise WordsError(name, str(error)) from error
        for stray in entries.keys() - {section}:
            place = f"{name}, {stray}"
            raise WordsError(place, WordsFault.SECTION)
        for key, entry in entries.get(section, {}).items():
            place = f"{name}, {section}.{key}"
            if key in found:
                raise WordsError(place, WordsFault.TWICE)
            said = entry if isinstance(entry, dict) else dict.fromkeys(Language, entry)
            found[key] = place, said
    return found


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


@lru_cache(maxsize=4096)
def day(of: date, language: Language = DEFAULT) -> str:
    """Day as people read it: ``31. desember 2026``."""
    from babel.dates import format_date  # noqa: PLC0415

    return format_date(of, format="long", locale=LOCALES[language])
