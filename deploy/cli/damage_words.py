"""What is told of a damaged journal, in the reader's language.

The checks say it in English, wherever they run, and what ended them crosses processes as a
text: it is found among the words by its English ones. What is not there, such as what a
database says of itself, stays as it is.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from api.words import Language, catalogue, sentence

DAMAGE: Final = "damage"
_WITHIN: Final = "reason"
"""The value that is told of damage itself."""
_VALUE: Final = re.compile(r"\\{(\w+)\\}")


def damage_in_words(text: str, language: Language) -> str:
    """Say in a language what was found.

    >>> damage_in_words("vest: entry vest/1/2 is missing", Language.NB)
    'Helse Vest: oppføring vest/1/2 mangler'
    """
    if language is Language.EN:
        return text
    for key, pattern in _patterns():
        if match := pattern.fullmatch(text):
            values: dict[str, str | int] = dict(match.groupdict())
            if _WITHIN in values:
                values[_WITHIN] = damage_in_words(match[_WITHIN], language)
            return sentence(language, DAMAGE, key, values)
    return text


@cache
def _patterns() -> Sequence[tuple[str, re.Pattern[str]]]:
    """What finds each text, those first that say the most."""
    told = {
        key: words[Language.EN] for key, words in catalogue().sentences[DAMAGE].items()
    }
    by_length = sorted(told, key=lambda key: -len(re.sub(r"{\w+}", "", told[key])))
    return [
        (key, re.compile(_VALUE.sub(r"(?P<\1>.+?)", re.escape(told[key]))))
        for key in by_length
    ]
