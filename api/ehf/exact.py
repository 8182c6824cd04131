"""Checking an EHF document to the øre, and what no official rule looks at.

The rules of Peppol forgive a krone of VAT, and look at no account, no KID and
no VAT number's form. A document that passes here is exact, and is read back as
what it was written from.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree

from api.ehf.document import CATEGORIES
from api.ehf.reading import (
    NAMESPACES,
    BrokenEhfError,
    ehf_lines,
    find,
    is_invoice,
    ore,
    parse_ehf,
    properties_of,
    read_ehf,
    text,
)
from api.ehf.writing import (
    CURRENCY,
    ORGANISATIONS,
    VAT_ROUNDING,
    rate_percent,
    rounded_vat_ore,
    vat_number,
    write,
)
from domain.parties.kid import (
    KID_DIGITS_MAX,
    KID_DIGITS_MIN,
    KidCheck,
    is_account,
    is_kid,
)
from domain.values import is_organisation_number

TAX: Final = "cac:TaxTotal/cac:TaxSubtotal"
TOTALS: Final = "cac:LegalMonetaryTotal"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong: a stable code, and the element."""

    code: str
    place: str


def faults(content: bytes) -> list[Fault]:
    """All that is wrong with a document; nothing where it is exact."""
    try:
        root = parse_ehf(content)
        wrong = [
            *_lines(root),
            *_totals(root),
            *_tax(root),
            *_parties(root),
            *_payment(root),
            *_references(root),
        ]
        document = read_ehf(content)
        periods = [document.period, *(line.period for line in document.lines)]
        if any(period.end < period.start for period in periods):
            wrong.append(Fault("period", "/"))
        if not wrong and write(document) != content:
            wrong.append(Fault("no_inverse", "/"))
    except BrokenEhfError as error:
        return [Fault("unreadable", str(error))]
    return wrong


def _lines(root: etree._Element) -> Iterator[Fault]:
    if not ehf_lines(root):
        yield Fault("no_lines", "/")
    for number, line in enumerate(ehf_lines(root), 1):
        quantity = (
            "cbc:InvoicedQuantity" if is_invoice(root) else "cbc:CreditedQuantity"
        )
        count, price = text(line, quantity), ore(line, "cac:Price/cbc:PriceAmount")
        amount = ore(line, "cbc:LineExtensionAmount")
        if count not in {"1", "-1"} or price < 0 or int(count) * price != amount:
            yield Fault("line_amount", f"line {number}")
        if text(line, "cac:Item/cac:ClassifiedTaxCategory/cbc:ID") != _category(root):
            yield Fault("mixed_categories", f"line {number}")
    for element in root.iter():
        currency = element.get("currencyID")
        if currency not in {None, CURRENCY}:
            yield Fault("currency", str(element.tag).rpartition("}")[2])


def _totals(root: etree._Element) -> Iterator[Fault]:
    net = sum(ore(line, "cbc:LineExtensionAmount") for line in ehf_lines(root))
    vat = ore(root, "cac:TaxTotal/cbc:TaxAmount")
    for name, expected in (
        ("LineExtensionAmount", net),
        ("TaxExclusiveAmount", net),
        ("TaxInclusiveAmount", net + vat),
        ("PayableAmount", net + vat),
    ):
        if ore(root, f"{TOTALS}/cbc:{name}") != expected:
            yield Fault("total", name)


def _category(root: etree._Element) -> str:
    return text(root, f"{TAX}/cac:TaxCategory/cbc:ID")


def _tax(root: etree._Element) -> Iterator[Fault]:
    category = _category(root)
    if category not in CATEGORIES.values():
        yield Fault("category", "TaxCategory")
        return
    if len(root.findall(TAX, NAMESPACES)) != 1:
        yield Fault("mixed_categories", "TaxSubtotal")
    net = sum(ore(line, "cbc:LineExtensionAmount") for line in ehf_lines(root))
    rate = int(rate_percent(category))
    expected = rounded_vat_ore(net, category) + _vat_rounding(root)
    for path in ("cac:TaxTotal/cbc:TaxAmount", f"{TAX}/cbc:TaxAmount"):
        if ore(root, path) != expected:
            yield Fault("vat", path)
    if ore(root, f"{TAX}/cbc:TaxableAmount") != net:
        yield Fault("vat", "TaxableAmount")
    percent = text(root, f"{TAX}/cac:TaxCategory/cbc:Percent", "")
    if percent != ("" if category == "O" else str(rate)):
        yield Fault("rate", "TaxCategory/Percent")
    reason = text(root, f"{TAX}/cac:TaxCategory/cbc:TaxExemptionReason", "")
    if bool(reason) is (category == "S") or (category == "E" and "§ 3-2" not in reason):
        yield Fault("reason", "TaxExemptionReason")


def _vat_rounding(root: etree._Element) -> int:
    """By how much a credit note says that its VAT is off its own rounding.

    It is at most an øre: the credits of a document are each rounded, and have its
    VAT together.
    """
    sign = (
        properties_of(ehf_lines(root)[0]).get(VAT_ROUNDING) if ehf_lines(root) else None
    )
    refers = find(root, "cac:BillingReference") is not None
    return int(sign) if sign in {"1", "-1"} and refers else 0


def _parties(root: etree._Element) -> Iterator[Fault]:
    for role in ("Supplier", "Customer"):
        party = find(root, f"cac:Accounting{role}Party/cac:Party")
        if party is None:
            yield Fault("party", role)
            continue
        number = text(party, "cbc:EndpointID")
        legal = text(party, "cac:PartyLegalEntity/cbc:CompanyID")
        schemes = {
            each.get("schemeID")
            for path in ("cbc:EndpointID", "cac:PartyLegalEntity/cbc:CompanyID")
            for each in party.findall(path, NAMESPACES)
        }
        if number != legal or not is_organisation_number(number):
            yield Fault("organisation_number", role)
        if schemes != {ORGANISATIONS}:
            yield Fault("scheme", role)
        vat = [
            text(each, "cbc:CompanyID")
            for each in party.findall("cac:PartyTaxScheme", NAMESPACES)
            if text(each, "cac:TaxScheme/cbc:ID") == "VAT"
        ]
        seller = role == "Supplier" and _category(root) == "S"
        if vat != ([vat_number(number)] if seller else []):
            yield Fault("vat_number", role)


def _payment(root: etree._Element) -> Iterator[Fault]:
    means = find(root, "cac:PaymentMeans")
    if means is None:
        return
    if not is_account(text(means, "cac:PayeeFinancialAccount/cbc:ID", "")):
        yield Fault("account", "PayeeFinancialAccount")
    kid = text(means, "cbc:PaymentID", "")
    fits = KID_DIGITS_MIN <= len(kid) <= KID_DIGITS_MAX
    if kid and not (fits and any(is_kid(kid, how, len(kid)) for how in KidCheck)):
        yield Fault("kid", "PaymentID")


def _references(root: etree._Element) -> Iterator[Fault]:
    if is_invoice(root):
        if find(root, "cbc:DueDate") is None:
            yield Fault("due_date", "DueDate")
    elif find(root, "cac:BillingReference") is None:
        yield Fault("billing_reference", "BillingReference")
