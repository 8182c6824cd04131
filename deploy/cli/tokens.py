"""``fagnett token``: be let in by a node as one of an organisation's people."""

import time
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import httpx
import typer

from api.auth import BadTokenError, Caller, Role, issue_token, verify_token
from api.people import person_of
from api.words import Language, sentence
from deploy.cli.explained import settings_explained
from deploy.cli.progress import told
from deploy.local.home import Home, read_state
from deploy.tokenfiles import load_token_secret
from domain.values import REGIONAL_AUTHORITY, Region

HOUR_SECONDS: Final = 3600
TIMEOUT_SECONDS: Final = 5.0
NOT_FOUND: Final = 404


def print_token(  # noqa: PLR0913 - the options of the command
    organisation: str,
    roles: list[str],
    actor: str | None,
    *,
    hours: int,
    home: Path,
    key: Path | None,
    words: Language,
) -> None:
    """Print a bearer token for one of an organisation's people, and nothing else.

    Exit code 2 where there is no key to sign it with, or no node would take it.
    """
    named = _roles(roles, words)
    caller = Caller(actor or person_of(organisation), organisation, named)
    kept = Home(home)
    if key is None and not kept.token_secret.exists():
        told(sentence(words, "upkeep", "no_home", {"home": str(home)}))
        raise typer.Exit(2)
    now = int(time.time())
    with settings_explained(words):
        secret = load_token_secret(key or kept.token_secret)
        token = issue_token(caller, secret, now, hours * HOUR_SECONDS)
        try:
            verify_token(token, secret, now)
        except BadTokenError:
            told(sentence(words, "token", "not_good"))
            raise typer.Exit(2) from None
        if key is None and _registered(kept, organisation) is False:
            told(sentence(words, "token", "unregistered", {"number": organisation}))
    typer.echo(token)


def _roles(roles: list[str], words: Language) -> frozenset[Role]:
    """Roles that are named; tell which there are where one is none."""
    try:
        return frozenset(map(Role, roles))
    except ValueError:
        unknown = next(role for role in roles if role not in set(Role))
        values = {"role": unknown, "roles": ", ".join(Role)}
        told(sentence(words, "token", "unknown_role", values))
        raise typer.Exit(2) from None


def _registered(home: Home, organisation: str) -> bool | None:
    """Whether an organisation is registered in a home; None where nobody can tell.

    A node that runs is asked, else a journal in a file.
    """
    if organisation in REGIONAL_AUTHORITY.values():
        return True
    state = read_state(home)
    if state is None:
        return False
    answer = _asked(home, state, organisation)
    return _looked_up(home, organisation) if answer is None else answer


def _asked(home: Home, state: dict[str, Any], organisation: str) -> bool | None:
    authority = REGIONAL_AUTHORITY[Region.VEST]
    headers = {"Authorization": f"Bearer {home.token_for(authority, Role.READER)}"}
    for url in state["nodes"].values():
        address = f"{url}/v1/organisations/{organisation}"
        try:
            answer = httpx.get(address, headers=headers, timeout=TIMEOUT_SECONDS)
        except httpx.HTTPError:
            continue
        if answer.is_success or answer.status_code == NOT_FOUND:
            return answer.is_success
    return None


def _looked_up(home: Home, organisation: str) -> bool | None:
    # A node that runs says it at once; what opens a journal takes seconds to load.
    from deploy.databases import open_journal  # noqa: PLC0415
    from domain.parties.organisation import ORGANISATION  # noqa: PLC0415
    from federation.journal.unreadable import UnreadableJournalError  # noqa: PLC0415
    from federation.log.snapshot import SnapshotHistory  # noqa: PLC0415

    is_there = None
    for region in Region:
        if not home.journal(region).exists():
            continue
        database = f"sqlite:///{home.journal(region)}"
        try:
            with (
                closing(open_journal(database, region, read_only=True)) as journal,
                journal.reading() as cursor,
            ):
                state = SnapshotHistory(journal, cursor).state(
                    ORGANISATION, organisation
                )
        except UnreadableJournalError:
            continue
        is_there = bool(is_there) or state.registered is not None
    return is_there
