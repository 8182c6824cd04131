"""Pages in a browser, while another region records: they ask for themselves anew."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from domain.values import Region
from tests.support.browsing import NARROWEST, Visitor
from tests.support.examples import BERGEN

ELSEWHERE = "983975267.administrator"
"""Of a trust in another region, for which no other test acts."""
SECONDS = 20_000
pytestmark = pytest.mark.servers


def _record(guest: Visitor, code: str, role: str) -> None:
    page = guest.go("/organisation/mandates/new")
    page.locator("#person").fill(code)
    page.locator("#role").select_option(role)
    page.locator("main form button").first.click()
    page.get_by_role("button", name="Gi mandatet").click()


def test_a_page_shows_by_itself_what_came_and_takes_nothing_that_was_typed(
    visiting: Callable[..., Visitor],
) -> None:
    reader = visiting(Region.VEST, f"{BERGEN}.controller", width=NARROWEST)
    typist = visiting(Region.VEST, f"{BERGEN}.controller")
    other = visiting(Region.SOROST, ELSEWHERE)
    page, form = reader.go("/my-day"), typist.go("/settlement")
    page.evaluate("document.getElementById('content').dataset.old = 'yes'")
    field = form.locator("#day")
    field.fill("30.06.2026")
    own = other.go("/organisation/mandates").locator("main code").inner_text()
    _record(other, own, "administrator")
    expect(page.locator("#content[data-old]")).to_have_count(0, timeout=SECONDS)
    expect(page.locator("#news [data-when=shown]")).not_to_have_attribute(
        "hidden", "", timeout=SECONDS
    )
    reader.accessible()
    reader.fits()
    sign = form.locator("#news [data-when=waits]")
    expect(sign).to_be_visible(timeout=SECONDS)
    assert field.input_value() == "30.06.2026"
    typist.accessible()
    sign.locator("a").click()
    expect(sign).to_be_hidden()


def test_without_scripts_a_page_is_read_anew(visiting: Callable[..., Visitor]) -> None:
    guest = visiting(Region.VEST, f"{BERGEN}.controller", script=False)
    page = guest.go("/my-day")
    assert page.locator("#news [data-when=waits]").is_hidden()
    guest.fits()
