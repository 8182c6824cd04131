"""The command line; what a command needs is loaded when it is run."""

import gc
from typing import Annotated, Final

import typer

from deploy.cli.commands import (
    carrier,
    documents,
    epoch,
    federation,
    journals,
    keys,
    nodes,
    rules,
    years,
)
from deploy.cli.spoken import spoken_group

app: Final = spoken_group("fagnett")
app.add_typer(years.commands)
app.add_typer(rules.commands)
app.add_typer(journals.commands)
app.add_typer(nodes.commands)
app.add_typer(keys.commands)
app.add_typer(carrier.commands)
app.add_typer(documents.commands)
app.add_typer(epoch.commands)
app.add_typer(federation.commands)


NEW_OBJECTS_MAX: Final = 50_000
"""Objects made between two collections of garbage.

To load a node makes a million that stay, and collecting as often as Python does by
itself is a tenth of its start.
"""


def _show_version(asked: bool) -> None:  # noqa: FBT001 - as typer calls it
    if asked:
        from importlib.metadata import version  # noqa: PLC0415

        typer.echo(version("fagnett"))
        raise typer.Exit


@app.callback()
def fagnett(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="version", is_eager=True, callback=_show_version
        ),
    ] = False,
) -> None:
    """Say the version where that is asked."""


def main() -> None:
    """Run the command line; what goes wrong is told, and never as a traceback.

    Commands tell most of it themselves. Here is what meets any of them: a variable
    that cannot be used, a damaged file, a folder that cannot be written to or is full.
    """
    gc.set_threshold(NEW_OBJECTS_MAX)
    try:
        app()
    except Exception as error:
        from deploy.cli.mishaps import told_of  # noqa: PLC0415

        code = told_of(error)
        if code is None:
            raise
        raise SystemExit(code) from None
