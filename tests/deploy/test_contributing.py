"""A new fact with its command, questions and CSV file costs four written places.

CONTRIBUTING.md shows them. They are written into a copy of the project, in which all
else follows, and the copy is used: what is shown there works, and is all there is.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

import pytest

ROOT: Final = Path(__file__).parents[2]
WRITTEN_PLACES: Final = 4
_BLOCK: Final = re.compile(r"```\w+\n(?:# (\S+/\S+)\n)?(.*?)```", re.DOTALL)
_LAST_FORM: Final = ')\n"""In the order in which the rows of one day are played."""'


class Place(NamedTuple):
    """A place that somebody writes: a new file, or lines for one."""

    path: str
    text: str


def places() -> list[Place]:
    """Return what CONTRIBUTING.md has somebody write."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    found = [Place(*match.groups()) for match in _BLOCK.finditer(text)]
    return [each for each in found if each.path]


def write(copy: Path, place: Place) -> None:
    """Write one place: imports go to the top, a form to the others."""
    path = copy / place.path
    if not path.exists():
        path.write_text(place.text)
        return
    imports = "".join(re.findall(r"^from .*\n", place.text, re.MULTILINE))
    rest = re.sub(r"^from .*\n", "", place.text, flags=re.MULTILINE).lstrip("\n")
    first, _, others = path.read_text().partition("\nfrom ")
    text = f"{first}\n{imports}from {others}"
    if rest.startswith("    "):
        text = text.replace(_LAST_FORM, f"{rest}{_LAST_FORM}")
    else:
        text += f"\n{rest}"
    path.write_text(text)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy of the project with the four places, and what follows from them."""
    copy = tmp_path_factory.mktemp("copy") / "project"
    others = shutil.ignore_patterns(
        ".git", ".venv", "__pycache__", "*_cache", "mutants"
    )
    shutil.copytree(ROOT, copy, ignore=others)
    for place in places():
        write(copy, place)
    run(copy, "-m", "ruff", "check", "-q", "--select", "I", "--fix", "api", "deploy")
    run(copy, "-m", "tests.support.written")
    return copy


def run(copy: Path, *arguments: str) -> str:
    """Run Python in the copy."""
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    done = subprocess.run(
        [sys.executable, *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=copy,
        env=environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_four_places() -> None:
    written = places()
    assert len(written) == WRITTEN_PLACES
    assert [each.path.split("/")[0] for each in written] == [
        "domain",
        "api",
        "api",
        "deploy",
    ]


def test_nothing_else_is_missing(copy: Path) -> None:
    """The tests that ask of every fact, command, code and file pass in the copy."""
    held = ("unit/test_catalogue.py", "api/test_words.py", "deploy/test_documents.py")
    names = (f"tests/{name}" for name in held)
    run(copy, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", *names)
    run(copy, "-m", "ruff", "check", "-q", "domain", "deploy/year", "api/routes")


def test_it_is_sent_asked_for_and_decided_again(copy: Path) -> None:
    """Through the doors of a node; what they record is decided again at the end."""
    assert "3 milestones" in run(copy, "-m", "tests.support.milestones")
