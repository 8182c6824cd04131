"""``fagnett carrier``: what the NATS servers of a federation are told."""

import asyncio
from pathlib import Path
from typing import Final

import typer

from api.words import Language, sentence
from deploy.carrier import configuration
from deploy.carrier.configuration import Member, Server
from deploy.carrier.files import HUB, CarrierFiles
from deploy.cli.explained import settings_explained
from deploy.cli.progress import told
from domain.values import Region
from federation.transport.connection import declare_stream
from federation.transport.login import Login
from federation.transport.ports import TransportError

PATIENCE_SECONDS: Final = 15.0


def _server(at: Path, name: str, listen: str, member: Member | None = None) -> Server:
    there = CarrierFiles(at)
    return Server(listen, there.server(name), there.authority, member)


def write_hub(
    keys: Path,
    at: Path,
    listen: str,
    links: str,
    words: Language,
) -> None:
    """Print the hub's configuration."""
    with settings_explained(words):
        files = CarrierFiles(keys)
        public = files.links_public()
        text = configuration.hub(_server(at, HUB, listen), links, public)
    typer.echo(text, nl=False)


def write_region(  # noqa: PLR0913, PLR0917 - the options of the command
    region: Region,
    keys: Path,
    at: Path,
    listen: str,
    store: Path,
    hub: str,
    routes: list[str],
    member: int,
    words: Language,
) -> None:
    """Print the configuration of a region's server, or of one of its cluster."""
    with settings_explained(words):
        files = CarrierFiles(keys)
        if member > max(1, len(routes)):
            told(sentence(words, "carrier", "no_member", {"count": len(routes)}))
            raise typer.Exit(2)
        text = configuration.region(
            region,
            _server(at, region.value, listen, _member(files, region, member, routes)),
            store,
            hub,
            {between: file.name for between, file in files.links(region).items()},
            files.users_public(region),
        )
    typer.echo(text, nl=False)


def _member(
    files: CarrierFiles, region: Region, number: int, routes: list[str]
) -> Member | None:
    if not routes:
        return None
    listen = routes[number - 1]
    return Member(number, listen, routes, files.server_key_hash(region))


async def _declare(url: str, region: Region, login: Login, replicas: int) -> None:
    # A node waits for its server however long that takes; an operator does not.
    async with asyncio.timeout(PATIENCE_SECONDS):
        await declare_stream(url, region.value, login, replicas)


def declare_streams(
    region: Region,
    keys: Path,
    url: str,
    replicas: int,
    words: Language,
) -> None:
    """Make or mend a region's stream, with the operator's key."""
    with settings_explained(words):
        login = CarrierFiles(keys).login(region, "operator")
        try:
            asyncio.run(_declare(url, region, login, replicas))
        except (TransportError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            told(sentence(words, "carrier", "refused", {"reason": reason}))
            raise typer.Exit(1) from None
    told(sentence(words, "carrier", "declared", {"region": region.value}))
