"""What the funder owes of a call."""

from collections.abc import Iterator
from datetime import timedelta

from domain.grants.award import AWARDS, AwardsAnnounced
from domain.grants.call import CALL
from domain.history import History
from domain.obligations.obligation import Obligation, days_before, first


def of_call(name: str, history: History) -> Iterator[Obligation]:
    """Announcement of a call's decisions, by the latest version of the call."""
    version = history.state(CALL, name).latest
    if version is None or version.rules.announce_by is None:
        return
    due_on = version.rules.announce_by
    announced = (
        entry.recorded_on
        for entry in history.entries(AWARDS, [name])[name]
        if isinstance(entry.fact, AwardsAnnounced)
    )
    yield Obligation(
        f"call/{name}/announce",
        "S2-36",
        version.rules.funder,
        due_on,
        days_before(due_on, 14, 3),
        due_on + timedelta(days=1),
        done_on=first(announced),
    )
