"""What time it is in the federation, and how far this node's clock is from that.

What is recorded under a clock that runs ahead binds its region: nothing can be recorded
before it any more, and the others take nothing from a time that has not come. So a node
holds its clock against what the other regions sign every few seconds, before it records
or announces anything. No region can stop another one by itself: two must say so, and
more than half of those that were heard.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from domain.values import parse_instant

AHEAD_MAX: Final = timedelta(days=1)
"""Furthest that another region's entry or announcement may be ahead of the time."""
BEFORE_SEEN_MAX: Final = 2 * AHEAD_MAX
"""Furthest that an entry may be recorded before one that its decision rested on, by any two
clocks by which entries are taken."""
APART_MAX: Final = timedelta(minutes=10)
"""Largest clock skew from the federation. Where NTP runs it is within a second."""
ALONE_MAX: Final = timedelta(days=1)
"""Furthest from the last known instant at which a clock is believed by itself."""
VOICE_SECONDS: Final = 24 * 3600.0
"""Age up to which counts what a region has said of the time."""
VOICES_MIN: Final = 2
"""Regions that must agree: one alone may have a wrong clock, or be hostile."""


class ApartReason(StrEnum):
    """Why a clock is not believed."""

    AHEAD = "ahead"
    """Of what the other regions sign."""
    BEHIND = "behind"
    """The same."""
    BEFORE_THE_LOG = "before_the_log"
    """The home log goes further: the clock is behind, or something was recorded ahead."""
    UNHEARD = "unheard"
    """It is far on from all that is known here, and nobody was heard who agrees."""


class Apart(NamedTuple):
    """How far a clock is from what it is held against."""

    why: ApartReason
    seconds: int


class _Voice(NamedTuple):
    """What a region has said of the time, and when that was heard."""

    epoch: int
    instant: datetime
    heard: float


class Times:
    """What is known of the federation's time. Safe to share between threads."""

    def __init__(
        self,
        seconds: Callable[[], float],
        apart_max: timedelta = APART_MAX,
        last_entry: Callable[[], str] = lambda: "",
    ) -> None:
        """Prepare; ``seconds`` never goes back, and goes on as time does.

        ``last_entry`` is the instant of the last entry of any region that is here, or nothing.
        """
        self._seconds = seconds
        self._last_entry = last_entry
        self._apart_max = apart_max
        self._said: dict[str, _Voice] = {}
        self._believed: tuple[datetime, float] | None = None

    def hear(self, origin: str, epoch: int, instant: datetime) -> None:
        """Take the instant that a region has signed for now.

        One that says no more than an earlier one may be that, sent again.
        """
        last = self._said.get(origin)
        if last is None or (epoch, instant) > last[:2]:
            self._said[origin] = _Voice(epoch, instant, self._seconds())

    def offsets(self, now: datetime) -> Mapping[str, timedelta]:
        """How far a clock is ahead of each region's that was heard."""
        seconds = self._seconds()
        return {
            origin: now - voice.instant - timedelta(seconds=seconds - voice.heard)
            for origin, voice in tuple(self._said.items())
            if seconds - voice.heard <= VOICE_SECONDS
        }

    def apart(self, now: datetime, last: datetime | None) -> Apart | None:
        """Say why a clock is not believed that shows ``now``; None where it is.

        ``last`` is what the home log has recorded or announced last, if anything.
        """
        apart = self._apart(now, last)
        # While nothing is here, any clock is as good as another: once there is, as on a
        # disk that was filled again, it is held against that.
        if apart is None and (self._believed or last or self._known(now)):
            self._believed = (now, self._seconds())
        return apart

    def _known(self, now: datetime) -> bool:
        """Whether there is anything that a clock can be held against."""
        return bool(self.offsets(now) or self._last_entry())

    def time(self, now: datetime, last: datetime | None) -> datetime:
        """Time as far as it is known, also where the clock is not believed."""
        offset = self._apart(now, last)
        if offset is None:
            return now
        apart = timedelta(seconds=offset.seconds)
        if offset.why in {ApartReason.AHEAD, ApartReason.BEHIND}:
            return now - apart if offset.why is ApartReason.AHEAD else now + apart
        instants = [now, last, _instant(self._last_entry())]
        return max(instant for instant in instants if instant is not None)

    def judge(self, now: datetime, last: str) -> None:
        """Raise :class:`ClockApartError` where nothing may be recorded now."""
        apart = self.apart(now, _instant(last))
        if apart is not None:
            raise ClockApartError(apart)

    def _apart(self, now: datetime, last: datetime | None) -> Apart | None:
        offsets = sorted(self.offsets(now).values())
        enough = max(VOICES_MIN, len(offsets) // 2 + 1)
        # So many say at least this; and of those that say less, the same.
        if len(offsets) >= enough and offsets[-enough] > self._apart_max:
            return _apart(ApartReason.AHEAD, offsets[-enough])
        if len(offsets) >= enough and -offsets[enough - 1] > self._apart_max:
            return _apart(ApartReason.BEHIND, offsets[enough - 1])
        if last is not None and last - now > self._apart_max:
            return _apart(ApartReason.BEFORE_THE_LOG, last - now)
        if self._goes_on(now) or any(abs(e) <= self._apart_max for e in offsets):
            return None
        since = last or _instant(self._last_entry())
        if since is not None and now - since > ALONE_MAX:
            return _apart(ApartReason.UNHEARD, now - since)
        return None

    def _goes_on(self, now: datetime) -> bool:
        if self._believed is None:
            return False
        then, seconds = self._believed
        gone = timedelta(seconds=self._seconds() - seconds)
        return abs(now - then - gone) <= self._apart_max


def _instant(text: str) -> datetime | None:
    return parse_instant(text) if text else None


def _apart(why: ApartReason, apart: timedelta) -> Apart:
    return Apart(why, abs(round(apart.total_seconds())))


class ClockApartError(Exception):
    """Nothing may be recorded now: this node's clock is not the federation's."""

    def __init__(self, apart: Apart) -> None:
        super().__init__(f"{apart.why.value} by {apart.seconds} s")
        self.apart = apart


@dataclass(frozen=True, slots=True)
class OwnClock:
    """A node's own clock, as far as it is believed."""

    times: Times
    now: Callable[[], datetime]
    last: Callable[[], str]
    """The instant that the home log has recorded or announced last, or nothing."""

    def apart(self) -> Apart | None:
        """Say why nothing is recorded by it now; None where it is believed."""
        return self.times.apart(self.now(), _instant(self.last()))

    def latest(self) -> datetime:
        """Instant after which nobody can have recorded anything yet."""
        return self.times.time(self.now(), _instant(self.last())) + AHEAD_MAX

    def believes(self, origin: str, epoch: int, instant: datetime) -> bool:
        """Hear what a region signs for now; say whether that can be."""
        self.times.hear(origin, epoch, instant)
        return instant <= self.latest()

    def unix_seconds(self) -> int | None:
        """POSIX seconds, or None where it is not believed."""
        return int(self.now().timestamp()) if self.apart() is None else None
