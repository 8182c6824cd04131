"""Which documents are taken: of a few types, told by what is in them.

What is kept is never executed and never shown within a page; so it is enough to know
that it is what its type says, and brings no macros.
"""

import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from email.message import Message
from io import BytesIO
from typing import Final

from federation.documents.salted import PLAIN_TEXT

_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
DOCX: Final = f"{_OFFICE}.wordprocessingml.document"
XLSX: Final = f"{_OFFICE}.spreadsheetml.sheet"
ODT: Final = "application/vnd.oasis.opendocument.text"
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_UTF_8: Final = frozenset({"utf-8", "us-ascii"})
_TAIL_BYTES: Final = 2048
"""Behind a document's end some programs write a little more."""
_PARTS: Final = "[Content_Types].xml"
_PART_BYTES_MAX: Final = 256 * 1024
_DIRECTORY_BYTES_MAX: Final = 512 * 1024
"""Of a zip's list of files: of a document it is a few thousand."""
_INFLATED_BYTES_MAX: Final = 512 * 1024 * 1024
"""Of all files in a zip, as its list has it: whoever opens it has to hold that much."""
_ZIP_END: Final = b"PK\x05\x06"
_ZIP_TAIL_BYTES: Final = 22 + 2**16
"""In which a zip's end is looked for: a comment may follow it."""
_ZIP64_END: Final = b"PK\x06\x07"
_MACROS: Final = re.compile(r"(^|/)(vbaProject\.bin|Basic/|Scripts/)", re.IGNORECASE)
_BROKEN: Final = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, LookupError),
    *(RuntimeError, NotImplementedError),
)


class TypeNotTakenError(ValueError):
    """Documents of this type are not taken."""


class TypeDiffersError(ValueError):
    """A document is not what its type says, or brings macros."""


def media_type_of(said: str, content: bytes) -> str:
    """Type of a document as it is recorded, from what its sender says and what it is.

    Raises :class:`TypeNotTakenError` and :class:`TypeDiffersError`.

    >>> media_type_of("text/plain", "Hensikten med nettverket".encode())
    'text/plain; charset=utf-8'
    """
    header = Message()
    header["content-type"] = said
    charset = str(header.get_content_charset("utf-8"))
    media_type = said.partition(";")[0].strip().lower()
    if media_type not in TAKEN:
        raise TypeNotTakenError
    if not _LOOKS_LIKE[media_type](content) or charset not in _UTF_8:
        raise TypeDiffersError
    return PLAIN_TEXT if media_type == "text/plain" else media_type


def media_type_in(content: bytes) -> str | None:
    """Type of a file by what is in it alone; None where no such type is taken.

    >>> media_type_in(b"Hensikten"), media_type_in(bytes(8))
    ('text/plain; charset=utf-8', None)
    """
    for media_type, looks in sorted(_LOOKS_LIKE.items(), key=_is_plain):
        if looks(content):
            return PLAIN_TEXT if media_type == "text/plain" else media_type
    return None


def _is_plain(taken: tuple[str, object]) -> bool:
    return taken[0] == "text/plain"


def extension_of(media_type: str) -> str:
    """How the name of a document's file ends; of a type that is not known, ``bin``."""
    return TAKEN.get(media_type.partition(";")[0], "bin")


def shown_type(media_type: str) -> str:
    """Type that a document is given back with: what another region says is not trusted."""
    known = media_type == PLAIN_TEXT or media_type in TAKEN
    return media_type if known else "application/octet-stream"


def is_text(content: bytes) -> bool:
    """Whether all of it is text: UTF-8, and no control characters but line ends and tabs."""
    try:
        return _CONTROLS.search(content.decode()) is None
    except UnicodeDecodeError:
        return False


def _is_pdf(content: bytes) -> bool:
    return content.startswith(b"%PDF-") and b"%%EOF" in content[-_TAIL_BYTES:]


def _is_png(content: bytes) -> bool:
    begins = content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR"
    return begins and b"IEND" in content[-_TAIL_BYTES:]


def _is_jpeg(content: bytes) -> bool:
    return content.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in content


def _of_main_part(main: str) -> Callable[[bytes], bool]:
    """What tells a package by the type of its main part (ECMA-376, part 2)."""

    def is_package(content: bytes) -> bool:
        return f"{main}.main+xml".encode() in _member(content, _PARTS)

    return is_package


def _is_odt(content: bytes) -> bool:
    """The type stands in its first file, as it is (ODF 1.3, part 2, 3.3)."""
    begins = content[30:].startswith(b"mimetype" + ODT.encode())
    return begins and _member(content, "mimetype") == ODT.encode()


def _member(content: bytes, name: str) -> bytes:
    """One file of a zip; empty where there is none, or it is no zip that is taken."""
    if not _is_small(content):
        return b""
    try:
        with zipfile.ZipFile(BytesIO(content)) as package:
            inflated = sum(each.file_size for each in package.infolist())
            has_macros = any(_MACROS.search(each) for each in package.namelist())
            if has_macros or inflated > _INFLATED_BYTES_MAX:
                return b""
            with package.open(name) as member:
                return member.read(_PART_BYTES_MAX)
    except _BROKEN:
        return b""


def _is_small(content: bytes) -> bool:
    """Whether the list of a zip's files is one that may be read."""
    tail = content[-_ZIP_TAIL_BYTES:]
    if _ZIP64_END in tail:
        return False
    # Whichever of several ends a reader takes.
    ends = (found.start() for found in re.finditer(re.escape(_ZIP_END), tail))
    sizes = [int.from_bytes(tail[end + 12 : end + 16], "little") for end in ends]
    return bool(sizes) and max(sizes) <= _DIRECTORY_BYTES_MAX


TAKEN: Final[Mapping[str, str]] = {
    "text/plain": "txt",
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    DOCX: "docx",
    XLSX: "xlsx",
    ODT: "odt",
}
"""The types that are taken, and how the names of their files end."""
_LOOKS_LIKE: Final[Mapping[str, Callable[[bytes], bool]]] = {
    "text/plain": is_text,
    "application/pdf": _is_pdf,
    "image/png": _is_png,
    "image/jpeg": _is_jpeg,
    DOCX: _of_main_part(DOCX),
    XLSX: _of_main_part(XLSX),
    ODT: _is_odt,
}
