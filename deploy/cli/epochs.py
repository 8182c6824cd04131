"""``fagnett epoch``: go on without entries that nobody holds any more."""

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

import typer
from pydantic import TypeAdapter

from api.clock import ClockSource
from api.words import Language, sentence
from deploy.bootstrap import open_transport
from deploy.cli.alone import AlreadyRunningError, exclusive
from deploy.cli.damage_words import damage_in_words
from deploy.cli.progress import told
from deploy.cli.upkeep import check_exists, explained
from deploy.databases import open_journal, system_clock
from deploy.keyfiles import (
    check_signs,
    load_earlier_keys,
    load_signing_key,
)
from deploy.peers import PeersFile
from deploy.settings import CarrierSettings
from domain.parties.epoch import written_reason
from domain.values import Actor, Region
from federation.checks.signed_heads import BrokenSignedHeadsError, SignedHeads
from federation.journal.shapes import DamagedEntryError
from federation.journal.store import Journal
from federation.node.new_epoch import Loss, NewEpoch, NotBegunError
from federation.signed.entry import Row
from federation.tasks import end_all


def begin(
    reason: str,
    without: list[Region] | None,
    actor: str,
    *,
    ahead: bool,
    words: Language,
) -> None:
    """Begin a new epoch of the region's log. The node is stopped.

    Fetches back what anybody still holds. What nobody does is given up, in an entry
    that says so. Exit code 1 where nothing may be given up.
    """
    try:
        because = written_reason(reason)
        who = TypeAdapter(Actor).validate_python(actor)
    except ValueError:
        told(sentence(words, "epoch", "wrong", {}))
        raise typer.Exit(2) from None
    with explained(words), _refused(words):
        settings = CarrierSettings()
        check_exists(settings.database)
        with (
            exclusive(settings.database),
            closing(open_journal(settings.database, settings.region)) as journal,
        ):
            away = _Away(tuple(without or ()), ahead)
            asked = _begin(settings, journal, away, because, who, words)
            row = asyncio.run(asked)
    place = {"epoch": row.epoch, "position": row.position}
    values: dict[str, str | int] = {"region": row.origin, **place}
    typer.echo(sentence(words, "epoch", "begun", values))


class _Away(NamedTuple):
    """What is given up on an operator's word."""

    without: tuple[Region, ...]
    ahead: bool


async def _begin(
    settings: CarrierSettings,
    journal: Journal,
    away: _Away,
    reason: str,
    actor: str,
    words: Language,
) -> Row:
    key = load_signing_key(settings.signing_key_file)
    peers = PeersFile(settings.peers_file)
    check_signs(key, peers.ring(settings.region))
    transport, signed_heads = open_transport(settings), SignedHeads(settings.promises)
    keys = peers.of(settings.region)
    earlier = load_earlier_keys(settings.signing_key_file)
    new_epoch = NewEpoch(
        *(journal, transport, key, keys, signed_heads, system_clock, earlier),
        plays=settings.clock is ClockSource.REQUEST,
    )
    connected = asyncio.create_task(transport.run(settings.nats_url))
    told(sentence(words, "epoch", "asking", {}))
    try:
        loss = await new_epoch.look(away.without, ahead=away.ahead)
        _show(loss, words)
        return await asyncio.to_thread(new_epoch.begin, loss, reason, actor)
    finally:
        await end_all([connected])
        await transport.close()


def _show(loss: Loss, words: Language) -> None:
    """Say what is given up, before it is."""
    values: dict[str, str | int] = {
        "region": loss.promised.origin,
        "first": loss.end.position + 1,
        "last": loss.promised.size,
        "root": loss.promised.root.hex(),
    }
    if loss.promised.size > loss.end.position:
        typer.echo(sentence(words, "epoch", "given_up", values))
    if loss.ahead:
        typer.echo(sentence(words, "epoch", "time_given_up", values))
    if loss.without:
        names = ", ".join(sentence(words, "value", each.value) for each in loss.without)
        typer.echo(sentence(words, "epoch", "without", {"names": names}))


@contextmanager
def _refused(words: Language) -> Iterator[None]:
    try:
        yield
    except AlreadyRunningError:
        told(sentence(words, "keys", "running", {}))
    except NotBegunError as error:
        told(sentence(words, "epoch", error.why.value, {"what": error.what}))
    except BrokenSignedHeadsError as error:
        told(str(error))
        raise typer.Exit(2) from None
    except DamagedEntryError as error:
        place = damage_in_words(str(error), words)
        told(sentence(words, "upkeep", "damaged", {"place": place}))
    else:
        return
    raise typer.Exit(1)
