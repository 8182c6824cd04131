"""The organisation's pages in a browser: its people get their roles there."""

from collections.abc import Callable

import pytest

from domain.values import Region
from tests.support.browsing import NARROWEST, Visitor

ADMINISTRATOR = "983974732.administrator"
"""Of a trust that no other test acts for: with its first mandate nobody else does."""
AT = "/organisation/mandates"
pytestmark = pytest.mark.servers


def test_an_administrator_gives_and_ends_mandates(
    visiting: Callable[..., Visitor],
) -> None:
    guest = visiting(Region.VEST, ADMINISTRATOR, width=NARROWEST)
    page = guest.go(AT)
    own = page.locator("main code").inner_text()
    for code, role in ((own, "administrator"), ("p-0f8fad5bd9cb", "leader")):
        page = guest.go(f"{AT}/new")
        page.locator("#person").fill(code)
        page.locator("#role").select_option(role)
        page.locator("main form button").first.click()
        guest.accessible()
        guest.fits()
        page.get_by_role("button", name="Gi mandatet").click()
    assert page.locator("tbody tr").count() == 2
    guest.accessible()
    guest.fits()
    page.locator("tbody a", has_text="Avslutt").last.click()
    page.locator("main form button").first.click()
    assert "Siste administrator" in page.locator("main").inner_text()
    guest.accessible()
    guest.fits()
    assert page.locator("#ended_on").input_value()


def test_a_webhook_is_made_and_ended(visiting: Callable[..., Visitor]) -> None:
    guest = visiting(Region.VEST, "983974694.controller", width=NARROWEST)
    page = guest.go("/organisation")
    page.get_by_role("link", name="Webhooker").click()
    page.get_by_role("link", name="Lag en webhook").click()
    for address in ("http://10.0.0.1/", "https://receiver.invalid/fagnett"):
        page.locator("#address").fill(address)
        guest.accessible()
        guest.fits()
        page.get_by_role("button", name="Lag webhooken").click()
    assert page.locator("main code").inner_text().startswith("whsec_")
    guest.accessible()
    guest.fits()
    page.get_by_role("link", name="Jeg har tatt vare").click()
    guest.accessible()
    guest.fits()
    guest.go("/organisation/webhooks")
    guest.accessible()
    guest.fits()
    page.locator("tbody a").click()
    page.get_by_role("link", name="Avslutt").click()
    guest.accessible()
    page.get_by_role("button", name="Avslutt webhooken").click()
    assert page.get_by_text("Ingen webhooker").is_visible()
