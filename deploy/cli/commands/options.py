"""Options that many commands have."""

from pathlib import Path
from typing import Annotated, Final

import typer

from api.words import Language
from domain.region import Region

OWN_HOME: Final = Path("fagnett-home")
"""Where a federation of one's own is kept when nothing else is said."""
HomeOption = Annotated[Path | None, typer.Option("--home", help="home")]


def _by_settings() -> Language:
    from deploy.settings import CliSettings

    return CliSettings().language


LanguageOption = Annotated[
    Language,
    typer.Option(
        "--language",
        help="language",
        default_factory=_by_settings,
        show_default=False,
    ),
]
RegionOption = Annotated[Region | None, typer.Option("--region", help="region")]
