"""A received EHF says what its event says, or is refused naming the member."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from api.ehf.comparing import difference
from api.ehf.document import ehf_document
from api.ehf.reading import BrokenEhfError
from api.ehf.writing import CAC, CBC, write
from domain.invoicing.sales_document import DocumentKind
from domain.values import VatTreatment
from tests.support.doors import INVOICED, Door, coded
from tests.support.examples import BERGEN, STAVANGER
from tests.support.sales import ASSESSED, fact

SEEDS = st.integers(0, 10**6)
TREATMENTS = st.sampled_from(ASSESSED)


def document(seed: int, treatment: VatTreatment) -> bytes:
    """Return the EHF of a document made up at random."""
    return write(ehf_document(fact(Random(seed), treatment), 7))


def found_at(root: etree._Element, member: str) -> etree._Element:
    """Return the element that a member names."""
    steps = []
    for step in member.partition("/@")[0].split("/"):
        name, _, place = step.partition("[")
        steps.append(f"*[local-name()='{name}'][{place.rstrip(']') or 1}]")
    found = root.xpath("/".join(steps))
    assert isinstance(found, list)
    (element,) = found
    assert isinstance(element, etree._Element)
    return element


def leaves(root: etree._Element) -> list[etree._Element]:
    """Return the elements that have a text."""
    return [each for each in root.iter() if not len(each)]


@given(SEEDS, TREATMENTS, st.data())
def test_any_one_value_that_is_changed_is_named(
    seed: int, treatment: VatTreatment, data: st.DataObject
) -> None:
    content = document(seed, treatment)
    root = etree.fromstring(content)
    leaf = data.draw(st.sampled_from(leaves(root)))
    before = leaf.text or ""
    amount = leaf.get("currencyID") is not None
    changes = (
        ["0.01", f"{before}1", f"-{before}"] if amount else [f"{before}x", "", "9"]
    )
    leaf.text = data.draw(st.sampled_from([each for each in changes if each != before]))
    member = difference(etree.tostring(root), content)
    zero = {before, leaf.text} <= {"0.00", "-0.00"}
    if zero:
        return
    assert member is not None
    assert found_at(root, member) is leaf


@given(SEEDS, TREATMENTS, st.data())
def test_any_attribute_that_is_changed_is_named(
    seed: int, treatment: VatTreatment, data: st.DataObject
) -> None:
    content = document(seed, treatment)
    root = etree.fromstring(content)
    element = data.draw(st.sampled_from([each for each in root.iter() if each.attrib]))
    name = data.draw(st.sampled_from(sorted(map(str, element.attrib))))
    if data.draw(st.booleans()):
        element.set(name, "X")
    else:
        del element.attrib[name]
    member = difference(etree.tostring(root), content)
    assert member is not None
    assert found_at(root, member) is element


@given(SEEDS, TREATMENTS, st.data())
def test_what_is_missing_or_added_is_named(
    seed: int, treatment: VatTreatment, data: st.DataObject
) -> None:
    content = document(seed, treatment)
    root = etree.fromstring(content)
    element = data.draw(st.sampled_from(list(root.iter())[1:]))
    parent = element.getparent()
    assert parent is not None
    copy = etree.fromstring(etree.tostring(element))
    if data.draw(st.booleans()):
        parent.append(copy)
    else:
        parent.remove(element)
    assert difference(etree.tostring(root), content) is not None


@pytest.mark.parametrize(
    "extra",
    [
        f'<a:AllowanceCharge xmlns:a="{CAC}"/>',
        f'<b:Note xmlns:b="{CBC}">Pay elsewhere</b:Note>',
        '<Note xmlns="urn:other">x</Note>',
    ],
)
def test_what_the_event_knows_nothing_of_is_named(extra: str) -> None:
    content = document(1, VatTreatment.STANDARD)
    root = etree.fromstring(content)
    root.insert(3, etree.fromstring(extra))
    member = difference(etree.tostring(root), content)
    assert member is not None
    assert member.endswith(("AllowanceCharge", "Note"))


def written_otherwise(content: bytes, random: Random) -> bytes:
    """Return the same document with other prefixes, space, comments and encoding."""
    prefixes: dict[Any, str] = {"c": CBC, "aggregate": CAC}

    def copy(of: etree._Element) -> etree._Element:
        made = etree.Element(of.tag, nsmap=prefixes)
        made.attrib.update(of.attrib)
        made.text = of.text
        for child in of:
            made.append(copy(child))
            if random.random() < 0.1:
                made.append(etree.Comment("nothing"))
        if len(of):
            made.text = "\n\t  "
        return made

    root = copy(etree.fromstring(content))
    schema = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
    root.set(schema, "urn:x x.xsd")
    encoding = random.choice(["UTF-8", "UTF-16", "US-ASCII"])
    if random.random() < 0.5:
        etree.indent(root, "\t")
    written = etree.tostring(root, encoding=encoding, xml_declaration=True)
    assert isinstance(written, bytes)
    return written


@given(SEEDS, TREATMENTS)
def test_the_same_document_written_otherwise_is_the_same(
    seed: int, treatment: VatTreatment
) -> None:
    content = document(seed, treatment)
    assert difference(content, content) is None
    assert difference(written_otherwise(content, Random(seed)), content) is None


def test_amounts_are_compared_as_amounts() -> None:
    content = document(1, VatTreatment.STANDARD)
    root = etree.fromstring(content)
    for each in root.iter():
        if each.get("currencyID"):
            each.text = f" {each.text}00 "
    assert difference(etree.tostring(root), content) is None


def test_an_invoice_is_no_credit_note() -> None:
    random = Random(1)
    kinds: dict[DocumentKind, bytes] = {}
    while len(kinds) < 2:
        made = fact(random, VatTreatment.EXEMPT)
        kinds[made.kind] = write(ehf_document(made, 7))
    invoice, credit = kinds[DocumentKind.INVOICE], kinds[DocumentKind.CREDIT_NOTE]
    assert difference(credit, invoice) == "CreditNote"
    assert difference(invoice, credit) == "Invoice"


@pytest.mark.parametrize(
    "content",
    [b"", b"<a/>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"<x>" * 100_000],
)
def test_what_is_no_document_is_said_so(content: bytes) -> None:
    with pytest.raises(BrokenEhfError):
        difference(content, document(1, VatTreatment.STANDARD))


def send(door: Door, content: bytes, organisation: str = BERGEN, **who: Any) -> Any:
    """Send an EHF in August."""
    who = {"Fagnett_Business_Day": "2026-08-10", **who}
    path = "/v1/received-invoices"
    return door.call("POST", path, content, organisation=organisation, **who)


@pytest.fixture
def ehf(invoiced: Door) -> bytes:
    """Return the EHF of the one document there is."""
    return invoiced.get(f"{INVOICED}/ehf").content


def test_the_payer_registers_what_it_received(invoiced: Door, ehf: bytes) -> None:
    answer = send(invoiced, ehf, actor="kari")
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == INVOICED
    (registered,) = invoiced.get(INVOICED).json()["registrations"]
    assert registered["registered_by"]
    again = send(invoiced, written_otherwise(ehf, Random(1)), actor="ola")
    assert again.status_code == 200, again.text
    assert not again.json()["recorded"]
    assert len(invoiced.get(INVOICED).json()["registrations"]) == 1


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        (b">226250.00</cbc:PayableAmount>", b">226250.01</cbc:PayableAmount>", "ehf_differs", "LegalMonetaryTotal/PayableAmount"),
        (b"<cbc:ID>86011117947<", b"<cbc:ID>15032080119<", "ehf_differs", "PaymentMeans/PayeeFinancialAccount/ID"),
        (BERGEN.encode(), b"993467049", "ehf_differs", "AccountingCustomerParty/Party/EndpointID"),
        (b"<cbc:ID>2026-1<", b"<cbc:ID>2026-2<", "unknown_invoice", "ID"),
        (b"<cbc:ID>2026-1<", b"<cbc:ID>F-17<", "unknown_invoice", "ID"),
        (STAVANGER.encode(), b"983974899", "unknown_invoice", "ID"),
    ],
)  # fmt: skip
def test_what_differs_is_refused_and_nothing_is_kept(
    invoiced: Door, ehf: bytes, old: bytes, new: bytes, code: str, place: str
) -> None:
    assert old in ehf
    answer = send(invoiced, ehf.replace(old, new))
    assert answer.json()["code"] == code
    assert coded(answer.json()["errors"]) == [{"field": place, "code": code}]
    assert not invoiced.get(INVOICED).json()["registrations"]


def test_only_its_payer_registers_it(invoiced: Door, ehf: bytes) -> None:
    answer = send(invoiced, ehf, STAVANGER)
    assert answer.status_code == 403
    assert answer.json()["organisation"] == BERGEN


def test_what_cannot_be_read_is_said_so(invoiced: Door) -> None:
    answer = send(invoiced, b"<a/>")
    assert answer.status_code == 422
    assert answer.json()["code"] == "ehf_unreadable"


def with_file(content: bytes, **changes: str) -> bytes:
    """Embed a file in a document, as suppliers do with time sheets."""
    said = {"encoded": "JVBERi0x\n LjQ=", "more": "", **changes}
    file = (
        f'<cac:AdditionalDocumentReference xmlns:cac="{CAC}" xmlns:cbc="{CBC}">'
        f"<cbc:ID>1</cbc:ID>{said['more']}<cac:Attachment>"
        '<cbc:EmbeddedDocumentBinaryObject mimeCode="application/pdf" '
        f'filename="timeliste.pdf">{said["encoded"]}'
        "</cbc:EmbeddedDocumentBinaryObject></cac:Attachment>"
        "</cac:AdditionalDocumentReference>"
    )
    root = etree.fromstring(content)
    root.insert(8, etree.fromstring(file))
    return etree.tostring(root)


def enveloped(*documents: bytes) -> bytes:
    """Put documents in an envelope, as an access point hands them on."""
    namespace = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
    within = b"".join(
        etree.tostring(etree.fromstring(document)) for document in documents
    )
    header = b"<StandardBusinessDocumentHeader><HeaderVersion>1.0</HeaderVersion>"
    return (
        f'<StandardBusinessDocument xmlns="{namespace}">'.encode()
        + header
        + b"<Sender>0192:1</Sender></StandardBusinessDocumentHeader>"
        + within
        + b"</StandardBusinessDocument>"
    )


def test_a_document_with_a_file_in_an_envelope_is_read_and_the_file_named(
    invoiced: Door, ehf: bytes
) -> None:
    answer = send(invoiced, enveloped(with_file(with_file(ehf))))
    assert answer.status_code == 201, answer.text
    file = {"reference": "1", "filename": "timeliste.pdf", "mime": "application/pdf"}
    assert answer.json()["left_out"] == [{**file, "bytes": 9}] * 2
    again = send(invoiced, ehf)
    assert (again.status_code, again.json()["left_out"]) == (200, [])
    kept = invoiced.node.journal.entries("vest", 0, 1000)
    assert not any(b"timeliste" in row.body or b"JVBER" in row.body for row in kept)


@pytest.mark.parametrize(
    "more",
    [
        "<cbc:DocumentTypeCode>130</cbc:DocumentTypeCode>",
        "<cbc:Note>Pay elsewhere</cbc:Note>",
    ],
)
def test_what_says_more_than_that_it_is_a_file_is_compared(
    invoiced: Door, ehf: bytes, more: str
) -> None:
    answer = send(invoiced, with_file(ehf, more=more))
    assert answer.json()["code"] == "ehf_differs"


def test_a_reference_to_a_file_elsewhere_is_compared_and_never_fetched(
    invoiced: Door, ehf: bytes
) -> None:
    outside = with_file(ehf).replace(b"EmbeddedDocumentBinaryObject", b"URI")
    assert send(invoiced, outside).json()["code"] == "ehf_differs"


def test_in_an_envelope_what_differs_is_named_as_ever(
    invoiced: Door, ehf: bytes
) -> None:
    changed = ehf.replace(b">226250.00</cbc:Pay", b">226250.01</cbc:Pay")
    answer = send(invoiced, enveloped(with_file(changed)))
    assert coded(answer.json()["errors"]) == [
        {"field": "LegalMonetaryTotal/PayableAmount", "code": "ehf_differs"}
    ]


def test_an_envelope_holds_one_document(invoiced: Door, ehf: bytes) -> None:
    for documents in ((), (ehf, ehf), (enveloped(ehf),), (b"<a/>",)):
        answer = send(invoiced, enveloped(*documents))
        assert answer.json()["code"] == "ehf_unreadable", documents
    assert not invoiced.get(INVOICED).json()["registrations"]


def test_files_are_bounded_by_size_and_number(invoiced: Door, ehf: bytes) -> None:
    large = send(invoiced, with_file(ehf, encoded="A" * 6_000_000))
    assert large.status_code in {413, 422}
    root = etree.fromstring(with_file(ehf))
    name = f"{{{CAC}}}AdditionalDocumentReference"
    (file,) = root.findall(name)
    for _ in range(100):
        root.append(etree.fromstring(etree.tostring(file)))
    assert send(invoiced, etree.tostring(root)).json()["code"] == "ehf_unreadable"
