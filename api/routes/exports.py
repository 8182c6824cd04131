"""Sheets for other programs: the settlement, posts, invoices and the ledger."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Annotated, Final

from fastapi import Query, Response
from sqlalchemy import Connection

from api.bodies import FILE, NAMED
from api.completeness import unheard
from api.dependencies import AsOf, TheLanguage, TheNode, TheViews, day_of
from api.exported import What
from api.problems import ProblemError
from api.routers import member_router
from api.settlement import settlement_document
from api.sheet_files import csv_file, xlsx_file
from api.sheet_names import with_names
from api.sheets import (
    Sheet,
    invoices_sheet,
    ledger_sheets,
    posts_sheet,
    settlement_sheets,
)
from federation.journal.store import Journal
from projections.asof import Slice
from projections.invoices import Invoice, InvoiceFilter, invoices
from projections.ledger import recorded_vouchers
from projections.posts import Post, posts
from projections.settlement import settlement

PAGE_ITEMS: Final = 500


class SheetFormat(StrEnum):
    """As which kind of file."""

    CSV = "csv"
    XLSX = "xlsx"


MEDIA_TYPE: Final = {
    SheetFormat.CSV: "text/csv; charset=utf-8",
    SheetFormat.XLSX: (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ),
}
router = member_router("exports")


def sheets(
    connection: Connection, journal: Journal, what: What, year: int, day: date
) -> list[Sheet]:
    """Sheets as known on a day."""
    plain = _sheets(connection, journal, what, year, day)
    return with_names(plain, connection, day)


def _sheets(
    connection: Connection, journal: Journal, what: What, year: int, day: date
) -> list[Sheet]:
    match what:
        case What.INVOICES:
            return [invoices_sheet(_all_invoices(connection, day))]
        case What.POSTS:
            return [posts_sheet(_all_posts(connection, day))]
        case What.LEDGER:
            return ledger_sheets(recorded_vouchers(journal, day))
        case What.SETTLEMENT:
            settled = settlement(connection, year, day)
            document = settlement_document(settled, unheard(journal))
            return settlement_sheets(document, settled.idle)


def _all_invoices(connection: Connection, day: date) -> Iterator[Invoice]:
    after = ("", 0, 0)
    while page := invoices(connection, day, InvoiceFilter(), after, PAGE_ITEMS):
        yield from page
        after = (page[-1].payee, page[-1].year, page[-1].number)


def _all_posts(connection: Connection, day: date) -> Iterator[Post]:
    after = ""
    while page := posts(connection, day, Slice(after, PAGE_ITEMS)):
        yield from page
        after = page[-1].post


@router.get(
    "/exports/{what}",
    response_class=Response,
    responses={
        200: {
            "content": dict.fromkeys(
                (media.partition(";")[0] for media in MEDIA_TYPE.values()), FILE
            ),
            "description": "The file; the same history gives the same bytes.",
            "headers": {"Content-Disposition": NAMED},
        }
    },
)
def get_export(
    what: What,
    node: TheNode,
    views: TheViews,
    language: TheLanguage,
    as_format: Annotated[SheetFormat, Query(alias="format")] = SheetFormat.XLSX,
    sheet: Annotated[
        str | None,
        Query(
            max_length=20,
            description="Of a CSV file, which holds one: of the settlement `regions`, "
            "`agreements` or `posts`, of the ledger `ledger`, `balances` or `accounts`; "
            "the first when left out.",
        ),
    ] = None,
    year: Annotated[int | None, Query(ge=1900, le=2199)] = None,
    as_of: AsOf = None,
) -> Response:
    """A workbook, or one of its sheets as CSV for Norwegian Excel."""
    day = day_of(node, as_of)
    with views() as connection:
        all_sheets = sheets(connection, node.journal, what, year or day.year, day)
    chosen = [one for one in all_sheets if sheet in {None, one.name}]
    if not chosen:
        errors = [{"field": "sheet", "code": "unknown_sheet"}]
        raise ProblemError("invalid_row", errors=errors)
    workbook = as_format is SheetFormat.XLSX
    content = (
        xlsx_file(chosen, language, day) if workbook else csv_file(chosen[0], language)
    )
    name = f'attachment; filename="{what.value}.{as_format.value}"'
    return Response(
        content, headers={"Content-Disposition": name}, media_type=MEDIA_TYPE[as_format]
    )
