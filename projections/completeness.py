"""Until when the read models hold all that a region has recorded."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from domain.values import instant_text, parse_instant
from federation.journal.audited import Audited, audited_in
from federation.journal.store import Journal
from federation.log.completeness import Completeness, completeness
from projections.engine import Projector

MICROSECOND: Final = timedelta(microseconds=1)


def complete_to(journal: Journal, projector: Projector) -> Mapping[str, str]:
    """Instant for each region of whose completeness anything is known.

    Read models that are opened afterwards hold everything that was recorded at
    these instants or before. Where they lag, or an entry has stopped them, that
    is until just before the first entry that they lack; so it is where an entry was
    not decided again yet.
    """
    with journal.reading() as cursor:
        audited = audited_in(cursor)
    return {
        origin: _complete_to(journal, projector, origin, here, audited.get(origin))
        for origin, here in completeness(journal).items()
    }


def _complete_to(
    journal: Journal,
    projector: Projector,
    origin: str,
    here: Completeness,
    audited: Audited | None,
) -> str:
    folded = projector.state.positions.get(origin)
    position = folded.position if folded else 0
    if audited is not None:
        position = min(position, audited.position)
    if position >= here.position:
        return here.complete_to
    (lacking,) = journal.entries(origin, position, 1)
    return instant_text(parse_instant(lacking.recorded_at) - MICROSECOND)
