"""``fagnett carrier``: what the NATS servers of a federation are told."""

import asyncio
from pathlib import Path
from typing import Annotated, Final

import typer

from api.words import sentence
from deploy.carrier import configuration
from deploy.carrier.configuration import Member, Server
from deploy.carrier.files import HUB, CarrierFiles
from deploy.cli.progress import told
from deploy.cli.upkeep import LanguageOption, explained
from deploy.settings import CliSettings
from domain.values import Region
from federation.carrier.connection import Login, declare_stream
from federation.carrier.ports import CarrierError

PATIENCE_SECONDS: Final = 15.0
app: Final = typer.Typer(
    name="carrier",
    help="Print the configuration of the NATS servers; declare a region's stream.",
    no_args_is_help=True,
)
FilesOption = Annotated[
    Path, typer.Option("--keys", help="The folder `carrier` of `fagnett keys make`.")
]
AtOption = Annotated[
    Path, typer.Option("--at", help="Where its files, and this, lie on the server.")
]
ListenOption = Annotated[str, typer.Option("--listen", help="HOST:PORT for clients.")]
RegionArgument = Annotated[Region, typer.Argument(help="Whose server it is.")]


def _server(at: Path, name: str, listen: str, member: Member | None = None) -> Server:
    there = CarrierFiles(at)
    return Server(listen, there.server(name), there.authority, member)


@app.command("hub")
def hub(
    keys: FilesOption,
    at: AtOption,
    listen: ListenOption,
    links: Annotated[str, typer.Option("--links", help="HOST:PORT for the regions.")],
    language: LanguageOption = None,
) -> None:
    """Print the hub's configuration."""
    with explained(language or CliSettings().language):
        files = CarrierFiles(keys)
        public = {region: files.link_public(region) for region in Region}
        text = configuration.hub(_server(at, HUB, listen), links, public)
    typer.echo(text, nl=False)


@app.command("region")
def region(  # noqa: PLR0913, PLR0917 - the options are the interface
    region: RegionArgument,
    keys: FilesOption,
    at: AtOption,
    listen: ListenOption,
    store: Annotated[Path, typer.Option("--store", help="JetStream's folder.")],
    hub: Annotated[str, typer.Option("--hub", help="HOST:PORT of the hub's links.")],
    routes: Annotated[
        list[str],
        typer.Option("--route", help="HOST:PORT of each server of a cluster: three."),
    ] = [],  # noqa: B006 - never changed
    member: Annotated[
        int,
        typer.Option("--member", min=1, help="Which of those routes it listens on."),
    ] = 1,
    language: LanguageOption = None,
) -> None:
    """Print the configuration of a region's server, or of one of its cluster."""
    words = language or CliSettings().language
    with explained(words):
        files = CarrierFiles(keys)
        if member > max(1, len(routes)):
            told(sentence(words, "carrier", "no_member", {"count": len(routes)}))
            raise typer.Exit(2)
        text = configuration.region(
            region,
            _server(at, region.value, listen, _member(files, region, member, routes)),
            store,
            hub,
            files.link(region).name,
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


@app.command("declare")
def declare(
    region: RegionArgument,
    keys: FilesOption,
    url: Annotated[str, typer.Option("--url", help="Of the region's server.")],
    replicas: Annotated[
        int, typer.Option(min=1, max=5, help="How many servers of a cluster keep it.")
    ] = 1,
    language: LanguageOption = None,
) -> None:
    """Make or mend a region's stream, with the operator's key."""
    words = language or CliSettings().language
    with explained(words):
        login = CarrierFiles(keys).login(region, "operator")
        try:
            asyncio.run(_declare(url, region, login, replicas))
        except (CarrierError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            told(sentence(words, "carrier", "refused", {"reason": reason}))
            raise typer.Exit(1) from None
    told(sentence(words, "carrier", "declared", {"region": region.value}))
