"""``fagnett carrier``: what the NATS servers of a federation are told."""

from pathlib import Path
from typing import Annotated, Final

import typer

from deploy.cli.commands.options import LanguageOption
from deploy.cli.spoken import SpokenCommand, spoken_group
from domain.region import Region

commands: Final = spoken_group("carrier")
FilesOption = Annotated[Path, typer.Option("--keys", help="carrier_keys")]
AtOption = Annotated[Path, typer.Option("--at", help="at")]
ListenOption = Annotated[str, typer.Option("--listen", help="listen")]
RegionArgument = Annotated[Region, typer.Argument(help="server")]


@commands.command("hub", cls=SpokenCommand, help="carrier_hub")
def hub(
    keys: FilesOption,
    at: AtOption,
    listen: ListenOption,
    links: Annotated[str, typer.Option("--links", help="links")],
    *,
    language: LanguageOption,
) -> None:
    """Print the hub's configuration."""
    from deploy.cli.carrier import write_hub as run

    run(keys, at, listen, links, language)


@commands.command("region", cls=SpokenCommand, help="carrier_region")
def region(
    region: RegionArgument,
    keys: FilesOption,
    at: AtOption,
    listen: ListenOption,
    store: Annotated[Path, typer.Option("--store", help="store")],
    hub: Annotated[str, typer.Option("--hub", help="hub")],
    routes: Annotated[list[str], typer.Option("--route", help="routes")] = [],
    member: Annotated[int, typer.Option("--member", min=1, help="member")] = 1,
    *,
    language: LanguageOption,
) -> None:
    """Print the configuration of a region's server, or of one of its cluster."""
    from deploy.cli.carrier import write_region as run

    run(region, keys, at, listen, store, hub, routes, member, language)


@commands.command("declare", cls=SpokenCommand, help="carrier_declare")
def declare(
    region: RegionArgument,
    keys: FilesOption,
    url: Annotated[str, typer.Option("--url", help="url")],
    replicas: Annotated[int, typer.Option(min=1, max=5, help="replicas")] = 1,
    *,
    language: LanguageOption,
) -> None:
    """Make or mend a region's stream, with the operator's key."""
    from deploy.cli.carrier import declare_streams as run

    run(region, keys, url, replicas, language)
