"""Visiting a node's pages in Chromium, and asking axe whether everybody can."""

import re
import shutil
from dataclasses import dataclass

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WITHOUT_SANDBOX = ("--no-sandbox", "--disable-background-networking")
DESKTOP, PHONE, NARROWEST = 1280, 390, 320
"""Widths in pixels; the last is 400 % of a screen of 1280."""
LOCALES = {"nb": "nb-NO", "nn": "nn-NO", "en": "en-GB"}
_AXE = Axe()
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Visitor:
    """Somebody with a browser of their own, signed in at one node."""

    url: str
    context: BrowserContext
    page: Page

    def go(self, path: str) -> Page:
        """Open a page of the node, which is there."""
        answer = self.page.goto(self.url + path)
        assert answer is not None
        assert answer.status == 200, (path, answer.status, self.page.title())
        return self.page

    def accessible(self) -> None:
        """Fail where axe finds anything on the page as it is, with all of it open."""
        self.page.evaluate(
            "document.querySelectorAll('details:not(.fg-menu)').forEach(d => d.open = true)"
        )
        options = {"runOnly": {"type": "tag", "values": _TAGS}}
        found = _AXE.run(self.page, options=options).response["violations"]
        told = [
            (each["id"], [node["html"][:200] for node in each["nodes"][:3]])
            for each in found
        ]
        assert not told, (self.page.url, told)

    def fits(self) -> None:
        """Fail where the page is wider than its window."""
        width = self.page.evaluate("document.documentElement.scrollWidth")
        window = self.page.evaluate("window.innerWidth")
        assert width <= window, (self.page.url, width, window)


def visitor(
    browser: Browser,
    url: str,
    person: str,
    *,
    language: str = "nb",
    width: int = DESKTOP,
    script: bool = True,
) -> Visitor:
    """Sign in as one of a local federation's ready people, ``983974724.controller``.

    Whatever the browser complains of on a page fails the test that visits it.
    """
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        locale=LOCALES[language],
        java_script_enabled=script,
    )
    page = context.new_page()
    page.goto(f"{url}/sign-in")
    page.locator("#person").select_option(person)
    page.get_by_role("button", name=re.compile("Logg inn|Sign in")).click()
    assert page.url.endswith("/my-day"), page.url
    return Visitor(url, context, page)
