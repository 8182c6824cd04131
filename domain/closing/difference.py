"""Why a figure of a settlement is another one on a later day: entry by entry, to the øre.

A figure is computed anew after each entry that was recorded in between. What it changes
by is what that entry comes to, so that the parts always add up to the whole.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

from domain.closing.settlement import AgreementSettlement

E = TypeVar("E")


class Figure(StrEnum):
    """Which sum of an agreement is explained."""

    OUTSTANDING = "outstanding"
    INVOICED = "invoiced"
    PAID = "paid"
    ACCRUED = "accrued"
    UNBILLED = "unbilled"
    DISPUTED = "disputed"

    def of(self, settled: AgreementSettlement | None) -> int:
        """Øre; nothing of an agreement that there is not."""
        return 0 if settled is None else int(getattr(settled, f"{self.value}_ore"))


def parts(first_ore: int, after: Iterable[tuple[E, int]]) -> list[tuple[E, int]]:
    """Tell by how much each entry moved a figure, of what it was after each.

    What moved nothing is left out. The sum is the last figure less the first.

    >>> parts(100, [("invoice", 150), ("comment", 150), ("payment", 90)])
    [('invoice', 50), ('payment', -60)]
    """
    found, before = [], first_ore
    for entry, ore in after:
        if ore != before:
            found.append((entry, ore - before))
        before = ore
    return found
