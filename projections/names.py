"""Whose a name is, where two gave it before they had heard of each other.

The same as in the decisions (``domain.agreements.agreement``): the first has it, in
the order of recording, and an entry that names it is about the first one if whoever
decided on it had heard of that.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Row

from projections.asof import place


@dataclass(frozen=True, slots=True)
class Holder:
    """The entry that took a name."""

    origin: str
    epoch: int
    position: int
    contested: bool
    """Others have given the name too."""

    def concerns(self, seen: str) -> bool:
        """Whether an entry that rests on some positions is about this holder."""
        if not self.contested:
            return True
        places = (text.split("/") for text in seen.split())
        ends = {name: (int(epoch), int(number)) for name, epoch, number in places}
        return (self.epoch, self.position) <= ends.get(self.origin, (0, 0))


class Proposals(NamedTuple):
    """The proposals under one name of an agreement, in the order of recording."""

    holder: Holder | None
    ours: Sequence[Row[Any]]
    displaced: Sequence[Row[Any]]


def network_homes(networks: Iterable[Row[Any]]) -> Mapping[str, str]:
    """Region of the trust that coordinates each network, as first recorded."""
    home_of: dict[str, str] = {}
    for row in networks:
        home_of.setdefault(row.network, row.origin)
    return home_of


def divided(versions: Iterable[Row[Any]], home_of: Mapping[str, str]) -> Proposals:
    """Tell the versions of the agreement that has a name from those of others."""
    ours: list[Row[Any]] = []
    displaced: list[Row[Any]] = []
    for row in versions:
        first = ours[0] if ours else row
        same = parties(row) == parties(first)
        at_home = home_of.get(row.network) == row.origin
        (ours if same and at_home else displaced).append(row)
    holder = None
    if ours:
        holder = Holder(*place(ours[0]), contested=bool(displaced))
    return Proposals(holder, ours, displaced)


def parties(row: Row[Any]) -> tuple[str, str, str]:
    """Payer, payee and network of an agreement or a document."""
    return row.payer, row.payee, row.network
