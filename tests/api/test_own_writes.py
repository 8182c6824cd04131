"""Who has just recorded something reads it, and what may be elsewhere is said so."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from api.auth import Role
from api.hearing import SILENT_SECONDS, not_heard
from api.words import Language
from domain.values import Region
from tests.api.test_problems import is_problem
from tests.support.doors import AUTHORITY, NETWORK, Door
from tests.support.examples import BERGEN

READER = (Role.READER,)


@contextmanager
def folding(
    door: Door, monkeypatch: pytest.MonkeyPatch, pause: float
) -> Iterator[None]:
    """Let the read models follow in a thread of their own, and each step take long."""
    projector = door.node.projector
    step, stop = projector.step, threading.Event()

    def slow(origin: str) -> int:
        stop.wait(pause)
        return step(origin)

    monkeypatch.setattr(projector, "step", slow)
    thread = threading.Thread(target=projector.run)
    thread.start()
    try:
        while not projector.follows(door.node.region.value):
            stop.wait(0.001)
        yield
    finally:
        stop.set()
        projector.stop()
        thread.join()


def test_an_answer_includes_what_was_recorded_for_who_asks(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    with folding(door, monkeypatch, 0.1):
        door.register(BERGEN)
        for number in range(5):
            named = {**NETWORK, "network": f"ms-{number}"}
            assert door.post("/v1/networks", named).status_code == 201
            answer = door.call("GET", f"/v1/networks/ms-{number}", roles=READER)
            assert answer.status_code == 200, "nothing was given in at_least"


def test_what_is_not_folded_any_more_keeps_nobody_waiting(door: Door) -> None:
    door.register(BERGEN)
    assert door.post("/v1/networks", NETWORK).status_code == 201
    assert door.node.recorded[BERGEN] == 2
    missed = door.call("GET", "/v1/networks/ms", roles=READER)
    is_problem(missed, 404, "not_found")


def test_a_command_waits_for_what_it_is_to_be_decided_from(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.dependencies.READ_WAIT_SECONDS", 0.05)
    door.register(BERGEN)
    here = door.post("/v1/networks?at_least=vest:1", NETWORK)
    assert here.status_code == 201
    named = {**NETWORK, "network": "other"}
    later = is_problem(
        door.post("/v1/networks?at_least=nord:7", named), 503, "not_yet_here"
    )
    assert later["region"] == "nord"
    assert door.node.journal.positions()["vest"].position == 2, "nothing was decided"
    is_problem(door.post("/v1/networks?at_least=x", named), 422, "invalid_row")


def test_what_is_unknown_names_who_may_have_said_it(door: Door) -> None:
    """Nobody was heard yet; then all are, and one has said more than is here."""
    missed = is_problem(door.get("/v1/networks/ms", **AUTHORITY), 404, "not_found")
    assert missed["not_heard"] == ["midt", "nord", "sorost"]
    assert "Helse Nord was never heard here" in missed["detail"]
    assert "What the address names is not here (yet)" in missed["detail"]
    now = door.node.unix_seconds()
    for listener in door.node.listeners.values():
        listener.heard_at = now
    missed = is_problem(door.get("/v1/networks/ms", **AUTHORITY), 404, "not_found")
    assert "not_heard" not in missed
    door.node.listeners[Region.NORD].size = 3
    door.register(BERGEN)
    missed = is_problem(door.get("/v1/networks/ms", roles=READER), 404, "not_found")
    assert missed["not_heard"] == ["nord"]
    assert "more than has come here" in missed["detail"]
    door.node.listeners[Region.NORD].heard_at = now - SILENT_SECONDS - 1
    said = not_heard(door.node, Language.NN, folded=False)
    assert said[Region.NORD].startswith("Helse Nord er ikkje høyrd sidan 20")


def test_a_command_on_what_is_unknown_says_it_too(door: Door) -> None:
    door.register(BERGEN)
    answer = door.post("/v1/reports/r/decisions", {"outcome": "approved"})
    refused = is_problem(answer, answer.status_code, "unknown_report")
    assert refused["not_heard"] == ["midt", "nord", "sorost"]


def test_an_address_that_nothing_is_at_and_nobody_s_question_say_nothing(
    door: Door,
) -> None:
    nowhere = is_problem(door.get("/v1/nowhere", **AUTHORITY), 404, "not_found")
    assert "not_heard" not in nowhere
    assert "not here (yet)" not in nowhere["detail"]
    stranger = door.client.request("GET", "/v1/problems/nothing")
    assert "not_heard" not in stranger.json()


def test_who_says_what_it_wants_of_a_region_is_not_told_that_there_may_be_more(
    door: Door,
) -> None:
    """A year that is played knows what every region has recorded."""
    door.register(BERGEN)
    wanted = "&".join(f"at_least={each}:0" for each in ("midt", "nord", "sorost"))
    answer = door.post(f"/v1/reports/r/decisions?{wanted}", {"outcome": "approved"})
    refused = is_problem(answer, answer.status_code, "unknown_report")
    assert "not_heard" not in refused
    assert "heard" not in refused["detail"]


def test_a_node_that_has_just_begun_blames_no_region(door: Door) -> None:
    now = door.node.unix_seconds()
    for listener in door.node.listeners.values():
        listener.begun_at = now
    said = not_heard(door.node, Language.NB, folded=False)[Region.NORD]
    assert said.startswith(
        "Helse Nord er ikke hørt ennå, for noden her startet nettopp"
    )
    for listener in door.node.listeners.values():
        listener.begun_at = now - SILENT_SECONDS - 1
    said = not_heard(door.node, Language.NB, folded=False)[Region.NORD]
    assert said.startswith("Helse Nord er ikke hørt siden noden her startet 20")
