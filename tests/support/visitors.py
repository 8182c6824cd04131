"""Somebody who looks at pages of a node in a test, signed in in a role."""

import re
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import httpx

from api.auth import Role
from api.people import person_of
from domain.values import REGIONAL_AUTHORITY, Region
from federation.journal.sqlite import SQLiteJournal
from tests.support.doors import Door
from tests.support.examples import BERGEN
from tests.support.replication import register

_TAGS: Final = re.compile(r"<[^>]*>")
_BLANKS: Final = re.compile(r"\s+")


class Visitor:
    """A browser without scripts."""

    def __init__(
        self,
        door: Door,
        organisation: str = BERGEN,
        role: Role = Role.CONTROLLER,
        language: str = "en",
    ) -> None:
        self._door = door
        self._organisation = organisation
        sessions, now = door.node.sessions, door.node.unix_seconds()
        begun = sessions.begin(person_of(organisation), now)
        self.session = sessions.act_as(begun, organisation, role, None)
        region = door.node.region.value
        self._headers = {
            "Accept": "text/html",
            "Accept-Language": language,
            "Cookie": f"fagnett-{region}={self.session.secret}",
        }

    def look(self, path: str, **asked: Any) -> httpx.Response:
        """Look at a page."""
        self._door.node.projector.catch_up()
        where = f"{path}?{urlencode(asked)}" if asked else path
        return self._door.client.request("GET", where, headers=self._headers)

    def read(self, path: str, **asked: Any) -> str:
        """Read the words of a page that there is, blanks folded."""
        answer = self.look(path, **asked)
        assert answer.status_code == 200, f"{answer.status_code} {words(answer)}"
        return words(answer)

    def press(self, path: str, **fields: str) -> httpx.Response:
        """Send a form of this session."""
        self._door.node.projector.catch_up()
        sent = {"form": self.session.form_token, **fields}
        return self._door.client.request("POST", path, data=sent, headers=self._headers)

    def give(
        self, path: str, name: str, content: bytes, field: str = "file", **typed: str
    ) -> httpx.Response:
        """Send a file with a form of this session."""
        self._door.node.projector.catch_up()
        sent = {"form": self.session.form_token, **typed}
        files = {field: (name, content)}
        return self._door.client.request(
            "POST", path, data=sent, files=files, headers=self._headers
        )


def words(answer: httpx.Response) -> str:
    """Words of a page, without tags and with plain blanks."""
    _, _, main = answer.text.partition("<main")
    return _BLANKS.sub(" ", _TAGS.sub(" ", main)).strip()


def hidden(answer: httpx.Response) -> dict[str, str]:
    """Fields that a page sends along unseen."""
    found = re.findall(
        r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.text
    )
    return {name: unescape(value) for name, value in found if name != "form"}


def others_are_heard(door: Door, folder: Path, at: datetime) -> None:
    """Let every other region record something at an instant, and the node hold it."""
    for region in Region:
        if region is door.node.region:
            continue
        path = folder / f"heard-{region.value}.sqlite"
        journal = SQLiteJournal(path, region, lambda: at)
        register(journal, REGIONAL_AUTHORITY[region])
        rows = journal.entries(region.value, 0, 100)
        with door.node.journal.writing() as cursor:
            door.node.journal.insert_rows(cursor, rows)
        journal.close()
    door.node.projector.catch_up()
