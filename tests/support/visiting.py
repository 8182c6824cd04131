"""Somebody who is signed in and looks at the pages of a node in this process."""

import re
from collections.abc import Mapping

import httpx

from api.auth import Role
from tests.support.doors import Door
from tests.support.examples import BERGEN

BROWSER: Mapping[str, str] = {"Accept": "text/html"}


class PageVisitor:
    """Reads pages and sends their forms, in a role."""

    def __init__(
        self,
        door: Door,
        organisation: str = BERGEN,
        role: Role = Role.CONTROLLER,
        *,
        person: str = "person-1",
        language: str = "en",
        mandate: int | None = None,
    ) -> None:
        node = door.node
        begun = node.sessions.begin(person, node.unix_seconds(), language=language)
        self.session = node.sessions.act_as(begun, organisation, role, mandate)
        self.door = door

    def get(self, path: str) -> httpx.Response:
        """Read a page, of what is recorded so far."""
        self.door.node.projector.catch_up()
        return self.door.client.request("GET", path, headers=self._headers())

    def text(self, path: str) -> str:
        """Text of a page that is there, its tags left out."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return plain(answer.text)

    def post(self, path: str, **fields: str) -> httpx.Response:
        """Send a form of the visitor's session."""
        data = {"form": self.session.form_token, **fields}
        return self.door.client.request(
            "POST", path, data=data, headers=self._headers()
        )

    def upload(self, path: str, name: str, content: bytes) -> httpx.Response:
        """Send a file in a form of the visitor's session."""
        return self.door.client.request(
            "POST",
            path,
            data={"form": self.session.form_token},
            files={"file": (name, content)},
            headers=self._headers(),
        )

    def _headers(self) -> dict[str, str]:
        region = self.door.node.region.value
        return {**BROWSER, "Cookie": f"fagnett-{region}={self.session.secret}"}


def plain(page: str) -> str:
    """What people read of a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())
