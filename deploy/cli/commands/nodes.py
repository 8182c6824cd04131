"""Commands on nodes: run one, examine it, see how far they are."""

from pathlib import Path
from typing import Annotated, Final

import typer

from deploy.cli.commands.options import HomeOption, LanguageOption
from deploy.cli.spoken import SpokenCommand
from domain.region import Region

commands: Final = typer.Typer()


@commands.command("doctor", cls=SpokenCommand, help="doctor")
def doctor(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="as_json")] = False,
    language: LanguageOption = None,
) -> None:
    """Look at all that the node of the FAGNETT_… variables needs, and change nothing."""
    from deploy.cli.doctor import examine as run

    run(as_json=as_json, language=language)


@commands.command("status", cls=SpokenCommand, help="status")
def status(
    home: Annotated[Path | None, typer.Option("--home", help="local_home")] = None,
    url: Annotated[list[str] | None, typer.Option("--url", help="urls")] = None,
    token_file: Annotated[
        Path | None, typer.Option("--token-file", help="token_file")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="as_json")] = False,
    language: LanguageOption = None,
) -> None:
    """Ask nodes how far they are: those of a local federation, or some by address."""
    from deploy.cli.status import show_status as run

    run(home, url, token_file, as_json=as_json, language=language)


@commands.command("incidents", cls=SpokenCommand, help="incidents")
def incidents(
    home: HomeOption = None,
    region: Annotated[Region | None, typer.Option("--decide", help="decide")] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="reason_decided")
    ] = None,
    language: LanguageOption = None,
) -> None:
    """Show the incidents of each node, or decide on those about one region."""
    from deploy.cli.incidents import show_incidents as run

    run(home, region, reason, language)


@commands.command("node", cls=SpokenCommand, help="node")
def node() -> None:
    """Run one region's node. It is told everything by FAGNETT_… variables."""
    from deploy.cli.node import run

    run()
