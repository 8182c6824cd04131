"""Texts that people write: how they are kept, and what may not stand in them."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from pydantic_core import PydanticCustomError
from stdnum.exceptions import ValidationError
from stdnum.no import fodselsnummer

CONTROL_CHARACTER: Final = "control_character"
PERSONAL_DATA: Final = "personal_data"
UNSEEN: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0]"
)
"""What nobody sees and Unicode does not count as format (Default_Ignorable)."""
_UNSEEN_IN_NAMES: Final = re.compile(
    "[\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f"
    "\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
"""By which two names differ to nobody who reads them: Default_Ignorable, format
characters, and blanks but the common one. By their numbers, not by the Unicode of a
machine: all nodes must decide alike."""
_UNSEEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Mn", "Me"})
_CONTROLS: Final = re.compile(
    "[\\x00-\\x09\\x0b-\\x1f\\x7f-\\x9f\u2028\u2029"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
"""Controls and ends of lines but LF, and what turns the direction of reading (UAX 9)."""
_OF_PATHS: Final = frozenset({".", ".."})
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_ID_DIGITS: Final = 11
_WHOLE_YEAR_DIGITS: Final = 13
_CENTURY: Final = re.compile("18|19|20")
_SYNTHETIC_MONTH: Final = 80
"""What the tax administration adds to the month of people who do not exist."""


def written(text: object) -> object:
    """Return a text as it is kept: composed (NFC), with LF at the end of its lines.

    Raises ``PydanticCustomError`` ``control_character`` where a character in it
    controls how the text is shown; what is no text is returned as it is.
    """
    if not isinstance(text, str):
        return text
    found = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    _refuse(_CONTROLS, found)
    return found


def as_name(text: str) -> str:
    """Return a name; raise ``PydanticCustomError`` where nobody could tell it.

    Where something in it is not seen, or where it is a path's own word: in an address
    ``.`` and ``..`` are somewhere else.
    """
    _refuse(_UNSEEN_IN_NAMES, text)
    if text in _OF_PATHS:
        message = "is no name"
        raise ValueError(message)
    return text


def _refuse(characters: re.Pattern[str], text: str) -> None:
    found = characters.search(text)
    if found is not None:
        raise PydanticCustomError(
            CONTROL_CHARACTER,
            "character {place} is {character}",
            {"place": found.start() + 1, "character": f"U+{ord(found[0]):04X}"},
        )


def without_national_id(text: str) -> str:
    """Return a text; raise ``PydanticCustomError`` where an identity number is in it.

    However its eleven digits are grouped (``130972 48022``, ``13.09.72--48022``), in
    whatever script or width, and whatever nobody sees stands between them.
    """
    if any(_is_national_id(each) for each in _eleven_digits(text)):
        message = "holds a national identity number"
        raise PydanticCustomError(PERSONAL_DATA, message)
    return text


def _is_national_id(number: str) -> bool:
    """Say whether eleven digits have the check digits and a day of birth.

    Also of a D-number, an H-number or a synthetic one. No clock is asked: what was
    once taken stays taken.
    """
    first = fodselsnummer.calc_check_digit1(number)
    if number[-2:] != first + fodselsnummer.calc_check_digit2(number):
        return False
    month = int(number[2:4])
    if month > _SYNTHETIC_MONTH:
        number = f"{number[:2]}{month - _SYNTHETIC_MONTH:02}{number[4:]}"
    try:
        fodselsnummer.get_birth_date(number)
    except ValidationError:
        return False
    return True


def _eleven_digits(text: str) -> Iterator[str]:
    """Give the groups of digits that are eleven together, with no letter between.

    And those that are thirteen, with all four digits of the year: as eleven.
    """
    for part in _LETTERS.split(_plain(text)):
        groups = re.findall(r"[0-9]+", part)
        for first in range(len(groups)):
            joined = ""
            for group in groups[first:]:
                joined += group
                if len(joined) == _ID_DIGITS:
                    yield joined
                elif len(joined) == _WHOLE_YEAR_DIGITS:
                    yield from _of_whole_year(joined)
                elif len(joined) > _WHOLE_YEAR_DIGITS:
                    break


def _of_whole_year(digits: str) -> Iterator[str]:
    """Give what ``13091972 48022`` and ``19720913 48022`` are without the century."""
    if _CENTURY.match(digits, 4):
        yield digits[:4] + digits[6:]
    if _CENTURY.match(digits):
        yield digits[6:8] + digits[4:6] + digits[2:4] + digits[8:]


def _plain(text: str) -> str:
    """Return a text with the digits of all scripts as ours, without what is not seen."""
    if text.isascii():
        return text
    folded = UNSEEN.sub("", unicodedata.normalize("NFKC", text))
    return "".join(
        str(unicodedata.digit(each, each))
        for each in folded
        if unicodedata.category(each) not in _UNSEEN_CATEGORIES or each.isspace()
    )
