"""Focus areas that committees adopt, and the plans of bodies that rest on them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

from domain.fact import Command, Fact, Message
from domain.governance.body import (
    BodyChartered,
    body_named,
    require_body,
    require_committee,
)
from domain.governance.codes import GovernanceCode, GovernanceWarning
from domain.history import Append, Asked, Category, Decision, History, ShownTo
from domain.kind import Asks, Authority, Facts, declare
from domain.refusal import Code, ReasonValues, Refusal
from domain.role import Role
from domain.values import (
    Day,
    FreeText,
    Name,
    NewName,
    Text,
    Year,
    each_once,
)
from domain.warning import RuleWarning


class FocusAreaAdopted(Fact, name="focus_area.adopted.v1", found_by=("area",)):
    """A committee adopts a focus area for some years (S4-24)."""

    area: Name
    body: Name
    text: Text
    valid_from: Day
    valid_until: Day | None = None


@dataclass(frozen=True, slots=True)
class FocusArea:
    """A focus area; the first of a name stays."""

    adopted: FocusAreaAdopted | None = None


def evolve_area(state: FocusArea, fact: Fact) -> FocusArea:
    """Fold one fact."""
    match fact:
        case FocusAreaAdopted() if state.adopted is None:
            return FocusArea(fact)
        case _:
            return state


FOCUS_AREA = Category(
    "focus-area",
    FocusArea(),
    evolve_area,
    holds=(FocusAreaAdopted,),
    shown_to=ShownTo.MEMBERS,
)


class AdoptFocusArea(Command):
    """Adopt a focus area, as a committee's organisation (S4-24)."""

    area: NewName
    body: NewName
    """The committee."""
    text: FreeText
    valid_from: Day
    valid_until: Day | None = None
    """The last day; without one it is valid from then on."""


def adopt_area(command: AdoptFocusArea, asked: Asked, history: History) -> Decision:
    """Decide on a focus area: a committee's, once under its name."""
    body = body_named(command.body, history)
    region = require_body(body, asked, history)
    require_committee(body)
    fact = FocusAreaAdopted(**dict(command))
    known = history.state(FOCUS_AREA, command.area).adopted
    if known == fact:
        return ()
    if known is not None:
        raise Refusal(Code.CONFLICTING_ROW, "area")
    return (Append(FOCUS_AREA.stream(region, command.area), fact),)


declare(
    AdoptFocusArea,
    adopt_area,
    Authority(
        Asks.BODY,
        {Role.DECIDER},
        {BodyChartered: GovernanceCode.UNKNOWN_BODY},
        "every body: the measures of its plans lie in such areas",
    ),
    FocusAreaAdopted,
)


class Measure(Message):
    """What a body is to do, within a focus area."""

    measure: Name
    area: Name
    text: Text


class PlanAdopted(Fact, name="plan.adopted.v1"):
    """A body adopts its plan of a year (S4-23)."""

    body: Name
    year: Year
    strategy: Text
    measures: tuple[Measure, ...]


@dataclass(frozen=True, slots=True)
class Plans:
    """A body's plans by year; the first of a year stays."""

    adopted: Mapping[int, PlanAdopted] = field(default_factory=dict)


def evolve_plans(state: Plans, fact: Fact) -> Plans:
    """Fold one fact."""
    match fact:
        case PlanAdopted() if fact.year not in state.adopted:
            return Plans({**state.adopted, fact.year: fact})
        case _:
            return state


PLAN = Category(
    "plan",
    Plans(),
    evolve_plans,
    holds=(PlanAdopted,),
    shown_to=ShownTo.MEMBERS,
)


class ProposedMeasure(Message):
    """What a body is to do, within a focus area."""

    measure: NewName
    area: NewName
    text: FreeText


class AdoptPlan(Command):
    """Adopt a body's plan of a year, as its organisation (S4-23, S4-25)."""

    body: NewName
    year: Year
    strategy: FreeText = ""
    """What the plan rests on beside the focus areas (S4-27)."""
    measures: Annotated[tuple[ProposedMeasure, ...], each_once("measure")] = ()


def adopt_plan(command: AdoptPlan, asked: Asked, history: History) -> Decision:
    """Decide on a plan: with measures, each in a focus area that is valid that year."""
    region = require_body(body_named(command.body, history), asked, history)
    measures = tuple(Measure(**dict(measure)) for measure in command.measures)
    fact = PlanAdopted(**dict(command) | {"measures": measures})
    known = history.state(PLAN, command.body).adopted.get(command.year)
    if known == fact:
        return ()
    if known is not None:
        raise Refusal(Code.CONFLICTING_ROW, "year")
    if not measures:
        raise Refusal(Code.INCOMPLETE, "measures")
    areas = history.states(FOCUS_AREA, {measure.area for measure in measures})
    if not all(_is_valid(area, command.year) for area in areas.values()):
        raise Refusal(GovernanceCode.FOCUS_AREA_NOT_VALID, "measures")
    return (Append(PLAN.stream(region, command.body), fact),)


def _is_valid(area: FocusArea, year: int) -> bool:
    """Whether it was adopted, and is valid on a day of the year (S4-25)."""
    if area.adopted is None:
        return False
    last = date(year, 12, 31)
    first_valid = max(area.adopted.valid_from, date(year, 1, 1))
    return first_valid <= min(area.adopted.valid_until or last, last)


def _restored(facts: Facts, _: History) -> Command:
    fact = facts[0]
    assert isinstance(fact, PlanAdopted), "it is restored by its type"
    measures = tuple(ProposedMeasure(**dict(measure)) for measure in fact.measures)
    return AdoptPlan(**dict(fact) | {"measures": measures})


def _warned(
    command: AdoptPlan, _: Asked, _history: History, _facts: Sequence[Fact]
) -> Iterator[RuleWarning]:
    if not command.strategy.strip():
        values: ReasonValues = {"body": command.body, "year": command.year}
        yield RuleWarning(GovernanceWarning.NO_STRATEGY, values)


declare(
    AdoptPlan,
    adopt_plan,
    Authority(
        Asks.BODY,
        {Role.SECRETARY},
        {
            BodyChartered: GovernanceCode.UNKNOWN_BODY,
            FocusAreaAdopted: GovernanceCode.FOCUS_AREA_NOT_VALID,
        },
        "itself: nobody else is to do what it plans",
    ),
    {PlanAdopted: _restored},
    warns=_warned,
)
