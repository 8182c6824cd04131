"""Webhooks over a real server: signed, in order, at least once, to whom may read."""

import asyncio
import base64
import hmac
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from api.app import create_app
from api.auth import Caller, Role
from api.desk.opening import prepared
from api.desk.webhooks import (
    FAILURES_MAX,
    RETRY_SECONDS,
    WEBHOOKS_MAX,
    PauseReason,
    Webhook,
    Webhooks,
)
from api.feed import entries_after
from api.services import Node
from api.way_out import (
    WayOut,
)
from api.webhooks.sending import WebhookSender
from domain.values import REGIONAL_AUTHORITY, Region
from projections.database import open_sqlite
from tests.api.test_problems import is_problem
from tests.support.doors import DETAILS, NETWORK, Door
from tests.support.examples import BERGEN, STAVANGER
from tests.support.receiving import Got, Receiver, serving

AT = "/v1/webhooks"
OTHER = f"/v1/organisations/{BERGEN}/billing-details"
LATER: dict[str, Any] = {"Fagnett_Business_Day": "2026-07-10"}


class Subscribed:
    """A node whose programs subscribe, their receiver, and a clock that is moved."""

    def __init__(self, door: Door, receiver: Receiver, folder: Path) -> None:
        self.receiver = receiver
        self.now = door.node.unix_seconds()
        desk = prepared(open_sqlite(folder / "desk.sqlite"))
        node = replace(
            door.node,
            webhooks=Webhooks(desk, bytes(32)),
            webhooks_way=WayOut([receiver.origin]),
        )
        self.door = Door(node, type(door.client)(create_app(node)))
        node.projector.catch_up()

    @property
    def node(self) -> Node:
        return self.door.node

    def make(self, **said: Any) -> dict[str, Any]:
        who = {n: said.pop(n) for n in ("organisation", "roles", "actor") if n in said}
        body = {"address": self.receiver.address, "from_now": False, **said}
        answer = self.door.post(AT, body, **who)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def send(self, name: str) -> list[Got]:
        """Send what is due by a new sender, as after a restart; give what came."""
        before = len(self.receiver.got)
        asyncio.run(WebhookSender(self.at_now()).serve(name))
        return self.receiver.got[before:]

    def at_now(self) -> Node:
        """Return the node as it is later: tokens are not."""
        return replace(self.node, unix_seconds=lambda: self.now)

    def known(self, name: str) -> Webhook:
        found = self.node.webhooks.named(name)
        assert found is not None
        return found

    def readable(self) -> list[str]:
        """Ids of all that Bergen's controller may read, as deliveries have them."""
        caller = Caller("tester", BERGEN, frozenset({Role.CONTROLLER}))
        found, _ = entries_after(self.node, caller, {})
        return sorted(each.row.id.replace("/", "-") for each in found)

    def another(self, network: str) -> None:
        """Record one more entry, of a stream of its own."""
        body = {**NETWORK, "network": network}
        answer = self.door.post("/v1/networks", body, **LATER)
        assert answer.status_code == 201, answer.text
        self.node.projector.catch_up()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    with serving(receiver):
        yield receiver


@pytest.fixture
def subscribed(invoiced: Door, receiver: Receiver, tmp_path: Path) -> Subscribed:
    return Subscribed(invoiced, receiver, tmp_path)


def _signs(secret: str, got: Got) -> bool:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{got.id}.{got.headers['webhook-timestamp']}.".encode() + got.body
    made = base64.b64encode(hmac.digest(key, content, "sha256")).decode()
    return f"v1,{made}" in got.headers["webhook-signature"].split()


def test_all_that_may_be_read_comes_once_signed_and_each_stream_in_order(
    subscribed: Subscribed,
) -> None:
    made = subscribed.make()
    got = subscribed.send(made["webhook"])
    readable = subscribed.readable()
    assert sorted(each.id for each in got) == readable
    for stream in {each.stream for each in got}:
        of = [int(g.id.split("-")[-1]) for g in got if g.stream == stream]
        assert of == sorted(of)
    for each in got:
        assert each.path == "/hooks?of=bergen"
        assert each.headers["content-type"] == "application/cloudevents+json"
        assert orjson.loads(each.body)["specversion"] == "1.0"
        assert _signs(made["secret"], each)
    assert subscribed.send(made["webhook"]) == []
    subscribed.another("later")
    (last,) = subscribed.send(made["webhook"])
    assert orjson.loads(last.body)["type"] == "network.established.v1"
    shown = subscribed.door.get(f"{AT}/{made['webhook']}").json()
    assert (shown["delivered"], shown["waiting"], shown["dead"]) == (
        len(readable) + 1,
        0,
        0,
    )
    assert "secret" not in shown


def test_who_wants_some_kinds_from_now_on_hears_no_others(
    subscribed: Subscribed,
) -> None:
    made = subscribed.make(kinds=["network.", "invoice.issued"], from_now=True)
    assert subscribed.send(made["webhook"]) == []
    assert subscribed.door.post(OTHER, DETAILS, **LATER).status_code == 201
    subscribed.another("later")
    (got,) = subscribed.send(made["webhook"])
    assert orjson.loads(got.body)["type"] == "network.established.v1"


def test_everybody_is_sent_what_they_may_read(subscribed: Subscribed) -> None:
    for organisation, role, reads in (
        (BERGEN, Role.CONTROLLER, True),
        (BERGEN, Role.OPERATOR, False),
        (REGIONAL_AUTHORITY[Region.NORD], Role.CONTROLLER, False),
    ):
        made = subscribed.make(organisation=organisation, roles=(role,))
        got = subscribed.send(made["webhook"])
        kinds = {orjson.loads(each.body)["type"] for each in got}
        assert ("invoice.issued.v4" in kinds) is reads
        assert "network.established.v1" in kinds


def test_who_loses_their_right_is_sent_nothing_more(subscribed: Subscribed) -> None:
    """Also nothing that waits already; who has a right takes it over."""
    door, receiver = subscribed.door, subscribed.receiver
    made = subscribed.make(actor="ola")
    name = made["webhook"]
    receiver.status = lambda _: 500
    subscribed.send(name)
    assert door.get(f"{AT}/{name}", actor="ola").json()["waiting"] > 1
    mandates = f"/v1/organisations/{BERGEN}/mandates"
    who: dict[str, Any] = {"roles": (Role.ADMINISTRATOR,), "actor": "kari"}
    for person, role in (("kari", "administrator"), ("per", "controller")):
        body = {"person": person, "role": role, "starts_on": "2026-01-01"}
        assert door.post(mandates, body, **who, **LATER).status_code == 201
    receiver.status = lambda _: 204
    subscribed.now += 10_000
    assert subscribed.send(name) == []
    assert subscribed.known(name).paused is PauseReason.NO_RIGHT
    resumed = door.post(f"{AT}/{name}/resumption", None, actor="per")
    assert resumed.status_code == 204
    assert subscribed.send(name)
    assert subscribed.known(name).person == "per"


def test_what_was_queued_and_may_be_read_no_more_is_not_sent(
    subscribed: Subscribed,
) -> None:
    made = subscribed.make(kinds=["invoice.issued"])
    subscribed.receiver.status = lambda _: 500
    assert len(subscribed.send(made["webhook"])) == 1
    subscribed.receiver.status = lambda _: 204
    webhooks = subscribed.node.webhooks
    webhooks.resume(made["webhook"], "tester", frozenset({Role.OPERATOR}))
    assert subscribed.send(made["webhook"]) == []
    assert webhooks.waiting(made["webhook"]) == []


def test_what_is_not_taken_is_tried_again_and_holds_its_stream_alone(
    subscribed: Subscribed,
) -> None:
    made = subscribed.make()
    name = made["webhook"]
    first = subscribed.send(name)[0]
    assert subscribed.known(name).failures == 0

    def refusing(got: Got) -> int:
        return 503 if got.stream == first.stream else 204

    subscribed.node.webhooks.end(name)
    name = subscribed.make()["webhook"]
    subscribed.receiver.status = refusing
    got = subscribed.send(name)
    of_stream = [each.id for each in got if each.stream == first.stream]
    assert len(of_stream) == 1, "what is behind it waits"
    assert len({each.stream for each in got}) > 1, "and other streams go on"
    waiting = subscribed.node.webhooks.waiting(name)
    assert {each.stream for each in waiting} == {first.stream}
    assert subscribed.send(name) == [], "not before its time"
    subscribed.now += RETRY_SECONDS[0]
    (again,) = subscribed.send(name)
    assert (again.id, again.body) == (of_stream[0], first.body)
    subscribed.receiver.status = lambda _: 204
    subscribed.now += RETRY_SECONDS[1]
    done = subscribed.send(name)
    assert done[0].id == again.id


def test_a_letter_dies_is_shown_and_is_sent_again_or_dropped(
    subscribed: Subscribed,
) -> None:
    made = subscribed.make(kinds=["network."])
    name, receiver, door = made["webhook"], subscribed.receiver, subscribed.door
    receiver.status = lambda _: 422
    subscribed.send(name)
    for seconds in RETRY_SECONDS:
        subscribed.now += max(seconds, RETRY_SECONDS[-1])
        subscribed.send(name)
    (dead,) = door.get(f"{AT}/{name}/dead-letters").json()
    assert dead["type"] == "network.established.v1"
    assert (dead["tries"], dead["last_status"]) == (len(RETRY_SECONDS) + 1, 422)
    subscribed.now += 10**6
    assert subscribed.send(name) == []
    again = f"{AT}/{name}/dead-letters/{dead['number']}/resending"
    assert door.post(again, None).status_code == 204
    assert len(subscribed.send(name)) == 1
    is_problem(door.post(again, None), 404, "not_found")
    assert subscribed.known(name).paused is PauseReason.FAILING
    receiver.status = lambda _: 204
    assert door.post(f"{AT}/{name}/resumption", None).status_code == 204
    assert len(subscribed.send(name)) == 1
    assert door.get(f"{AT}/{name}/dead-letters").json() == []
    letter = subscribed.node.webhooks.waiting(name)
    assert not letter


def test_a_dead_letter_that_is_dropped_lets_its_stream_go_on(
    subscribed: Subscribed,
) -> None:
    made = subscribed.make(kinds=["invoice.", "agreement."])
    name = made["webhook"]
    first = subscribed.send(name)[0]
    subscribed.node.webhooks.end(name)
    name = subscribed.make(kinds=["invoice.", "agreement."])["webhook"]
    subscribed.receiver.status = lambda got: 400 if got.id == first.id else 204
    subscribed.send(name)
    for _ in RETRY_SECONDS:
        subscribed.now += RETRY_SECONDS[-1]
        subscribed.send(name)
    door = subscribed.door
    (dead,) = door.get(f"{AT}/{name}/dead-letters").json()
    assert dead["behind"] == len(subscribed.node.webhooks.waiting(name)) - 1
    path = f"{AT}/{name}/dead-letters/{dead['number']}/dropping"
    assert door.post(path, None).status_code == 204
    got = subscribed.send(name)
    assert len(got) == dead["behind"]
    assert all(each.stream == first.stream for each in got)


def test_after_so_many_failures_nothing_is_sent_until_somebody_says_so(
    subscribed: Subscribed,
) -> None:
    made = subscribed.make()
    name = made["webhook"]
    subscribed.receiver.status = lambda _: 500
    tries = 0
    while not subscribed.known(name).paused:
        tries += len(subscribed.send(name))
        subscribed.now += RETRY_SECONDS[-1]
    assert subscribed.known(name).paused is PauseReason.FAILING
    assert FAILURES_MAX <= tries < FAILURES_MAX + 4
    assert subscribed.send(name) == []
    subscribed.another("meanwhile")
    subscribed.receiver.status = lambda _: 204
    door = subscribed.door
    assert door.post(f"{AT}/{name}/resumption", None).status_code == 204
    got = subscribed.send(name)
    assert sorted(each.id for each in got) == subscribed.readable()


def test_who_says_that_it_is_gone_is_sent_nothing(subscribed: Subscribed) -> None:
    made = subscribed.make(kinds=["invoice.issued"])
    subscribed.receiver.status = lambda _: 410
    assert len(subscribed.send(made["webhook"])) == 1
    assert subscribed.known(made["webhook"]).paused is PauseReason.GONE


def test_a_redirect_is_not_followed(subscribed: Subscribed) -> None:
    made = subscribed.make(kinds=["invoice.issued"])
    subscribed.receiver.status = lambda _: 307
    (got,) = subscribed.send(made["webhook"])
    assert got.path == "/hooks?of=bergen"
    (letter,) = subscribed.node.webhooks.waiting(made["webhook"])
    assert letter.said == 307


def test_who_is_killed_while_sending_sends_it_again_and_loses_nothing(
    subscribed: Subscribed,
) -> None:
    made = subscribed.make()
    name, receiver = made["webhook"], subscribed.receiver

    async def killed() -> None:
        receiver.held.clear()
        task = asyncio.create_task(WebhookSender(subscribed.node).serve(name))
        while not receiver.got:
            await asyncio.sleep(0.005)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        receiver.held.set()

    asyncio.run(killed())
    under_way = {each.id for each in receiver.got}
    got = subscribed.send(name)
    assert sorted(each.id for each in got) == subscribed.readable()
    assert under_way <= {each.id for each in got}


def test_who_is_slow_holds_up_nobody_else(subscribed: Subscribed) -> None:
    slow = subscribed.make(kinds=["invoice.issued"])["webhook"]
    other = Receiver()
    with serving(other):
        node = replace(
            subscribed.node,
            webhooks_way=WayOut([subscribed.receiver.origin, other.origin]),
        )
        subscribed.door = Door(node, type(subscribed.door.client)(create_app(node)))
        quick = subscribed.make(address=other.address)["webhook"]
        subscribed.receiver.held.clear()
        end = len(subscribed.readable())

        async def run() -> None:
            task = asyncio.create_task(WebhookSender(node).run())
            while subscribed.known(quick).delivered < end:
                assert not task.done()
                await asyncio.sleep(0.01)
            assert subscribed.known(slow).delivered == 0
            subscribed.receiver.held.set()
            while subscribed.known(slow).delivered < 1:
                await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(asyncio.wait_for(run(), 30))


def test_a_secret_is_shown_once_and_changed(subscribed: Subscribed) -> None:
    key = {"Idempotency_Key": "mine"}
    door, body = subscribed.door, {"address": subscribed.receiver.address}
    made = door.post(AT, body, **key).json()
    again = door.post(AT, body, **key).json()
    assert (again["webhook"], again["secret"]) == (made["webhook"], "")
    name = made["webhook"]
    changed = door.post(f"{AT}/{name}/secret", None).json()
    assert changed["secret"] != made["secret"]
    subscribed.another("one")
    (got,) = subscribed.send(name)
    assert _signs(made["secret"], got)
    assert _signs(changed["secret"], got)
    subscribed.now = subscribed.known(name).before_until
    subscribed.another("two")
    (got,) = subscribed.send(name)
    assert not _signs(made["secret"], got)
    assert _signs(changed["secret"], got)


def test_a_subscription_is_its_organisations(subscribed: Subscribed) -> None:
    name = subscribed.make()["webhook"]
    door = subscribed.door
    others: dict[str, Any] = {"organisation": STAVANGER}
    assert door.get(AT, **others).json() == []
    is_problem(door.get(f"{AT}/{name}", **others), 404, "not_found")
    for act in ("end", "pause", "resumption", "secret"):
        answer = door.post(f"{AT}/{name}/{act}", None, **others)
        is_problem(answer, 404, "not_found")
    assert door.post(f"{AT}/{name}/pause", None).status_code == 204
    assert subscribed.send(name) == []
    assert door.post(f"{AT}/{name}/end", None).status_code == 204
    assert door.get(AT).json() == []


def test_an_organisation_has_so_many(subscribed: Subscribed) -> None:
    for _ in range(WEBHOOKS_MAX):
        subscribed.make()
    body = {"address": subscribed.receiver.address}
    is_problem(subscribed.door.post(AT, body), 409, "webhooks_full")


def test_what_cannot_be_subscribed_to_is_refused_at_its_field(
    subscribed: Subscribed,
) -> None:
    for said, code in (
        ({"kinds": ["weather."]}, "webhook_kind"),
        ({"address": "https://10.0.0.1/"}, "webhook_address"),
    ):
        body = {"address": subscribed.receiver.address, **said}
        told = is_problem(subscribed.door.post(AT, body), 422, code)
        assert told["errors"][0]["field"] == next(iter(said))
