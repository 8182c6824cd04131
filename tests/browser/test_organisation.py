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
