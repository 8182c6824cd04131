"""Workbooks made of their parts, as programs write them and as nobody should."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def relations(**kinds: str) -> str:
    """Return a part of relations: each by its kind."""
    listed = "".join(
        f'<Relationship Id="{kind}" Type="{_OFFICE}/{kind.rstrip("0123456789")}"'
        f' Target="{target}"/>'
        for kind, target in kinds.items()
    )
    return f'<Relationships xmlns="{_PACKAGE}">{listed}</Relationships>'


def parts(  # noqa: PLR0913 - what a workbook may have
    rows: str,
    *,
    name: str = "credits",
    around: tuple[str, str] = ("", ""),
    book: str = "",
    state: str = "visible",
    texts: str = "",
    formats: tuple[str, ...] = (),
) -> dict[str, str]:
    """Return the parts of a workbook of one sheet.

    ``rows`` and what is ``around`` them are XML; the style n + 1 has the n-th format.
    """
    codes = "".join(
        f'<numFmt numFmtId="{200 + n}" formatCode="{code.replace(chr(34), "&quot;")}"/>'
        for n, code in enumerate(formats)
    )
    styles = "".join(f'<xf numFmtId="{200 + n}"/>' for n in range(len(formats)))
    return {
        "_rels/.rels": relations(officeDocument="xl/workbook.xml"),
        "xl/_rels/workbook.xml.rels": relations(
            worksheet="worksheets/sheet1.xml",
            sharedStrings="sharedStrings.xml",
            styles="/xl/styles.xml",
        ),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{book}'
        f'<sheets><sheet name="{name}" sheetId="1" state="{state}" r:id="worksheet"/>'
        "</sheets></workbook>",
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{texts}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><numFmts>{codes}</numFmts>'
        '<cellStyleXfs><xf numFmtId="9"/></cellStyleXfs>'
        f'<cellXfs><xf numFmtId="0"/>{styles}</cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}">{around[0]}'
        f"<sheetData>{rows}</sheetData>{around[1]}</worksheet>",
    }


def text(value: str, attributes: str = "") -> str:
    """Return a cell with text of its own."""
    return f'<c t="inlineStr"{attributes}><is><t>{value}</t></is></c>'


def row(*cells: str, attributes: str = "") -> str:
    """Return a row of cells that are XML, or text where they are none."""
    made = (cell if cell.startswith("<c") else text(cell) for cell in cells)
    return f"<row{attributes}>{''.join(made)}</row>"


def write(path: Path, content: Mapping[str, str]) -> None:
    """Write a workbook."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for part, said in content.items():
            file.writestr(part, said)
