"""From a paper to its file: PDF/A-3a and PDF/UA-1, the same bytes every time.

Fonts are those inside the typst package, never the machine's; the creation date is
the paper's; typst makes the file's id from its content.
"""

import re
import unicodedata
from dataclasses import asdict
from functools import cache
from importlib import resources
from typing import Any, Final

import orjson
import typst

from api.pdf.paper import Paper

UNPRINTABLE: Final = re.compile(
    "[^ -~\u00a1-\u00ac\u00ae-\u023f\u00a0\u0300-\u036f\u0391-\u03a1\u03a3-\u03ce"
    "\u0400-\u045f\u1e00-\u1e9b\u2002-\u200a\u2010-\u2016\u2018-\u2027\u202f\u2030-\u2037\u20ac"
    "\u2192\u2212\u2260\u2264\u2265]"
)
"""What the font has no sign for, or what would turn the text around it."""
REPLACEMENT: Final = "\ufffd"


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)


def typeset(paper: Paper) -> bytes:
    """PDF; the same bytes whenever it is set."""
    content = asdict(paper)
    del content["written_at"]
    template = resources.files("api").joinpath("pdf", "paper.typ").read_bytes()
    return typst.compile(
        template,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"paper": orjson.dumps(printable(content)).decode()},
        pdf_standards=["a-3a", "ua-1"],
        timestamp=int(paper.written_at.timestamp()),
    )


def printable(content: Any) -> Any:  # noqa: ANN401 - any JSON value
    """JSON value whose texts hold only what can be set.

    A sign that is not there would end the typesetting: a paper must come out
    whatever somebody has named a post.
    """
    match content:
        case str():
            return UNPRINTABLE.sub(REPLACEMENT, unicodedata.normalize("NFC", content))
        case dict():
            return {name: printable(each) for name, each in content.items()}
        case list() | tuple():
            return [printable(each) for each in content]
        case _:
            return content
