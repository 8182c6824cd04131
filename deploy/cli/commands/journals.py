"""Commands on journals: held against signatures, folded, copied, given away."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from deploy.cli.commands.options import HomeOption, LanguageOption, RegionOption
from deploy.cli.spoken import SpokenCommand
from domain.region import Region

commands: Final = typer.Typer()
PackOption = Annotated[
    Path | None, typer.Option("--pack", help="pack", exists=True, file_okay=False)
]


@commands.command("verify", cls=SpokenCommand, help="verify")
def verify(
    home: HomeOption = None,
    pack: PackOption = None,
    peers: Annotated[Path | None, typer.Option("--keys", help="keys")] = None,
    *,
    decisions: Annotated[bool, typer.Option("--decisions", help="decisions")] = False,
    witnesses: Annotated[
        int, typer.Option("--witnesses", help="witnesses", min=0, max=len(Region) - 1)
    ] = 0,
    complete_to: Annotated[
        datetime | None,
        typer.Option(
            "--complete-to", formats=["%Y-%m-%d"], metavar="DAY", help="complete_to"
        ),
    ] = None,
    since: Annotated[
        Path | None,
        typer.Option("--since", help="since", exists=True, dir_okay=False),
    ] = None,
    keep: Annotated[
        Path | None, typer.Option("--keep", help="keep", dir_okay=False)
    ] = None,
    language: LanguageOption,
) -> None:
    """Hash every journal again and check every checkpoint's signature."""
    from deploy.cli.verifying import verify_journals as run

    run(
        home,
        pack,
        peers,
        decisions=decisions,
        witnesses=witnesses,
        complete_to=complete_to,
        since=since,
        keep=keep,
        words=language,
    )


@commands.command("readings", cls=SpokenCommand, help="readings")
def readings(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="readings", exists=True, dir_okay=False),
    ],
    kept: Annotated[
        Path | None,
        typer.Option("--kept", help="kept_readings", exists=True, dir_okay=False),
    ] = None,
    *,
    language: LanguageOption,
) -> None:
    """Check the chain of a file of the log of readings."""
    from deploy.cli.readings import check_readings as run

    run(file, kept, language)


@commands.command("entry", cls=SpokenCommand, help="entry")
def entry(
    place: Annotated[str, typer.Argument(metavar="ID", help="place")],
    home: HomeOption = None,
    pack: PackOption = None,
    region: RegionOption = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="as_json_proofs")] = False,
    language: LanguageOption,
) -> None:
    """Show an entry of a signed log, who has signed for it, and check the proofs."""
    from deploy.cli.entry import show_entry as run

    run(place, home, pack, region, as_json=as_json, words=language)


@commands.command("rebuild", cls=SpokenCommand, help="rebuild")
def rebuild(home: HomeOption = None, *, language: LanguageOption) -> None:
    """Fold all read models again from the journals; the rows are the same."""
    from deploy.cli.rebuild import rebuild_views as run

    run(home, language)


@commands.command("backup", cls=SpokenCommand, help="backup")
def backup(
    to: Annotated[Path, typer.Option("--to", help="file", dir_okay=False)],
    home: HomeOption = None,
    region: RegionOption = None,
    *,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="overwrite")] = False,
    language: LanguageOption,
) -> None:
    """Copy a region's journal to a file; the node may run meanwhile."""
    from deploy.cli.backup import write_backup as run

    run(to, home, region, language, overwrite=overwrite)


@commands.command("restore", cls=SpokenCommand, help="restore")
def restore(
    source: Annotated[
        Path, typer.Option("--from", help="file", exists=True, dir_okay=False)
    ],
    home: HomeOption = None,
    region: RegionOption = None,
    *,
    ahead: Annotated[
        bool, typer.Option("--without-ahead", help="without_ahead")
    ] = False,
    language: LanguageOption,
) -> None:
    """Fill an empty database from a file of ``fagnett backup``, all of it or nothing."""
    from deploy.cli.backup import restore_backup as run

    run(source, home, region, ahead=ahead, words=language)


@commands.command("exit-pack", cls=SpokenCommand, help="exit-pack")
def exit_pack(
    to: Annotated[Path, typer.Option("--to", help="new_folder")],
    home: HomeOption = None,
    region: RegionOption = None,
    *,
    language: LanguageOption,
) -> None:
    """Write all logs that a region holds, with all proofs, to a folder."""
    from deploy.cli.pack import write_pack as run

    run(to, home, region, language)
