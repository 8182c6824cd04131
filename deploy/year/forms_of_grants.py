"""The files of calls, applications and grants."""

from enum import StrEnum
from typing import Final

from deploy.year.columns import choice, columns
from deploy.year.form import Form, PlayedWith
from domain.document import Section
from domain.grants.application import ApplicationContent, BudgetLine
from domain.grants.applying import (
    EndorseApplication,
    PresentApplication,
    WithdrawApplication,
)
from domain.grants.assessing import AssessApplication, CheckApplication
from domain.grants.awarding import AnnounceAwards, DecideApplication
from domain.grants.call import PublishCall
from domain.grants.funding import CarryOverGrant, DecideGrantReport, DisburseGrant
from domain.grants.ranking import RankApplications
from domain.grants.spending import RecordGrantCost, ReportGrant


class SubmissionAction(StrEnum):
    """What a trust does with its application."""

    SUBMIT = "submit"
    WITHDRAW = "withdraw"


class PaymentDirection(StrEnum):
    """Which way the money of a grant goes."""

    DISBURSED = "disbursed"
    REPAID = "repaid"


class RemainderAction(StrEnum):
    """What the funder does with the rest of a grant."""

    LAPSE = "lapse"
    CARRY_OVER = "carry_over"


_REVISION: Final = ("application", "revision")

CALL_FORMS: Final = (
    Form(
        "calls",
        "a version of a call",
        PublishCall,
        "call version rules reason? recorded_on",
        one_by_one=True,
    ),
)
GRANT_FORMS: Final = (
    Form(
        "applications",
        "a revision of an application, presented",
        PresentApplication,
        "application revision call trust applicant workplace? network? title? amount"
        " own_contribution~ purposes? partners? leader_employer? owner_employer?"
        " project_starts_on? project_ends_on? attachments? absent? recorded_on",
        others=columns(
            ApplicationContent,
            "trust applicant workplace? network? title? amount own_contribution~"
            " purposes? partners? leader_employer? owner_employer? project_starts_on?"
            " project_ends_on? attachments? absent?",
        ),
        one_by_one=True,
    ),
    Form(
        "application_texts",
        "a section of it, played with it",
        Section,
        "application revision section text=document",
        others=columns(PresentApplication, "application revision"),
        played_with=PlayedWith(
            "applications", _REVISION, "section", "unknown_application"
        ),
    ),
    Form(
        "budget_lines",
        "a budget line of it, played with it",
        BudgetLine,
        "application revision line category amount explanation?",
        others=columns(PresentApplication, "application revision"),
        played_with=PlayedWith(
            "applications", _REVISION, "line", "unknown_application"
        ),
    ),
    Form(
        "endorsements",
        "somebody endorses a revision",
        EndorseApplication,
        "application revision role endorser=endorsed_by endorsed_on recorded_on",
        one_by_one=True,
    ),
    Form(
        "submissions",
        "the trust submits or withdraws",
        WithdrawApplication,
        "application action reason? recorded_on",
        others=(choice("action", SubmissionAction),),
        one_by_one=True,
    ),
    Form(
        "rankings",
        "a trust's order of its applications",
        RankApplications,
        "call trust order role ranked_by recorded_on",
        one_by_one=True,
    ),
    Form(
        "application_checks",
        "the funder's formal check",
        CheckApplication,
        "application outcome missing? complete_by? recorded_on",
        one_by_one=True,
    ),
    Form(
        "assessments",
        "an assessor's scores, or a conflict of interest",
        AssessApplication,
        "application assessor seat? scores? conflict? recorded_on",
        one_by_one=True,
    ),
    Form(
        "awards",
        "the funder's decision",
        DecideApplication,
        "application outcome amount~ split? reason? role decided_by recorded_on",
        one_by_one=True,
    ),
    Form(
        "announcements",
        "the funder announces a call's decisions",
        AnnounceAwards,
        "call recorded_on",
        one_by_one=True,
    ),
    Form(
        "grant_payments",
        "money paid out or back",
        DisburseGrant,
        "application direction amount payee? paid_on recorded_on",
        others=(choice("direction", PaymentDirection),),
        one_by_one=True,
    ),
    Form(
        "grant_costs",
        "a cost on an approved line",
        RecordGrantCost,
        "application cost line amount incurred_on recorded_on",
        one_by_one=True,
    ),
    Form(
        "grant_reports",
        "the trust reports on a grant",
        ReportGrant,
        "application report declares? recorded_on",
        one_by_one=True,
    ),
    Form(
        "grant_report_decisions",
        "the funder approves a report, or returns it",
        DecideGrantReport,
        "application report decision=outcome recorded_on",
        one_by_one=True,
    ),
    Form(
        "grant_remainders",
        "the funder lets a rest lapse, or carries it over",
        CarryOverGrant,
        "application action use_until? recorded_on",
        others=(choice("action", RemainderAction),),
        one_by_one=True,
    ),
)
