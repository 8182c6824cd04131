"""What may stand on a region's stream beside its pages, whoever put it there."""

import base64
from collections.abc import Callable, Mapping
from typing import Final

from domain.values import Region
from federation.journal.store import Journal
from federation.signed.checkpoint import Checkpoint, sign
from federation.signed.keys import SigningKey, key_name, signing_key
from federation.signed.page import (
    CHECKPOINT_HEADER,
    Message,
    note_of,
    pack,
)
from tests.support.federation import KEYS

NEW_KEY: Final = signing_key(key_name("vest"), bytes([77]) * 32)
"""One that nobody has accepted."""

Foreign = Callable[[Journal, Message], Message]
"""Makes something of a journal of vest and a page of its stream."""


def by_a_new_key(vest: Journal, _: Message | None = None) -> Message:
    """Return all of a log under a key that nobody has accepted."""
    return _signed_by(vest, NEW_KEY)


def by_another_region(vest: Journal, _: Message) -> Message:
    """Return all of a log as another region signs it."""
    return _signed_by(vest, KEYS[Region.NORD])


def _signed_by(vest: Journal, key: SigningKey) -> Message:
    rows = vest.entries("vest", 0, 500)
    said = Checkpoint("vest", 1, len(rows) + 1, bytes(32), rows[-1].recorded_at)
    return pack(rows, sign(said, key))


def _letter(_: Journal, __: Message) -> Message:
    return Message({}, b"x")


def _nothing(_: Journal, __: Message) -> Message:
    return Message({}, b"")


def _status(_: Journal, __: Message) -> Message:
    return Message({"Status": "409", "Description": "Consumer Deleted"}, b"")


def _far(_: Journal, __: Message) -> Message:
    far = str(10**17)
    return Message({"Fagnett-First": far, "Fagnett-Last": far}, b"{}")


def _huge(_: Journal, __: Message) -> Message:
    return Message({"x": "y" * 10_000}, bytes(1_000_000))


def _badly_signed(_: Journal, page: Message) -> Message:
    note = note_of(page)
    place = len(note) - 20
    bent = note[:place] + ("A" if note[place] != "A" else "B") + note[place + 1 :]
    encoded = base64.b64encode(bent.encode()).decode()
    return Message({**page.headers, CHECKPOINT_HEADER: encoded}, page.body)


def _under_a_true_note(_: Journal, page: Message) -> Message:
    return Message(page.headers, b"x")


def _bent(_: Journal, page: Message) -> Message:
    """Return other entries, well formed, under the note of a page."""
    return Message(page.headers, page.body.replace(b'"a":1', b'"a":2'))


def _elsewhere(_: Journal, page: Message) -> Message:
    """Return a page that says it stands far ahead."""
    return Message({**page.headers, "Fagnett-Last": str(10**9)}, page.body)


def _again(_: Journal, page: Message) -> Message:
    return page


FOREIGN: Final[Mapping[str, Foreign]] = {
    "a letter": _letter,
    "nothing": _nothing,
    "a status": _status,
    "far ahead": _far,
    "huge": _huge,
    "badly signed": _badly_signed,
    "under a true note": _under_a_true_note,
    "bent": _bent,
    "elsewhere": _elsewhere,
    "an older page": _again,
    "another region": by_another_region,
    "a new key": by_a_new_key,
}
