"""``fagnett status``: how far the nodes of a running local federation are."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import typer
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from api.auth import Role
from api.completeness import shown
from api.words import Language, sentence
from deploy.cli.progress import told
from deploy.cli.upkeep import LanguageOption
from deploy.local.federation import Home, read_state
from deploy.settings import CliSettings
from domain.values import REGIONAL_AUTHORITY, Region

FIGURES: Final = ("held", "behind", "projected", "witnessed", "age", "heard")
NOT_KNOWN: Final = "?"


def show_status(
    home: Annotated[Path, typer.Option("--home", help="A local federation's folder.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    language: LanguageOption = None,
) -> None:
    """Ask the nodes of a running local federation how far they are."""
    words = language or CliSettings().language
    state = read_state(Home(home))
    if state is None:
        told(sentence(words, "upkeep", "no_home", {"home": str(home)}))
        raise typer.Exit(2)
    answers: dict[str, Any] = {}
    for name, url in state["nodes"].items():
        token = Home(home).token_for(REGIONAL_AUTHORITY[Region(name)], Role.READER)
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept-Language": words.value,
        }
        try:
            answer = httpx.get(f"{url}/v1/federation", headers=headers, timeout=5)
            answers[name] = answer.raise_for_status().json()
        except httpx.HTTPError as error:
            answers[name] = {"away": type(error).__name__}
    for answer in answers.values():
        for origin, about in answer.get("regions", {}).items():
            about["behind_entries"] = behind(answers, origin, about)
    if as_json:
        typer.echo(json.dumps(answers, indent=1))
    else:
        Console().print(*tables(answers, words), sep="\n")
    if any("away" in answer for answer in answers.values()):
        raise typer.Exit(1)


def behind(
    answers: Mapping[str, Any], origin: str, about: Mapping[str, Any]
) -> int | None:
    """Return how many entries a node lacks of a region; None where nobody says.

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
    """Give a table for each node, and below it what somebody should look at."""
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
            figures = (_figure(each) for each in _figures(name, origin, about))
            table.add_row(origin, *figures, _complete(about, words))
        notes = [
            Text(f"  {origin}: {said}", "yellow")
            for origin, about in answer["regions"].items()
            for said in about["attention"]
        ]
        yield Group(title, table, *notes, "")


def _complete(about: Mapping[str, Any], words: Language) -> str:
    """Say until when a region is complete, or since when it is no member."""
    if about["left_on"] is not None:
        return sentence(words, "upkeep", "left", {"left_on": about["left_on"]})
    complete = about["complete_to"]
    return NOT_KNOWN if complete is None else shown(complete).removesuffix(" UTC")


def _figures(
    node: str, origin: str, about: Mapping[str, Any]
) -> tuple[float | str | None, ...]:
    heard = "" if node == origin else about["heartbeat_age_seconds"]
    return (
        about["position"],
        about["behind_entries"],
        about["projected"],
        about["witnessed"],
        about["lag_seconds"],
        heard,
    )


def _figure(figure: float | str | None) -> str:
    if isinstance(figure, float):
        return str(int(figure))
    return NOT_KNOWN if figure is None else str(figure)
