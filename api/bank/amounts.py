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
    told = [_told_ore(entry, detail) for detail in details]
    if told == [None] and _announced(entry) <= 1:
        return [total_ore]
    amounts = [ore for ore in told if ore is not None]
    if len(amounts) < len(told):
        return None
    if sum(amounts) == total_ore:
        return amounts
    charged = [_charged_ore(detail) for detail in details]
    of_entry = _charged_ore(entry)
    if text_of(entry, "CdtDbtInd") == DEBIT:
        paid = sum(amounts) + sum(charged) + of_entry == total_ore
        return amounts if paid else None
    charged[0] += of_entry if len(details) == 1 else 0
    net = [one - other for one, other in zip(amounts, charged, strict=True)]
    return net if sum(net) == total_ore else None


def _announced(entry: etree._Element) -> int:
    """How many payments the bank says that there are."""
    counts = elements_of(entry, "NtryDtls/Btch/NbOfTxs")
    told = [count.text or "" for count in counts]
    return sum(int(text) for text in told if text.isascii() and text.isdigit())


def _told_ore(entry: etree._Element, detail: etree._Element) -> int | None:
    amount_ore = ore_if_told(detail, *_AMOUNTS)
    indicator = text_of(detail, "CdtDbtInd") or text_of(entry, "CdtDbtInd")
    other = indicator != text_of(entry, "CdtDbtInd")
    return -amount_ore if other and amount_ore else amount_ore


def _charged_ore(of: etree._Element) -> int:
    """Øre that the bank took, as told of an entry or of a payment in it."""
    charged = 0
    for charges in elements_of(of, "Chrgs"):
        each = [
            ore_if_told(one, "Amt") for one in elements_of(charges, "Rcrd") or [charges]
        ]
        told = [ore for ore in each if ore is not None]
        charged += sum(told) if told else ore_if_told(charges, "TtlChrgsAndTaxAmt") or 0
    return charged


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
    mentioned = [_paid_for(part) for part in elements_of(detail, "RmtInf/Strd")]
    paid_for = [part for part in mentioned if part.kid or part.ore != 0]
    kids = {part.kid for part in paid_for} - {""}
    if not kids:
        return [whole]
    sign = -1 if amount_ore < 0 else 1
    if _is_of_one(paid_for, {sign * amount_ore, abs(told_ore or amount_ore)}):
        return [whole._replace(kid=kids.pop())]
    parts = [(part.kid, part.ore) for part in paid_for if part.kid or part.says_amount]
    divided = [(kid, sign * ore) for kid, ore in parts if ore is not None]
    if len(divided) < len(parts) or sum(ore for _, ore in divided) != amount_ore:
        return [whole._replace(undivided=frozenset(kids))]
    return [whole._replace(amount_ore=ore, kid=kid) for kid, ore in divided]


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


def _is_of_one(paid_for: Sequence[_PaidFor], whole: Container[int]) -> bool:
    """Whether a payment is for one KID alone: all of it, as far as is told."""
    if any(part.says_amount for part in paid_for):
        with_amount = [part for part in paid_for if part.says_amount]
        amounts = [part.ore for part in with_amount]
        ores = [ore for ore in amounts if ore is not None]
        complete = len(ores) == len(amounts) and sum(ores) in whole
        named = [part for part in paid_for if part.kid or part.says_amount]
        return complete and len({part.kid for part in named}) == 1
    return len({part.kid for part in paid_for if part.is_named}) == 1
