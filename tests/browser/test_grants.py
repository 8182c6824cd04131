"""A grant in a browser: an application of Oslo's to Helse Vest, from draft to decision.

Three people in two organisations at two nodes: who writes it, who endorses it, and who
has published the call and decides.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from domain.values import REGIONAL_AUTHORITY, Region
from tests.support.browsing import PHONE, Visitor
from tests.support.examples import OSLO

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]
VEST = REGIONAL_AUTHORITY[Region.VEST]
Visiting = Callable[..., Visitor]
CALL = "/grants/calls/hv-2027"


def position(page: Page) -> str:
    """Return what another node waits for, to show what was recorded last."""
    return page.url.partition("at_least=")[2]


def look(guest: Visitor) -> str:
    """Ask whether everybody can use a page; return its words."""
    guest.accessible()
    guest.fits()
    return guest.page.locator("main").inner_text().replace("\xa0", " ")


def confirm(guest: Visitor, verb: str) -> str:
    """Go to the confirmation where there is a form, and confirm."""
    page = guest.page
    if page.get_by_role("button", name="Gå til bekreftelse").count():
        page.get_by_role("button", name="Gå til bekreftelse").last.click()
    look(guest)
    page.get_by_role("button", name=verb).click()
    page.wait_for_url("**at_least=**")
    look(guest)
    return position(page)


def published(nina: Visitor) -> str:
    """Publish a call without a deadline, from the preset of another region."""
    page = nina.go("/grants")
    look(nina)
    page.get_by_role("link", name="Ny utlysning").click()
    page.get_by_role("link", name="s0-2025").click()
    look(nina)
    for field, text in {
        "call": "hv-2027",
        "title": "Fagnettverk 2027",
        "valid_from": "31.12.2026",
        "opens_on": "31.12.2026",
        "network.trusts": "",
        "use.last_day": "31.12.2027",
    }.items():
        page.locator(f"[id='{field}']").fill(text)
    page.locator("[id='network.kind']").select_option("")
    page.locator("[id='applicant_regions.nord']").uncheck()
    page.locator("[id='applicant_regions.sorost']").check()
    return confirm(nina, "Lys ut")


def written(kari: Visitor, heard: str) -> None:
    """Write a draft: what is missing is listed, and nothing that was typed is lost."""
    page = kari.go(f"{CALL}?at_least={heard}")
    assert "Servering av alkohol: gis ikke" in look(kari)
    page.get_by_role("button", name="Begynn på en søknad").click()
    assert "må rettes før du kan sende inn" in look(kari)
    page.get_by_label("Søknadens navn").fill("Fagnettverk KOLS")
    page.get_by_label("Beløp det søkes om, kroner").fill("hundre tusen")
    page.get_by_role("button", name="Lagre utkastet").last.click()
    assert "Noe kan ikke leses slik det er skrevet" in look(kari)
    assert page.get_by_label("Beløp det søkes om").input_value() == "hundre tusen"
    for label, text in {
        "Ansvarlig søker": "Kari Nes",
        "Arbeidssted": "Oslo, Ullevål",
        "Beløp det søkes om, kroner": "120 000,00",
        "Beskrivelse av formål": "Lik oppfølging av pasienter med KOLS.",
        "Program for aktiviteter": "To samlinger.",
        "Hva": "To samlinger, lokale og lunsj",
        "Kroner": "120 000,00",
    }.items():
        page.get_by_label(label, exact=label in {"Hva", "Kroner"}).fill(text)
    page.get_by_label("Type kostnad").select_option("alcohol")
    page.get_by_role("button", name="Lagre utkastet").last.click()
    assert "Én ting må rettes før du kan sende inn" in look(kari)
    page.get_by_label("Type kostnad").select_option("venue_and_catering")
    page.get_by_role("button", name="Lagre utkastet").last.click()
    page.get_by_role("button", name="Be om anbefaling").click()


def test_an_application_goes_from_draft_to_decision(visiting: Visiting) -> None:
    nina = visiting(Region.VEST, f"{VEST}.decider")
    kari = visiting(Region.SOROST, f"{OSLO}.secretary")
    written(kari, published(nina))
    confirm(kari, "Legg fram søknaden")
    at = kari.page.url.partition("?")[0].removeprefix(kari.url)
    assert "Lagt fram, ikke sendt inn" in kari.page.locator("main").inner_text()

    anne = visiting(Region.SOROST, f"{OSLO}.leader", width=PHONE)
    anne.go(at).get_by_role("link", name="Anbefal", exact=True).click()
    look(anne)
    anne.page.get_by_label("Anbefales som").select_option("clinic_director")
    confirm(anne, "Anbefal for")

    kari.go(at).get_by_role("link", name="Send inn", exact=True).click()
    heard = confirm(kari, "Send inn for")

    page = nina.go(f"{at}?at_least={heard}")
    shown = look(nina)
    assert "Lik oppfølging av pasienter med KOLS." in shown
    assert "Kari Nes" not in shown
    page.get_by_role("link", name="Avgjør", exact=True).click()
    look(nina)
    page.get_by_label("Innvilges delvis").check()
    page.get_by_label("Beløp, kroner").fill("100 000,00")
    page.get_by_label("Begrunnelse").fill("God plan.")
    heard = confirm(nina, "Vedta")
    assert "Innvilget delvis" in nina.page.locator("main").inner_text()

    kari.go(f"{at}?at_least={heard}")
    assert "100 000,00" not in kari.page.locator("main").inner_text()
    nina.go(CALL).get_by_role("link", name="Kunngjør vedtakene").click()
    heard = confirm(nina, "Kunngjør for")
    kari.go(f"{at}?at_least={heard}")
    assert "100 000,00" in look(kari)


def test_what_is_awarded_is_paid_and_used(visiting: Visiting) -> None:
    payer = visiting(Region.VEST, f"{VEST}.controller")
    payer.go(CALL).get_by_role("link", name="Fagnettverk KOLS").click()
    payer.page.get_by_role("link", name="Se hva pengene er brukt til").click()
    look(payer)
    at = payer.page.url.partition("?")[0].removeprefix(payer.url)
    payer.page.get_by_role("link", name="Før utbetaling").click()
    look(payer)
    heard = confirm(payer, "Før utbetaling av 100 000,00 kroner")
    user = visiting(Region.SOROST, f"{OSLO}.controller", width=PHONE)
    page = user.go(f"{at}?at_least={heard}")
    page.get_by_role("link", name="Før kostnad").click()
    look(user)
    page.get_by_label("Budsjettlinje").select_option("To samlinger, lokale og lunsj")
    page.get_by_label("Beløp i kroner").fill("85 000,50")
    page.get_by_label("Påløpt").fill("31.12.2026")
    confirm(user, "Før kostnad på 85 000,50 kroner")
    assert "14 999,50" in page.locator("main").inner_text().replace("\xa0", " ")
    user.go("/grants")
    look(user)
    user.go(CALL)
    look(user)
