"""``fagnett mandate``: give an organisation its first administrator."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import httpx
import typer

from api.auth import Caller, Role, issue_token
from api.words import Language, sentence
from deploy.cli.explained import settings_explained
from deploy.cli.importing import nodes_of
from deploy.cli.progress import told
from deploy.local.home import Home, read_state
from deploy.tokenfiles import load_token_secret
from domain.values import Region

VALID_SECONDS = 60
TIMEOUT_SECONDS = 30


class _Node(NamedTuple):
    """A node, and what it lets in an administrator by."""

    url: str
    token: str


def give_mandate(  # noqa: PLR0913 - the options of the command
    organisation: str,
    person: str,
    *,
    home: Path | None,
    url: str | None,
    key: Path | None,
    actor: str,
    words: Language,
) -> None:
    """Make a person administrator of an organisation, from today on.

    At the organisation's node: of a home, whose federation is started where it does
    not run; or by its address, with the key that its tokens are signed with. Exit code
    1 where the node refuses or does not answer, 2 where no node is named.
    """
    if (home is None) is (url is None) or (key is None) is not (url is None):
        told(sentence(words, "mandate", "home_or_url"))
        raise typer.Exit(2)
    caller = Caller(actor, organisation, frozenset({Role.ADMINISTRATOR}))
    with settings_explained(words), _node(home, url, key, caller, words) as node:
        answer = _sent(node, organisation, person, words)
    document = answer.json()
    if not answer.is_success:
        told(document["detail"])
        raise typer.Exit(1)
    said = "given" if document["recorded"] else "known"
    values = {"person": person, "organisation": organisation}
    typer.echo(sentence(words, "mandate", said, values))


@contextmanager
def _node(
    home: Path | None,
    url: str | None,
    key: Path | None,
    caller: Caller,
    words: Language,
) -> Iterator[_Node]:
    """Give the node of an organisation, and a token for it."""
    if home is None:
        assert url is not None
        assert key is not None, "they come together"
        yield _Node(url.rstrip("/"), _token(key, caller))
        return
    kept = Home(home)
    if read_state(kept) is None:
        told(sentence(words, "upkeep", "no_home", {"home": str(home)}))
        raise typer.Exit(2)
    token = _token(kept.token_secret, caller)
    with nodes_of(kept, words) as urls:
        region = _region(urls[Region.VEST], token, caller.organisation, words)
        yield _Node(urls[region], token)


def _token(key: Path, caller: Caller) -> str:
    return issue_token(caller, load_token_secret(key), int(time.time()), VALID_SECONDS)


def _region(url: str, token: str, organisation: str, words: Language) -> str:
    """Region of an organisation; end where it is not registered."""
    path = f"/v1/organisations/{quote(organisation, safe='')}"
    answer = _asked("GET", _Node(url, token), path, None, words)
    if not answer.is_success:
        told(sentence(words, "mandate", "unknown", {"organisation": organisation}))
        raise typer.Exit(1)
    return str(answer.json()["region"])


def _sent(
    node: _Node, organisation: str, person: str, words: Language
) -> httpx.Response:
    path = f"/v1/organisations/{quote(organisation, safe='')}/mandates"
    body = {"person": person, "role": Role.ADMINISTRATOR.value}
    return _asked("POST", node, path, body, words)


def _asked(
    method: str,
    node: _Node,
    path: str,
    body: dict[str, str] | None,
    words: Language,
) -> httpx.Response:
    """What a node answers; end where it does not, or is none."""
    headers = {"Authorization": f"Bearer {node.token}", "Accept-Language": words.value}
    try:
        answer = httpx.request(
            method,
            f"{node.url}{path}",
            json=body,
            headers=headers,
            timeout=TIMEOUT_SECONDS,
        )
        answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        values = {"reason": type(error).__name__}
        told(sentence(words, "mandate", "away", values))
        raise typer.Exit(1) from None
    return answer
