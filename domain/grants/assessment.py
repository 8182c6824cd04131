"""The funder's formal check of an application, and its assessors' scores."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.fact import Fact, Message
from domain.grants.application import Revision
from domain.history import Category, ShownTo
from domain.values import Day, FreeText, Key, KnownPerson, Name, Text


class CheckOutcome(StrEnum):
    """What a formal check comes to."""

    COMPLETE = "complete"
    RETURNED = "returned"


class Conflict(StrEnum):
    """What kind of conflict of interest somebody declares; never words (law 8)."""

    FAMILY = "family"
    OWN_UNIT = "own_unit"
    ECONOMIC = "economic"
    OTHER = "other"


class Score(Message):
    """Points on a criterion, or why none are given."""

    criterion: Key
    points: Annotated[int | None, Field(ge=-(10**6), le=10**6)] = None
    """Where they are not of those that the call gives, the criterion is missed."""
    waived: FreeText = ""


class ApplicationChecked(Fact, name="application.checked.v1"):
    """The funder finds a submission complete, or returns it."""

    application: Name
    revision: Revision
    outcome: CheckOutcome
    missing: Text
    complete_by: Day | None = None


class ApplicationAssessed(Fact, name="application.assessed.v1"):
    """An assessor scores a revision, or declares a conflict."""

    application: Name
    revision: Revision
    assessor: KnownPerson
    seat: Key | None = None
    scores: tuple[Score, ...] = ()
    conflict: Conflict | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the funder found in an application, in the order of recording."""

    checks: tuple[ApplicationChecked, ...] = ()
    assessments: tuple[ApplicationAssessed, ...] = ()

    def of(self, assessor: str, revision: int) -> ApplicationAssessed | None:
        """What an assessor found in a revision."""
        for each in self.assessments:
            if (each.assessor, each.revision) == (assessor, revision):
                return each
        return None

    def have_weighed(self, seat: str, revision: int) -> int:
        """How many assessors of a panel's seat have weighed a revision, unconflicted."""
        return sum(
            (each.seat, each.revision, each.conflict) == (seat, revision, None)
            for each in self.assessments
        )

    def has_conflict(self, person: str) -> bool:
        """Whether a person has declared a conflict, at any revision."""
        return any(
            each.assessor == person and each.conflict is not None
            for each in self.assessments
        )


def evolve(state: Assessment, fact: Fact) -> Assessment:
    """Fold one fact."""
    match fact:
        case ApplicationChecked():
            return Assessment((*state.checks, fact), state.assessments)
        case ApplicationAssessed():
            return Assessment(state.checks, (*state.assessments, fact))
        case _:
            return state


ASSESSMENT = Category(
    "assessment",
    Assessment(),
    evolve,
    holds=(ApplicationChecked, ApplicationAssessed),
    shown_to=ShownTo.MEMBERS,
)
