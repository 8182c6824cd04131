"""``fagnett epoch``: go on without entries that nobody holds any more."""

from typing import Annotated, Final

import typer

from deploy.cli.commands.options import LanguageOption
from deploy.cli.spoken import SpokenCommand, spoken_group
from domain.region import Region

commands: Final = spoken_group("epoch")


@commands.callback(help="epoch")
def group() -> None:
    """Keep the commands of this group under its name."""


@commands.command("begin", cls=SpokenCommand, help="epoch_begin")
def begin(
    reason: Annotated[str, typer.Option("--reason", help="reason")],
    without: Annotated[
        list[Region] | None, typer.Option("--without", help="without")
    ] = None,
    actor: Annotated[str, typer.Option("--actor", help="actor")] = "operator",
    *,
    ahead: Annotated[bool, typer.Option("--ahead", help="ahead")] = False,
    language: LanguageOption,
) -> None:
    """Begin a new epoch of the region's log. The node is stopped."""
    from deploy.cli.epochs import begin as run

    run(reason, without, actor, ahead=ahead, words=language)
