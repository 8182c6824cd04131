"""Writing an EHF document: the same bytes for the same document, everywhere.

The order of the elements is that of UBL 2.1's schema.
"""

from typing import Any, Final

from lxml import etree

from api.ehf.arithmetic import kroner_text
from api.ehf.document import EhfDocument, EhfLine, EhfParty
from domain.invoicing.billing import BillingCause
from domain.invoicing.sales_document import DocumentKind
from domain.values import Period, VatTreatment, half_away_from_zero

UBL: Final = "urn:oasis:names:specification:ubl:schema:xsd"
CAC: Final = f"{UBL}:CommonAggregateComponents-2"
CBC: Final = f"{UBL}:CommonBasicComponents-2"
CUSTOMIZATION: Final = (
    "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
)
PROFILE: Final = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
ORGANISATIONS: Final = "0192"
"""Norwegian organisation numbers, in the code list of electronic addresses."""
CURRENCY: Final = "NOK"
CREDIT_TRANSFER: Final = "30"
PIECE: Final = "C62"
REGISTER: Final = "Foretaksregisteret"
PERCENT: Final = "Stillingsprosent"
RESTATED_PERIOD: Final = "Korrigert periode"
CAUSE: Final = "Årsak"
CAUSES: Final = {
    BillingCause.STAFFING: "endret bemanning",
    BillingCause.AGREEMENT: "endret avtale",
    BillingCause.BOTH: "endret bemanning og avtale",
    BillingCause.CREDIT: "kreditert dokument",
}
"""Why a period is restated; older facts do not say."""
VAT_ROUNDING: Final = "Avrunding av mva. i øre"
"""By how much VAT is off its own rounding: a document that is credited in parts, each
rounded, is credited the very VAT that it had."""
_NOT_IN_XML: Final = dict.fromkeys((0xFFFE, 0xFFFF))


def write(document: EhfDocument) -> bytes:
    """XML in UTF-8, the same bytes whenever it is written."""
    name = "Invoice" if document.kind is DocumentKind.INVOICE else "CreditNote"
    namespaces: dict[Any, str] = {None: f"{UBL}:{name}-2", "cac": CAC, "cbc": CBC}
    root = etree.Element(f"{{{UBL}:{name}-2}}{name}", nsmap=namespaces)
    _head(root, document)
    for corrected, issued_on in document.corrects:
        reference = _group(root, "BillingReference")
        reference = _group(reference, "InvoiceDocumentReference")
        _put(reference, "ID", corrected)
        _put(reference, "IssueDate", issued_on.isoformat())
    _put(_group(root, "ContractDocumentReference"), "ID", document.agreement)
    taxed = document.category == "S"
    _party(_group(root, "AccountingSupplierParty"), document.seller, taxed=taxed)
    _party(_group(root, "AccountingCustomerParty"), document.buyer)
    _payment(root, document)
    _tax_total(root, document)
    _totals(root, document)
    for number, line in enumerate(document.lines, 1):
        _line(root, document, number, line)
    return etree.tostring(
        root, xml_declaration=True, encoding="UTF-8", pretty_print=True
    )


def _put(parent: etree._Element, name: str, text: str, **attributes: str) -> None:
    element = etree.SubElement(parent, f"{{{CBC}}}{name}", attributes)
    element.text = text.translate(_NOT_IN_XML)


def _put_known(parent: etree._Element, name: str, text: str) -> None:
    if text:
        _put(parent, name, text)


def _group(parent: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{CAC}}}{name}")


def _amount(parent: etree._Element, name: str, amount_ore: int) -> None:
    _put(parent, name, kroner_text(amount_ore), currencyID=CURRENCY)


def _head(root: etree._Element, document: EhfDocument) -> None:
    invoice = document.kind is DocumentKind.INVOICE
    _put(root, "CustomizationID", CUSTOMIZATION)
    _put(root, "ProfileID", PROFILE)
    _put(root, "ID", document.number)
    _put(root, "IssueDate", document.issued_on.isoformat())
    if document.due_on is not None:
        _put(root, "DueDate", document.due_on.isoformat())
    if invoice:
        _put(root, "InvoiceTypeCode", "380")
    else:
        _put(root, "CreditNoteTypeCode", "381")
    _put_known(root, "Note", document.note)
    _put(root, "DocumentCurrencyCode", CURRENCY)
    _put(root, "BuyerReference", document.buyer_reference)
    _period(root, document.period)


def _period(parent: etree._Element, period: Period) -> None:
    group = _group(parent, "InvoicePeriod")
    _put(group, "StartDate", period.start.isoformat())
    _put(group, "EndDate", period.end.isoformat())


def _party(parent: etree._Element, party: EhfParty, *, taxed: bool = False) -> None:
    group = _group(parent, "Party")
    _put(group, "EndpointID", party.org_number, schemeID=ORGANISATIONS)
    _put(_group(group, "PartyName"), "Name", party.name)
    address = _group(group, "PostalAddress")
    _put_known(address, "StreetName", party.street)
    _put_known(address, "CityName", party.city)
    _put_known(address, "PostalZone", party.postcode)
    _put(_group(address, "Country"), "IdentificationCode", "NO")
    if parent.tag == f"{{{CAC}}}AccountingSupplierParty":
        if taxed:
            _tax_scheme(group, vat_number(party.org_number), "VAT")
        _tax_scheme(group, REGISTER, "TAX")
    legal = _group(group, "PartyLegalEntity")
    _put(legal, "RegistrationName", party.name)
    _put(legal, "CompanyID", party.org_number, schemeID=ORGANISATIONS)


def vat_number(org_number: str) -> str:
    """``NO983974724MVA``."""
    return f"NO{org_number}MVA"


def _tax_scheme(party: etree._Element, number: str, scheme: str) -> None:
    group = _group(party, "PartyTaxScheme")
    _put(group, "CompanyID", number)
    _put(_group(group, "TaxScheme"), "ID", scheme)


def _payment(root: etree._Element, document: EhfDocument) -> None:
    if not document.account:
        return
    means = _group(root, "PaymentMeans")
    _put(means, "PaymentMeansCode", CREDIT_TRANSFER)
    _put_known(means, "PaymentID", document.kid)
    _put(_group(means, "PayeeFinancialAccount"), "ID", document.account)


def _tax_total(root: etree._Element, document: EhfDocument) -> None:
    total = _group(root, "TaxTotal")
    _amount(total, "TaxAmount", document.vat_ore)
    part = _group(total, "TaxSubtotal")
    _amount(part, "TaxableAmount", document.net_ore)
    _amount(part, "TaxAmount", document.vat_ore)
    category = _group(part, "TaxCategory")
    _category(category, document.category)
    _put_known(category, "TaxExemptionReason", document.reason)
    _put(_group(category, "TaxScheme"), "ID", "VAT")


def _category(group: etree._Element, category: str) -> None:
    _put(group, "ID", category)
    if category != "O":
        _put(group, "Percent", rate_percent(category))


def rate_percent(category: str) -> str:
    """``25``: the rate of a category."""
    return str(VatTreatment.STANDARD.rate_percent) if category == "S" else "0"


def rounded_vat_ore(net_ore: int, category: str) -> int:
    """VAT of a sum, rounded once."""
    return half_away_from_zero(net_ore * int(rate_percent(category)), 100)


def _totals(root: etree._Element, document: EhfDocument) -> None:
    totals = _group(root, "LegalMonetaryTotal")
    gross_ore = document.net_ore + document.vat_ore
    _amount(totals, "LineExtensionAmount", document.net_ore)
    _amount(totals, "TaxExclusiveAmount", document.net_ore)
    _amount(totals, "TaxInclusiveAmount", gross_ore)
    _amount(totals, "PayableAmount", gross_ore)


def _line(
    root: etree._Element, document: EhfDocument, number: int, line: EhfLine
) -> None:
    invoice = document.kind is DocumentKind.INVOICE
    group = _group(root, "InvoiceLine" if invoice else "CreditNoteLine")
    _put(group, "ID", str(number))
    restates = line.restates
    _put_known(group, "Note", line_note(line))
    # A price is never negative; what is taken back is a negative number of it.
    quantity = "InvoicedQuantity" if invoice else "CreditedQuantity"
    _put(group, quantity, "1" if line.amount_ore >= 0 else "-1", unitCode=PIECE)
    _amount(group, "LineExtensionAmount", line.amount_ore)
    if not restates:
        # A line's period must lie within the document's (PEPPOL-EN16931-R110), and
        # one that is restated never does.
        _period(group, line.period)
    item = _group(group, "Item")
    _put_known(item, "Description", line.content)
    _put(item, "Name", f"Deltidsstilling {line.post}")
    _put(_group(item, "SellersItemIdentification"), "ID", line.post)
    category = _group(item, "ClassifiedTaxCategory")
    _category(category, document.category)
    _put(_group(category, "TaxScheme"), "ID", "VAT")
    off_ore = document.vat_ore - rounded_vat_ore(document.net_ore, document.category)
    if number == 1 and off_ore:
        _property(item, VAT_ROUNDING, str(off_ore))
    if line.percent:
        _property(item, PERCENT, line.percent)
    if restates:
        period = f"{line.period.start}/{line.period.end}"
        _property(item, RESTATED_PERIOD, period)
        if line.cause is not BillingCause.UNKNOWN:
            _property(item, CAUSE, CAUSES[line.cause])
    _amount(_group(group, "Price"), "PriceAmount", abs(line.amount_ore))


ARITHMETIC: Final = "Beregning: "


def line_note(line: EhfLine) -> str:
    """Why a line is there, and how its amount came about."""
    notes = [_restatement(line)] if line.restates else []
    if line.arithmetic:
        notes.append(f"{ARITHMETIC}{line.arithmetic}")
    return ". ".join(notes)


def _restatement(line: EhfLine) -> str:
    """``Korreksjon av 2026-01-01 - 2026-06-30: endret bemanning``."""
    note = f"Korreksjon av {line.period.start} - {line.period.end}"
    has_cause = line.cause is not BillingCause.UNKNOWN
    return f"{note}: {CAUSES[line.cause]}" if has_cause else note


def _property(item: etree._Element, name: str, value: str) -> None:
    group = _group(item, "AdditionalItemProperty")
    _put(group, "Name", name)
    _put(group, "Value", value)
