"""What kind of thing is owed: a row of the rule book's table, and the command that does it."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from domain.agreements.agreement import ProposeVersion
from domain.fact import Command
from domain.governance.activity import ReportActivity
from domain.governance.authority import EvaluateNetwork
from domain.governance.chair import ElectChair
from domain.governance.gathering import RecordGathering
from domain.governance.plan import AdoptPlan
from domain.governance.seating import FillSeat
from domain.grants.awarding import AnnounceAwards
from domain.grants.funding import LapseGrant
from domain.grants.spending import RecordGrantCost, ReportGrant
from domain.grants.submission import SubmitApplication
from domain.parties.charter import CharterNetwork, ReachMilestone


class Duty(StrEnum):
    """A kind of obligation."""

    APPLICATION_SUBMIT = "application_submit"
    APPLICATION_COMPLETE = "application_complete"
    CALL_ANNOUNCE = "call_announce"
    GRANT_FIRST_USE = "grant_first_use"
    GRANT_USE = "grant_use"
    GRANT_LAPSE = "grant_lapse"
    GRANT_REPORT = "grant_report"
    GRANT_PROJECT_END = "grant_project_end"
    NETWORK_REPORT = "network_report"
    NETWORK_EVALUATION = "network_evaluation"
    NETWORK_EXIT_PLAN = "network_exit_plan"
    NETWORK_MILESTONE = "network_milestone"
    NETWORK_AGREEMENT = "network_agreement"
    NETWORK_DOCUMENT = "network_document"
    SEAT_VACANCY = "seat_vacancy"
    SEAT_WELCOME = "seat_welcome"
    SEAT_MEETING = "seat_meeting"
    SEAT_REPORT = "seat_report"
    SEAT_RENEWAL = "seat_renewal"
    BODY_CHAIR = "body_chair"
    BODY_GATHERING = "body_gathering"
    BODY_JOINT = "body_joint"
    BODY_PROFESSIONAL_DAY = "body_professional_day"
    BODY_PLAN = "body_plan"
    BODY_REPORT = "body_report"
    BODY_FOLLOW_UP = "body_follow_up"
    ASSIGNMENT = "assignment"


DONE_BY: Final[Mapping[Duty, type[Command]]] = {
    Duty.APPLICATION_SUBMIT: SubmitApplication,
    Duty.APPLICATION_COMPLETE: SubmitApplication,
    Duty.CALL_ANNOUNCE: AnnounceAwards,
    Duty.GRANT_FIRST_USE: RecordGrantCost,
    Duty.GRANT_USE: RecordGrantCost,
    Duty.GRANT_LAPSE: LapseGrant,
    Duty.GRANT_REPORT: ReportGrant,
    Duty.GRANT_PROJECT_END: ReportGrant,
    Duty.NETWORK_REPORT: ReportActivity,
    Duty.NETWORK_EVALUATION: EvaluateNetwork,
    Duty.NETWORK_EXIT_PLAN: CharterNetwork,
    Duty.NETWORK_MILESTONE: ReachMilestone,
    Duty.NETWORK_AGREEMENT: ProposeVersion,
    Duty.NETWORK_DOCUMENT: CharterNetwork,
    Duty.SEAT_VACANCY: FillSeat,
    Duty.SEAT_WELCOME: RecordGathering,
    Duty.SEAT_MEETING: RecordGathering,
    Duty.SEAT_REPORT: ReportActivity,
    Duty.SEAT_RENEWAL: FillSeat,
    Duty.BODY_CHAIR: ElectChair,
    Duty.BODY_GATHERING: RecordGathering,
    Duty.BODY_JOINT: RecordGathering,
    Duty.BODY_PROFESSIONAL_DAY: RecordGathering,
    Duty.BODY_PLAN: AdoptPlan,
    Duty.BODY_REPORT: ReportActivity,
    Duty.BODY_FOLLOW_UP: RecordGathering,
    Duty.ASSIGNMENT: ReportActivity,
}
"""The deed that ends each: it says in which roles somebody may do it."""

_OF_ID: Final = re.compile(
    r"(application|call|grant|network|body)/[^/]+/([a-z-]+)(?:/.*)?"
    r"|(seat)/[^/]+/[^/]+/([a-z]+)/.*"
    r"|(assignment)/.*",
)


def duty_of(obligation: str) -> Duty:
    """Kind of an obligation, by its id; raise ``ValueError`` for another text."""
    match = _OF_ID.fullmatch(obligation)
    parts = [] if match is None else [part for part in match.groups() if part]
    return Duty("_".join(parts).replace("-", "_"))
