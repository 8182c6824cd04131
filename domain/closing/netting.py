"""Netting: the fewest payments that settle what some trusts owe each other.

It is a proposal. The sales documents stay whole, and each party can recompute
its own part from the statements that it signed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Debt(NamedTuple):
    """What one trust owes another, in øre; never below zero."""

    debtor: str
    creditor: str
    amount_ore: int


def net_debts(debts: Iterable[Debt]) -> list[Debt]:
    """One debt for each pair, once both sides are set off."""
    nets: defaultdict[tuple[str, str], int] = defaultdict(int)
    for debt in debts:
        if debt.debtor < debt.creditor:
            nets[debt.debtor, debt.creditor] += debt.amount_ore
        else:
            nets[debt.creditor, debt.debtor] -= debt.amount_ore
    return [
        Debt(first, second, amount) if amount > 0 else Debt(second, first, -amount)
        for (first, second), amount in sorted(nets.items())
        if amount
    ]


def net_positions(debts: Iterable[Debt]) -> dict[str, int]:
    """Credits less debts of each trust; the sum is zero (law 7)."""
    positions: defaultdict[str, int] = defaultdict(int)
    for debt in debts:
        positions[debt.creditor] += debt.amount_ore
        positions[debt.debtor] -= debt.amount_ore
    return dict(sorted(positions.items()))


def transfers(positions: Mapping[str, int]) -> list[Debt]:
    """Payments that bring all positions to zero: at most one less than trusts.

    The largest debtor pays the largest creditor what the smaller of the two sums
    is, which settles at least one of them each time. Of equal sums the lower
    organisation number comes first, so that everybody proposes the same.
    """
    if sum(positions.values()):
        message = "positions that do not sum to zero cannot be settled"
        raise ValueError(message)
    left = {trust: ore for trust, ore in positions.items() if ore}
    paid = []
    while left:
        debtor = min(left, key=lambda trust: (left[trust], trust))
        creditor = min(left, key=lambda trust: (-left[trust], trust))
        amount_ore = min(-left[debtor], left[creditor])
        paid.append(Debt(debtor, creditor, amount_ore))
        left[debtor] += amount_ore
        left[creditor] -= amount_ore
        left = {trust: ore for trust, ore in left.items() if ore}
    return paid
