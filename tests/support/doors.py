"""Calling a node's API in a test."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from eventsourcing.persistence import StoredEvent
from fastapi import FastAPI

from api.app import create_app
from api.auth import Role
from api.services import Node
from domain.values import REGIONAL_AUTHORITY, Region
from federation.journal.sqlite import SQLiteJournal
from federation.log.redeciding import redecide
from federation.signed.entry import entry_id
from tests.support.described import check_described
from tests.support.examples import BERGEN, STAVANGER
from tests.support.federation import instant, node_of, token

DAY = "2026-01-05"
DETAILS = {"account": "86011117947", "kid_check": "mod10", "kid_length": 12}
AUTHORITY: dict[str, Any] = {"organisation": REGIONAL_AUTHORITY[Region.VEST]}
"""Who reads before anybody is registered."""
INVOICED = f"/v1/invoices/{STAVANGER}/2026/1"
INVOICED_ORE = 18100000 * 5 // 4


def coded(errors: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return the fields and codes of a problem's errors, which all have words too."""
    assert all(each["detail"] for each in errors)
    return [{"field": each["field"], "code": each["code"]} for each in errors]


class Client:
    """Calls an app in this process, one request after the other."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def request(self, method: str, path: str, **content: Any) -> httpx.Response:
        """Send one request."""

        async def send() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=self._transport, base_url="http://node.test"
            ) as client:
                return await client.request(method, path, **content)

        answer = asyncio.run(send())
        check_described(self._app, method, answer)
        return answer


class Door:
    """One node, and somebody who calls it."""

    def __init__(self, node: Node, client: Client) -> None:
        self.node = node
        self.client = client
        self.forged: set[str] = set()
        """The entries that were recorded past all rules."""

    def forge(self, event: StoredEvent) -> None:
        """Record something past all rules."""
        (row,) = self.node.journal.append([event])
        self.forged.add(entry_id(row.origin, row.epoch, row.position))

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        organisation: str = BERGEN,
        roles: tuple[Role, ...] = (Role.CONTROLLER,),
        actor: str = "tester",
        **headers: str,
    ) -> httpx.Response:
        """Call as an organisation's people; headers are named with underscores."""
        sent = {
            "Authorization": f"Bearer {token(organisation, *roles, actor=actor)}",
            "Fagnett-Business-Day": DAY,
            "Accept-Language": "en",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        name = "content" if isinstance(body, bytes) else "json"
        return self.client.request(method, path, headers=sent, **{name: body})

    def post(self, path: str, body: Any, **who: Any) -> httpx.Response:
        """Send a command."""
        return self.call("POST", path, body, **who)

    def get(self, path: str, **who: Any) -> httpx.Response:
        """Ask a question, of what this node has recorded so far."""
        position = self.node.journal.positions()[self.node.region.value].position
        self.node.projector.catch_up()
        separator = "&" if "?" in path else "?"
        wanted = f"at_least={self.node.region.value}:{position}"
        return self.call("GET", f"{path}{separator}{wanted}", **who)

    def sign(
        self, path: str, body: Any, *, read_at: str | None = None, **who: Any
    ) -> httpx.Response:
        """Send a command that signs what is read at the address above its own."""
        read = self.get(read_at or path.rpartition("/")[0])
        return self.post(path, body, If_Match=read.headers["ETag"], **who)

    def register(self, *numbers: str) -> None:
        """Register organisations of this node's region."""
        region = self.node.region
        for number in numbers:
            body = {
                "org_number": number,
                "name": f"Trust {number}",
                "short_name": "T",
                "kind": "hf",
                "region": region.value,
            }
            answer = self.post(
                "/v1/organisations",
                body,
                organisation=REGIONAL_AUTHORITY[region],
                roles=(Role.REGISTRAR,),
            )
            assert answer.status_code == 201, answer.text

    def agree(self) -> None:
        """Bring two trusts of this region to an agreement in force."""
        self.register(BERGEN, STAVANGER)
        self.post("/v1/networks", NETWORK)
        self.post("/v1/agreements/a/versions", VERSION)
        path = "/v1/agreements/a/versions/1/answer"
        answer = self.sign(path, {"answer": "accepted"}, organisation=STAVANGER)
        assert answer.status_code == 201, answer.text

    def invoice(self) -> None:
        """Let Stavanger invoice Bergen for half a year, with VAT and KID."""
        self.agree()
        at = f"/v1/organisations/{STAVANGER}/billing-details"
        calls: list[tuple[str, dict[str, Any], str]] = [
            (at, DETAILS, STAVANGER),
            ("/v1/posts/nurse/staffing", {"change": "filled", "effective_on": "2026-01-01", "holder": "Liv"}, STAVANGER),
            ("/v1/reports", {"report": "r", "network": "ms", "trust": STAVANGER, "period_start": "2026-01-01", "period_end": "2026-12-31"}, STAVANGER),
            ("/v1/reports/r/decisions", {"outcome": "approved"}, BERGEN),
            ("/v1/agreements/a/invoices", {"period_start": "2026-01-01", "period_end": "2026-06-30"}, STAVANGER),
        ]  # fmt: skip
        for path, body, organisation in calls:
            day = "2026-07-10" if path.endswith("invoices") else DAY
            answer = self.post(
                path, body, organisation=organisation, Fagnett_Business_Day=day
            )
            assert answer.status_code == 201, answer.text

    def kid(self) -> str:
        """Return the KID of that document, as its EHF has it."""
        text = self.get(f"{INVOICED}/ehf").text
        return text.split("<cbc:PaymentID>")[1].split("<")[0]


@contextmanager
def opened(folder: Path, region: Region = Region.VEST) -> Iterator[Door]:
    """Open the door of an empty node."""
    journal = SQLiteJournal(folder / "journal.sqlite", region, instant)
    node = node_of(journal, folder)
    door = Door(node, Client(create_app(node)))
    yield door
    # Whatever a test asks for: the region could only decide what it recorded.
    found = redecide(journal, region.value).unfounded
    assert {each.place for each in found} == door.forged
    node.views.dispose()
    journal.close()


NETWORK: dict[str, Any] = {
    "network": "ms",
    "kind": "local",
    "name_nb": "Nettverk for MS",
    "name_en": "Network for MS",
    "coordinating_trust": BERGEN,
    "starts_on": "2026-01-01",
    "model": "with_part_time_posts",
    "coordination_budget_ore": 0,
}

WAIVED = {
    "endorsement_waived": "As agreed before",
    "cooperation_waived": "As agreed before",
}
"""Why a national network's version leaves out what is asked of it."""
VERSION: dict[str, Any] = {
    "version": 1,
    "network": "ms",
    "payer": BERGEN,
    "payee": STAVANGER,
    "effective_from": "2026-01-01",
    "starts_on": "2026-01-01",
    "ends_on": "2026-12-31",
    "frequency": "half_yearly",
    "vacancy": "stop",
    "vat_treatment": "standard",
    "vat_reason": "competence work",
    "posts": [
        {
            "post": "nurse",
            "content": "Teaching",
            "percent": "20",
            "starts_on": "2026-01-01",
            "ends_on": "2026-12-31",
            "annual_cost_ore": 365_000_00,
        }
    ],
}
