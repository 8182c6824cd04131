"""Settlement, difference and statements in a browser: two trusts close a half-year."""

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


def test_a_sum_is_followed_to_its_invoice(visiting: Visiting) -> None:
    guest = visiting(Region.VEST, f"{BERGEN}.controller")
    page = guest.go("/settlement?year=2026&as_of=2026-12-31")
    page.locator("#trusts .fg-matrix tbody a", has_text="241 457,53").click()
    assert "payee=" in page.url
    page.locator("#under details summary", has_text="ms-ous").click()
    page.locator("#under a", has_text="Faktura 1, ").first.click()
    assert f"/invoices/{OSLO}/2026/1" in page.url


def test_two_trusts_close_a_half_year(visiting: Visiting) -> None:
    bergen = visiting(Region.VEST, f"{BERGEN}.controller")
    page = bergen.go(f"{PAIR}/draft?{HALF_YEAR}")
    bergen.accessible()
    shown = page.locator("aside .fg-mono").first.inner_text()
    page.get_by_role("link", name="Gå til signering").click()
    bergen.accessible()
    assert shown in page.locator("main").inner_text()
    for box in page.locator("main input[type=checkbox]").all():
        box.check()
    page.get_by_role("button", name="Signer for").click()
    page.wait_for_url(f"**{PAIR}/2026-06-30**")
    bergen.accessible()
    assert shown in page.locator("main").inner_text()
    position = page.url.partition("at_least=")[2]

    oslo = visiting(Region.SOROST, f"{OSLO}.controller", width=PHONE)
    theirs = oslo.go(f"{PAIR}/2026-06-30?at_least={position}")
    oslo.accessible()
    oslo.fits()
    theirs.get_by_role("link", name="Avvis med begrunnelse").click()
    oslo.accessible()
    theirs.go_back()
    theirs.get_by_role("link", name="Gå til signering").click()
    oslo.accessible()
    assert shown in theirs.locator("main").inner_text()
    theirs.get_by_label("Jeg har lest avregningen").check()
    theirs.get_by_role("button", name="Signer for").click()
    theirs.wait_for_url(f"**{PAIR}/2026-06-30**")
    assert "Ingen kan endre den" in theirs.locator("main").inner_text()
    theirs.get_by_role("link", name="Motregning mellom alle foretak").click()
    oslo.accessible()
    assert "Hvem betaler hvem" in theirs.locator("main").inner_text()
