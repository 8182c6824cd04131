"""``fagnett node``: run one region's node until it is stopped."""

import typer
from pydantic import ValidationError

from deploy.cli.alone import AlreadyRunningError, only_one
from deploy.cli.complaints import complaints
from deploy.keyfiles import KeyFileError
from deploy.settings import CliSettings, NodeSettings
from federation.checks.signed_heads import BrokenSignedHeadsError
from federation.signed.keys import BrokenKeyError


def run() -> None:
    """Run one region's node. It is told everything by FAGNETT_… variables."""
    # Starting the command line stays quick.
    from deploy.bootstrap import build_node  # noqa: PLC0415
    from deploy.observability import configure_logging  # noqa: PLC0415
    from deploy.server import serve  # noqa: PLC0415

    try:
        settings = NodeSettings()
        configure_logging(settings.log_level, region=settings.region.value)
        lock = only_one(settings.database)
        app = build_node(settings)
    except ValidationError as error:
        for setting, reason in complaints(error, CliSettings().language):
            typer.echo(f"{setting} {reason}", err=True)
        raise typer.Exit(2) from None
    except (
        KeyFileError,
        BrokenKeyError,
        BrokenSignedHeadsError,
        AlreadyRunningError,
    ) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    serve(app, settings.http_host, settings.http_port)
    if lock is not None:
        lock.close()
