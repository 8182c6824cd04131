"""What is owed of applications, calls and grants, row for row of the rule book (§7)."""

from collections.abc import Collection
from datetime import date
from typing import Any

import pytest

from domain.grants.application import (
    APPLICATION,
    ApplicationContent,
    ApplicationPresented,
    ApplicationSubmitted,
)
from domain.grants.assessment import ASSESSMENT, ApplicationChecked, CheckOutcome
from domain.grants.award import (
    AWARDS,
    ApplicationDecided,
    AwardOutcome,
    AwardsAnnounced,
)
from domain.grants.call import CALL, CallPublished
from domain.grants.grant import (
    GRANT,
    GrantCarriedOver,
    GrantLapsed,
    GrantReportDecided,
    LapseCause,
)
from domain.grants.rules import CallRules, CostCategory, ReportRule, UseRule
from domain.grants.standing import applications_named
from domain.grants.use import GRANT_USE, GrantCostRecorded, GrantReported
from domain.history import Category, History
from domain.obligations import before
from domain.obligations.before import owed_by_applications
from domain.obligations.derive import Source, SourceKind, derive, derive_all
from domain.obligations.obligation import Obligation, ObligationState
from domain.obligations.waiver import ObligationCode, WaiveObligation
from domain.posts.report import Outcome
from domain.refusal import Code, Refusal
from domain.values import (
    OrganisationKind,
    Region,
)
from tests.support.owed import BERGEN, HASH, HELSE_VEST, Told, days, is_due


def rules(**more: Any) -> CallRules:
    """Return rules of a call."""
    whole: dict[str, Any] = {
        "scheme": "network_funds",
        "title": "Midler",
        "valid_from": date(2025, 1, 1),
        "funder": HELSE_VEST,
        "intake": "portal",
        "opens_on": date(2025, 1, 1),
        "deadline": date(2025, 3, 1),
        "applicant_kinds": (OrganisationKind.HF,),
        "applicant_regions": (Region.VEST,),
        "categories": (
            CostCategory(key="room", words="Rom", rule="S0-23", allowed="yes"),
        ),
        "use": UseRule(last_day=date(2025, 12, 31), remainder="lapses"),
        "rules": {},
    }
    return CallRules(**whole | more)


def applied(*, project_ends_on: date | None = None, **more: Any) -> Told:
    """Return a history with one application, presented in January."""
    told = Told()
    published = CallPublished(call="c", version=1, rules=rules(**more), reason="")
    told.say("2025-01-01", CALL, "c", published)
    told.say("2025-01-10", APPLICATION, "a", presented(1, project_ends_on))
    return told


def presented(revision: int, ends_on: date | None = None) -> ApplicationPresented:
    """Return a revision."""
    content = ApplicationContent(
        trust=BERGEN,
        applicant="p1",
        workplace="x",
        title="x",
        amount_ore=100,
        project_ends_on=ends_on,
    )
    return ApplicationPresented(
        application="a", revision=revision, call="c", content=content, fingerprint=HASH
    )


def submitted(revision: int = 1) -> ApplicationSubmitted:
    """Return a submission."""
    return ApplicationSubmitted(
        application="a", revision=revision, fingerprint=HASH, call_version=1
    )


def awarded(told: Told, amount_ore: int = 100) -> Told:
    """Let the application be submitted and decided."""
    told.say("2025-02-01", APPLICATION, "a", submitted())
    told.say("2025-04-01", AWARDS, "c", decided("a", amount_ore))
    return told


def decided(application: str, amount_ore: int = 100) -> ApplicationDecided:
    """Return a decision."""
    return ApplicationDecided(
        call="c",
        application=application,
        revision=1,
        outcome=AwardOutcome.GRANTED,
        amount_ore=amount_ore,
        reason="x",
        role="rhf_director",
        decided_by="p2",
        decided_on=date(2025, 4, 1),
    )


def cost(incurred_on: str, amount_ore: int = 100, name: str = "k") -> GrantCostRecorded:
    """Return a cost."""
    return GrantCostRecorded(
        application="a",
        cost=name,
        line="room",
        amount_ore=amount_ore,
        incurred_on=date.fromisoformat(incurred_on),
        text="",
    )


@pytest.mark.rule("S0-02")
@pytest.mark.rule("S2-02")
@pytest.mark.rule("S3-31")
def test_an_application_is_to_be_submitted_by_the_deadline() -> None:
    told = applied()
    owed = told.owed(SourceKind.APPLICATION, "a", "2025-02-01")
    is_due(owed["application/a/submit"], "2025-03-01")
    assert owed["application/a/submit"].owed_by == BERGEN
    reminded = days("2025-01-30", "2025-02-22", "2025-02-28")
    assert owed["application/a/submit"].remind_on == reminded
    told.say("2025-02-03", APPLICATION, "a", submitted())
    owed = told.owed(SourceKind.APPLICATION, "a", "2025-02-05")
    is_due(owed["application/a/submit"], "2025-03-01", "2025-02-03")


def test_a_call_without_a_deadline_asks_for_no_submission() -> None:
    told = applied(deadline=None)
    assert not told.owed(SourceKind.APPLICATION, "a", "2025-02-01")


@pytest.mark.rule("S0-12")
def test_what_was_returned_is_to_be_completed() -> None:
    told = applied()
    told.say("2025-02-01", APPLICATION, "a", submitted())
    returned = ApplicationChecked(
        application="a",
        revision=1,
        outcome=CheckOutcome.RETURNED,
        missing="budsjett",
        complete_by=date(2025, 3, 20),
    )
    told.say("2025-03-05", ASSESSMENT, "a", returned)
    owed = told.owed(SourceKind.APPLICATION, "a", "2025-03-06")
    is_due(owed["application/a/complete"], "2025-03-20")
    told.say("2025-03-10", APPLICATION, "a", presented(2), submitted(2))
    owed = told.owed(SourceKind.APPLICATION, "a", "2025-03-12")
    is_due(owed["application/a/complete"], "2025-03-20", "2025-03-10")


@pytest.mark.rule("S2-36")
@pytest.mark.rule("S3-32")
def test_a_funder_is_to_announce() -> None:
    told = applied(announce_by=date(2025, 5, 15))
    owed = told.owed(SourceKind.CALL, "c", "2025-05-01")["call/c/announce"]
    is_due(owed, "2025-05-15")
    assert (owed.owed_by, owed.escalate_on) == (HELSE_VEST, date(2025, 5, 16))
    fact = AwardsAnnounced(call="c", announced_on=date(2025, 5, 20), applications=())
    told.say("2025-05-20", AWARDS, "c", fact)
    owed = told.owed(SourceKind.CALL, "c", "2025-05-21")["call/c/announce"]
    assert owed.state(date(2025, 5, 21)) is ObligationState.LATE


@pytest.mark.rule("S2-37")
def test_without_money_nothing_of_a_grant_is_owed() -> None:
    told = awarded(applied(), amount_ore=0)
    owed = told.owed(SourceKind.APPLICATION, "a", "2025-05-01")
    assert [*owed] == ["application/a/submit"]


@pytest.mark.rule("S0-38")
@pytest.mark.rule("S2-01")
def test_a_grant_is_to_be_used_and_what_is_left_lapses() -> None:
    told = awarded(applied())
    owed = told.owed(SourceKind.APPLICATION, "a", "2025-05-01")
    is_due(owed["grant/a/use"], "2025-12-31")
    assert owed["grant/a/use"].remind_on == days("2025-10-01", "2025-12-01")
    is_due(owed["grant/a/lapse"], "2026-01-31")
    assert owed["grant/a/lapse"].remind_on == days("2026-01-01")
    told.say("2025-06-01", GRANT_USE, "a", cost("2025-05-20", 60))
    owed = told.owed(SourceKind.APPLICATION, "a", "2025-06-02")
    is_due(owed["grant/a/use"], "2025-12-31")
    told.say("2025-06-05", GRANT_USE, "a", cost("2025-05-10", 40, "l"))
    owed = told.owed(SourceKind.APPLICATION, "a", "2025-06-06")
    is_due(owed["grant/a/use"], "2025-12-31", "2025-05-20")
    is_due(owed["grant/a/lapse"], "2026-01-31", "2025-05-20")


def test_what_is_carried_over_is_to_be_used_until_then() -> None:
    told = awarded(applied())
    carried = GrantCarriedOver(application="a", use_until=date(2026, 6, 30), reason="")
    told.say("2025-12-01", GRANT, "a", carried)
    owed = told.owed(SourceKind.APPLICATION, "a", "2025-12-02")
    is_due(owed["grant/a/use"], "2026-06-30")


@pytest.mark.rule("S3-09")
def test_a_grant_is_to_be_taken_into_use_or_lapses_early() -> None:
    use = UseRule(first_use_months=6, remainder="carried_by_decision")
    told = awarded(applied(project_ends_on=date(2026, 12, 31), use=use))
    owed = told.owed(SourceKind.APPLICATION, "a", "2025-10-01")
    is_due(owed["grant/a/first-use"], "2025-10-01")
    assert owed["grant/a/first-use"].remind_on == days("2025-07-01", "2025-09-01")
    is_due(owed["grant/a/lapse"], "2027-01-31")
    owed = told.owed(SourceKind.APPLICATION, "a", "2025-10-02")
    is_due(owed["grant/a/lapse"], "2025-11-01")
    lapsed = GrantLapsed(
        application="a",
        cause=LapseCause.NOT_TAKEN_INTO_USE,
        used_ore=0,
        costs=0,
        lapsed_ore=100,
        to_repay_ore=0,
    )
    told.say("2025-10-20", GRANT, "a", lapsed)
    owed = told.owed(SourceKind.APPLICATION, "a", "2025-10-21")
    is_due(owed["grant/a/lapse"], "2025-11-01", "2025-10-20")


def status(day: date | None = None, after: int | None = None) -> ReportRule:
    """Return a report that is asked for."""
    return ReportRule(
        key="final",
        words="x",
        rule="S2-32",
        due_on=day,
        due_days_after_project=after,
    )


@pytest.mark.rule("S2-16")
@pytest.mark.rule("S2-32")
@pytest.mark.rule("S2-33")
@pytest.mark.rule("S3-11")
def test_a_report_is_owed_until_it_stands() -> None:
    ends_on = date(2025, 9, 30)
    told = awarded(applied(project_ends_on=ends_on, reports=(status(after=60),)))
    owed = told.owed(SourceKind.APPLICATION, "a", "2025-05-01")
    is_due(owed["grant/a/report/final"], "2025-11-29")
    is_due(owed["grant/a/project-end"], "2025-09-30")
    instruction = date(2025, 4, 2)
    assert owed["grant/a/report/final"].remind_on[0] == instruction
    sent = GrantReported(application="a", report="final", submission=1)
    told.say("2025-10-10", GRANT_USE, "a", sent)
    owed = told.owed(SourceKind.APPLICATION, "a", "2025-10-11")
    is_due(owed["grant/a/report/final"], "2025-11-29", "2025-10-10")
    is_due(owed["grant/a/project-end"], "2025-09-30", "2025-10-10")
    back = GrantReportDecided(
        application="a", report="final", submission=1, outcome=Outcome.RETURNED
    )
    told.say("2025-10-12", GRANT, "a", back)
    owed = told.owed(SourceKind.APPLICATION, "a", "2025-10-13")
    is_due(owed["grant/a/report/final"], "2025-11-29")


@pytest.mark.rule("S2-33")
def test_a_report_may_be_due_on_the_last_day_of_the_project() -> None:
    ends_on = date(2025, 9, 30)
    told = awarded(applied(project_ends_on=ends_on, reports=(status(after=0),)))
    owed = told.owed(SourceKind.APPLICATION, "a", "2025-05-01")
    is_due(owed["grant/a/report/final"], "2025-09-30")


def waiver(told: Told, obligation: str, **more: Any) -> Any:
    """Return what comes of waiving an obligation in March."""
    said: dict[str, Any] = {"by": "p9", "reason": "Slått sammen", **more}
    command = WaiveObligation(obligation=obligation, **said)
    return told.scenario.when(command, today=date(2025, 3, 15)).outcome


def test_a_health_authority_waives_what_its_region_owes() -> None:
    told = applied()
    outcome = waiver(told, "application/a/submit")
    assert len(outcome) == 1
    assert waiver(told, "application/a/submit") == ()
    other = waiver(told, "application/a/submit", reason="Annet")
    assert isinstance(other, Refusal)
    assert other.code is Code.CONFLICTING_ROW


@pytest.mark.parametrize("name", ["", "x", "body/b", "grant/a/use", "call/c/announce"])
def test_what_is_not_owed_is_not_waived(name: str) -> None:
    outcome = waiver(applied(), name)
    assert isinstance(outcome, Refusal)
    assert outcome.code is ObligationCode.UNKNOWN_OBLIGATION


def test_what_is_done_is_not_waived() -> None:
    told = applied()
    told.say("2025-02-01", APPLICATION, "a", submitted())
    outcome = waiver(told, "application/a/submit")
    assert isinstance(outcome, Refusal)
    assert outcome.code is ObligationCode.OBLIGATION_DONE


def test_nobody_else_waives() -> None:
    told = applied()
    command = WaiveObligation(obligation="application/a/submit", by="p9", reason="x")
    outcome = told.scenario.when(
        command, today=date(2025, 3, 15), organisation=BERGEN
    ).outcome
    assert isinstance(outcome, Refusal)
    assert outcome.code is Code.NOT_ENTITLED


@pytest.mark.parametrize(
    ("done_on", "day", "state"),
    [
        (None, "2025-03-01", "open"),
        (None, "2025-03-02", "overdue"),
        ("2025-03-01", "2025-03-02", "done"),
        ("2025-03-02", "2025-03-02", "late"),
    ],
)
def test_how_an_obligation_stands(done_on: str | None, day: str, state: str) -> None:
    done = None if done_on is None else date.fromisoformat(done_on)
    owed = Obligation("x", "S0-02", BERGEN, date(2025, 3, 1), done_on=done)
    assert owed.state(date.fromisoformat(day)) == state
    waived = owed.state(date.fromisoformat(day), waived=True)
    assert waived is ObligationState.WAIVED


def test_what_many_applications_owe_is_what_each_owes_and_costs_no_more() -> None:
    """The awards of a call are gone through once, however many applications it has."""
    told = awarded(applied(announce_by=date(2025, 5, 1)))
    others = [f"a{number}" for number in range(20)]
    for name in others:
        again = presented(1).model_copy(update={"application": name})
        told.say("2025-01-11", APPLICATION, name, again)
    sources = [
        Source(SourceKind.CALL, "c"),
        *(Source(SourceKind.APPLICATION, name) for name in ("nobody's", *others, "a")),
    ]
    day, asked = date(2025, 6, 1), []
    history = told.scenario
    entries = history.entries

    def counting(category: Category[Any], keys: Collection[str]) -> Any:
        asked.append(category.kind)
        return entries(category, keys)

    each = {e.id: e for source in sources for e in derive(source, history, day)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history, "entries", counting)
        together = derive_all(sources, history, day)
    assert together == tuple(each[name] for name in sorted(each))
    assert {owed.id.split("/")[1] for owed in together} == {"c", "a", *others}
    # By the applications together, and by the call.
    assert asked.count(AWARDS.kind) == 2


def test_what_is_owed_is_derived_anew_only_where_something_was_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told, day, looked_at = applied(), date(2026, 6, 1), []
    names = ("a", "b", "nobody's")
    again = presented(1).model_copy(update={"application": "b"})
    told.say("2025-01-11", APPLICATION, "b", again)

    def named(some: Collection[str], history: History) -> Any:
        looked_at.append(tuple(some))
        return applications_named(some, history)

    monkeypatch.setattr(before, "applications_named", named)
    last = owed_by_applications(names, told.scenario, day)
    later = CallPublished(
        call="c", version=2, rules=rules(deadline=date(2025, 4, 1)), reason="x"
    )
    for category, key, fact, touched in (
        (APPLICATION, "a", submitted(), ("a",)),
        (CALL, "c", later, names),
        (AWARDS, "c", decided("a"), ("a",)),
        (AWARDS, "c", decided("b"), ("b",)),
        (GRANT_USE, "a", cost("2025-05-01"), ("a",)),
        (AWARDS, "c", AwardsAnnounced(call="c", announced_on=day, applications=("a", "b")), ()),
    ):  # fmt: skip
        told.say("2025-05-01", category, key, fact)
        looked_at.clear()
        last = owed_by_applications(names, told.scenario, day, last)
        assert looked_at == [touched]
        sources = [Source(SourceKind.APPLICATION, name) for name in names]
        expected = derive_all(sources, told.scenario, day)
        assert sorted(last.owed, key=lambda owed: owed.id) == [*expected]
    looked_at.clear()
    owed_by_applications(names, told.scenario, date(2026, 6, 2), last)
    assert looked_at == [names]
