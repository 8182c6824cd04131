"""Excel workbooks (ECMA-376): their sheets, of which nothing is read before it is asked.

They are read from their parts, since what a cell shows is not what libraries give: an
error is no empty cell, nor is a formula that was never computed, and 20 % is no 0.2.
A part is read as it comes and nothing of it is kept, so that a hostile one costs no
more than its size, which is bounded.
"""

import posixpath
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final, NamedTuple, cast

from lxml import etree

from deploy.year.lines import (
    FolderError,
    Layout,
    LineTable,
    ReadAllowance,
    TableLine,
    printable_name,
)
from deploy.year.sheet_cells import SheetCells
from deploy.year.sheet_parts import (
    BrokenPartError,
    PackagePart,
    Relation,
    Relations,
    SharedTexts,
    Styles,
    WorkbookPart,
)

PARTS_MAX: Final = 2000
SHEETS_MAX: Final = 256
_CHUNK_BYTES: Final = 64 * 1024
_PACKED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED: Final = 0x1
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""What Excel puts around a workbook with a password, and before 2007 around all."""
_BROKEN: Final = (
    BrokenPartError,
    EOFError,
    OSError,
    NotImplementedError,
    UnicodeError,
    etree.XMLSyntaxError,
    zipfile.BadZipFile,
    zlib.error,
)


class WorkbookSheet(NamedTuple):
    """One sheet of a workbook, not yet read."""

    name: str
    hidden: bool
    part: str


class Workbook:
    """A workbook that is open; what is broken in it raises :class:`FolderError`."""

    def __init__(self, file: BinaryIO, name: str, allowance: ReadAllowance) -> None:
        self._name = name
        self._allowance = allowance
        if file.read(len(_COMPOUND)) == _COMPOUND:
            raise FolderError("locked", file=name)
        file.seek(0)
        try:
            self._zip = zipfile.ZipFile(file)
            self._parts = self._listed()
            main = self._main()
            self._book = WorkbookPart()
            self._read(main, self._book)
            self._related = self._relations(main)
        except _BROKEN as error:
            raise self._broken(error) from None
        if len(self._book.sheets) > SHEETS_MAX:
            raise FolderError("too_many_parts", file=name, max=SHEETS_MAX)

    @property
    def sheets(self) -> Iterator[WorkbookSheet]:
        """The sheets that have cells, in their order."""
        for name, hidden, relation in self._book.sheets:
            to = self._related.get(relation)
            if to is not None and to.kind == "worksheet":
                yield WorkbookSheet(name, hidden, to.part)

    def place(self, sheet: WorkbookSheet) -> str:
        """Where a sheet stands, as Excel writes it."""
        return f"[{self._name}]{printable_name(sheet.name)}"

    def table(self, sheet: WorkbookSheet) -> LineTable:
        """Lines of a sheet, which are read as they are taken."""
        layout = Layout(hidden=sheet.hidden)
        return LineTable(self.place(sheet), self._lines(sheet, layout), layout)

    def _lines(self, sheet: WorkbookSheet, layout: Layout) -> Iterator[TableLine]:
        texts, styles = SharedTexts(), Styles()
        try:
            for part in _of_kind(self._related, "sharedStrings"):
                self._read(part, texts)
            for part in _of_kind(self._related, "styles"):
                self._read(part, styles)
            cells = SheetCells(texts, styles, self._book, layout)
            for _ in self._fed(sheet.part, cells):
                for line in cells.taken():
                    self._allowance.take(self._name, rows=1)
                    yield line
        except _BROKEN as error:
            raise self._broken(error) from None

    def _broken(self, error: BaseException) -> FolderError:
        cause = printable_name(str(error))
        return FolderError("not_a_workbook", file=self._name, cause=cause)

    def _listed(self) -> Mapping[str, zipfile.ZipInfo]:
        """Parts by name, before any of them is unpacked."""
        listed = self._zip.infolist()
        if len(listed) > PARTS_MAX:
            raise FolderError("too_many_parts", file=self._name, max=PARTS_MAX)
        # The names of parts are the same in any case (ECMA-376 part 2, 6.2.2).
        parts = {part.filename.lower(): part for part in listed}
        if len(parts) < len(listed):
            message = "a part stands twice in it"
            raise BrokenPartError(message)
        size = sum(part.file_size for part in listed)
        self._allowance.take(self._name, size=size)
        return parts

    def _main(self) -> str:
        for part in _of_kind(self._relations(""), "officeDocument"):
            return part
        message = "it names no workbook"
        raise BrokenPartError(message)

    def _relations(self, part: str) -> Mapping[str, Relation]:
        folder, name = posixpath.split(part)
        relations = Relations(folder)
        self._read(posixpath.join(folder, "_rels", f"{name}.rels"), relations)
        return relations.found

    def _read(self, part: str, target: PackagePart) -> None:
        for _ in self._fed(part, target):
            pass

    def _fed(self, part: str, target: PackagePart) -> Iterator[None]:
        """Feed a part to what reads it, piece by piece."""
        info = self._parts.get(part.lower())
        if info is None:
            message = f"{part} is missing"
            raise BrokenPartError(message)
        if info.compress_type not in _PACKED or info.flag_bits & _ENCRYPTED:
            message = f"{part} is not packed as a workbook's parts are"
            raise BrokenPartError(message)
        parser: etree.XMLParser = etree.XMLParser(
            target=cast("Any", target),  # its stubs ask for more than is called
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            remove_comments=True,
            remove_pis=True,
        )
        tags = sum(chunk.count(b"<") for chunk in self._chunks(info))
        self._allowance.take(self._name, tags=tags)
        for chunk in self._chunks(info):
            parser.feed(chunk)
            yield
        parser.close()
        yield

    def _chunks(self, part: zipfile.ZipInfo) -> Iterator[bytes]:
        """Unpack a part; what is more than it said is an error."""
        with self._zip.open(part) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                yield chunk


def _of_kind(relations: Mapping[str, Relation], kind: str) -> list[str]:
    """The one part of a kind that there may be."""
    return [to.part for to in relations.values() if to.kind == kind][:1]
