"""Hostile files: each ends with one sentence and exit code 2, and costs little."""

import os
import re
import socket
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.year.columns import FormColumn
from deploy.year.folder import FILE_BYTES_MAX, FILES_MAX, read_year
from deploy.year.forms import BY_NAME
from deploy.year.lines import BYTES_MAX, ROWS_MAX, FolderError
from deploy.year.workbook import PARTS_MAX, SHEETS_MAX
from tests.support import workbooks
from tests.support.hostile import run
from tests.support.workbooks import row

ROOT = Path(__file__).parents[2]
YEAR = ROOT / "tests" / "data" / "journals" / "v1" / "year.ndjson"
SECONDS = 250
CREDITS = [column.name for column in BY_NAME["credits"].columns]


def book(folder: Path, rows: str = "", **changed: str) -> None:
    """Write a workbook, with some parts as they are given."""
    header = row(*CREDITS)
    content = workbooks.parts(header + rows) | changed
    workbooks.write(folder / "credits.xlsx", content)


SHEET = "xl/worksheets/sheet1.xml"


def part(folder: Path, name: str, begin: str, again: str, end: str, times: int) -> None:
    """Write a workbook of which one part says one thing many times over."""
    content = workbooks.parts("")
    with zipfile.ZipFile(
        folder / "credits.xlsx", "w", zipfile.ZIP_DEFLATED, compresslevel=1
    ) as file:
        for each, said in content.items():
            if each != name:
                file.writestr(each, said)
        with file.open(name, "w", force_zip64=True) as stream:
            stream.write(begin.encode())
            for _ in range(times // 10_000):
                stream.write((again * 10_000).encode())
            stream.write(end.encode())


def namespaced(name: str) -> str:
    return f'<{name} xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'


def header() -> str:
    return namespaced("worksheet") + "<sheetData>" + row(*CREDITS)


def too_much(folder: Path) -> None:
    part(folder, SHEET, header(), " " * 1000, "</sheetData></worksheet>", 300_000)


def many_elements(folder: Path) -> None:
    part(folder, SHEET, header(), "<x/>", "</sheetData></worksheet", 30_000_000)


def many_cells(folder: Path) -> None:
    again, end = "<c><v>1</v></c>", "</row></sheetData></worksheet"
    part(folder, SHEET, header() + "<row>", again, end, 10_000_000)


def many_texts(folder: Path) -> None:
    begin = namespaced("sst")
    part(folder, "xl/sharedStrings.xml", begin, "<si/>", "</sst>", 2_000_000)


def long_text(folder: Path) -> None:
    begin, end = namespaced("sst") + "<si><t>", "</t></si></sst>"
    part(folder, "xl/sharedStrings.xml", begin, "x" * 1000, end, 100_000)


def deep(folder: Path) -> None:
    part(folder, SHEET, header(), "<x>", "", 1_000_000)


def many_styles(folder: Path) -> None:
    begin = namespaced("styleSheet") + "<cellXfs>"
    again = '<xf numFmtId="1"/>'
    part(folder, "xl/styles.xml", begin, again, "</cellXfs></styleSheet>", 1_000_000)


def many_sheets(folder: Path) -> None:
    content = workbooks.parts("")
    sheets = "".join(
        f'<sheet name="s{n}" sheetId="{n}" r:id="worksheet"/>'
        for n in range(SHEETS_MAX + 1)
    )
    whole = content["xl/workbook.xml"].replace("</sheets>", f"{sheets}</sheets>")
    workbooks.write(folder / "credits.xlsx", content | {"xl/workbook.xml": whole})


def many_parts(folder: Path) -> None:
    extra = {f"xl/media/{n}.png": "" for n in range(PARTS_MAX)}
    workbooks.write(folder / "credits.xlsx", workbooks.parts("") | extra)


def many_listed(folder: Path) -> None:
    count = 200_000
    listed = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", *[20, 0] * 2, *[0] * 14)
    listed = listed[:28] + b"\1\0" + listed[30:] + b"a"
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(listed) * count, 0, 0)
    (folder / "credits.xlsx").write_bytes(listed * count + end)


def twice(folder: Path) -> None:
    workbooks.write(folder / "credits.xlsx", workbooks.parts(""))
    with zipfile.ZipFile(folder / "credits.xlsx", "a") as file:
        file.writestr(SHEET.upper(), "<worksheet/>")


def within(folder: Path) -> None:
    """A workbook within a workbook is no sheet."""
    book(folder)
    content = (folder / "credits.xlsx").read_bytes()
    workbooks.write(folder / "credits.xlsx", {"[Content_Types].xml": "<Types/>"})
    with zipfile.ZipFile(folder / "credits.xlsx", "a") as file:
        file.writestr("xl/workbook.xml", content)


def packed_otherwise(folder: Path) -> None:
    with zipfile.ZipFile(folder / "credits.xlsx", "w", zipfile.ZIP_LZMA) as file:
        for name, said in workbooks.parts("").items():
            file.writestr(name, said)


def lies_of_its_size(folder: Path) -> None:
    book(folder, row("a") * 1000)
    content = (folder / "credits.xlsx").read_bytes()
    place = content.rindex(b"PK\1\2")
    shorter = struct.pack("<L", 1000)
    changed = content[: place + 24] + shorter + content[place + 28 :]
    (folder / "credits.xlsx").write_bytes(changed)


def declares_entities(folder: Path) -> None:
    content = workbooks.parts(row(*CREDITS))[SHEET]
    entities = "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">'
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    doctype = f'<!DOCTYPE worksheet [<!ENTITY a "aaaaaaaaaa">{entities}]>'
    book(folder, **{SHEET: doctype + content.replace("agreement", "&i;", 1)})


def reads_another_file(folder: Path) -> None:
    content = workbooks.parts(row(*CREDITS))[SHEET]
    doctype = '<!DOCTYPE worksheet [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    book(folder, **{SHEET: doctype + content.replace("agreement", "&a;", 1)})


def cut(folder: Path) -> None:
    book(folder, row("a") * 1000)
    content = (folder / "credits.xlsx").read_bytes()
    (folder / "credits.xlsx").write_bytes(content[: len(content) // 2])


def rows_out_of_order(folder: Path) -> None:
    book(folder, '<row r="5"/><row r="4"/>')


def cells_out_of_order(folder: Path) -> None:
    book(folder, '<row r="5"><c r="B5"/><c r="A5"/></row>')


def merged_all_over(folder: Path) -> None:
    merges = '<mergeCell ref="A1:F1048576"/>' * 20_000
    cells = ["a", "2026-01-01", "p", "1.00", "Why", "2026-07-01"]
    rows = row(*CREDITS) + row(*cells, attributes=' r="200000"')
    content = workbooks.parts(rows, around=("", merges))
    workbooks.write(folder / "credits.xlsx", content)


def large(folder: Path) -> None:
    with (folder / "credits.csv").open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 1)


def many_lines(folder: Path) -> None:
    lines = "a,b\n" * (ROWS_MAX + 1)
    (folder / "credits.csv").write_text(",".join(CREDITS) + "\n" + lines)


def long_line(folder: Path) -> None:
    (folder / "credits.csv").write_text(",".join(CREDITS) + "\n" + "x" * 10_000_000)


def wide_line(folder: Path) -> None:
    (folder / "credits.csv").write_text("," * 30_000_000)


def nothing_but_zeros(folder: Path) -> None:
    (folder / "credits.csv").write_bytes(bytes(10_000_000))


def pipe(folder: Path) -> None:
    os.mkfifo(folder / "credits.csv")


def pipe_of_a_workbook(folder: Path) -> None:
    os.mkfifo(folder / "credits.xlsx")


def link(folder: Path) -> None:
    (folder / "credits.csv").symlink_to("/etc/hostname")


def device(folder: Path) -> None:
    (folder / "credits.xlsx").symlink_to("/dev/zero")


def folder_of_that_name(folder: Path) -> None:
    (folder / "credits.csv").mkdir()


def door(folder: Path) -> None:
    here = Path.cwd()
    os.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("credits.csv")
    os.chdir(here)


def many_files(folder: Path) -> None:
    for number in range(FILES_MAX + 1):
        (folder / f"{number}.txt").touch()


HOSTILE: dict[Callable[[Path], None], str] = {
    too_much: "there is too much in the folder",
    many_elements: "there is too much in the folder",
    many_cells: "there is too much in the folder",
    many_texts: "too many texts",
    long_text: "the header line lacks: agreement",
    deep: "cannot be read as an Excel workbook",
    many_styles: "too many styles",
    many_sheets: f"more than {SHEETS_MAX} files, parts or sheets",
    many_parts: f"more than {PARTS_MAX} files, parts or sheets",
    many_listed: f"more than {PARTS_MAX} files, parts or sheets",
    twice: "a part stands twice in it",
    within: "cannot be read as an Excel workbook",
    packed_otherwise: "is not packed as a workbook's parts are",
    lies_of_its_size: "cannot be read as an Excel workbook",
    declares_entities: "a document type is not allowed",
    reads_another_file: "a document type is not allowed",
    cut: "cannot be read as an Excel workbook",
    rows_out_of_order: "the row after 5 has no number of its own",
    cells_out_of_order: "the cells of row 5 are not in order",
    merged_all_over: "there is too much in the folder",
    large: f"is larger than {FILE_BYTES_MAX // 1024**2} MB",
    many_lines: "there is too much in the folder",
    long_line: "this is not CSV",
    wide_line: "this is not CSV",
    nothing_but_zeros: "the letters are neither in UTF-8 nor in Windows-1252",
    pipe: "credits.csv is not a regular file",
    pipe_of_a_workbook: "credits.xlsx is not a regular file",
    link: "credits.csv is not a regular file",
    device: "credits.xlsx is not a regular file",
    folder_of_that_name: "credits.csv is not a regular file",
    door: "credits.csv is not a regular file",
    many_files: f"more than {FILES_MAX} files, parts or sheets",
}


def test_a_hostile_folder_ends_with_one_sentence(tmp_path: Path) -> None:
    folders: list[Path] = []
    for make in HOSTILE:
        folder = tmp_path / make.__name__
        folder.mkdir()
        for name in ("organisations", "networks"):
            columns: tuple[FormColumn, ...] = BY_NAME[name].columns
            header = ",".join(column.name for column in columns)
            (folder / f"{name}.csv").write_text(f"{header}\n")
        make(folder)
        folders.append(folder)
    asked: list[list[str | Path]] = [["settle", folder] for folder in folders]
    ended = run(*asked)
    for (make, said), (code, told) in zip(HOSTILE.items(), ended, strict=True):
        assert (make.__name__, code) == (make.__name__, 2), told
        assert said in told, make.__name__
        assert len(told.splitlines()) == 1, told
    assert BYTES_MAX < 300_000 * 1000, "there was too much in it"


def test_whatever_a_part_of_a_workbook_says_it_is_read_or_refused(
    tmp_path: Path,
) -> None:
    """Each part left out or emptied, and each value in it as nobody writes it."""
    content = workbooks.parts(
        row(*CREDITS, '<c r="Z1" t="s" s="1"><v>0</v></c>'),
        texts="<si><t>x</t></si>",
        formats=("0.00",),
    )
    changed = [{**content, name: ""} for name in content]
    changed += [{n: s for n, s in content.items() if n != name} for name in content]
    for name, said in content.items():
        for value in re.finditer(r'(?<==")[^"]*|(?<=>)[^<]+', said):
            changed += [
                {**content, name: said[: value.start()] + other + said[value.end() :]}
                for other in ("", "-1", "x", "9" * 5000)
            ]
    path, refused = tmp_path / "credits.xlsx", 0
    for each in changed:
        workbooks.write(path, each)
        try:
            read_year(path, whole=False)
        except FolderError:
            refused += 1
    assert 50 < refused < len(changed)


def test_a_text_is_not_counted_from_the_end(tmp_path: Path) -> None:
    rows = row(*CREDITS) + row('<c t="s"><v>-1</v></c>')
    content = workbooks.parts(rows, texts="<si><t>x</t></si>")
    workbooks.write(tmp_path / "credits.xlsx", content)
    with pytest.raises(FolderError, match="not_a_workbook"):
        read_year(tmp_path / "credits.xlsx", whole=False)


def test_what_says_that_it_is_large_and_is_not_is_read(tmp_path: Path) -> None:
    """Neither the dimension that a sheet claims nor cells far away cost anything."""
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    around = ('<dimension ref="A1:XFD1048576"/>', "")
    for name in ("organisations", "networks"):
        header = ",".join(column.name for column in BY_NAME[name].columns)
        (tmp_path / f"{name}.csv").write_text(f"{header}\n")
    content = workbooks.parts(row(*CREDITS) + far, around=around)
    workbooks.write(tmp_path / "credits.xlsx", content)
    ((code, told),) = run(["settle", tmp_path / "credits.xlsx"])
    assert (code, len(told.splitlines())) == (2, 1), "it lacks the other files"
    (bad,) = read_year(tmp_path).bad
    assert (bad.line, bad.reason) == (1048576, "cell_count")
