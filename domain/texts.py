"""Texts that people write: how they are kept, and what may not stand in them."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from typing import Final

from pydantic_core import PydanticCustomError
from stdnum.exceptions import ValidationError
from stdnum.no import fodselsnummer

CONTROL_CHARACTER: Final = "control_character"
PERSONAL_DATA: Final = "personal_data"
UNSEEN: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0]"
)
"""Characters that nobody sees and that Unicode does not class as format."""
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
"""Controls, line ends other than LF, and changes of reading direction (UAX 9)."""
_BLANKS: Final = re.compile("[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
"""The common blank and all others that a reader takes for one."""
_OF_PATHS: Final = frozenset({".", ".."})
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_ID_DIGITS: Final = 11
_NO_DIGITS: Final = re.compile(r"[^0-9]+")
_WHOLE_YEAR_DIGITS: Final = 13
_CENTURY: Final = re.compile("18|19|20")
_SYNTHETIC_MONTH: Final = 80
"""Added by the tax administration to the month of birth of synthetic people."""
_EARLIEST_RELEASE: Final = date(2026, 1, 1)
"""The first release let numbers through whose day of birth is this one or later."""
_LETTER_BETWEEN: Final = re.compile(r"(?<=[0-9])[^\W\d_](?=[0-9])")
_WITHIN: Final = re.compile(r"[0-9].*[0-9]")
_NOUGHT_BEFORE: Final = re.compile(r"(?<![0-9])0([0-9]{11})(?![0-9])")
_OF_A_KID: Final = re.compile(r"\bkid\W{0,3}$", re.IGNORECASE)
_BEFORE: Final = 8
"""Characters before a number in which a word may say what the number is."""
_OF_A_PERSON: Final = re.compile(
    r"(?<![^\W\d_])(?:person|pers|p|fødsels|f|d-?)\.?(?:nummer|nr)\b", re.IGNORECASE
)
"""Words that people write between a day of birth and the five digits behind it."""
_IN_ACCOUNTS: Final = re.compile("[ .\u00a0\u2009\u202f-]")
"""What people and their programs part the digits of an account with."""
_ACCOUNT: Final = re.compile("(?:[Nn][Oo]([0-9]{2}))?([0-9]{11})")
_IBAN_NO: Final = "2324"
"""NO in digits (ISO 13616)."""
_IBAN_MODULUS: Final = 97
_recorded: ContextVar[bool] = ContextVar("recorded", default=False)


class UnfitError(ValueError):
    """A value that is none of its kind. ``key`` is of the words that say what it may be."""

    def __init__(self, message: str, key: str) -> None:
        super().__init__(message)
        self.key = key


def written(text: object) -> object:
    """Text as it is kept: composed (NFC), with LF at the end of its lines.

    Raises ``PydanticCustomError`` ``control_character`` where a character in it
    controls how the text is shown; what is no text is returned as it is.
    """
    if not isinstance(text, str):
        return text
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    _refuse(_CONTROLS, composed)
    return composed


def one_blank(text: object) -> object:
    """Name with one common blank between its words and none around them.

    Two names that differ in more are one to who reads them. What is decided again stays
    as it was taken, and what is no text is returned as it is.
    """
    if not isinstance(text, str) or _recorded.get():
        return text
    return _BLANKS.sub(" ", text).strip(" ")


def as_name(text: str) -> str:
    """Pass on a name; raise ``PydanticCustomError`` where nobody could tell it.

    Where something in it is not seen, or where it is a path's own word: in an address
    ``.`` and ``..`` are somewhere else.
    """
    _refuse(_UNSEEN_IN_NAMES, text)
    if text in _OF_PATHS:
        message = "is no name"
        raise UnfitError(message, "no_name")
    return text


def _refuse(characters: re.Pattern[str], text: str) -> None:
    refused = characters.search(text)
    if refused is not None:
        raise PydanticCustomError(
            CONTROL_CHARACTER,
            "character {place} is {character}",
            {"place": refused.start() + 1, "character": f"U+{ord(refused[0]):04X}"},
        )


def account_digits(text: str) -> str:
    """Eleven digits of a Norwegian account, however parted; any other text as it is.

    >>> account_digits("8601.11.17947"), account_digits("NO93 8601 1117 947")
    ('86011117947', '86011117947')
    """
    found = _account(text)
    if found is None:
        return text
    of_iban, digits = found
    whole = of_iban is None or int(f"{digits}{_IBAN_NO}{of_iban}") % _IBAN_MODULUS == 1
    return digits if whole else text


def has_form_of_account(text: str) -> bool:
    """Whether a text is as long as an account, or a Norwegian IBAN, is: digits alone."""
    return _account(text) is not None


def as_account(text: str) -> str:
    """Account as it is kept from now on; what is decided again stays as it was taken."""
    return text if _recorded.get() else account_digits(text)


def _account(text: str) -> tuple[str | None, str] | None:
    found = _ACCOUNT.fullmatch(_IN_ACCOUNTS.sub("", text))
    return found and (found[1], found[2])


@contextmanager
def as_recorded() -> Iterator[None]:
    """Within it, only the identity numbers are found that every release has found.

    For what is decided again, or rests on what was recorded: what was once taken stays
    taken, whatever later releases find.
    """
    token = _recorded.set(True)
    try:
        yield
    finally:
        _recorded.reset(token)


def without_national_id(text: str) -> str:
    """Pass on a text; raise ``PydanticCustomError`` for an identity number in it.

    However its eleven digits are grouped (``130972 48022``, ``13.09.72--48022``), with
    all four digits of the year, in whatever script or width, and whatever nobody sees
    stands between them. For names, references and KIDs, of which the digits are others'
    and mean something else with one more; texts are asked for more
    (:func:`text_without_national_id`).

    What has the check digits and a day of birth is taken for one: so are one in some
    hundred accounts and references of eleven digits that begin as a day does, and they
    are refused. Not found are a number in words, with letters in place of digits, with
    more digits beside it (a KID), without its first nought, turned around, or parted
    over two texts; nor an FH-number, which says no day of birth. An account's own field
    is not asked at all: each identity number passes as an account.
    """
    return _refuse_personal(text, _eleven_digits(_plain(text)))


def text_without_national_id(text: str) -> str:
    """Pass on what somebody writes; raise where an identity number is in it.

    Also where single letters stand between its digits (``13a09b72c48022``), in a word
    that holds no other; with a nought too many before it, if it is not called a KID; and
    where its parts are called what they are (``13.09.72, personnr. 48022``). Letters or
    words of another kind between the digits part them: a day, and then an amount or an
    invoice, is no person. What else is not found, :func:`without_national_id` says.
    """
    without_national_id(text)
    return text if _recorded.get() else _refuse_personal(text, _hidden(_plain(text)))


def _refuse_personal(text: str, numbers: Iterator[str]) -> str:
    if any(_is_national_id(number) for number in numbers):
        message = "holds a national identity number"
        raise PydanticCustomError(PERSONAL_DATA, message)
    return text


def _is_national_id(number: str) -> bool:
    """Whether eleven digits have the check digits and a day of birth.

    Also of a D-number, an H-number or a synthetic one. No clock is asked: what was
    once taken stays taken.
    """
    first = fodselsnummer.calc_check_digit1(number)
    if number[-2:] != first + fodselsnummer.calc_check_digit2(number):
        return False
    month = int(number[2:4])
    if month > _SYNTHETIC_MONTH and not _recorded.get():
        number = f"{number[:2]}{month - _SYNTHETIC_MONTH:02}{number[4:]}"
    try:
        born = fodselsnummer.get_birth_date(number)
    except ValidationError:
        return False
    return born < _EARLIEST_RELEASE or not _recorded.get()


def _eleven_digits(plain: str) -> Iterator[str]:
    """Give the groups of digits that are eleven together, with no letter between.

    And those that are thirteen, with all four digits of the year: as eleven.
    """
    if len(_NO_DIGITS.sub("", plain)) < _ID_DIGITS:
        return
    for part in _LETTERS.split(plain):
        groups = re.findall(r"[0-9]+", part)
        for first in range(len(groups)):
            joined = ""
            for group in groups[first:]:
                joined += group
                if len(joined) >= _ID_DIGITS:
                    yield from _of_digits(joined)
                if len(joined) > _WHOLE_YEAR_DIGITS:
                    break


def _of_digits(digits: str) -> Iterator[str]:
    """Give what digits are with no more beside them; no more than one is meant."""
    if len(digits) == _ID_DIGITS:
        yield digits
    elif len(digits) == _WHOLE_YEAR_DIGITS and not _recorded.get():
        yield from _of_whole_year(digits)


def _of_whole_year(digits: str) -> Iterator[str]:
    """Give what ``13091972 48022`` and ``19720913 48022`` are without the century."""
    if _CENTURY.match(digits, 4):
        yield digits[:4] + digits[6:]
    if _CENTURY.match(digits):
        yield digits[6:8] + digits[4:6] + digits[2:4] + digits[8:]


def _hidden(plain: str) -> Iterator[str]:
    """Give the digits that a reader puts together, whatever stands between them."""
    for word in plain.split():
        within = _WITHIN.search(_LETTER_BETWEEN.sub("", word))
        if within is not None and not _LETTERS.search(within[0]):
            yield from _of_digits(re.sub(r"[^0-9]", "", within[0]))
    for match in _NOUGHT_BEFORE.finditer(plain):
        if not _OF_A_KID.search(plain[max(0, match.start() - _BEFORE) : match.start()]):
            yield match[1]
    if _OF_A_PERSON.search(plain):
        yield from _eleven_digits(_OF_A_PERSON.sub(" ", plain))


def _plain(text: str) -> str:
    """Text with the digits of all scripts as ours, without what is not seen."""
    if text.isascii():
        return text
    folded = UNSEEN.sub("", unicodedata.normalize("NFKC", text))
    return "".join(
        str(unicodedata.digit(character, character))
        for character in folded
        if unicodedata.category(character) not in _UNSEEN_CATEGORIES
        or character.isspace()
    )
