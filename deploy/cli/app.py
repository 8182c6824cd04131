"""The commands of ``fagnett``; what is heavy is imported where it is used."""

from typing import Final

import typer
from pydantic import ValidationError

from api.words import DEFAULT
from deploy.cli import (
    backup,
    carrier,
    doctor,
    entry,
    epochs,
    export,
    importing,
    incidents,
    keys,
    membership,
    node,
    pack,
    settle,
    status,
    upkeep,
    verifying,
)
from deploy.cli.complaints import complaints
from deploy.cli.progress import told
from deploy.keyfiles import KeyFileError
from federation.signed.keys import BrokenKeyError

app: Final = typer.Typer(
    name="fagnett",
    help="Part-time posts in professional networks, settled across health regions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.command("settle")(settle.settle_folder)
app.command("demo")(settle.demo)
app.command("export")(export.export)
app.command("import")(importing.import_file)
app.command("verify")(verifying.verify_journals)
app.command("entry")(entry.show_entry)
app.command("rebuild")(upkeep.rebuild_views)
app.command("backup")(backup.write_backup)
app.command("restore")(backup.restore_backup)
app.command("exit-pack")(pack.write_pack)
app.command("doctor")(doctor.examine)
app.command("status")(status.show_status)
app.command("incidents")(incidents.show_incidents)
app.command("node")(node.run)
app.add_typer(keys.app)
app.add_typer(carrier.app)
app.add_typer(epochs.app)
app.add_typer(membership.app)


def main() -> None:
    """Run the command line; what goes wrong is told, and never as a traceback.

    Commands tell most of it themselves. Here is what meets any of them: a variable
    that cannot be used, a damaged file, a folder that cannot be written to or is full.
    """
    try:
        app()
    except ValidationError as error:
        if not error.title.endswith("Settings"):
            raise
        for setting, reason in complaints(error, DEFAULT):
            told(f"{setting} {reason}")
        raise SystemExit(2) from None
    except (KeyFileError, BrokenKeyError) as error:
        told(str(error))
        raise SystemExit(2) from None
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        told(f"{place}{error.strerror or type(error).__name__}")
        raise SystemExit(1) from None
