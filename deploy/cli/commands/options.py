"""Options that many commands have."""

from pathlib import Path
from typing import Annotated, Final

import typer

from api.words import Language
from domain.region import Region

OWN_HOME: Final = Path("fagnett-home")
"""Where a federation of one's own is kept when nothing else is said."""
HomeOption = Annotated[Path | None, typer.Option("--home", help="home")]
LanguageOption = Annotated[Language | None, typer.Option("--language", help="language")]
RegionOption = Annotated[Region | None, typer.Option("--region", help="region")]
