"""Calls, applications and awards as facts, for tests of what a funder decides on them."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any, Final

from domain.grants.application import (
    APPLICATION,
    ApplicationContent,
    ApplicationPresented,
    ApplicationSubmitted,
    BudgetLine,
)
from domain.grants.assessing import AssessApplication, CheckApplication
from domain.grants.assessment import CheckOutcome, Score
from domain.grants.award import AwardOutcome
from domain.grants.awarding import DecideApplication
from domain.grants.call import (
    CALL,
    CALL_APPLICATIONS,
    ApplicationListed,
    CallPublished,
)
from domain.grants.funding import (
    CarryOverGrant,
    DecideGrantReport,
    DisburseGrant,
    LapseGrant,
)
from domain.grants.ranking import RANKING, RankingRecorded, ranking_key
from domain.grants.rules import (
    CallRules,
    CostCategory,
    Criterion,
    PanelSeat,
    RankerRole,
    UseRule,
)
from domain.grants.spending import RecordGrantCost, RepayGrant, ReportGrant
from domain.history import Append
from domain.posts.report import Outcome
from domain.values import REGIONAL_AUTHORITY, OrganisationKind, Region
from tests.support.examples import BERGEN, HOME, OSLO, TROMSO, TRONDHEIM, organisation
from tests.support.scenario import Scenario

FUNDER: Final = REGIONAL_AUTHORITY[Region.MIDT]
DEADLINE: Final = date(2025, 2, 1)
DECIDED: Final = date(2025, 2, 20)
LAST_DAY: Final = date(2025, 12, 31)
NEXT: Final = date(2026, 1, 15)
"""After the last day of use."""
LAPSES: Final = UseRule(last_day=LAST_DAY, remainder="lapses")
CARRIED: Final = UseRule(first_use_months=6, remainder="carried_by_decision")
LAPSE: Final = LapseGrant(application="a")
TRUSTS: Final = (BERGEN, OSLO, TROMSO, TRONDHEIM)
FINGERPRINT: Final = "0" * 64


def rules(**changes: Any) -> CallRules:
    """Make the rules of a call of the funder that asks for nothing."""
    content: dict[str, Any] = {
        "scheme": "funds",
        "title": "Funds",
        "valid_from": date(2024, 12, 1),
        "funder": FUNDER,
        "intake": "portal",
        "opens_on": date(2024, 12, 1),
        "deadline": DEADLINE,
        "applicant_kinds": (OrganisationKind.HF,),
        "applicant_regions": (Region.MIDT,),
        "categories": (
            CostCategory(key="project", words="Costs", rule="S3-07", allowed="yes"),
        ),
        "use": LAPSES,
        "rules": {},
    }
    return CallRules(**{**content, **changes})


def criterion(key: str, **changes: Any) -> Criterion:
    """Make a criterion."""
    return Criterion(**{"key": key, "words": key, "rule": "S3-24", **changes})


def seat(key: str, **changes: Any) -> PanelSeat:
    """Make a seat of a panel."""
    return PanelSeat(**{"key": key, "words": key, "rule": "S3-23", **changes})


def published(version: int = 1, call: str = "c-25", **changes: Any) -> Append:
    """Publish a version of the call."""
    fact = CallPublished(call=call, version=version, rules=rules(**changes), reason="")
    return Append(CALL.stream(Region.MIDT, call), fact)


def content(trust: str = TRONDHEIM, **changes: Any) -> ApplicationContent:
    """Make what a trust applies for: 100 kroner, on two lines."""
    said: dict[str, Any] = {
        "trust": trust,
        "applicant": "p-applicant",
        "workplace": "Ward",
        "title": "Project",
        "amount_ore": 100_00,
        "lines": tuple(
            BudgetLine(line=name, category="project", amount_ore=50_00, explanation="")
            for name in ("room", "speakers")
        ),
    }
    return ApplicationContent(**{**said, **changes})


def presented(
    name: str = "a", revision: int = 1, call: str = "c-25", **changes: Any
) -> Append:
    """Present a revision of an application."""
    said = content(**changes)
    fact = ApplicationPresented(
        application=name,
        revision=revision,
        call=call,
        content=said,
        fingerprint=FINGERPRINT,
    )
    return Append(APPLICATION.stream(HOME[said.trust], name), fact)


def submitted(
    name: str = "a",
    revision: int = 1,
    call: str = "c-25",
    call_version: int = 1,
    **changes: Any,
) -> Iterator[Append]:
    """Present a revision and submit it."""
    yield presented(name, revision, call, **changes)
    trust = changes.get("trust", TRONDHEIM)
    fact = ApplicationSubmitted(
        application=name,
        revision=revision,
        fingerprint=FINGERPRINT,
        call_version=call_version,
    )
    yield Append(APPLICATION.stream(HOME[trust], name), fact)
    if revision == 1:
        listed = ApplicationListed(call=call, application=name, trust=trust)
        yield Append(CALL_APPLICATIONS.stream(HOME[trust], call), listed)


def ranked(*order: str, trust: str = TRONDHEIM, call: str = "c-25") -> Append:
    """Rank a trust's applications."""
    fact = RankingRecorded(
        call=call,
        trust=trust,
        order=order,
        role=RankerRole.QUALITY_MANAGER,
        ranked_by="p-ranker",
    )
    return Append(RANKING.stream(HOME[trust], ranking_key(call, trust)), fact)


def applied(
    names: Collection[str] = ("a",), trust: str = TRONDHEIM, **changes: Any
) -> Scenario:
    """Return a history in which applications were submitted in a call with some rules."""
    scenario = everybody()
    scenario.receive(published(**changes))
    for name in names:
        scenario.receive(*submitted(name, trust=trust))
    return scenario


def everybody() -> Scenario:
    """Return a history in which the funder and the trusts are registered."""
    funder = organisation(FUNDER, kind=OrganisationKind.RHF, region=Region.MIDT)
    return Scenario().given(funder, *map(organisation, TRUSTS), today=date(2024, 11, 1))


def awarded(
    amount_ore: int = 100_00, trust: str = TRONDHEIM, **changes: Any
) -> Scenario:
    """Return a history in which an application got money on the day of decision."""
    scenario = applied(trust=trust, **changes)
    return scenario.given(decided(amount_ore), today=DECIDED)


def decided(
    amount_ore: int = 100_00, name: str = "a", **changes: Any
) -> DecideApplication:
    """Decide on an application for 100 kroner."""
    outcome = AwardOutcome.GRANTED
    if amount_ore < 100_00:
        outcome = AwardOutcome.PARTLY_GRANTED if amount_ore else AwardOutcome.REJECTED
    said: dict[str, Any] = {
        "application": name,
        "outcome": outcome,
        "amount_ore": amount_ore,
        "reason": "Good",
        "role": "director",
        "decided_by": "p-director",
    }
    return DecideApplication(**{**said, **changes})


def returned(name: str = "a", **changes: Any) -> CheckApplication:
    """Return an application."""
    said: dict[str, Any] = {
        "application": name,
        "outcome": CheckOutcome.RETURNED,
        "missing": "Budget",
        "complete_by": date(2025, 2, 10),
    }
    return CheckApplication(**{**said, **changes})


def assessed(
    *scores: Score, name: str = "a", assessor: str = "p-one", **changes: Any
) -> AssessApplication:
    """Assess an application."""
    return AssessApplication(
        **{"application": name, "assessor": assessor, "scores": scores, **changes}
    )


def points(*keys: str, each: int = 3) -> Sequence[Score]:
    """Give points on some criteria."""
    return [Score(criterion=key, points=each) for key in keys]


def disburse(amount_ore: int = 100_00, **changes: Any) -> DisburseGrant:
    """Pay the trust on the day of decision."""
    said = {
        "application": "a",
        "amount_ore": amount_ore,
        "payee": TRONDHEIM,
        "paid_on": DECIDED,
    }
    return DisburseGrant(**{**said, **changes})


def cost(amount_ore: int = 10_00, name: str = "c1", **changes: Any) -> RecordGrantCost:
    """Record a cost of the day of decision."""
    said = {
        "application": "a",
        "cost": name,
        "line": "room",
        "amount_ore": amount_ore,
        "incurred_on": DECIDED,
    }
    return RecordGrantCost(**{**said, **changes})


def carry(until: date | None = date(2026, 6, 30), **changes: Any) -> CarryOverGrant:
    """Carry the rest over."""
    return CarryOverGrant(**{"application": "a", "use_until": until, **changes})


def repay(amount_ore: int = 10_00, **changes: Any) -> RepayGrant:
    """Pay back."""
    said = {"application": "a", "amount_ore": amount_ore, "paid_on": NEXT}
    return RepayGrant(**{**said, **changes})


def report(key: str = "final", *declares: str, **changes: Any) -> ReportGrant:
    """Report on the use."""
    return ReportGrant(
        **{"application": "a", "report": key, "declares": declares, **changes}
    )


def answer(outcome: Outcome, key: str = "final", **changes: Any) -> DecideGrantReport:
    """Decide on a report."""
    return DecideGrantReport(
        **{"application": "a", "report": key, "outcome": outcome, **changes}
    )
