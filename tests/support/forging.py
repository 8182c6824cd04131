"""What a region records by its rules, and what it forges past them."""

from datetime import date
from typing import Any

from eventsourcing.persistence import StoredEvent

from domain.parties.day import ConfirmDay
from domain.parties.organisation import OrganisationRegistered, RegisterOrganisation
from domain.values import REGIONAL_AUTHORITY, OrganisationKind, Region
from federation.journal.mapper import MAPPER, Recorded
from federation.journal.store import Journal
from federation.log.executor import Executor, Receipt, RequestContext
from federation.signed.entry import IN_ORDER, Envelope
from tests.support.federation import DIGESTS, instant

VEST = Region.VEST
AUTHORITY = REGIONAL_AUTHORITY[VEST]
BERGEN, STAVANGER = "983974724", "983974678"


def register(journal: Journal, number: str, **more: Any) -> Receipt:
    """Register an organisation as a node does."""
    said = {"name": "Helse", "short_name": "H", "kind": OrganisationKind.HF} | more
    home = journal.region
    command = RegisterOrganisation(org_number=number, region=home, **said)
    asker = RequestContext(
        "registrar", REGIONAL_AUTHORITY[home], number, "c", instant()
    )
    outcome = Executor(journal, DIGESTS).execute(command, asker)
    assert isinstance(outcome, Receipt)
    return outcome


def confirm_day(journal: Journal) -> None:
    """Confirm a day that is over, as an authority does."""
    home = journal.region
    command = ConfirmDay(region=home, day=date(2025, 1, 1))
    asker = RequestContext(
        "controller", REGIONAL_AUTHORITY[home], "day", "c", instant()
    )
    assert isinstance(Executor(journal, DIGESTS).execute(command, asker), Receipt)


def forged(journal: Journal, fact: OrganisationRegistered, **said: Any) -> None:
    """Record what no decision led to, with an envelope that says what a rogue likes.

    Of the logs that ``seen`` does not name it says what is so.
    """
    places = {
        origin: f"{origin}/{at.epoch}/{at.position}"
        for origin, at in journal.positions().items()
    }
    for place in said.pop("seen", "").split():
        places[place.partition("/")[0]] = place
    seen = " ".join(places.values())
    members: dict[str, Any] = {
        "actor": "registrar",
        "organisation": AUTHORITY,
        "command_id": f"{AUTHORITY}/forged",
        "command_digest": "d",
        "correlation_id": "c",
        "seen": seen,
        "rules": IN_ORDER,
    }
    stream = f"vest:organisation:{fact.org_number}"
    version = 1
    with journal.reading() as cursor:
        version += journal.version_in(cursor, stream)
    event = MAPPER.to_stored_event(Recorded(stream, version, fact))
    journal.append([event], envelope=Envelope(**(members | said)))


def forged_as(journal: Journal, name: str, stream: str, data: bytes) -> None:
    """Record bytes under a name that this release does not write."""
    seen = " ".join(
        f"{origin}/{at.epoch}/{at.position}"
        for origin, at in journal.positions().items()
    )
    command = f"{AUTHORITY}/{len(journal.entries('vest', 0, 100))}"
    envelope = Envelope("registrar", AUTHORITY, command, "d", "c", seen, rules=IN_ORDER)
    journal.append([StoredEvent(stream, 1, name, data)], envelope=envelope)


def fact(**changes: Any) -> OrganisationRegistered:
    """Return what a node might record."""
    said: dict[str, Any] = {"org_number": STAVANGER, "name": "Helse"}
    said |= {"short_name": "H", "kind": OrganisationKind.HF, "region": VEST}
    return OrganisationRegistered(**{**said, **changes})
