"""History in a browser: somebody searches, opens an entry and takes its proof along."""

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


def test_somebody_searches_and_takes_a_proof_along(
    visiting: Callable[..., Visitor],
) -> None:
    guest = visiting(Region.VEST, CONTROLLER, script=False)
    page = guest.go("/my-day")
    page.locator(".fg-search input").fill("ms-sto-1")
    page.locator(".fg-search input").press("Enter")
    page.locator("table a[href^='/history/']").first.click()
    assert "Alt som har skjedd" in page.inner_text("main")
    assert "Bevist" in page.inner_text("aside")
    with page.expect_download() as download:
        page.get_by_role("link", name="Last ned beviset").click()
    assert download.value.suggested_filename.endswith(".json")
