"""All obligations of one source, derived from its streams, found by id."""

import re
from collections.abc import Collection, Iterator
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

from domain.grants.standing import applications_named
from domain.history import History
from domain.obligations.obligation import Obligation
from domain.obligations.of_applications import of_application
from domain.obligations.of_bodies import known_body, of_body
from domain.obligations.of_calls import of_call
from domain.obligations.of_networks import owed_of_network
from domain.obligations.of_seats import of_seats

NOTICE_YEARS: Final = 1
"""How many years ahead of its own a day's obligations are looked for."""


class SourceKind(StrEnum):
    """What obligations come from."""

    APPLICATION = "application"
    """With its grant."""
    BODY = "body"
    """With its seats and assignments, and the follow-up of its reports."""
    CALL = "call"
    NETWORK = "network"


class Source(NamedTuple):
    """One application, body, call or network."""

    kind: SourceKind
    name: str


def derive(
    source: Source, history: History, day: date, until_year: int | None = None
) -> tuple[Obligation, ...]:
    """Derive what is owed of a source on a day, by id.

    ``history`` is what was recorded up to the day. Yearly obligations are those that
    are due up to the end of ``until_year``, the next one if it is not said.
    """
    return derive_all((source,), history, day, until_year)


def derive_all(
    sources: Collection[Source],
    history: History,
    day: date,
    until_year: int | None = None,
) -> tuple[Obligation, ...]:
    """:func:`derive` of some sources: the awards of a call are gone through once."""
    last = day.year + NOTICE_YEARS if until_year is None else until_year
    names = [each.name for each in sources if each.kind is SourceKind.APPLICATION]
    owed = {
        each.id: each
        for standing in applications_named(names, history).values()
        for each in of_application(standing, history, day)
    }
    for source in sources:
        owed |= {each.id: each for each in _of(source, history, last)}
    return tuple(owed[key] for key in sorted(owed))


def _of(source: Source, history: History, until_year: int) -> Iterator[Obligation]:
    """What is owed of what is no application."""
    match source.kind:
        case SourceKind.APPLICATION:
            pass
        case SourceKind.CALL:
            yield from of_call(source.name, history)
        case SourceKind.NETWORK:
            yield from owed_of_network(source.name, history, until_year)
        case SourceKind.BODY:
            body = known_body(source.name, history, until_year)
            if body is not None:
                yield from of_body(body)
                yield from of_seats(body)


_SOURCES: Final = (
    (re.compile(r"body/[^/]+/follow-up/([^/]+)/[0-9]+"), SourceKind.BODY),
    (re.compile(r"(?:body|seat|assignment)/([^/]+)/.+"), SourceKind.BODY),
    (re.compile(r"(?:application|grant)/([^/]+)/.+"), SourceKind.APPLICATION),
    (re.compile(r"call/([^/]+)/.+"), SourceKind.CALL),
    (re.compile(r"network/([^/]+)/.+"), SourceKind.NETWORK),
)


def source_of(obligation: str) -> Source | None:
    """Source of an obligation by its id; None where no id reads so."""
    for pattern, kind in _SOURCES:
        match = pattern.fullmatch(obligation)
        if match is not None:
            return Source(kind, match[1])
    return None


def obligation_named(name: str, history: History, day: date) -> Obligation | None:
    """Obligation of an id as it is derived on a day, if there is one."""
    source = source_of(name)
    if source is None:
        return None
    owed = derive(source, history, day)
    return next((each for each in owed if each.id == name), None)
