"""What an entry says, in a sentence of the reader's language.

Every kind of fact has one, in the words of ``fact``; its values are the fact's own
members, so that a new fact needs words and nothing else.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

import orjson

from api.pages.register import Register
from api.pages.rendering import Speaker
from domain.fact import Fact, Message
from domain.invoicing.sales_document import InvoiceIssued
from domain.values import REGIONAL_AUTHORITY, Region
from federation.signed.entry import Row
from federation.signed.facts import UnreadableFactError, fact_of

SECTION: Final = "fact"
NO_NAMES: Final = frozenset({"account", "kid", "reference", "name"})
"""Members whose digits are never an organisation's, whatever they look like."""


class EntryAsTold(NamedTuple):
    """An entry with its fact; without one where this release cannot read it."""

    row: Row
    fact: Fact | None
    organisation: str
    """Who recorded it; empty where nobody did."""


def told_entry(row: Row) -> EntryAsTold:
    """Read an entry, also one of a kind that is not known here."""
    try:
        fact: Fact | None = fact_of(row)
    except UnreadableFactError:
        fact = None
    recorder = orjson.loads(row.body).get("organisation")
    return EntryAsTold(row, fact, str(recorder or ""))


def family(kind: type[Fact]) -> str:
    """Name of a kind of fact without its version: ``post.filled``."""
    return kind.TYPE.rpartition(".")[0]


def said(entry: EntryAsTold, speaker: Speaker, known: Register) -> str:
    """Say what happened; ends without a full stop, as a heading does."""
    words = Speaker(speaker.language, SECTION)
    if entry.fact is None:
        return words.say("unknown", type=entry.row.type)
    key = family(type(entry.fact))
    if isinstance(entry.fact, InvoiceIssued) and entry.fact.kind.value != "invoice":
        key = f"{key}.{entry.fact.kind.value}"
    return words.say(key, **_values(entry, words, known))


def _values(
    entry: EntryAsTold, words: Speaker, known: Register
) -> Mapping[str, str | int]:
    fact, region = entry.fact, Region(entry.row.origin)
    assert fact is not None, "only what is read is said"
    values: dict[str, str | int] = {
        "by": name_of(entry.organisation, known) or words.say(f"region_{region}"),
        "region_name": words.say(f"region_{region}"),
        **dict(_members(fact, words, known)),
    }
    post = values.get("post")
    values["on_line"] = words.say("on_line", post=post) if post else ""
    start, end = getattr(fact, "period_start", None), getattr(fact, "period_end", None)
    if start and end:
        values["period"] = words.months(start, end)
    if isinstance(fact, InvoiceIssued):
        values["number"] = entry.row.version
        values["year"] = str(fact.issued_on.year)
        values["gross_ore"] = fact.net_ore + fact.vat_ore
    return values


def _members(
    message: Message, words: Speaker, known: Register, within: str = ""
) -> Iterator[tuple[str, str | int]]:
    """Give the members as people read them; those of one within are called after both."""
    for name in type(message).model_fields:
        value = getattr(message, name)
        called = f"{within}{name}"
        if isinstance(value, Message):
            yield from _members(value, words, known, f"{called}_")
        elif isinstance(value, date):
            yield called, words.day(value)
        elif isinstance(value, StrEnum):
            yield called, value.value
        elif isinstance(value, str):
            yield called, value if name in NO_NAMES else name_of(value, known) or value
        elif isinstance(value, int):
            yield called, value if name.endswith("_ore") else str(value)


def name_of(organisation: str, known: Register) -> str:
    """Name of an organisation; of the health authorities also where none is registered."""
    found = known.get(organisation)
    if found is not None:
        return found.name
    return organisation if organisation in REGIONAL_AUTHORITY.values() else ""


EFFECTIVE: Final = (
    *("effective_on", "effective_from", "starts_on", "paid_on", "received_on"),
    *("booked_on", "endorsed_on", "day", "period_start", "joined_on", "left_on"),
    *("ended_on", "ends_on", "begun_on"),
)
"""Members that say from when a fact counts, the one that says it best first."""


def effective_day(message: Message | None) -> date | None:
    """Day from which a fact counts, where it says one."""
    if message is None:
        return None
    found = {name: getattr(message, name, None) for name in EFFECTIVE}
    for value in found.values():
        if isinstance(value, date):
            return value
    parts = (getattr(message, name) for name in type(message).model_fields)
    inner = (effective_day(part) for part in parts if isinstance(part, Message))
    return next((each for each in inner if each is not None), None)
