"""Rules warn with a command's receipt, and whoever asks; in the caller's language."""

from typing import Any

import orjson
import pytest

from api.words import Language, catalogue
from domain.warning import warning_codes
from tests.support.doors import NETWORK, VERSION, WAIVED, Door
from tests.support.examples import BERGEN, STAVANGER

NATIONAL = {
    **NETWORK,
    "kind": "national",
    "name_en": "Norwegian National Network for MS",
}
HOST = {"organisation": STAVANGER}
PATH = "/v1/agreements/a/versions"
FILLED = {"change": "filled", "effective_on": "2026-01-01", "holder": "Liv"}


def established(door: Door, **network: Any) -> None:
    """Bring two trusts of this region to a network."""
    door.register(BERGEN, STAVANGER)
    assert door.post("/v1/networks", {**NATIONAL, **network}).status_code == 201


def proposed(door: Door, **key: str) -> Any:
    """Propose a version that waives what is asked of it."""
    answer = door.post(PATH, {**VERSION, **WAIVED}, **key)
    assert answer.is_success, answer.text
    return answer.json()["warnings"]


@pytest.mark.rule("S1-05")
@pytest.mark.rule("S1-27")
def test_a_receipt_says_what_rules_warn_of(door: Door) -> None:
    established(door)
    found = proposed(door)
    assert found[0] == {
        "rule": "S1-05",
        "code": "endorsement_waived",
        "values": {"agreement": "a", "version": 1, "reason": "As agreed before"},
        "detail": "Version 1 of a is not endorsed by the host's line. "
        "Reason: As agreed before",
    }
    rules = [each["rule"] for each in found]
    assert rules[:2] == ["S1-05", "S1-27"]
    assert set(rules[2:]) == {"S1-33"}, "all are asked of one region"


def test_the_same_command_again_is_warned_of_as_before(door: Door) -> None:
    established(door)
    first = proposed(door, Idempotency_Key="one")
    again = door.post(PATH, {**VERSION, **WAIVED}, Idempotency_Key="one")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json()["warnings"] == first
    assert proposed(door, Idempotency_Key="two") == first


def test_a_line_of_many_commands_is_warned_of_as_its_own_address(door: Door) -> None:
    established(door)
    line = {
        "command": "propose_version",
        "idempotency_key": "k",
        "agreement": "a",
        **VERSION,
        **WAIVED,
    }
    answer = door.post("/v1/commands", orjson.dumps(line))
    (said,) = map(orjson.loads, answer.content.splitlines())
    assert said["status"] == 201, said
    assert said["warnings"] == proposed(door)


@pytest.mark.rule("S1-08")
@pytest.mark.rule("S1-33")
def test_whoever_asks_later_is_told(door: Door) -> None:
    established(door)
    proposed(door)
    staffed = door.post("/v1/posts/nurse/staffing", FILLED, **HOST)
    (warning,) = staffed.json()["warnings"]
    assert (warning["rule"], warning["values"]["post"]) == ("S1-08", "nurse")
    of_agreement = door.get("/v1/agreements/a/warnings").json()
    assert [each["rule"] for each in of_agreement] == ["S1-05", "S1-27", "S1-08"]
    of_network = door.get("/v1/networks/ms/warnings", Accept_Language="nn").json()
    assert {each["rule"] for each in of_network} == {"S1-33"}
    assert of_network[0]["detail"].startswith("I nettverket ms er det inga")
    for path in ("/v1/agreements/b/warnings", "/v1/networks/b/warnings"):
        assert door.get(path).status_code == 404


@pytest.mark.rule("S4-15")
def test_a_local_network_is_warned_of(door: Door) -> None:
    established(door, kind="local")
    (warning,) = proposed(door)
    assert (warning["rule"], warning["code"]) == ("S4-15", "own_cost")


def test_every_warning_has_words_that_its_values_fill() -> None:
    words = catalogue().sentences["warning"]
    assert {*warning_codes()} <= words.keys()
    assert all(
        words[code][language] for code in warning_codes() for language in Language
    )
