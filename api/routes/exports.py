"""Sheets for other programs: the settlement, posts, invoices and the ledger."""

from enum import StrEnum
from typing import Annotated, Final

from fastapi import Query, Response

from api.access import require_reading
from api.all_sheets import sheets
from api.bodies import FILE, NAMED
from api.dependencies import AsOf, TheCaller, TheLanguage, TheNode, TheViews, day_of
from api.exported import What
from api.problems import ProblemError
from api.routers import member_router
from api.sheet_files import csv_file, xlsx_file
from domain.history import ShownTo


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
SHOWN_TO: Final = {
    What.INVOICES: ShownTo.PARTIES,
    What.LEDGER: ShownTo.PARTIES,
    What.POSTS: ShownTo.MEMBERS,
    What.SETTLEMENT: ShownTo.MEMBERS,
}
"""The others have those rows that the caller may read."""
router = member_router("exports", ShownTo.MEMBERS)


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
    caller: TheCaller,
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
    require_reading(caller, SHOWN_TO[what])
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
