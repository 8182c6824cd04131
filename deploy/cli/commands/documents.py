"""``fagnett documents``: the texts and files of a region's people."""

from typing import Annotated, Final

import typer

from deploy.cli.commands.options import HomeOption, LanguageOption, RegionOption
from deploy.cli.spoken import SpokenCommand, spoken_group

commands: Final = spoken_group("documents")


@commands.command("remove", cls=SpokenCommand, help="documents_remove")
def remove(
    document: Annotated[str, typer.Argument(metavar="SHA256", help="document")],
    home: HomeOption = None,
    region: RegionOption = None,
    *,
    language: LanguageOption,
) -> None:
    """Remove a text or file for good; the entries that refer to it stand."""
    from deploy.cli.kept_documents import remove as run

    run(document, home, region, language)


@commands.command("check", cls=SpokenCommand, help="documents_check")
def check(
    home: HomeOption = None,
    region: RegionOption = None,
    *,
    language: LanguageOption,
) -> None:
    """Hash every text and file that the region's people gave."""
    from deploy.cli.kept_documents import check_all as run

    run(home, region, language)
