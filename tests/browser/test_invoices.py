"""Invoices, their two persons, payments and the bank, in a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import FilePayload

from domain.values import Region
from tests.support.browsing import NARROWEST, Visitor
from tests.support.examples import BERGEN

CONTROLLER, APPROVER = f"{BERGEN}.controller", f"{BERGEN}.approver"
ST_OLAV = "883974832"
TROMSO = "983974899"
RESTATED = f"/invoices/{ST_OLAV}/2026/2"
DISPUTED = f"/invoices/{TROMSO}/2026/4"
OTHER = f"/invoices/{ST_OLAV}/2026/3"
pytestmark = pytest.mark.servers


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
@pytest.mark.parametrize("width", [1280, NARROWEST])
def test_pages_of_invoices_are_for_everybody(
    visiting: Callable[..., Visitor], language: str, width: int
) -> None:
    for person, paths in (
        (
            CONTROLLER,
            (
                "/invoices",
                "/invoices?group=settled&direction=in",
                *(RESTATED, DISPUTED, f"{OTHER}/payment"),
                f"/invoices/{BERGEN}/2026/2/credit",
                *("/invoices/new", "/invoices/new/cop-hbe", "/invoices/received"),
                *("/bank", "/bank?state=matched"),
            ),
        ),
        (APPROVER, ("/invoices", DISPUTED)),
    ):
        guest = visiting(Region.VEST, person, language=language, width=width)
        for path in paths:
            guest.go(path)
            guest.accessible()
            guest.fits()


@pytest.mark.rule("S1-33")
def test_an_invoice_is_confirmed_approved_and_paid_without_scripts(
    visiting: Callable[..., Visitor],
) -> None:
    controller = visiting(Region.VEST, CONTROLLER, script=False)
    page = controller.go(OTHER)
    page.get_by_role("link", name="Attester").click()
    page.get_by_role("button", name="Attester 161").click()
    assert "Venter på deg" not in page.inner_text(".fg-steps")
    approver = visiting(Region.VEST, APPROVER, script=False)
    seen = approver.go(OTHER)
    seen.get_by_role("link", name="Anvis").click()
    seen.get_by_role("button", name="Anvis 161").click()
    page.reload()
    page.get_by_role("link", name="Registrer betaling").click()
    page.get_by_role("button", name="Registrer betalingen").click()
    assert "Alt er betalt" in page.inner_text(".fg-steps")


def test_a_bank_file_is_read_and_an_entry_matched(
    visiting: Callable[..., Visitor],
) -> None:
    guest = visiting(Region.VEST, CONTROLLER)
    page = guest.go("/bank")
    head = "booked_on;amount;kid;reference;direction\n"
    row = "2026-12-29;128547,95;;browser-1;credit\n"
    file = FilePayload(name="b.csv", mimeType="text/csv", buffer=(head + row).encode())
    page.locator("#file").set_input_files([file])
    page.get_by_role("button", name="Les inn").click()
    guest.accessible()
    page.get_by_role("link", name="browser-1").click()
    guest.accessible()
    page.get_by_role("button", name="Før på dokumentet").click()
    assert "Har dokument" in page.inner_text("main")
