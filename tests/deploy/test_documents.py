"""The documents say what the programs do."""

import re
from pathlib import Path

from deploy.settings import CliSettings, NodeSettings
from tests.support.commands import declared
from tests.support.written import documents

ROOT = Path(__file__).parents[2]


def test_every_setting_is_described() -> None:
    text = (ROOT / "deploy/README.md").read_text()
    described = set(re.findall(r"FAGNETT_\w+", text))
    members = {*NodeSettings.model_fields, *CliSettings.model_fields}
    assert described == {f"FAGNETT_{name.upper()}" for name in members}


def test_what_follows_from_the_code_is_written_as_it_is_now() -> None:
    for path, text in documents().items():
        assert (ROOT / path).read_text() == text, f"{path}: make written"


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
