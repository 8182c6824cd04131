"""Reading camt.054, the bank's notification of what it has booked.

Source: ISO 20022 camt.054.001.02 to .08 and later, whose members that are read here
have kept their names. Other members, names and free texts above all, are not read.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Final, NamedTuple

from lxml import etree

from api.bank.amounts import DEBIT, Payment, payments
from api.bank.elements import elements_of, first_element, ore_of, text_of
from api.bank.file import (
    NOT_OURS,
    TOLD_MAX,
    BankFile,
    BankFileError,
    FileEntry,
    Omission,
    References,
    ReportIdentity,
    Unread,
    UnreadableError,
    account_of,
    entry_from,
    kid_digits,
    whole,
)
from api.xml_reading import BrokenXmlError, root_of
from domain.payments.matching import Direction
from domain.payments.telling import BookedEntry
from domain.values import business_day

MESSAGE: Final = "BkToCstmrDbtCdtNtfctn"
_NAMESPACE: Final = re.compile(
    r"urn:iso:std:iso:20022:tech:xsd:camt\.054\.001\.[0-9]{2}"
)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WAYS: Final = "NtryDtls/TxDtls/CdtDbtInd"
CREDIT: Final = "CRDT"
_DUPLICATES: Final = {"DUPL", "CODU"}
"""What was sent before (ISO 20022); ``COPY`` alone was not, but goes to others too."""
ELEMENTS_MAX: Final = 250_000
"""More than any file of its size has that tells of payments."""


def read_camt(content: bytes, digest: Callable[[str], str]) -> BankFile:
    """Read the entries of a notification.

    Raises :class:`BankFileError` where it is none that can be read.
    """
    try:
        root = root_of(content)
    except BrokenXmlError as error:
        raise BankFileError([Omission(error.place, f"bank_{error.code}")]) from None
    name = etree.QName(root)
    message = root if name.localname == MESSAGE else first_element(root, MESSAGE)
    if message is None or (name.namespace and not _NAMESPACE.fullmatch(name.namespace)):
        raise BankFileError([Omission("/", "bank_not_camt_054")])
    elements = sum(1 for _ in message.iter())
    if elements > ELEMENTS_MAX or len(elements_of(message, "Ntfctn/Ntry")) > TOLD_MAX:
        raise BankFileError([Omission("/", "bank_too_much")])
    return _Reader(message, References(digest)).read()


class _Reader:
    """Reads the entries of one message, each by itself."""

    def __init__(self, message: etree._Element, references: References) -> None:
        self._message = message
        self._references = references
        self._entries: list[FileEntry] = []
        self._unread: list[Unread] = []
        self._not_booked: list[str] = []

    def read(self) -> BankFile:
        """Tell what is read from what is not."""
        number = 0
        for notification in elements_of(self._message, "Ntfctn"):
            report = self._report(notification)
            for entry in elements_of(notification, "Ntry"):
                number += 1
                self._take(report, entry, f"Ntry[{number}]")
        return whole(self._entries, self._unread, self._not_booked)

    def _report(self, notification: etree._Element) -> "_Report":
        """What tells a notification from all others of the account's bank.

        Sent again in another message it is the same. Where its own id names nothing,
        the message's and its time do. What is sent again as a duplicate has a time of its
        own.
        """
        names = ("Id", "ElctrncSeqNb", "LglSeqNb", "CreDtTm")
        whole = tuple(text_of(notification, name) for name in names)
        lasting = whole[:-1]
        if self._references.in_report(whole[0]) is None:
            of_message = ("GrpHdr/MsgId", "GrpHdr/CreDtTm")
            whole += tuple(text_of(self._message, each) for each in of_message)
            lasting = ()
        sent_again = text_of(notification, "CpyDplctInd") in _DUPLICATES
        identity = ReportIdentity(whole, lasting, sent_again)
        pages = (
            text_of(self._message, "GrpHdr/MsgPgntn/PgNb"),
            text_of(notification, "NtfctnPgntn/PgNb"),
        )
        account = first_element(notification, "Acct")
        told = "" if account is None else text_of(account, "Id/IBAN", "Id/Othr/Id")
        page = tuple(each for each in pages if each)
        return _Report(identity, page, account is not None, told)

    def _take(self, report: "_Report", entry: etree._Element, place: str) -> None:
        if text_of(entry, "Sts/Cd", "Sts") != "BOOK":
            self._not_booked.append(place)
            return
        direction: Direction | None = None
        kids: frozenset[str] = frozenset()
        try:
            direction, sign = _direction(entry)
            kids = _relevant(entry, direction, sign)
            entries = list(self._read(report, entry, place, (direction, sign)))
            self._entries += (FileEntry(place, each) for each in entries)
        except UnreadableError as error:
            self._unread.append(Unread(error.at(place), direction, kids))

    def _read(
        self,
        report: "_Report",
        entry: etree._Element,
        place: str,
        way: tuple[Direction, int],
    ) -> Iterator[BookedEntry]:
        direction, sign = way
        # Another currency is none of our business, whatever else cannot be read.
        parts = payments(entry)
        booked_on, account = _day(entry), report.account()
        went_out = direction is Direction.DEBIT and sign > 0
        if parts is None and went_out:
            raise UnreadableError("bank_sum_differs", "NtryDtls")
        # What came in is there, whatever it was for: a person finds its documents.
        for payment in parts or [Payment(ore_of(entry, "Amt"))]:
            if payment.undivided and went_out:
                fault = UnreadableError("bank_undivided", "RmtInf").at(place)
                self._unread.append(Unread(fault, direction, payment.undivided))
                continue
            members = {
                "direction": direction,
                "amount_ore": sign * payment.amount_ore,
                "booked_on": booked_on,
                "kid": payment.kid,
                "account": account,
                "paid_to": payment.paid_to if direction is Direction.DEBIT else "",
            }
            yield self._named(report, entry, payment, members)

    def _named(
        self,
        report: "_Report",
        entry: etree._Element,
        payment: Payment,
        members: Mapping[str, object],
    ) -> BookedEntry:
        of_entry = self._references.in_report(text_of(entry, "AcctSvcrRef"))
        if of_entry is not None:
            own = self._references.of(payment.reference)
            own = None if own == of_entry else own
            return entry_from(**members, reference=of_entry, transaction=own)
        own = self._references.in_report(payment.reference)
        if own is not None:
            return entry_from(**members, reference=own)
        if not any(report.identity.whole):
            raise UnreadableError("bank_reference", "AcctSvcrRef")
        more = *report.page, text_of(entry, "NtryRef"), payment.reference
        return self._references.placed(report.identity, more, members)


class _Report(NamedTuple):
    """One notification: what identifies it, and of which account it tells."""

    identity: ReportIdentity
    page: tuple[str, ...]
    """Where it is told on several: each may count its entries from one."""
    names_account: bool
    told: str

    def account(self) -> str:
        """Digits of the account, or nothing where none is told."""
        account = account_of(self.told)
        if self.names_account and not account:
            raise UnreadableError("bank_account", "Acct/Id", self.told)
        return account


def _direction(entry: etree._Element) -> tuple[Direction, int]:
    """Which way the money went, and the sign of what is so told.

    A debit that is marked as a reversal takes an earlier credit back, and the other
    way.
    """
    indicator = text_of(entry, "CdtDbtInd")
    if indicator not in {CREDIT, DEBIT}:
        raise UnreadableError("bank_direction", "CdtDbtInd", indicator)
    takes_back = text_of(entry, "RvslInd") in {"true", "1"}
    credit = (indicator == CREDIT) is not takes_back
    return Direction.CREDIT if credit else Direction.DEBIT, -1 if takes_back else 1


def _relevant(entry: etree._Element, direction: Direction, sign: int) -> frozenset[str]:
    """KIDs of an entry; what was paid out without any is not ours.

    What is taken back of it may be, whatever KID it lacks.
    """
    path = "NtryDtls/TxDtls/RmtInf/Strd/CdtrRefInf/Ref"
    kids = frozenset(
        kid_digits(each.text or "") for each in elements_of(entry, path)
    ) - {""}
    told = {(element.text or "").strip() for element in elements_of(entry, _WAYS)}
    back = sign < 0 or bool(told - {"", text_of(entry, "CdtDbtInd")})
    if direction is Direction.DEBIT and not kids and not back:
        raise UnreadableError(NOT_OURS)
    return kids


def _day(entry: etree._Element) -> date:
    """Day on which an entry is booked; of an instant, the day in Norway."""
    day, instant = text_of(entry, "BookgDt/Dt")[:10], text_of(entry, "BookgDt/DtTm")
    try:
        if not day and _DAY.match(instant):
            booked = datetime.fromisoformat(instant)
            return booked.date() if booked.tzinfo is None else business_day(booked)
        return date.fromisoformat(day if _DAY.fullmatch(day) else "")
    except (ValueError, OverflowError):
        code = "bank_booked_on"
        raise UnreadableError(code, "BookgDt", day or instant) from None
