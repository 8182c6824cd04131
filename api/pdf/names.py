"""What organisations, networks and posts are called: a paper says names, not ids."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection

from api.words import Language
from domain.parties.network import NetworkEstablished
from domain.parties.organisation import OrganisationRegistered
from projections.listed import first_facts
from projections.posts import posts_of


@dataclass(frozen=True, slots=True)
class Names:
    """Names as they are registered on a day, by id; what has none is its id."""

    organisations: Mapping[str, str] = field(default_factory=dict)
    networks: Mapping[str, str] = field(default_factory=dict)
    contents: Mapping[str, str] = field(default_factory=dict)

    def organisation(self, number: str) -> str:
        """Registered name; the number where there is none."""
        return self.organisations.get(number, number)

    def network(self, network: str) -> str:
        """Name in the reader's language; the id where there is none."""
        return self.networks.get(network, network)

    def post(self, post: str) -> str:
        """What a post is for, and how it is found: ``Teaching (nurse)``."""
        return titled(self.contents.get(post, ""), post)


def titled(name: str, key: str) -> str:
    """Name with the id by which it is found, or the id alone."""
    return f"{name} ({key})" if name else key


def organisation_names(
    connection: Connection, as_of: date, numbers: Iterable[str]
) -> dict[str, str]:
    """Names of the organisations that are registered on a day."""
    return {
        number: listed.fact.name
        for number, listed in first_facts(
            connection, OrganisationRegistered, as_of, [*numbers]
        ).items()
    }


def network_names(
    connection: Connection, as_of: date, networks: Iterable[str], language: Language
) -> dict[str, str]:
    """What networks are called in a language."""
    return {
        network: listed.fact.name_en if language is Language.EN else listed.fact.name_nb
        for network, listed in first_facts(
            connection, NetworkEstablished, as_of, [*networks]
        ).items()
    }


def post_contents(
    connection: Connection, as_of: date, agreements: Iterable[str]
) -> dict[str, str]:
    """What the posts of some agreements are for."""
    named = posts_of(connection, as_of, {*agreements})
    return {post.post: post.content for post in named}
