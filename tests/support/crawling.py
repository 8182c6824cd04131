"""Following every link of the pages, as far as each page has been seen."""

from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.support.browsing import Visitor
from tests.support.page_templates import template_of

_EACH = 2
"""Addresses of one page that are opened: with what differs between them."""


def crawl(guest: Visitor, *starts: str, each: int = _EACH) -> Iterator[tuple[str, str]]:
    """Open pages by their links; give the template and address of each when it is open.

    A link to what is not there fails, as does a page that breaks.
    """
    seen: Counter[str] = Counter()
    known, waiting = {*starts}, [*starts]
    while waiting:
        address = waiting.pop(0)
        template = template_of(urlsplit(address).path)
        if template is None or seen[template] >= each:
            continue
        seen[template] += 1
        guest.go(address)
        yield template, address
        links = guest.page.eval_on_selector_all(
            "header a[href], main a[href], footer a[href]",
            "all => all.map(a => a.getAttribute('href'))",
        )
        for link in links:
            plain = link.partition("#")[0]
            if (
                plain.startswith("/")
                and plain not in known
                and "language=" not in plain
            ):
                known.add(plain)
                waiting.append(plain)
