"""Signing in at a local federation, in a real browser."""

from collections.abc import Callable

import pytest

from domain.values import Region
from tests.support.browsing import NARROWEST, PHONE, Visitor
from tests.support.examples import BERGEN

CONTROLLER = f"{BERGEN}.controller"
pytestmark = pytest.mark.servers


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
@pytest.mark.parametrize("width", [1280, PHONE, NARROWEST])
def test_the_first_page_is_for_everybody(
    visiting: Callable[..., Visitor], language: str, width: int
) -> None:
    guest = visiting(Region.VEST, CONTROLLER, language=language, width=width)
    for path in ("/my-day", "/role", "/sign-in"):
        guest.go(path)
        guest.accessible()
        guest.fits()


def test_what_not_everybody_can_use_is_found(visiting: Callable[..., Visitor]) -> None:
    """The check that all pages are held to can fail."""
    guest = visiting(Region.VEST, CONTROLLER)
    guest.page.evaluate("document.querySelector('h1').outerHTML = '<img src=x>'")
    with pytest.raises(AssertionError, match="image-alt"):
        guest.accessible()


def test_somebody_signs_out_and_is_out(visiting: Callable[..., Visitor]) -> None:
    guest = visiting(Region.VEST, CONTROLLER, script=False)
    guest.go("/role").get_by_role("button", name="Logg ut").click()
    guest.page.goto(f"{guest.url}/my-day")
    assert "/sign-in" in guest.page.url


def test_sessions_of_two_regions_stand_beside_each_other(
    visiting: Callable[..., Visitor],
) -> None:
    """On one machine they share a host, and so their cookies."""
    guest = visiting(Region.VEST, CONTROLLER)
    other = visiting(Region.SOROST, "993467049.controller")
    guest.context.add_cookies(other.context.cookies())  # type: ignore[arg-type]
    assert "Helse Bergen" in guest.go("/my-day").inner_text(".fg-who")
