"""What an entry had seen, held against an entry before it in the same log.

- A region forgets nothing: what one of its decisions had seen of a log, the next one
  had seen too, and all of its own log before it.
- That is so for entries that name the rules ``IN_ORDER``. Those of earlier releases
  name none: commands that came at one moment could be recorded in another order.
- Who has recorded under these rules records nothing without them any more.
- What an operator records of the log itself rests on no decision, and is passed over. A
  new epoch begins anew: what its region had seen may be lost to it.
"""

from typing import Final

from domain.parties.epoch import EpochBegun
from domain.parties.membership import TYPES
from federation.signed.entry import IN_ORDER, Row, command_id_of, rules_of, seen_of

NOWHERE: Final = (0, 0)
OF_THE_LOG: Final = frozenset({EpochBegun.TYPE, *TYPES})
"""What an operator records of the log itself, and no command."""


def is_decided(row: Row) -> bool:
    """Whether an entry is what a command came to."""
    return row.type not in OF_THE_LOG


def forgets(earlier: Row, row: Row) -> bool:
    """Whether an entry had seen less than an earlier one of its log, or less of that."""
    if not _are_comparable(earlier, row) or rules_of(row.body) < IN_ORDER:
        return False
    before, now = seen_of(earlier.body), seen_of(row.body)
    if command_id_of(earlier.body) != command_id_of(row.body):
        before[row.origin] = (earlier.epoch, earlier.position)
    return any(now.get(origin, NOWHERE) < place for origin, place in before.items())


def goes_back(earlier: Row, row: Row) -> bool:
    """Whether an entry names no rules, or older ones, where an earlier one named some."""
    comparable = _are_comparable(earlier, row)
    return comparable and rules_of(row.body) < rules_of(earlier.body)


def _are_comparable(earlier: Row, row: Row) -> bool:
    return earlier.epoch == row.epoch and is_decided(earlier) and is_decided(row)
