"""A file of a bank: its entries, or all that is wrong with it."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from domain.parties.kid import KID_DIGITS_MAX
from domain.payments.bank import ENTRIES_MAX, BankEntry
from domain.values import without_national_id

_IN_REFERENCES: Final = {ord(each): f"%{ord(each):02X}" for each in "%:/"}
_REFERENCE_MAX: Final = 80


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and where: a code that has words, and a line or an entry."""

    place: str
    code: str


class BankFileError(Exception):
    """A file cannot be imported; nothing of it is."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(f"{faults[0].place}: {faults[0].code}")
        self.faults = faults


class UnreadableError(Exception):
    """One entry cannot be read; the message is the code of its fault."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One entry, and where it stands."""

    place: str
    entry: BankEntry


@dataclass(frozen=True, slots=True)
class BankFile:
    """A file that can be imported."""

    entries: tuple[FileEntry, ...]
    not_booked: tuple[str, ...] = ()
    """Where the entries stand that the bank has announced and not booked."""


def whole(
    entries: Iterable[FileEntry], faults: Iterable[Fault], not_booked: Iterable[str]
) -> BankFile:
    """Return a file; raise :class:`BankFileError` with all that is wrong in it.

    A reference that stands twice in a file would hide one of the two entries.
    """
    listed, found = tuple(entries), list(faults)
    references: set[str] = set()
    for each in listed:
        if each.entry.reference in references:
            found.append(Fault(each.place, "bank_twice"))
        references.add(each.entry.reference)
    skipped = tuple(not_booked)
    if not found and not listed and not skipped:
        found.append(Fault("/", "bank_no_entries"))
    if len(listed) > ENTRIES_MAX:
        found.append(Fault("/", "bank_too_many"))
    if found:
        raise BankFileError(found)
    return BankFile(listed, skipped)


def bank_entry(**members: object) -> BankEntry:
    """Return an entry; raise :class:`UnreadableError` where a member cannot be."""
    try:
        return BankEntry.model_validate(members)
    except ValidationError as error:
        member = error.errors()[0]["loc"][0]
        message = f"bank_{member}"
        raise UnreadableError(message) from None


def reference_of(text: str) -> str:
    """Return the name of an entry's stream, another one for each of a bank's references.

    What does not fit in a name, or may be taken for a national identity number,
    stands there as its hash.
    """
    name = " ".join(text.split()).translate(_IN_REFERENCES)
    try:
        fits = name == without_national_id(name) and len(name) <= _REFERENCE_MAX
    except ValueError:
        fits = False
    return name if fits else "sha256-" + hashlib.sha256(text.encode()).hexdigest()[:32]


def kid_of(text: str) -> str:
    """Return the digits of a KID, or nothing where a text is no KID.

    A creditor's reference of another kind (ISO 11649) is not one of ours, nor is
    what may be taken for a national identity number.
    """
    digits = "".join(text.split())
    if not digits.isascii() or not digits.isdigit() or len(digits) > KID_DIGITS_MAX:
        return ""
    try:
        return without_national_id(digits)
    except ValueError:
        return ""
