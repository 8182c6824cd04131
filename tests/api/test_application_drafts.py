"""Drafts of applications: whoever saves, nothing that anybody typed is lost."""

from dataclasses import replace

from api.desk.application_drafts import (
    KEPT_VERSIONS,
    ApplicationDraft,
    ApplicationDrafts,
)
from api.pages.grants.grant_draft import merged
from tests.support.examples import BERGEN, OSLO
from tests.support.federation import desk_in_memory

BEGUN = ApplicationDraft(BERGEN, "a", "call", "kari", version=0, saved_by="kari")


def test_of_two_who_save_at_once_the_second_is_told() -> None:
    drafts = ApplicationDrafts(desk_in_memory())
    first = drafts.save(replace(BEGUN, typed={"title": "A"}))
    assert first is not None
    mine = drafts.save(replace(first, typed={"title": "B"}, saved_by="per"))
    assert mine is not None
    assert drafts.save(replace(first, typed={"title": "C"})) is None
    assert drafts.last(BERGEN, "a") == mine
    assert drafts.version(BERGEN, "a", 1) == first
    assert drafts.authors(BERGEN, "a") == ["kari", "per"]
    assert drafts.of(BERGEN) == [mine]
    assert not drafts.of(OSLO)
    assert drafts.last(OSLO, "a") is None


def test_the_last_versions_are_kept() -> None:
    drafts = ApplicationDrafts(desk_in_memory())
    last: ApplicationDraft | None = BEGUN
    for _ in range(KEPT_VERSIONS + 2):
        assert last is not None
        last = drafts.save(last)
    assert drafts.version(BERGEN, "a", 2) is None
    assert drafts.version(BERGEN, "a", 3) is not None


def test_a_draft_is_its_beginners_until_it_is_shared() -> None:
    assert BEGUN.is_open_to("kari")
    assert not BEGUN.is_open_to("per")
    assert replace(BEGUN, is_shared=True).is_open_to("per")


def test_what_two_have_changed_is_merged_field_by_field() -> None:
    base = {"title": "A", "workplace": "W", "lines.0.line": "x"}
    mine = {**base, "title": "B"}
    theirs = {**base, "workplace": "V"}
    assert merged(base, mine, theirs) == (
        {**base, "title": "B", "workplace": "V"},
        set(),
    )
    theirs = {**base, "title": "C", "lines.1.line": "y"}
    both, clashes = merged(base, mine, theirs)
    assert both["title"] == "B"
    assert both["lines.1.line"] == "y"
    assert clashes == {"title"}
    emptied = {**base, "title": ""}
    assert "title" not in merged(base, emptied, base)[0]
