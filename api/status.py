"""How far a node is with each region, in figures and in words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict

from api.instants import has_begun, shown_instant
from api.services import Node
from api.words import Language, sentence
from domain.parties.membership import RegionLeft
from domain.values import Region, parse_instant
from federation.journal.shapes import Position
from federation.journal.witnessing import count_undecided
from federation.log.epochs import begun
from federation.log.membership import absent, departed
from federation.node.witness import cosigned_by, cosigned_sizes
from federation.tasks import ENDED, STILL
from projections.completeness import complete_to


class RegionStatus(BaseModel):
    """How far a node is with one region's log, and what troubles it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    epoch: int
    position: int
    """How many entries of the region are here."""
    projected: int
    """How many of them the read models hold."""
    stopped_at: str | None
    """Where the read models stop, and why."""
    sent: int | None = None
    """Of the node's own region: how many entries the carrier has; nothing where
    another process leads."""
    rolled_back: int = 0
    """Of the node's own region: how often its stream held less than was sent."""
    announced: int | None = None
    """Of another region: how many entries it has, by its own word."""
    repaired: int = 0
    """Of another region: entries that were asked for, since its stream lacked them."""
    audited: int = 0
    """Of another region: how many entries were decided again here."""
    trouble: str | None
    """What is waited for."""
    refused: str | None
    """Why nothing more of the region is taken or believed."""
    foreign: int
    """Messages of the stream that are no pages of it."""
    witnessed: int
    """How many entries the quorum has cosigned."""
    cosigned: dict[Region, int]
    cosigned_ahead: int
    """The largest log that another region cosigned and that is not here yet."""
    promise_broken: str | None
    incidents: int
    """Proved, and not decided yet."""
    observed: int
    """Seen by this node alone, and not decided yet."""
    cosigned_given_up: dict[Region, int]
    """How much of an epoch that was given up the others had cosigned."""
    witness_refused: str | None
    complete_to: str | None
    """Until when this is all that the region recorded; nothing where it was never
    heard."""
    left_on: date | None
    lag_seconds: float | None
    heartbeat_age_seconds: float | None
    words: str
    """All of it, in words."""
    attention: list[str]
    """What somebody should look at."""


class FederationStatus(BaseModel):
    """How far a node is with every region, and what troubles it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    region: Region
    """The node's own."""
    version: str
    leads: bool
    """Whether this process carries, takes and folds for its region."""
    damaged: str | None
    """Where the journal is damaged."""
    differing: dict[Region, str]
    """Regions whose nodes hold something else than was signed for, and where."""
    quorum: int
    """Other regions that must have cosigned an entry before it counts as witnessed."""
    withheld: str | None
    """Why the node records nothing yet."""
    background: dict[str, str]
    """The parts that do not go on, and why."""
    clock: str | None
    """Why nothing is recorded by this node's clock."""
    regions: dict[Region, RegionStatus]


def federation_status(node: Node, language: Language) -> FederationStatus:
    """What an operator asks of a node."""
    return FederationStatus.model_validate(
        {
            "region": node.region,
            "version": node.version,
            "leads": node.leads(),
            "damaged": node.journal.damage.last,
            "differing": node.comparison.differing,
            "quorum": node.quorum,
            "withheld": node.restore.reason,
            "background": node.background.down,
            "clock": clock_words(node, language),
            "regions": region_statuses(node, language),
        }
    )


def region_statuses(
    node: Node, language: Language
) -> Mapping[Region, Mapping[str, Any]]:
    """What an operator asks of each region."""
    complete, ends = complete_to(node.journal, node.projector), node.journal.positions()
    lags = _lags(node, complete)
    cosigned = {each: cosigned_sizes(node.journal, each.value) for each in Region}
    enough = {each: cosigned_by(node.quorum, of) for each, of in cosigned.items()}
    left, away = departed(node.journal), absent(node.journal)
    notes = {
        region: list(
            attention(
                node, region, language, ends[region.value].epoch, away=region in away
            )
        )
        for region in Region
    }
    return {
        region: {
            **_position(node, region, ends[region.value]),
            **_carried(node, region),
            **_witnessed(node, region),
            "witnessed": enough[region],
            "cosigned": cosigned[region],
            "complete_to": complete[region.value] or None,
            "left_on": left[region].left_on if region in left else None,
            "lag_seconds": lags.get(region.value),
            "heartbeat_age_seconds": heartbeat_age_seconds(node, region),
            "words": " ".join(
                [
                    *_known(
                        *(complete[region.value], language),
                        left.get(region),
                        away=region in away,
                    ),
                    *_heard(
                        node, region, enough[region], language, away=region in away
                    ),
                    *notes[region],
                ]
            ),
            "attention": notes[region],
        }
        for region in Region
    }


class RegionStanding(NamedTuple):
    """How a region stands with a node, for whoever asks: in words, without why."""

    region: Region
    words: str
    well: bool
    """It was heard, and nobody needs to look at anything."""


def standings(node: Node, language: Language) -> Sequence[RegionStanding]:
    """How each region stands; nothing is awaited of one that is no member."""
    away = absent(node.journal)
    return [
        RegionStanding(
            region,
            about["words"].removesuffix(" ".join(about["attention"])).strip(),
            not about["attention"] and bool(about["complete_to"] or region in away),
        )
        for region, about in region_statuses(node, language).items()
    ]


def lag_seconds(node: Node) -> Mapping[str, float]:
    """How old what is complete here is; nothing of a region never heard of."""
    return _lags(node, complete_to(node.journal, node.projector))


def _lags(node: Node, complete: Mapping[str, str]) -> Mapping[str, float]:
    now = node.clock.now()
    return {
        origin: max(0.0, (now - parse_instant(instant)).total_seconds())
        for origin, instant in complete.items()
        if instant
    }


def heartbeat_age_seconds(node: Node, region: Region) -> float | None:
    """How long ago another region was heard, or None."""
    listener = node.listeners.get(region)
    if listener is None or listener.heard_at is None:
        return None
    return max(0.0, node.unix_seconds() - listener.heard_at)


def _position(node: Node, region: Region, end: Position) -> Mapping[str, Any]:
    projected = node.projector.state.positions.get(region.value)
    stop = node.projector.state.stopped_at.get(region.value)
    return {
        "epoch": end.epoch,
        "position": end.position,
        "projected": projected.position if projected else 0,
        "stopped_at": None if stop is None else str(stop),
    }


def _carried(node: Node, region: Region) -> Mapping[str, Any]:
    if region is node.region:
        outbox = node.outbox
        sent = outbox.sent if node.leads() else None
        return {
            "sent": sent,
            "trouble": outbox.trouble,
            "refused": None,
            "rolled_back": outbox.rolled_back,
            "foreign": outbox.foreign,
        }
    inbox, listener = node.inboxes[region], node.listeners[region]
    return {
        "announced": None if listener.heard_at is None else listener.size,
        "trouble": inbox.trouble,
        "refused": inbox.refused or listener.refused,
        "repaired": inbox.repaired,
        "foreign": inbox.foreign,
        "audited": node.auditor.audited.get(region.value, 0),
    }


def _witnessed(node: Node, region: Region) -> Mapping[str, Any]:
    origin = region.value
    return {
        "cosigned_ahead": node.witness.ahead.get(origin, 0),
        "promise_broken": node.witness.breaches.get(origin),
        "incidents": count_undecided(node.journal, origin),
        "observed": count_undecided(node.journal, origin, observed=True),
        "cosigned_given_up": node.witness.given_up.get(origin, {}),
        "witness_refused": node.witness.refused.get(origin),
    }


def _known(
    instant: str, language: Language, left: RegionLeft | None, *, away: bool
) -> Iterator[str]:
    def say(key: str, **values: str | int) -> str:
        return sentence(language, "federation", key, values)

    if left is not None:
        yield say("left", left_on=left.left_on.isoformat())
    elif away:
        yield say("yet_to_join")
    else:
        yield (
            say("complete", complete_to=shown_instant(instant))
            if has_begun(instant)
            else say("nothing")
        )


def _heard(
    node: Node, region: Region, enough: int, language: Language, *, away: bool
) -> Iterator[str]:
    def say(key: str, **values: str | int) -> str:
        return sentence(language, "federation", key, values)

    yield say("witnessed", position=enough)
    if region is not node.region and not away:
        age = heartbeat_age_seconds(node, region)
        yield say("not_heard") if age is None else say("heard", seconds=int(age))


def attention(
    node: Node, region: Region, language: Language, epoch: int, *, away: bool = False
) -> Iterator[str]:
    """Say what somebody should look at; nothing where all goes on by itself.

    ``epoch`` is its log's now. Of a region that is ``away``, since it has left or is yet to join, nothing is
    waited for.
    """

    def say(key: str, **values: str | int) -> str:
        return sentence(language, "federation", key, values)

    yield from _process_words(node, region, language, say)
    yield from _epoch_words(node, region, epoch, say)
    count = count_undecided(node.journal, region.value)
    if count:
        yield say("incidents", count=count)
    seen = count_undecided(node.journal, region.value, observed=True)
    if seen:
        yield say("observed", count=seen)
    broken = node.witness.breaches.get(region.value)
    if broken is not None:
        yield say("promise_broken", reason=broken)
    stop = node.projector.state.stopped_at.get(region.value)
    if stop is not None:
        yield say(stop.reason.value, place=stop.place, what=stop.what)
    if region is node.region:
        trouble = node.outbox.trouble
    else:
        inbox, refused = node.inboxes[region], node.listeners[region].refused
        trouble = inbox.trouble
        if inbox.refused is not None:
            yield say("not_taken", reason=inbox.refused)
        if refused is not None:
            yield say("not_believed", reason=refused)
    if trouble is not None and (region is node.region or not away):
        yield say("waits", reason=trouble)


def clock_words(node: Node, language: Language) -> str | None:
    """Say why nothing is recorded by this node's clock, if so."""
    apart = node.clock.apart()
    if apart is None:
        return None
    return sentence(language, "clock", apart.why.value, {"seconds": apart.seconds})


def _process_words(
    node: Node, region: Region, language: Language, say: Callable[..., str]
) -> Iterator[str]:
    """Say what is wrong with this process's clock, and which parts do not go on."""
    if region is not node.region:
        return
    apart = clock_words(node, language)
    if apart is not None:
        yield apart
    for part, reason in node.background.down.items():
        key = f"part_{reason}" if reason in {ENDED, STILL} else "part_failed"
        yield say(key, part=part, reason=reason)


def _epoch_words(
    node: Node, region: Region, epoch: int, say: Callable[..., str]
) -> Iterator[str]:
    """Say that a log goes on without entries, and who had put its name to them."""
    began = begun(node.journal, region.value, epoch)
    if began is not None:
        lost = began.fact.promised - began.fact.kept
        yield say("epoch", epoch=epoch, position=began.position, lost=lost)
    for witness, size in node.witness.given_up.get(region.value, {}).items():
        yield say("cosigned_given_up", witness=witness, position=size)
    if region is node.region and node.outbox.rolled_back:
        yield say("rolled_back", count=node.outbox.rolled_back)
