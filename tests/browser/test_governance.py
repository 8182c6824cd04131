"""Setting up a body in a browser: rows are added with and without scripts."""

from collections.abc import Callable

import pytest

from domain.values import Region
from tests.support.browsing import NARROWEST, Visitor
from tests.support.examples import BERGEN

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("script", [True, False])
def test_a_body_is_set_up_with_rows_that_are_added(
    visiting: Callable[..., Visitor], *, script: bool
) -> None:
    name = "scripted" if script else "plain"
    guest = visiting(Region.VEST, f"{BERGEN}.secretary", width=NARROWEST, script=script)
    page = guest.go("/networks/ms/governance/participate")
    page.locator("#participant").fill(name)
    page.get_by_role("button", name="Les gjennom").click()
    page.get_by_role("button", name="Før", exact=True).click()
    page = guest.go("/bodies/new?network=ms")
    page.locator("#body").fill(f"{name}-group")
    page.locator('[name="seats.0.seat"]').fill("bergen")
    page.locator('[name="seats.0.first"]').select_option(name)
    page.get_by_role("button", name="Flere plasser").click()
    page.locator('[name="seats.3.seat"]').wait_for()
    assert page.locator("#body").input_value() == f"{name}-group"
    if script:  # axe is one
        guest.accessible()
        guest.fits()
    page.get_by_role("button", name="Les gjennom").click()
    page.get_by_role("button", name="Før", exact=True).click()
    assert page.locator("h1").inner_text() == f"{name}-group"
    assert page.locator("#seats tbody tr").count() == 1
