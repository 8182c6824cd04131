"""What a browser is shown: the node's page, and the API's documentation, all its own."""

import re
from datetime import timedelta

import pytest

from api.pages.rendering import FILES
from api.problems import wants_page
from domain.values import EARLIEST_DAY, day_end, instant_text
from federation.journal.announced import Announced, keep
from tests.support.doors import Door

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        (BROWSER, True),
        ("text/html", True),
        ("text/html;q=0.9, application/json", True),
        ("application/json, text/html", False),
        ("application/json", False),
        ("*/*", False),
        ("", False),
        (None, False),
    ],
)
def test_a_page_is_for_who_asks_for_pages(accept: str | None, page: bool) -> None:
    assert wants_page(accept) is page


@pytest.mark.parametrize(
    ("asked", "said", "language"),
    [
        ({"Accept-Language": "nb"}, "Logg inn i Helse Vest", "nb"),
        ({"Accept-Language": "nn"}, "mellom helseregionane", "nn"),
        ({"Accept-Language": "en-GB"}, "Sign in at Helse Vest", "en"),
        ({}, "Logg inn i Helse Vest", "nb"),
    ],
)
def test_a_browser_reads_which_node_this_is_and_how_it_is(
    door: Door, asked: dict[str, str], said: str, language: str
) -> None:
    home = door.client.request("GET", "/", headers={"Accept": BROWSER, **asked})
    assert (home.status_code, home.headers["location"]) == (303, "/sign-in")
    answer = door.client.request(
        "GET", "/sign-in", headers={"Accept": BROWSER, **asked}
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-language"] == language
    assert said in answer.text
    assert f'<html lang="{language}"' in answer.text
    for name in ("Helse Midt-Nor", "Helse Nord", "Helse S"):
        assert name in answer.text
    for path in ("/docs", "/readyz", "/metrics"):
        assert path in answer.text


def test_the_language_can_be_chosen_on_the_page(door: Door) -> None:
    headers = {"Accept": BROWSER, "Accept-Language": "nb"}
    answer = door.client.request("GET", "/sign-in?language=en", headers=headers)
    assert "Sign in at Helse Vest" in answer.text
    assert "fagnett-language=en" in answer.headers["set-cookie"]


@pytest.mark.parametrize("path", ["/sign-in", "/docs"])
def test_nothing_of_a_page_is_from_elsewhere_or_within_it(
    door: Door, path: str
) -> None:
    answer = door.client.request("GET", path, headers={"Accept": BROWSER})
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "//" not in re.sub(r"https?://www\.w3\.org", "", answer.text)
    assert "style=" not in answer.text
    assert not re.search(r"<script(?! src=)", answer.text)
    for name in re.findall(r'(?:src|href)="(/static/[^"]+)"', answer.text):
        file = door.client.request("GET", name)
        assert file.status_code == 200, name
        assert file.headers["x-content-type-options"] == "nosniff"
        if name.endswith(".css"):
            assert not re.search(
                r"@import|url\(['\"]?(?!['\"]?data:|inter-latin-)", file.text
            )


def test_only_the_files_of_the_pages_are_given(door: Door) -> None:
    for name in FILES:
        assert door.client.request("GET", f"/static/{name}").status_code == 200
    for name in ("README.md", "sign_in.html", "..%2fauth.py", "LICENSE", "x"):
        assert door.client.request("GET", f"/static/{name}").status_code == 404


def test_a_federation_in_which_no_day_has_begun_is_not_complete_to_1899(
    door: Door,
) -> None:
    end = instant_text(day_end(EARLIEST_DAY - timedelta(days=1)))
    with door.node.journal.writing() as cursor:
        keep(cursor, "nord", Announced(1, 0, end, "note"))
    answer = door.client.request(
        "GET", "/sign-in?language=en", headers={"Accept": BROWSER}
    )
    assert "1899" not in answer.text
