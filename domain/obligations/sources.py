"""What there are obligations of, and which streams they are read from, many at once."""

from collections.abc import Collection, Mapping
from typing import Any, Final, Protocol

from domain.agreements.agreement import AGREEMENT
from domain.agreements.answer import ANSWERS
from domain.agreements.counted import FRAME
from domain.fact import Fact
from domain.governance.activity import ACTIVITY
from domain.governance.body import BODY, NETWORK_BODIES, BodyChartered
from domain.governance.gathering import GATHERINGS, LISTED_GATHERINGS
from domain.governance.plan import PLAN
from domain.governance.seat import SEAT, seat_key
from domain.grants.application import APPLICATION, ApplicationPresented
from domain.grants.assessment import ASSESSMENT
from domain.grants.award import AWARDS
from domain.grants.call import CALL, CallPublished
from domain.grants.grant import GRANT
from domain.grants.use import GRANT_USE
from domain.history import Category, History
from domain.obligations.derive import Source, SourceKind
from domain.parties.authority import AUTHORITY
from domain.parties.charter import CHARTER
from domain.parties.network import NETWORK, NetworkEstablished
from domain.parties.participation import PARTICIPATION

SOURCES: Final[Mapping[SourceKind, type[Fact]]] = {
    SourceKind.APPLICATION: ApplicationPresented,
    SourceKind.BODY: BodyChartered,
    SourceKind.CALL: CallPublished,
    SourceKind.NETWORK: NetworkEstablished,
}
"""Of each kind of source, the fact by which there is one."""


class ReadsAhead(History, Protocol):
    """A history that reads the streams of many keys at once."""

    def read_ahead(self, category: Category[Any], keys: Collection[str]) -> None:
        """Read them, so that they are known when they are asked for."""
        ...


def read_ahead(sources: Collection[Source], history: ReadsAhead) -> None:
    """Read what the obligations of some sources are derived from."""
    by_kind = {
        kind: [each.name for each in sources if each.kind is kind]
        for kind in SourceKind
    }
    _applications(by_kind[SourceKind.APPLICATION], history)
    for category in (CALL, AWARDS):
        history.read_ahead(category, by_kind[SourceKind.CALL])
    _networks(by_kind[SourceKind.NETWORK], history)
    _bodies(by_kind[SourceKind.BODY], history)


def _applications(names: Collection[str], history: ReadsAhead) -> None:
    for category in (APPLICATION, ASSESSMENT, GRANT, GRANT_USE):
        history.read_ahead(category, names)


def _networks(names: Collection[str], history: ReadsAhead) -> None:
    for category in (
        NETWORK,
        AUTHORITY,
        CHARTER,
        ACTIVITY,
        FRAME,
        PARTICIPATION,
        NETWORK_BODIES,
    ):
        history.read_ahead(category, names)
    agreements = {
        agreement
        for frame in history.states(FRAME, names).values()
        for agreement in frame.agreements
    }
    history.read_ahead(AGREEMENT, agreements)
    history.read_ahead(ANSWERS, agreements)


def _bodies(names: Collection[str], history: ReadsAhead) -> None:
    for category in (BODY, GATHERINGS, PLAN, ACTIVITY):
        history.read_ahead(category, names)
    seats = [
        seat_key(name, seat.seat)
        for name, body in history.states(BODY, names).items()
        if body.last is not None
        for seat in body.last.seats
    ]
    history.read_ahead(SEAT, seats)
    history.read_ahead(ACTIVITY, seats)
    places = {*names, *seats}
    history.read_ahead(LISTED_GATHERINGS, places)
    listed = history.states(LISTED_GATHERINGS, places).values()
    history.read_ahead(GATHERINGS, {body for each in listed for body in each.bodies})
