"""Signing out: what ends at the provider ends here, and the other way about."""

from typing import Any

import httpx
import pytest

from api.pages.cookies import session_there
from tests.support.provider import (
    BROWSER,
    CLIENT,
    ISSUER,
    NODE,
    FakeProvider,
    SignInDoor,
)

SESSION = "__Host-fagnett-vest"


class TestEndedThere:
    """The provider says that somebody has signed out."""

    def _told(self, at: SignInDoor, token: str) -> int:
        return at.client.request(
            "POST", f"{NODE}/sign-in/ended", data={"logout_token": token}
        ).status_code

    def _signed_in(self, at: SignInDoor) -> bool:
        answer = at.go("/role")
        return answer.status_code == 200

    def test_its_session_ends_here_and_no_other(
        self, at: SignInDoor, provider: FakeProvider
    ) -> None:
        at.finish(at.begin())
        assert self._signed_in(at)
        assert self._told(at, provider.logout_token(sid="another")) == 200
        assert self._signed_in(at)
        assert self._told(at, provider.logout_token(jti="logout-2")) == 200
        assert not self._signed_in(at)

    def test_all_of_somebody_end(self, at: SignInDoor, provider: FakeProvider) -> None:
        at.finish(at.begin())
        token = provider.logout_token(sid=None, sub="subject-of-liv")
        assert self._told(at, token) == 200
        assert not self._signed_in(at)

    def test_it_is_taken_once(self, at: SignInDoor, provider: FakeProvider) -> None:
        token = provider.logout_token()
        assert self._told(at, token) == 200
        assert self._told(at, token) == 400

    @pytest.mark.parametrize(
        "claims",
        [
            {"events": None},
            {"events": []},
            {"events": {"other": {}}},
            {"nonce": "x"},
            {"sid": None},
            {"jti": None},
            {"aud": "another"},
            {"iss": "https://other.test"},
            {"exp": 0},
            {"exp": None},
        ],
    )
    def test_what_is_no_such_token_ends_nothing(
        self, at: SignInDoor, provider: FakeProvider, claims: dict[str, Any]
    ) -> None:
        at.finish(at.begin())
        assert self._told(at, provider.logout_token(**claims)) == 400
        assert self._signed_in(at)

    def test_an_id_token_is_none(self, at: SignInDoor, provider: FakeProvider) -> None:
        at.finish(at.begin())
        assert self._told(at, provider.id_token()) == 400
        assert self._signed_in(at)

    def test_those_who_came_by_no_provider_stay(
        self, at: SignInDoor, provider: FakeProvider
    ) -> None:
        sessions, now = at.door.node.sessions, provider.now
        begun = sessions.begin("person-1", now)
        sessions.end_of_provider("")
        assert sessions.find(begun.secret, now) is not None
        assert session_there(ISSUER, "") == ""


class TestEndedInAFrame:
    """The provider's page opens an address of the node in a frame."""

    def _framed(self, at: SignInDoor, **said: str) -> httpx.Response:
        address = f"/sign-in/ended/frame?{httpx.QueryParams(said)}"
        return at.client.request("GET", f"{NODE}{address}", headers=BROWSER)

    def test_its_session_ends_without_a_cookie(self, at: SignInDoor) -> None:
        at.finish(at.begin())
        assert self._framed(at, iss=ISSUER, sid="another").status_code == 200
        assert at.go("/role").status_code == 200
        answer = self._framed(at, iss=ISSUER, sid="their-session")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert at.go("/role").status_code == 303

    @pytest.mark.parametrize(
        "said",
        [
            {},
            {"sid": "their-session"},
            {"iss": ISSUER},
            {"iss": f"{ISSUER}/", "sid": "their-session"},
            {"iss": "https://other.test", "sid": "their-session"},
        ],
    )
    def test_what_another_says_ends_nothing(
        self, at: SignInDoor, said: dict[str, str]
    ) -> None:
        at.finish(at.begin())
        assert self._framed(at, **said).status_code == 400
        assert at.go("/role").status_code == 200

    def test_the_provider_alone_may_frame_it_and_it_alone(self, at: SignInDoor) -> None:
        at.begin()
        headers = self._framed(at, iss=ISSUER, sid="x").headers
        policy = headers["content-security-policy"].split("; ")
        assert f"frame-ancestors {ISSUER}" in policy
        assert "default-src 'none'" in policy
        assert "x-frame-options" not in headers
        for other in ("/sign-in", "/sign-in/over"):
            other_headers = at.go(other).headers
            assert other_headers["x-frame-options"] == "DENY"


def test_who_signs_out_here_is_led_to_sign_out_there(
    at: SignInDoor, provider: FakeProvider
) -> None:
    at.finish(at.begin())
    session = at.door.node.sessions.find(at.cookies[SESSION], provider.now)
    assert session is not None
    form = {"form": session.form_token}
    answer = at.go("/sign-out", "POST", data=form)
    assert answer.headers["location"] == "/sign-in/over"
    assert at.cookies[SESSION] == ""
    assert at.door.node.sessions.find(session.secret, provider.now) is None
    page = at.go("/sign-in/over")
    assert page.headers["refresh"].startswith(f"0; url={ISSUER}/end?client_id={CLIENT}")
    assert "post_logout_redirect_uri=https%3A%2F%2Fnode.test%2Fsign-in" in page.text
