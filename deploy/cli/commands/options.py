"""Options that many commands have."""

from pathlib import Path
from typing import Annotated

import typer

from api.words import Language
from domain.region import Region

HomeOption = Annotated[Path | None, typer.Option("--home", help="home")]
LanguageOption = Annotated[Language | None, typer.Option("--language", help="language")]
RegionOption = Annotated[Region | None, typer.Option("--region", help="region")]
