"""History in a browser, for everybody."""

from collections.abc import Callable

import pytest

from domain.values import Region
from tests.support.browsing import NARROWEST, PHONE, Visitor
from tests.support.examples import BERGEN

CONTROLLER = f"{BERGEN}.controller"
pytestmark = pytest.mark.servers


@pytest.mark.parametrize(
    ("language", "width"), [("nb", 1280), ("nn", PHONE), ("en", NARROWEST)]
)
def test_the_history_is_for_everybody(
    visiting: Callable[..., Visitor], language: str, width: int
) -> None:
    guest = visiting(Region.VEST, CONTROLLER, language=language, width=width)
    for path in (
        "/history",
        "/history?region=midt",
        "/history?q=ms-sto",
        "/history?q=zzz",
        "/history/midt/1/1",
    ):
        guest.go(path)
        guest.accessible()
        guest.fits()
