"""Visiting a node's pages in Chromium, and asking axe whether everybody can."""

import re
import shutil
from dataclasses import dataclass

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.screenshots import Screenshots

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WITHOUT_SANDBOX = ("--no-sandbox", "--disable-background-networking")
DESKTOP, PHONE, NARROWEST = 1280, 390, 320
"""Widths in pixels; the last is 400 % of a screen of 1280."""
LOCALES = {"nb": "nb-NO", "nn": "nn-NO", "en": "en-GB"}
_AXE = Axe()
_ASKED = {
    "runOnly": {
        "type": "tag",
        "values": [
            "wcag2a",
            "wcag2aa",
            "wcag21a",
            "wcag21aa",
            "wcag22aa",
            "best-practice",
        ],
    },
    "resultTypes": ["violations"],
}
_VIOLATIONS = "async asked => (await axe.run(asked)).violations"
# What axe judges by: elements in elements, with their attributes; of the values those
# that say how something looks and what it is; and whether what it refers to is there.
_BUILD = r"""() => {
  const said = /^(class|role|type|scope|tabindex|open|style|fill|stroke)$/;
  const refers = /^(for|aria-labelledby|aria-describedby|aria-controls)$/;
  const ids = new Set(), build = new Set([`${innerWidth < 600}`]);
  const attribute = a => {
    if (a.name === 'id') {
      const again = ids.has(a.value);
      ids.add(a.value);
      return again ? 'id again' : 'id';
    }
    if (refers.test(a.name))
      return a.name + a.value.split(' ').every(id => document.getElementById(id));
    return said.test(a.name) ? a.name + a.value : a.name + !a.value;
  };
  const walk = (element, above) => {
    const attributes = [...element.attributes].map(attribute).sort().join(' ');
    const here = `${above}>${element.tagName}[${attributes}]${!element.textContent.trim()}`;
    build.add(here);
    for (const child of element.children) walk(child, here);
  };
  walk(document.documentElement, '');
  return [...build].sort().join('\n');
}"""


@dataclass
class Visitor:
    """Somebody with a browser of their own, signed in at one node."""

    url: str
    context: BrowserContext
    page: Page
    shots: Screenshots | None = None

    def __post_init__(self) -> None:
        """Have pictures know what led to each page."""
        if self.shots:
            self.shots.watch(self.page)

    def go(self, path: str) -> Page:
        """Open a page of the node, which is there."""
        answer = self.page.goto(self.url + path)
        assert answer is not None
        assert answer.status == 200, (path, answer.status, self.page.title())
        return self.page

    def accessible(self, known: set[str] | None = None) -> None:
        """Fail where axe finds anything on the page as it is, with all of it open.

        A page that is built as one in ``known`` is not asked again: axe is slow.
        """
        self.page.evaluate(
            "document.querySelectorAll('details:not(.fg-menu)').forEach(d => d.open = true)"
        )
        build = self.page.evaluate(_BUILD) if known is not None or self.shots else ""
        if self.shots:
            self.shots.take(self.page, build)
        if known is not None:
            if build in known:
                return
            known.add(build)
        self.page.evaluate(_AXE.axe_script)
        found = self.page.evaluate(_VIOLATIONS, _ASKED)
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
