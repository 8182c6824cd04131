"""A national network and its bodies: two regions at work and a third that reads.

Bergen coordinates it, in Helse Vest; Oslo takes part, in Helse Sør-Øst; Tromsø reads.
"""

from collections.abc import Callable

import pytest

from deploy.local.federation import LocalFederation
from domain.values import REGIONAL_AUTHORITY, Region
from tests.support.browsing import PHONE
from tests.support.examples import BERGEN, OSLO, TROMSO
from tests.support.walking import Walker, days_pass

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]
NETWORK = "/networks/vestibular/governance"
TODAY = "03.01.2028"
Walking = Callable[..., Walker]


@pytest.fixture(autouse=True)
def today(federation: LocalFederation) -> str:
    """Let it become the day on which all of it is said; return its position."""
    return days_pass(federation, Region.VEST, "2028-01-03")


def take_part(walker: Walker, name: str) -> str:
    """Declare that an organisation takes part, as it does itself."""
    walker.open(NETWORK)
    walker.follow("Erklær deltakelse")
    walker.fill({"Deltaker": name})
    return walker.confirm("Før")


def set_up(coordinator: Walker, body: str, kind: str, **seat: str) -> str:
    """Set up a body with a seat for each of the two."""
    coordinator.open(NETWORK)
    coordinator.follow("Opprett et organ")
    coordinator.add("Flere plasser")
    coordinator.write({"body": body, "kind": kind, "term_years": "2"})
    for index, name in enumerate(("bergen", "oslo")):
        at = f"seats.{index}."
        coordinator.write({f"{at}seat": name, f"{at}first": name})
        coordinator.write({f"{at}{part}": value for part, value in seat.items()})
    return coordinator.confirm("Før")


def fill(walker: Walker, body: str, who: str, heard: str = "") -> str:
    """Put an own person in a seat that no body appoints to."""
    walker.open(f"/bodies/{body}", heard)
    walker.follow("Fyll en plass")
    walker.fill({"Navn": who, "Første dag": TODAY})
    return walker.confirm("Før")


def nominate(walker: Walker, who: str, heard: str = "") -> str:
    """Nominate an own person for a seat in the operating group."""
    walker.open("/bodies/vest-drift", heard)
    walker.follow("Nominer til plass")
    walker.fill({"Navn": who})
    return walker.confirm("Før")


def appoint(coordinator: Walker, heard: str, *seats: str) -> str:
    """Appoint to each seat who is nominated for it."""
    assert "Én nominert, ikke oppnevnt" in coordinator.open("/bodies/vest-drift", heard)
    for name in seats:
        coordinator.follow(name)
        coordinator.follow("Fyll en plass")
        coordinator.fill({"Første dag": TODAY})
        heard = coordinator.confirm("Før")
    return heard


def elect(elector: Walker) -> str:
    """Elect who holds Oslo's seat, when each group is covered."""
    shown = elector.open("/bodies/vest-drift")
    assert "Uten leder" in shown
    assert "Grupper uten dekning" not in shown
    elector.follow("Før et valg")
    seat = "vest-drift/oslo: Oslo universitetssykehus HF"
    elector.fill({"Plass": seat, "Leder fra": TODAY})
    return elector.confirm("Før")


def read_elsewhere(reader: Walker, heard: str) -> None:
    """Read in a third region who leads until when, and no name."""
    assert "oslo, til 02.01.2030" in reader.open(NETWORK, heard)
    reader.follow("vest-drift")
    shown = reader.follow("oslo")
    assert "Leiar" in shown
    assert "Ola Dal" not in shown


def test_a_leader_is_elected(walking: Walking, today: str) -> None:
    """Each names its persons; the steering group appoints, and the body elects."""
    bergen = walking(Region.VEST, f"{BERGEN}.secretary")
    oslo = walking(Region.SOROST, f"{OSLO}.secretary", width=PHONE)
    oslo.open(NETWORK, today)
    bergen.open(NETWORK, take_part(oslo, "oslo"))
    take_part(bergen, "bergen")

    # The bodies, and who holds the seats of the network group.
    set_up(bergen, "vest-fag", "network_group")
    assert not bergen.offers("Nominer til plass")
    set_up(bergen, "vest-styring", "steering_group")
    by = {"appointed_by": "vest-styring", "chosen_from": "resource_persons"}
    heard = set_up(bergen, "vest-drift", "operating_group", **by)
    fill(bergen, "vest-fag", "Kari Nes")
    fill(oslo, "vest-fag", "Ola Dal", heard)

    # Nobody is elected before the steering group has appointed who is nominated.
    elector = walking(Region.VEST, f"{BERGEN}.decider")
    assert "Grupper uten dekning" in elector.open("/bodies/vest-drift")
    assert "Ingen har plass i organet ennå." in elector.follow("Før et valg")
    nominate(bergen, "Kari Nes")
    appoint(bergen, nominate(oslo, "Ola Dal"), "bergen", "oslo")
    heard = elect(elector)
    read_elsewhere(walking(Region.NORD, f"{TROMSO}.reader", language="nn"), heard)
    assert "Ola Dal" in oslo.open("/bodies/vest-drift/seats/oslo", heard)


def charter(coordinator: Walker) -> str:
    """Write what the network is asked for, with something to reach."""
    assert "Mandatet har ingen plan for avvikling." in coordinator.open(NETWORK)
    coordinator.follow("Skriv mandatet")
    coordinator.write(
        {
            "clinic": "Øre-nese-halsklinikken",
            "exit_plan": "Pasientene følges opp i Bergen.",
            "posts_reason": "Få fagfolk i hver region.",
            "milestones.0.milestone": "register",
            "milestones.0.due_on": "31.12.2028",
            "milestones.0.text": "Felles register",
        }
    )
    return coordinator.confirm("Før")


def report(coordinator: Walker) -> str:
    """Report on the year that is over, with what eRapport calls the report."""
    coordinator.open(NETWORK)
    coordinator.follow("Rapporter for et år")
    coordinator.fill({"Hvem rapporterer": "vestibular", "År": "2027"})
    assert "referansen kan ikke legges til siden" in coordinator.press("Gå videre")
    coordinator.fill({"Referanse i eRapport": "eR-2027-41"})
    coordinator.write({"sections.whole_report": "Fire samlinger er holdt."})
    return coordinator.confirm("Før")


def test_a_network_is_authorised_and_reports(walking: Walking, today: str) -> None:
    """Bergen writes, two health authorities decide, and a third region reads."""
    bergen = walking(Region.VEST, f"{BERGEN}.secretary")
    vest = walking(Region.VEST, f"{REGIONAL_AUTHORITY[Region.VEST]}.decider")
    nord = walking(Region.NORD, f"{REGIONAL_AUTHORITY[Region.NORD]}.decider")
    bergen.open(NETWORK, today)
    charter(bergen)
    assert "Foreslått" in vest.open(NETWORK)
    vest.follow("Godkjenn nettverket")
    vest.fill({"Saksnummer": "2028/17"})
    heard = vest.confirm("Før")
    assert "Aktivt" in vest.read()
    assert "ingenting mangler" in vest.read()

    # Another health authority lets it use the logo, and it reaches what it was to.
    nord.open(NETWORK, heard)
    nord.follow("Gi rett til logoen")
    nord.confirm("Før")
    bergen.open(NETWORK)
    bergen.follow("Før en nådd milepæl")
    bergen.fill({"Nådd": TODAY})
    bergen.confirm("Før")
    heard = report(bergen)
    reader = walking(Region.SOROST, f"{OSLO}.reader", width=PHONE)
    shown = reader.open(NETWORK, heard)
    assert "Nådd 03.01.2028" in shown
    assert "eR-2027-41" in shown
    assert "eR-2027-41" in reader.follow("Årsrapport til eRapport")


def leave(participant: Walker) -> str:
    """Say that an own person has left a seat; a deadline for a successor runs."""
    participant.open("/bodies/vest-fag")
    participant.follow("Før at noen går ut")
    participant.fill({"Ledig fra": TODAY})
    heard = participant.confirm("Før")
    participant.follow("Fyll den ledige plassen")
    assert "Oslo universitetssykehus HF skal ha gjort dette innen" in participant.read()
    return heard


def test_a_vacancy_is_filled_in_time_and_another_deadline_is_waived(
    walking: Walking, today: str
) -> None:
    """Whoever owes a successor is told until there is one; all regions see both."""
    bergen = walking(Region.VEST, f"{BERGEN}.secretary", width=PHONE)
    oslo = walking(Region.SOROST, f"{OSLO}.secretary")
    oslo.open(NETWORK, today)
    shown = bergen.open("/bodies/vest-fag", leave(oslo))
    assert "Én ledig plass" in shown
    assert "En ny person skal være oppnevnt innen 3. mars 2028" in shown
    oslo.follow("Gjør det")
    oslo.fill({"Navn": "Siri Vik", "Første dag": TODAY})
    heard = oslo.confirm("Før")
    reader = walking(Region.NORD, f"{TROMSO}.reader")
    vacancy = "/obligations/seat/vest-fag/oslo/vacancy/2028-01-03"
    assert "Gjort 03.01.2028" in reader.open(vacancy, heard)

    # Oslo's health authority waives a deadline, with a reason that all can read.
    waiver = walking(Region.SOROST, f"{REGIONAL_AUTHORITY[Region.SOROST]}.decider")
    welcome = "/obligations/seat/vest-fag/oslo/welcome/2028-01-03"
    waiver.open(welcome)
    waiver.follow("Frita")
    waiver.fill({"Begrunnelse": "De har arbeidet sammen i ti år."})
    heard = waiver.confirm("Frita")
    assert "De har arbeidet sammen i ti år." in reader.open(welcome, heard)
    assert "Fritatt" in oslo.open("/obligations")
