"""Reading an EHF document back: the inverse of writing, for what we write."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from lxml import etree

from api.ehf.document import EhfDocument, EhfLine, EhfParty
from api.ehf.writing import (
    ARITHMETIC,
    CAC,
    CAUSE,
    CAUSES,
    CBC,
    PERCENT,
    RESTATED_PERIOD,
    UBL,
)
from api.xml_reading import BrokenXmlError, root_of
from domain.invoicing.billing import BillingCause
from domain.invoicing.sales_document import DocumentKind
from domain.values import Period, parse_kroner

NAMESPACES: Final = {"cac": CAC, "cbc": CBC}
_CAUSES: Final = {words: cause for cause, words in CAUSES.items()}
DUE: Final = "cbc:DueDate"
SBDH: Final = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
_EMBEDDED: Final = "cac:Attachment/cbc:EmbeddedDocumentBinaryObject"
_OF_A_FILE: Final = frozenset(
    {f"{{{CBC}}}ID", f"{{{CBC}}}DocumentDescription", f"{{{CAC}}}Attachment"}
)
_FILES_MAX: Final = 100
"""Files that are named as left out."""
_SHOWN_MAX: Final = 80
"""Characters of what a file is called."""


class BrokenEhfError(Exception):
    """Bytes are not an EHF document; says where."""


@dataclass(frozen=True, slots=True)
class SetApart:
    """A file that came within a document; nothing of what it holds is looked at."""

    reference: str
    filename: str
    mime: str
    bytes: int
    """About as many as it holds."""


def parse_ehf(content: bytes) -> etree._Element:
    """Root of an invoice or a credit note, also from within an envelope.

    Nothing outside it is read.
    """
    try:
        root = root_of(content)
    except BrokenXmlError as error:
        raise BrokenEhfError(str(error)) from None
    if root.tag == f"{{{SBDH}}}StandardBusinessDocument":
        root = _enveloped(root)
    if root.tag not in {f"{{{UBL}:{n}-2}}{n}" for n in ("Invoice", "CreditNote")}:
        message = "neither an invoice nor a credit note"
        raise BrokenEhfError(message)
    return root


def _enveloped(envelope: etree._Element) -> etree._Element:
    """Document in an envelope (SBDH), whose header says how it was sent."""
    header = f"{{{SBDH}}}StandardBusinessDocumentHeader"
    documents = [child for child in envelope.iterchildren("*") if child.tag != header]
    if len(documents) != 1:
        message = f"an envelope with {len(documents)} documents"
        raise BrokenEhfError(message)
    return documents[0]


def without_files(root: etree._Element) -> list[SetApart]:
    """Take the files that are embedded in a document out of it, and say which.

    They are never decoded. What refers to something else than a file stays where it
    is. Raises :class:`BrokenEhfError` where there are more than anybody looks at.
    """
    left_out = []
    for reference in root.findall("cac:AdditionalDocumentReference", NAMESPACES):
        embedded = reference.find(_EMBEDDED, NAMESPACES)
        names = {str(child.tag) for child in reference.iterchildren("*")}
        if embedded is None or names - _OF_A_FILE or (reference.tail or "").strip():
            continue
        encoded = sum(map(len, (embedded.text or "").split()))
        left_out.append(
            SetApart(
                reference=text(reference, "cbc:ID", "")[:_SHOWN_MAX],
                filename=str(embedded.get("filename", ""))[:_SHOWN_MAX],
                mime=str(embedded.get("mimeCode", ""))[:_SHOWN_MAX],
                bytes=encoded * 3 // 4,
            )
        )
        root.remove(reference)
    if len(left_out) > _FILES_MAX:
        message = f"{len(left_out)} files are embedded"
        raise BrokenEhfError(message)
    return left_out


def find(element: etree._Element, path: str) -> etree._Element | None:
    """First element at ``cac:Party/cbc:EndpointID``."""
    return element.find(path, NAMESPACES)


def text(element: etree._Element, path: str, default: str | None = None) -> str:
    """Text at a path; raise :class:`BrokenEhfError` where there is none."""
    content = element.findtext(path, default, NAMESPACES)
    if content is None:
        message = f"{path} is missing"
        raise BrokenEhfError(message)
    return content


def ore(element: etree._Element, path: str) -> int:
    """Amount at a path in øre."""
    try:
        return parse_kroner(text(element, path))
    except ValueError:
        message = f"{path} is not an amount with at most two decimals"
        raise BrokenEhfError(message) from None


def _day(element: etree._Element, path: str) -> date:
    try:
        return date.fromisoformat(text(element, path))
    except ValueError:
        message = f"{path} is not a day"
        raise BrokenEhfError(message) from None


def _period(element: etree._Element) -> Period:
    start = _day(element, "cac:InvoicePeriod/cbc:StartDate")
    return Period(start, _day(element, "cac:InvoicePeriod/cbc:EndDate"))


def is_invoice(root: etree._Element) -> bool:
    """Whether a document is an invoice; else it is a credit note."""
    return str(root.tag).endswith("}Invoice")


def ehf_lines(root: etree._Element) -> list[etree._Element]:
    """Lines of either kind of document."""
    name = "InvoiceLine" if is_invoice(root) else "CreditNoteLine"
    return root.findall(f"cac:{name}", NAMESPACES)


def read_ehf(content: bytes) -> EhfDocument:
    """What a document says; raise :class:`BrokenEhfError` where it cannot be."""
    root = parse_ehf(content)
    invoice = is_invoice(root)
    category = "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory"
    references = root.findall(
        "cac:BillingReference/cac:InvoiceDocumentReference", NAMESPACES
    )
    return EhfDocument(
        kind=DocumentKind.INVOICE if invoice else DocumentKind.CREDIT_NOTE,
        number=text(root, "cbc:ID"),
        issued_on=_day(root, "cbc:IssueDate"),
        due_on=None if find(root, DUE) is None else _day(root, DUE),
        period=_period(root),
        agreement=text(root, "cac:ContractDocumentReference/cbc:ID"),
        buyer_reference=text(root, "cbc:BuyerReference"),
        seller=_party(root, "cac:AccountingSupplierParty/cac:Party"),
        buyer=_party(root, "cac:AccountingCustomerParty/cac:Party"),
        account=text(root, "cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID", ""),
        kid=text(root, "cac:PaymentMeans/cbc:PaymentID", ""),
        corrects=tuple(
            (text(reference, "cbc:ID"), _day(reference, "cbc:IssueDate"))
            for reference in references
        ),
        category=text(root, f"{category}/cbc:ID"),
        reason=text(root, f"{category}/cbc:TaxExemptionReason", ""),
        lines=tuple(_line(line) for line in ehf_lines(root)),
        vat_ore=ore(root, "cac:TaxTotal/cbc:TaxAmount"),
        note=text(root, "cbc:Note", ""),
    )


def _party(root: etree._Element, path: str) -> EhfParty:
    return EhfParty(
        org_number=text(root, f"{path}/cbc:EndpointID"),
        name=text(root, f"{path}/cac:PartyLegalEntity/cbc:RegistrationName"),
        street=text(root, f"{path}/cac:PostalAddress/cbc:StreetName", ""),
        postcode=text(root, f"{path}/cac:PostalAddress/cbc:PostalZone", ""),
        city=text(root, f"{path}/cac:PostalAddress/cbc:CityName", ""),
    )


def _restated(period: str) -> Period:
    """Read ``2026-01-01/2026-03-31``."""
    start, _, end = period.partition("/")
    try:
        return Period(date.fromisoformat(start), date.fromisoformat(end))
    except ValueError:
        message = f"{RESTATED_PERIOD} is not a period"
        raise BrokenEhfError(message) from None


def properties_of(line: etree._Element) -> dict[str, str]:
    """Properties of a line's item, by name."""
    properties = line.findall("cac:Item/cac:AdditionalItemProperty", NAMESPACES)
    return {text(prop, "cbc:Name"): text(prop, "cbc:Value") for prop in properties}


def _line(line: etree._Element) -> EhfLine:
    item = "cac:Item"
    properties = properties_of(line)
    restated = properties.get(RESTATED_PERIOD)
    return EhfLine(
        post=text(line, f"{item}/cac:SellersItemIdentification/cbc:ID"),
        content=text(line, f"{item}/cbc:Description", ""),
        percent=properties.get(PERCENT, ""),
        period=_period(line) if restated is None else _restated(restated),
        amount_ore=ore(line, "cbc:LineExtensionAmount"),
        restates=restated is not None,
        cause=_CAUSES.get(properties.get(CAUSE, ""), BillingCause.UNKNOWN),
        arithmetic=text(line, "cbc:Note", "").partition(ARITHMETIC)[2],
    )
