"""Sheets for other programs: the settlement, posts, invoices and the ledger."""

from typing import Annotated, Final

from fastapi import Query, Response

from api.access import note_if_of_others, require_reading
from api.all_sheets import sheets
from api.dependencies import AsOf, TheCaller, TheLanguage, TheNode, TheViews, day_of
from api.exported import What
from api.routers import PREFIX, member_router
from api.sheet_responses import (
    MEDIA_TYPE,
    SheetFormat,
    file_responses,
    sheets_response,
)
from domain.history import ShownTo

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
    responses=file_responses(*MEDIA_TYPE.values()),
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
    if SHOWN_TO[what] is not ShownTo.MEMBERS:
        note_if_of_others(node, caller, f"{PREFIX}/exports/{what.value}")
    day = day_of(node, as_of)
    with views() as connection:
        all_sheets = sheets(connection, node.journal, what, year or day.year, day)
    return sheets_response(all_sheets, what.value, as_format, sheet, language, day)
