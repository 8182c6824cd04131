"""The ready people of a federation on one machine: one for each role, with no password.

Nobody outside the machine is let in: neither by another address, nor by a page of
elsewhere that has its name answered from here (DNS rebinding).
"""

from collections.abc import Collection, Iterator, Mapping
from ipaddress import ip_address
from typing import Final, NamedTuple

from fastapi import Request

from api.auth import Role
from api.pages.register import register
from api.people import person_of
from api.services import Node
from api.words import Language, sentence
from domain.values import REGIONAL_AUTHORITY, business_day
from projections.database import reading

_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_NAMES: Final = (
    *("Ingrid Solheim", "Tor Hauge", "Liv Moe", "Anders Bakke", "Marit Lien"),
    *("Jonas Vik", "Sigrid Nes", "Ola Strand", "Kari Myhre", "Nils Aas"),
    *("Eva Dahl", "Per Lunde", "Anne Ruud", "Lars Holm", "Turid Foss"),
)
"""Invented; nobody of these names is meant."""
PERSON_OF_ROLE: Final[Mapping[str, int]] = {
    "controller": 1,
    "approver": 2,
    "leader": 3,
    "coordinator": 4,
    "registrar": 1,
    "operator": 5,
    "auditor": 6,
    "reader": 7,
    "administrator": 8,
    "secretary": 9,
    "decider": 10,
}
"""Which of an organisation's people has a role: who attests is not who approves."""
COLLEAGUE: Final = 11
"""Another secretary: a draft has co-authors, and who has a conflict is not who assesses."""
OF_AUTHORITY: Final = frozenset(
    {
        *("registrar", "operator", "auditor", "reader"),
        *("secretary", "decider", "controller"),
    }
)
OF_TRUST: Final = frozenset(PERSON_OF_ROLE) - {"registrar", "operator", "auditor"}


class ReadyPerson(NamedTuple):
    """Somebody who may sign in at once, in one role."""

    key: str
    """``983974724.controller``; another secretary is ``983974724.secretary-2``."""
    organisation: str
    organisation_name: str
    role: Role
    person: str
    """A pseudonym."""
    name: str
    role_name: str


def is_from_here(request: Request) -> bool:
    """Whether a request came from this machine, and asked for it by its own name."""
    client = request.client
    try:
        near = client is not None and ip_address(client.host).is_loopback
    except ValueError:
        near = False
    return near and request.url.hostname in _HOSTS


def ready_people(node: Node, language: Language) -> list[ReadyPerson]:
    """By organisation of the node's region, the health authority first."""
    today = business_day(node.clock.now())
    authority = REGIONAL_AUTHORITY[node.region]
    with reading(node.views) as connection:
        known = {
            number: each.name
            for number, each in register(connection, today).items()
            if each.region is node.region
        }
    known.setdefault(authority, sentence(language, "site", f"region_{node.region}"))
    order = sorted(known, key=lambda number: (number != authority, known[number]))
    return [
        _ready(number, known[number], key, language)
        for number in order
        for key in _keys(OF_AUTHORITY if number == authority else OF_TRUST)
    ]


def _keys(roles: Collection[str]) -> Iterator[str]:
    """Of each role its key; of the secretaries, two."""
    for role in Role:
        if role.value in roles:
            yield role.value
        if role is Role.SECRETARY:
            yield f"{role.value}-2"


def _ready(organisation: str, name: str, key: str, language: Language) -> ReadyPerson:
    of_role, _, another = key.partition("-")
    role = Role(of_role)
    number = COLLEAGUE if another else PERSON_OF_ROLE[role.value]
    index = (int(organisation) // 7 + number * 4) % len(_NAMES)
    return ReadyPerson(
        f"{organisation}.{key}",
        organisation,
        name,
        role,
        person_of(organisation, number),
        _NAMES[index],
        sentence(language, "site", f"role_{role.value}"),
    )
