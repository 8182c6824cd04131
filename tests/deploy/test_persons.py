"""Who decides is a person of one organisation, also where nobody logs in."""

from pathlib import Path

import pytest
from joserfc import jwt

from api.auth import Role
from api.people import person_of
from deploy.local.home import Home
from deploy.tokenfiles import load_token_key
from domain.values import Region
from tests.support.examples import BERGEN, OSLO
from tests.support.federation import in_process

SAMPLE = Path(__file__).parents[2] / "deploy" / "sample" / "2026"


def test_a_token_of_a_local_federation_is_a_persons(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make_keys()
    key = load_token_key(home.token_public)
    said = jwt.decode(home.token_for(BERGEN, Role.CONTROLLER), key, ["Ed25519"]).claims
    assert said["sub"] == person_of(BERGEN) == f"person-1-{BERGEN}"
    people = {person_of(BERGEN), person_of(BERGEN, 2), person_of(OSLO)}
    assert len(people) == 3
    assert person_of("../Oslo 1/ø") == "person-1-Oslo1"


@pytest.mark.anyio
async def test_a_played_year_is_decided_by_persons(tmp_path: Path) -> None:
    async with in_process(tmp_path) as federation:
        await federation.play(SAMPLE)
        journal = federation.nodes[Region.VEST].journal
        entries = [
            entry
            for region in Region
            for entry in journal.entries(region.value, 0, 1000)
        ]
    approved = [each for each in entries if each.type.startswith("invoice.approved")]
    assert approved
    for each in entries:
        assert b'"actor":"person-' in each.body, each.type
    assert all(b'"decided_by":"person-1-' in each.body for each in approved)
    assert any(b'"actor":"person-2-' in each.body for each in entries), "of the two"
