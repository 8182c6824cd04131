"""``check``: what a year would come to, without servers, and what it still waits for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from api.words import Language
from deploy.year.dry import DryFederation, RegionView
from deploy.year.plan import Noticed, Plan, Refused
from deploy.year.player import Player
from deploy.year.waiting import Overdue, RecordedFolder, Waiting
from domain.values import Region


@dataclass(frozen=True, slots=True)
class Checked:
    """What would be said of a folder's rows, and what would still be waited for."""

    refused: Sequence[Refused]
    noticed: Sequence[Noticed]
    waiting: Sequence[Waiting]
    overdue: Sequence[Overdue]
    """On the folder's last day."""


async def check_year(plan: Plan, language: Language) -> Checked:
    """Decide on a year as the nodes would."""
    federation = DryFederation()
    player = Player(
        federation.urls,
        federation.token,
        language,
        caller=federation,
        spread=federation.spread,
    )
    await player.play(plan)
    if not plan.last_day:
        # Organisations alone: nothing waits, and nothing was due.
        return Checked(player.refused, player.noticed, (), ())
    federation.spread()
    entries = (entry.recorded for entry in federation.logs.entries())
    # All regions have heard all by now, so that any of them tells it.
    history = RegionView(federation.logs, next(iter(Region)))
    recorded = RecordedFolder(entries, history, date.fromisoformat(plan.last_day))
    overdue = recorded.overdue(date.fromisoformat(plan.first_day))
    return Checked(player.refused, player.noticed, recorded.waiting(), overdue)
