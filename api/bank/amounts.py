"""The payments of one entry of camt.054; together they are the entry, to the øre."""

from collections.abc import Container, Sequence
from typing import Final, NamedTuple

from lxml import etree

from api.bank.elements import elements_of, first_element, ore_if_told, ore_of, text_of
from api.bank.file import kid_digits, paid_account_of

DEBIT: Final = "DBIT"
_AMOUNTS: Final = ("Amt", "AmtDtls/TxAmt/Amt")
_REMITTED: Final = "RfrdDocAmt/RmtdAmt"
_CREDITED: Final = "RfrdDocAmt/CdtNoteAmt"


class Payment(NamedTuple):
    """One payment in an entry."""

    amount_ore: int
    """With the sign that it has in its entry."""
    kid: str = ""
    paid_to: str = ""
    reference: str = ""
    """The bank's own reference of it."""
    undivided: frozenset[str] = frozenset()
    """KIDs that it pays, and what of each is not told."""


def payments(entry: etree._Element) -> Sequence[Payment] | None:
    """Payments of an entry; None where its details do not add up to it.

    What the bank took for itself is not paid to anybody: of what came in it is off,
    of what went out it is not counted. Raises
    :class:`~api.bank.file.UnreadableError` where the entry has no amount in kroner.
    """
    total_ore = ore_of(entry, "Amt")
    details = elements_of(entry, "NtryDtls/TxDtls")
    if not details:
        return [Payment(total_ore)]
    amounts = _amounts_ore(entry, details, total_ore)
    if amounts is None:
        return None
    return [
        part
        for detail, amount_ore in zip(details, amounts, strict=True)
        for part in _split(detail, amount_ore, _told_ore(entry, detail))
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
    """How many payments the bank says that there are."""
    told = [each.text or "" for each in elements_of(entry, "NtryDtls/Btch/NbOfTxs")]
    return sum(int(each) for each in told if each.isascii() and each.isdigit())


def _told_ore(entry: etree._Element, detail: etree._Element) -> int | None:
    amount_ore = ore_if_told(detail, *_AMOUNTS)
    indicator = text_of(detail, "CdtDbtInd") or text_of(entry, "CdtDbtInd")
    other = indicator != text_of(entry, "CdtDbtInd")
    return -amount_ore if other and amount_ore else amount_ore


def _charged_ore(of: etree._Element) -> int:
    """Øre that the bank took, as told of an entry or of a payment in it."""
    found = 0
    for charges in elements_of(of, "Chrgs"):
        each = [
            ore_if_told(one, "Amt") for one in elements_of(charges, "Rcrd") or [charges]
        ]
        told = [ore for ore in each if ore is not None]
        found += sum(told) if told else ore_if_told(charges, "TtlChrgsAndTaxAmt") or 0
    return found


def _split(
    detail: etree._Element, amount_ore: int, told_ore: int | None
) -> Sequence[Payment]:
    """What a payment pays: one KID, or several things with the amount of each.

    What is for something else than a KID is a part without one. Where the bank says of
    several without their amounts, or of amounts that are not the payment, it is one
    payment without a KID: a person must see to it. ``told_ore`` is before charges.
    """
    creditor = first_element(detail, "RltdPties/CdtrAcct")
    to = "" if creditor is None else text_of(creditor, "Id/IBAN", "Id/Othr/Id")
    whole = Payment(
        amount_ore, "", paid_account_of(to), text_of(detail, "Refs/AcctSvcrRef")
    )
    told = [_paid_for(each) for each in elements_of(detail, "RmtInf/Strd")]
    found = [each for each in told if each.kid or each.ore != 0]
    kids = {each.kid for each in found} - {""}
    if not kids:
        return [whole]
    sign = -1 if amount_ore < 0 else 1
    if _is_of_one(found, {sign * amount_ore, abs(told_ore or amount_ore)}):
        return [whole._replace(kid=kids.pop())]
    parts = [(each.kid, each.ore) for each in found if each.kid or each.says_amount]
    known = [(kid, sign * ore) for kid, ore in parts if ore is not None]
    if len(known) < len(parts) or sum(ore for _, ore in known) != amount_ore:
        return [whole._replace(undivided=frozenset(kids))]
    return [whole._replace(amount_ore=ore, kid=kid) for kid, ore in known]


class _PaidFor(NamedTuple):
    """One thing that a payment is for: a document, by its KID, or something else."""

    kid: str
    is_named: bool
    says_amount: bool
    ore: int | None
    """What is paid of it, where that can be read; below zero what is set off."""


def _paid_for(structured: etree._Element) -> _PaidFor:
    reference = text_of(structured, "CdtrRefInf/Ref")
    says = [
        first_element(structured, path) is not None for path in (_REMITTED, _CREDITED)
    ]
    ore = ore_if_told(structured, _REMITTED) if says[0] else None
    if says[1] and not says[0]:
        credited = ore_if_told(structured, _CREDITED)
        ore = None if credited is None else -credited
    return _PaidFor(kid_digits(reference), bool(reference), any(says), ore)


def _is_of_one(found: Sequence[_PaidFor], whole: Container[int]) -> bool:
    """Whether a payment is for one KID alone: all of it, as far as is told."""
    if any(each.says_amount for each in found):
        told = [each for each in found if each.says_amount]
        amounts = [each.ore for each in told]
        known = [ore for ore in amounts if ore is not None]
        complete = len(known) == len(amounts) and sum(known) in whole
        named = [each for each in found if each.kid or each.says_amount]
        return complete and len({each.kid for each in named}) == 1
    return len({each.kid for each in found if each.is_named}) == 1
