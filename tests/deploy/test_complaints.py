"""What goes wrong on the command line is told in words, with an exit code."""

import os
import shutil
import sys
from importlib import resources
from pathlib import Path

import pytest

from deploy.cli import main


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run without what this machine's environment says."""
    for name in [each for each in os.environ if each.startswith("FAGNETT_")]:
        monkeypatch.delenv(name)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> object:
    """Run the command line as a process does; return its exit code."""
    monkeypatch.setattr(sys, "argv", ["fagnett", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def test_a_variable_that_cannot_be_used_is_named_by_every_command(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FAGNETT_LANGUAGE", "sky-blue")
    assert run(monkeypatch, "settle", tmp_path) == 2
    told = capsys.readouterr().err
    assert told.startswith("FAGNETT_LANGUAGE ")
    assert "sky-blue" not in told


@pytest.mark.parametrize("content", ["", "{", "[]", '{"database": "sqlite"}'])
@pytest.mark.parametrize(
    "arguments",
    [
        ("verify",),
        ("backup", "--region", "vest", "--to", "copy"),
        ("export", "ledger", "--to", "files", "--format", "csv"),
        ("import", "payments", __file__, "--organisation", "983974724"),
        ("status",),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_home_that_says_nothing_is_named(
    content: str,
    arguments: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "federation.json").write_text(content)
    assert run(monkeypatch, *arguments, "--home", tmp_path) == 2
    assert str(tmp_path / "federation.json") in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == ["federation.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"fingerprint": 1}'])
def test_a_home_that_does_not_know_what_it_played_plays_nothing(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "played.json").write_text(content)
    with resources.as_file(resources.files("deploy") / "sample" / "2026") as folder:
        assert run(monkeypatch, "settle", folder, "--home", tmp_path) == 2
    assert [each.name for each in tmp_path.iterdir()] == ["played.json"]


def test_a_home_that_cannot_be_written_to_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "keys").write_text("a file where a folder belongs")
    with resources.as_file(resources.files("deploy") / "sample" / "2026") as folder:
        assert run(monkeypatch, "settle", folder, "--home", tmp_path) == 1
    assert str(tmp_path) in capsys.readouterr().err


def test_a_table_that_is_not_played_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "played.json").write_text("{}")
    with resources.as_file(resources.files("deploy") / "sample" / "2026") as folder:
        shutil.copytree(folder, tmp_path / "year")
    (tmp_path / "year" / "payments.csv").rename(tmp_path / "year" / "payment.csv")
    settle = ("settle", tmp_path / "year", "--home", home, "--language", "en")
    assert run(monkeypatch, *settle) == 2
    assert capsys.readouterr().err.startswith("payment.csv is not played: ")
