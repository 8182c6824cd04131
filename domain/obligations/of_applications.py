"""What is owed of an application, and of the money that was awarded to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from domain.grants.application import APPLICATION, ApplicationSubmitted
from domain.grants.assessment import ASSESSMENT, ApplicationChecked, CheckOutcome
from domain.grants.grant import GRANT, GrantLapsed
from domain.grants.money import Funded, first_use_until, funded
from domain.grants.rules import ReportRule
from domain.grants.standing import ApplicationStanding
from domain.grants.use import GRANT_USE, GrantReported
from domain.history import History
from domain.obligations.obligation import (
    Obligation,
    days_after,
    days_before,
    first,
    months_before,
)
from domain.posts.report import Outcome

LAPSE_DAYS: Final = 31
"""Within which the funder lets a rest lapse; own, no source says it."""


def of_application(
    standing: ApplicationStanding, history: History, day: date
) -> Iterator[Obligation]:
    """What is owed of an application and its grant on a day, in any order."""
    if standing.of_call.latest is None:
        return
    yield from _submit(standing, history)
    yield from _complete(standing, history)
    if standing.award is not None and standing.award.amount_ore > 0:
        name = standing.last.application
        granted = _Granted(name, funded(standing, history), history)
        yield from _of_grant(granted, day)


def _submissions(
    standing: ApplicationStanding, history: History
) -> Iterator[tuple[ApplicationSubmitted, date]]:
    """Submissions of the trust, each with the day on which it was recorded."""
    name = standing.last.application
    for entry in history.entries(APPLICATION, (name,))[name]:
        fact = entry.fact
        if isinstance(fact, ApplicationSubmitted) and fact in standing.said.submissions:
            yield fact, entry.recorded_on


def _submit(standing: ApplicationStanding, history: History) -> Iterator[Obligation]:
    deadline = standing.rules.deadline
    if deadline is None:
        return
    yield Obligation(
        f"application/{standing.last.application}/submit",
        "S0-02",
        standing.trust,
        deadline,
        days_before(deadline, *standing.rules.remind_days),
        done_on=first(day for _, day in _submissions(standing, history)),
    )


def _complete(standing: ApplicationStanding, history: History) -> Iterator[Obligation]:
    name = standing.last.application
    last = None
    for check in history.state(ASSESSMENT, name).checks:
        if check.outcome is CheckOutcome.RETURNED:
            last = check
    if last is None or last.complete_by is None:
        return
    yield Obligation(
        f"application/{name}/complete",
        "S0-12",
        standing.trust,
        last.complete_by,
        days_before(last.complete_by, 7, 1),
        done_on=first(_completed(standing, last, history)),
    )


def _completed(
    standing: ApplicationStanding, returned: ApplicationChecked, history: History
) -> Iterator[date]:
    """Days of submissions after a return: a revision is submitted once."""
    for fact, day in _submissions(standing, history):
        if fact.revision > returned.revision:
            yield day


@dataclass(frozen=True, slots=True)
class _Granted:
    """A grant with what its obligations are read from."""

    name: str
    money: Funded
    history: History

    @property
    def id(self) -> str:
        return f"grant/{self.name}"

    @property
    def trust(self) -> str:
        return self.money.standing.trust

    @property
    def reports(self) -> tuple[ReportRule, ...]:
        return self.money.standing.rules.reports

    @property
    def first_use_by(self) -> date | None:
        return first_use_until(self.money.rule, self.money.award)

    @property
    def used_up_on(self) -> date | None:
        """The latest day of a cost, where all that was awarded is used."""
        if self.money.use.used_ore != self.money.award.amount_ore:
            return None
        return max(cost.incurred_on for cost in self.money.use.costs)


def _of_grant(granted: _Granted, day: date) -> Iterator[Obligation]:
    yield from _first_use(granted)
    yield from _use(granted)
    yield from _lapse(granted, day)
    reports = {rule.key: _report_done(granted, rule) for rule in granted.reports}
    for rule in granted.reports:
        yield from _report(granted, rule, reports[rule.key])
    yield from _project_end(granted, next(reversed(reports.values()), None))


def _first_use(granted: _Granted) -> Iterator[Obligation]:
    due_on = granted.first_use_by
    if due_on is None:
        return
    yield Obligation(
        f"{granted.id}/first-use",
        "S3-09",
        granted.trust,
        due_on,
        months_before(due_on, 3, 1),
        done_on=first(cost.incurred_on for cost in granted.money.use.costs),
    )


def _use(granted: _Granted) -> Iterator[Obligation]:
    due_on = granted.money.last_day
    if due_on is None:
        return
    yield Obligation(
        f"{granted.id}/use",
        "S0-38",
        granted.trust,
        due_on,
        days_before(due_on, 91, 30),
        done_on=granted.used_up_on,
    )


def _lapse(granted: _Granted, day: date) -> Iterator[Obligation]:
    """What the funder owes; where nothing was taken into use in time, from then on."""
    name, after = granted.name, granted.money.last_day
    first_use_by = granted.first_use_by
    if first_use_by is not None and first_use_by < day and not granted.money.use.costs:
        after = first_use_by
    if after is None:
        return
    lapsed = (
        entry.recorded_on
        for entry in granted.history.entries(GRANT, (name,))[name]
        if isinstance(entry.fact, GrantLapsed)
    )
    yield Obligation(
        f"{granted.id}/lapse",
        "S0-38",
        granted.money.standing.rules.funder,
        after + timedelta(days=LAPSE_DAYS),
        days_after(after, 1),
        done_on=first(lapsed) or granted.used_up_on,
    )


def _report_done(granted: _Granted, rule: ReportRule) -> date | None:
    """Day of the last submission of a report, unless it was returned."""
    name = granted.name
    submitted = [
        (entry.fact.submission, entry.recorded_on)
        for entry in granted.history.entries(GRANT_USE, (name,))[name]
        if isinstance(entry.fact, GrantReported) and entry.fact.report == rule.key
    ]
    if not submitted:
        return None
    number, day = submitted[-1]
    returned = any(
        (each.report, each.submission, each.outcome)
        == (rule.key, number, Outcome.RETURNED)
        for each in granted.money.grant.report_decisions
    )
    return None if returned else day


def _report(
    granted: _Granted, rule: ReportRule, done_on: date | None
) -> Iterator[Obligation]:
    due_on, ends_on = rule.due_on, granted.money.content.project_ends_on
    days = rule.due_days_after_project
    if due_on is None and ends_on is not None and days is not None:
        due_on = ends_on + timedelta(days=days)
    if due_on is None:
        return
    instruction = days_after(granted.money.award.decided_on, 1)
    yield Obligation(
        f"{granted.id}/report/{rule.key}",
        "S2-32",
        granted.trust,
        due_on,
        tuple(sorted({*instruction, *days_before(due_on, 30, 7)})),
        due_on + timedelta(days=14),
        done_on=done_on,
    )


def _project_end(granted: _Granted, done_on: date | None) -> Iterator[Obligation]:
    due_on = granted.money.content.project_ends_on
    if due_on is None:
        return
    yield Obligation(
        f"{granted.id}/project-end",
        "S2-16",
        granted.trust,
        due_on,
        days_before(due_on, 90, 30),
        done_on=done_on,
    )
