"""The command line starts with what its help needs, which is in three languages."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.words import Language, catalogue
from deploy.cli.app import app
from deploy.cli.spoken import LOCALES, spoken
from deploy.cli.usage import in_words_of_ours
from deploy.keyfiles import write_secret
from deploy.local.home import Home
from tests.support.commands import declared

HEAVY = (
    *("asyncio", "babel", "cryptography", "eventsourcing", "fastapi", "httpx", "lxml"),
    *("nats", "psycopg", "pydantic", "pydantic_settings", "rich", "sqlalchemy"),
    *("starlette", "stdnum", "structlog", "typst", "uvicorn", "xlsxwriter"),
)
SERVING = ("api.routes", "fastapi", "nats", "starlette", "structlog", "uvicorn")
"""Modules of a node that serves: no command that only asks or reads needs them."""
READING = (
    *("api.routes", "babel", "domain.catalogue", "fastapi", "httpx", "lxml", "nats"),
    *("projections", "sqlalchemy", "starlette", "structlog", "typst", "xlsxwriter"),
)
"""Modules that what reads a journal needs later, if at all."""
LOADED = """
import sys
from deploy.cli import main
looked_for = sys.argv.pop().split(",")
try:
    main()
finally:
    print(*(sys.modules.keys() & set(looked_for)), file=sys.stderr)
"""
SENTENCES = catalogue().sentences


@pytest.fixture(autouse=True)
def _said_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take out of the environment what it says of languages."""
    for name in ("FAGNETT_LANGUAGE", *LOCALES):
        monkeypatch.delenv(name, raising=False)


COMMANDS = dict(declared())


def run(*arguments: str) -> str:
    """Return what a command says, on lines as long as they come."""
    result = CliRunner().invoke(app, arguments, terminal_width=1000)
    assert not result.exit_code, result.output
    return result.output


@pytest.mark.parametrize(
    "arguments", ["--help", "--version", "status --help", "keys revoke --help"]
)
def test_help_loads_nothing_that_a_command_works_with(arguments: str) -> None:
    result = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments.split(), ",".join(HEAVY)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (result.returncode, result.stderr.split()) == (0, [])
    assert result.stdout


def loaded(code: int, looked_for: tuple[str, ...], *arguments: str) -> list[str]:
    """Which modules a command has loaded when it ends with a code."""
    result = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments, ",".join(looked_for)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == code, result.stderr
    return result.stderr.splitlines()[-1].split()


def test_status_loads_nothing_that_a_node_serves_with(tmp_path: Path) -> None:
    """It asks nodes, and opens no database."""
    token = tmp_path / "token"
    write_secret(token, "nobody's")
    databases = ("eventsourcing", "psycopg", "sqlalchemy")
    arguments = ("status", "--url", "http://127.0.0.1:1", "--token-file", str(token))
    assert loaded(1, (*SERVING, *databases), *arguments) == []


def test_a_token_is_made_without_a_database(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make_keys()
    who = ("--organisation", "983658725", "--role", "reader", "--home", str(tmp_path))
    databases = ("eventsourcing", "psycopg", "sqlalchemy")
    assert loaded(0, (*SERVING, *databases), "token", *who) == []


@pytest.mark.parametrize(
    "command", [("verify",), ("export", "invoices", "--to", "x", "--format", "ehf")]
)
def test_what_reads_journals_loads_what_it_reads_with_before_it_begins(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    assert loaded(2, READING, *command, "--home", str(tmp_path)) == []


@pytest.mark.parametrize(
    "module", ["deploy.cli.documents", "deploy.cli.folding", "deploy.cli.holding"]
)
def test_what_reads_journals_never_loads_what_serves(module: str) -> None:
    serving = [each for each in SERVING if each != "structlog"]
    script = "import sys, importlib; importlib.import_module(sys.argv[1]); print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", script, module],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert not set(result.stdout.split()) & set(serving)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_its_help_in_every_language(
    path: tuple[str, ...], language: Language
) -> None:
    command = COMMANDS[path]
    text = run("--language", language, *path, "--help")
    for paragraph in SENTENCES["command"][command.help][language].split("\n\n"):
        assert " ".join(paragraph.split()) in text
    for param in command.params:
        assert SENTENCES["option"][param.help][language] in text
    for each in getattr(command, "commands", {}).values():
        first, _, _ = SENTENCES["command"][each.help][language].partition("\n\n")
        assert first in text
    assert SENTENCES["option"]["help"][language] in text
    assert SENTENCES["help"]["usage"][language] in text
    assert (SENTENCES["help"]["required"][language] in text) == any(
        param.required for param in command.params
    )


def test_no_words_of_the_help_are_without_a_command() -> None:
    options = {param.help for each in COMMANDS.values() for param in each.params}
    assert SENTENCES["command"].keys() == {each.help for each in COMMANDS.values()}
    assert SENTENCES["option"].keys() == options | {"help"}


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        ("", "", "nb"),
        ("", "LANG=nn_NO.UTF-8", "nn"),
        ("", "LANG=en_US.UTF-8", "en"),
        ("", "LANG=no_NO", "nb"),
        ("", "LANG=C.UTF-8", "nb"),
        ("", "LANG=de_DE", "nb"),
        ("", "LANG=nn_NO LC_ALL=en_GB.UTF-8", "en"),
        ("", "LANG=nn_NO LC_MESSAGES=en_GB LC_ALL=", "en"),
        ("", "LANG=en_US LC_ALL=C", "nb"),
        ("", "LANG=en_US FAGNETT_LANGUAGE=nn", "nn"),
        ("", "LANG=en_US FAGNETT_LANGUAGE=xx", "en"),
        ("--language en", "FAGNETT_LANGUAGE=nn", "en"),
        ("status --help --language=en", "LANG=nn_NO", "en"),
        ("--language nn status --language en", "", "en"),
        ("--language", "LANG=nn_NO", "nn"),
        ("--language xx", "LANG=nn_NO", "nn"),
    ],
)
def test_help_is_in_the_language_that_is_asked_for_or_that_the_machine_has(
    monkeypatch: pytest.MonkeyPatch, arguments: str, environment: str, language: str
) -> None:
    for each in environment.split():
        monkeypatch.setenv(*each.split("=", 1))
    assert spoken(arguments.split()) == language


def test_a_language_before_a_command_is_the_command_s() -> None:
    for before, after in ((["--language", "en"], []), ([], ["--language", "en"])):
        result = CliRunner().invoke(app, [*before, "status", *after])
        assert result.exit_code == 2
        assert result.stderr.startswith("Name either")
    both = CliRunner().invoke(app, ["--language", "nn", "status", "--language", "en"])
    assert both.stderr.startswith("Name either")


def test_a_language_that_nothing_is_written_in_is_refused() -> None:
    result = CliRunner().invoke(app, ["--language", "da", "status"])
    assert result.exit_code == 2
    assert "--language må være en av nb, nn, en, og er da." in result.stderr


def test_what_typer_adds_is_in_the_same_language() -> None:
    assert "[ellers: 1; 1<=x<=5]" in run("carrier", "declare", "--help")
    assert "[miljøvariabel: FAGNETT_PEERS_FILE]" in run("keys", "show", "--help")
    assert "[må oppgis]" in run("token", "--help")
    assert "[default: operator]" in run("--language", "en", "epoch", "begin", "--help")


@pytest.mark.parametrize("group", [[], ["keys"], ["epoch"]])
def test_a_group_alone_shows_its_help(group: list[str]) -> None:
    result = CliRunner().invoke(app, group)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Kommandoer:" in result.stderr


def test_the_version_is_that_which_is_installed() -> None:
    assert run("--version") == f"{version('fagnett')}\n"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["settle"], "FOLDER mangler."),
        (["exit-pack"], "--to må oppgis."),
        (
            ["settle", "x", "--as-of", "1.1.2026"],
            "en dag som finnes, skrevet ÅÅÅÅ-MM-DD",
        ),
        (["settle", "x", "--year", "y"], "--year må være et helt tall."),
        (["settle", "x", "--database", "z"], "må være en av sqlite, postgres"),
        (["settle", "x", "y"], "Her er mer enn kommandoen tar: y."),
        (["settle", "x", "--foo"], "Valget --foo finnes ikke."),
        (["exit-pack", "--to"], "--to må ha en verdi."),
        (["settle", "x", "--json=1"], "--json har ingen verdi."),
        (["verify", "--witnesses", "-3"], "--witnesses må være minst 0."),
        (["nope"], "Kommandoen nope finnes ikke."),
        (["keys", "nope"], "Kommandoen nope finnes ikke."),
        (["--language", "fr", "settle"], "--language må være en av nb, nn, en"),
    ],
)
def test_how_a_command_is_called_wrongly_is_told_in_the_language_that_is_spoken(
    arguments: list[str], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAGNETT_LANGUAGE", "nb")
    told = CliRunner().invoke(app, arguments)
    assert told.exit_code == 2
    assert reason in told.stderr
    assert "Feil: " in told.stderr
    for english in ("Error", "Usage", "Try ", "Invalid", "Missing"):
        assert english not in told.stderr


def test_what_typer_says_and_nobody_knows_is_passed_on() -> None:
    assert in_words_of_ours("Something new.", Language.NB) == "Something new."
