"""Instants as people read them."""

from typing import Final

from domain.values import EARLIEST_DAY, day_end, instant_text

_NO_DAY: Final = instant_text(day_end(EARLIEST_DAY))


def has_begun(instant: str) -> bool:
    """Whether a log that is complete to an instant says anything.

    Where days are played and none has begun, what is complete ends before the first.
    """
    return instant > _NO_DAY


def shown_instant(instant: str) -> str:
    """Instant as people read it: ``2026-07-10 12:00:00 UTC``.

    Of a region that was never heard, the key of the word for that.
    """
    return f"{instant[:10]} {instant[11:19]} UTC" if instant else "never_heard"
