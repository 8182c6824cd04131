"""What files, columns and values are called, in English, bokmål and nynorsk.

The words stand in ``api/words/folders.toml``, beside the labels that tables and papers
have. A name is the same in small and capital letters, with blanks, hyphens, underscores
and signs of a sentence or without, and with æ, ø and å or ae, oe and aa.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from typing import Final

from api.words import Language, catalogue

_BETWEEN: Final = re.compile(
    r"[\s.,:*()\[\]_\u2010-\u2015\u2212\u00ad\u200b-\u200d\ufeff-]+"
)
_LETTERS: Final = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"})
_NEAR: Final = 0.75
"""Likeness from which one name may be a slip for another."""


class NameOf(StrEnum):
    """What has names; each is the section that holds them."""

    FILE = "folder_file"
    COLUMN = "folder_column"
    VALUE = "folder_value"
    ROW = "folder_row"


_LABELS: Final = {NameOf.COLUMN: "column", NameOf.VALUE: "value"}
"""Sections that hold names of the same things, as tables and papers show them."""


def folded_name(name: str) -> str:
    """Name without what makes no difference.

    >>> folded_name("Registrert  dato") == folded_name("registrert_dato")
    True
    >>> folded_name("Beløp"), folded_name("ÅRLIG")
    ('beloep', 'aarlig')
    """
    text = unicodedata.normalize("NFC", name).casefold()
    return _BETWEEN.sub("", text.translate(_LETTERS))


@cache
def spellings(of: NameOf, name: str, language: Language) -> tuple[str, ...]:
    """What something is called in a language, the name that is shown first."""
    sentences = catalogue().sentences
    labels = sentences.get(_LABELS.get(of, ""), {})
    texts = (
        labels.get(name) or labels.get(f"{name}_ore"),
        sentences[of].get(name),
    )
    spelt = [text[language] for text in texts if text is not None]
    named = ", ".join(spelt).split(", ") if spelt else []
    if of is NameOf.COLUMN and texts[0] is not None:
        named[0] = f"{named[0][0].lower()}{named[0][1:]}"  # a label has a capital
    return tuple(dict.fromkeys(named))


def meanings(of: NameOf, names: Iterable[str]) -> Mapping[str, str]:
    """Which of some each folded spelling means; English names come first."""
    names = list(names)
    meaning = {folded_name(name): name for name in names}
    for name in names:
        for language in Language:
            for spelling in spellings(of, name, language):
                meaning.setdefault(folded_name(spelling), name)
    return meaning


def shown(of: NameOf, name: str, language: Language) -> str:
    """Name as a reader of a language writes it; in English as it is."""
    if language is Language.EN:
        return name
    stem = name.removesuffix(".csv")
    own = next(iter(spellings(of, stem, language)), stem)
    return own + name.removeprefix(stem)


_LISTS: Final = {
    "choices": NameOf.VALUE,
    "missing": NameOf.COLUMN,
    "files": NameOf.FILE,
}
"""Values of sentences that list names of ours."""


def in_words(
    values: Mapping[str, str | int], language: Language
) -> Mapping[str, str | int]:
    """Values of a sentence, with names as its reader writes them."""
    told = {
        key: ", ".join(
            shown(of, name, language) for name in str(values[key]).split(", ")
        )
        for key, of in _LISTS.items()
        if key in values
    }
    return {**values, **told}


def alike(read: str, names: Iterable[str]) -> str:
    r"""The one other name that differs only in what makes none here, or nothing.

    >>> alike("epi\u2013OUS ", ["epi-ous", "ms-ous"]), alike("a", ["A", "A."])
    ('epi-ous', '')
    """
    folded = folded_name(read)
    found = {each for each in names if folded_name(each) == folded}
    return found.pop() if len(found) == 1 and read not in found else ""


def near(read: str, of: NameOf, names: Iterable[str]) -> str:
    """Spelling that something misspelt may be meant as, or nothing."""
    written: dict[str, str] = {}
    for name in names:
        written[folded_name(name)] = name
        for language in Language:
            for spelling in spellings(of, name, language):
                written.setdefault(folded_name(spelling), spelling)
    nearest = get_close_matches(folded_name(read), written, n=1, cutoff=_NEAR)
    return written[nearest[0]] if nearest else ""
