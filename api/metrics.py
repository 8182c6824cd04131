"""A node's figures, read when somebody asks."""

from collections.abc import Iterable
from datetime import date
from math import inf
from typing import Final

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from typing_extensions import override

from api.services import Node
from api.status import heartbeat_age_seconds, lag_seconds
from domain.values import Region
from federation.journal.witnessing import count_undecided
from federation.log.membership import absent, departed
from federation.node.witness import witnessed
from projections.database import reading
from projections.ledger import count_imbalances

REQUESTS: Final[dict[tuple[str, str, int], tuple[int, float]]] = {}
"""Method, route and status to how many requests and their seconds."""


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count one request."""
    count, total = REQUESTS.get((method, route, status), (0, 0.0))
    REQUESTS[method, route, status] = (count + 1, total + seconds)


class NodeCollector(Collector):
    """Collects from the parts of a node."""

    def __init__(self, node: Node) -> None:
        self._node = node

    @override
    def collect(self) -> Iterable[Metric]:
        """All figures, labelled by the region that they are about."""
        node = self._node
        recorded = _by_origin(
            "fagnett_journal_position", "Entries held of a region's log."
        )
        projected = _by_origin(
            "fagnett_projected_position",
            "Entries of a region's log that the read models hold.",
        )
        stopped = _by_origin(
            "fagnett_projection_stopped", "1 where an entry of a region cannot be read."
        )
        positions = node.journal.positions()
        for region in Region:
            origin = region.value
            recorded.add_metric([origin], positions[origin].position)
            folded = node.projector.state.positions.get(origin)
            projected.add_metric([origin], folded.position if folded else 0)
            stopped.add_metric([origin], int(origin in node.projector.state.stopped_at))
        yield from (recorded, projected, stopped)
        yield self._ledger()
        yield GaugeMetricFamily(
            "fagnett_leads",
            "1 where this process carries, receives and folds for its region.",
            value=int(node.leads()),
        )
        yield GaugeMetricFamily(
            "fagnett_database_refuses",
            "1 while nothing can be written to the database, or it does not answer.",
            value=int(node.database.refused is not None),
        )
        yield from self._background()
        yield from self._clock()
        yield from self._carrier()
        yield self._asking()
        yield from self._completeness()
        yield from self._witnesses()
        yield from _requests()

    def _background(self) -> Iterable[Metric]:
        down = GaugeMetricFamily(
            "fagnett_background_down",
            "1 while a part of this process has ended, fails or stands still.",
            labels=["part"],
        )
        again = CounterMetricFamily(
            "fagnett_background_begun_again",
            "Times that a part of this process was begun again after a fault.",
            labels=["part"],
        )
        for part in tuple(self._node.background.parts.values()):
            down.add_metric([part.name], int(part.reason is not None))
            again.add_metric([part.name], part.faults)
        yield from (down, again)

    def _clock(self) -> Iterable[Metric]:
        ahead = _by_origin(
            "fagnett_clock_ahead_seconds",
            "How far this node's clock is ahead of what a region signs; less than 0: behind.",
        )
        node = self._node
        if node.clock.own is not None:
            offsets = node.clock.own.times.offsets(node.clock.now())
            for origin, apart in offsets.items():
                ahead.add_metric([origin], apart.total_seconds())
        yield ahead
        yield GaugeMetricFamily(
            "fagnett_clock_apart",
            "1 while the node records nothing, since its clock is not the federation's.",
            value=int(node.clock.apart() is not None),
        )

    def _ledger(self) -> Metric:
        with reading(self._node.views) as connection:
            faults = count_imbalances(connection, date.max)
        return GaugeMetricFamily(
            "fagnett_ledger_imbalances",
            "Documents and books from which money is missing; 0 unless something is wrong.",
            value=faults,
        )

    def _completeness(self) -> Iterable[Metric]:
        lag = _by_origin(
            "fagnett_lag_seconds",
            "How old what is complete here of a region is; +Inf where nothing is.",
        )
        heard = _by_origin(
            "fagnett_heartbeat_age_seconds",
            "How long ago a region was heard; +Inf where it was not since the start.",
        )
        refused = _by_origin(
            "fagnett_announcement_refused",
            "1 while what a region announces is not believed.",
        )
        lags = lag_seconds(self._node)
        for region in Region:
            lag.add_metric([region.value], lags.get(region.value, inf))
        away, gone = absent(self._node.journal), departed(self._node.journal)
        for region, state in self._node.listeners.items():
            refused.add_metric([region.value], int(state.refused is not None))
            if region in away:
                # Nobody waits for it, and no alarm should ring.
                continue
            age = heartbeat_age_seconds(self._node, region)
            heard.add_metric([region.value], inf if age is None else age)
        left = _by_origin(
            "fagnett_region_left",
            "1 where a region has left the federation, and has not joined it again.",
        )
        for region in Region:
            left.add_metric([region.value], int(region in gone))
        yield from (lag, heard, refused, left)

    def _witnesses(self) -> Iterable[Metric]:
        node = self._node
        size = _by_origin(
            "fagnett_witnessed_position",
            "Entries of a region's log that enough other regions have cosigned.",
        )
        incidents = _by_origin(
            "fagnett_incidents", "Incidents about a region that wait for a decision."
        )
        observed = _by_origin(
            "fagnett_observed_incidents",
            "What was seen in a region's name, proves nothing, and waits for a decision.",
        )
        broken = _by_origin(
            "fagnett_promise_broken",
            "1 where a region's log here is less, or other, than was signed for.",
        )
        for region in Region:
            origin = region.value
            enough = witnessed(node.journal, origin, node.quorum)
            size.add_metric([origin], enough)
            incidents.add_metric([origin], count_undecided(node.journal, origin))
            seen = count_undecided(node.journal, origin, observed=True)
            observed.add_metric([origin], seen)
            broken.add_metric([origin], int(origin in node.witness.breaches))
        yield from (size, incidents, observed, broken)

    def _asking(self) -> Metric:
        asking = GaugeMetricFamily(
            "fagnett_stream_requests_per_second",
            "Requests of another region to the server of this region's stream.",
            labels=["reader"],
        )
        for reader, rate in tuple(self._node.asking.per_second.items()):
            asking.add_metric([reader], rate)
        return asking

    def _carrier(self) -> Iterable[Metric]:
        yield GaugeMetricFamily(
            "fagnett_courier_sent_position",
            "Entries of the home log that the carrier has.",
            value=self._node.outbox.sent,
        )
        yield GaugeMetricFamily(
            "fagnett_stream_not_stored",
            "1 while the server of the region's stream does not store what is sent.",
            value=int(not self._node.outbox.stores),
        )
        trouble = _by_origin(
            "fagnett_carrier_trouble",
            "1 while the courier or a receiver waits for the carrier.",
        )
        refused = _by_origin(
            "fagnett_receiver_refused", "1 while a region's history is refused."
        )
        foreign = CounterMetricFamily(
            "fagnett_foreign_messages",
            "Messages of a region's stream that are none of its pages; stepped over.",
            labels=["origin"],
        )
        away = absent(self._node.journal)
        foreign.add_metric([self._node.region.value], self._node.outbox.foreign)
        troubled = self._node.outbox.trouble is not None
        trouble.add_metric([self._node.region.value], int(troubled))
        for region, state in self._node.inboxes.items():
            waits = state.trouble is not None and region not in away
            trouble.add_metric([region.value], int(waits))
            refused.add_metric([region.value], int(state.refused is not None))
            foreign.add_metric([region.value], state.foreign)
        yield from (trouble, refused, foreign)
        yield self._repaired()
        yield GaugeMetricFamily(
            "fagnett_home_log_withheld",
            "1 while the node records nothing, since its own log may not be whole.",
            value=int(not self._node.restore.whole),
        )
        if self._node.certificate_ends is not None:
            ends = self._node.certificate_ends.timestamp()
            yield GaugeMetricFamily(
                "fagnett_certificate_expires_seconds",
                "After so long NATS refuses the node's certificate.",
                value=ends - self._node.unix_seconds(),
            )
        yield from self._stored()

    def _stored(self) -> Iterable[Metric]:
        epoch = _by_origin(
            "fagnett_epoch", "Which continuation of a region's log is held."
        )
        for origin, end in self._node.journal.positions().items():
            epoch.add_metric([origin], end.epoch)
        yield epoch
        yield CounterMetricFamily(
            "fagnett_stream_rolled_back",
            "Times that the region's stream held less than had been sent to it.",
            value=self._node.outbox.rolled_back,
        )
        yield CounterMetricFamily(
            "fagnett_ranges_served",
            "Pages that other regions asked for and got.",
            value=self._node.ranges.served,
        )
        yield GaugeMetricFamily(
            "fagnett_journal_damaged",
            "1 where a stored entry is not what was appended.",
            value=int(self._node.journal.damage.last is not None),
        )
        yield CounterMetricFamily(
            "fagnett_compared_entries",
            "Entries found to be the same at another region, each time it was asked.",
            value=self._node.comparison.compared,
        )
        yield GaugeMetricFamily(
            "fagnett_peers_differing",
            "Regions that hold something else than was signed for.",
            value=len(self._node.comparison.differing),
        )

    def _repaired(self) -> Metric:
        repaired = CounterMetricFamily(
            "fagnett_receiver_repaired_entries",
            "Entries that were asked for by range, since the stream did not give them.",
            labels=["origin"],
        )
        for region, state in self._node.inboxes.items():
            repaired.add_metric([region.value], state.repaired)
        return repaired


def _by_origin(name: str, text: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=["origin"])


def _requests() -> Iterable[Metric]:
    labels = ["method", "route", "status"]
    count = CounterMetricFamily("fagnett_requests", "Requests.", labels=labels)
    seconds = CounterMetricFamily(
        "fagnett_request_seconds", "Seconds spent on requests.", labels=labels
    )
    for (method, route, status), (number, total) in sorted(REQUESTS.items()):
        count.add_metric([method, route, str(status)], number)
        seconds.add_metric([method, route, str(status)], total)
    yield from (count, seconds)
