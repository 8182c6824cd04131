"""What must hold after every step, whatever happened.

The truth is what was seen first of each position of each log, by anybody. It is
kept here, outside of the nodes, and every node is held against it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select

from domain.parties.membership import has_left, may_follow
from domain.values import Region, parse_instant
from federation.checks.closure import missing_tails
from federation.checks.damage import DamageError
from federation.checks.incidents import Observed
from federation.checks.verification import compare, verify
from federation.checks.verified import Verified
from federation.journal.shapes import DatabaseCursor, Position
from federation.log.epochs import BEGUN, declaration
from federation.log.redeciding import redecide
from federation.log.times import AHEAD_MAX
from federation.node.auditor import WAITS
from federation.signed.checkpoint import BrokenCheckpointError, read
from federation.signed.cosignature import cosigned_with
from federation.signed.entry import Row, leaf_hash
from federation.signed.keyring import KeyRing
from federation.signed.merkle import Frontier, extend, root
from projections import replay, tables
from projections.comparison import compare_rows
from projections.database import reading
from projections.engine import Projector
from projections.settlement import UnknownPartyError, settlement
from tests.simulation.node import KnownKeys, SimulatedNode

BATCH_ENTRIES: Final = 1000


class InvariantError(Exception):
    """What must always hold does not; the message says what, and where."""


@dataclass
class Log:
    """The one history of a region, and what its node has vouched for."""

    leaves: list[bytes] = field(default_factory=list)
    frontiers: list[Frontier] = field(default_factory=lambda: [Frontier()])
    commands: dict[str, tuple[int, int]] = field(default_factory=dict)
    """First position and number of entries of each command that was acknowledged."""

    epoch: int = 1
    lost: tuple[int, int] | None = None
    """How much anybody still holds, and how much was signed for, where that is more."""
    left: bool = False
    """The region has said that it leaves, and not yet that it joins again."""

    def see(self, row: Row) -> None:
        """Add the next entry."""
        if not may_follow(row.type, left=self.left):
            _fail(f"{row.origin}/{row.position} was recorded after its region had left")
        self.left = has_left(row.type, left=self.left)
        self.leaves.append(row.leaf)
        self.frontiers.append(extend(self.frontiers[-1], [row.leaf]))

    def forget(self, size: int) -> list[str]:
        """Lose what came after; return the commands that are lost with it."""
        del self.leaves[size:]
        del self.frontiers[size + 1 :]
        lost = [
            name
            for name, (first, entries) in self.commands.items()
            if first + entries - 1 > size
        ]
        for name in lost:
            del self.commands[name]
        return lost


@dataclass
class Invariants:
    """Holds all nodes against the truth, each entry once for each node and start."""

    rings: Mapping[Region, KnownKeys]
    """All keys that the regions really have."""
    bent: Collection[str]
    """Regions of whose words the network has bent something."""
    now: Callable[[], datetime]
    """The time of the world."""
    logs: dict[str, Log] = field(
        default_factory=lambda: {region.value: Log() for region in Region}
    )
    _checked: dict[tuple[str, str], int] = field(default_factory=dict)
    _rows: dict[tuple[str, str], int] = field(default_factory=dict)

    def restarted(self, node: SimulatedNode) -> None:
        """Look at everything again that a node holds."""
        for region in Region:
            self._checked.pop((node.name, region.value), None)
        for table in ("cosignature", "checkpoint"):
            self._rows.pop((node.name, table), None)

    def lost(self, origin: str, left: int, promised: int) -> list[str]:
        """Forget what had not left a disk when it went; return the commands lost so.

        What had been signed for stays recorded until an epoch gives it up.
        """
        log = self.logs[origin]
        log.lost = (left, promised) if promised > left else None
        return log.forget(max(left, promised))

    def acknowledged(self, command_id: str, rows: Sequence[Row]) -> None:
        """Hold a region to what it has answered."""
        if not rows:
            return
        origin, first = rows[0].origin, rows[0].position
        log = self.logs[origin]
        known = log.commands.get(command_id)
        if known is not None and known != (first, len(rows)):
            _fail(f"{command_id} is recorded twice, at {known[0]} and at {first}")
        for row in rows:
            self._see(origin, origin, row)
        log.commands[command_id] = (first, len(rows))

    # After every step

    def check(self, nodes: Iterable[SimulatedNode]) -> None:
        """Check what is new since the last time."""
        # Each region's own node first: it knows its log best.
        up = [node for node in nodes if node.parts is not None]
        held = {node.name: node.up.journal.positions() for node in up}
        for node in up:
            self._parts(node)
            self._new(node, node.name, held[node.name])
            if node.whole:
                self._complete(node, held[node.name])
        for node in up:
            for origin in held[node.name]:
                self._new(node, origin, held[node.name])
            if node.disk.flipped is None:
                self._certificates(node)

    def _parts(self, node: SimulatedNode) -> None:
        """Check that no part of a node has ended by itself."""
        for name, part in node.up.background.parts.items():
            if (part.faults or part.reason) and node.disk.flipped is None:
                trouble = node.up.running.outbox.state.trouble
                _fail(f"{node.name}: {name} has ended: {part}, {trouble}")

    def _new(
        self, node: SimulatedNode, origin: str, held: Mapping[str, Position]
    ) -> None:
        if held[origin].position != self._checked.get((node.name, origin), 0):
            self._log(node, origin)

    def _log(self, node: SimulatedNode, origin: str) -> None:
        """Check that what a node holds of a log follows, hashes and is the truth."""
        place = (node.name, origin)
        after = self._checked.get(place, 0)
        while rows := node.up.journal.entries(origin, after, BATCH_ENTRIES):
            for row in rows:
                after += 1
                if row.position != after:
                    _fail(f"{node.name} has a hole at {origin}/{after}")
                if (origin, after) == node.disk.flipped:
                    continue
                if leaf_hash(row.body) != row.leaf:
                    _fail(f"{node.name}: {origin}/{after} is not what it hashes to")
                self._see(node.name, origin, row)
        self._checked[place] = after

    def _see(self, at: str, origin: str, row: Row) -> None:
        log = self.logs[origin]
        if parse_instant(row.recorded_at) > self.now() + AHEAD_MAX:
            _fail(f"{at}: {origin}/{row.position} is recorded at {row.recorded_at}")
        if row.type == BEGUN and row.epoch == log.epoch + 1:
            self._given_up(at, row)
        if row.position == len(log.leaves) + 1:
            log.see(row)
        elif row.position > len(log.leaves):
            _fail(f"{at} holds {origin}/{row.position}, and nobody the one before")
        elif log.leaves[row.position - 1] != row.leaf:
            _fail(f"{at} holds another {origin}/{row.position} than was recorded")

    def _given_up(self, at: str, row: Row) -> None:
        """Take an epoch that gives up exactly what is lost; look at all that is held."""
        log, said = self.logs[row.origin], declaration(row)
        if said is None or log.lost != (said.kept, said.promised):
            _fail(
                f"{at}: {row.origin}/{row.position} gives up what is not lost: {said}"
            )
            return
        roots = [root(log.frontiers[size]).hex() for size in log.lost]
        if roots != [said.kept_root, said.promised_root]:
            _fail(f"{at}: {row.origin}/{row.position} goes on from another history")
        log.forget(said.kept)
        log.epoch, log.lost = row.epoch, None
        for place, checked in self._checked.items():
            if place[1] == row.origin:
                self._checked[place] = min(checked, said.kept)

    def _complete(self, node: SimulatedNode, held: Mapping[str, Position]) -> None:
        """Check that a node has all that its region has ever recorded."""
        last, recorded = held[node.name].position, len(self.logs[node.name].leaves)
        if last < recorded:
            _fail(f"{node.name} has lost what it recorded after {last}: {recorded}")

    def _certificates(self, node: SimulatedNode) -> None:
        with node.up.journal.reading() as cursor:
            for row in self._added(node, cursor, "checkpoint"):
                origin, size, note = row["origin"], row["size"], row["note"]
                self._signed(f"{node.name}: the checkpoint", origin, size, note)
            for row in self._added(node, cursor, "cosignature"):
                origin, size, note = row["origin"], row["size"], row["note"]
                what = f"{node.name}: the cosignature of {row['witness']} on"
                self._signed(what, origin, size, note)
                keys = self.rings[Region(row["witness"])].ever()
                if all(cosigned_with(note, key) is None for key in keys):
                    _fail(f"{what} {origin}/{size} is not that region's")
            cursor.execute("SELECT origin, kind, evidence FROM incident")
            for row in cursor.fetchall():
                if not self._was_bent(row["origin"], row["kind"]):
                    _fail(f"{node.name} accuses {row['origin']}: {row['evidence']}")

    def _was_bent(self, origin: str, kind: str) -> bool:
        """Say whether what a node has seen is what was done to a region's words.

        Or that a key is new, and not everybody has accepted it yet.
        """
        new = any(len(ring.ever()) > 1 for ring in self.rings.values())
        if kind == Observed.NOT_SIGNED:
            return new or origin in self.bent
        return kind == Observed.NOT_ITS_ROOT and origin in self.bent

    def _added(
        self, node: SimulatedNode, cursor: DatabaseCursor, table: str
    ) -> list[Any]:
        """Return the rows that were added to a table since the last time."""
        after = self._rows.get((node.name, table), 0)
        cursor.execute(
            f"SELECT rowid, * FROM {table} WHERE rowid > ? ORDER BY rowid",
            (after,),
        )
        rows = list(cursor.fetchall())
        if rows:
            self._rows[node.name, table] = rows[-1]["rowid"]
        return rows

    def _signed(self, what: str, origin: str, size: int, note: str) -> None:
        frontiers = self.logs[origin].frontiers
        try:
            said = read(note, self.rings[Region(origin)])
        except BrokenCheckpointError as error:
            _fail(f"{what} {origin}/{size}: {error}")
            raise
        if size >= len(frontiers):
            _fail(f"{what} {origin}/{size} is of more than was recorded")
        if (said.size, said.root) != (size, root(frontiers[size])):
            _fail(f"{what} {origin}/{size} is of another history")


def check_books(
    node: SimulatedNode, years: Iterable[int], *, may_wait: bool = False
) -> None:
    """Check that a node's nets are zero and its read models what a replay gives.

    Meanwhile a node may wait for what is cut off from it; in the end none does.
    """
    parts = node.up
    parts.projector.catch_up()
    stops = parts.projector.state.stopped_at.values()
    if may_wait and any(stop.what == WAITS for stop in stops):
        return
    if parts.projector.state.stopped_at:
        stopped = ", ".join(map(str, parts.projector.state.stopped_at.values()))
        _fail(f"{node.name} cannot fold {stopped}")
    with reading(parts.views) as connection:
        try:
            for year in years:
                regions = settlement(connection, year, date.max).regions
                total = sum(each.net_ore for each in regions.values())
                if total != 0:
                    _fail(f"{node.name}: the nets of {year} are {total} and not 0")
            compared = replay.compare_replayed(parts.journal, connection)
        except UnknownPartyError:
            return
    if compared is None or compared.differing:
        _fail(f"{node.name}: the read models are not what a replay gives: {compared}")


def check_whole(nodes: Sequence[SimulatedNode], keys: Mapping[Region, KeyRing]) -> None:
    """Check each node's journal from its bytes up, and all against each other."""
    verified: dict[str, list[Verified]] = {}
    for node in nodes:
        try:
            verified[node.name] = list(verify(node.up.journal, keys))
        except DamageError as error:
            _fail(f"{node.name}: {error}")
        for cut in missing_tails(verified[node.name]):
            _fail(f"{node.name}: {cut.by} had seen {cut.place}, and it is not here")
    try:
        compare(verified)
    except DamageError as error:
        _fail(str(error))
    for region in Region:
        for each in redecide(nodes[0].up.journal, region.value).unfounded:
            _fail(f"{each.place}, a {each.type}, was no decision: {each.reason}")


def check_same(nodes: Sequence[SimulatedNode]) -> None:
    """Check that all nodes' read models are the same rows, and those of a rebuild."""
    dumps = []
    for node in nodes:
        node.up.projector.catch_up()
        dumps.append(_dump(node))
    if any(dump != dumps[0] for dump in dumps):
        differing = {
            name
            for dump in dumps
            for name, rows in dump.items()
            if rows != dumps[0][name]
        }
        _fail(f"the nodes' read models differ in {', '.join(sorted(differing))}")
    rebuilt = nodes[0]
    _hold_rows(rebuilt)
    Projector.rebuild(rebuilt.up.projector)
    if _dump(rebuilt) != dumps[0]:
        _fail(f"{rebuilt.name}: a rebuild gives other rows")


def _hold_rows(node: SimulatedNode) -> None:
    """Check that every row is what the journal folds to, and that none lacks."""
    with reading(node.up.views) as connection:
        held = compare_rows(node.up.journal, connection)
    if held is None or held.first or held.behind:
        _fail(f"{node.name}: the read models are not what the journal says: {held}")


def _dump(node: SimulatedNode) -> dict[str, list[str]]:
    with reading(node.up.views) as connection:
        return {
            table.name: sorted(
                str(tuple(row)) for row in connection.execute(select(table))
            )
            for table in tables.metadata.sorted_tables
        }


def _fail(message: str) -> None:
    raise InvariantError(message)
