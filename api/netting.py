"""What closed statements of a period come to when all of them are set off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from api.services import Node
from domain.closing.netting import Debt, net_debts, net_positions, transfers
from domain.values import Region
from projections.readable import Readable, reading_as
from projections.regions import regions_as_of
from projections.statements import (
    ShownStatement,
    StatementFilter,
    StatementState,
    debts,
    statements,
)


@dataclass(frozen=True, slots=True)
class NettingProposal:
    """The fewest payments that settle what trusts owe each other by closed statements."""

    closed: Sequence[ShownStatement]
    pairs: Sequence[Debt]
    positions: Mapping[str, int]
    regions: Mapping[Region, int]
    payments: Sequence[Debt]


def netting_proposal(node: Node, period_end: date, day: date) -> NettingProposal:
    """Net the statements of a period that are closed on a day.

    It is of all of them, whoever asks: a proposal that left somebody out would be none.
    """
    criteria = StatementFilter(state=StatementState.CLOSED, period_end=period_end)
    of_all = Readable(everything=True)
    with reading_as(node.views, of_all, node.moments) as connection:
        closed = statements(connection, day, criteria)
        region_of = regions_as_of(connection, day)
    owed = debts(closed)
    positions = net_positions(owed)
    regions = dict.fromkeys(Region, 0)
    for trust, position_ore in positions.items():
        regions[region_of[trust]] += position_ore
    return NettingProposal(
        closed, net_debts(owed), positions, regions, transfers(positions)
    )
