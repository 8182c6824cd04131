"""``fagnett status``: how far nodes are with each region."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import typer
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from api.instants import has_begun, shown_instant
from api.words import Language, sentence
from deploy.cli.explained import settings_explained
from deploy.cli.progress import told
from deploy.keyfiles import read_secret
from deploy.local.home import Home, read_state
from domain.role import Role
from domain.values import REGIONAL_AUTHORITY, Region

FIGURES: Final = ("held", "behind", "projected", "witnessed", "age", "heard")
NOT_KNOWN: Final = "?"
TIMEOUT_SECONDS: Final = 5.0


class AskedNode(NamedTuple):
    """Where a node is, and the token that it is asked with."""

    url: str
    token: str


def show_status(
    home: Path | None,
    url: list[str] | None,
    token_file: Path | None,
    *,
    as_json: bool,
    words: Language,
) -> None:
    """Ask nodes how far they are: those of a local federation, or some by address."""
    if (home is None) is (not url) or (token_file is None) is not (not url):
        told(sentence(words, "upkeep", "home_or_url"))
        raise typer.Exit(2)
    with settings_explained(words):
        answers = dict(_asked(_sources(home, url or (), token_file, words), words))
    for answer in answers.values():
        for origin, about in answer.get("regions", {}).items():
            about["behind_entries"] = behind(answers, origin, about)
    if as_json:
        typer.echo(json.dumps(answers, indent=1))
    else:
        Console().print(*tables(answers, words), sep="\n")
    if any("away" in answer for answer in answers.values()):
        raise typer.Exit(1)


def _sources(
    home: Path | None, urls: Sequence[str], token_file: Path | None, words: Language
) -> Mapping[str, AskedNode]:
    """Whom to ask, by the name that it has until it answers."""
    if token_file is not None:
        token = read_secret(token_file)
        return {url: AskedNode(url.rstrip("/"), token) for url in urls}
    assert home is not None, "one of the two is given"
    state = read_state(Home(home))
    if state is None:
        told(sentence(words, "upkeep", "no_home", {"home": str(home)}))
        raise typer.Exit(2)
    return {
        name: AskedNode(
            url, Home(home).token_for(REGIONAL_AUTHORITY[Region(name)], Role.READER)
        )
        for name, url in state["nodes"].items()
    }


def _asked(
    sources: Mapping[str, AskedNode], words: Language
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each node's answer by its region, or why there is none."""
    for name, source in sources.items():
        headers = {
            "Authorization": f"Bearer {source.token}",
            "Accept-Language": words.value,
        }
        try:
            answered = httpx.get(
                f"{source.url}/v1/federation", headers=headers, timeout=TIMEOUT_SECONDS
            )
            answer = answered.raise_for_status().json()
            yield answer["region"], answer
        except httpx.HTTPStatusError as error:
            yield name, {"away": f"HTTP {error.response.status_code}"}
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            yield name, {"away": type(error).__name__}


def behind(
    answers: Mapping[str, Any], origin: str, about: Mapping[str, Any]
) -> int | None:
    """How many entries a node lacks of a region; None where nobody says.

    The region's own node says how many there are; where it is away, what it
    announced last does, if it was heard.
    """
    own = answers.get(origin, {}).get("regions", {}).get(origin)
    if own is not None:
        total = own["position"]
    elif about.get("heartbeat_age_seconds") is not None:
        total = about["announced"]
    else:
        return None
    return max(0, int(total) - int(about["position"]))


def tables(answers: Mapping[str, Any], words: Language) -> Iterator[RenderableType]:
    """Give a table for each node, with what somebody should look at; then a legend."""
    for name, answer in answers.items():
        values = {"region": name}
        title = Text(sentence(words, "upkeep", "node_of", values), "bold")
        if "away" in answer:
            away = sentence(words, "upkeep", "away", {"reason": answer["away"]})
            yield Group(title, Text(f"  {away}\n", "red"))
            continue
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
        for column in ("origin", *FIGURES, "complete"):
            justify: Any = "right" if column in FIGURES else "left"
            head = sentence(words, "upkeep", column)
            table.add_column(head, justify=justify, no_wrap=True)
        for origin, about in answer["regions"].items():
            figures = (_figure(figure) for figure in _figures(name, origin, about))
            table.add_row(origin, *figures, _complete(about, words))
        notes = [
            Text(f"  {origin}: {attention}", "yellow")
            for origin, about in answer["regions"].items()
            for attention in about["attention"]
        ]
        yield Group(title, table, *notes, "")
    if any("away" not in answer for answer in answers.values()):
        yield Text(sentence(words, "upkeep", "legend"), "dim")


def _complete(about: Mapping[str, Any], words: Language) -> str:
    """Say until when a region is complete, or since when it is no member."""
    if about["left_on"] is not None:
        return sentence(words, "upkeep", "left", {"left_on": about["left_on"]})
    complete = about["complete_to"] or ""
    return (
        shown_instant(complete).removesuffix(" UTC")
        if has_begun(complete)
        else NOT_KNOWN
    )


def _figures(
    node: str, origin: str, about: Mapping[str, Any]
) -> tuple[float | str | None, ...]:
    heard = "" if node == origin else about["heartbeat_age_seconds"]
    return (
        about["position"],
        about["behind_entries"],
        about["projected"],
        about["witnessed"],
        about["lag_seconds"] if has_begun(about["complete_to"] or "") else None,
        heard,
    )


def _figure(figure: float | str | None) -> str:
    if isinstance(figure, float):
        return str(int(figure))
    return NOT_KNOWN if figure is None else str(figure)
