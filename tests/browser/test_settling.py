"""Settlement, difference and statements in a browser, for everybody."""

from collections.abc import Callable

import pytest

from domain.values import Region
from tests.support.browsing import NARROWEST, PHONE, Visitor
from tests.support.examples import BERGEN, OSLO

PAIR = f"/statements/{BERGEN}/{OSLO}"
HALF_YEAR = "start=2026-01-01&end=2026-06-30"
pytestmark = pytest.mark.servers
Visiting = Callable[..., Visitor]


@pytest.mark.parametrize(
    ("language", "width"), [("nb", 1280), ("nn", PHONE), ("en", NARROWEST)]
)
def test_figures_are_for_everybody(
    visiting: Visiting, language: str, width: int
) -> None:
    guest = visiting(
        Region.VEST, f"{BERGEN}.controller", language=language, width=width
    )
    for path in (
        "/settlement?year=2026&as_of=2026-12-31",
        "/settlement?year=2019",
        "/settlement/difference?year=2026&first=31.07.2026&second=31.12.2026&figure=accrued",
        "/statements?year=2026",
        f"{PAIR}/draft?start=2026-07-01&end=2026-12-31",
        f"{PAIR}/asserted-balances",
        "/netting",
    ):
        guest.go(path)
        guest.accessible()
        guest.fits()
