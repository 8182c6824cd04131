"""Every page that somebody can come to by its links: it is there, and for everybody."""

from collections.abc import Callable

import pytest

from domain.values import REGIONAL_AUTHORITY, Region
from tests.support.browsing import DESKTOP, NARROWEST, PHONE, Visitor
from tests.support.crawling import crawl
from tests.support.examples import BERGEN, OSLO
from tests.support.page_templates import templates

pytestmark = [pytest.mark.servers, pytest.mark.timeout(900)]
VISITORS = {
    "payer": (Region.VEST, f"{BERGEN}.controller"),
    "approver": (Region.VEST, f"{BERGEN}.approver"),
    "payee": (Region.SOROST, f"{OSLO}.controller"),
    "leader": (Region.SOROST, f"{OSLO}.leader"),
    "registrar": (Region.VEST, f"{REGIONAL_AUTHORITY[Region.VEST]}.registrar"),
    "auditor": (Region.VEST, f"{REGIONAL_AUTHORITY[Region.VEST]}.auditor"),
}


WHEN_SOMETHING_WAITS = {
    "/agreements/{agreement}/versions/{version}/counter",
    "/agreements/{agreement}/{kind}/{version}/{act}",
    "/bank/{reference}",
    "/bodies/new",
    "/bodies/{body}",
    "/bodies/{body}/charter",
    "/bodies/{body}/plan",
    "/bodies/{body}/report",
    "/bodies/{body}/seats/{seat}",
    "/bodies/{body}/{act}",
    "/contacts/{about}/{of}",
    "/grants/applications/{application}",
    "/grants/applications/{application}/draft",
    "/grants/applications/{application}/money",
    "/grants/applications/{application}/money/{act}",
    "/grants/applications/{application}/reports/{report}/{act}",
    "/grants/applications/{application}/{act}",
    "/grants/calls/new",
    "/grants/calls/{call}",
    "/grants/calls/{call}/new-version",
    "/grants/calls/{call}/{act}",
    "/grants/documents/{sha256}",
    "/import/{name}",
    "/import/{name}/confirm",
    "/invoices/{payee}/{year}/{number}/approve",
    "/organisation/mandates/new",
    "/organisation/mandates/{number}/end",
    "/organisation/webhooks/{webhook}",
    "/organisation/webhooks/{webhook}/end",
    "/reports/{report}/{act}",
    "/statements/{first}/{second}/{period_end}",
    "/statements/{first}/{second}/{period_end}/rejection",
    "/statements/{first}/{second}/{period_end}/signature",
    "/netting",
    "/networks/{network}/governance/charter",
    "/networks/{network}/governance/invitation",
    "/networks/{network}/governance/invite",
    "/networks/{network}/governance/plan",
    "/networks/{network}/governance/report",
    "/networks/{network}/governance/{act}",
    "/obligations/waive",
}
"""Pages that are led to while something is proposed, drawn up or imported, which the
bundled year does not leave: their own tests do."""


FOR_PROGRAMS = {"/obligations.ics"}
"""What a calendar asks for by itself."""


@pytest.fixture(scope="session")
def builds() -> set[str]:
    """Collect how the pages that axe was asked of are built."""
    return set()


@pytest.fixture(scope="session")
def reached() -> set[str]:
    """Collect the pages that were opened; the last test asks for all."""
    return set()


@pytest.mark.parametrize("who", VISITORS)
def test_every_link_leads_somewhere_that_all_can_use(
    visiting: Callable[..., Visitor], who: str, reached: set[str], builds: set[str]
) -> None:
    guest = visiting(*VISITORS[who])
    for template, _ in crawl(guest, "/my-day", "/agreements/ms-ous"):
        reached.add(template)
        guest.accessible(builds)
        guest.fits()


@pytest.mark.parametrize(
    ("language", "width"),
    [("nb", PHONE), ("nb", NARROWEST), ("nn", DESKTOP), ("en", DESKTOP)],
)
def test_every_page_is_for_all_in_each_language_and_width(
    visiting: Callable[..., Visitor], language: str, width: int, builds: set[str]
) -> None:
    guest = visiting(*VISITORS["payer"], language=language, width=width)
    opened = set()
    for template, address in crawl(guest, "/my-day", "/agreements/ms-ous", each=1):
        assert guest.page.locator("html").get_attribute("lang") == language, address
        guest.fits()
        if template not in opened:
            opened.add(template)
            guest.accessible(builds)


def test_every_page_was_come_to(reached: set[str]) -> None:
    """A page that no link leads to is found by nobody."""
    if len(reached) > 1:  # where the tests before it have run
        elsewhere = WHEN_SOMETHING_WAITS | FOR_PROGRAMS
        missing = sorted(templates() - reached - elsewhere)
        assert not missing, "\n".join(missing)
