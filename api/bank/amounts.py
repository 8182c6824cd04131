"""The payments of one entry of camt.054; together they are the entry, to the øre."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from lxml import etree

from api.bank.elements import all_of, first_of, ore_if_told, ore_of, text_of
from api.bank.file import account_of, kid_of

DEBIT: Final = "DBIT"
_AMOUNTS: Final = ("Amt", "AmtDtls/TxAmt/Amt")


class Payment(NamedTuple):
    """One payment in an entry."""

    amount_ore: int
    """With the sign that it has in its entry."""
    kid: str = ""
    paid_to: str = ""
    reference: str = ""
    """The bank's own reference of it."""


def payments(entry: etree._Element) -> Sequence[Payment] | None:
    """Return the payments of an entry; None where its details do not add up to it.

    What the bank took for itself is not paid to anybody: of what came in it is off,
    of what went out it is not counted. Raises
    :class:`~api.bank.file.UnreadableError` where the entry has no amount in kroner.
    """
    total_ore = ore_of(entry, "Amt")
    details = all_of(entry, "NtryDtls/TxDtls")
    if not details:
        return [Payment(total_ore)]
    amounts = _amounts_ore(entry, details, total_ore)
    if amounts is None:
        return None
    return [
        part
        for detail, amount_ore in zip(details, amounts, strict=True)
        for part in _split(detail, amount_ore)
    ]


def _amounts_ore(
    entry: etree._Element, details: Sequence[etree._Element], total_ore: int
) -> Sequence[int] | None:
    told = [_told_ore(entry, each) for each in details]
    if told == [None] and _announced(entry) <= 1:
        return [total_ore]
    known = [each for each in told if each is not None]
    if len(known) < len(told):
        return None
    if sum(known) == total_ore:
        return known
    charged = [_charged_ore(each) for each in details]
    of_entry = _charged_ore(entry)
    if text_of(entry, "CdtDbtInd") == DEBIT:
        paid = sum(known) + sum(charged) + of_entry == total_ore
        return known if paid else None
    charged[0] += of_entry if len(details) == 1 else 0
    net = [one - other for one, other in zip(known, charged, strict=True)]
    return net if sum(net) == total_ore else None


def _announced(entry: etree._Element) -> int:
    """Return how many payments the bank says that there are."""
    told = [each.text or "" for each in all_of(entry, "NtryDtls/Btch/NbOfTxs")]
    return sum(int(each) for each in told if each.isascii() and each.isdigit())


def _told_ore(entry: etree._Element, detail: etree._Element) -> int | None:
    amount_ore = ore_if_told(detail, *_AMOUNTS)
    indicator = text_of(detail, "CdtDbtInd") or text_of(entry, "CdtDbtInd")
    other = indicator != text_of(entry, "CdtDbtInd")
    return -amount_ore if other and amount_ore else amount_ore


def _charged_ore(of: etree._Element) -> int:
    """Return what the bank took, as told of an entry or of a payment in it."""
    found = 0
    for charges in all_of(of, "Chrgs"):
        each = [ore_if_told(one, "Amt") for one in all_of(charges, "Rcrd") or [charges]]
        told = [ore for ore in each if ore is not None]
        found += sum(told) if told else ore_if_told(charges, "TtlChrgsAndTaxAmt") or 0
    return found


def _split(detail: etree._Element, amount_ore: int) -> Sequence[Payment]:
    """Return what a payment pays: one KID, or several with the amount of each.

    Several without their amounts are one payment without a KID: a person must see
    to it.
    """
    creditor = first_of(detail, "RltdPties/CdtrAcct")
    to = "" if creditor is None else text_of(creditor, "Id/IBAN", "Id/Othr/Id")
    whole = Payment(amount_ore, "", account_of(to), text_of(detail, "Refs/AcctSvcrRef"))
    told = [
        (kid_of(text_of(each, "CdtrRefInf/Ref")), each)
        for each in all_of(detail, "RmtInf/Strd")
    ]
    kids = [(kid, each) for kid, each in told if kid]
    if len({kid for kid, _ in kids}) <= 1:
        return [whole._replace(kid=kids[0][0] if kids else "")]
    amounts = [_remitted_ore(each) for _, each in kids]
    known = [each for each in amounts if each is not None]
    if len(known) != len(kids) or sum(known) != amount_ore:
        return [whole]
    return [
        whole._replace(amount_ore=part_ore, kid=kid)
        for (kid, _), part_ore in zip(kids, known, strict=True)
    ]


def _remitted_ore(structured: etree._Element) -> int | None:
    remitted = ore_if_told(structured, "RfrdDocAmt/RmtdAmt")
    if remitted is not None:
        return remitted
    credited = ore_if_told(structured, "RfrdDocAmt/CdtNoteAmt")
    return None if credited is None else -credited
