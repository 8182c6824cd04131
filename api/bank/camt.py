"""Reading camt.054, the bank's notification of what it has booked.

Source: ISO 20022 camt.054.001.02 to .08 and later, whose members that are read here
have kept their names. Other members, names and free texts above all, are not read.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Final, NamedTuple

from lxml import etree

from api.bank.file import (
    BankFile,
    BankFileError,
    Fault,
    FileEntry,
    UnreadableError,
    bank_entry,
    kid_of,
    reference_of,
    whole,
)
from api.xml_reading import BrokenXmlError, root_of
from domain.payments.bank import BankEntry
from domain.payments.matching import Direction
from domain.values import KRONE, business_day

MESSAGE: Final = "BkToCstmrDbtCdtNtfctn"
_NAMESPACE: Final = re.compile(
    r"urn:iso:std:iso:20022:tech:xsd:camt\.054\.001\.[0-9]{2}"
)
_AMOUNT: Final = re.compile(r"\+?([0-9]{1,13}(\.[0-9]{0,5})?|\.[0-9]{1,5})")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ACCOUNT: Final = re.compile(r"[0-9]{11}")
_IBAN: Final = re.compile(r"NO[0-9]{2}([0-9]{11})")
CURRENCY: Final = "NOK"
CREDIT: Final = "CRDT"
DEBIT: Final = "DBIT"


class _Part(NamedTuple):
    """One payment in an entry."""

    amount_ore: int
    """With the sign that it has in its entry."""
    kid: str
    paid_to: str


def read_camt(content: bytes) -> BankFile:
    """Return the entries of a notification.

    Raises :class:`BankFileError` with all that is wrong.
    """
    try:
        root = root_of(content)
    except BrokenXmlError:
        raise BankFileError([Fault("/", "bank_not_xml")]) from None
    name = etree.QName(root)
    message = root if name.localname == MESSAGE else _find(root, MESSAGE)
    if message is None or (name.namespace and not _NAMESPACE.fullmatch(name.namespace)):
        raise BankFileError([Fault("/", "bank_not_camt_054")])
    entries: list[FileEntry] = []
    faults: list[Fault] = []
    not_booked: list[str] = []
    told = [(of, entry) for of in _all(message, "Ntfctn") for entry in _all(of, "Ntry")]
    for number, (notification, entry) in enumerate(told, 1):
        place = f"Ntry[{number}]"
        try:
            if not _booked(entry):
                not_booked.append(place)
                continue
            entries += (
                FileEntry(place, each) for each in _read(notification, entry, number)
            )
        except UnreadableError as error:
            faults.append(Fault(place, str(error)))
    return whole(entries, faults, not_booked)


def _find(element: etree._Element, path: str) -> etree._Element | None:
    return element.find("/".join(f"{{*}}{name}" for name in path.split("/")))


def _all(element: etree._Element, path: str) -> list[etree._Element]:
    return element.findall("/".join(f"{{*}}{name}" for name in path.split("/")))


def _text(element: etree._Element, *paths: str) -> str:
    """Return the first text that there is at one of some paths, or nothing."""
    for path in paths:
        found = _find(element, path)
        if found is not None and found.text and found.text.strip():
            return found.text.strip()
    return ""


def _booked(entry: etree._Element) -> bool:
    return _text(entry, "Sts/Cd", "Sts") == "BOOK"


def _read(
    notification: etree._Element, entry: etree._Element, number: int
) -> Iterator[BankEntry]:
    credit = _is_credit(entry)
    sign = 1
    if _text(entry, "RvslInd") in {"true", "1"}:
        # A debit that is marked so takes an earlier credit back, and the other way.
        credit, sign = not credit, -1
    reference = _text(entry, "AcctSvcrRef", "NtryRef")
    if not reference:
        notified = _text(notification, "Id")
        reference = f"{notified}-{number}" if notified else ""
    if not reference:
        message = "bank_reference"
        raise UnreadableError(message)
    parts = _parts(entry)
    for place, part in enumerate(parts, 1):
        own = reference if len(parts) == 1 else f"{reference}-{place}"
        yield bank_entry(
            reference=reference_of(own),
            direction=Direction.CREDIT if credit else Direction.DEBIT,
            amount_ore=sign * part.amount_ore,
            booked_on=_day(entry),
            kid=part.kid,
            account=_own_account(notification),
            paid_to="" if credit else part.paid_to,
        )


def _is_credit(element: etree._Element) -> bool:
    indicator = _text(element, "CdtDbtInd")
    if indicator not in {CREDIT, DEBIT}:
        message = "bank_direction"
        raise UnreadableError(message)
    return indicator == CREDIT


def _day(entry: etree._Element) -> date:
    """Return the day on which an entry is booked; of an instant, the day in Norway."""
    day, instant = _text(entry, "BookgDt/Dt")[:10], _text(entry, "BookgDt/DtTm")
    try:
        if not day and _DAY.match(instant):
            booked = datetime.fromisoformat(instant)
            return booked.date() if booked.tzinfo is None else business_day(booked)
        return date.fromisoformat(day if _DAY.fullmatch(day) else "")
    except (ValueError, OverflowError):
        message = "bank_booked_on"
        raise UnreadableError(message) from None


def _own_account(notification: etree._Element) -> str:
    account = _find(notification, "Acct")
    if account is None:
        return ""
    found = _account(account)
    if not found:
        message = "bank_account"
        raise UnreadableError(message)
    return found


def _account(of: etree._Element) -> str:
    """Return a Norwegian account, or nothing where it is another."""
    iban = _IBAN.fullmatch("".join(_text(of, "Id/IBAN").split()))
    if iban is not None:
        return iban.group(1)
    digits = re.sub(r"[ .]", "", _text(of, "Id/Othr/Id"))
    return digits if _ACCOUNT.fullmatch(digits) else ""


def _parts(entry: etree._Element) -> list[_Part]:
    """Return the payments of an entry; together they are the entry, to the øre."""
    total_ore = _ore(_find(entry, "Amt"))
    details = _all(entry, "NtryDtls/TxDtls")
    if not details:
        return [_Part(total_ore, "", "")]
    amounts = [_detail_ore(entry, each) for each in details]
    if len(details) == 1 and amounts[0] is None:
        amounts = [total_ore]
    known = [each for each in amounts if each is not None]
    if len(known) != len(details) or sum(known) != total_ore:
        message = "bank_sum_differs"
        raise UnreadableError(message)
    return [
        part
        for detail, amount_ore in zip(details, known, strict=True)
        for part in _split(detail, amount_ore)
    ]


def _detail_ore(entry: etree._Element, detail: etree._Element) -> int | None:
    for path in ("Amt", "AmtDtls/TxAmt/Amt"):
        amount = _find(detail, path)
        if amount is not None:
            told = _find(detail, "CdtDbtInd") is not None
            other = told and _is_credit(detail) is not _is_credit(entry)
            return -_ore(amount) if other else _ore(amount)
    return None


def _split(detail: etree._Element, amount_ore: int) -> list[_Part]:
    """Return what a payment pays: one KID, or several with the amount of each.

    Several without their amounts are one payment without a KID: a person must see
    to it.
    """
    creditor = _find(detail, "RltdPties/CdtrAcct")
    paid_to = "" if creditor is None else _account(creditor)
    told = [
        (kid_of(_text(each, "CdtrRefInf/Ref")), each)
        for each in _all(detail, "RmtInf/Strd")
    ]
    kids = [(kid, each) for kid, each in told if kid]
    if len({kid for kid, _ in kids}) <= 1:
        return [_Part(amount_ore, kids[0][0] if kids else "", paid_to)]
    amounts = [_remitted_ore(each) for _, each in kids]
    known = [each for each in amounts if each is not None]
    if len(known) != len(kids) or sum(known) != amount_ore:
        return [_Part(amount_ore, "", paid_to)]
    return [
        _Part(part_ore, kid, paid_to)
        for (kid, _), part_ore in zip(kids, known, strict=True)
    ]


def _remitted_ore(structured: etree._Element) -> int | None:
    for path, sign in (("RfrdDocAmt/RmtdAmt", 1), ("RfrdDocAmt/CdtNoteAmt", -1)):
        amount = _find(structured, path)
        if amount is not None:
            return sign * _ore(amount)
    return None


def _ore(amount: etree._Element | None) -> int:
    """Return an amount in øre, exactly; the norm has up to five decimals."""
    text = "" if amount is None else (amount.text or "").strip()
    if amount is None or not _AMOUNT.fullmatch(text):
        message = "bank_amount_ore"
        raise UnreadableError(message)
    if amount.get("Ccy") != CURRENCY:
        message = "bank_currency"
        raise UnreadableError(message)
    ore = Decimal(text) * KRONE
    if ore != int(ore):
        message = "bank_amount_ore"
        raise UnreadableError(message)
    return int(ore)
