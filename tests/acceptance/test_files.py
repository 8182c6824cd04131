"""Files are the same bytes at every node, on either database, and when made again."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from random import Random

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Engine

from api.all_sheets import sheets
from api.ehf.document import ehf_document
from api.ehf.writing import write
from api.exported import What
from api.pdf.agreement import agreement_paper, named
from api.pdf.invoice import file_name, invoice_paper
from api.pdf.settlement import read_settlement
from api.pdf.typesetting import typeset
from api.sheet_files import csv_file, xlsx_file
from api.words import Language
from domain.closing.ledger import balances_of
from domain.values import Region
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.signed.entry import Row
from projections.agreements import agreements
from projections.asof import Slice
from projections.database import open_postgres, open_sqlite, reading
from projections.documents import issued_documents
from projections.engine import Projector
from projections.ledger import account_balances, recorded_vouchers
from tests.acceptance.conftest import Bundled
from tests.support import servers
from tests.support.examples import BERGEN
from tests.support.federation import instant
from tests.support.logs import hold
from tests.support.printed import Printed, printed

pytestmark = pytest.mark.anyio

READABLE = 0.45
"""As small as a sheet may be printed that people read."""
YEAR = 2026
DAY = date(2027, 3, 1)
PDF_COUNT = 5

Files = dict[str, bytes]


def files(journal: Journal, views: Engine) -> Files:
    """Return every file that can be exported."""
    found: Files = {}
    for number, issued in enumerate(issued_documents(journal)):
        name = file_name(issued.document)
        found[f"{name}.xml"] = write(ehf_document(issued.fact, issued.document.number))
        if number < PDF_COUNT:
            found[f"{name}.pdf"] = typeset(invoice_paper(issued, Language.NN))
    with reading(views) as connection:
        for trust in (None, BERGEN):
            paper = read_settlement(connection, YEAR, DAY, trust, Language.NN)
            found[f"settlement-{trust}.pdf"] = typeset(paper)
        (agreement, *_) = agreements(connection, DAY, Slice(limit=1))
        for version in agreement.versions:
            paper = agreement_paper(
                named(connection, journal, DAY, version), Language.NB
            )
            found[f"version-{version.terms.version}.pdf"] = typeset(paper)
        for what in What:
            made = sheets(connection, journal, what, YEAR, DAY)
            found[f"{what}.xlsx"] = xlsx_file(made, Language.EN)
            for each in made:
                found[f"{what}-{each.name}.csv"] = csv_file(each, Language.NB)
    return found


def node(journal: Journal, views: Engine, history: list[list[Row]]) -> Files:
    """Return the files of a node that got some logs one after the other."""
    projector = Projector(journal, views)
    projector.prepare()
    for rows in history:
        if rows and rows[0].origin == journal.region.value:
            with journal.writing() as cursor:
                journal.insert_rows(cursor, rows)
        elif rows:
            hold(journal, rows)
        projector.catch_up()
    made = files(journal, views)
    assert files(journal, views) == made, "the same when made again"
    with reading(views) as connection:
        lines = (x for each in recorded_vouchers(journal, DAY) for x in each.lines)
        assert account_balances(connection, DAY) == balances_of(lines)
    views.dispose()
    return made


@pytest.mark.law(6)
async def test_every_node_writes_the_same_files(
    open_journal: Callable[[Region], Journal],
    request: pytest.FixtureRequest,
    tmp_path: Path,
    bundled: Bundled,
) -> None:
    journal = bundled.federation.nodes[Region.MIDT].journal
    history = [list(journal.entries(each.value, 0, 10_000)) for each in Region]
    reference = SQLiteJournal(tmp_path / "reference.sqlite", Region.VEST, instant)
    expected = node(reference, open_sqlite(tmp_path / "reference-views"), history)
    reference.close()
    assert len([name for name in expected if name.endswith(".xml")]) == 34
    Random(1).shuffle(history)
    views = open_sqlite(tmp_path / "views.sqlite")
    if "postgres" in request.node.name:
        database = servers.new_database(request.getfixturevalue("postgres_dsn"))
        views = open_postgres(conninfo_to_dict(database))
    found = node(open_journal(Region.NORD), views, history)
    assert found.keys() == expected.keys()
    assert [name for name in found if found[name] != expected[name]] == []


async def test_the_bundled_year_is_printed_on_two_landscape_pages(
    bundled: Bundled,
) -> None:
    node = bundled.federation.nodes[Region.MIDT]
    found: dict[tuple[What, str], Printed] = {}
    for what in What:
        with reading(node.views) as connection:
            made = sheets(connection, node.journal, what, YEAR, DAY)
        found |= {
            (what, each): how
            for each, how in printed(xlsx_file(made, Language.NB, DAY)).items()
        }
    assert max(each.pages for each in found.values()) == 2
    read_by_people = [v for (what, _), v in found.items() if what is not What.LEDGER]
    assert min(each.scale for each in read_by_people) > READABLE


async def test_organisations_are_named_beside_their_numbers(bundled: Bundled) -> None:
    node = bundled.federation.nodes[Region.MIDT]
    numbers = {
        "payer",
        "payee",
        "host",
        "organisation",
        "counterpart",
        "coordinating_trust",
    }
    with reading(node.views) as connection:
        for what in What:
            for sheet in sheets(connection, node.journal, what, YEAR, DAY):
                columns = [name for name, _ in sheet.columns]
                named = {name for name in columns if f"{name}_name" in columns}
                assert named == numbers.intersection(columns)
                rows = [dict(zip(columns, row, strict=True)) for row in sheet.rows]
                assert all(row[f"{name}_name"] for row in rows for name in named)
                if "network" in columns and "payer" in columns:
                    parties = [
                        (row["payer"], row.get("payee", row.get("host")))
                        for row in rows
                    ]
                    trusts = [row["coordinating_trust"] for row in rows]
                    assert all(
                        each in both for each, both in zip(trusts, parties, strict=True)
                    )
