"""What pages are kept from: other sites' forms, other hosts' names, haste, and links elsewhere."""

import ast
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from api.app import create_app
from api.auth import Role
from api.guards import (
    CHANGES,
    FROM_PROVIDER,
    REMEMBERED_MAX,
    SIGN_INS_AT_ONCE,
    Pace,
)
from api.pages.addresses import FIRST_PAGE, on_this_node
from api.pages.rendering import SECURE
from domain.values import Region
from tests.api.test_problems import is_problem
from tests.support.doors import Client, Door
from tests.support.examples import BERGEN, STAVANGER
from tests.support.provider import (
    NODE,
    FakeProvider,
    SignInDoor,
    with_provider,
)
from tests.support.visitors import Visitor

BROWSER = {"Accept": "text/html", "Accept-Language": "en"}
ASKS_FIRST = ("sent_form", "form_with_files", "_taken")
"""Whatever reads a form, and asks for its token before all else."""
ELSEWHERE = [
    "//evil.test",
    "///evil.test",
    "////evil.test/x",
    "/\\evil.test",
    "\\\\evil.test",
    "/\t/evil.test",
    "/\n/evil.test",
    "https://evil.test",
    "https:evil.test",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.test",
    "",
    "/x\r\nSet-Cookie: a=b",
    "/x\u2028",
    "//[",
    "/" + "x" * 3000,
]
NAMED = {
    **dict.fromkeys(("first", "organisation", "payee", "payer"), BERGEN),
    "second": STAVANGER,
    "year": "2026",
}
OF_KIND = (("date", "2026-12-31"), ("Region", "vest"), ("int", "1"))
"""What stands in an address: by a parameter's name, else by a part of its annotation."""
ENDLESS = ("/v1", CHANGES)
"""No pages; what tells them of changes has no end (``test_changes``)."""
NO_SESSION = {
    "/sign-in": "lets somebody in; no form of another site reaches it",
    FROM_PROVIDER: "comes from the provider, which signs it",
}
"""Forms that no session's token is asked for."""


def _session(
    door: Door, role: Role = Role.CONTROLLER, person: str = "person-1"
) -> dict[str, str]:
    begun = door.node.sessions.begin(person, door.node.unix_seconds())
    acting = door.node.sessions.act_as(begun, BERGEN, role, None)
    return {**BROWSER, "Cookie": f"fagnett-vest={acting.secret}"}


def _pages(door: Door, method: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield each page's address, with something for its parameters, and its function."""
    for context in iter_route_contexts(create_app(door.node).routes):
        route = context.original_route
        path = str(getattr(route, "path", context.path))
        if method in (context.methods or ()) and not path.startswith(ENDLESS):
            endpoint = getattr(route, "endpoint", _pages)
            yield _filled(path, inspect.get_annotations(endpoint)), endpoint


def _page_routes(door: Door, method: str) -> Iterator[str]:
    return (path for path, _ in _pages(door, method))


def _filled(path: str, hints: Mapping[str, object]) -> str:
    filled = {
        name: NAMED.get(name) or _of_kind(str(kind)) for name, kind in hints.items()
    }
    days = {name: day for name, day in filled.items() if day == OF_KIND[0][1]}
    place = re.sub(r"{(\w+)(?::\w+)?}", lambda each: filled[each[1]], path)
    return f"{place}?{urlencode(days)}" if days else place


def _of_kind(annotation: str) -> str:
    return next((value for part, value in OF_KIND if part in annotation), "x")


@pytest.mark.parametrize("address", ELSEWHERE)
def test_nobody_is_led_elsewhere(address: str) -> None:
    assert on_this_node(address) == FIRST_PAGE


@pytest.mark.parametrize("address", ["/my-day", "/networks/ms?x=1&y=%2F%2Fz#top", "/"])
def test_an_address_of_this_node_is_kept(address: str) -> None:
    assert on_this_node(address) == address


def test_no_way_in_leads_elsewhere(door: Door) -> None:
    at = with_provider(door, FakeProvider())
    for address in ("//evil.test", "///evil.test", "/x\r\nSet-Cookie: a=b"):
        said = at.begin(str(httpx.URL("", params={"next": address}).params)[5:])
        answer = at.finish(said)
        assert answer.headers["location"] == "/role?next=%2Fmy-day"
        assert set(answer.headers.get_list("set-cookie")) == {
            each
            for each in answer.headers.get_list("set-cookie")
            if each.startswith(("__Host-fagnett-vest=", "fagnett-vest-begun="))
        }


def test_a_page_that_failed_leads_back_to_this_node_alone(door: Door) -> None:
    for referer in ("http://node.test//evil.test/x", "http://evil.test/"):
        headers = {**BROWSER, "Referer": referer}
        answer = door.client.request("GET", "/nowhere", headers=headers)
        assert answer.status_code == 404
        assert "evil" not in answer.text


def test_every_form_asks_for_the_token_of_its_session(door: Door) -> None:
    door.register(BERGEN, STAVANGER)
    door.node.projector.catch_up()
    pages = dict(_pages(door, "POST"))
    assert {*NO_SESSION, "/role", "/sign-out"} <= set(pages)
    # Nobody may ask so often: each address is somebody else's.
    for number, path in enumerate(sorted(set(pages) - set(NO_SESSION))):
        # What such an address names may not be there; then the code must ask first of all.
        source = inspect.getsource(pages[path])
        asked = any(f"await {way}(visit" in source for way in ASKS_FIRST)
        for role in (Role.CONTROLLER, Role.APPROVER, Role.LEADER, Role.ADMINISTRATOR):
            for form in ({}, {"form": ""}, {"form": "0" * 64}, {"form": "å"}):
                answer = door.client.request(
                    "POST",
                    path,
                    headers=_session(door, role, f"person-{number}"),
                    data={"person": "x", **form},
                )
                assert answer.status_code in {403, 404, 422}, (path, form)
                asked |= "Code: form_of_another_session." in answer.text
        assert asked, path


def test_no_page_changes_anything_where_it_is_only_opened(door: Door) -> None:
    before = door.node.journal.positions()
    for path in _page_routes(door, "GET"):
        door.client.request("GET", path, headers=_session(door))
    assert door.node.journal.positions() == before


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://node.test"}, False),
        ({"Origin": "http://node.test"}, True),
        ({"Origin": "https://node.test"}, False),
        ({"Origin": "http://evil.test"}, False),
        ({"Origin": "null"}, False),
    ],
)
def test_a_form_of_another_site_is_refused_before_anything_is_read(
    door: Door, headers: dict[str, str], ours: bool
) -> None:
    for path in ("/sign-in", "/sign-out", "/role"):
        answer = door.client.request(
            "POST", path, headers={**_session(door), **headers}, data={"person": "x"}
        )
        assert ("Code: form_of_another_site." in answer.text) is not ours


def _html(door: Door) -> Iterator[tuple[str, httpx.Response]]:
    for path in _page_routes(door, "GET"):
        for headers in (BROWSER, _session(door), _session(door, Role.OPERATOR)):
            answer = door.client.request("GET", path, headers=headers)
            if answer.headers.get("content-type", "").startswith("text/html"):
                yield path, answer


def test_every_page_forbids_frames_scripts_of_others_and_guesses(door: Door) -> None:
    door.register(BERGEN, STAVANGER)
    door.node.projector.catch_up()
    shown = set()
    for path, answer in _html(door):
        shown.add(path)
        assert answer.status_code < 500, path
        for name, value in SECURE.items():
            assert answer.headers[name] == value, (path, name)
        assert answer.headers["cache-control"] == "no-store", path
        assert not re.search(r"<script(?! src=\"/static/)|\son\w+=|style=", answer.text)
    assert {"/sign-in", "/role", "/my-day"} <= shown
    for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert part in SECURE["Content-Security-Policy"]
    assert "unsafe" not in SECURE["Content-Security-Policy"]


def test_problems_are_pages_as_safe_as_others(door: Door) -> None:
    for path in ("/nowhere", "/static/x"):
        answer = door.client.request("GET", path, headers=BROWSER)
        assert answer.status_code == 404
        assert {name: answer.headers.get(name) for name in SECURE} == SECURE


def test_browsers_keep_to_tls_once_they_have_come_by_it(door: Door) -> None:
    at = with_provider(door, FakeProvider())
    for path in ("/sign-in", "/nowhere", "/static/fagnett.css"):
        headers = at.go(path).headers
        assert headers["strict-transport-security"] == "max-age=31536000"
    plain = door.client.request("GET", "/sign-in", headers=BROWSER)
    assert "strict-transport-security" not in plain.headers


def test_what_a_browser_holds_is_for_this_node_over_tls_and_no_script(
    door: Door,
) -> None:
    at = with_provider(door, FakeProvider())
    begun = at.go("/sign-in/begin").headers["set-cookie"]
    at.cookies.clear()
    signed_in = at.finish(at.begin()).headers.get_list("set-cookie")
    spoken = at.go("/sign-in?language=nn").headers["set-cookie"]
    out = at.go("/sign-out", "POST", data=_form(at)).headers["set-cookie"]
    for each in (begun, signed_in[0], spoken, out):
        assert "; HttpOnly" in each
        assert "; SameSite=lax" in each
        assert "; Secure" in each
        assert "Domain" not in each
    assert signed_in[0].startswith("__Host-fagnett-vest=")
    assert "; Path=/sign-in/done" in begun


def _form(at: SignInDoor) -> dict[str, str]:
    secret = at.cookies["__Host-fagnett-vest"]
    session = at.door.node.sessions.find(secret, at.provider.now)
    assert session is not None
    return {"form": session.form_token}


def test_a_cookie_that_a_neighbouring_host_has_set_is_none(door: Door) -> None:
    at = with_provider(door, FakeProvider())
    at.finish(at.begin())
    at.cookies = {"fagnett-vest": at.cookies["__Host-fagnett-vest"]}
    assert at.go("/role").headers["location"] == "/sign-in"


def test_a_session_of_another_region_is_none_here(door: Door) -> None:
    other = replace(door.node, region=Region.NORD)
    begun = door.node.sessions.begin("person-1", door.node.unix_seconds())
    headers = {**BROWSER, "Cookie": f"fagnett-vest={begun.secret}"}
    client = Client(create_app(other))
    answer = client.request("GET", "/role", headers=headers)
    assert answer.headers["location"] == "/sign-in"
    for cookie in ("fagnett-vest=", "fagnett-vest=x; fagnett-nord=y", "fagnett-vest"):
        headers = {**BROWSER, "Cookie": cookie}
        answer = door.client.request("GET", "/role", headers=headers)
        assert answer.headers["location"] == "/sign-in"


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("node.test", True),
        ("NODE.test", True),
        ("127.0.0.1:8080", True),
        ("localhost", True),
        ("[::1]:8080", True),
        ("evil.test", False),
        ("node.test.evil.test", False),
        ("node.test@evil.test", False),
        ("node.test:444", False),
        ("localhost.evil.test", False),
        ("[", False),
    ],
)
def test_pages_are_shown_at_the_address_of_the_node_alone(
    door: Door, host: str, shown: bool
) -> None:
    at = with_provider(door, FakeProvider())
    answer = at.client.request(
        "GET", f"{NODE}/sign-in", headers={**BROWSER, "Host": host}
    )
    assert (answer.status_code == 200) is shown
    assert "evil" not in answer.text
    if not shown:
        assert answer.status_code == 421
    health = at.client.request("GET", f"{NODE}/healthz", headers={"Host": host})
    assert health.status_code == 200


def test_no_host_that_is_named_is_led_to(door: Door) -> None:
    for path in ("/", "/sign-in", "/my-day", "/sign-in/", "/nowhere"):
        answer = door.client.request(
            "GET", path, headers={**BROWSER, "Host": "evil.test"}
        )
        assert "evil" not in answer.headers.get("location", "")
        assert "evil" not in answer.text


@pytest.mark.parametrize(
    "name",
    [
        "../auth.py",
        "..%2fauth.py",
        "%2e%2e/auth.py",
        "..%5cauth.py",
        "%2e%2e%2f%2e%2e%2fpyproject.toml",
        "....//auth.py",
        "fagnett.css/../../auth.py",
        "fagnett.css%00",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "designsystemet/LICENSE",
        "",
    ],
)
def test_no_file_is_given_but_those_of_the_pages(door: Door, name: str) -> None:
    answer = door.client.request("GET", f"/static/{name}", headers=BROWSER)
    assert answer.status_code in {404, 422}
    assert "import" not in answer.text


def test_nothing_is_put_into_a_header(door: Door) -> None:
    for language in ("nb\r\nX-Evil: 1", "nb\nX-Evil: 1", "xx", "nb "):
        answer = door.client.request(
            "GET", "/sign-in", params={"language": language}, headers=BROWSER
        )
        assert answer.status_code == 200
        assert "x-evil" not in answer.headers
        assert "evil" not in answer.headers.get("set-cookie", "").lower()
    cookies = {"Cookie": "fagnett-language=nb%0d%0aX-Evil: 1"}
    answer = door.client.request("GET", "/sign-in", headers={**BROWSER, **cookies})
    assert answer.headers["content-language"] == "en"


def test_what_is_sent_has_bounds(door: Door) -> None:
    headers = _session(door)
    for form in (
        {"form": "x" * (2 * 1024 * 1024)},
        {f"field-{number}": "x" for number in range(2000)},
    ):
        answer = door.client.request("POST", "/sign-out", headers=headers, data=form)
        assert answer.status_code in {400, 403, 413, 422}, answer.status_code
    files = {"file": ("x", b"x" * (2 * 1024 * 1024))}
    answer = door.client.request("POST", "/sign-out", headers=headers, files=files)
    assert answer.status_code in {403, 413, 422}
    answer = door.client.request(
        "POST", "/role", headers=BROWSER, data={"person": "x", "form": "x"}
    )
    assert answer.status_code == 401, "a body is read of who is known alone"


class TestPace:
    """How often somebody may do something."""

    def test_each_has_so_many_and_more_with_time(self) -> None:
        now = 0.0
        pace = Pace(3, 0.5, lambda: now)
        assert [pace.take("a") for _ in range(4)] == [True, True, True, False]
        assert pace.take("b")
        now = 2.0
        assert [pace.take("a") for _ in range(2)] == [True, False]
        now = 1000.0
        assert [pace.take("a") for _ in range(4)] == [True, True, True, False]

    def test_what_is_remembered_has_a_bound(self) -> None:
        pace = Pace(1, 0.001, lambda: 0.0)
        for number in range(REMEMBERED_MAX + 10):
            assert pace.take(str(number))
        assert len(pace._left) == REMEMBERED_MAX


def test_signing_in_is_not_tried_without_end(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.guards.SIGN_INS_PER_SECOND", 0.001)
    at = with_provider(door, FakeProvider())
    codes = [at.go("/sign-in/done").status_code for _ in range(SIGN_INS_AT_ONCE + 5)]
    assert codes[0] == 403
    assert codes[-1] == 429
    assert at.go("/sign-in").status_code == 200


def test_a_person_does_not_ask_without_end(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.guards.REQUESTS_AT_ONCE", 5)
    monkeypatch.setattr("api.guards.REQUESTS_PER_SECOND", 0.001)
    headers = _session(door)
    path = "/static/x"
    codes = [
        door.client.request("GET", path, headers=headers).status_code for _ in range(7)
    ]
    assert codes == [404] * 5 + [429] * 2
    assert door.client.request("GET", path, headers=BROWSER).status_code == 404


def test_no_secret_is_compared_letter_by_letter() -> None:
    """Where one is held against another, it takes as long whatever was sent."""
    names = {
        "state",
        "nonce",
        "secret",
        "form_token",
        "token",
        "thumbprint",
        "verifier",
    }
    for path in (*Path("api/provider").glob("*.py"), *Path("api/desk").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Compare) and isinstance(
                node.ops[0], ast.Eq | ast.NotEq
            ):
                both = {ast.unparse(node.left), ast.unparse(node.comparators[0])}
                last = {each.rpartition(".")[2] for each in both}
                assert not last & names, f"{path}: {ast.unparse(node)}"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/invoices/x%00y/2026/1", 404, "not_found"),
        ("/v1/activity-reports/2026/%00", 404, "not_found"),
        ("/v1/agreements?trust=%00", 422, "control_character"),
    ],
)
def test_what_no_database_takes_is_refused_before_it_is_asked(
    door: Door, path: str, status: int, code: str
) -> None:
    """PostgreSQL takes no NUL; on SQLite it would find nothing."""
    is_problem(door.get(path), status, code)


def test_a_form_with_what_no_database_takes_is_refused(door: Door) -> None:
    door.register(BERGEN)
    answer = Visitor(door).press("/notices", address="a\0b@example.test", pace="daily")
    assert answer.status_code == 422
    assert "Code: control_character." in answer.text
