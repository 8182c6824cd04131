"""Coming to an agreement and ending it, as two controllers do through the API."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.values import Region
from tests.support.crossing import THEIRS, base
from tests.support.doors import DAY, NETWORK, VERSION, Door
from tests.support.examples import BERGEN, STAVANGER, TROMSO
from tests.support.logs import hold, row_of
from tests.support.scenario import Scenario

AGREEMENT = "/v1/agreements/a"
HOST = {"organisation": STAVANGER}
FORDE = "983974732"
SECTIONS = dict.fromkeys(("tasks", "obligations", "aims", "economy"), "One\nTwo")


def proposed(door: Door, **changes: Any) -> Door:
    """Propose a version between two trusts of this region."""
    door.register(BERGEN, STAVANGER)
    door.post("/v1/networks", NETWORK)
    answer = door.post(f"{AGREEMENT}/versions", {**VERSION, **changes})
    assert answer.status_code == 201, answer.text
    return door


def read(door: Door, path: str = "", **who: Any) -> dict[str, Any]:
    """Return an agreement or a part of it."""
    answer = door.get(f"{AGREEMENT}{path}", **who)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def etag(door: Door, path: str) -> str:
    """Return the tag of terms."""
    tag: str = door.get(f"{AGREEMENT}{path}").headers["ETag"]
    return tag


def test_a_counter_proposal_is_read_adopted_and_signed_twice(door: Door) -> None:
    proposed(door)
    body = {**VERSION, "version": 2, "frequency": "monthly"}
    countered = door.sign(f"{AGREEMENT}/versions/1/counter-proposal", body, **HOST)
    assert countered.status_code == 201, countered.text
    assert countered.headers["Location"] == f"{AGREEMENT}/counter-proposals/2"
    agreement = read(door)
    assert agreement["status"] == "proposed"
    assert [each["status"] for each in agreement["versions"]] == ["countered"]
    (counter,) = agreement["counter_proposals"]
    assert (counter["status"], counter["answers_version"]) == ("proposed", 1)
    assert [each["organisation"] for each in counter["signatures"]] == [STAVANGER]
    path = f"{AGREEMENT}/counter-proposals/2/adoption"
    assert door.post(path, None, If_Match='"other"').status_code == 412
    tag = etag(door, "/counter-proposals/2")
    adopted = door.post(path, None, If_Match=tag)
    assert adopted.status_code == 201, adopted.text
    version = read(door, "/versions/2")
    assert version["status"] == "accepted"
    assert f'"{version["fingerprint"]}"' == tag
    signed = [each["organisation"] for each in version["signatures"]]
    assert signed == [STAVANGER, BERGEN]
    entries = {entry["id"] for entry in adopted.json()["recorded"]}
    assert version["signatures"][1]["entry"] in entries
    (counter,) = read(door)["counter_proposals"]
    assert counter["status"] == "accepted"
    assert read(door)["status"] == "in_force"


@pytest.mark.rule("S1-09")
def test_another_trust_binds_nobody_and_takes_no_number(door: Door) -> None:
    proposed(door)
    door.register(FORDE)
    theirs = {"organisation": FORDE}
    door.post(
        "/v1/networks",
        {**NETWORK, "network": "als"} | {"coordinating_trust": FORDE},
        **theirs,
    )

    def sent(code: str, status: int, name: str = "a", **changes: Any) -> None:
        path = f"/v1/agreements/{name}/versions"
        answer = door.post(path, {**VERSION, **changes}, **theirs)
        assert (answer.status_code, answer.json()["code"]) == (status, code)

    als = {"network": "als", "payer": FORDE}
    sent("not_a_party", 422, name="b", network="als")
    sent("not_entitled", 403)
    sent("not_entitled", 403, version=2)
    sent("parties_fixed", 409, **als)
    sent("parties_fixed", 409, version=2, **als)
    moved = {**VERSION, "version": 2, "payee": FORDE}
    answer = door.post(f"{AGREEMENT}/versions", moved)
    assert (answer.status_code, answer.json()["code"]) == (409, "parties_fixed")
    assert STAVANGER in answer.json()["detail"]
    found = read(door)
    assert [each["version"] for each in found["versions"]] == [1]
    assert found["displaced"] == []


def test_who_has_lost_a_name_sees_it(door: Door) -> None:
    door.register(BERGEN, STAVANGER)
    door.post("/v1/networks", NETWORK)
    door.post("/v1/agreements/ms-ous/versions", VERSION)
    late = Scenario()
    late.receive(*base())
    late.given(THEIRS)
    for number, entry in enumerate(late.held):
        at = datetime(2030, 1, 1, 12, tzinfo=UTC) + timedelta(minutes=number)
        if entry.stream.region is Region.NORD:
            hold(door.node.journal, [row_of(entry, number, at)])
    found = door.get("/v1/agreements/ms-ous?as_of=2030-01-01").json()
    (ours,), (theirs,) = found["versions"], found["displaced"]
    assert (ours["payer"], ours["status"]) == (BERGEN, "proposed")
    assert (theirs["payer"], theirs["status"]) == (TROMSO, "displaced")
    assert theirs["signatures"][0]["organisation"] == TROMSO


def test_a_short_fingerprint_is_the_same_for_both(door: Door) -> None:
    proposed(door)
    found = read(door, "/versions/1", **HOST)
    short = found["short_fingerprint"]
    assert short.replace(" ", "") == found["fingerprint"][:16]
    assert [len(group) for group in short.split(" ")] == [4, 4, 4, 4]
    assert read(door, "/versions/1")["short_fingerprint"] == short


def test_a_withdrawn_version_is_shown_until_it_is_declined(door: Door) -> None:
    proposed(door)
    path = f"{AGREEMENT}/versions/1"
    withdrawn = door.post(
        f"{path}/withdrawal", None, If_Match=etag(door, "/versions/1")
    )
    assert withdrawn.status_code == 201, withdrawn.text
    agreement = read(door)
    assert agreement["status"] == "not_agreed"
    assert agreement["versions"][0]["status"] == "withdrawn"
    accepted = door.sign(f"{path}/answer", {"answer": "accepted"}, **HOST)
    assert (accepted.status_code, accepted.json()["code"]) == (409, "version_withdrawn")
    declined = door.sign(f"{path}/answer", {"answer": "declined"}, **HOST)
    assert declined.status_code == 201
    assert read(door)["versions"][0]["status"] == "declined"


@pytest.mark.rule("S1-05")
@pytest.mark.law(8)
def test_an_endorser_is_named_to_the_own_people_alone(door: Door) -> None:
    proposed(door, endorsement_required=True)
    path = f"{AGREEMENT}/versions/1"
    accept = {"answer": "accepted"}
    assert door.sign(f"{path}/answer", accept, **HOST).json()["code"] == "not_endorsed"
    body = {"role": "leader", "endorsed_by": "Anne Leder", "endorsed_on": DAY}
    endorsed = door.sign(f"{path}/endorsements", body, **HOST)
    assert endorsed.status_code == 201, endorsed.text
    assert door.sign(f"{path}/answer", accept, **HOST).status_code == 201
    (ours,) = read(door, "/versions/1", **HOST)["endorsements"]
    assert ours["endorser_name"] == "Anne Leder"
    (theirs,) = read(door, "/versions/1")["endorsements"]
    assert theirs["endorser_name"] is None
    assert theirs["endorsement"]["endorsed_by"].startswith("p-")
    assert b"Anne" not in b"".join(
        row.body for row in door.node.journal.entries("vest", 0, 100)
    )


@pytest.mark.rule("S1-27")
def test_terms_say_all_that_was_agreed(door: Door) -> None:
    proposed(
        door,
        cooperation=SECTIONS,
        notice_months=3,
        travel="payer",
        vat_decided_by="Ola Jurist",
        vat_decided_on="2025-12-01",
        archive_reference="2026/1473",
    )
    found = read(door, "/versions/1")
    assert found["cooperation"] == SECTIONS
    assert (found["notice_months"], found["travel"]) == (3, "payer")
    assert found["archive_reference"] == "2026/1473"
    assert found["vat_decider_name"] == "Ola Jurist"
    assert read(door, "/versions/1", **HOST)["vat_decider_name"] is None
    lacking = {**VERSION, "version": 2, "cooperation": {**SECTIONS, "aims": ""}}
    answer = door.post(f"{AGREEMENT}/versions", lacking)
    assert answer.json()["code"] == "terms_incomplete"
    assert answer.json()["detail"] == "The terms lack aims."


def test_a_terminated_agreement_ends_on_its_last_day(door: Door) -> None:
    proposed(door, notice_months=1)
    answer = {"answer": "accepted"}
    door.sign(f"{AGREEMENT}/versions/1/answer", answer, **HOST)
    path = f"{AGREEMENT}/terminations"
    early = door.post(path, {"ends_on": "2026-02-04"}, **HOST)
    assert early.json()["code"] == "notice_too_short"
    body = {"ends_on": "2026-02-05", "reason": "No nurse"}
    assert door.post(path, body, **HOST).status_code == 201
    agreement = read(door)
    assert (agreement["status"], agreement["last_day"]) == ("in_force", "2026-02-05")
    (termination,) = agreement["terminations"]
    assert termination["terminated_by"] == STAVANGER
    settled = door.get("/v1/settlement?year=2026").json()["agreements"]
    assert [each["committed"] for each in settled] == [36 * 1_000_00]
    later = {"Fagnett_Business_Day": "2026-02-06"}
    door.post("/v1/networks", {**NETWORK, "network": "c"}, **later)
    assert read(door, **later)["status"] == "terminated"


def test_wages_grow_by_a_proposal_with_its_factor_and_source(door: Door) -> None:
    proposed(door)
    door.sign(f"{AGREEMENT}/versions/1/answer", {"answer": "accepted"}, **HOST)
    body = {
        "version": 2,
        "effective_from": "2026-01-05",
        "factor": "1.04",
        "source": "TBU",
    }
    grown = door.post(f"{AGREEMENT}/wage-growth", body)
    assert grown.status_code == 201, grown.text
    assert grown.headers["Location"] == f"{AGREEMENT}/versions/2"
    version = read(door, "/versions/2")
    assert version["posts"][0]["annual_cost_ore"] == 379_600_00
    assert version["wage_growth"] == {
        "factor": "1.04",
        "source": "TBU",
        "of_version": 1,
    }
    door.sign(f"{AGREEMENT}/versions/2/answer", {"answer": "accepted"}, **HOST)
    first, second = read(door)["versions"]
    assert (first["superseded_by"], second["superseded_by"]) == (2, None)
    assert door.post(
        f"{AGREEMENT}/wage-growth", {**body, "version": 3, "factor": "0"}
    ).status_code == (422)
