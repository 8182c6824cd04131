"""``fagnett status``: how far behind each node is, in a table that fits."""

import io
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import ValidationError
from rich.console import Console
from typer.testing import CliRunner, Result
from typing_extensions import override

from api.words import Language, sentence
from deploy.cli.app import app
from deploy.cli.complaints import complaints
from deploy.cli.status import behind, tables
from deploy.keyfiles import write_secret
from deploy.settings import NodeSettings


def about(position: int, **more: Any) -> dict[str, Any]:
    """Return what a node says of a region."""
    return {
        "position": position,
        "projected": position,
        "witnessed": position,
        "announced": 0,
        "lag_seconds": 12.7,
        "heartbeat_age_seconds": 3.0,
        "complete_to": "2026-12-31T12:00:00.000000Z",
        "attention": [],
        "left_on": None,
        **more,
    }


def test_the_regions_own_node_says_how_much_there_is() -> None:
    answers: dict[str, Any] = {
        "nord": {"regions": {"vest": about(90, announced=95)}},
        "vest": {"regions": {"vest": about(100, heartbeat_age_seconds=None)}},
    }
    nord = answers["nord"]["regions"]["vest"]
    assert behind(answers, "vest", nord) == 10
    assert behind(answers, "vest", answers["vest"]["regions"]["vest"]) == 0
    answers["vest"] = {"away": "ConnectError"}
    assert behind(answers, "vest", nord) == 5, "else what it announced"
    unheard = about(90, announced=0, heartbeat_age_seconds=None)
    assert behind(answers, "vest", unheard) is None


@pytest.mark.parametrize("language", Language)
def test_the_table_fits_a_terminal(language: Language) -> None:
    reasons = ["Waits: no heartbeat for 8 s."]
    regions = {
        "midt": about(123_456, behind_entries=1234, attention=reasons),
        "nord": about(5, behind_entries=None, complete_to=None, lag_seconds=None),
        "sorost": about(9, behind_entries=0, heartbeat_age_seconds=None),
        "vest": about(7, behind_entries=0, heartbeat_age_seconds=None),
    }
    answers: dict[str, Any] = {
        "nord": {"away": "ConnectError"},
        "vest": {"regions": regions},
    }
    file = io.StringIO()
    console = Console(file=file, width=80)
    console.print(*tables(answers, language), sep="\n")
    lines = file.getvalue().splitlines()
    assert not any("\N{HORIZONTAL ELLIPSIS}" in line for line in lines)
    (midt,) = (line.split() for line in lines if line.startswith("midt"))
    figures = ["123456", "1234", "123456", "123456", "12", "3"]
    assert midt == ["midt", *figures, "2026-12-31", "12:00:00"]
    (nord,) = (line.split() for line in lines if line.startswith("nord"))
    assert nord == ["nord", "5", "?", "5", "5", "?", "3", "?"]
    (vest,) = (line.split() for line in lines if line.startswith("vest"))
    assert vest[:6] == ["vest", "7", "0", "7", "7", "12"], "nobody hears himself"
    assert f"  midt: {reasons[0]}" in [line.rstrip() for line in lines]
    assert any(sentence(language, "value", "ConnectError") in line for line in lines)
    for column in ("projected", "witnessed"):
        named = f"{sentence(language, 'upkeep', column)}: "
        assert named in " ".join(lines), "the legend"


def test_of_a_log_in_which_no_day_has_begun_no_age_is_told() -> None:
    """A local federation that is empty; it is not complete to 1899."""
    told = about(0, behind_entries=0, complete_to="1899-12-31T22:59:59.999999Z")
    file = io.StringIO()
    answers = {"vest": {"regions": {"nord": told}}}
    Console(file=file, width=80).print(*tables(answers, Language.EN), sep="\n")
    (nord,) = (e.split() for e in file.getvalue().splitlines() if e.startswith("nord"))
    assert nord == ["nord", "0", "0", "0", "0", "?", "3", "?"]


class Node(BaseHTTPRequestHandler):
    """Answers as vest's node does, to who has the token."""

    def do_GET(self) -> None:
        """Answer what ``status`` asks."""
        known = self.headers["Authorization"] == "Bearer a.b.c"
        found = {"region": "vest", "regions": {"vest": about(7)}}
        self.send_response(200 if known else 401)
        self.end_headers()
        self.wfile.write(orjson.dumps(found if known else {}))

    @override
    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    """Give the address of a node."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Node) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def asked(*arguments: object) -> Result:
    """Ask from the command line."""
    words = [str(each) for each in ("status", *arguments)]
    return CliRunner().invoke(app, words, env={"FAGNETT_LANGUAGE": "en"})


def test_any_node_is_asked_by_its_address(url: str, tmp_path: Path) -> None:
    token = tmp_path / "token"
    write_secret(token, "a.b.c")
    found = asked("--url", url, "--token-file", token, "--json")
    assert found.exit_code == 0, found.output
    assert orjson.loads(found.output)["vest"]["regions"]["vest"]["behind_entries"] == 0
    write_secret(tmp_path / "other", "d.e.f")
    refused = asked("--url", url, "--token-file", tmp_path / "other")
    assert refused.exit_code == 1
    assert "HTTP 401" in refused.output
    assert "d.e.f" not in refused.output
    token.chmod(0o644)
    assert asked("--url", url, "--token-file", token).exit_code == 2
    for arguments in ((), ("--url", url), ("--home", tmp_path, "--url", url)):
        assert asked(*arguments).exit_code == 2, "either a folder or addresses"


@pytest.mark.parametrize("language", Language)
def test_what_is_wrong_with_a_setting_is_said_in_words(
    language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [each for each in os.environ if each.startswith("FAGNETT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FAGNETT_REGION", "sky-blue")
    monkeypatch.setenv("FAGNETT_WITNESSES", "9")
    monkeypatch.setenv("FAGNETT_HTTP_PORT", "secret")
    with pytest.raises(ValidationError) as refused:
        NodeSettings()
    said = dict(complaints(refused.value, language))
    assert "midt, nord, sorost, vest" in said["FAGNETT_REGION"]
    assert said["FAGNETT_WITNESSES"].endswith(" 3")
    assert not {"sky-blue", "secret"} & set(" ".join(said.values()).split())
    english = dict(complaints(refused.value, Language.EN))
    assert english["FAGNETT_DATABASE"] == "is not set"
    for setting, reason in said.items():
        assert (reason == english[setting]) is (language is Language.EN), setting
