"""``fagnett incidents``: what regions signed or sent that must not be, and decisions."""

from contextlib import closing
from pathlib import Path

import orjson
import typer

from api.words import Language, sentence
from deploy.cli.progress import told
from deploy.cli.upkeep import (
    check_exists,
    explained,
    stored,
)
from deploy.databases import open_journal
from domain.values import Region
from federation.checks.incidents import KEY_ACCEPTED
from federation.journal.witnessing import Incident, decide_all, incidents


def show_incidents(
    home: Path | None,
    region: Region | None,
    reason: str | None,
    words: Language,
) -> None:
    """Show the incidents of each node, or decide on those about one region.

    Exit code 0 when none waits for a decision, 1 when one does.
    """
    if region is not None and not reason:
        told(sentence(words, "upkeep", "no_reason", {}))
        raise typer.Exit(2)
    waiting = 0
    with explained(words), stored(home, words) as stores:
        for node, store in stores.items():
            check_exists(store.database)
            with closing(open_journal(store.database, store.region)) as journal:
                if region is not None and reason:
                    values = {"node": node.value, "origin": region.value}
                    count = decide_all(journal, region.value, reason)
                    values["count"] = str(count)
                    typer.echo(sentence(words, "upkeep", "goes_on", values))
                kept = incidents(journal)
            waiting += sum(incident.decided_at is None for incident in kept)
            for incident in kept:
                typer.echo(_line(node, incident, words))
            if not kept:
                none = sentence(words, "upkeep", "no_incidents", {"node": node.value})
                typer.echo(none)
    if waiting:
        raise typer.Exit(1)


def _line(node: Region, incident: Incident, words: Language) -> str:
    standing = sentence(words, "upkeep", "undecided", {})
    if incident.decided_at is not None:
        reason = incident.reason or ""
        if reason == KEY_ACCEPTED:
            reason = sentence(words, "upkeep", "key_accepted")
        values = {"at": incident.decided_at, "reason": reason}
        standing = sentence(words, "upkeep", "decided", values)
    values = {
        "node": node.value,
        "incident": incident.incident_id,
        "origin": incident.origin,
        "kind": incident.kind,
        "noticed": incident.noticed_at,
        "standing": standing,
    }
    if not incident.observed:
        return sentence(words, "upkeep", "incident", values)
    values["text"] = orjson.loads(incident.evidence)["seen"]
    return sentence(words, "upkeep", "seen", values)
