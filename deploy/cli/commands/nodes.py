"""Commands on nodes: run one, examine it, see how far they are, be let in."""

from pathlib import Path
from typing import Annotated, Final

import typer

from deploy.cli.commands.options import OWN_HOME, HomeOption, LanguageOption
from deploy.cli.spoken import SpokenCommand
from domain.region import Region

commands: Final = typer.Typer()


@commands.command("doctor", cls=SpokenCommand, help="doctor")
def doctor(
    *,
    home: HomeOption = None,
    region: Annotated[Region | None, typer.Option("--region", help="node_of")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="as_json")] = False,
    language: LanguageOption,
) -> None:
    """Look at all that a node needs, and change nothing."""
    from deploy.cli.doctor import examine as run

    run(home, region, as_json=as_json, words=language)


@commands.command("status", cls=SpokenCommand, help="status")
def status(
    home: Annotated[Path | None, typer.Option("--home", help="local_home")] = None,
    url: Annotated[list[str] | None, typer.Option("--url", help="urls")] = None,
    token_file: Annotated[
        Path | None, typer.Option("--token-file", help="token_file")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="as_json")] = False,
    language: LanguageOption,
) -> None:
    """Ask nodes how far they are: those of a local federation, or some by address."""
    from deploy.cli.status import show_status as run

    run(home, url, token_file, as_json=as_json, words=language)


@commands.command("incidents", cls=SpokenCommand, help="incidents")
def incidents(
    home: HomeOption = None,
    region: Annotated[Region | None, typer.Option("--decide", help="decide")] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="reason_decided")
    ] = None,
    *,
    language: LanguageOption,
) -> None:
    """Show the incidents of each node, or decide on those about one region."""
    from deploy.cli.incidents import show_incidents as run

    run(home, region, reason, language)


@commands.command("node", cls=SpokenCommand, help="node")
def node() -> None:
    """Run one region's node. It is told everything by FAGNETT_… variables."""
    from deploy.cli.node import run

    run()


@commands.command("token", cls=SpokenCommand, help="token")
def token(
    organisation: Annotated[str, typer.Option("--organisation", help="acts_for")],
    role: Annotated[list[str], typer.Option("--role", help="role")],
    actor: Annotated[str | None, typer.Option("--actor", help="acts")] = None,
    *,
    hours: Annotated[int, typer.Option("--hours", min=1, max=8784, help="hours")] = 12,
    home: Annotated[Path, typer.Option("--home", help="own_home")] = OWN_HOME,
    key: Annotated[Path | None, typer.Option("--key", help="token_key")] = None,
    language: LanguageOption,
) -> None:
    """Print a bearer token for one of an organisation's people, and nothing else."""
    from deploy.cli.tokens import print_token as run

    run(
        organisation,
        role,
        actor,
        hours=hours,
        home=home,
        key=key,
        words=language,
    )


@commands.command("mandate", cls=SpokenCommand, help="mandate")
def mandate(
    organisation: Annotated[str, typer.Argument(help="organisation_administered")],
    person: Annotated[str, typer.Argument(help="person_code")],
    *,
    home: Annotated[Path | None, typer.Option("--home", help="local_home")] = None,
    url: Annotated[str | None, typer.Option("--url", help="node_url")] = None,
    key: Annotated[Path | None, typer.Option("--key", help="url_key")] = None,
    actor: Annotated[str, typer.Option("--actor", help="gives")] = "operator",
    language: LanguageOption,
) -> None:
    """Give an organisation its first administrator, who gives all others theirs."""
    from deploy.cli.mandates import give_mandate as run

    run(
        organisation,
        person,
        home=home,
        url=url,
        key=key,
        actor=actor,
        words=language,
    )
