"""``fagnett verify``: a journal, or a pack of one, is held against all signatures."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import typer
from eventsourcing.persistence import PersistenceError

from api.instants import shown_instant
from api.words import Language, sentence
from deploy.cli.going_on import VerifiedBefore, keep_verified, read_before
from deploy.cli.looking import looking_at
from deploy.cli.parts import JournalPart, begin_parts, ends_of
from deploy.cli.progress import told
from deploy.cli.upkeep import explained, stored
from deploy.cli.verdict import Demands, shortcomings, verdict_line
from deploy.databases import views_exist
from deploy.keyfiles import load_peers
from deploy.settings import StoreSettings
from domain.parties.epoch import EpochBegun
from domain.parties.membership import RegionJoined, RegionLeft
from domain.values import Region
from federation.checks.damage import DamageError
from federation.checks.verification import check_home, compare, with_ends
from federation.checks.verified import Verified
from federation.log.completeness import FOREVER


def verify_journals(  # noqa: PLR0913 - the options of the command
    home: Path | None,
    pack: Path | None,
    peers: Path | None,
    *,
    decisions: bool,
    witnesses: int,
    complete_to: datetime | None,
    since: Path | None,
    keep: Path | None,
    words: Language,
) -> None:
    """Hash every journal again and check every checkpoint's signature.

    No log may end before what another region's entries had seen of it. Then settle
    all years from each journal, and hold every row of its read models against what
    the journal says, and what they settle; with --decisions, find what a region recorded and should have refused. The last line
    says what was proved, and what was not.
    Exit code 0 when all is whole; 1 and the place on the first damage.

    What was verified is kept in a file, and ``since`` that is not read again.
    """
    before = {} if since is None else read_before(since, words)
    day = None if complete_to is None else complete_to.date()
    asked = Demands(witnesses, day, decisions, str(peers or ""), str(since or ""))
    with explained(words), _opened(home, pack, peers, words) as stores:
        if pack is None:
            named = dict.fromkeys(str(store.peers_file) for store in stores.values())
            asked = replace(asked, keys=", ".join(named))
        verified = _all_verified(stores, asked, before, words, by_others=bool(pack))
        # Loading what settles takes longer than many a journal.
        from deploy.cli.holding import (  # noqa: PLC0415
            decide_again,
            hold_views_against_journal,
        )

        same = [
            hold_views_against_journal(store, words)
            for store in stores.values()
            if views_exist(store.database, store.views)
        ]
        if decisions:
            same += [decide_again(store, words) for store in stores.values()]
    if not all(same):
        raise typer.Exit(1)
    if keep is not None:
        keep_verified(keep, verified, words)
    logs = [log for each in verified.values() for log in each]
    typer.echo(verdict_line(logs, asked, words))


@contextmanager
def _opened(
    home: Path | None, pack: Path | None, peers: Path | None, words: Language
) -> Iterator[dict[Region, StoreSettings]]:
    """Give the journals of a home, or that of a pack."""
    if pack is None:
        with stored(home, words) as stores:
            yield stores
        return
    # What fills a database folds read models, which a home has already.
    from deploy.cli.packed import packed, strangers_told  # noqa: PLC0415

    with strangers_told(pack, peers, words), packed(pack, peers) as stores:
        yield stores


def _all_verified(
    stores: Mapping[Region, StoreSettings],
    asked: Demands,
    before: VerifiedBefore,
    words: Language,
    *,
    by_others: bool,
) -> Mapping[str, Sequence[Verified]]:
    """Verify each journal, and all against each other; say what is whole in each."""
    verified: dict[str, Sequence[Verified]] = {}
    parts = _parts(stores, before, by_others=by_others)
    with begin_parts([part for each in parts.values() for part in each]) as found:
        for region, store in stores.items():
            load_peers(store.peers_file)
            logs = _verified(store, parts[region], found)
            _show_all(region, logs, words)
            _refuse_what_is_cut(logs, asked, words)
            verified[region.value] = logs
    compare(verified, lambda node: looking_at(stores[Region(node)]))
    return verified


def _parts(
    stores: Mapping[Region, StoreSettings], before: VerifiedBefore, *, by_others: bool
) -> Mapping[Region, Sequence[JournalPart]]:
    """Parts of each journal: its logs, and all else."""
    several = stores.values() if len(stores) > 1 else ()
    ends = [ends_of(store) for store in several]
    parts = {}
    for node, store in stores.items():
        parts[node] = [
            JournalPart(
                *(store, region, by_others, before.get((node.value, region.value))),
                at=frozenset(end.get(region.value, 0) for end in ends),
            )
            for region in Region
        ]
        parts[node].append(JournalPart(store, None))
    return parts


def _verified(
    store: StoreSettings,
    parts: Sequence[JournalPart],
    found: Callable[[JournalPart], Verified | None],
) -> Sequence[Verified]:
    """What the parts of a journal were found to be; raise at the first damage."""
    logs = [log for part in parts if part.region and (log := found(part))]
    try:
        with looking_at(store) as journal:
            with _named(store):
                check_home(journal, logs)
            found(parts[-1])
            with _named(store):
                return list(with_ends(journal, load_peers(store.peers_file), logs))
    except (PersistenceError, sqlite3.DatabaseError, ValueError) as error:
        message = f"{store.region.value}: {error}"
        raise DamageError(message) from None


@contextmanager
def _named(store: StoreSettings) -> Iterator[None]:
    """Say in whose journal damage is; what a part has found says it already."""
    try:
        yield
    except DamageError as error:
        message = f"{store.region.value}: {error}"
        raise DamageError(message) from None


def _refuse_what_is_cut(
    logs: Sequence[Verified], asked: Demands, words: Language
) -> None:
    """End with exit code 1 where a log is cut short, or is less than is asked for."""
    texts = list(shortcomings(logs, asked, words))
    for text in texts:
        told(text)
    if texts:
        raise typer.Exit(1)


def _show_all(region: Region, logs: Sequence[Verified], words: Language) -> None:
    """Say what is whole in a region's journal."""
    values: dict[str, str | int] = {
        "region": region.value,
        "entries": sum(log.entries for log in logs),
        "checkpoints": sum(log.checkpoints for log in logs),
    }
    typer.echo(sentence(words, "upkeep", "whole", values))
    for log in logs:
        _show(log, words)


def _show(log: Verified, words: Language) -> None:
    """Say who has cosigned how much of a log, and what its epochs gave up."""
    cosigned = [f"{each} {size}" for each, size in log.witnesses.items()]
    values: dict[str, str | int] = {
        "origin": log.origin,
        "entries": log.entries,
        "count": len(cosigned),
        "witnesses": ", ".join(cosigned) or "-",
        "complete_to": shown_instant(log.complete_to),
    }
    typer.echo(sentence(words, "upkeep", _how_far(log), values))
    signed = max(log.roots, default=0)
    if signed < log.entries:
        values["count"] = log.entries - signed
        typer.echo(sentence(words, "upkeep", "unsigned", values))
    for epoch in log.epochs:
        typer.echo(_epoch(log.origin, epoch, words))
    for membership in log.memberships:
        typer.echo(_membership(log.origin, membership, words))


def _how_far(log: Verified) -> str:
    """Words of who has cosigned a log; an empty one has nothing to cosign."""
    if log.entries or log.complete_to == FOREVER:
        return "cosigned"
    return "empty" if log.complete_to else "empty_unsaid"


def _epoch(origin: str, begun: EpochBegun, words: Language) -> str:
    values: dict[str, str | int] = {
        "origin": origin,
        "epoch": begun.epoch,
        "position": begun.kept + 1,
        "last": begun.promised,
        "reason": begun.reason,
    }
    lost = begun.promised > begun.kept
    return sentence(words, "upkeep", "epoch" if lost else "epoch_apart", values)


def _membership(origin: str, fact: RegionJoined | RegionLeft, words: Language) -> str:
    if isinstance(fact, RegionLeft):
        day, reason = fact.left_on.isoformat(), fact.reason
        values = {"origin": origin, "day": day, "reason": reason}
        return sentence(words, "upkeep", "said_left", values)
    names = ", ".join(key.region.value for key in fact.keys)
    values = {"origin": origin, "day": fact.joined_on.isoformat(), "names": names}
    return sentence(words, "upkeep", "said_joined", values)
