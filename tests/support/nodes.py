"""The nodes of a running federation, as who asks them sees them."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import httpx

from api.auth import Role
from deploy.local.federation import LocalFederation
from domain.values import REGIONAL_AUTHORITY, Region
from tests.support.commands import wait_for

LATER: Final = "2027-12-31"
"""A business day no earlier than those of the folders, and within a year of them."""


@dataclass
class Nodes:
    """Asks nodes, sends them commands, and waits until they hold and have folded."""

    federation: LocalFederation
    day: str = field(default=LATER, kw_only=True)
    """On which what is sent is recorded."""

    def call(
        self, region: Region, path: str, body: dict[str, str] | None = None
    ) -> Any:
        """Ask a region's node, or send it a command."""
        token = self.federation.token(REGIONAL_AUTHORITY[region], Role.REGISTRAR)
        headers = {"Authorization": f"Bearer {token}"}
        if body is not None:
            headers["Fagnett-Business-Day"] = self.day
            headers["Idempotency-Key"] = body["org_number"]
        url = f"{self.federation.urls[region]}{path}"
        method = "GET" if body is None else "POST"
        answer = httpx.request(method, url, json=body, headers=headers, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def known(self, at: Region, of: Region) -> Any:
        """Return what a node says of a region."""
        return self.call(at, "/v1/federation")["regions"][of.value]

    def register(self, region: Region, number: str) -> None:
        """Record something at a region."""
        body = {"org_number": number, "name": "Sykehus", "short_name": "S"}
        body |= {"kind": "hf", "region": region.value}
        self.call(region, "/v1/organisations", body)

    def arrived(self, origin: Region, *at: Region) -> None:
        """Wait until regions hold all that one has recorded."""
        recorded = self.known(origin, origin)["position"]
        for region in at:
            wait_for(
                partial(self._holds, region, origin, recorded),
                f"{origin.value}'s log at {region.value}",
            )

    def _holds(self, at: Region, of: Region, position: int) -> bool:
        return bool(self.known(at, of)["position"] == position)

    def folded(self, *at: Region) -> None:
        """Wait until the answers of nodes hold all that all regions have recorded."""
        for region in at:
            for origin in Region:
                recorded = self.known(origin, origin)["position"]
                wait_for(
                    partial(self._folds, region, origin, recorded),
                    f"{origin.value} in the answers of {region.value}",
                )

    def _folds(self, at: Region, of: Region, position: int) -> bool:
        told = self.known(at, of)
        return told["projected"] == position and told["stopped_at"] is None
