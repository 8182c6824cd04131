"""While commands come, what comes from other regions does not crowd them out."""

from pathlib import Path

import pytest

from domain.values import Region
from federation.journal.store import Journal
from federation.node.inbox import Inbox
from federation.node.throttle import (
    PAUSE_PER_WORK,
    PAUSE_SECONDS_MAX,
    RECENT_SECONDS,
    Throttle,
)
from projections.database import open_sqlite
from projections.engine import Projector
from tests.support.dumps import received
from tests.support.federation import KEYS
from tests.support.replication import (
    Network,
    outbox,
    record,
    register,
    running,
    same,
    until,
)

NORD, VEST = Region.NORD, Region.VEST


def test_rest_follows_work_for_as_long_as_commands_come(
    journals: dict[Region, Journal],
) -> None:
    vest, nord = journals[VEST], journals[NORD]
    now = 100.0
    throttle = Throttle(vest, lambda: now)
    assert throttle.pause_seconds(0.02) == 0
    record(nord, 3)
    received(vest, nord, [3])
    assert throttle.pause_seconds(0.02) == 0, "what comes from others is no command"
    record(vest)
    assert throttle.pause_seconds(0.02) == 0.02 * PAUSE_PER_WORK
    assert throttle.pause_seconds(60) == PAUSE_SECONDS_MAX
    now += RECENT_SECONDS + 0.1
    assert throttle.pause_seconds(0.02) == 0


@pytest.mark.anyio
@pytest.mark.servers
async def test_an_inbox_pauses_after_each_page(
    network: Network, journals: dict[Region, Journal]
) -> None:
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 1300)
    worked: list[float] = []

    def throttle(seconds: float) -> float:
        worked.append(seconds)
        return 0.001

    key = KEYS[VEST].verifier
    taker = Inbox(nord, network.transports[NORD], "vest", key, throttle=throttle)
    async with running(outbox(network, vest), taker):
        await same(nord, vest)
        pages = len(list(nord.seals("vest")))
        assert pages > 1
        await until(lambda: len(worked) + taker.state.repaired >= pages)
    assert all(seconds > 0 for seconds in worked)


def test_a_long_log_of_another_region_does_not_keep_the_home_log_waiting(
    journals: dict[Region, Journal], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.engine.BATCH_ENTRIES", 20)
    vest, midt = journals[VEST], journals[Region.MIDT]
    for number in range(60):
        register(midt, str(810_000_000 + number))
    received(vest, midt, [60])
    register(vest, "983974724")
    folded: list[dict[str, int]] = []

    def throttle(_seconds: float) -> float:
        positions = projector.state.positions.items()
        folded.append({origin: held.position for origin, held in positions})
        return 0.0

    views = open_sqlite(tmp_path / "views.db")
    projector = Projector(vest, views, throttle=throttle)
    projector.prepare()
    assert projector.catch_up() == 61
    views.dispose()
    assert folded[0] == {"vest": 1}
    assert folded[1]["midt"] == 20, "and midt, which is first by name, then"


def test_a_projector_that_is_stopped_ends_after_the_batch_in_hand(
    journals: dict[Region, Journal], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.engine.BATCH_ENTRIES", 20)
    vest = journals[VEST]
    for number in range(60):
        register(vest, str(810_000_000 + number))

    def throttle(_seconds: float) -> float:
        projector.stop()
        return 3600.0

    views = open_sqlite(tmp_path / "views.db")
    projector = Projector(vest, views, throttle=throttle)
    projector.prepare()
    assert projector.catch_up() == 20
    views.dispose()
