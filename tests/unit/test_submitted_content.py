"""What a call asks of the content of an application: that it is whole, covered, short."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain.document import Document
from domain.grants.application import (
    ApplicationSubmitted,
    Attachment,
)
from domain.grants.codes import GrantCode
from domain.grants.rules import UseRule
from tests.support.applications import (
    COLLABORATION,
    NETWORKS,
    SAFETY,
    applied,
    attachments,
    broken,
    document,
    kept,
    lacks,
    line,
    sections,
)

DAY = timedelta(days=1)


# What is whole


@pytest.mark.rule("S0-12")
@pytest.mark.parametrize(
    ("member", "value", "missing"),
    [
        pytest.param("title", " ", "title", marks=pytest.mark.rule("S0-13")),
        pytest.param("workplace", "", "workplace", marks=pytest.mark.rule("S0-14")),
        pytest.param(
            "sections",
            sections("programme"),
            "sections.purpose",
            marks=pytest.mark.rule("S0-15"),
        ),
        pytest.param(
            "sections",
            sections("purpose"),
            "sections.programme",
            marks=pytest.mark.rule("S0-16"),
        ),
        pytest.param("lines", (), "lines", marks=pytest.mark.rule("S0-17")),
    ],
)
def test_an_application_has_all_that_helse_nord_asks_for(
    member: str, value: object, missing: str
) -> None:
    changes: dict[str, Any] = {member: value}
    assert lacks(**changes) == missing
    kept()


def test_all_that_is_missing_is_told_at_once() -> None:
    nothing: dict[str, Any] = {
        "title": "",
        "workplace": "",
        "lines": (),
        "sections": (),
        "attachments": (),
        "purposes": (),
        "project_starts_on": None,
        "project_ends_on": None,
    }
    assert lacks(COLLABORATION, **nothing).split() == [
        "title",
        "workplace",
        "lines",
        "sections.lasting_change",
        "sections.effort_and_savings",
        "sections.user_involvement",
        "attachments.endorsement_form",
        "attachments.budget",
        "purposes",
        "project_starts_on",
        "project_ends_on",
    ]


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("lasting_change", marks=pytest.mark.rule("S3-18")),
        pytest.param("effort_and_savings", marks=pytest.mark.rule("S3-19")),
        pytest.param("user_involvement", marks=pytest.mark.rule("S3-20")),
    ],
)
def test_a_collaboration_has_every_section(key: str) -> None:
    keys = {"lasting_change", "effort_and_savings", "user_involvement"}
    others = sections(*sorted(keys - {key}))
    assert lacks(COLLABORATION, sections=others) == f"sections.{key}"
    kept(COLLABORATION, sections=sections(*sorted(keys), "more"))


def _attached(kind: str, document: Document | None, archived: str) -> Attachment:
    return Attachment(kind=kind, document=document, archived=archived)


@pytest.mark.parametrize(
    ("kind", "other"),
    [
        pytest.param("endorsement_form", "budget", marks=pytest.mark.rule("S3-35")),
        pytest.param("budget", "endorsement_form", marks=pytest.mark.rule("S3-36")),
    ],
)
def test_a_collaboration_has_every_attachment(kind: str, other: str) -> None:
    """The document itself, or where it is archived."""
    rest = attachments(other)
    assert lacks(COLLABORATION, attachments=rest) == f"attachments.{kind}"
    nowhere = (*rest, _attached(kind, None, " "))
    assert lacks(COLLABORATION, attachments=nowhere) == f"attachments.{kind}"
    kept(COLLABORATION, attachments=(*rest, _attached(kind, document(), "")))
    kept(COLLABORATION, attachments=(*rest, _attached(kind, None, "2025/1")))


@pytest.mark.parametrize(
    "purpose",
    [
        pytest.param("reduce_harm", marks=pytest.mark.rule("S2-05")),
        pytest.param("safety_culture", marks=pytest.mark.rule("S2-06")),
        pytest.param("workflow", marks=pytest.mark.rule("S2-07")),
        pytest.param("learning_from_harm", marks=pytest.mark.rule("S2-08")),
        pytest.param("spreading", marks=pytest.mark.rule("S2-09")),
    ],
)
def test_each_purpose_of_patient_safety_will_do(purpose: str) -> None:
    kept(SAFETY, purposes=(purpose,))
    assert lacks(SAFETY, purposes=(f"not_{purpose}",)) == "purposes"


@pytest.mark.rule("S2-38")
@pytest.mark.rule("S3-03")
@pytest.mark.rule("S3-12")
@pytest.mark.parametrize(
    ("preset", "purposes"),
    [
        (SAFETY, ("reduce_harm", "spreading")),
        (COLLABORATION, ("mandate_letter", "national_plan", "regional_plan")),
    ],
)
def test_a_project_has_a_purpose_of_the_call_and_no_other(
    preset: str, purposes: tuple[str, ...]
) -> None:
    kept(preset, purposes=purposes)
    kept(preset, purposes=purposes[:1])
    assert lacks(preset, purposes=()) == "purposes"
    assert lacks(preset, purposes=(*purposes, "else")) == "purposes"


def test_where_a_call_names_no_purposes_none_are_asked_for() -> None:
    kept(NETWORKS, purposes=("reduce_harm",))


@pytest.mark.parametrize(
    ("first", "last", "missing"),
    [
        (None, date(2024, 1, 1), "project_starts_on"),
        (date(2024, 1, 1), None, "project_ends_on"),
        (date(2024, 1, 2), date(2024, 1, 1), "project_ends_on"),
    ],
)
@pytest.mark.parametrize("preset", [SAFETY, COLLABORATION])
def test_a_project_has_its_days_where_the_call_bounds_them(
    preset: str, first: date | None, last: date | None, missing: str
) -> None:
    days: dict[str, Any] = {"project_starts_on": first, "project_ends_on": last}
    assert lacks(preset, **days) == missing
    kept(NETWORKS, **days)


def test_a_project_may_be_of_one_day() -> None:
    day = date(2024, 1, 1)
    kept(SAFETY, project_starts_on=day, project_ends_on=day)


# What is covered


@pytest.mark.parametrize(
    "category",
    [
        pytest.param("venue_and_catering", marks=pytest.mark.rule("S0-23")),
        pytest.param("speakers", marks=pytest.mark.rule("S0-24")),
        pytest.param("documentation", marks=pytest.mark.rule("S0-25")),
        pytest.param("dissemination", marks=pytest.mark.rule("S0-26")),
    ],
)
def test_what_helse_nord_covers_needs_no_reason(category: str) -> None:
    kept(lines=(line(category),))
    refusal = broken(GrantCode.UNKNOWN_CATEGORY, lines=(line(f"{category}_2"),))
    assert refusal.values == {"line": f"{category}_2"}


@pytest.mark.rule("S0-26")
@pytest.mark.rule("S2-13")
@pytest.mark.rule("S2-14")
@pytest.mark.rule("S2-15")
@pytest.mark.parametrize(
    ("preset", "category"),
    [
        (NETWORKS, "special_assignment"),
        (SAFETY, "released_staff"),
        (SAFETY, "equipment"),
    ],
)
def test_some_costs_are_explained(preset: str, category: str) -> None:
    explained = line(category, explanation="The ministry asked for it")
    kept(preset, lines=(explained,))
    for nothing in ("", "  "):
        lines = (line(category, explanation=nothing),)
        refusal = broken(GrantCode.REASON_MISSING, preset, lines=lines)
        assert refusal.values == {"line": category}


@pytest.mark.rule("S0-27")
@pytest.mark.parametrize(
    ("preset", "category"),
    [
        pytest.param(NETWORKS, "participant_travel", marks=pytest.mark.rule("S0-28")),
        pytest.param(NETWORKS, "user_representation", marks=pytest.mark.rule("S0-29")),
        pytest.param(NETWORKS, "alcohol", marks=pytest.mark.rule("S0-30")),
        pytest.param(SAFETY, "ordinary_operations", marks=pytest.mark.rule("S2-12")),
    ],
)
def test_some_costs_are_never_covered(preset: str, category: str) -> None:
    also = line(category, 1_00, explanation="Please")
    good = "speakers" if preset == NETWORKS else "project"
    lines = (line(good, 99_00), also)
    broken(GrantCode.CATEGORY_NOT_ALLOWED, preset, lines=lines)
    kept(preset, lines=(line(good, 100_00),))


@pytest.mark.rule("S0-40")
def test_the_list_of_what_is_covered_is_closed() -> None:
    broken(GrantCode.UNKNOWN_CATEGORY, lines=(line("project"),))
    broken(GrantCode.UNKNOWN_CATEGORY, SAFETY, lines=(line("speakers"),))
    kept(lines=(line("speakers"),))


def test_a_call_that_names_no_categories_covers_any() -> None:
    scenario = applied(NETWORKS, {"categories": ()}, lines=(line("anything"),))
    scenario.recorded(ApplicationSubmitted)


def test_lines_are_looked_at_by_name() -> None:
    """Line after line, each for all: an earlier line's fault hides a later one's."""
    alcohol, unknown = line("alcohol", line="b"), line("else", line="c")
    unexplained = line("special_assignment", line="a")
    for lines, code in (
        ((unknown, alcohol, unexplained), GrantCode.REASON_MISSING),
        ((unknown, alcohol), GrantCode.CATEGORY_NOT_ALLOWED),
        ((unknown,), GrantCode.UNKNOWN_CATEGORY),
    ):
        broken(code, lines=lines)


@pytest.mark.rule("S0-12")
@pytest.mark.rule("S0-17")
def test_the_lines_add_up_to_the_amount() -> None:
    lines = (line("documentation", 60_00), line("speakers", 40_00))
    kept(lines=lines)
    for amount in (99_99, 100_01):
        broken(GrantCode.BUDGET_DIFFERS, lines=lines, amount_ore=amount)


# How long a project lasts


@pytest.mark.rule("S2-16")
def test_a_project_ends_by_the_last_day_of_the_call() -> None:
    kept(SAFETY, project_ends_on=date(2024, 10, 1))
    broken(GrantCode.PROJECT_TOO_LONG, SAFETY, project_ends_on=date(2024, 10, 2))


@pytest.mark.rule("S3-11")
@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2025, 3, 1), date(2028, 2, 29)),
        (date(2025, 1, 1), date(2027, 12, 31)),
        (date(2024, 2, 29), date(2027, 2, 27)),
    ],
)
def test_a_project_lasts_three_years_at_the_most(first: date, last: date) -> None:
    """29 February three years on is the 28th, and the day before it the last."""
    kept(COLLABORATION, project_starts_on=first, project_ends_on=last)
    too_long: dict[str, Any] = {
        "project_starts_on": first,
        "project_ends_on": last + DAY,
    }
    broken(GrantCode.PROJECT_TOO_LONG, COLLABORATION, **too_long)


def test_years_to_the_end_of_the_calendar_can_be_counted() -> None:
    use = UseRule(project_years_max=100, remainder="lapses")
    last = date(2199, 12, 31)
    days: dict[str, Any] = {"project_starts_on": last, "project_ends_on": last}
    applied(COLLABORATION, {"use": use}, **days).recorded(ApplicationSubmitted)
