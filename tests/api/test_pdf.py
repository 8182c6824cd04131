"""Papers say all that they must, as text that can be read out, always in the same bytes."""

import hashlib
import io
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pypdf import PdfReader

from api.pdf.invoice import invoice_paper
from api.pdf.paper import Column, Details, Note, Paper, PaperParty, Table
from api.pdf.typesetting import REPLACEMENT, UNPRINTABLE, printable, typeset
from api.words import Language
from domain.catalogue import decode
from domain.invoicing.billing import BillingCause
from domain.invoicing.sales_document import (
    CreditedDocument,
    DocumentKind,
    InvoicedRestatement,
    InvoiceIssued,
)
from domain.values import VatTreatment
from tests.support.doors import Door
from tests.support.examples import BERGEN, OSLO, STAVANGER
from tests.support.sales import ASSESSED, fact, issued

HOSTILE = (
    '#read("/etc/passwd")',
    "\" \\ ' ` $x^2$ *b* _i_ <l> @ref // /* */ = heading",
    "#panic() #import sys.inputs",
    "x" * 1000,
    "漢字 \u202egnp.exe \U0001f600 \ue000",
    "e\u0301 Áŋŋa Čáhppesgiella",
    "",
)


def text_of(content: bytes) -> str:
    """Return what a reader of a file can copy, with single spaces."""
    pages = PdfReader(io.BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def example(
    treatment: VatTreatment, wanted: Callable[[InvoiceIssued], Any]
) -> InvoiceIssued:
    """Return the same document each time, of a kind."""
    random = Random(1)
    while not wanted(found := fact(random, treatment)):
        pass
    return found


INVOICE = example(
    VatTreatment.STANDARD,
    lambda f: (
        f.kind is DocumentKind.INVOICE and f.account and f.corrects and f.seller.city
    ),
)
CREDIT = example(
    VatTreatment.EXEMPT, lambda f: f.kind is DocumentKind.CREDIT_NOTE and f.vat_reason
)


def test_an_invoice_says_what_the_law_asks_for() -> None:
    content = typeset(invoice_paper(issued(INVOICE), Language.NB))
    text = text_of(content)
    for said in (
        "Faktura 2026-7",
        "10. juli 2026",
        "9. august 2026",
        "Oslo universitetssykehus HF",
        "Kirkeveien 166",
        "Org.nr. 993 467 049 MVA Foretaksregisteret",
        "Helse Bergen HF",
        "Org.nr. 983 974 724",
        "1. apr.–30. juni 2026",
        "KST 4410",
        "ms-ous, versjon 1",
        "r, innsending 1",
        "8601 11 17947",
        INVOICE.kid,
        "Mva. 25 %",
        "Det retter perioden i dokument 2026-3 av 10. april 2026.",
        "Korrigering av tidligere periode",
        "sorost/1/42",
        "Indeks i loggen, fra 0: 41",
        f": {issued(INVOICE).entry.leaf.hex()} Registrert: ",
        "Side 1 av",
    ):
        assert said in text, text


def test_a_credit_note_has_no_due_date_and_says_why_there_is_no_vat() -> None:
    text = text_of(typeset(invoice_paper(issued(CREDIT), Language.NN)))
    assert "Kreditnota 2026-7" in text
    assert "Å godskrive" in text
    assert f"§ 3-2: {CREDIT.vat_reason}" in text
    assert "MVA" not in text
    assert "Forfall" not in text
    assert "Betaling" not in text


def test_a_restatement_says_its_cause_and_a_credit_what_it_credits() -> None:
    line = INVOICE.lines[0]
    restated = InvoicedRestatement(
        period_start=date(2026, 1, 1),
        period_end=date(2026, 3, 31),
        amount_ore=-100,
        cause=BillingCause.STAFFING,
    )
    changed = line.model_copy(update={"restatements": (restated,)})
    credited = CreditedDocument(year=2026, number=3, whole=True)
    said = {"lines": (changed,), "credited": credited, "reason": "Feil periode"}
    document = CREDIT.model_copy(update=said)
    text = text_of(typeset(invoice_paper(issued(document), Language.NB)))
    assert "Korrigering av tidligere periode: endret bemanning" in text
    assert "Det krediterer hele dokument 2026-3." in text
    assert "Begrunnelse Feil periode" in text


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            Language.NB,
            (
                "Nasjonalt nettverk for MS (ms)",
                (
                    "Teaching (lege), 1. juli–31. des. 2026: Dager 1. juli–31. des. 2026: "
                    "184 av 365, av 365 000,00 kr per år, avtaleversjon 1. Påløpt: "
                    "184 000,00 kr. Oppføringer om bemanning som er regnet med: 1."
                ),
                (
                    "Påløpt: 120 000,00 kr. Oppføringer om bemanning som er regnet med: 3. "
                    "Fakturert før: 130 000,00 kr. Ettergitt før: 50 000,00 kr."
                ),
            ),
        ),
        (Language.NN, ("Påkome: 120 000,00 kr.", "Nasjonalt nettverk for MS (ms)")),
        (Language.EN, ("Accrued: 120,000.00 kroner.", "Norwegian National Network")),
    ],
)
def test_an_invoice_says_names_and_how_its_amounts_came_about(
    language: Language, said: tuple[str, ...]
) -> None:
    path = Path(__file__).parents[1] / "golden" / "invoice.issued.v4.json"
    document = decode(path.stem, path.read_bytes())
    assert isinstance(document, InvoiceIssued)
    text = text_of(typeset(invoice_paper(issued(document), language)))
    for each in said:
        assert each in text.replace("\u00a0", " "), text


@pytest.mark.parametrize("treatment", ASSESSED)
@pytest.mark.parametrize("language", Language)
def test_every_document_is_typeset(treatment: VatTreatment, language: Language) -> None:
    random = Random(treatment.value)
    for number in range(1, 11):
        document = fact(random, treatment)
        text = text_of(typeset(invoice_paper(issued(document, number), language)))
        assert f"2026-{number}" in text
        for line in document.lines:
            assert line.post in text
        assert ("MVA" in text) is (treatment is VatTreatment.STANDARD)


def hostile(text: str) -> Paper:
    """Return a paper in which people have written a text wherever they can."""
    columns = [Column("A", share=1), Column("B", share=4), Column("C", amount=True)]
    return Paper(
        language=Language.EN,
        title=f"Agreement {text[:80]}",
        written_at=datetime(2026, 1, 1, tzinfo=UTC),
        author=text,
        footer=text[:80],
        page="{page} of {pages}",
        parties=[PaperParty("Payer", text, [text]), PaperParty("Payee", text, [text])],
        facts=[("Reference", text)] * 3,
        blocks=[
            Details("Facts", [("Reason", text)] * 4),
            Note("Note", [text, text]),
            Table("Table", columns, [[text, text, "1,00"]] * 3, [("Sum", "3,00")]),
        ],
        trace=Details("Trace", [("Entry", text)]),
    )


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_that_is_said_is_read_as_markup(text: str) -> None:
    content = typeset(hostile(text))
    found = text_of(content)
    assert "root:" not in found
    set_text = re.sub(r"\s", "", printable(text))
    assert set_text in re.sub(r"[\s\u200b]", "", found)


def test_every_printable_sign_can_be_set_and_no_other_is_tried() -> None:
    signs = [chr(code) for code in range(32, 0x3000)]
    kept = "".join(sign for sign in signs if not UNPRINTABLE.match(sign))
    assert len(kept) > 900
    assert typeset(hostile(kept)).startswith(b"%PDF-1.7")
    assert printable({"a": ["\x07", "\U0001f600"]}) == {"a": [REPLACEMENT] * 2}


def test_a_long_table_repeats_its_headings_on_every_page() -> None:
    line = INVOICE.lines[0]
    long = INVOICE.model_copy(update={"lines": (line,) * 150})
    content = typeset(invoice_paper(issued(long), Language.NB))
    pages = PdfReader(io.BytesIO(content)).pages
    assert len(pages) > 2
    tables = [page.extract_text() for page in pages[:-1]]
    assert all("Innhold" in each and "Beløp, NOK" in each for each in tables)
    assert f"Side 2 av {len(pages)}" in pages[1].extract_text()


def test_a_paper_is_tagged_and_names_its_language_and_title() -> None:
    reader = PdfReader(io.BytesIO(typeset(invoice_paper(issued(INVOICE), Language.NN))))
    root: Any = reader.trailer["/Root"]
    assert root["/Lang"].startswith("nn")
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712 - the reader's own kind
    assert "/StructTreeRoot" in root
    assert reader.metadata is not None
    assert reader.metadata.title == "Faktura 2026-7"
    assert reader.metadata.creation_date == datetime(2026, 7, 10, 10, tzinfo=UTC)
    xmp = root["/Metadata"].get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in xmp
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp


def test_another_process_typesets_the_same_bytes() -> None:
    program = (
        "import hashlib; from tests.api.test_pdf import *; "
        "made = typeset(invoice_paper(issued(INVOICE), Language.NB)); "
        "print(hashlib.sha256(made).hexdigest())"
    )
    made = typeset(invoice_paper(issued(INVOICE), Language.NB))
    other = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        text=True,
        env={"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LANG": "C"},
    )
    assert other.stdout.strip() == hashlib.sha256(made).hexdigest()


def test_an_invoice_is_asked_for_as_pdf_in_the_callers_language(door: Door) -> None:
    door.invoice()
    path = f"/v1/invoices/{STAVANGER}/2026/1/pdf"
    answer = door.get(path, Accept_Language="nn")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-language"] == "nn"
    assert f'"{STAVANGER}-2026-00001.pdf"' in answer.headers["content-disposition"]
    assert "Seljar" in text_of(answer.content)
    english = door.get(f"{path}?language=en", Accept_Language="nn")
    assert "Seller" in text_of(english.content)
    assert door.get(f"/v1/invoices/{OSLO}/2026/1/pdf").status_code == 404
    assert door.get(f"/v1/invoices/{STAVANGER}/2026/2/pdf").status_code == 404


def test_the_settlement_of_a_trust_is_asked_for_as_pdf(door: Door) -> None:
    door.invoice()
    path = "/v1/settlement/pdf?year=2026&as_of=2026-12-31"
    paid = text_of(door.get(f"{path}&trust={STAVANGER}&language=nb").content)
    pays = text_of(door.get(f"{path}&trust={BERGEN}&language=nb").content)
    every = text_of(door.get(path).content)
    assert f"Avregning 2026, Trust {STAVANGER}" in paid
    assert "Til gode, NOK 226 250,00 Skyldig, NOK 0,00" in paid
    assert "Avtaler som foretaket får betalt etter" in paid
    assert "Avtaler som foretaket betaler etter" in pays
    assert "Netto til gode, NOK \u2212226 250,00" in pays
    assert "Regions, NOK" in every
    assert fingerprint_of(paid) == fingerprint_of(pays) == fingerprint_of(every)


def fingerprint_of(text: str) -> str:
    """Return the fingerprint that stands in a paper."""
    found = re.search(r"\(SHA-256\): ((?:[0-9a-f]{4} ?){16})", text)
    assert found is not None
    return found.group(1).strip()
