"""A body's plan of a year: measures in rows, each in a focus area of that year."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Response
from typing_extensions import override

from api.known import known_until
from api.pages.forms import NO_FAULTS, Faults, Typed
from api.pages.governance.governance_acts import scope_of
from api.pages.governance.governance_forms import ActScope
from api.pages.governance.governance_read import SECTION
from api.pages.long_form import (
    Fields,
    LongForm,
    ToldFacts,
    typed_rows,
    with_typed_rows,
)
from api.pages.visit import TheVisit, sent_form
from api.routers import public
from domain.governance.plan import FOCUS_AREA, AdoptPlan
from domain.values import NewName

router: Final[APIRouter] = public()
MEASURES: Final = "measures"
OF_MEASURE: Final = ("text", "area")
ROWS_FIRST: Final = 3
IN_NETWORK: Final = "/networks/{network}/governance/plan"
OF_BODY: Final = "/bodies/{body}/plan"


class PlanForm(LongForm):
    """Form of a plan."""

    command = AdoptPlan
    section = SECTION
    words = "plan"

    def __init__(self, scope: ActScope) -> None:
        super().__init__(scope.visit, f"{scope.at}/plan", scope.at, scope.crumbs)
        ours = self.visit.organisation
        own = [b.name for b in scope.bodies if b.version.organisation == ours]
        self.bodies = own or [body.name for body in scope.bodies]
        self.areas: Mapping[str, str] = self._areas(scope)

    def _areas(self, scope: ActScope) -> Mapping[str, str]:
        """Each focus area with its text and the days on which it is valid."""
        day = self.speaker.short_day
        with known_until(self.visit.node, self.visit.day) as history:
            states = history.states(FOCUS_AREA, scope.areas)
        return {
            name: f"{name}: {area.adopted.text}, {day(area.adopted.valid_from)}–"
            f"{day(area.adopted.valid_until)}"
            for name, area in states.items()
            if area.adopted is not None
        }

    @override
    def shown(self, form: Fields, faults: Faults = NO_FAULTS) -> Response:
        rows = typed_rows(form, MEASURES, OF_MEASURE)
        more = ROWS_FIRST if form.get("more") == MEASURES else 0
        say = self.speaker.say
        return self.visit.page(
            "body_plan.html",
            SECTION,
            "governance",
            of=self,
            title=say("act_plan"),
            lead=say("lead_plan"),
            values=with_typed_rows(form, MEASURES, rows),
            faults=faults,
            rows=max(len(rows) + more, 1),
        )

    @override
    def members(self, typed: Typed, form: Fields, *, keeps: bool) -> dict[str, Any]:
        rows = typed_rows(form, MEASURES, OF_MEASURE)
        anew = Typed(self.visit, with_typed_rows(form, MEASURES, rows))
        measures = [
            {
                "measure": f"m{index + 1}",
                "area": anew.text(f"{MEASURES}.{index}.area", needed=True),
                "text": anew.text(f"{MEASURES}.{index}.text", needed=True),
            }
            for index in range(len(rows))
        ]
        found = {
            "body": typed.text("body", needed=True),
            "year": typed.number("year"),
            "strategy": " ".join(typed.text("strategy").split()),
            MEASURES: measures,
        }
        typed.take_over(anew)
        return found

    @override
    def facts(self, command: AdoptPlan, form: Fields) -> ToldFacts:
        say = self.speaker.say
        told: ToldFacts = [
            (say("field_body"), command.body),
            (say("field_year"), command.year),
            (say("field_strategy"), command.strategy or say("none_such")),
        ]
        for number, each in enumerate(command.measures, 1):
            words = f"{each.text} ({self.areas.get(each.area, each.area)})"
            told.append((say("measure_number", number=number), words))
        return told

    @override
    def done_at(self, command: AdoptPlan) -> str:
        return f"/bodies/{command.body}"


def _form(scope: ActScope, year: str) -> Response:
    form = PlanForm(scope)
    asked = {"body": form.bodies[0] if form.bodies else "", "year": year[:10]}
    return form.shown({**asked, "more": MEASURES})


@router.get(IN_NETWORK, include_in_schema=False)
def plan_in_network(network: NewName, visit: TheVisit, year: str = "") -> Response:
    """Form for the plan of a body of a network."""
    return _form(scope_of(visit, network=network), year)


@router.get(OF_BODY, include_in_schema=False)
def plan_of_body(body: NewName, visit: TheVisit, year: str = "") -> Response:
    """Form for the plan of a body."""
    return _form(scope_of(visit, body=body), year)


@router.post(IN_NETWORK, include_in_schema=False)
async def planned_in_network(network: NewName, visit: TheVisit) -> Response:
    """Read the form, show what it comes to, and record it."""
    form = await sent_form(visit)
    return await PlanForm(scope_of(visit, network=network)).taken(form)


@router.post(OF_BODY, include_in_schema=False)
async def planned_of_body(body: NewName, visit: TheVisit) -> Response:
    """Read the form, show what it comes to, and record it."""
    form = await sent_form(visit)
    return await PlanForm(scope_of(visit, body=body)).taken(form)
