"""Elements of a bank's message, whatever namespace its release has."""

import re
from decimal import Decimal
from typing import Final

from lxml import etree

from api.bank.file import CURRENCY, UnreadableError
from domain.values import KRONE

KRONER: Final = "NOK"
_AMOUNT: Final = re.compile(r"\+?([0-9]{1,13}(\.[0-9]{0,5})?|\.[0-9]{1,5})")


def _path(path: str) -> str:
    return "/".join(f"{{*}}{name}" for name in path.split("/"))


def first_element(element: etree._Element, path: str) -> etree._Element | None:
    """None where nothing is at the path."""
    return element.find(_path(path))


def elements_of(element: etree._Element, path: str) -> list[etree._Element]:
    """All that are at the path, perhaps none."""
    return element.findall(_path(path))


def text_of(element: etree._Element, *paths: str) -> str:
    """First text that there is at one of some paths, or nothing."""
    for path in paths:
        first = first_element(element, path)
        if first is not None and first.text and first.text.strip():
            return first.text.strip()
    return ""


def ore_of(element: etree._Element, path: str) -> int:
    """Amount in øre, exactly; the norm has up to five decimals.

    Raises :class:`UnreadableError`.
    """
    amount = first_element(element, path)
    text = "" if amount is None else (amount.text or "").strip()
    if amount is None or not _AMOUNT.fullmatch(text):
        raise UnreadableError("bank_amount_ore", path, text)
    if amount.get("Ccy") != KRONER:
        raise UnreadableError(CURRENCY, path, amount.get("Ccy", ""))
    ore = Decimal(text) * KRONE
    if ore != int(ore):
        raise UnreadableError("bank_amount_ore", path, text)
    return int(ore)


def ore_if_told(element: etree._Element, *paths: str) -> int | None:
    """First amount in kroner at one of some paths, if there is any."""
    for path in paths:
        try:
            return ore_of(element, path)
        except UnreadableError:
            continue
    return None
