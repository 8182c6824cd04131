"""How commands are named for ever, and which of an organisation's were here before."""

from collections.abc import Collection
from typing import Final

from federation.journal.store import Journal
from federation.log.digests import Digests

KEYS_AT_ONCE: Final = 500
"""So many are looked up in one statement."""


def command_name(organisation: str, key: str, digests: Digests) -> str:
    """Id of a command, under which its entries name it."""
    return f"{organisation}/{digests.of('command', organisation, key)}"


def keys_used(
    journal: Journal, digests: Digests, organisation: str, keys: Collection[str]
) -> frozenset[str]:
    """Idempotency keys of an organisation under which something was sent before."""
    # Earlier releases named a command as its asker does.
    named = {f"{organisation}/{key}": key for key in keys}
    named |= {command_name(organisation, key, digests): key for key in keys}
    found: set[str] = set()
    ids = sorted(named)
    with journal.reading() as cursor:
        for start in range(0, len(ids), KEYS_AT_ONCE):
            part = ids[start : start + KEYS_AT_ONCE]
            found |= journal.commands_in(cursor, part).keys()
    return frozenset(named[each] for each in found)
