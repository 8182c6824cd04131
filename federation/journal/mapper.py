"""Facts to stored events and back; names come from the catalogue, never paths."""

from dataclasses import dataclass
from typing import Final

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent
from typing_extensions import override

from domain.fact import Fact


@dataclass(frozen=True, slots=True)
class Recorded:
    """A fact at its place in a stream: what the library calls a domain event."""

    originator_id: str
    originator_version: int
    fact: Fact


class FactMapper(Mapper[str]):
    """Stores a fact under its ``TYPE`` as canonical bytes.

    A name that is not in the catalogue raises instead of being imported: the
    library would resolve it as a module path, also one from another region.
    """

    @override
    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        assert isinstance(domain_event, Recorded)
        return StoredEvent(
            originator_id=domain_event.originator_id,
            originator_version=domain_event.originator_version,
            topic=domain_event.fact.TYPE,
            state=domain_event.fact.to_bytes(),
        )

    @override
    def to_domain_event(self, stored_event: StoredEvent) -> Recorded:
        # Loaded by who reads facts; who checks logs stores and reads none.
        from domain.catalogue import decode  # noqa: PLC0415

        fact = decode(stored_event.topic, stored_event.state)
        stream = str(stored_event.originator_id)
        return Recorded(stream, stored_event.originator_version, fact)


MAPPER: Final = FactMapper(JSONTranscoder())
