"""Pictures of the pages, as the tests of a browser come to them.

What is looked at is what the tests ask axe about: every page by its links, and every
state that a test leads to. There is no other list.
"""

from collections import Counter
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import Page, Request

from tests.support.page_templates import template_of

HEIGHT: Final = 900
_WIDE: Final = {"true", "false"}
"""What a build says of the window, of which a picture is taken in each width."""


class Screenshots:
    """Writes a picture of each page and state: for each width, and each language.

    A state that only a form has led to is there in the language of its test alone.
    """

    def __init__(
        self, folder: Path, widths: tuple[int, ...], languages: tuple[str, ...]
    ) -> None:
        self._folder = folder
        self._widths = widths
        self._languages = languages
        self._seen: set[str] = set()
        self._states: Counter[str] = Counter()
        self._by_form: dict[Page, bool] = {}

    def watch(self, page: Page) -> None:
        """Note of a page whether a form led to what it shows."""

        def asked(request: Request) -> None:
            if request.is_navigation_request() and request.frame == page.main_frame:
                self._by_form[page] = request.method != "GET"

        page.on("request", asked)

    def take(self, page: Page, build: str) -> None:
        """Write what a page shows, unless another was built alike."""
        parts = urlsplit(page.url)
        build = "\n".join(each for each in build.split("\n") if each not in _WIDE)
        template = template_of(parts.path) or parts.path
        if f"{template}\n{build}" in self._seen:
            return
        self._seen.add(f"{template}\n{build}")
        self._states[template] += 1
        name = f"{_as_file(template)}.{self._states[template]:02}"
        own = str(page.locator("html").get_attribute("lang"))
        before = page.viewport_size
        self._at_each_width(page, f"{name}-{own}")
        if before is not None:
            page.set_viewport_size(before)
        if self._by_form.get(page):
            return
        other = page.context.new_page()
        for language in self._languages:
            if language != own:
                asked = "&".join(filter(None, (parts.query, f"language={language}")))
                other.goto(parts._replace(query=asked).geturl())
                self._at_each_width(other, f"{name}-{language}")
        other.close()

    def _at_each_width(self, page: Page, name: str) -> None:
        for width in self._widths:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            path = self._folder / f"{name}-{width}.png"
            page.screenshot(path=path, full_page=True)


def _as_file(template: str) -> str:
    """Return a name for files: ``agreements.{agreement}.propose``."""
    return template.strip("/").replace("/", ".") or "first"
