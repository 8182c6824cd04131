"""``fagnett import``: what an organisation's bank has booked, from the bank's file."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx
import typer

from api.auth import Role
from api.words import Language, sentence
from api.written.names import NameOf, shown
from api.xml_reading import BYTES_MAX
from deploy.cli.progress import told
from deploy.cli.settle import telling
from deploy.local.database import Database
from deploy.local.federation import LocalFederation, is_ready
from deploy.local.home import Home, read_state
from deploy.settings import CliSettings
from domain.values import Region
from federation.regular import NotRegularError, TooLargeError, read_regular

TIMEOUT_SECONDS: Final = 60


class _RefusedError(Exception):
    """A node refused; the message is what it said, in the caller's language."""


def import_file(
    file: Path,
    *,
    home: Path,
    organisation: str,
    as_json: bool,
    words: Language,
) -> None:
    """Import a bank's file at the organisation's node, and tell what became of it.

    Where the federation does not run, it is started for as long as this takes. Ends
    with 1 where something was left out that a person should look at.
    """
    content = _content(file, words)
    kept = Home(home)
    if read_state(kept) is None:
        told(sentence(words, "upkeep", "no_home", {"home": str(home)}))
        raise typer.Exit(2)
    try:
        with nodes_of(kept, words) as urls:
            outcome = _Import(kept, urls, organisation, words).send(content)
    except _RefusedError as error:
        told(str(error))
        raise typer.Exit(1) from None
    except httpx.HTTPError as error:
        values = {"reason": type(error).__name__, "home": str(home)}
        told(sentence(words, "settle", "away", values))
        raise typer.Exit(1) from None
    typer.echo(json.dumps(outcome, indent=1) if as_json else _lines(outcome, words))
    if any(entry["to_check"] for entry in outcome["left_out"]):
        raise typer.Exit(1)


def _content(file: Path, words: Language) -> bytes:
    try:
        return read_regular(file, BYTES_MAX)
    except NotRegularError:
        told(sentence(words, "folder", "irregular", {"file": str(file)}))
        raise typer.Exit(2) from None
    except TooLargeError as error:
        large: dict[str, str | int] = {
            "file": str(file),
            "megabytes": error.bytes_max // 1024**2,
        }
        told(sentence(words, "folder", "too_many_bytes", large))
        raise typer.Exit(2) from None
    except OSError as error:
        values = {"file": str(file), "cause": str(error.strerror)}
        told(sentence(words, "folder", "unreadable", values))
        raise typer.Exit(2) from None


@contextmanager
def nodes_of(home: Home, words: Language) -> Iterator[Mapping[str, str]]:
    """Give the nodes' addresses; start the federation where it does not run."""
    state = read_state(home)
    assert state is not None, "the caller has looked"
    nodes: Mapping[str, str] = state["nodes"]
    if all(is_ready(url) for url in nodes.values()):
        yield nodes
        return
    database, dsn = Database(state["database"]), CliSettings().postgres_dsn
    with (
        telling(home, words) as progress,
        LocalFederation(home, database, dsn, progress.phase) as federation,
    ):
        yield {region.value: url for region, url in federation.urls.items()}


class _Import:
    """Sends a file as an organisation's controller to its node."""

    def __init__(
        self, home: Home, urls: Mapping[str, str], organisation: str, words: Language
    ) -> None:
        self._urls = urls
        self._organisation = organisation
        self._words = words
        token = home.token_for(organisation, Role.CONTROLLER)
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": words.value}
        self._client = httpx.Client(timeout=TIMEOUT_SECONDS, headers=headers)

    def send(self, content: bytes) -> dict[str, Any]:
        """Import a file; return when every node has what it recorded."""
        with self._client:
            path = f"/v1/organisations/{quote(self._organisation, safe='')}"
            organisation = self._client.get(f"{self._urls[Region.VEST]}{path}")
            registered = _told(organisation, self._words)
            url = f"{self._urls[registered['region']]}/v1/bank-entries/import"
            outcome = _told(self._client.post(url, content=content), self._words)
            if outcome["position"] is not None:
                for each in self._urls.values():
                    params = {"at_least": outcome["position"], "timeout_seconds": 30}
                    answer = self._client.get(
                        f"{each}/v1/federation/positions", params=params
                    )
                    answer.raise_for_status()
        return outcome


def _told(answer: httpx.Response, words: Language) -> dict[str, Any]:
    document: dict[str, Any] = answer.json()
    if not answer.is_success:
        places = [_line(e["field"], words) for e in document.get("errors", [])[1:]]
        more = f" ({', '.join(places)})" if places else ""
        message = f"{document['detail']}{more}"
        raise _RefusedError(message)
    return document


def _place(left_out: Mapping[str, str], words: Language) -> str:
    """``line 3, amount: 1.2.3``: where it stands, what it is, what was read."""
    place = _line(left_out["place"], words)
    if left_out["field"]:
        place = f"{place}, {shown(NameOf.COLUMN, left_out['field'], words)}"
    return f"{place}: {left_out['value']}" if left_out["value"] else place


def _line(place: str, words: Language) -> str:
    """Place in a file as a reader of a language writes it."""
    return sentence(words, "import", "at", {"place": place})


def _lines(outcome: Mapping[str, Any], words: Language) -> str:
    """A line for each entry, and their count."""
    lines, counts = [], Counter(matched=0, waiting=0, known=0, left_out=0)
    for entry in outcome["entries"]:
        values = {"reference": entry["reference"]}
        if not entry["new"]:
            key = "known"
        elif entry["document"] is None:
            key = "waiting"
            values["reason"] = entry["unmatched"]
        else:
            key = "matched"
            document = entry["document"]
            number = f"{document['year']}-{document['number']}"
            values["document"] = f"{document['payee']} {number}"
        counts[key] += 1
        lines.append(sentence(words, "import", key, values))
    for each in outcome["left_out"]:
        counts["left_out"] += 1
        values = {"place": _place(each, words), "why": each["why"]}
        lines.append(sentence(words, "import", "left_out", values))
    lines += (
        sentence(words, "import", "not_booked", {"place": place})
        for place in outcome["not_booked"]
    )
    return "\n".join([*lines, sentence(words, "import", "counted", counts)])
