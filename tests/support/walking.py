"""Walking a story through a node's pages: what somebody follows, fills in and confirms.

Of each page that looks anew axe is asked whether everybody can use it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import httpx
from playwright.sync_api import Locator, Page

from api.auth import Role
from deploy.local.federation import LocalFederation
from domain.values import REGIONAL_AUTHORITY, Region
from tests.support.browsing import Visitor

STRANGERS: Final = {"2027-01-04": "970000011", "2028-01-03": "970000038"}
"""Who is registered on a day on which a story goes on; nobody acts for them."""
TO_CONFIRMATION: Final = ("Gå til bekreftelse", "Les gjennom")
_NAMED: Final = re.compile("/(applications|bodies|calls|networks|seats)/(?!new$)[^/]+")
# What differs between pages of one address: how wide, whether it is confirmed, its boxes.
_LOOK: Final = """() => [
  innerWidth < 600,
  !!document.querySelector('main [name=step]'),
  ...new Set([...document.querySelectorAll('main section[data-kind]')]
    .map(each => each.dataset.kind)),
].join(' ')"""


@dataclass
class Walker:
    """Somebody who is signed in, and how the pages looked that axe was asked of."""

    guest: Visitor
    looks: set[str]

    @property
    def page(self) -> Page:
        """What is open."""
        return self.guest.page

    @property
    def here(self) -> str:
        """Address of the page on its node."""
        return self.page.url.partition("?")[0].removeprefix(self.guest.url)

    def open(self, address: str, heard: str = "") -> str:
        """Open an address, once the node has ``heard`` so much; return its words."""
        self.guest.go(f"{address}?at_least={heard}" if heard else address)
        return self.read()

    def read(self) -> str:
        """Return the words of the page, which everybody can use; axe is slow."""
        address = _NAMED.sub(r"/\1", self.here)
        look = f"{address} {self.page.evaluate(_LOOK)}"
        if look not in self.looks:
            self.looks.add(look)
            self.guest.accessible()
        self.guest.fits()
        return self.page.locator("main").inner_text().replace("\xa0", " ")

    def follow(self, link: str) -> str:
        """Follow a link by its words, or by the first of them."""
        self._leave_by(self._named("link", link))
        return self.read()

    def press(self, button: str) -> str:
        """Press a button that leads on, by its words or by the first of them."""
        self._leave_by(self._named("button", button))
        return self.read()

    def add(self, button: str) -> None:
        """Press a button that adds to the page, as a script does."""
        self._named("button", button).click()

    def offers(self, link: str) -> bool:
        """Whether a page leads to something."""
        return bool(self.page.get_by_role("link", name=link, exact=True).count())

    def broken_links(self) -> list[str]:
        """Return links that lead to a place on the page which is not there."""
        found: list[str] = self.page.evaluate(
            "[...document.querySelectorAll('main a[href^=\"#\"]')]"
            ".map(a => a.getAttribute('href'))"
            ".filter(h => !document.getElementById(decodeURIComponent(h.slice(1))))"
        )
        return found

    def fill(self, said: Mapping[str, str]) -> None:
        """Fill in fields by their labels; what is ticked or chosen among is ``yes``."""
        for label, text in said.items():
            field = self.page.get_by_label(label, exact=True)
            if not field.count():
                field = self.page.get_by_label(label)
            kind = field.first.evaluate("e => e.type")
            if kind in {"checkbox", "radio"}:
                field.first.set_checked(text == "yes")
            elif kind == "select-one":
                field.first.select_option(label=text)
            else:
                field.first.fill(text)

    def write(self, said: Mapping[str, str]) -> None:
        """Fill in fields by their names in the form, as rows of one kind have them."""
        for name, text in said.items():
            field = self.page.locator(f"[name='{name}']")
            if field.evaluate("e => e.type") == "select-one":
                field.select_option(text)
            else:
                field.fill(text)

    def typed(self, label: str) -> str:
        """Return what stands in a field."""
        return self.page.get_by_label(label).input_value()

    def confirm(self, verb: str) -> str:
        """Read the form through, where there is one, and confirm.

        Return the position to show another node that it has heard of it.
        """
        for words in TO_CONFIRMATION:
            button = self.page.get_by_role("button", name=words)
            if button.count():
                self._leave_by(button.last)
                self.read()
        self._leave_by(self.page.get_by_role("button", name=verb))
        self.page.wait_for_url("**at_least=**")
        self.read()
        return self.page.url.partition("at_least=")[2].partition("#")[0]

    def _leave_by(self, way: Locator) -> None:
        """Press what leads to another page, and wait for that."""
        with self.page.expect_navigation():
            way.click()

    def _named(self, role: Literal["button", "link"], words: str) -> Locator:
        found = self.page.get_by_role(role, name=words, exact=True)
        if not found.count():
            found = self.page.get_by_role(role, name=words)
        return found.first


def days_pass(federation: LocalFederation, region: Region, day: str) -> str:
    """Let it become a day, by something that a health authority records.

    Days are played, and the clock stands where the last entry was recorded. Return the
    position to show others that it is that day.
    """
    authority = REGIONAL_AUTHORITY[region]
    answer = httpx.post(
        f"{federation.urls[region]}/v1/organisations",
        json={
            "org_number": STRANGERS[day],
            "name": f"Sykehuset {day}",
            "short_name": day,
            "kind": "hf",
            "region": region.value,
        },
        headers={
            "Authorization": f"Bearer {federation.token(authority, Role.REGISTRAR)}",
            "Fagnett-Business-Day": day,
            "Idempotency-Key": day,
        },
        timeout=30,
    )
    answer.raise_for_status()
    return str(answer.json()["position"])
