"""``fagnett mandate`` gives an organisation its first administrator at its node."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
import uvicorn
from typer.testing import CliRunner, Result

from api.app import create_app
from api.auth import Role
from deploy.cli.app import app
from deploy.keyfiles import write_secret
from deploy.local.home import Home
from deploy.local.process import HOST, free_ports
from deploy.server import options
from domain.values import Region
from tests.support.doors import Door, opened
from tests.support.examples import BERGEN, STAVANGER
from tests.support.federation import TOKEN_KEY

PERSON: Final = "p-0f8fad5bd9cb469fa1657086ab3be28d"


def mandate(*arguments: object) -> Result:
    """Run ``fagnett mandate`` in English."""
    said = ["mandate", *map(str, arguments)]
    return CliRunner().invoke(app, said, env={"FAGNETT_LANGUAGE": "en"})


@contextmanager
def served(door: Door) -> Iterator[str]:
    """Serve a node's app at an address."""
    (port,) = free_ports(1)
    config = uvicorn.Config(create_app(door.node), host=HOST, port=port, **options(8))
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://{HOST}:{port}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """Give the file of the key that the node's tokens are signed with."""
    path = tmp_path / "tokens.key"
    write_secret(path, json.dumps(TOKEN_KEY.as_dict(private=True)))
    return path


def test_the_first_administrator_is_given_and_nobody_else(
    tmp_path: Path, key: Path
) -> None:
    with opened(tmp_path) as door:
        door.register(BERGEN)
        with served(door) as url:
            at = ("--url", f"{url}/", "--key", key)
            given = mandate(BERGEN, PERSON, *at)
            said = f"{PERSON} is administrator of {BERGEN} from today on.\n"
            assert (given.exit_code, given.stdout) == (0, said), given.output
            again = mandate(BERGEN, PERSON, *at, "--actor", PERSON)
            assert again.exit_code == 0
            assert again.stdout.endswith("already.\n")
            other = mandate(BERGEN, "p-1", *at)
            assert (other.exit_code, other.stdout) == (1, "")
            assert "takes a mandate" in other.stderr
            nobody = mandate(STAVANGER, PERSON, *at)
            assert nobody.exit_code == 1
            assert "not registered" in nobody.stderr
        asked = door.get(
            f"/v1/organisations/{BERGEN}/mandates",
            roles=(Role.ADMINISTRATOR,),
            actor=PERSON,
        )
    ((person, by),) = (
        (each["person"], each["granted_by"]) for each in asked.json()["items"]
    )
    assert (person, by) == (PERSON, "operator")


def test_in_a_home_it_goes_to_the_node_of_the_organisation(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.token_secret.parent.mkdir(parents=True)
    write_secret(home.token_secret, json.dumps(TOKEN_KEY.as_dict(private=True)))
    with opened(tmp_path) as door, served(door) as url:
        door.register(BERGEN)
        door.node.projector.catch_up()
        nodes = dict.fromkeys(Region, url)
        home.state.write_text(json.dumps({"database": "sqlite", "nodes": nodes}))
        given = mandate(BERGEN, PERSON, "--home", home.path, "--actor", "eva")
        assert (given.exit_code, given.stderr) == (0, ""), given.output
        assert given.stdout.endswith("from today on.\n")
        unknown = mandate(STAVANGER, PERSON, "--home", home.path)
        assert (unknown.exit_code, unknown.stdout) == (1, "")
        assert f"{STAVANGER} is not registered" in unknown.stderr


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        ((), "Give --home, or --url and --key.", 2),
        (("--url", "http://127.0.0.1:9"), "Give --home, or --url and --key.", 2),
        (("--home", "x", "--url", "y", "--key", "z"), "Give --home", 2),
        (("--home", "x", "--key", "z"), "Give --home", 2),
        (("--home", "elsewhere"), "holds no local federation", 2),
    ],
)
def test_a_node_is_named_in_one_way(
    arguments: tuple[str, ...], said: str, code: int
) -> None:
    result = mandate(BERGEN, PERSON, *arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr


def test_a_node_that_does_not_answer_is_said_so(key: Path) -> None:
    result = mandate(BERGEN, PERSON, "--url", "http://127.0.0.1:9", "--key", key)
    assert result.exit_code == 1
    assert "does not answer (nobody listens" in result.stderr
