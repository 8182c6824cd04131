"""``fagnett federation``: leave it, join it again, and who is a member."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final

import typer
from pydantic import TypeAdapter

from api.words import Language, sentence
from api.words import problem as words_of
from deploy.cli.alone import AlreadyRunningError, exclusive
from deploy.cli.folding import folded
from deploy.cli.progress import told
from deploy.cli.upkeep import (
    check_exists,
    explained,
    one_of,
    signing,
    stored,
)
from deploy.databases import last_recorded, open_journal, system_clock
from deploy.keyfiles import load_peers
from deploy.settings import KeySettings
from domain.parties.epoch import written_reason
from domain.parties.membership import TrustedKey, decide_joining, decide_leaving
from domain.refusal import Refusal
from domain.values import Actor, Region, business_day, parse_instant
from federation.checks.signed_heads import BrokenSignedHeadsError, SignedHeads, breach
from federation.journal.store import Journal
from federation.log.completeness import abide
from federation.log.membership import Decide, MemberRegion, members, record
from federation.node.witness import cosigned_sizes
from federation.signed.entry import Row, entry_id
from projections.open_matters import Matter, open_matters

SHOWN_MAX: Final = 20
"""Open matters that are named; the others are counted."""


def leave_federation(
    reason: str,
    actor: str,
    *,
    despite_open: bool,
    home: Path | None,
    region: Region | None,
    words: Language,
) -> None:
    """Record that a region leaves: the last that it says. Its node is stopped.

    Shows first what is open for its trusts. Exit code 1 where something is, or the
    region cannot leave; nothing is recorded then.
    """
    with _journal(home, region, words) as (journal, _):
        because, who = _written(reason, actor, words)
        now = _now(journal)
        if not _finished(journal, now, words) and not despite_open:
            raise typer.Exit(1)
        today = business_day(now)
        row = _recorded(
            journal, lambda at: decide_leaving(at, today, because), (who, now), words
        )
    _tell("left", row, words)


def join_federation(
    actor: str,
    home: Path | None,
    region: Region | None,
    words: Language,
) -> None:
    """Record that a region is a member (again), and whose keys it trusts.

    Its node is stopped. Exit code 1 where the region is a member.
    """
    with _journal(home, region, words) as (journal, settings):
        _, who = _written("-", actor, words)
        now = _now(journal)
        keys = tuple(
            TrustedKey(region=each, key=str(ring.current))
            for each, ring in load_peers(settings.peers_file).items()
            if ring.current is not None
        )
        today = business_day(now)
        row = _recorded(
            journal, lambda at: decide_joining(at, today, keys), (who, now), words
        )
    _tell("joined", row, words)


def show_membership(
    home: Path | None,
    region: Region | None,
    words: Language,
) -> None:
    """Show who is a member, by what the regions have recorded; a node may run."""
    with explained(words), stored(home, words) as stores:
        chosen = [one_of(stores, region, words)] if region else stores.values()
        for store in chosen:
            check_exists(store.database)
            with closing(open_journal(store.database, store.region)) as journal:
                values = {"region": store.region.value}
                typer.echo(sentence(words, "membership", "journal", values))
                for each, what in members(journal).items():
                    for line in _lines(journal, each, what, words):
                        typer.echo(line)


@contextmanager
def _journal(
    home: Path | None, region: Region | None, words: Language
) -> Iterator[tuple[Journal, KeySettings]]:
    """Open the journal of a stopped node, which holds all that was promised of it."""
    with explained(words), signing(home, region, words) as settings:
        check_exists(settings.database)
        try:
            with (
                exclusive(settings.database),
                closing(open_journal(settings.database, settings.region)) as journal,
            ):
                _check_promises(journal, settings, words)
                yield journal, settings
        except AlreadyRunningError:
            told(sentence(words, "keys", "running", {}))
            raise typer.Exit(1) from None


def _check_promises(journal: Journal, settings: KeySettings, words: Language) -> None:
    """End where the home log is less than what has left it: it would be forked."""
    home = journal.region.value
    try:
        promised = SignedHeads(settings.promises).last(home)
    except BrokenSignedHeadsError as error:
        told(str(error))
        raise typer.Exit(2) from None
    reason = None
    if promised is not None:
        broken = breach(journal, promised)
        reason = None if broken is None else str(broken)
        if broken is None:
            abide(journal, promised)
    elif journal.positions()[home].position:
        reason = f"{settings.promises}: nothing is promised there"
    if reason is not None:
        told(sentence(words, "membership", "promised", {"reason": reason}))
        raise typer.Exit(1)


def _written(reason: str, actor: str, words: Language) -> tuple[str, str]:
    try:
        return written_reason(reason), TypeAdapter(Actor).validate_python(actor)
    except ValueError:
        told(sentence(words, "membership", "wrong", {}))
        raise typer.Exit(2) from None


def _now(journal: Journal) -> datetime:
    """Instant to record at; played days may be ahead of the machine's."""
    last = last_recorded(journal)
    return max(system_clock(), parse_instant(last)) if last else system_clock()


def _finished(journal: Journal, now: datetime, words: Language) -> bool:
    """Show what is open for the region's trusts; say whether nothing is."""
    home = journal.region
    with folded(journal) as views:
        matters = list(open_matters(views, home, business_day(now)))
    for matter in islice(matters, SHOWN_MAX):
        told(_matter(matter, words))
    if len(matters) > SHOWN_MAX:
        told(sentence(words, "membership", "more", {"count": len(matters) - SHOWN_MAX}))
    values: dict[str, str | int] = {"region": home.value, "count": len(matters)}
    told(sentence(words, "membership", "open" if matters else "none_open", values))
    return not matters


def _matter(matter: Matter, words: Language) -> str:
    payer, payee = matter.parties
    values = {"name": matter.name, "payer": payer, "payee": payee}
    return sentence(words, "membership", matter.kind, values)


def _recorded(
    journal: Journal, decide: Decide, who_when: tuple[str, datetime], words: Language
) -> Row:
    outcome = record(journal, decide, *who_when)
    if isinstance(outcome, Refusal):
        told(words_of(words, outcome.code.value, outcome.values).detail)
        raise typer.Exit(1)
    return outcome


def _tell(what: str, row: Row, words: Language) -> None:
    values = {"region": row.origin, "place": row.id}
    typer.echo(sentence(words, "membership", what, values))


def _lines(
    journal: Journal, region: Region, what: MemberRegion, words: Language
) -> Iterator[str]:
    """Say since when a region is a member, or when it left and who has signed that."""
    end = journal.positions()[region.value]
    first = journal.entries(region.value, 0, 1)
    joined, left = what.membership.joined, what.membership.left
    values: dict[str, str | int] = {"region": region.value, "entries": end.position}
    if left is not None:
        sizes = cosigned_sizes(journal, region.value)
        names = _who(sizes, what.last.position)
        values |= {
            "left_on": left.left_on.isoformat(),
            "place": entry_id(region.value, *what.last),
            "reason": left.reason,
            "witnesses": ", ".join(names) or "-",
        }
        yield sentence(words, "membership", "gone", values)
    elif joined is not None or first:
        since = (
            business_day(parse_instant(first[0].recorded_at))
            if joined is None
            else joined.joined_on
        )
        values["since"] = since.isoformat()
        yield sentence(words, "membership", "member", values)
    else:
        yield sentence(words, "membership", "silent", values)
    if joined is not None:
        day = {"joined_on": joined.joined_on.isoformat()}
        yield sentence(words, "membership", "keys", day)
        yield from (f"      {each.key}" for each in joined.keys)


def _who(sizes: dict[str, int], position: int) -> Sequence[str]:
    return sorted(name for name, size in sizes.items() if size >= position)
