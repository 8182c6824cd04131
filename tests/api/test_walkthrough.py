"""The year in ``api/README.md`` is sent as it stands there."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.auth import Role
from api.ehf.exact import faults
from deploy.cli.next_steps import FIRST_DAY, FIRST_TRUST
from domain.values import Region
from federation.log.arrivals import arrived
from tests.support.federation import InProcess, in_process, token
from tests.support.official_rules import broken

pytestmark = pytest.mark.anyio

README = Path(__file__).parents[2] / "api" / "README.md"
BLOCK = re.compile(r"```http\n(.*?)\n```", re.DOTALL)


@dataclass
class Step:
    """One request, and what the answer must say."""

    method: str
    region: Region
    path: str
    headers: dict[str, str]
    body: Any
    status: int
    members: Any


def steps() -> list[Step]:
    """Return the requests of the document."""
    return [step(block) for block in BLOCK.findall(README.read_text())]


def step(block: str) -> Step:
    """Read a request."""
    asked, _, answered = block.rpartition("→ ")
    head, _, body = asked.strip().partition("\n\n")
    first, *lines = head.split("\n")
    method, region, path = first.split(" ")
    status, _, members = answered.partition(" ")
    return Step(
        method,
        Region(region),
        path,
        dict(line.split(": ", 1) for line in lines),
        json.loads(body) if body else None,
        int(status),
        json.loads(members) if members else {},
    )


def said(answer: Any, members: Any) -> Any:
    """Return of an answer what the document shows of it."""
    if isinstance(members, list):
        assert len(answer) == len(members), answer
        return [said(*each) for each in zip(answer, members, strict=True)]
    return {
        name: said(answer[name], of) if name == "statement" else answer[name]
        for name, of in members.items()
    }


async def everywhere(federation: InProcess) -> None:
    """Wait until every node holds what every other has recorded."""
    held = {
        region.value: node.journal.positions()[region.value].position
        for region, node in federation.nodes.items()
    }
    for node in federation.nodes.values():
        assert await arrived(node.journal, held, 30) == held
        assert node.projector.wait_for(held, 30)


async def test_the_year_in_the_document_is_as_it_says(tmp_path: Path) -> None:
    etag = ""
    async with in_process(tmp_path) as federation:
        async with httpx.AsyncClient(mounts=federation.doors) as client:
            for each in steps():
                who = each.headers.pop("As").split(" ")
                organisation, role, actor = (*who, "somebody")[:3]
                bearer = token(organisation, Role(role), actor=actor)
                headers = {"Authorization": f"Bearer {bearer}"}
                if "Day" in each.headers:
                    headers["Fagnett-Business-Day"] = each.headers.pop("Day")
                if "If-Match" in each.headers:
                    headers["If-Match"] = etag
                    del each.headers["If-Match"]
                answer = await client.request(
                    each.method,
                    f"{federation.urls[each.region]}{each.path}",
                    json=each.body,
                    headers={**headers, **each.headers},
                )
                assert answer.status_code == each.status, answer.text
                etag = answer.headers.get("ETag", etag)
                if each.path.endswith("/ehf"):
                    assert (faults(answer.content), broken(answer.content)) == ([], [])
                    continue
                if "/pdf" in each.path:
                    assert answer.content.startswith(b"%PDF-")
                    continue
                assert said(answer.json(), each.members) == each.members
                await everywhere(federation)
        assert len(steps()) > 20


def test_a_federation_of_one_s_own_begins_as_the_document_does() -> None:
    first = steps()[0]
    assert json.loads(FIRST_TRUST) == first.body
    assert first.headers["Day"] == FIRST_DAY
