"""What is owed of networks, row for row of the rule book (§7)."""

from datetime import date

import pytest

from domain.governance.activity import ACTIVITY, ActivityReported
from domain.obligations.derive import SourceKind
from domain.parties.authority import (
    AUTHORITY,
    EvaluationOutcome,
    NetworkClosed,
    NetworkEvaluated,
    NetworkRenewed,
)
from domain.parties.charter import (
    CHARTER,
    CharterMilestone,
    Foundation,
    MilestoneReached,
)
from domain.values import (
    NetworkKind,
)
from tests.support.owed import HELSE_VEST, TEXT, charter, is_due, network


@pytest.mark.rule("S1-40")
@pytest.mark.rule("S1-36")
def test_a_national_network_reports_and_reviews_its_exit_plan_each_year() -> None:
    told = network()
    report = ActivityReported(of="n", year=2021, to=(HELSE_VEST,))
    told.say("2022-02-12", ACTIVITY, "n", report)
    told.say("2022-03-01", CHARTER, "n", charter(1, exit_plan=TEXT))
    owed = told.owed(SourceKind.NETWORK, "n", "2022-06-01", 2022)
    assert [e for e in owed if "/report/" in e] == [
        "network/n/report/2021",
        "network/n/report/2022",
    ]
    is_due(owed["network/n/report/2021"], "2022-02-10", "2022-02-12")
    is_due(owed["network/n/report/2022"], "2023-02-10")
    is_due(owed["network/n/exit-plan/2021"], "2021-12-31")
    is_due(owed["network/n/exit-plan/2022"], "2022-12-31", "2022-03-01")


@pytest.mark.rule("S1-37")
def test_each_registered_health_authority_evaluates_each_period() -> None:
    told = network()
    fact = NetworkEvaluated(
        network="n", authority=HELSE_VEST, period=1, outcome=EvaluationOutcome.RENEW
    )
    told.say("2025-06-01", AUTHORITY, "n", fact)
    renewed = NetworkRenewed(
        network="n",
        authority=HELSE_VEST,
        starts_on=date(2026, 3, 1),
        ends_on=date(2031, 2, 28),
    )
    told.say("2025-07-01", AUTHORITY, "n", renewed)
    owed = told.owed(SourceKind.NETWORK, "n", "2025-08-01", 2025)
    evaluations = {name: each for name, each in owed.items() if "/evaluation/" in name}
    assert [*evaluations] == [
        "network/n/evaluation/1/vest",
        "network/n/evaluation/2/vest",
    ]
    is_due(evaluations["network/n/evaluation/1/vest"], "2026-02-28", "2025-06-01")
    is_due(evaluations["network/n/evaluation/2/vest"], "2031-02-28")


@pytest.mark.rule("S1-39")
def test_a_milestone_is_owed_where_one_is_set() -> None:
    told = network()
    goal = CharterMilestone(milestone="m", due_on=date(2023, 1, 1), text="x")
    told.say("2022-01-01", CHARTER, "n", charter(1, milestones=(goal,)))
    owed = told.owed(SourceKind.NETWORK, "n", "2022-06-01")
    is_due(owed["network/n/milestone/m"], "2023-01-01")
    reached = MilestoneReached(network="n", milestone="m", reached_on=date(2022, 7, 1))
    told.say("2022-07-02", CHARTER, "n", reached)
    owed = told.owed(SourceKind.NETWORK, "n", "2022-08-01")
    is_due(owed["network/n/milestone/m"], "2023-01-01", "2022-07-02")


@pytest.mark.rule("S1-18")
def test_every_other_region_is_to_have_an_agreement() -> None:
    owed = network().owed(SourceKind.NETWORK, "n", "2021-04-01")
    regions = [name for name in owed if "/agreement/" in name]
    assert regions == [
        "network/n/agreement/midt",
        "network/n/agreement/nord",
        "network/n/agreement/sorost",
    ]
    is_due(owed["network/n/agreement/nord"], "2021-09-01")


@pytest.mark.rule("S4-42")
@pytest.mark.rule("S4-44")
def test_a_document_that_runs_out_is_replaced_by_a_later_charter() -> None:
    told = network(NetworkKind.LOCAL)
    plan = Foundation(title="Leve", kind="strategy", valid_until=date(2022, 12, 31))
    told.say("2021-02-01", CHARTER, "n", charter(1, founded_on=(plan,)))
    owed = told.owed(SourceKind.NETWORK, "n", "2022-06-01")
    assert [*owed] == ["network/n/document/Leve"]
    is_due(owed["network/n/document/Leve"], "2022-12-31")
    told.say("2023-02-01", CHARTER, "n", charter(2))
    owed = told.owed(SourceKind.NETWORK, "n", "2023-06-01")
    is_due(owed["network/n/document/Leve"], "2022-12-31", "2023-02-01")


def test_what_is_due_after_a_closing_falls_away_but_the_reports_of_its_years() -> None:
    told = network()
    closed = NetworkClosed(
        network="n", authority=HELSE_VEST, closes_on=date(2022, 6, 30), reason=""
    )
    told.say("2022-05-01", AUTHORITY, "n", closed)
    owed = told.owed(SourceKind.NETWORK, "n", "2024-01-01")
    assert [name for name in owed if "/report/" in name] == [
        "network/n/report/2021",
        "network/n/report/2022",
    ]
    assert [name for name in owed if "/exit-plan/" in name] == [
        "network/n/exit-plan/2021"
    ]
