"""Signing in by a real provider, in a real browser."""

from playwright.sync_api import Browser

from tests.support.browsing import LOCALES, Visitor
from tests.support.screenshots import Screenshots


def by_provider(
    browser: Browser, url: str, login: str, width: int, shots: Screenshots | None
) -> Visitor:
    """Sign in at a node as whom its provider knows by a login, for the first time."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, locale=LOCALES["nb"]
    )
    page = context.new_page()
    page.goto(f"{url}/sign-in")
    page.get_by_role("link", name="HelseID").click()
    page.locator("[name=login]").fill(login)
    page.locator("[name=password]").fill("x")
    page.locator("button[type=submit]").click()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"{url}/role**")
    return Visitor(url, context, page, shots)
