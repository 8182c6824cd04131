"""The page of the federation in a browser, for everybody."""

from collections.abc import Callable

import pytest

from domain.values import REGIONAL_AUTHORITY, Region
from tests.support.browsing import NARROWEST, PHONE, Visitor

OPERATOR = f"{REGIONAL_AUTHORITY[Region.VEST]}.operator"
pytestmark = pytest.mark.servers


@pytest.mark.parametrize(
    ("language", "width"), [("nb", 1280), ("nn", PHONE), ("en", NARROWEST)]
)
def test_the_federation_is_for_everybody(
    visiting: Callable[..., Visitor], language: str, width: int
) -> None:
    guest = visiting(Region.VEST, OPERATOR, language=language, width=width)
    page = guest.go("/federation")
    guest.accessible()
    guest.fits()
    page.locator("table a.fg-fig").first.click()
    assert "/history?region=vest" in page.url
