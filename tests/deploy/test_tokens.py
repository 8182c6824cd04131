"""``fagnett token`` prints a token that nodes take, or says why none would."""

import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.auth import BadTokenError, Caller, Role, verify_token
from api.people import person_of
from deploy.cli.app import app
from deploy.local.home import Home
from deploy.tokenfiles import load_token_key

BERGEN = "983974724"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Give a home with keys, whose federation never ran."""
    made = Home(tmp_path / "home")
    made.make_keys()
    return made


def token(*arguments: str) -> Result:
    """Run ``fagnett token`` in English."""
    return CliRunner().invoke(
        app, ["token", *arguments], env={"FAGNETT_LANGUAGE": "en"}
    )


def test_a_token_says_who_acts_for_whom_and_how_long(home: Home) -> None:
    result = token(
        *("--home", str(home.path), "--organisation", BERGEN, "--actor", "kari"),
        *("--role", "controller", "--role", "reader", "--hours", "2"),
    )
    assert result.exit_code == 0
    printed = result.stdout.removesuffix("\n")
    key, now = load_token_key(home.token_public), int(time.time())
    both = frozenset({Role.CONTROLLER, Role.READER})
    assert verify_token(printed, key, now) == Caller("kari", BERGEN, both)
    verify_token(printed, key, now + 7100)
    with pytest.raises(BadTokenError):
        verify_token(printed, key, now + 7400)
    assert "is not registered" in result.stderr, "nothing is in this home yet"


def test_a_key_file_signs_too_and_nobody_is_asked_who_is_registered(
    home: Home,
) -> None:
    arguments = ("--organisation", BERGEN, "--role", "reader")
    result = token("--key", str(home.token_secret), *arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    key = load_token_key(home.token_public)
    caller = verify_token(result.stdout.strip(), key, int(time.time()))
    assert caller == Caller(person_of(BERGEN), BERGEN, frozenset({Role.READER}))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--role", "king"), "king is no role. The roles are controller, approver"),
        (("--role", "reader", "--organisation", "98397472"), "nine digits"),
        (("--role", "reader", "--actor", "13097248022"), "no identity number"),
        (("--role", "reader", "--home", "elsewhere"), "holds no local federation"),
    ],
)
def test_what_no_node_would_take_is_said_and_not_printed(
    home: Home, arguments: tuple[str, ...], said: str
) -> None:
    before = ("--home", str(home.path), "--organisation", BERGEN)
    result = token(*before, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_the_public_half_signs_nothing(home: Home) -> None:
    home.token_public.chmod(0o600)
    arguments = ("--organisation", BERGEN, "--role", "reader")
    result = token("--key", str(home.token_public), *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "public half" in result.stderr
    assert token("--key", str(home.peers), *arguments).exit_code == 2
