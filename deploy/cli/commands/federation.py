"""``fagnett federation``: leave it, join it again, and who is a member."""

from typing import Annotated, Final

import typer

from deploy.cli.commands.options import HomeOption, LanguageOption, RegionOption
from deploy.cli.spoken import SpokenCommand, spoken_group

commands: Final = spoken_group("federation")
ActorOption = Annotated[str, typer.Option("--actor", help="actor")]


@commands.command("leave", cls=SpokenCommand, help="federation_leave")
def leave(
    reason: Annotated[str, typer.Option("--reason", help="reason")],
    actor: ActorOption = "operator",
    *,
    despite_open: Annotated[
        bool, typer.Option("--despite-open", help="despite_open")
    ] = False,
    home: HomeOption = None,
    region: RegionOption = None,
    language: LanguageOption,
) -> None:
    """Record that a region leaves: the last that it says. Its node is stopped."""
    from deploy.cli.membership import leave_federation as run

    run(
        reason,
        actor,
        despite_open=despite_open,
        home=home,
        region=region,
        words=language,
    )


@commands.command("join", cls=SpokenCommand, help="federation_join")
def join(
    actor: ActorOption = "operator",
    home: HomeOption = None,
    region: RegionOption = None,
    *,
    language: LanguageOption,
) -> None:
    """Record that a region is a member (again), and whose keys it trusts."""
    from deploy.cli.membership import join_federation as run

    run(actor, home, region, language)


@commands.command("show", cls=SpokenCommand, help="federation_show")
def show(
    home: HomeOption = None,
    region: RegionOption = None,
    *,
    language: LanguageOption,
) -> None:
    """Show who is a member, by what the regions have recorded; a node may run."""
    from deploy.cli.membership import show_membership as run

    run(home, region, language)
