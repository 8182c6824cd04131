"""The documents say what the programs do."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.settings import CliSettings, NodeSettings
from tests.support import folder_tables
from tests.support.commands import declared

ROOT = Path(__file__).parents[2]


def test_every_setting_is_described() -> None:
    text = (ROOT / "deploy/README.md").read_text()
    described = set(re.findall(r"FAGNETT_\w+", text))
    members = {*NodeSettings.model_fields, *CliSettings.model_fields}
    assert described == {f"FAGNETT_{name.upper()}" for name in members}


@pytest.mark.parametrize("table", [folder_tables.files, folder_tables.values])
def test_every_file_and_column_is_described(table: Callable[[], str]) -> None:
    text = (ROOT / "deploy/year/README.md").read_text()
    assert f"\n\n{table()}\n\n" in text, "python -m tests.support.folder_tables"


def test_every_command_is_described() -> None:
    text = "".join(
        (ROOT / name).read_text() for name in ("README.md", "deploy/README.md")
    )
    for path, command in declared():
        name = " ".join(path)
        assert hasattr(command, "commands") or (
            f"fagnett {name}" in text or f"make {name}" in text
        )


def test_nothing_names_a_machine_or_a_registry() -> None:
    """What is committed says nothing of where it was written."""
    texts = [ROOT / "requirements.lock", ROOT / "Makefile", ROOT / ".ci/run"]
    for folder in ("domain", "federation", "projections", "api", "deploy"):
        texts += (ROOT / folder).rglob("*.py")
    for path in texts:
        text = path.read_text()
        assert "index-url" not in text, path
        assert not re.search(r"/(home|root|work|Users)/", text), path
