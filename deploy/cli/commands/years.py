"""``fagnett settle``, ``demo``, ``up``, ``export`` and ``import``: on one machine."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from api.exported import What
from deploy.cli.choices import Format, ImportChoice
from deploy.cli.commands.options import OWN_HOME, LanguageOption
from deploy.cli.spoken import SpokenCommand
from deploy.local.database import Database

commands: Final = typer.Typer()
DatabaseOption = Annotated[Database, typer.Option("--database", help="database")]
KeptOption = Annotated[Path | None, typer.Option("--home", help="kept_home")]


@commands.command("settle", cls=SpokenCommand, help="settle")
def settle(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="folder")],
    *,
    year: Annotated[
        int | None, typer.Option(min=1900, max=2199, metavar="YEAR", help="year")
    ] = None,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="as_of")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="as_json")] = False,
    database: DatabaseOption = Database.SQLITE,
    home: KeptOption = None,
    language: LanguageOption,
) -> None:
    """Play a folder through a federation on this machine, and print the settlement."""
    from deploy.cli.settle import settle_folder as run

    run(
        folder,
        year=year,
        as_of=as_of,
        as_json=as_json,
        database=database,
        home=home,
        words=language,
    )


@commands.command("check", cls=SpokenCommand, help="check")
def check(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="folder")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="as_json")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="strict")] = False,
    language: LanguageOption,
) -> None:
    """Say what would be refused of a folder and what it waits for, without servers."""
    from deploy.cli.check import check_folder as run

    run(folder, as_json=as_json, strict=strict, words=language)


@commands.command("template", cls=SpokenCommand, help="template")
def template(
    *,
    to: Annotated[Path, typer.Option(metavar="FILE.xlsx", help="to_template")],
    language: LanguageOption,
) -> None:
    """Write a workbook to fill in: a sheet for every file of a year."""
    from deploy.cli.template import write_template as run

    run(to, words=language)


@commands.command("demo", cls=SpokenCommand, help="demo")
def demo(
    *,
    database: DatabaseOption = Database.SQLITE,
    home: KeptOption = None,
    language: LanguageOption,
) -> None:
    """Run four regions, play the bundled year, settle it, and stay up until Ctrl-C."""
    from deploy.cli.up import demo as run

    run(database=database, home=home, words=language)


@commands.command("up", cls=SpokenCommand, help="up")
def up(
    *,
    home: Annotated[Path, typer.Option("--home", help="own_home")] = OWN_HOME,
    folder: Annotated[
        Path | None, typer.Option("--folder", help="folder_played")
    ] = None,
    database: Annotated[
        Database | None, typer.Option("--database", help="database_first")
    ] = None,
    language: LanguageOption,
) -> None:
    """Run a federation of one's own until Ctrl-C; it starts again where it was."""
    from deploy.cli.up import up as run

    run(home=home, folder=folder, database=database, words=language)


@commands.command("export", cls=SpokenCommand, help="export")
def export(
    what: Annotated[What, typer.Argument(help="exported")],
    *,
    home: Annotated[Path, typer.Option(help="local_home")],
    to: Annotated[Path, typer.Option(help="to_exported")],
    as_format: Annotated[Format, typer.Option("--format", help="format")],
    year: Annotated[int | None, typer.Option(help="year_exported")] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="as_of_exported"),
    ] = None,
    language: LanguageOption,
) -> None:
    """Write invoices, the settlement, the register of posts or the ledger to files."""
    from deploy.cli.export import export as run

    run(
        what,
        home=home,
        to=to,
        as_format=as_format,
        year=year,
        as_of=as_of,
        words=language,
    )


@commands.command("import", cls=SpokenCommand, help="import")
def import_(
    what: Annotated[ImportChoice, typer.Argument(help="imported")],  # noqa: ARG001 - there will be more
    file: Annotated[Path, typer.Argument(help="bank_file")],
    *,
    home: Annotated[Path, typer.Option(help="local_home")],
    organisation: Annotated[str, typer.Option(help="organisation")],
    as_json: Annotated[bool, typer.Option("--json", help="as_json")] = False,
    language: LanguageOption,
) -> None:
    """Import a bank's file at the organisation's node, and tell what became of it."""
    from deploy.cli.importing import import_file as run

    run(file, home=home, organisation=organisation, as_json=as_json, words=language)
