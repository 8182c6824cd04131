"""A grant from call to remainder: two organisations at two nodes, in a browser.

Oslo applies, in Helse Sør-Øst; Helse Vest has published the call and decides.
"""

from collections.abc import Callable

import pytest

from deploy.local.federation import LocalFederation
from domain.values import REGIONAL_AUTHORITY, Region
from tests.support.browsing import PHONE
from tests.support.examples import OSLO, TROMSO
from tests.support.walking import Walker, days_pass

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]
VEST = REGIONAL_AUTHORITY[Region.VEST]
CALL = "/grants/calls/hv-2027"
TITLE = "Trygg utskriving"
Walking = Callable[..., Walker]


def publish(decider: Walker) -> str:
    """Publish a call that asks for all of it, from the preset of another region."""
    decider.open("/grants")
    decider.follow("Ny utlysning")
    decider.follow("Pasientsikkerhetsmidler 2023-2024 (s2-2022)")
    decider.press("Legg til: Søknaden skal ha")
    decider.write(
        {
            "call": "hv-2027",
            "title": "Pasientsikkerhetsmidler 2027",
            "valid_from": "31.12.2026",
            "opens_on": "31.12.2026",
            "deadline": "01.01.2027",
            "announce_by": "31.01.2027",
            "use.first_day": "01.01.2027",
            "use.last_day": "31.12.2027",
            "use.project_ends_by": "01.10.2027",
            "reports.0.due_on": "01.09.2027",
            "sections.0.key": "plan",
            "sections.0.words": "Plan for arbeidet",
            "sections.0.rule": "S2-12",
        }
    )
    decider.page.locator("[id='applicant_regions.midt']").uncheck()
    decider.page.locator("[id='applicant_regions.sorost']").check()
    return decider.confirm("Lys ut")


def begin(author: Walker, heard: str) -> str:
    """Begin a draft: whatever is typed is kept, and what is missing is linked to."""
    assert "Ordinær drift: gis ikke" in author.open(CALL, heard)
    assert "må rettes før du kan sende inn" in author.press("Begynn på en søknad")
    author.fill(
        {
            "Søknadens navn": TITLE,
            "Beløp det søkes om, kroner": "hundre tusen",
            "Redusere pasientskader": "yes",
        }
    )
    assert "Noe kan ikke leses slik det er skrevet" in author.press("Lagre utkastet")
    assert author.typed("Beløp det søkes om, kroner") == "hundre tusen"
    author.fill(
        {
            "Beløp det søkes om, kroner": "120 000,00",
            "Medforfattere i organisasjonen": "yes",
        }
    )
    author.press("Lagre utkastet")
    assert not author.broken_links()
    return author.here


def complete(colleague: Walker, draft: str) -> None:
    """Go on where the author is, until nothing of the authors' is missing."""
    assert TITLE in colleague.open(CALL)
    colleague.follow(TITLE)
    colleague.fill(
        {
            "Ansvarlig søker": "Kari Nes",
            "Arbeidssted": "Oslo, Ullevål",
            "Prosjektlederens arbeidsgiver": "Oslo universitetssykehus HF",
            "Prosjekteierens arbeidsgiver": "Oslo universitetssykehus HF",
            "Prosjektet begynner": "04.01.2027",
            "Prosjektet slutter": "30.09.2027",
            "Plan for arbeidet": "Ring alle to dager etter utskriving.",
            "Hva": "Sykepleiere som ringer",
            "Type kostnad": "Ordinær drift (S2-12): Gis ikke slik den står",
            "Kroner": "120 000,00",
        }
    )
    assert "Én ting må rettes før du kan sende inn" in colleague.press("Lagre utkastet")
    category = "Frikjøp: hvilken oppgave i prosjektet (S2-13)"
    colleague.fill({"Type kostnad": category, "Forklaring": "Ringer hjem"})
    assert "må rettes" not in colleague.press("Lagre utkastet")
    assert colleague.here == draft


def presented(author: Walker) -> str:
    """Present the draft that is open; return the application's address."""
    author.press("Be om anbefaling")
    author.confirm("Legg fram søknaden")
    assert not author.offers("Send inn")
    return author.here


def endorse(leader: Walker, application: str, role: str, name: str) -> None:
    """Stand behind what is presented, in a role that the call asks for."""
    leader.open(application)
    leader.follow("Anbefal")
    leader.fill({"Anbefales som": role, "Hvem som anbefaler": name})
    leader.confirm("Anbefal for")


def submitted(author: Walker, leader: Walker, application: str) -> str:
    """Have two functions of the line endorse, and submit."""
    endorse(leader, application, "nærmeste leder", "Per Li")
    assert "1 av 2" in leader.read()
    endorse(leader, application, "klinikksjef", "Anne Bø")
    assert not leader.offers("Anbefal")
    author.open(application)
    author.follow("Send inn")
    return author.confirm("Send inn for")


def returned(secretary: Walker, application: str, heard: str) -> str:
    """Read what is submitted, without a name, and send it back."""
    shown = secretary.open(application, heard)
    assert "Ring alle to dager etter utskriving." in shown
    assert "Kari Nes" not in shown
    assert not secretary.offers("Vurder")
    secretary.follow("Send tilbake")
    secretary.fill(
        {
            "Hva som mangler": "Hvem som leder arbeidet.",
            "Kan kompletteres til og med": "15.01.2027",
        }
    )
    return secretary.confirm("Send tilbake for")


def mended(author: Walker, application: str, heard: str) -> None:
    """Read why it came back, and present another revision."""
    shown = author.open(application, heard)
    assert "Hvem som leder arbeidet." in shown
    assert "Venter på deg" in shown
    author.follow("Rett utkastet")
    author.fill({"Plan for arbeidet": "Klinikken leder. Ring alle etter to dager."})
    author.press("Lagre utkastet")
    presented(author)
    assert "Søknaden er rettet." in author.read()


def assessed(secretary: Walker, assessor: Walker, application: str, heard: str) -> None:
    """Declare a conflict of interest, and have a colleague give points instead."""
    secretary.open(application, heard)
    secretary.follow("Vurder")
    secretary.fill({"Habilitet": "Inhabil: egen enhet"})
    secretary.confirm("Registrer vurderingen")
    assert "Du er meldt inhabil" in secretary.follow("Vurder")
    assessor.open(application)
    assessor.follow("Vurder")
    assessor.fill(
        {
            "Samarbeid lokalt og regionalt (S2-24)": "4",
            "Prosjektets kvalitet (S2-27)": "5",
        }
    )
    assessor.confirm("Registrer vurderingen")


def decided(decider: Walker, application: str) -> str:
    """Grant a part, knowing the points and who has a conflict."""
    assert "Inhabil: egen enhet" in decider.open(application)
    decider.follow("Avgjør")
    decider.fill(
        {
            "Innvilges delvis": "yes",
            "Beløp, kroner": "100 000,00",
            "Begrunnelse": "God plan.",
        }
    )
    heard = decider.confirm("Vedta 100 000,00 kroner")
    assert "Innvilget delvis" in decider.read()
    return heard


def test_an_application_goes_from_draft_to_decision(
    walking: Walking, federation: LocalFederation
) -> None:
    """Two authors, a leader and a decider in Oslo; three of Helse Vest's."""
    author = walking(Region.SOROST, f"{OSLO}.secretary")
    colleague = walking(Region.SOROST, f"{OSLO}.secretary-2", width=PHONE)
    leader = walking(Region.SOROST, f"{OSLO}.leader", width=PHONE)
    ranker = walking(Region.SOROST, f"{OSLO}.decider")
    secretary = walking(Region.VEST, f"{VEST}.secretary")
    assessor = walking(Region.VEST, f"{VEST}.secretary-2")
    decider = walking(Region.VEST, f"{VEST}.decider")

    draft = begin(author, publish(decider))
    complete(colleague, draft)
    author.open(draft)
    assert author.typed("Plan for arbeidet") == "Ring alle to dager etter utskriving."
    application = presented(author)
    assert "Lagt fram, ikke sendt inn" in author.read()
    heard = submitted(author, leader, application)
    heard = returned(secretary, application, heard)
    mended(author, application, heard)

    # The deadline is over, but what was returned may still be completed.
    days_pass(federation, Region.SOROST, "2027-01-04")
    heard = submitted(author, leader, application)
    secretary.open(application, heard)
    secretary.follow("Bekreft at den er komplett")
    heard = secretary.confirm("Bekreft for")
    assert not secretary.offers("Vurder")

    # What is not ranked is not assessed.
    ranker.open(CALL, heard)
    ranker.follow("Ranger søknadene")
    ranker.fill({TITLE: "1", "Rangeres som": "kvalitetssjef"})
    heard = ranker.confirm("Ranger for")
    assessed(secretary, assessor, application, heard)

    # The applicant sees nothing of the decision before all are announced.
    heard = decided(decider, application)
    assert "100 000,00" not in author.open(application, heard)
    decider.open(CALL)
    decider.follow("Kunngjør vedtakene")
    heard = decider.confirm("Kunngjør for")
    shown = author.open(application, heard)
    assert all(each in shown for each in ("100 000,00", "God plan.", "4 av 5"))
    other = walking(Region.NORD, f"{TROMSO}.reader", language="en")
    assert "100,000.00" in other.open(application, heard)


def paid_and_used(payer: Walker, user: Walker) -> str:
    """Pay what is awarded, and record a cost on an approved line; return its address."""
    payer.open(CALL)
    payer.follow(TITLE)
    payer.follow("Se hva pengene er brukt til")
    at = payer.here
    payer.follow("Før utbetaling")
    heard = payer.confirm("Før utbetaling av 100 000,00 kroner")
    user.open(at, heard)
    user.follow("Før kostnad")
    user.fill(
        {
            "Budsjettlinje": "Sykepleiere som ringer",
            "Beløp i kroner": "85 000,50",
            "Påløpt": "04.01.2027",
        }
    )
    user.confirm("Før kostnad på 85 000,50 kroner")
    assert "14 999,50" in user.read()
    return at


def reported(reporter: Walker, decider: Walker, at: str) -> None:
    """Report, have it sent back, and report anew until it is approved."""
    for answer, words in (("Send tilbake", "Sendt tilbake"), ("Godkjenn", "Godkjent")):
        reporter.open(at)
        reporter.follow("Lever rapporten")
        heard = reporter.confirm("Lever for")
        assert "Levert, venter på godkjenning" in reporter.read()
        decider.open(at, heard)
        decider.follow(answer)
        heard = decider.confirm(f"{answer} for")
        assert words in reporter.open(at, heard)


def test_what_is_awarded_is_paid_used_and_reported_and_the_rest_comes_back(
    walking: Walking, federation: LocalFederation
) -> None:
    """A controller at each; the secretary who reports, and the decider who approves."""
    payer = walking(Region.VEST, f"{VEST}.controller")
    user = walking(Region.SOROST, f"{OSLO}.controller", width=PHONE)
    reporter = walking(Region.SOROST, f"{OSLO}.secretary")
    at = paid_and_used(payer, user)
    reported(reporter, walking(Region.VEST, f"{VEST}.decider"), at)

    # The year is over: what is not used lapses, and what is paid too much comes back.
    assert not payer.offers("La resten falle bort")
    heard = days_pass(federation, Region.VEST, "2028-01-03")
    payer.open(at)
    payer.follow("La resten falle bort")
    assert "14 999,50" in payer.read()
    heard = payer.confirm("La falle bort for")
    assert "betales tilbake" in user.open(at, heard)
    user.follow("Før tilbakebetaling")
    heard = user.confirm("Før tilbakebetaling av 14 999,50 kroner")
    payer.open(at, heard)
    payer.open("/grants")
    user.open("/grants")
