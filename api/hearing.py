"""Which regions may have said something that is not here: what is unknown may be theirs."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from api.instants import shown_instant
from api.services import Node
from api.status import heartbeat_age_seconds
from api.words import Language, sentence
from domain.values import Region, instant_text
from federation.log.membership import absent, departed
from federation.node.heartbeat import HEARTBEAT_SECONDS, ListenerState

SILENT_SECONDS: Final = 3 * HEARTBEAT_SECONDS
"""Who was heard within so long has said nothing since that is not announced here."""


def not_heard(node: Node, language: Language, *, folded: bool) -> Mapping[Region, str]:
    """Regions that may have said more than is here, and how that is.

    ``folded`` asks for what the read models hold, in place of the journal. Nothing is
    said of a region that has left or is yet to join.
    """
    away = {*absent(node.journal), *departed(node.journal)}
    ends = node.projector.state.positions if folded else node.journal.positions()
    unheard = {}
    for region, listener in node.listeners.items():
        if region in away:
            continue
        age = heartbeat_age_seconds(node, region)
        here = ends.get(region.value)
        values: dict[str, str | int] = {"region": region.value}
        if age is None or listener.heard_at is None:
            key, since = _unheard(node, listener)
            values["since"] = since
        elif age > SILENT_SECONDS:
            key = "silent"
            values["since"] = _shown(listener.heard_at)
        elif listener.size > (here.position if here else 0):
            key = "said_more"
        else:
            continue
        unheard[region] = sentence(language, "hearing", key, values)
    return unheard


def _unheard(node: Node, listener: ListenerState) -> tuple[str, str]:
    """Words of a region that this process has not heard, and since when it listens.

    Who has just begun to listen says so: within so long a region that is up need not
    have said anything.
    """
    begun = listener.begun_at
    if begun is None:
        return "never_heard", ""
    young = node.unix_seconds() - begun <= SILENT_SECONDS
    return "just_begun" if young else "silent_since_begun", _shown(begun)


def _shown(seconds: float) -> str:
    return shown_instant(instant_text(datetime.fromtimestamp(seconds, UTC)))
