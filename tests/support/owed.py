"""A history of facts of grants and governance, and what is owed by them."""

from datetime import date
from typing import Any, Final

from domain.document import Document
from domain.fact import Fact
from domain.history import Append, Category
from domain.obligations.derive import Source, SourceKind, derive, source_of
from domain.obligations.obligation import Obligation
from domain.parties.charter import (
    NetworkChartered,
)
from domain.parties.network import NETWORK, NetworkEstablished
from domain.parties.organisation import ORGANISATION, OrganisationRegistered
from domain.values import (
    NetworkKind,
    NetworkModel,
    OrganisationKind,
    Region,
)
from tests.support.scenario import Scenario

BERGEN: Final = "983974724"
FONNA: Final = "983974694"
STORD: Final = "939866914"
HELSE_VEST: Final = "983658725"
HELSE_MIDT: Final = "983658776"
HASH: Final = "0" * 64
TEXT: Final = Document(sha256=HASH, media_type="text/plain", size=1)


class Told:
    """A history of facts, each recorded on a day in vest, and what is owed by them."""

    def __init__(self) -> None:
        self.scenario = Scenario()
        for number, kind in (
            (HELSE_VEST, OrganisationKind.RHF),
            (BERGEN, OrganisationKind.HF),
            (FONNA, OrganisationKind.HF),
            (STORD, OrganisationKind.MUNICIPALITY),
        ):
            fact = OrganisationRegistered(
                org_number=number,
                name=number,
                short_name=number,
                kind=kind,
                region=Region.VEST,
            )
            self.say("2020-01-01", ORGANISATION, number, fact)

    def say(self, day: str, category: Category[Any], key: str, *facts: Fact) -> None:
        """Record facts of one stream on a day."""
        self.scenario.last_days[Region.VEST] = date.fromisoformat(day)
        stream = category.stream(Region.VEST, key)
        self.scenario.receive(*(Append(stream, fact) for fact in facts))

    def owed(
        self, kind: SourceKind, name: str, day: str, until_year: int | None = None
    ) -> dict[str, Obligation]:
        """Return what is owed of a source on a day, by id without the source's."""
        on = date.fromisoformat(day)
        found = derive(Source(kind, name), self.scenario, on, until_year)
        assert [each.id for each in found] == sorted(each.id for each in found)
        for each in found:
            assert source_of(each.id) == Source(kind, name), each.id
        return {each.id: each for each in found}


def days(*texts: str) -> tuple[date, ...]:
    """Return days."""
    return tuple(map(date.fromisoformat, texts))


def is_due(owed: Obligation, due_on: str, done_on: str | None = None) -> None:
    """Expect a day on which something is due, and one on which it was done."""
    assert (owed.due_on.isoformat(), owed.done_on and owed.done_on.isoformat()) == (
        due_on,
        done_on,
    )


def network(kind: NetworkKind = NetworkKind.NATIONAL) -> Told:
    """Return a history with one network."""
    told = Told()
    fact = NetworkEstablished(
        network="n",
        kind=kind,
        name_nb="N",
        name_en="Norwegian National Network for N",
        coordinating_trust=BERGEN,
        starts_on=date(2021, 3, 1),
        model=NetworkModel.COORDINATION_ONLY,
        coordination_budget_ore=0,
    )
    told.say("2021-01-10", NETWORK, "n", fact)
    return told


def charter(version: int, **more: Any) -> NetworkChartered:
    """Return a version of the network's charter."""
    empty = {"clinic": "", "predecessor": "", "initiator": ""}
    return NetworkChartered(network="n", version=version, **empty | more)
