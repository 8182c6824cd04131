"""The people and papers of the tests: two trusts, a network, an agreement."""

from datetime import date
from typing import Any

from domain.agreements.agreement import ProposedPost, ProposeVersion
from domain.agreements.answer import Answer, AnswerVersion
from domain.agreements.notice import TerminateAgreement
from domain.fact import Command
from domain.invoicing.issue import IssueInvoice
from domain.parties.network import EstablishNetwork
from domain.parties.organisation import RegisterOrganisation
from domain.posts.report import DecideReport, Outcome, SubmitReport
from domain.posts.staffing import Change, RecordStaffing
from domain.values import (
    Frequency,
    NetworkKind,
    NetworkModel,
    OrganisationKind,
    Region,
    Vacancy,
    VatTreatment,
)

BERGEN = "983974724"
OSLO = "993467049"
TROMSO = "983974899"
TRONDHEIM = "883974832"
STAVANGER = "983974678"
UNKNOWN = "983974694"
"""A good number that nobody registers."""

WAIVED = "As agreed before"
"""Why something is left out of terms."""

HOME = {
    BERGEN: Region.VEST,
    OSLO: Region.SOROST,
    TROMSO: Region.NORD,
    TRONDHEIM: Region.MIDT,
}


def organisation(number: str = BERGEN, **changes: Any) -> RegisterOrganisation:
    """Register a trust in its region."""
    content = {
        "org_number": number,
        "name": f"Trust {number}",
        "short_name": "T",
        "kind": OrganisationKind.HF,
        "region": HOME.get(number, Region.VEST),
    }
    return RegisterOrganisation(**{**content, **changes})


def network(**changes: Any) -> EstablishNetwork:
    """Establish a national network, coordinated in Bergen, from 2025."""
    content = {
        "network": "ms",
        "kind": NetworkKind.NATIONAL,
        "name_nb": "Nasjonalt nettverk for MS",
        "name_en": "Norwegian National Network for MS",
        "coordinating_trust": BERGEN,
        "starts_on": date(2025, 1, 1),
        "model": NetworkModel.WITH_PART_TIME_POSTS,
        "coordination_budget_ore": 1_000_000_00,
    }
    return EstablishNetwork(**{**content, **changes})


def post(name: str = "nurse", **changes: Any) -> ProposedPost:
    """Describe a post of 20 % that costs 365 000 kroner a year."""
    content = {
        "post": name,
        "content": "Teaching",
        "percent": "20.00",
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2027, 12, 31),
        "annual_cost_ore": 365_000_00,
    }
    return ProposedPost(**{**content, **changes})


def version(number: int = 1, **changes: Any) -> ProposeVersion:
    """Propose a version by which Bergen pays Oslo for one post.

    It waives what it does not ask for.
    """
    required = changes.get("endorsement_required", False)
    content = {
        "agreement": "ms-ous",
        "version": number,
        "network": "ms",
        "payer": BERGEN,
        "payee": OSLO,
        "effective_from": date(2026, 1, 1),
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2027, 12, 31),
        "frequency": Frequency.HALF_YEARLY,
        "vacancy": Vacancy.STOP,
        "vat_treatment": VatTreatment.EXEMPT,
        "vat_reason": "health personnel",
        "posts": (post(),),
        "endorsement_required": False,
        "endorsement_waived": WAIVED if required is False else "",
        "cooperation_waived": "" if changes.get("cooperation") else WAIVED,
    }
    return ProposeVersion(**{**content, **changes})


def accept(number: int = 1, agreement: str = "ms-ous", **changes: Any) -> AnswerVersion:
    """Accept a version."""
    content = {"agreement": agreement, "version": number, "answer": Answer.ACCEPTED}
    return AnswerVersion(**{**content, **changes})


def terminate(ends_on: date, agreement: str = "ms-ous") -> TerminateAgreement:
    """End an agreement."""
    return TerminateAgreement(agreement=agreement, ends_on=ends_on, reason="Enough")


def fill(
    day: date = date(2026, 1, 1), name: str = "nurse", agreement: str | None = None
) -> RecordStaffing:
    """Fill a post."""
    return RecordStaffing(
        post=name,
        change=Change.FILLED,
        effective_on=day,
        holder="p-1",
        agreement=agreement,
    )


def vacate(
    day: date, name: str = "nurse", agreement: str | None = None
) -> RecordStaffing:
    """Vacate a post."""
    return RecordStaffing(
        post=name, change=Change.VACATED, effective_on=day, agreement=agreement
    )


def report(**changes: Any) -> SubmitReport:
    """Report on the whole of 2026, as Oslo."""
    content = {
        "report": "ms-ous-2026",
        "network": "ms",
        "trust": OSLO,
        "period_start": date(2026, 1, 1),
        "period_end": date(2026, 12, 31),
    }
    return SubmitReport(**{**content, **changes})


def approve(name: str = "ms-ous-2026") -> DecideReport:
    """Approve a report."""
    return DecideReport(report=name, outcome=Outcome.APPROVED)


def invoice(
    start: date = date(2026, 1, 1),
    end: date = date(2026, 6, 30),
    agreement: str = "ms-ous",
) -> IssueInvoice:
    """Invoice a period."""
    return IssueInvoice(agreement=agreement, period_start=start, period_end=end)


ORGANISATIONS: tuple[Command, ...] = tuple(organisation(number) for number in HOME)
AGREED: tuple[Command, ...] = (*ORGANISATIONS, network(), version(), accept())
"""Everything up to an agreement in force."""
REPORTED: tuple[Command, ...] = (*AGREED, fill(), report(), approve())
"""Everything up to what may be invoiced."""
