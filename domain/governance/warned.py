"""What is warned of in a network's bodies, and refused to nobody.

- A participant without a holder in any seat; who is represented by another has one
  (S4-08, S4-50, S4-73, K-23). A mandatory seat that nobody holds (S4-73).
- All or none of a body's holders replaced when their terms were renewed: some are to go
  on, and some to be new (S4-82, S4-96).
- What its charter rests on and is valid no more (S4-42, S4-44).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from domain.agreements.warned import of_network
from domain.fact import Fact
from domain.governance.body import BODY, BodyChartered, bodies_of
from domain.governance.codes import GovernanceWarning
from domain.governance.holding import holder, seatings, terms
from domain.governance.seat import Seating
from domain.history import Asked, History
from domain.parties.charter import expired_documents
from domain.parties.network import NETWORK
from domain.parties.participation import PARTICIPATION
from domain.warning import RuleWarning


def warn_of_body(
    command: Any,  # noqa: ANN401 - one that names a body
    asked: Asked,
    history: History,
    _facts: Sequence[Fact],
) -> Iterable[RuleWarning]:
    """Warn of the body that a command names."""
    return warned_in_body(command.body, asked.today, history)


def warned_in_body(name: str, day: date, history: History) -> Iterator[RuleWarning]:
    """Warn of a body's seats on a day."""
    version = history.state(BODY, name).last
    if version is None:
        return
    said = seatings(name, version.seats, history)
    for seat in version.seats:
        if seat.mandatory and holder(said[seat.seat], day) is None:
            values = {"body": name, "seat": seat.seat}
            yield RuleWarning(GovernanceWarning.MANDATORY_SEAT_VACANT, values)
    yield from _of_renewal(version, said)


def _of_renewal(
    version: BodyChartered, said: Mapping[str, Seating]
) -> Iterator[RuleWarning]:
    """Compare each seat's last two terms that followed each other whole."""
    renewed = [
        (found[-2].person, found[-1].person)
        for found in map(terms, said.values())
        if len(found) > 1 and found[-2].vacated is None
    ]
    if len(renewed) < 2:  # noqa: PLR2004 - of one holder there is no share
        return
    replaced = sum(before != after for before, after in renewed)
    values = {"body": version.body}
    if replaced == len(renewed):
        yield RuleWarning(GovernanceWarning.ALL_REPLACED, values)
    if replaced == 0:
        yield RuleWarning(GovernanceWarning.NONE_REPLACED, values)


def warnings_of_body(
    name: str, day: date, history: History
) -> Sequence[RuleWarning] | None:
    """List what is warned of in a body; None where there is none of the name."""
    if history.state(BODY, name).last is None:
        return None
    return [*warned_in_body(name, day, history)]


def warnings_of_network(
    name: str, day: date, history: History
) -> Sequence[RuleWarning] | None:
    """List what is warned of in a network; None where there is none of the name."""
    network = history.state(NETWORK, name).established
    if network is None:
        return None
    return [
        *of_network(network, day, history),
        *expired_documents(name, day, history),
        *_without_holder(name, day, history),
        *(
            warning
            for body in bodies_of(name, history)
            for warning in warned_in_body(body, day, history)
        ),
    ]


def _without_holder(network: str, day: date, history: History) -> Iterator[RuleWarning]:
    """Warn of who takes part and has nobody in any seat of a network with bodies."""
    bodies = bodies_of(network, history)
    held = {
        term.participant
        for version in bodies.values()
        for seating in seatings(version.body, version.seats, history).values()
        for term in (holder(seating, day),)
        if term is not None
    }
    participation = history.state(PARTICIPATION, network)
    for name, declared in sorted(participation.declared.items()):
        ended = participation.ended.get(name)
        has_left = ended is not None and ended.ends_on < day
        if bodies and not has_left and not held & {name, declared.represented_by}:
            values = {"network": network, "participant": name}
            yield RuleWarning(GovernanceWarning.NO_HOLDER, values)
