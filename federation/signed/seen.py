"""What an entry had seen, held against an entry before it in the same log.

- A region forgets nothing: what one of its decisions had seen of a log, the next one
  had seen too, and all of its own log before it.
- That is so for entries that name the rules ``IN_ORDER``. Those of earlier releases
  name none: commands that came at one moment could be recorded in another order.
- Who has recorded under these rules records nothing without them any more.
- What an operator records of the log itself rests on no decision, and is passed over. A
  new epoch begins anew: what its region had seen may be lost to it.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from domain.parties.epoch import EpochBegun
from domain.parties.membership import TYPES
from federation.signed.entry import IN_ORDER, Row, command_id_of, rules_of, seen_of

NOWHERE: Final = (0, 0)
OF_THE_LOG: Final = frozenset({EpochBegun.TYPE, *TYPES})
"""What an operator records of the log itself, and no command."""


def is_decided(row: Row) -> bool:
    """Whether an entry is what a command came to."""
    return row.type not in OF_THE_LOG


class DecidedOn(NamedTuple):
    """What an entry that a command came to says of its decision, and its place."""

    id: str
    origin: str
    epoch: int
    position: int
    rules: int
    command: bytes
    seen: Mapping[str, tuple[int, int]]

    def forgets(self, earlier: "DecidedOn") -> bool:
        """Whether it had seen less than an earlier one of its log, or less of that."""
        if earlier.epoch != self.epoch or self.rules < IN_ORDER:
            return False
        before = earlier.seen
        if earlier.command != self.command:
            own = (earlier.epoch, earlier.position)
            before = {**before, self.origin: own}
        return self.seen != before and any(
            self.seen.get(origin, NOWHERE) < place for origin, place in before.items()
        )

    def goes_back(self, earlier: "DecidedOn") -> bool:
        """Whether it names no rules, or older ones, where an earlier one named some."""
        return earlier.epoch == self.epoch and self.rules < earlier.rules


def decided_on(row: Row) -> DecidedOn | None:
    """DecidedOn of an entry that a command came to; None of one that an operator recorded."""
    if not is_decided(row):
        return None
    body = row.body
    return DecidedOn(
        *(row.id, row.origin, row.epoch, row.position),
        *(rules_of(body), command_id_of(body), seen_of(body)),
    )


def forgets(earlier: Row, row: Row) -> bool:
    """Whether an entry had seen less than an earlier one of its log, or less of that."""
    before, now = decided_on(earlier), decided_on(row)
    return before is not None and now is not None and now.forgets(before)


def goes_back(earlier: Row, row: Row) -> bool:
    """Whether an entry names no rules, or older ones, where an earlier one named some."""
    before, now = decided_on(earlier), decided_on(row)
    return before is not None and now is not None and now.goes_back(before)
