"""``fagnett rules``: what the user's documents ask for."""

from typing import Annotated, Final

import typer

from deploy.cli.commands.options import LanguageOption
from deploy.cli.spoken import SpokenCommand

commands: Final = typer.Typer()


@commands.command("rules", cls=SpokenCommand, help="rules")
def rules(
    beginning: Annotated[
        str | None, typer.Argument(metavar="RULE", help="rule_beginning")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="as_json")] = False,
    language: LanguageOption,
) -> None:
    """Print the rules of the business, and how each is kept."""
    from deploy.cli.rules import print_rules as run

    run(beginning, as_json=as_json, words=language)
