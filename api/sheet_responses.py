"""Sheets as answers of the API: a workbook, or one of them as CSV."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Final

from fastapi import Response

from api.bodies import FILE, NAMED, SPOKEN
from api.problems import ProblemError
from api.sheet_files import csv_file, xlsx_file
from api.sheets import Sheet
from api.words import Language


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


def file_responses(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """Describe answers that are files of some types, for the API's document."""
    return {
        200: {
            "content": dict.fromkeys(
                (media.partition(";")[0] for media in media_types), FILE
            ),
            "description": "The file; the same history gives the same bytes.",
            "headers": {"Content-Disposition": NAMED, "Content-Language": SPOKEN},
        }
    }


def sheets_response(
    sheets: Sequence[Sheet],
    name: str,
    as_format: SheetFormat,
    sheet: str | None,
    language: Language,
    day: date,
) -> Response:
    """Give all sheets, or the one that is asked for; of a CSV file, which holds one, the first."""
    chosen = [one for one in sheets if sheet in {None, one.name}]
    if not chosen:
        errors = [{"field": "sheet", "code": "unknown_sheet"}]
        raise ProblemError("invalid_row", errors=errors)
    workbook = as_format is SheetFormat.XLSX
    content = (
        xlsx_file(chosen, language, day) if workbook else csv_file(chosen[0], language)
    )
    disposition = f'attachment; filename="{name}.{as_format.value}"'
    return Response(
        content,
        headers={
            "Content-Disposition": disposition,
            "Content-Language": language.value,
        },
        media_type=MEDIA_TYPE[as_format],
    )
