"""How complete the figures of a page are: said on every page, under the menu."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from markupsafe import Markup, escape

from api.completeness import incomplete
from api.instants import has_begun
from api.words import Language, day, sentence
from domain.values import Region, business_day, parse_instant

_BOLD: Final = Markup("<b>{}</b>")


class HowComplete(NamedTuple):
    """A state (``ok`` or ``warn``) and its sentence."""

    kind: str
    words: Markup


def how_complete(
    complete: Mapping[str, str], of: date, language: Language
) -> HowComplete:
    """Say until which day the figures of all regions are complete.

    A region that ends sooner than the day before ``of`` is named: what it has recorded
    since may change the figures.
    """
    return _in_words((*complete.items(),), of, language)


@lru_cache(maxsize=64)
def _in_words(
    instants: tuple[tuple[str, str], ...], of: date, language: Language
) -> HowComplete:
    complete = dict(instants)
    before = max(of, date.min + timedelta(days=1)) - timedelta(days=1)
    lacking = incomplete(complete, before)
    if not lacking:
        found = business_day(parse_instant(min(complete.values())))
        last = min(found, of)
        said = day(last, language)
        words = escape(sentence(language, "site", "whole", {"day": said}))
        return HowComplete("ok", words.replace(said, _BOLD.format(said)))
    named = " ".join(
        _of_region(Region(origin), instant, language)
        for origin, instant in sorted(lacking.items())
    )
    return HowComplete("warn", escape(named))


def _of_region(region: Region, instant: str, language: Language) -> str:
    name = sentence(language, "site", f"region_{region.value}")
    if not instant or not has_begun(instant):
        return sentence(language, "site", "never_heard", {"name": name})
    last = day(business_day(parse_instant(instant)), language)
    return sentence(language, "site", "behind", {"name": name, "day": last})
