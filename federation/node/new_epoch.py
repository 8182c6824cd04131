"""A new epoch of the home log, when nobody has what was promised.

Whoever holds something gives it back first. Only when the region's stream and
every other region have answered that they hold no more, or an operator has
named who cannot be asked, may the rest be given up: in an entry that says so.
"""

import asyncio
import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, NamedTuple

from domain.parties.epoch import KEY, LOG, EpochBegun
from domain.values import REGIONAL_AUTHORITY, Region, business_day, parse_instant
from federation.checks.signed_heads import SignedHeads, breach
from federation.journal.announced import forget
from federation.journal.mapper import MAPPER, Recorded
from federation.journal.restoring import remember_last
from federation.journal.shapes import CommandMemory, Head, OutOfSequenceError, Position
from federation.journal.store import MICROSECOND, Journal
from federation.log.membership import absent
from federation.log.sealing import seal
from federation.log.snapshot import seen_text
from federation.log.times import AHEAD_MAX
from federation.log.tree import frontier_at
from federation.node.replies import Reply
from federation.node.restore import Restore, SecondWriterError
from federation.signed.checkpoint import Checkpoint
from federation.signed.entry import Envelope, Row, entry_id
from federation.signed.keys import SigningKey, Verifier, signs
from federation.signed.merkle import Frontier, root
from federation.signed.page import ENTRIES_MAX, fit
from federation.transport.ports import Transport

DAY_MAX: Final = date(2199, 12, 31)
"""Last day that a fact may name."""
ASK_AGAIN_SECONDS: Final = 1.0
ASKED_MAX: Final = 15
"""Questions to who does not answer before the new epoch is refused."""


class WhyNot(StrEnum):
    """Why no epoch may begin."""

    WHOLE = "whole"
    """All that was promised is here."""
    SILENT = "silent"
    """Somebody has not answered who may hold what is missing."""
    ANOTHER_HISTORY = "another_history"
    """What is here is not what was signed for."""
    SECOND_WRITER = "second_writer"
    """Somebody holds other entries under the region's signature."""
    AHEAD = "ahead"
    """What was promised is of a time that has not come; an operator must say so."""
    HOLDS_AHEAD = "holds_ahead"
    """What is here is of a time that has not come, and would be kept."""
    KEY_MISSING = "key_missing"
    """What is kept was not signed for, and the key that signs there is not here."""


class NotBegunError(Exception):
    """No epoch may begin now."""

    def __init__(self, why: WhyNot, what: str) -> None:
        self.why = why
        self.what = what
        super().__init__(f"{why}: {what}")


class Loss(NamedTuple):
    """What is missing of the home log, and whom nobody could ask for it."""

    end: Position
    root: bytes
    """Of what is held."""
    promised: Checkpoint
    without: tuple[Region, ...]
    ahead: bool = False
    """What was promised is of a time that has not come, and binds nobody any more."""


@dataclass(frozen=True, slots=True)
class NewEpoch:
    """Begins epochs of the home log. No node may run on the journal meanwhile."""

    journal: Journal
    transport: Transport
    key: SigningKey
    keys: Verifier
    """The keys that the region has signed with; the last is ``key``."""
    signed_heads: SignedHeads
    clock: Callable[[], datetime]
    earlier: Sequence[SigningKey] = ()
    """Keys that the region signed with before, as far as they are still here."""
    plays: bool = False
    """Business days are played, and come before they do: nothing is of the future."""

    async def look(
        self, without: Collection[Region] = (), *, ahead: bool = False
    ) -> Loss:
        """Fetch back what anybody holds, and return what nobody does.

        ``ahead`` says that what was promised of a time that has not come is given up,
        also where nothing else is. Raises :class:`NotBegunError` where nothing is
        missing, or somebody who is not named as away has not answered.
        """
        restore = Restore(
            *(self.journal, self.transport, self.keys, self.signed_heads),
            latest=None if self.plays else self._latest,
        )
        gone = await asyncio.to_thread(absent, self.journal)
        away = {region.value for region in (*without, *gone)}
        replies: Mapping[str, Reply] = {}
        silent: list[str] = []
        for asked in range(ASKED_MAX):
            if asked:
                await asyncio.sleep(ASK_AGAIN_SECONDS)
            try:
                replies = await restore.look()
            except SecondWriterError as error:
                raise NotBegunError(WhyNot.SECOND_WRITER, str(error)) from None
            silent = [name for name, reply in replies.items() if reply != Reply.NO_MORE]
            if not set(silent) - away:
                break
        more = any(
            reply is Reply.MORE for name, reply in replies.items() if name not in gone
        )
        loss = await asyncio.to_thread(self._loss, silent, more=more)
        loss = await asyncio.to_thread(self._in_time, loss, ahead=ahead)
        if set(silent) - away:
            raise NotBegunError(WhyNot.SILENT, ", ".join(sorted(set(silent) - away)))
        return loss

    def _loss(self, silent: Collection[str], *, more: bool) -> Loss:
        home = self.journal.region.value
        promised = self.signed_heads.last(home)
        end = self.journal.positions()[home]
        without = tuple(region for region in Region if region.value in silent)
        broken = None if promised is None else breach(self.journal, promised)
        if promised is None or broken is None:
            unsure = not self.signed_heads.remembers(home) and (more or without)
            if self._is_ahead(self._promised_to(end)) and end.position:
                return self._apart(end, without)._replace(ahead=True)
            if unsure and end.position:
                # Somebody may hold more than can be known here; what is here goes on.
                return self._apart(end, without)
            raise NotBegunError(WhyNot.WHOLE, home)
        if not broken.older:
            raise NotBegunError(WhyNot.ANOTHER_HISTORY, str(broken))
        if promised.epoch > end.epoch:
            # Beginning it once more would sign two histories of one epoch.
            what = f"epoch {promised.epoch} had begun, and nobody holds its beginning"
            raise NotBegunError(WhyNot.ANOTHER_HISTORY, what)
        signed = root(frontier_at(self.journal, home, end.position))
        return Loss(end, signed, promised, without)

    def _is_ahead(self, instant: str) -> bool:
        """Whether an instant is one of which the others take nothing yet."""
        if self.plays or not instant:
            return False
        return parse_instant(instant) > self._latest()

    def _latest(self) -> datetime:
        return self.clock() + AHEAD_MAX

    def _promised_to(self, end: Position) -> str:
        """Empty where nothing that was promised binds."""
        promised = self.signed_heads.last(self.journal.region.value)
        if promised is None or promised.epoch < end.epoch:
            return ""
        return promised.complete_to

    def _in_time(self, loss: Loss, *, ahead: bool) -> Loss:
        """Loss that says whether it is of a time that has not come."""
        home = self.journal.region.value
        with self.journal.reading() as cursor:
            last = self.journal.head_in(cursor, home).recorded_at
        if self._is_ahead(last):
            raise NotBegunError(WhyNot.HOLDS_AHEAD, last)
        until = self._promised_to(loss.end)
        if self._is_ahead(until) and not ahead:
            raise NotBegunError(WhyNot.AHEAD, until)
        return loss._replace(ahead=self._is_ahead(until))

    def _apart(self, end: Position, without: tuple[Region, ...]) -> Loss:
        """Loss of nothing that is known of."""
        home = self.journal.region.value
        signed = root(frontier_at(self.journal, home, end.position))
        (last,) = self.journal.entries(home, end.position - 1, 1)
        at = Checkpoint(home, end.epoch, end.position, signed, last.recorded_at)
        return Loss(end, signed, at, without)

    def begin(self, loss: Loss, reason: str, actor: str) -> Row:
        """Record and sign the first entry of the next epoch.

        It is promised when it leaves, as every other is: were it lost before, it is
        as if it had never been, and the same epoch is begun again.
        """
        # What follows is of no command that came before.
        remember_last(self.journal)
        now = self.clock()
        if loss.ahead:
            with self.journal.writing() as cursor:
                forget(cursor, self.journal.region.value)
        else:
            now = max(now, parse_instant(loss.promised.complete_to) + MICROSECOND)
        fact = EpochBegun(
            epoch=loss.end.epoch + 1,
            kept=loss.end.position,
            kept_root=loss.root.hex(),
            promised=loss.promised.size,
            promised_root=loss.promised.root.hex(),
            begun_on=business_day(now),
            reason=reason,
            without=loss.without,
            announced_until=self._announced_until(loss) if loss.ahead else None,
        )
        self._sign_kept(loss.end)
        row = append_beginning(self.journal, fact, self._envelope(fact, actor), now)
        frontier = frontier_at(self.journal, row.origin, row.position - 1)
        seal(self.journal, frontier, [row], self.key)
        return row

    def _announced_until(self, loss: Loss) -> date:
        """Day until which the region had said that nothing would come."""
        until = parse_instant(self._promised_to(loss.end))
        return min(business_day(until), DAY_MAX)

    def _sign_kept(self, end: Position) -> None:
        """Sign for what is kept where its key is an earlier one; a node has but the last.

        A backup ends with entries that were signed later, together with lost ones.
        """
        home = self.journal.region.value
        if signs(self.key, self.keys, *end):
            return
        sealed = self.journal.sealed(home, end.position)
        frontier = Frontier() if sealed is None else sealed.frontier
        while rows := fit(self.journal.entries(home, frontier.size, ENTRIES_MAX)):
            place = rows[-1].epoch, rows[-1].position
            keys = [key for key in self.earlier if signs(key, self.keys, *place)]
            if not keys:
                raise NotBegunError(WhyNot.KEY_MISSING, entry_id(home, *place))
            frontier = seal(self.journal, frontier, rows, keys[0]).frontier

    def _envelope(self, fact: EpochBegun, actor: str) -> Envelope:
        authority = REGIONAL_AUTHORITY[self.journal.region]
        name = f"epoch-{fact.epoch}"
        return Envelope(
            actor=actor,
            organisation=authority,
            command_id=f"{authority}/{name}",
            command_digest=hashlib.sha256(fact.to_bytes()).hexdigest()[:32],
            correlation_id=name,
            seen=seen_text(self.journal.positions()),
        )


def append_beginning(
    journal: Journal, fact: EpochBegun, envelope: Envelope, now: datetime
) -> Row:
    """Append the first entry of an epoch after exactly what it says that it follows.

    It is the one entry that is recorded while the journal is withheld. Raises
    :class:`OutOfSequenceError` where the log ends elsewhere.
    """
    stream = str(LOG.stream(journal.region, KEY))
    event = MAPPER.to_stored_event(Recorded(stream, fact.epoch - 1, fact))

    def follow(head: Head) -> tuple[Sequence[Row], Sequence[CommandMemory]]:
        if (head.epoch, head.position) != (fact.epoch - 1, fact.kept):
            raise OutOfSequenceError(journal.region.value)
        begun = head._replace(epoch=fact.epoch)
        rows, memory = journal.after(begun, [event], envelope, now)
        return rows, [] if memory is None else [memory]

    (row,) = journal.append_next(follow)
    journal.tell(row.origin)
    return row
