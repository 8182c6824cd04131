"""Papers as answers of the API."""

from typing import Any, Final

from fastapi import Response

from api.bodies import FILE, NAMED, SPOKEN
from api.pdf.paper import Paper
from api.pdf.typesetting import typeset

PDF: Final = "application/pdf"
PDF_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {PDF: FILE},
        "description": "PDF/A-3a and PDF/UA-1; the same content is the same bytes.",
        "headers": {"Content-Disposition": NAMED, "Content-Language": SPOKEN},
    }
}


def pdf_response(paper: Paper, name: str) -> Response:
    """A reader shows the paper, or saves it as named."""
    headers = {
        "Content-Disposition": f'inline; filename="{name}.pdf"',
        "Content-Language": paper.language.value,
    }
    return Response(typeset(paper), headers=headers, media_type=PDF)
