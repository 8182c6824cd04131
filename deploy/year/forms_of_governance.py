"""The files of networks' participants and charters, of bodies and of their years."""

from enum import StrEnum
from typing import Final

from deploy.year.columns import FormColumn, choice, columns
from deploy.year.form import Form, PlayedWith
from deploy.year.readers import as_day
from domain.governance.activity import ReportActivity
from domain.governance.authority import (
    AuthoriseNetwork,
    CloseNetwork,
    EvaluateNetwork,
)
from domain.governance.chair import ElectChair
from domain.governance.chartering import CharterBody, ProposedSeat
from domain.governance.gathering import RecordGathering
from domain.governance.plan import AdoptFocusArea, AdoptPlan, ProposedMeasure
from domain.governance.seating import NominatePerson
from domain.parties.charter import CharterNetwork, Foundation
from domain.parties.participation import DeclareParticipation


class SeatAction(StrEnum):
    """What is said of a person and a seat."""

    NOMINATED = "nominated"
    FILLED = "filled"
    VACATED = "vacated"


class AuthorityAction(StrEnum):
    """What is said of a network."""

    AUTHORISED = "authorised"
    LOGO_GRANTED = "logo_granted"
    EVALUATED = "evaluated"
    RENEWED = "renewed"
    CLOSED = "closed"


EFFECTIVE: Final = FormColumn("effective_on", as_day)

BODY_FORMS: Final = (
    Form(
        "participants",
        "an organisation takes part in a network",
        DeclareParticipation,
        "network participant organisation unit? represented_by? recorded_on",
        one_by_one=True,
    ),
    Form(
        "bodies",
        "a version of a body's charter",
        CharterBody,
        "body version kind network? organisation field? reports_to? term_years"
        " chair_excluded? rotation? plan_due? report_due? recorded_on",
        one_by_one=True,
    ),
    Form(
        "seats",
        "a seat in it, played with it",
        ProposedSeat,
        "body version seat participants unit? appointed_by? chosen_from mandatory",
        others=columns(CharterBody, "body version"),
        played_with=PlayedWith("bodies", ("body", "version"), "seat", "unknown_body"),
    ),
)
CHARTER_FORMS: Final = (
    Form(
        "charters",
        "a version of a network's charter",
        CharterNetwork,
        "network version clinic? predecessor? initiator? background? user_benefit?"
        " exit_plan? posts_reason? organisation? leadership? recorded_on",
        one_by_one=True,
    ),
    Form(
        "charter_documents",
        "a document it rests on, played with it",
        Foundation,
        "network version title kind valid_until?",
        others=columns(CharterNetwork, "network version"),
        played_with=PlayedWith(
            "charters", ("network", "version"), "title", "unknown_network"
        ),
    ),
    Form(
        "authorities",
        "what a health authority or a committee's organisation says of a network",
        EvaluateNetwork,
        "network action authority body? outcome? successor? reason? effective_on"
        " recorded_on",
        others=(
            choice("action", AuthorityAction),
            EFFECTIVE,
            *columns(AuthoriseNetwork, "body?"),
            *columns(CloseNetwork, "successor?"),
        ),
        row_is_key=True,
        one_by_one=True,
    ),
)
SEATING_FORMS: Final = (
    Form(
        "seatings",
        "a person is nominated for a seat, fills it, or leaves it",
        NominatePerson,
        "body seat action participant person? effective_on recorded_on",
        others=(choice("action", SeatAction), EFFECTIVE),
        one_by_one=True,
    ),
    Form(
        "elections",
        "a body elects its chair",
        ElectChair,
        "body seat elected_on recorded_on",
        one_by_one=True,
    ),
    Form(
        "focus_areas",
        "a committee adopts a focus area",
        AdoptFocusArea,
        "area body text valid_from valid_until? recorded_on",
        one_by_one=True,
    ),
)
YEAR_FORMS: Final = (
    Form(
        "gatherings",
        "a gathering or a meeting",
        RecordGathering,
        "gathering body kind held_on host? co_organiser? attended? recorded_on",
        one_by_one=True,
    ),
    Form(
        "plans",
        "a body's plan of a year",
        AdoptPlan,
        "body year strategy? recorded_on",
        one_by_one=True,
    ),
    Form(
        "plan_measures",
        "a measure of it, played with it",
        ProposedMeasure,
        "body year measure area text",
        others=columns(AdoptPlan, "body year"),
        played_with=PlayedWith("plans", ("body", "year"), "measure", "unknown_body"),
    ),
    Form(
        "activity_reports",
        "a yearly report of a network, a body, or body/seat",
        ReportActivity,
        "of year recorded_on",
        one_by_one=True,
    ),
)
