"""``fagnett keys``: make a federation's keys, show them, replace them, end them."""

from pathlib import Path
from typing import Annotated, Final

import typer

from deploy.cli.commands.options import HomeOption, LanguageOption, RegionOption
from deploy.cli.spoken import SpokenCommand, spoken_group
from domain.region import Region

commands: Final = spoken_group("keys")
PeersOption = Annotated[
    Path | None, typer.Option("--peers-file", envvar="FAGNETT_PEERS_FILE", help="peers")
]


@commands.command("make", cls=SpokenCommand, help="keys_make")
def make(
    to: Annotated[Path, typer.Option("--to", help="to_keys")],
    host: Annotated[list[str] | None, typer.Option("--host", help="host")] = None,
    *,
    language: LanguageOption,
) -> None:
    """Make all keys and certificates of a federation, where there are none."""
    from deploy.cli.keys import make as run

    run(to, host, language)


@commands.command("show", cls=SpokenCommand, help="keys_show")
def show(
    peers: PeersOption = None,
    home: HomeOption = None,
    *,
    language: LanguageOption,
) -> None:
    """Print the public keys of all regions, and what each signs."""
    from deploy.cli.keys import show_keys as run

    run(peers, home, language)


@commands.command("rotate", cls=SpokenCommand, help="keys_rotate")
def rotate(
    home: HomeOption = None,
    region: RegionOption = None,
    *,
    language: LanguageOption,
) -> None:
    """Give the region a new signing key, named by the old one. The node is stopped."""
    from deploy.cli.keys import rotate as run

    run(home, region, language)


@commands.command("accept", cls=SpokenCommand, help="keys_accept")
def accept(
    line: Annotated[str, typer.Argument(help="line")],
    peers: PeersOption = None,
    home: HomeOption = None,
    *,
    language: LanguageOption,
) -> None:
    """Take another region's next key, if its last one names it."""
    from deploy.cli.keys import accept as run

    run(line, peers, home, language)


@commands.command("admit", cls=SpokenCommand, help="keys_admit")
def admit(
    key: Annotated[str, typer.Argument(help="key")],
    peers: PeersOption = None,
    home: HomeOption = None,
    *,
    language: LanguageOption,
) -> None:
    """Take the first key of a region that joins."""
    from deploy.cli.keys import admit as run

    run(key, peers, home, language)


@commands.command("trust", cls=SpokenCommand, help="keys_trust")
def trust(
    key: Annotated[str, typer.Argument(help="key")],
    first: Annotated[str, typer.Option("--from", help="first")],
    peers: PeersOption = None,
    home: HomeOption = None,
    *,
    language: LanguageOption,
) -> None:
    """Take a key that nobody has signed, after the old one was revoked or lost."""
    from deploy.cli.keys import trust as run

    run(key, first, peers, home, language)


@commands.command("revoke", cls=SpokenCommand, help="keys_revoke")
def revoke(
    region: Annotated[Region, typer.Argument(help="revoked")],
    last: Annotated[str, typer.Option("--after", help="last")],
    peers: PeersOption = None,
    home: HomeOption = None,
    *,
    language: LanguageOption,
) -> None:
    """End a region's key: nothing that it signs after a place counts here."""
    from deploy.cli.keys import revoke as run

    run(region, last, peers, home, language)
