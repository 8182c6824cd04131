"""The commands of ``fagnett``; what is heavy is imported where it is used."""

from typing import Final

import typer

from deploy.cli import (
    backup,
    carrier,
    doctor,
    epochs,
    export,
    importing,
    incidents,
    keys,
    membership,
    node,
    pack,
    settle,
    simulating,
    status,
    upkeep,
    verifying,
)

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
app.command("rebuild")(upkeep.rebuild_views)
app.command("backup")(backup.write_backup)
app.command("restore")(backup.restore_backup)
app.command("exit-pack")(pack.write_pack)
app.command("doctor")(doctor.examine)
app.command("status")(status.show_status)
app.command("incidents")(incidents.show_incidents)
app.command("simulate")(simulating.run)
app.command("node")(node.run)
app.add_typer(keys.app)
app.add_typer(carrier.app)
app.add_typer(epochs.app)
app.add_typer(membership.app)


def main() -> None:
    """Run the command line."""
    app()
