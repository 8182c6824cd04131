"""Templates, their filters and words, and the files that pages need.

All of it comes from the node's own address, and nothing is asked of any other: the
content security policy allows neither that nor scripts or styles within a page.
"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from fastapi import Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from api.pages.pictures import PICTURES
from api.problems import ProblemError
from api.words import LOCALES, Language, catalogue, kroner, sentence
from domain.values import Period, parse_instant

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
SECURE: Final = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
FILES: Final = {
    "fagnett.css": ("fagnett.css", "text/css"),
    "tema.css": ("designsystemet/tema.css", "text/css"),
    "designsystemet.css": ("designsystemet/designsystemet.css", "text/css"),
    "inter-latin-400-normal.woff2": (
        "inter/inter-latin-400-normal.woff2",
        "font/woff2",
    ),
    "inter-latin-600-normal.woff2": (
        "inter/inter-latin-600-normal.woff2",
        "font/woff2",
    ),
    "htmx.js": ("htmx/htmx.min.js", "text/javascript"),
    "fagnett.svg": ("fagnett.svg", "image/svg+xml"),
    "live.js": ("live.js", "text/javascript"),
    "docs.js": ("docs.js", "text/javascript"),
    "docs.css": ("docs.css", "text/css"),
    "swagger-ui.css": ("swagger-ui/swagger-ui.css", "text/css"),
    "swagger-ui.js": ("swagger-ui/swagger-ui-bundle.js", "text/javascript"),
}
"""By the name in the address: where it is in the package, and what it is."""
KEPT_SECONDS: Final = 3600
OSLO: Final = ZoneInfo("Europe/Oslo")
SITE: Final = "site"
"""The section of words that all pages share."""
LANGUAGES: Final = {"nb": "Bokmål", "nn": "Nynorsk", "en": "English"}
"""What each language calls itself."""


class Speaker:
    """The words of a page in one language, its figures and its days."""

    def __init__(self, language: Language, section: str) -> None:
        self.language = language
        self._section = section
        self._locale = LOCALES[language]

    def say(self, key: str, **values: str | int) -> str:
        """Sentence of the page, or of all pages, with its values filled in."""
        if not values:
            return _said(self.language, self._section, key)
        section = _section_of(self._section, key)
        return sentence(self.language, section, key, values)

    def count(self, key: str, number: int, **values: str | int) -> str:
        """Say how many there are: ``key_one`` of one, and ``key_other`` else."""
        form = "one" if number == 1 else "other"
        return self.say(f"{key}_{form}", count=number, **values)

    def either(self, norwegian: str, english: str) -> str:
        """Of two names the one in the reader's language."""
        return english if self.language is Language.EN and english else norwegian

    def kr(self, amount_ore: int | None) -> str:
        """Øre as kroner, ``1 297 679,62``; a dash where there is none."""
        return "–" if amount_ore is None else kroner(amount_ore, self.language)

    def decimal(self, number: str) -> str:
        """Decimal string with the decimal sign of the language."""
        return number if self.language is Language.EN else number.replace(".", ",")

    def percent(self, percent: str | None) -> str:
        """``20`` or ``12,5`` of a decimal string; a dash where there is none."""
        if percent is None:
            return "–"
        whole, _, decimals = percent.partition(".")
        kept = decimals.rstrip("0")
        return self.decimal(f"{whole}.{kept}" if kept else whole)

    def day(self, of: date | datetime | str | None) -> str:
        """``31. desember 2026``."""
        return "" if not of else _written(_day(of), "long", self._locale)

    def short_day(self, of: date | datetime | str | None) -> str:
        """``31.12.2026``."""
        if not of:
            return ""
        english = self.language is Language.EN
        pattern = "dd/MM/yyyy" if english else "dd.MM.yyyy"
        return _written(_day(of), pattern, self._locale)

    def weekday(self, of: date) -> str:
        """``torsdag 31. desember 2026``."""
        return _written(of, "full", self._locale)

    def at(self, instant: datetime | str | None) -> str:
        """``31. desember 2026 kl. 14.05``, in Norway."""
        if not instant:
            return ""
        read = parse_instant(instant) if isinstance(instant, str) else instant
        pattern = (
            "d MMMM yyyy 'at' HH:mm"
            if self.language is Language.EN
            else "d. MMMM yyyy 'kl.' HH.mm"
        )
        minute = read.astimezone(OSLO).replace(second=0, microsecond=0)
        return _written_at(minute, pattern, self._locale)

    def month(self, of: date) -> str:
        """``jan``."""
        return _written(of, "LLL", self._locale).rstrip(".")[:3]

    def months(self, start: date, end: date) -> str:
        """``januar–juni 2026``."""
        last = _written(end, "MMMM yyyy", self._locale)
        if (start.year, start.month) == (end.year, end.month):
            return last
        pattern = "MMMM" if start.year == end.year else "MMMM yyyy"
        return f"{_written(start, pattern, self._locale)}–{last}"

    def period(self, of: Period) -> str:
        """:meth:`months` of a period."""
        return self.months(of.start, of.end)


def _section_of(section: str, key: str) -> str:
    """Section of a page's own sentence, or of all pages."""
    return section if key in catalogue().sentences.get(section, {}) else SITE


@cache
def _said(language: Language, section: str, key: str) -> str:
    """A page says the same few hundred words each time."""
    return sentence(language, _section_of(section, key), key)


@lru_cache(maxsize=4096)
def _written(of: date, pattern: str, locale: str) -> str:
    """A page names the same few days again and again."""
    return format_date(of, pattern, locale)


@lru_cache(maxsize=1024)
def _written_at(of: datetime, pattern: str, locale: str) -> str:
    """As :func:`_written`, of a minute."""
    return format_datetime(of, pattern, locale=locale)


def _day(of: date | datetime | str) -> date:
    if isinstance(of, str):
        of = (
            date.fromisoformat(of)
            if len(of) == len("2026-12-31")
            else parse_instant(of)
        )
    return of.astimezone(OSLO).date() if isinstance(of, datetime) else of


def html_page(
    name: str,
    speaker: Speaker,
    values: Mapping[str, Any],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Fill a template."""
    content = (
        _templates()
        .get_template(name)
        .render(
            say=speaker.say,
            count=speaker.count,
            kr=speaker.kr,
            day=speaker.day,
            short_day=speaker.short_day,
            weekday=speaker.weekday,
            at=speaker.at,
            months=speaker.months,
            percent=speaker.percent,
            either=speaker.either,
            language=speaker.language.value,
            languages=LANGUAGES,
            **values,
        )
    )
    all_headers = {
        **SECURE,
        "Content-Language": speaker.language.value,
        "Vary": "Accept, Accept-Language, Cookie",
        "Cache-Control": "no-store",
        **(headers or {}),
    }
    return Response(content, status, all_headers, "text/html; charset=utf-8")


def framed_by(origin: str) -> Mapping[str, str]:
    """Headers of what holds nothing, and may stand in a frame of one origin's pages."""
    policy = (
        f"default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {origin}"
    )
    # The older header can name no origin: where it stood, no frame would open.
    kept = {name: each for name, each in SECURE.items() if name != "X-Frame-Options"}
    return {**kept, "Content-Security-Policy": policy}


def page_file(name: str) -> Response:
    """None but the files of the pages is looked for."""
    if name not in FILES:
        raise ProblemError("not_found")
    path, media_type = FILES[name]
    headers = {**SECURE, "Cache-Control": f"public, max-age={KEPT_SECONDS}"}
    return Response(_read(path), headers=headers, media_type=media_type)


@cache
def _read(path: str) -> bytes:
    return resources.files("api").joinpath("pages", "static", path).read_bytes()


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("api", "pages/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(PICTURES)
    return environment
