"""Comparing a received EHF with what its event says: every value, to the øre.

What a document says are its elements and attributes, wherever it was written down:
space between elements, prefixes of namespaces and comments say nothing. It must
say all that the event says, and nothing else: an allowance, a second account or
another total that the event knows nothing of would be agreed with it. A file that is
embedded says nothing here: it is left out, and whoever sent the document is told.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from lxml import etree

from api.ehf.reading import parse_ehf, without_files
from api.ehf.writing import CAC, CBC

AMOUNT: Final = "currencyID"
_AMOUNT: Final = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")
_SCHEMA_INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
Value = str | Decimal


def difference(received: bytes, expected: bytes) -> str | None:
    """First member that differs, or None where the documents say the same.

    A member is a path such as ``LegalMonetaryTotal/PayableAmount``,
    ``InvoiceLine[2]/Price/PriceAmount/@currencyID`` or, of the kind of document,
    ``Invoice``. Embedded files are not compared. Raises :class:`~api.ehf.reading.BrokenEhfError`.
    """
    theirs, ours = parse_ehf(received), parse_ehf(expected)
    without_files(theirs)
    if theirs.tag != ours.tag:
        return etree.QName(theirs).localname
    their_members, our_members = dict(_members(theirs, "")), dict(_members(ours, ""))
    for member in (*our_members, *their_members):
        if their_members.get(member) != our_members.get(member):
            return member
    return None


def _members(element: etree._Element, path: str) -> Iterator[tuple[str, Value]]:
    """Yield every value with its path; of several of one name, from the second on ``[2]``."""
    for attribute, value in element.attrib.items():
        name = str(attribute)
        if not name.startswith(f"{{{_SCHEMA_INSTANCE}}}"):
            yield f"{path}/@{name}".lstrip("/"), str(value)
    children = list(element.iterchildren("*"))
    texts = [element.text, *(child.tail for child in element)]
    text = "".join(each or "" for each in texts).strip()
    if text or not children:
        yield path or etree.QName(element).localname, _value(element, text)
    seen: dict[str, int] = {}
    for child in children:
        name = _name(child)
        seen[name] = seen.get(name, 0) + 1
        place = name if seen[name] == 1 else f"{name}[{seen[name]}]"
        yield from _members(child, f"{path}/{place}".lstrip("/"))


def _name(element: etree._Element) -> str:
    name = etree.QName(element)
    return name.localname if name.namespace in {CAC, CBC} else str(element.tag)


def _value(element: etree._Element, text: str) -> Value:
    """Text, or an amount: 100 kroner are 100.00 kroner."""
    amount = element.get(AMOUNT) is not None and _AMOUNT.fullmatch(text)
    return Decimal(text) if amount else text
