"""Empty is not zero: what nobody here knows, or what there is none of, says so."""

import csv
import io
from datetime import date
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from rich.console import Console

from api.auth import Role
from api.pdf.names import Names
from api.pdf.paper import Table
from api.pdf.settlement import settlement_paper
from api.settlement import settlement_document
from api.sheet_files import csv_file, xlsx_file
from api.sheets import settlement_sheets
from api.words import Language, catalogue
from deploy.year.table import print_settlement
from domain.closing.settlement import RegionSettlement, Settlement
from domain.values import Region
from federation.log.completeness import completeness, unheard
from tests.support.doors import AUTHORITY, NETWORK, VERSION, WAIVED, Door
from tests.support.examples import BERGEN, STAVANGER

DAY = date(2026, 12, 31)
REGIONS = {
    Region.VEST: RegionSettlement(100_00, 0, agreements=1),
    Region.SOROST: RegionSettlement(0, 100_00, agreements=1),
    Region.MIDT: RegionSettlement(),
    Region.NORD: RegionSettlement(),
}
SETTLED = Settlement(2026, DAY, (), (), REGIONS)
READER: dict[str, Any] = {**AUTHORITY, "roles": (Role.READER,)}
UNKNOWN = {Language.NB: "ukjent", Language.NN: "ukjent", Language.EN: "unknown"}


def test_the_regions_that_were_never_heard_are_unknown(door: Door) -> None:
    journal = door.node.journal
    others = {Region.MIDT, Region.NORD, Region.SOROST}
    assert set(unheard(journal)) == others
    door.register(BERGEN)
    found = door.get("/v1/settlement?year=2026", **READER).json()["regions"]
    assert found["vest"]["net"] == 0
    for region in others:
        said = found[region.value]
        words = said.pop("words")
        assert "Nothing has been heard of Helse" in words
        assert set(said.values()) == {None}
    answer = door.get("/v1/settlement?year=2026&complete=true", **READER)
    assert "an unknown instant, since nothing has been heard" in answer.json()["detail"]
    assert not completeness(journal)["nord"].complete_to


def test_the_fingerprint_of_a_settlement_has_no_language() -> None:
    prints = {
        settlement_document(SETTLED, {Region.NORD}, each).fingerprint
        for each in Language
    }
    assert len(prints) == 1
    assert settlement_document(SETTLED).fingerprint not in prints


@pytest.mark.parametrize("language", Language)
def test_sheets_and_papers_say_none_and_unknown(language: Language) -> None:
    document = settlement_document(SETTLED, {Region.NORD}, language)
    assert SETTLED.idle == {Region.MIDT, Region.NORD}
    sheet = settlement_sheets(document, SETTLED.idle)[0]
    text = csv_file(sheet, language).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))[1:]
    by_row = [row[1:] for row in rows]
    unknown = UNKNOWN[language]
    assert by_row == [
        ["–"] * 3,
        [unknown] * 3,
        ["0,00", "100,00", "-100,00"],
        ["100,00", "0,00", "100,00"],
    ]
    book = CalamineWorkbook.from_filelike(io.BytesIO(xlsx_file([sheet], language)))
    *lines, total = book.get_sheet_by_index(0).to_python()[1:]
    assert [line[1:] for line in lines[:2]] == [["–"] * 3, [unknown] * 3]
    assert total[1:] == [unknown] * 3
    table = settlement_paper(
        document, Names({}, {}, {}), None, language, SETTLED.idle
    ).blocks[0]
    assert isinstance(table, Table)
    assert [row[1:] for row in table.rows[:2]] == [["–"] * 3, [unknown] * 3]
    facts = dict(settlement_paper(document, Names({}, {}, {}), BERGEN, language).facts)
    assert list(facts.values()).count("–") == 3


def test_the_table_of_the_command_line_says_none_and_unknown() -> None:
    written = io.StringIO()
    settled = {
        "year": 2026,
        "as_of": "2026-12-31",
        "organisations": [],
        "agreements": [],
        "refused": [],
        "noticed": [],
        "regions": {
            "midt": {"receivable": 0, "payable": 0, "net": 0},
            "nord": dict.fromkeys(("receivable", "payable", "net")),
        },
    }
    console = Console(file=written, width=120)
    print_settlement(console, settled, Language.EN)
    lines = written.getvalue().splitlines()
    (midt,) = (line for line in lines if line.startswith("Helse Midt"))
    (nord,) = (line for line in lines if line.startswith("Helse Nord"))
    assert midt.split()[-3:] == ["–"] * 3
    assert nord.split()[-3:] == ["unknown"] * 3
    assert sum("unknown" in line for line in lines) == 2, "and their sum"


@pytest.mark.rule("S1-34")
def test_a_year_of_a_frame_before_anything_was_recorded_is_not_recorded(
    door: Door,
) -> None:
    door.register(BERGEN, STAVANGER)
    name = "Norwegian National Network for Coping"
    national = {**NETWORK, "kind": "national", "name_en": name}
    earlier = {**national, "network": "c", "starts_on": "2023-01-01"}
    door.post("/v1/networks", earlier)
    found = door.get("/v1/networks/c/frame", **READER).json()
    years = {each["year"]: each for each in found["years"]}
    recorded = door.get("/v1/networks/c").json()["recorded_on"]
    first = date.fromisoformat(recorded).year
    assert first > 2023
    for year, each in years.items():
        assert each["recorded"] is (year >= first)
        figures = [each[n] for n in ("accepted_ore", "reserved_ore", "left_ore")]
        assert (None in figures) is (year < first)
        assert ("Not recorded" in (each["words"] or "")) is (year < first)
    assert found["fits_until"] == max(years)
    version: dict[str, Any] = {**VERSION, **WAIVED, "network": "c"}
    version |= {"starts_on": "2024-01-01"}
    version |= {"effective_from": "2024-01-01"}
    version["posts"] = [{**VERSION["posts"][0], "starts_on": "2024-01-01"}]
    door.post("/v1/agreements/a/versions", version)
    found = door.get("/v1/networks/c/frame").json()
    told = {each["year"]: each["recorded"] for each in found["years"]}
    assert (told[2023], told[2024]) == (False, True), "now something is"


def test_every_way_to_say_it_has_its_words() -> None:
    absent = catalogue().sentences["absent"]
    assert absent.keys() == {"none", "unknown", "not_recorded"}
