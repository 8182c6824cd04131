"""Webhooks on pages: made, with a secret that is shown once, seen to and ended."""

import re

import pytest

from api.auth import Role
from api.desk.webhooks import RETRY_SECONDS, PauseReason, Queued
from tests.support.doors import Door
from tests.support.examples import BERGEN
from tests.support.visiting import PageVisitor

AT = "/organisation/webhooks"
TYPED = {"address": "https://receiver.example/x", "kinds": "invoice. statement."}


@pytest.fixture
def controller(door: Door) -> PageVisitor:
    """Give a controller of a trust that is registered."""
    door.register(BERGEN)
    return PageVisitor(door)


def _made(controller: PageVisitor) -> str:
    key = re.search(r'name="key" value="(\w+)"', controller.get(f"{AT}/new").text)
    assert key is not None
    made = controller.post(f"{AT}/new", key=key[1], **TYPED)
    assert "whsec_" in made.text
    again = controller.post(f"{AT}/new", key=key[1], **TYPED)
    assert again.status_code == 303, "its secret is shown once"
    return str(again.headers["location"])


def test_a_webhook_is_made_paused_given_another_secret_and_ended(
    controller: PageVisitor,
) -> None:
    assert "No webhooks" in controller.text(AT)
    on = _made(controller)
    assert "invoice., statement." in controller.text(AT)
    for what, said in (("pause", "Paused"), ("resume", "Is sent")):
        assert controller.post(on, do=what).headers["location"] == on
        assert said in controller.text(on)
    assert "whsec_" in controller.post(on, do="secret").text
    assert "whsec_" not in controller.get(on).text
    assert "End the webhook?" in controller.text(f"{on}/end")
    assert controller.post(on, do="end").headers["location"] == AT
    assert controller.get(on).status_code == 404


@pytest.mark.parametrize(
    ("field", "typed"),
    [("address", ""), ("address", "http://receiver.example/"), ("kinds", "weather.")],
)
def test_what_is_refused_is_told_at_its_field(
    controller: PageVisitor, field: str, typed: str
) -> None:
    answer = controller.post(f"{AT}/new", **{**TYPED, field: typed})
    assert "No webhook was made" in answer.text
    assert f'id="{field}-e"' in answer.text
    for value in {**TYPED, field: typed}.values():
        assert f'value="{value}"' in answer.text


def test_what_is_dead_is_sent_again_or_left_out(controller: PageVisitor) -> None:
    on, kept = _made(controller), controller.door.node.webhooks
    name = on.rpartition("/")[2]
    known = kept.named(name)
    assert known is not None
    came = [
        Queued("vest", each, "vest:invoice:a", f"vest/1/{each}", "invoice.issued.v4")
        for each in (1, 2)
    ]
    assert kept.queue(known, came, known.positions)
    for _ in range(len(RETRY_SECONDS) + 1):
        kept.failed(kept.waiting(name)[0], 500, 1)
    text = controller.text(on)
    assert "vest/1/1 invoice.issued.v4 9 HTTP 500 1 Send again" in text
    assert controller.post(on, do="again", number="1").status_code == 303
    assert not kept.waiting(name)[0].is_dead
    for _ in range(len(RETRY_SECONDS) + 1):
        kept.failed(kept.waiting(name)[0], 500, 1)
    assert "Stopped after failures" in controller.text(on)
    assert controller.post(on, do="drop", number="1").status_code == 303
    assert [each.number for each in kept.waiting(name)] == [2]
    assert controller.post(on, do="drop", number="2").status_code == 404
    assert controller.post(on, do="drop", number="x").status_code == 404
    assert controller.post(on, do="x").status_code == 404


def test_each_state_has_words_in_each_language(controller: PageVisitor) -> None:
    on, kept = _made(controller), controller.door.node.webhooks
    for reason in PauseReason:
        kept.pause(on.rpartition("/")[2], reason)
        for language in ("nb", "nn", "en"):
            for page in (AT, on):
                assert controller.get(f"{page}?language={language}").status_code == 200


def test_who_does_not_subscribe_sees_none(controller: PageVisitor) -> None:
    on = _made(controller)
    reader = PageVisitor(controller.door, role=Role.READER)
    assert AT not in reader.get("/organisation").text
    for path in (AT, f"{AT}/new", on, f"{on}/end"):
        assert reader.get(path).status_code == 403
    assert reader.post(on, do="end").status_code == 403
    assert AT in controller.get("/organisation").text
