"""One story of two trusts, from the first sign-in to the last krone, over four nodes.

Everybody signs in by a real OpenID provider and acts on a mandate that somebody of
their organisation has given.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from api.pages.history.federation import SILENT_SECONDS
from domain.values import Region
from federation.node.heartbeat import HEARTBEAT_SECONDS
from tests.support import servers
from tests.support.bank import ACCOUNT
from tests.support.browsed import Browsed, browsed
from tests.support.browsing import PHONE, Visitor
from tests.support.camt import detail, ntry, paid_in
from tests.support.commands import fagnett, wait_for
from tests.support.nodes import Nodes
from tests.support.provided import by_provider
from tests.support.screenshots import Screenshots
from tests.support.workbooks import parts, row, write

pytestmark = [pytest.mark.servers, pytest.mark.oidc, pytest.mark.timeout(900)]
STAVANGER, INNLANDET, SOROST = "983974678", "983971709", "991324968"
PEOPLE = {
    "tor": "Tor Hauge",
    "liv": "Liv Moe",
    "ingrid": "Ingrid Solheim",
    "anders": "Anders Bakke",
    "kari": "Kari Myhre",
    "marit": "Marit Lien",
}
INVOICE = f"/invoices/{INNLANDET}/2026/1"
SECONDS = 30_000
BUILDS: Final[set[str]] = set()
"""How the pages are built that axe was asked of: once is enough."""
HEAD = (
    *("Nettverk", "Type", "Navn", "Engelsk navn", "Koordinerende foretak"),
    *("Startdato", "Modell", "Koordineringsbudsjett", "Registrert"),
)
PAIR = f"/statements/{INNLANDET}/{STAVANGER}"
NEW_NUMBERS = {
    Region.MIDT: "974706490",
    Region.NORD: "974795833",
    Region.VEST: "974557746",
}
"""Good numbers that nobody has registered."""
AGREEMENT = {
    "agreement": "mov-si",
    "effective_from": "01.01.2026",
    "starts_on": "01.01.2026",
    "ends_on": "31.12.2027",
    "posts.0.post": "mov-si-1",
    "posts.0.content": "Fysioterapeut: kurs i ParkinsonNet",
    "posts.0.percent": "10",
    "posts.0.annual_cost_ore": "182 500,00",
    "posts.0.starts_on": "01.01.2026",
    "posts.0.ends_on": "31.12.2027",
    "vat_reason": "helsepersonell i pasientbehandling",
    "cooperation_waived": "Avtalt før",
}
"""500 kroner a day; the first half-year comes to 90 500."""


@dataclass
class Story:
    """The people of the story, each with a browser of their own."""

    around: Browsed
    browser: Browser
    shots: Screenshots | None = None
    codes: dict[str, str] = field(default_factory=dict)
    people: dict[str, Visitor] = field(default_factory=dict)

    def arrive(self, person: str, region: Region, width: int = 1280) -> None:
        """Sign somebody in, who has no role yet, and note the code that they read."""
        url = self.around.urls[region]
        guest = by_provider(self.browser, url, person, width, self.shots)
        look(guest)
        self.codes[person] = guest.page.locator("main code").inner_text()
        self.people[person] = guest

    def as_role(self, person: str, role: str) -> Visitor:
        """Have somebody choose a role."""
        guest = self.people[person]
        page = guest.go("/role")
        page.get_by_label(role).check()
        look(guest)
        send(guest, "Fortsett")
        return guest

    def first_administrator(self, person: str, organisation: str) -> None:
        """Give an organisation its first administrator, as who runs the node does."""
        home = self.around.federation.home
        done = fagnett("mandate", organisation, self.codes[person], "--home", home.path)
        assert done.returncode == 0, done.stderr


def look(guest: Visitor) -> str:
    """Ask whether everybody can use a page; return its words."""
    guest.accessible(BUILDS)
    guest.fits()
    return words(guest)


def words(guest: Visitor) -> str:
    """Return what the page says."""
    return guest.page.locator("main").inner_text().replace("\xa0", " ")


def confirm(guest: Visitor, verb: str) -> str:
    """Read what is confirmed, and confirm; return what another node waits for."""
    page = guest.page
    look(guest)
    for box in page.locator("main input[type=checkbox]").all():
        box.check()
    return send(guest, verb)


def send(guest: Visitor, button: str) -> str:
    """Send a form; return what another node waits for."""
    page = guest.page
    with page.expect_navigation():
        page.get_by_role("button", name=button).first.click()
    return page.url.partition("at_least=")[2].partition("#")[0]


def press(guest: Visitor, name: str) -> Page:
    """Follow a link of the page."""
    return follow(guest, guest.page.locator("main").get_by_role("link", name=name))


def follow(guest: Visitor, links: Locator) -> Page:
    """Follow the first of some links."""
    with guest.page.expect_navigation():
        links.first.click()
    return guest.page


def given(guest: Visitor, code: str, role: str, **more: str) -> None:
    """Give somebody a role, as their administrator."""
    page = guest.go("/organisation/mandates/new")
    page.locator("#person").fill(code)
    page.locator("#role").select_option(role)
    for name, text in more.items():
        page.locator(f"#{name}").fill(text)
    send(guest, "Les gjennom")
    send(guest, "Gi mandatet")


def networked(
    key: str, name: str, english: str, trust: str, day: str
) -> tuple[str, ...]:
    """Return a row of the sheet of networks."""
    more = ("coordination_only", "0,00", "31.12.2026")
    return (key, "local", name, english, trust, day, *more)


@pytest.fixture
def around() -> Iterator[Browsed]:
    """Run a federation of its own: other tests have gone on to other days."""
    with servers.folder() as home, browsed(home) as running:
        yield running


@pytest.fixture
def story(
    around: Browsed, chromium: Browser, shots: Screenshots | None
) -> Iterator[Story]:
    """Begin the story: nobody is known, and one region is cut off."""
    with around.provider(PEOPLE):
        told = Story(around, chromium, shots)
        yield told
        for each in told.people.values():
            each.context.close()
        around.links[Region.MIDT].heal()


def test_two_trusts_go_from_a_proposal_to_the_last_krone(
    story: Story, tmp_path: Path
) -> None:
    people_get_their_roles(story)
    propose_and_accept(story)
    story.around.links[Region.MIDT].cut()
    work_and_invoice(story)
    attest_dispute_and_credit(story)
    pay_by_the_bank(story)
    read_a_workbook(story, tmp_path)
    find_and_heal_the_cut(story)
    close_and_net(story)
    follow_one_krone(story)


def people_get_their_roles(story: Story) -> None:
    story.arrive("tor", Region.VEST, PHONE)
    story.arrive("liv", Region.VEST, PHONE)
    story.arrive("ingrid", Region.SOROST)
    story.arrive("anders", Region.SOROST, PHONE)
    story.arrive("kari", Region.SOROST)
    story.arrive("marit", Region.SOROST)
    for who, organisation in (
        ("tor", STAVANGER),
        ("ingrid", INNLANDET),
        ("kari", SOROST),
    ):
        story.first_administrator(who, organisation)
        story.as_role(who, "Administrator")
    for giver, person, role in (
        ("tor", "liv", "approver"),
        ("tor", "tor", "controller"),
        ("ingrid", "anders", "leader"),
        ("ingrid", "ingrid", "controller"),
        ("kari", "kari", "operator"),
    ):
        given(story.people[giver], story.codes[person], role)
    engaged = {"ends_on": "31.01.2027", "purpose": "Revisjon av 2026"}
    given(story.people["kari"], story.codes["marit"], "auditor", **engaged)
    story.as_role("tor", "Controller")
    story.as_role("ingrid", "Controller")
    story.as_role("kari", "Drift")
    for who, role in (("liv", "Anviser"), ("anders", "Leder"), ("marit", "Revisor")):
        story.as_role(who, role)


def propose_and_accept(story: Story) -> None:
    tor, ingrid, anders = (story.people[who] for who in ("tor", "ingrid", "anders"))
    tor.go("/networks/movement")
    page = press(tor, "Foreslå ny avtale")
    for name, text in AGREEMENT.items():
        page.locator(f"[id='{name}']").fill(text)
    page.locator("#other").select_option(INNLANDET)
    page.locator("#frequency").select_option("half_yearly")
    page.locator("#vat_treatment").select_option("exempt")
    page.locator("#endorsement_required").check()
    send(tor, "Les gjennom før du signerer")
    heard = confirm(tor, "Foreslå for")
    page = anders.go(f"/agreements/mov-si?at_least={heard}")
    press(anders, "Forankre versjon 1")
    page.locator("main select").select_option("clinic_director")
    confirm(anders, "Forankre for")
    ingrid.go("/my-day")
    assert "mov-si" in look(ingrid)
    ingrid.go("/agreements/mov-si")
    press(ingrid, "Godta versjon 1")
    confirm(ingrid, "Godta for")
    assert "Gjelder nå" in look(ingrid)


def work_and_invoice(story: Story) -> None:
    tor, ingrid = story.people["tor"], story.people["ingrid"]
    page = ingrid.go("/organisation/billing-details")
    page.locator("#account").fill(ACCOUNT)
    page.locator("#kid_check").select_option("mod10")
    page.locator("#kid_length").fill("12")
    look(ingrid)
    send(ingrid, "Gå til bekreftelse")
    confirm(ingrid, "Registrer")
    page = ingrid.go("/agreements/mov-si")
    press(ingrid, "Før endring")
    page.locator("#change").select_option("filled")
    page.locator("#effective_on").fill("01.01.2026")
    page.locator("#holder").fill("Berit Olsen")
    send(ingrid, "Les gjennom")
    confirm(ingrid, "Registrer for")
    assert "Berit Olsen" not in words(ingrid)
    ingrid.go("/reports?network=movement")
    press(ingrid, "Send rapport")
    page.locator("#report").fill("mov-si-h1")
    page.locator("#network").select_option("movement")
    page.locator("#period_start").fill("01.01.2026")
    page.locator("#period_end").fill("30.06.2026")
    look(ingrid)
    send(ingrid, "Send rapporten")
    tor.go(page.url.removeprefix(ingrid.url))
    press(tor, "Godkjenn")
    heard = confirm(tor, "Godkjenn for")
    page = ingrid.go(f"/invoices/new/mov-si?at_least={heard}")
    look(ingrid)
    press(ingrid, "Fakturer januar–juni 2026")
    confirm(ingrid, "Utsted faktura på 90 500,00 kroner")
    assert "181" in look(ingrid)


def attest_dispute_and_credit(story: Story) -> None:
    tor, liv, ingrid = (story.people[who] for who in ("tor", "liv", "ingrid"))
    tor.go("/my-day")
    press(tor, "SI faktura 1")
    look(tor)
    press(tor, "Attester")
    confirm(tor, "Attester 90 500,00 kroner")
    liv.go(INVOICE)
    look(liv)
    page = press(liv, "Anvis")
    confirm(liv, "Anvis 90 500,00 kroner")
    page.locator("#dispute").get_by_label("Begrunnelse").fill("Ledig 30. juni.")
    look(liv)
    send(liv, "Bestrid linjen")
    look(liv)
    ingrid.go(page.url.removeprefix(liv.url))
    assert "Ledig 30. juni." in look(ingrid)
    page = press(ingrid, "Krediter")
    page.locator("[name=line-0]").fill("500,00")
    page.get_by_label("Begrunnelse").fill("Én dag.")
    look(ingrid)
    send(ingrid, "Vis kreditnotaen")
    heard = confirm(ingrid, "Utsted kreditnota på 500,00 kroner")
    page = liv.go(f"{INVOICE}?at_least={heard}")
    page.get_by_label("Linjen er kreditert").check()
    send(liv, "Send svar")
    assert "Linjen er kreditert." in look(liv)


def pay_by_the_bank(story: Story) -> None:
    """Read the file of each side's bank: the one that paid, the one that was paid."""
    tor, ingrid = story.people["tor"], story.people["ingrid"]
    kid = ingrid.go(INVOICE).locator("dt:text-is('KID') + dd").inner_text()
    for guest, way in ((tor, "DBIT"), (ingrid, "CRDT")):
        paid = detail(kid=kid, to=ACCOUNT) if way == "DBIT" else detail(kid=kid)
        told = paid_in(ntry("89000.00", f"bank-{way}", paid, way=way))
        page = guest.go("/bank")
        file = FilePayload(
            name="camt.054.xml", mimeType="text/xml", buffer=told.encode()
        )
        page.locator("#file").set_input_files([file])
        send(guest, "Les inn")
        assert "1" in look(guest)
    page = tor.go(INVOICE)
    assert "Partene er enige" in look(tor)
    assert "1 000,00" in words(tor)


def read_a_workbook(story: Story, folder: Path) -> None:
    tor = story.people["tor"]
    good = ("lokalt-nytt", "Lokalt nettverk", "Local network", STAVANGER, "01.01.2026")
    bad_day = ("lokalt-to", "Lokalt to", "Local two", STAVANGER, "31.02.2026")
    bad_number = ("lokalt-tre", "Lokalt tre", "Local three", "983974679", "01.01.2026")
    rows = [
        row(*HEAD),
        *(row(*networked(*each)) for each in (good, bad_day, bad_number)),
    ]
    book = folder / "nettverk.xlsx"
    write(book, parts("".join(rows), name="nettverk"))
    page = tor.go("/import")
    look(tor)
    page.locator("#file").set_input_files(book)
    send(tor, "Prøv filen")
    told = look(tor)
    assert "31.02.2026" in told
    assert "983974679" in told
    press(tor, "Registrer 1 rad")
    look(tor)
    send(tor, "Registrer 1 rad")
    expect(page.locator("h1")).to_have_text("Filen er registrert", timeout=SECONDS)
    look(tor)


def find_and_heal_the_cut(story: Story) -> None:
    kari = story.people["kari"]
    nodes = Nodes(story.around.federation, day="2026-12-31")

    def age() -> float:
        return float(nodes.known(Region.VEST, Region.MIDT)["heartbeat_age_seconds"])

    def told() -> bool:
        kari.go("/federation")
        return "Ring driften i Helse Midt-Norge." in words(kari)

    silent = SILENT_SECONDS + HEARTBEAT_SECONDS
    wait_for(lambda: age() > silent, "that the region is silent")
    assert told()
    look(kari)
    # Who was called there mends the line. Nothing is started anew anywhere.
    story.around.links[Region.MIDT].heal()
    nodes.register(Region.MIDT, "974795515")
    nodes.arrived(Region.MIDT, Region.VEST)
    wait_for(lambda: not told(), "that the operator reads of no silence")
    look(kari)


def close_and_net(story: Story) -> None:
    tor, ingrid = story.people["tor"], story.people["ingrid"]
    begun = begin_new_year(story)
    page = ingrid.go(f"{PAIR}/draft?start=2026-01-01&end=2026-12-31&{begun}")
    assert "1 000,00" in look(ingrid)
    shown = page.locator("aside .fg-mono").first.inner_text()
    press(ingrid, "Gå til signering")
    assert shown in words(ingrid)
    heard = confirm(ingrid, "Signer for")
    page = tor.go(f"{PAIR}/2026-12-31?at_least={heard}")
    look(tor)
    press(tor, "Avvis med begrunnelse")
    look(tor)
    page.go_back()
    press(tor, "Gå til signering")
    assert shown in words(tor)
    confirm(tor, "Signer for")
    assert "Ingen kan endre den" in look(tor)
    press(tor, "Motregning mellom alle foretak")
    assert "1 000,00" in look(tor)
    assert "Hvem betaler hvem" in words(tor)


def begin_new_year(story: Story) -> str:
    """Have other regions record something in the new year: the old one is over.

    Return what another node waits for.
    """
    nodes = Nodes(story.around.federation, day="2027-01-11")
    ends = []
    for region, number in NEW_NUMBERS.items():
        nodes.register(region, number)
        ends.append(f"at_least={region}:{nodes.known(region, region)['position']}")
    return "&".join(ends)


def follow_one_krone(story: Story) -> None:
    """From a total of the settlement down to the signed entry, and back to the total."""
    marit = story.people["marit"]
    page = marit.go("/settlement?year=2026")
    assert "Revisjon av 2026" in page.inner_text("header")
    follow(marit, page.locator("#trusts .fg-matrix tbody a", has_text="1 000,00"))
    page.locator("#under details summary", has_text="mov-si").click()
    look(marit)
    follow(marit, page.locator("#under a", has_text="Faktura 1, "))
    assert page.url.startswith(f"{marit.url}{INVOICE}")
    look(marit)
    press(marit, "sorost/1/")
    assert "Bevist" in look(marit)
    with page.expect_download() as download:
        page.get_by_role("link", name="Last ned beviset").click()
    assert download.value.suggested_filename.endswith(".json")
    page.locator(".fg-search input").fill("mov-si-1")
    with page.expect_navigation():
        page.locator(".fg-search input").press("Enter")
    look(marit)
    follow(marit, page.locator("table a[href^='/history/']"))
    assert "Alt som har skjedd" in look(marit)
    follow(marit, page.locator("aside").get_by_role("link", name="Oppgjør"))
    page.wait_for_url("**/settlement*")
