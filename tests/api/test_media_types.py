"""Documents of a few types are taken, told by what is in them and not by their names."""

import struct
import zipfile
from io import BytesIO
from typing import Any

import pytest

from api.media_types import (
    DOCX,
    ODT,
    TAKEN,
    XLSX,
    TypeDiffersError,
    TypeNotTakenError,
    extension_of,
    media_type_of,
    shown_type,
)

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"
    + bytes(21)
    + b"\x00\x00\x00\x00IEND\xaeB`\x82"
)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(20) + b"\xff\xd9"
MACRO = "application/vnd.ms-word.document.macroEnabled.main+xml"


def package(*files: tuple[str, str], stored: bool = False) -> bytes:
    """Return a zip of some files."""
    written = BytesIO()
    kind = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(written, "w", kind) as zipped:
        for name, content in files:
            zipped.writestr(name, content)
    return written.getvalue()


def types(main: str) -> tuple[str, str]:
    """Return the list of parts of an Office document."""
    part = f'<Override PartName="/x.xml" ContentType="{main}"/>'
    return "[Content_Types].xml", f"<Types>{part}</Types>"


WORD = package(types(f"{DOCX}.main+xml"), ("word/document2.xml", "<x/>"))
SHEET = package(types(f"{XLSX}.main+xml"), ("xl/workbook.xml", "<x/>"))
OPEN = package(("mimetype", ODT), ("content.xml", "<x/>"), stored=True)
GOOD: dict[str, tuple[str, bytes]] = {
    "a text": ("text/plain", "Å møtast\r\n\tofte".encode()),
    "a text by its charset": ("text/plain;charset=UTF-8", b"x"),
    "a text with a mark": ("Text/Plain", b"\xef\xbb\xbfx"),
    "a PDF": ("application/pdf", PDF),
    "a PDF with a little more": ("application/pdf", PDF + b"\n\n\0"),
    "a PNG": ("image/png", PNG),
    "a JPEG": ("image/jpeg", JPEG),
    "a letter": (DOCX, WORD),
    "a workbook": (XLSX, SHEET),
    "an open text": (ODT, OPEN),
}


@pytest.mark.parametrize("what", GOOD)
def test_what_is_as_it_says_is_taken(what: str) -> None:
    said, content = GOOD[what]
    media_type = said.partition(";")[0].lower()
    if media_type == "text/plain":
        media_type = "text/plain; charset=utf-8"
    assert media_type_of(said, content) == media_type


@pytest.mark.parametrize("media_type", TAKEN)
@pytest.mark.parametrize(
    "content", [b"x\0", b"<html>\0", bytes(40), b"PK\x03\x04" + bytes(40)]
)
def test_what_is_anything_is_no_type(media_type: str, content: bytes) -> None:
    with pytest.raises(TypeDiffersError):
        media_type_of(media_type, content)


def test_no_type_is_taken_for_another() -> None:
    by_type = {
        said.partition(";")[0].lower(): content for said, content in GOOD.values()
    }
    for media_type in by_type.keys() - {"text/plain"}:
        for other in by_type.keys() - {media_type}:
            with pytest.raises(TypeDiffersError):
                media_type_of(media_type, by_type[other])


@pytest.mark.parametrize(
    "said",
    [
        *("", "text", "text/html", "image/svg+xml", "application/zip", "*/*"),
        *("application/msword", "application/x-sh", "text/plain/../html"),
    ],
)
def test_other_types_are_not_taken(said: str) -> None:
    with pytest.raises(TypeNotTakenError):
        media_type_of(said, b"x")


def spoiled(content: bytes, old: bytes, new: bytes) -> bytes:
    """Return a document in which something is otherwise."""
    assert old in content
    return content.replace(old, new)


def bomb() -> bytes:
    """Return a package whose list of parts unpacks to far more than is read."""
    return package(("[Content_Types].xml", " " * 50_000_000), ("word/document.xml", ""))


def many() -> bytes:
    """Return a package of more files than a document has."""
    return package(types(f"{DOCX}.main+xml"), *((f"{n}" * 9, "") for n in range(9_000)))


def zip64() -> bytes:
    """Return a package whose true list of files stands elsewhere."""
    return WORD[:-22] + b"PK\x06\x07" + bytes(16) + WORD[-22:]


def two_ends() -> bytes:
    """Return a package with a second end in its comment, of a list without end."""
    end = b"PK\x05\x06" + bytes(8) + struct.pack("<II", 2**31, 0) + b"\0\0"
    head = bytearray(WORD)
    head[-2:] = struct.pack("<H", len(end))
    return bytes(head) + end


BAD: dict[str, tuple[str, Any]] = {
    "a text in another charset": ("text/plain; charset=latin1", b"x"),
    "no UTF-8": ("text/plain", b"\xe5"),
    "a control character": ("text/plain", b"x\x1b[31m"),
    "a PDF that is cut": ("application/pdf", PDF[:-7]),
    "a PDF behind something": ("application/pdf", b"MZ" + PDF),
    "a PNG that is cut": ("image/png", PNG[:-9]),
    "a JPEG that is cut": ("image/jpeg", JPEG[:-2]),
    "a letter with macros": (DOCX, package(types(MACRO), ("word/document.xml", ""))),
    "a letter that hides macros": (
        DOCX,
        package(types(f"{DOCX}.main+xml"), ("word/vbaProject.bin", "")),
    ),
    "an open text with macros": (
        ODT,
        package(("mimetype", ODT), ("Basic/Standard/a.xml", ""), stored=True),
    ),
    "an open text whose type is packed": (ODT, package(("mimetype", ODT))),
    "a template": (ODT, package(("mimetype", ODT + "-template"), stored=True)),
    "a letter that is cut": (DOCX, WORD[:-30]),
    "a damaged letter": (
        DOCX,
        spoiled(WORD, b"[Content_Types].xml", b"[content_Types].xml"),
    ),
    "a letter without parts": (DOCX, package(("word/document.xml", "<x/>"))),
    "a bomb": (DOCX, bomb),
    "many files": (DOCX, many),
    "a list elsewhere": (DOCX, zip64),
    "two ends": (DOCX, two_ends),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_not_as_it_says_is_refused(what: str) -> None:
    said, made = BAD[what]
    with pytest.raises(TypeDiffersError):
        media_type_of(said, made() if callable(made) else made)


def test_what_another_region_says_of_a_type_is_not_trusted() -> None:
    assert shown_type("text/plain; charset=utf-8") == "text/plain; charset=utf-8"
    assert shown_type("application/pdf") == "application/pdf"
    for odd in (
        "text/html",
        "text/plain; charset=utf-7",
        "a/b\r\nX: y",
        "image/svg+xml",
        "",
    ):
        assert shown_type(odd) == "application/octet-stream"
    assert extension_of("text/plain; charset=utf-8") == "txt"
    assert extension_of("../../x") == "bin"


def test_what_is_small_and_would_fill_a_machine_is_not_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    letter = package(types(f"{DOCX}.main+xml"), ("word/document.xml", " " * 5000))
    assert media_type_of(DOCX, letter) == DOCX
    monkeypatch.setattr("api.media_types._INFLATED_BYTES_MAX", 5000)
    with pytest.raises(TypeDiffersError):
        media_type_of(DOCX, letter)
