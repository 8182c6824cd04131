"""EHF: what we write passes the official rules and is exact; what is broken fails."""

from hashlib import sha256
from pathlib import Path
from random import Random

import pytest

from api.ehf.document import ehf_document
from api.ehf.exact import faults
from api.ehf.reading import BrokenEhfError, read_ehf
from api.ehf.writing import write
from domain.catalogue import decode
from domain.invoicing.sales_document import DocumentKind, InvoiceIssued
from domain.values import VatTreatment
from tests.support.examples import BERGEN, OSLO
from tests.support.official_rules import broken
from tests.support.sales import ASSESSED, fact

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.mark.parametrize("treatment", ASSESSED)
def test_a_hundred_documents_pass_every_judge(treatment: VatTreatment) -> None:
    random = Random(treatment.value)
    for number in range(1, 101):
        issued = fact(random, treatment)
        document = ehf_document(issued, number)
        content = write(document)
        assert broken(content) == [], content.decode()
        assert faults(content) == []
        assert read_ehf(content) == document
        sign = -1 if issued.kind is DocumentKind.CREDIT_NOTE else 1
        assert document.net_ore == sign * issued.net_ore


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("v1", "a155292be1583584160c4930569f7b81e892835af34e73de631435327f13fe0d"),
        ("v2", "dd4b203a4cb09071be51d7e2f04a802a7cdc0042261065dccde15f1faacbb747"),
        ("v3", "53211704ba24859eebc0c06502fedc5a5c092cd67fb0b1b87e4a78d6d5e17aec"),
        ("v4", "318d4223e5cfe0de4a7ece9f6c5be2313ee90d875746a8c1fb2d191a3801c89e"),
    ],
)
def test_a_document_is_the_same_bytes_for_ever(name: str, digest: str) -> None:
    stored = (GOLDEN / f"invoice.issued.{name}.json").read_bytes()
    issued = decode(f"invoice.issued.{name}", stored)
    assert isinstance(issued, InvoiceIssued)
    content = write(ehf_document(issued, 1))
    assert sha256(content).hexdigest() == digest


def test_a_line_says_how_its_amount_came_about() -> None:
    stored = (GOLDEN / "invoice.issued.v4.json").read_bytes()
    issued = decode("invoice.issued.v4", stored)
    assert isinstance(issued, InvoiceIssued)
    content = write(ehf_document(issued, 1)).decode()
    assert (
        "<cbc:Note>Beregning: 184 dager (2026-07-01 - 2026-12-31) av 365 x 365000.00, "
        "avtaleversjon 1; påløpt 184000.00; bemanning etter 1 oppføring</cbc:Note>"
    ) in content
    assert (
        "<cbc:Note>Korreksjon av 2026-01-01 - 2026-06-30: endret bemanning. Beregning: "
        "120 dager (2026-01-01 - 2026-04-30) av 365 x 365000.00, avtaleversjon 1; "
        "påløpt 120000.00; bemanning etter 3 oppføringer; fakturert før 130000.00; "
        "ettergitt før 50000.00</cbc:Note>"
    ) in content


def example(kind: DocumentKind, treatment: VatTreatment = VatTreatment.STANDARD) -> str:
    """Return the same document each time, with an account and a restatement."""
    random = Random(1)
    while True:
        found = fact(random, treatment)
        if found.kind is kind and found.account and found.kid and found.corrects:
            return write(ehf_document(found, 1)).decode()


INVOICE = example(DocumentKind.INVOICE)
EXEMPT = example(DocumentKind.INVOICE, VatTreatment.EXEMPT)
OUTSIDE = example(DocumentKind.INVOICE, VatTreatment.OUTSIDE_SCOPE)


def total(content: str, name: str) -> str:
    """Return the text of the first element of a name."""
    return content.split(f"<cbc:{name}", 1)[1].split(">", 1)[1].split("<", 1)[0]


@pytest.mark.parametrize("wrong_ore", [1, 2, 25, 50, 98, 99, -1, -99])
def test_a_wrong_ore_of_vat_is_found(wrong_ore: int) -> None:
    """The official rules forgive it."""
    vat = total(INVOICE, "TaxAmount")
    ore = int(vat.replace(".", "")) + wrong_ore
    wrong = INVOICE.replace(f">{vat}<", f">{ore // 100}.{ore % 100:02d}<")
    gross = total(INVOICE, "TaxInclusiveAmount")
    ore = int(gross.replace(".", "")) + wrong_ore
    wrong = wrong.replace(f">{gross}<", f">{ore // 100}.{ore % 100:02d}<")
    assert broken(wrong.encode()) == [], "this is why we check ourselves"
    assert {each.code for each in faults(wrong.encode())} == {"vat"}


def element(content: str, start: str) -> str:
    """Return the first element whose text starts so."""
    return content[content.index(start) :].split("\n", 1)[0]


VAT_NUMBER = f"NO{OSLO}MVA"
BROKEN: dict[str, tuple[str, str, str, str, str]] = {
    "no buyer reference": (INVOICE, "<cbc:BuyerReference>KST 4410</cbc:BuyerReference>", "", "PEPPOL-EN16931-R003", "unreadable"),
    "no currency": (INVOICE, "<cbc:DocumentCurrencyCode>NOK</cbc:DocumentCurrencyCode>", "", "BR-05", ""),
    "another currency": (INVOICE, 'currencyID="NOK">', 'currencyID="SEK">', "PEPPOL-EN16931-R051", "currency"),
    "a wrong total": (INVOICE, f">{total(INVOICE, 'PayableAmount')}</cbc:PayableAmount>", ">1.00</cbc:PayableAmount>", "BR-CO-16", "total"),
    "a wrong sum of lines": (INVOICE, f">{total(INVOICE, 'LineExtensionAmount')}</cbc:LineExtensionAmount>\n    <cbc:TaxEx", ">1.00</cbc:LineExtensionAmount>\n    <cbc:TaxEx", "BR-CO-10", "total"),
    "three decimals": (INVOICE, f">{total(INVOICE, 'TaxInclusiveAmount')}</cbc:TaxI", f">{total(INVOICE, 'TaxInclusiveAmount')}1</cbc:TaxI", "BR-DEC-14", "unreadable"),
    "no lines' unit": (INVOICE, 'unitCode="C62"', 'unitCode="stk"', "BR-CL-23", ""),
    "no VAT number on S": (INVOICE, f"<cbc:CompanyID>{VAT_NUMBER}</cbc:CompanyID>", "<cbc:CompanyID>NO1MVA</cbc:CompanyID>", "NO-R-001", "vat_number"),
    "another's VAT number": (INVOICE, VAT_NUMBER, f"NO{BERGEN}MVA", "", "vat_number"),
    "no exemption reason": (EXEMPT, element(EXEMPT, "<cbc:TaxExemptionReason>"), "", "BR-E-10", "reason"),
    "another reason": (EXEMPT, "§ 3-2", "§ 3-5", "", "reason"),
    "VAT on an exempt document": (EXEMPT, ">0.00</cbc:TaxAmount>", ">1.00</cbc:TaxAmount>", "BR-E-09", "vat"),
    "a rate on an exempt line": (EXEMPT, "<cbc:Percent>0</cbc:Percent>\n        <cac:TaxScheme>", "<cbc:Percent>25</cbc:Percent>\n        <cac:TaxScheme>", "BR-E-05", ""),
    "a VAT number outside the law": (OUTSIDE, "<cbc:CompanyID>Foretaksregisteret</cbc:CompanyID>\n        <cac:TaxScheme>\n          <cbc:ID>TAX<", f"<cbc:CompanyID>{VAT_NUMBER}</cbc:CompanyID>\n        <cac:TaxScheme>\n          <cbc:ID>VAT<", "BR-O-02", "vat_number"),
    "a rate outside the law": (OUTSIDE, "<cbc:ID>O</cbc:ID>\n        <cac:TaxScheme>", "<cbc:ID>O</cbc:ID>\n        <cbc:Percent>0</cbc:Percent>\n        <cac:TaxScheme>", "BR-O-05", ""),
    "an account's wrong digit": (INVOICE, "86011117947", "86011117948", "", "account"),
    "no account": (INVOICE, "<cbc:ID>86011117947</cbc:ID>", "", "BR-61", "account"),
    "a KID's wrong digit": (INVOICE, f"<cbc:PaymentID>{total(INVOICE, 'PaymentID')}", f"<cbc:PaymentID>{int(total(INVOICE, 'PaymentID')) + 1}", "", "kid"),
    "a means that is not known": (INVOICE, ">30</cbc:PaymentMeansCode>", ">999</cbc:PaymentMeansCode>", "BR-CL-16", ""),
    "an organisation number that cannot be": (INVOICE, f">{OSLO}</cbc:EndpointID>", ">993467048</cbc:EndpointID>", "PEPPOL-COMMON-R041", "organisation_number"),
    "no scheme of the seller": (INVOICE, ' schemeID="0192">', ">", "BR-62", "scheme"),
    "no name of the seller": (INVOICE, "<cbc:RegistrationName>Oslo universitetssykehus HF</cbc:RegistrationName>", "", "BR-06", "unreadable"),
    "no country": (INVOICE, "<cbc:IdentificationCode>NO</cbc:IdentificationCode>", "<cbc:IdentificationCode>XX</cbc:IdentificationCode>", "BR-CL-14", ""),
    "no due date": (INVOICE, "<cbc:DueDate>2026-08-09</cbc:DueDate>", "", "BR-CO-25", "due_date"),
    "a type that is not one": (INVOICE, ">380<", ">999<", "BR-CL-01", ""),
    "another profile": (INVOICE, "poacc:billing:01:1.0", "poacc:billing:1", "PEPPOL-EN16931-R007", "no_inverse"),
    "a period that ends first": (INVOICE, "<cbc:EndDate>2026-06-30<", "<cbc:EndDate>2026-01-30<", "BR-29", "period"),
    "a line without a name": (INVOICE, element(INVOICE, "<cbc:Name>Deltidsstilling"), "", "BR-25", "no_inverse"),
    "a negative price": (INVOICE, '<cbc:PriceAmount currencyID="NOK">', '<cbc:PriceAmount currencyID="NOK">-', "BR-27", "line_amount"),
    "a category that is not one": (INVOICE, "<cbc:ID>S</cbc:ID>", "<cbc:ID>Q</cbc:ID>", "BR-CL-17", "category"),
    "a day that is none": (INVOICE, "<cbc:IssueDate>2026-07-10<", "<cbc:IssueDate>10.07.2026<", "XSD", "unreadable"),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_document_fails_with_the_right_rule(what: str) -> None:
    content, old, new, rule, code = BROKEN[what]
    assert old in content, "the change would change nothing"
    wrong = content.replace(old, new)
    assert rule in broken(wrong.encode()) if rule else not broken(wrong.encode())
    found = {each.code for each in faults(wrong.encode())}
    assert code in found if code else found, "never taken for exact"


def test_a_credit_note_names_what_it_credits() -> None:
    credit = example(DocumentKind.CREDIT_NOTE)
    start = credit.index("  <cac:BillingReference>")
    end = credit.index("  <cac:ContractDocumentReference>")
    wrong = credit[:start] + credit[end:]
    assert {each.code for each in faults(wrong.encode())} == {"billing_reference"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<a/>",
        b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
        b'{"invoice":1}',
        b"<x>" * 100_000,
        INVOICE.encode()[:-20],
        b"\xff\xfe" + INVOICE.encode(),
        b" " * (6 * 1024 * 1024),
    ],
    ids=range(8),
)
def test_what_is_no_document_is_said_so(content: bytes) -> None:
    with pytest.raises(BrokenEhfError):
        read_ehf(content)
    assert [each.code for each in faults(content)] == ["unreadable"]
