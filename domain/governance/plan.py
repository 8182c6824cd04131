"""Focus areas that committees adopt, and the plans of bodies that rest on them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.fact import Fact, Message
from domain.history import Category, ShownTo
from domain.values import Day, FreeText, Name, Year


class FocusAreaAdopted(Fact, name="focus_area.adopted.v1", found_by=("area",)):
    """A committee adopts a focus area for some years (S4-24)."""

    area: Name
    body: Name
    text: FreeText
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


class Measure(Message):
    """What a body is to do, within a focus area."""

    measure: Name
    area: Name
    text: FreeText


class PlanAdopted(Fact, name="plan.adopted.v1"):
    """A body adopts its plan of a year (S4-23)."""

    body: Name
    year: Year
    strategy: FreeText
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
