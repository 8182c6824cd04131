"""The parts of a workbook beside its sheets, as lxml's parser tells them."""

import posixpath
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from typing_extensions import override

from api.written.csv_text import LONG_CHARACTERS_MAX
from deploy.year.lines import BLANK, SeenCell, seen_cell
from deploy.year.number_formats import BUILT_IN, NumberFormat, number_format

TEXTS_MAX: Final = 1_000_000
_PLACE_DIGITS: Final = 7
STYLES_MAX: Final = 65_536
RELATIONS_MAX: Final = 10_000
_CODE_CHARACTERS_MAX: Final = 255
_TRUE: Final = ("1", "true")
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SURROGATES: Final = range(0xD800, 0xE000)


class BrokenPartError(Exception):
    """A part is not what a workbook has there."""


@lru_cache(maxsize=256)
def local(name: str) -> str:
    """Name without its namespace, of which there are two (strict or not)."""
    return name.rpartition("}")[2]


def is_true(attributes: Mapping[str, str], name: str) -> bool:
    """Whether an attribute is there and true."""
    return attributes.get(name) in _TRUE


def cell_text(text: str) -> SeenCell:
    """Text that stands in a cell, also one without any character.

    A formula that gives none leaves that when it is pasted as its value. Characters
    that XML does not hold are escaped (22.4.2.4).
    """
    unescaped = _ESCAPED.sub(_character, text)
    return seen_cell(unescaped[: LONG_CHARACTERS_MAX + 1]) if unescaped else BLANK


def _character(escaped: re.Match[str]) -> str:
    code = int(escaped[1], 16)
    return escaped[0] if code in _SURROGATES else chr(code)


class PackagePart:
    """Is told a part's elements as they come."""

    def __init__(self) -> None:
        self._text: list[str] | None = None
        self._left = 0

    def doctype(self, *_: str | None) -> None:
        """Refuse what declares entities."""
        message = "a document type is not allowed"
        raise BrokenPartError(message)

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Look at an element that begins."""

    def end(self, tag: str) -> None:
        """Look at an element that ends."""

    def data(self, text: str) -> None:
        """Keep text where it is wanted, as much as a cell may have and one more."""
        if self._text is not None and self._left > 0:
            self._text.append(text[: self._left])
            self._left -= len(text)

    def close(self) -> None:
        """Do nothing at the end."""

    def _begin_text(self) -> None:
        self._text = []
        self._left = LONG_CHARACTERS_MAX + 1

    def _end_text(self) -> str:
        text, self._text = "".join(self._text or ()), None
        return text


class Relation(NamedTuple):
    """Another part that one is about."""

    kind: str
    part: str


class Relations(PackagePart):
    """What a part in a folder is related to, by the relation's name."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = folder
        self.found: dict[str, Relation] = {}

    @override
    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Keep a relation."""
        if local(tag) != "Relationship" or attributes.get("TargetMode") == "External":
            return
        if len(self.found) >= RELATIONS_MAX:
            message = "too many relations"
            raise BrokenPartError(message)
        target = posixpath.join("/", self._folder, attributes.get("Target", ""))
        kind = attributes.get("Type", "").rpartition("/")[2]
        part = posixpath.normpath(target).lstrip("/")
        self.found[attributes.get("Id", "")] = Relation(kind, part)


class WorkbookPart(PackagePart):
    """The workbook itself."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[tuple[str, bool, str]] = []
        """Name, whether it is hidden, and the relation to its part."""
        self.from_1904 = False
        self.uncomputed = False
        """Whether its formulas are to be computed before anybody looks."""

    @override
    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Keep a sheet, or how days and formulas are computed."""
        name = local(tag)
        if name == "sheet":
            ids = [value for key, value in attributes.items() if local(key) == "id"]
            if len(self.sheets) < RELATIONS_MAX:
                hidden = attributes.get("state", "visible") != "visible"
                self.sheets.append((attributes.get("name", ""), hidden, "".join(ids)))
        elif name == "workbookPr":
            self.from_1904 = is_true(attributes, "date1904")
        elif name == "calcPr":
            self.uncomputed = is_true(attributes, "fullCalcOnLoad")


class Styles(PackagePart):
    """The number format of each style of cells."""

    def __init__(self) -> None:
        super().__init__()
        self._within = ""
        self._codes: dict[str, str] = {str(n): code for n, code in BUILT_IN.items()}
        self._of_style: list[str] = []

    @override
    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Keep a format's code, or the format of the next style."""
        name = local(tag)
        if name in ("numFmts", "cellXfs"):
            self._within = name
        elif name == "numFmt" and self._within == "numFmts":
            code = attributes.get("formatCode", "")[: _CODE_CHARACTERS_MAX + 1]
            self._codes[attributes.get("numFmtId", "")[:10]] = code
        elif name == "xf" and self._within == "cellXfs":
            self._of_style.append(attributes.get("numFmtId", "0")[:10])
        if max(len(self._codes), len(self._of_style)) > STYLES_MAX:
            message = "too many styles"
            raise BrokenPartError(message)

    @override
    def end(self, tag: str) -> None:
        """Leave a list."""
        if local(tag) == self._within:
            self._within = ""

    def number_format(self, style: str) -> NumberFormat:
        """How numbers show in cells of a style; what is unknown hides them."""
        if (
            style.isascii()
            and style.isdigit()
            and len(style) < len(str(STYLES_MAX)) + 1
        ):
            of_style = self._of_style[int(style) : int(style) + 1]
            number = of_style[0] if of_style else ("0" if style == "0" else "")
            return number_format(self._codes.get(number, ""))
        return number_format("")


class SharedTexts(PackagePart):
    """The texts that cells name by number."""

    def __init__(self) -> None:
        super().__init__()
        self._all: list[SeenCell] = []
        self._parts: list[str] = []
        self._phonetic = 0

    @override
    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Begin a text, or a run of one; how it is pronounced is not a part of it."""
        name = local(tag)
        if name == "si":
            self._parts = []
        elif name == "rPh":
            self._phonetic += 1
        elif name == "t" and not self._phonetic:
            self._begin_text()

    @override
    def end(self, tag: str) -> None:
        """Keep a text that is whole."""
        name = local(tag)
        if name == "t" and self._text is not None:
            self._parts.append(self._end_text())
        elif name == "rPh":
            self._phonetic -= 1
        elif name == "si":
            if len(self._all) >= TEXTS_MAX:
                message = "too many texts"
                raise BrokenPartError(message)
            self._all.append(cell_text("".join(self._parts)))

    def text(self, number: str) -> SeenCell:
        """Text of a shared string, by its number as written."""
        is_place = (
            number.isascii() and number.isdigit() and len(number) <= _PLACE_DIGITS
        )
        if is_place and int(number) < len(self._all):
            return self._all[int(number)]
        message = "a cell names a text that is not there"
        raise BrokenPartError(message)
