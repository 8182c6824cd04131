"""Other releases than this one, as programs of a region's node.

The last is the wheel that is kept; nothing else of it is here. The next is this
one with a fact more, which neither the last release nor this one knows.
"""

import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from domain import catalogue
from domain.fact import Fact
from domain.values import Region
from federation.signed import seen
from projections.rows import FOLDS, Place, Rows

(LAST,) = (Path(__file__).parents[1] / "golden" / "releases").glob("*.whl")
PACKAGES = ("api", "deploy", "domain", "federation", "projections")

_LAST = """\
import importlib, runpy, sys
sys.path.insert(0, {code!r})
for name in {packages!r}:
    assert importlib.import_module(name).__file__.startswith({code!r}), name
runpy.run_module("deploy.cli", run_name="__main__")
"""
_NEXT = """\
from deploy.cli import main
from tests.support.releases import install_next
install_next()
main()
"""


class NetworkRenamed(Fact, name="network.renamed.v1"):
    """A fact of the next release."""

    network: str


def _no_rows(_place: Place, _fact: Fact) -> Rows:
    return ()


def install_next() -> None:
    """Make this process one of the next release."""
    # What only grows with a release is read-only while one runs.
    cast("dict[str, type[Fact]]", catalogue.FACTS)[NetworkRenamed.TYPE] = NetworkRenamed
    catalogue._FAMILIES["network.renamed"] = "names"
    # No command leads to it: there is nothing to decide again.
    without = {*seen.OF_THE_LOG, NetworkRenamed.TYPE}
    vars(seen)["OF_THE_LOG"] = frozenset(without)
    cast("dict[type[Fact], object]", FOLDS)[NetworkRenamed] = _no_rows


class Releases:
    """Which release each region's node runs from its next start on."""

    def __init__(self, folder: Path) -> None:
        """Unpack the last release; every region has it."""
        self._programs = folder / "programs"
        self._programs.mkdir()
        code = folder / "last"
        with zipfile.ZipFile(LAST) as wheel:
            wheel.extractall(code)
        self._last = _LAST.format(code=f"{code}/", packages=PACKAGES)
        for region in Region:
            self._program(region).write_text(self._last)

    def upgrade(self, region: Region) -> None:
        """Give a region the next release."""
        self._program(region).write_text(_NEXT)

    def command(self, region: Region, *arguments: str) -> Sequence[str]:
        """Return what runs the command line of a region's release."""
        return (sys.executable, str(self._program(region)), *(arguments or ("node",)))

    def _program(self, region: Region) -> Path:
        return self._programs / f"{region.value}.py"
