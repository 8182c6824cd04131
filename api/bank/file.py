"""A file of a bank: its entries, and what was left out of it and why."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from domain.parties.kid import KID_DIGITS_MAX
from domain.payments.matching import NOBODYS_ACCOUNT, Direction
from domain.payments.recognising import OF_REPORT, is_placeholder, is_running
from domain.payments.telling import ENTRIES_MAX, BookedEntry
from domain.texts import text_without_national_id, without_national_id

TOLD_MAX: Final = 20_000
"""Entries in a file, those included that are left out."""
_IN_REFERENCES: Final = {ord(each): f"%{ord(each):02X}" for each in "%:/~"}
_REFERENCE_MAX: Final = 70
"""A number may stand after it."""
_VALUE_MAX: Final = 40
_READ_MAX: Final = 100
_ACCOUNT: Final = re.compile(r"(?:NO[0-9]{2})?([0-9]{11})")
_IBAN_ABROAD: Final = re.compile(r"(?!NO)[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
CURRENCY: Final = "bank_currency"
NOT_OURS: Final = "bank_not_ours"
"""It was paid to somebody outside the federation."""


@dataclass(frozen=True, slots=True)
class Omission:
    """An entry that is not recorded: a code that has words, and where it stands."""

    place: str
    code: str
    field: str = ""
    """The element or column at fault."""
    value: str = ""
    """What was read there."""
    to_check: bool = True
    """Whether it may concern the organisation, so that a person should look."""


class Unread(NamedTuple):
    """An entry that is left out, and what is known of it all the same."""

    left_out: Omission
    direction: Direction | None = None
    kids: frozenset[str] = frozenset()


class BankFileError(Exception):
    """A file cannot be imported; nothing of it is."""

    def __init__(self, faults: Sequence[Omission]) -> None:
        super().__init__(f"{faults[0].place}: {faults[0].code}")
        self.faults = faults


class UnreadableError(Exception):
    """One entry cannot be read; the message is the code of its fault."""

    def __init__(self, code: str, of: str = "", value: str = "") -> None:
        super().__init__(code)
        self.field = of
        self.value = value

    def at(self, place: str) -> Omission:
        """Leave it out, at a place in the file."""
        code = str(self)
        read = shown_value(self.value)
        return Omission(place, code, self.field, read, to_check=code != NOT_OURS)


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One entry, and where it stands."""

    place: str
    entry: BookedEntry


@dataclass(frozen=True, slots=True)
class BankFile:
    """A file that can be imported."""

    entries: tuple[FileEntry, ...]
    unread: tuple[Unread, ...] = ()
    not_booked: tuple[str, ...] = ()
    """Where the entries stand that the bank has announced and not booked."""


def whole(
    entries: Iterable[FileEntry],
    unread: Iterable[Unread],
    not_booked: Iterable[str] = (),
) -> BankFile:
    """Raise :class:`BankFileError` where nothing at all is in it."""
    file = BankFile(tuple(entries), tuple(unread), tuple(not_booked))
    if not (file.entries or file.unread or file.not_booked):
        raise BankFileError([Omission("/", "bank_no_entries")])
    return file


def fitting(file: BankFile, concerned: Callable[[BookedEntry], bool]) -> BankFile:
    """A file without what is more than one import takes.

    What may be recorded counts alone. An entry with too many payments is left out by
    itself; raises :class:`BankFileError` where all others are too many even so.
    """
    if len(file.entries) <= ENTRIES_MAX:
        return file
    ours: list[FileEntry] = []
    left_out: dict[str, Omission] = {}
    for entry in file.entries:
        if concerned(entry.entry):
            ours.append(entry)
        else:
            left_out[entry.place] = Omission(entry.place, NOT_OURS, to_check=False)
    payments = Counter(entry.place for entry in ours)
    large = {place for place, count in payments.items() if count > ENTRIES_MAX}
    left_out |= {place: Omission(place, "bank_batch_too_large") for place in large}
    taken = tuple(each for each in ours if each.place not in large)
    if len(taken) > ENTRIES_MAX:
        raise BankFileError([Omission("/", "bank_too_many")])
    unread = *file.unread, *(Unread(each) for each in left_out.values())
    return replace(file, entries=taken, unread=unread)


def entry_from(**members: object) -> BookedEntry:
    """Raise :class:`UnreadableError` where a member cannot be."""
    try:
        return BookedEntry.model_validate(members)
    except ValidationError as error:
        member = str(error.errors()[0]["loc"][0])
        code = f"bank_{member}"
        raise UnreadableError(code, member, str(members[member])) from None


def shown_value(value: str) -> str:
    """What was read, as far as it may be told to who sent it."""
    text = "".join(each if each.isprintable() else " " for each in value[:_READ_MAX])
    try:
        text = text_without_national_id(text)
    except ValueError:
        return "…"
    return text if len(text) <= _VALUE_MAX else f"{text[:_VALUE_MAX]}…"


class References:
    """Names the entries of one file: by the bank's reference, or by where they stand."""

    def __init__(self, digest: Callable[[str], str]) -> None:
        """Prepare; ``digest`` is keyed, so that nobody else can guess from it."""
        self._digest = digest
        self._before: Counter[str] = Counter()

    def of(self, text: str) -> str | None:
        """Name that a bank's reference makes; None where it names nothing.

        Each reference makes another name. What does not fit in one, or may be taken
        for a national identity number, stands there as its digest.
        """
        if is_placeholder(text):
            return None
        composed = unicodedata.normalize("NFC", text)
        name = " ".join(composed.split()).translate(_IN_REFERENCES)
        try:
            fits = name == without_national_id(name) and len(name) <= _REFERENCE_MAX
        except ValueError:
            fits = False
        return name if fits and name.isprintable() else f"keyed-{self._digest(text)}"

    def in_report(self, text: str) -> str | None:
        """Name that a reference in a report makes, if it names an entry.

        A few digits, with zeros before them or not, are the entry's number in it.
        """
        return None if is_running(text) else self.of(text)

    def placed(
        self, report: "ReportIdentity", place: Iterable[str], members: Mapping[str, Any]
    ) -> BookedEntry:
        """Name an entry by its report, its place in it, what it says, and how often.

        A duplicate of a report names it by all but its time; any other report says
        that name too, where it has one, so that either is known by the other.
        """
        what = *place, entry_from(**members, reference="-").to_bytes().decode()
        lasting = None
        if report.lasting:
            lasting = OF_REPORT + self._numbered("lasting", *report.lasting, *what)
        digest = self._numbered(*report.whole, *what)
        if lasting and report.is_duplicate:
            return entry_from(**members, reference=lasting)
        name = f"{members['booked_on']:%Y%m%d}-{digest}"
        return entry_from(**members, reference=name, transaction=lasting)

    def _numbered(self, *texts: str) -> str:
        told = "\n".join(texts)
        self._before[told] += 1
        return self._digest(f"{told}\n{self._before[told]}")


class ReportIdentity(NamedTuple):
    """What tells a report from all others of the account's bank."""

    whole: tuple[str, ...]
    lasting: tuple[str, ...] = ()
    """The same without its time; nothing where that would not tell it."""
    is_duplicate: bool = False
    """Whether the bank says that it has sent it before."""


def kid_digits(text: str) -> str:
    """Digits of a KID, or nothing where a text is no KID of ours.

    Neither is a creditor's reference of another kind (ISO 11649), a KID with a hyphen
    for its check digit, nor what may be taken for a national identity number.
    """
    digits = "".join(text.split())
    if not digits.isascii() or not digits.isdigit() or len(digits) > KID_DIGITS_MAX:
        return ""
    try:
        return without_national_id(digits)
    except ValueError:
        return ""


def account_of(text: str) -> str:
    """Norwegian account from its digits or its IBAN, or nothing."""
    plain = re.sub(r"[\s.]", "", text)
    match = _ACCOUNT.fullmatch(plain)
    return match.group(1) if match is not None else ""


def paid_account_of(text: str) -> str:
    """Account that was paid: nobody's here where it is abroad, or nothing.

    Only noughts are no account, but what stands where none is told.
    """
    plain = re.sub(r"[\s.]", "", text)
    if not plain.strip("0"):
        return ""
    abroad = _IBAN_ABROAD.fullmatch(plain) is not None
    return NOBODYS_ACCOUNT if abroad else account_of(text)
