"""What a region's server is asked while a link breaks is lost; it is asked once more."""

from contextlib import aclosing
from typing import Any

import pytest
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext

from domain.values import Region
from federation.carrier.ports import CarrierError
from federation.journal.store import Journal
from tests.support.replication import OverNats, courier, record, running, sent
from tests.support.servers import Servers

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
NORD, VEST = Region.NORD, Region.VEST


class Losing:
    """Loses some of the next questions to JetStream, and counts all."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lost = 0
        self.asked = 0
        whole = JetStreamContext._api_request

        async def ask(context: JetStreamContext, *args: Any, **named: Any) -> Any:
            self.asked += 1
            if self.lost:
                self.lost -= 1
                raise NatsTimeoutError
            return await whole(context, *args, **named)

        monkeypatch.setattr(JetStreamContext, "_api_request", ask)


async def test_a_lost_question_is_asked_once_more(
    nats: Servers, journals: dict[Region, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    carriers = {each: nats.node(each) for each in (NORD, VEST)}
    for region, carrier in carriers.items():
        await carrier.connect(nats.urls[region])
    await OverNats(nats, dict(carriers)).lose(VEST)
    record(journals[VEST], 3)
    sender = courier(OverNats(nats, dict(carriers)), journals[VEST])
    async with running(sender):
        await sent(sender, 3)
    losing = Losing(monkeypatch)
    asker = carriers[NORD]
    losing.lost = 1
    assert await asker.end("vest") == 1
    losing.lost = 1
    async with aclosing(asker.read("vest", 1)) as pages:
        assert (await anext(pages)).message.last == 3
    losing.lost, losing.asked = 2, 0
    with pytest.raises(CarrierError):
        await asker.end("vest")
    assert losing.asked == 2, "then the caller looks again where it stands"
    for carrier in carriers.values():
        await carrier.close()
