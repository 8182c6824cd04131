"""What a browser is shown: pages made here, and the files that they need.

All of it comes from the node's own address, and nothing is asked of any other: the
content security policy allows neither that nor scripts or styles within a page.
"""

from functools import cache
from importlib import resources
from typing import Final

from fastapi import Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from api.problems import ProblemError
from api.words import Language, sentence

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURE: Final = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
FILES: Final = {
    "fagnett.css": ("fagnett.css", "text/css"),
    "tema.css": ("designsystemet/tema.css", "text/css"),
    "designsystemet.css": ("designsystemet/designsystemet.css", "text/css"),
    "docs.js": ("docs.js", "text/javascript"),
    "docs.css": ("docs.css", "text/css"),
    "swagger-ui.css": ("swagger-ui/swagger-ui.css", "text/css"),
    "swagger-ui.js": ("swagger-ui/swagger-ui-bundle.js", "text/javascript"),
}
"""By the name in the address: where it is in the package, and what it is."""
KEPT_SECONDS: Final = 3600


def wants_page(accept: str | None) -> bool:
    """Whether who asks names pages before JSON, as browsers do and programs do not."""
    kinds = [part.partition(";")[0].strip() for part in (accept or "").split(",")]
    page = kinds.index("text/html") if "text/html" in kinds else len(kinds)
    return page < len(kinds) and "application/json" not in kinds[:page]


def html_page(name: str, language: Language, **values: object) -> Response:
    """Fill a template; ``say`` gives it the words."""

    def say(key: str, **filled: str | int) -> str:
        return sentence(language, "page", key, filled)

    content = (
        _templates()
        .get_template(name)
        .render(say=say, language=language, languages=Language, **values)
    )
    headers = {
        **SECURE,
        "Content-Language": language.value,
        "Vary": "Accept, Accept-Language",
        "Cache-Control": "no-store",
    }
    return Response(content, headers=headers, media_type="text/html")


def page_file(name: str) -> Response:
    """None but the files of the pages is looked for."""
    if name not in FILES:
        raise ProblemError("not_found")
    path, media_type = FILES[name]
    headers = {**SECURE, "Cache-Control": f"public, max-age={KEPT_SECONDS}"}
    return Response(_read(path), headers=headers, media_type=media_type)


@cache
def _read(path: str) -> bytes:
    return resources.files("api").joinpath("pages", path).read_bytes()


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("api", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
