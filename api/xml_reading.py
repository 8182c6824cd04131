"""Reading XML of strangers: bounded, whole, and nothing outside it is looked at."""

from typing import Final
from xml.parsers import expat

from lxml import etree

BYTES_MAX: Final = 5 * 1024 * 1024
_ENCODINGS: Final = frozenset(
    {"utf-8", "utf-16", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252"}
)


_START_BYTES: Final = 64 * 1024
"""Within these the first element has begun."""


class BrokenXmlError(Exception):
    """Bytes are not XML that is read here; says why, with a code and the place."""

    def __init__(self, message: str, code: str, place: str = "/") -> None:
        super().__init__(message)
        self.code = code
        self.place = place


def root_of(content: bytes) -> etree._Element:
    """Root of a document; raise :class:`BrokenXmlError`, also for any document type."""
    if len(content) > BYTES_MAX:
        message = f"a document of {len(content)} bytes is too large"
        raise BrokenXmlError(message, "too_large")
    _look_at_start(content)
    # A comment within a text would end what is read of it: 1<!-- -->00 is 100.
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        message, place = f"not XML: line {error.lineno}", f"line {error.lineno}"
        raise BrokenXmlError(message, "not_xml", place) from None
    return root


class _StartedError(Exception):
    """The first element has come."""


def _look_at_start(content: bytes) -> None:
    """Refuse a document type before anything of it is read: its length is its cost."""

    def declared(_version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in _ENCODINGS:
            message = "an encoding that is not read here"
            raise BrokenXmlError(message, "not_xml", "line 1")

    def typed(*_: object) -> None:
        message = "a document type is not allowed"
        raise BrokenXmlError(message, "document_type")

    def started(*_: object) -> None:
        raise _StartedError

    parser = expat.ParserCreate()
    parser.XmlDeclHandler = declared
    parser.StartDoctypeDeclHandler = typed
    parser.StartElementHandler = started
    try:
        parser.Parse(content[:_START_BYTES], len(content) <= _START_BYTES)
    except _StartedError:
        return
    except expat.ExpatError as error:
        message, place = f"not XML: line {error.lineno}", f"line {error.lineno}"
        raise BrokenXmlError(message, "not_xml", place) from None
    message = "no element begins where one should"
    raise BrokenXmlError(message, "not_xml", "line 1")
