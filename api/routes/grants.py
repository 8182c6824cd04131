"""Calls, applications, awards, and what becomes of the money."""

from api.commands import door
from api.routers import member_router
from domain.grants.applying import (
    EndorseApplication,
    PresentApplication,
    WithdrawApplication,
)
from domain.grants.assessing import AssessApplication, CheckApplication
from domain.grants.awarding import AnnounceAwards, DecideApplication
from domain.grants.call import PublishCall
from domain.grants.funding import (
    CarryOverGrant,
    DecideGrantReport,
    DisburseGrant,
    LapseGrant,
)
from domain.grants.ranking import RankApplications
from domain.grants.spending import RecordGrantCost, RepayGrant, ReportGrant
from domain.grants.submission import SubmitApplication
from domain.history import ShownTo

router = member_router("grants", ShownTo.MEMBERS)

_APPLICATION = "/applications/{application}"
_GRANT = "/grants/{application}"

door(router, "/calls/{call}/versions", PublishCall)
door(router, f"{_APPLICATION}/revisions", PresentApplication)
door(router, f"{_APPLICATION}/revisions/{{revision}}/endorsements", EndorseApplication)
door(router, f"{_APPLICATION}/submissions", SubmitApplication)
door(router, f"{_APPLICATION}/withdrawal", WithdrawApplication)
door(router, "/calls/{call}/rankings", RankApplications)
door(router, f"{_APPLICATION}/checks", CheckApplication)
door(router, f"{_APPLICATION}/assessments", AssessApplication)
door(router, f"{_APPLICATION}/decision", DecideApplication)
door(router, "/calls/{call}/announcement", AnnounceAwards)
door(router, f"{_GRANT}/disbursements", DisburseGrant)
door(router, f"{_GRANT}/costs", RecordGrantCost)
door(router, f"{_GRANT}/reports", ReportGrant)
door(router, f"{_GRANT}/reports/{{report}}/decisions", DecideGrantReport)
door(router, f"{_GRANT}/carry-over", CarryOverGrant)
door(router, f"{_GRANT}/lapse", LapseGrant)
door(router, f"{_GRANT}/repayments", RepayGrant)
