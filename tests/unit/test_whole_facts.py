"""What trusts record when they agree and report, whole: each fact in its stream."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import pytest

from domain.agreements.agreement import (
    Cooperation,
    PartTimePost,
    PostPlanned,
    Terms,
    VersionProposed,
    VersionWithdrawn,
    WageGrowth,
)
from domain.agreements.answer import (
    Answer,
    EndorserRole,
    VersionAccepted,
    VersionCountered,
    VersionDeclined,
    VersionEndorsed,
)
from domain.agreements.counted import ProposalCounted
from domain.agreements.termination import AgreementTerminated
from domain.fact import Command, Fact
from domain.parties.billing_details import (
    AccountNamed,
    BillingDetailsRecorded,
    RecordBillingDetails,
)
from domain.parties.day import ConfirmDay, DayConfirmed
from domain.parties.kid import KidCheck
from domain.parties.network import NetworkEstablished
from domain.parties.organisation import OrganisationRegistered
from domain.parties.pair import AgreementListed
from domain.posts.report import (
    DecideReport,
    Outcome,
    ReportApproved,
    ReportListed,
    ReportReturned,
    ReportSubmitted,
)
from domain.posts.staffing import PostFilled, PostVacated
from domain.values import (
    EndorsementPolicy,
    Frequency,
    NetworkKind,
    NetworkModel,
    OrganisationKind,
    Region,
    TravelCost,
    Vacancy,
    VatTreatment,
)
from tests.support.examples import (
    AGREED,
    BERGEN,
    ORGANISATIONS,
    OSLO,
    WAIVED,
    accept,
    approve,
    fill,
    network,
    organisation,
    post,
    report,
    terminate,
    vacate,
    version,
)
from tests.support.negotiation import adopt, counter, endorse, grow, withdraw
from tests.support.scenario import Scenario

NATIONAL: Final = (*ORGANISATIONS, network())
PROPOSED: Final = (*NATIONAL, version())
COUNTERED: Final = (*PROPOSED, counter())
REPORTED: Final = (*AGREED, report())
RETURNED: Final = DecideReport(report="ms-ous-2026", outcome=Outcome.RETURNED)
NURSE: Final = PartTimePost(
    post="nurse",
    content="Teaching",
    percent="20.00",
    starts_on=date(2026, 1, 1),
    ends_on=date(2027, 12, 31),
    annual_cost_ore=365_000_00,
)
TERMS: Final = Terms(
    agreement="ms-ous",
    version=1,
    network="ms",
    payer=BERGEN,
    payee=OSLO,
    effective_from=date(2026, 1, 1),
    starts_on=date(2026, 1, 1),
    ends_on=date(2027, 12, 31),
    frequency=Frequency.HALF_YEARLY,
    vacancy=Vacancy.STOP,
    vat_treatment=VatTreatment.EXEMPT,
    vat_reason="health personnel",
    posts=(NURSE,),
    endorsement_waived=WAIVED,
    cooperation_waived=WAIVED,
)
# What was signed stays what is hashed: these never change, nor what was signed before
# there were reasons.
BEFORE_REASONS: Final = (
    "06ffe5c65f87c28f567acc867e509ba32539b570283b6f7979ba4f7107c6a22b"
)
FINGERPRINT: Final = "e521ae57b03a722755961825e6a71dace9d2cafa403129034e0b71fa4de88919"
COUNTER_TERMS: Final = TERMS.model_copy(
    update={
        "version": 2,
        "posts": (NURSE.model_copy(update={"annual_cost_ore": 300_000_00}),),
    }
)
COUNTER_FINGERPRINT: Final = (
    "2171b5900d91314ae4596c845848fa44db9e60208b547e8490163c0e94c4536f"
)
ENDORSED_TERMS: Final = COUNTER_TERMS.model_copy(
    update={"endorsement": EndorsementPolicy.HOST_LEADER, "endorsement_waived": None}
)
SECTIONS: Final = {"tasks": "a", "obligations": "b", "aims": "c", "economy": "d"}
ALL: Final[dict[str, Any]] = {
    "notice_months": 3,
    "travel": TravelCost.PAYEE,
    "vat_decided_by": "p-3",
    "vat_decided_on": date(2025, 11, 1),
    "archive_reference": "2026/1473-2",
}
WHOLE: Final = version(
    posts=(post("nurse"), post("doctor")),
    endorsement_required=None,
    cooperation=SECTIONS,
    **ALL,
)
WHOLE_TERMS: Final = TERMS.model_copy(
    update={
        **ALL,
        "posts": (NURSE.model_copy(update={"post": "doctor"}), NURSE),
        "cooperation": Cooperation(**SECTIONS),
        "endorsement": EndorsementPolicy.HOST_LEADER,
        "endorsement_waived": None,
        "cooperation_waived": None,
    }
)
GROWN_TERMS: Final = TERMS.model_copy(
    update={
        "version": 2,
        "effective_from": date(2027, 1, 1),
        "posts": (NURSE.model_copy(update={"annual_cost_ore": 378_687_50}),),
        "wage_growth": WageGrowth(factor="1.0375", source="TBU 2027", of_version=1),
    }
)
ONE: Final[dict[str, Any]] = {"agreement": "ms-ous", "version": 1}
TWO: Final[dict[str, Any]] = {"agreement": "ms-ous", "version": 2}
PAIR: Final = f"{BERGEN}:{OSLO}"
Recorded = Sequence[tuple[str, Fact]]


def proposed(terms: Terms, fingerprint: str | None = None) -> Recorded:
    """Return what every proposal records."""
    name, number = terms.agreement, terms.version
    fact = VersionProposed(terms=terms, fingerprint=fingerprint or terms.fingerprint)
    counted = ProposalCounted(network="ms", agreement=name, version=number)
    return [("vest:agreement:ms-ous", fact), ("vest:frame:ms", counted)]


def planned(*posts: str) -> Recorded:
    """Return that posts are claimed, and that the agreement is listed."""
    listed = AgreementListed(first=BERGEN, second=OSLO, agreement="ms-ous")
    return [
        *(
            (f"vest:post:{each}", PostPlanned(post=each, agreement="ms-ous"))
            for each in posts
        ),
        (f"vest:pair:{PAIR}", listed),
    ]


def answered(kind: type[VersionAccepted | VersionDeclined], region: str) -> Recorded:
    """Return an answer to the first version."""
    return [(f"{region}:answers:ms-ous", kind(**ONE, fingerprint=FINGERPRINT))]


AGREEMENTS: Final[Sequence[tuple[Sequence[Command], Command, Recorded]]] = [
    (NATIONAL, version(), [*proposed(TERMS, FINGERPRINT), *planned("nurse")]),
    (NATIONAL, WHOLE, [*proposed(WHOLE_TERMS), *planned("doctor", "nurse")]),
    (
        PROPOSED,
        version(2, posts=(post(annual_cost_ore=300_000_00),)),
        proposed(COUNTER_TERMS, COUNTER_FINGERPRINT),
    ),
    (PROPOSED, accept(), answered(VersionAccepted, "sorost")),
    (
        PROPOSED,
        accept(answer=Answer.DECLINED),
        answered(VersionDeclined, "sorost"),
    ),
    (
        (
            *(*ORGANISATIONS, network(kind=NetworkKind.REGIONAL)),
            version(payer=OSLO, payee=BERGEN),
        ),
        accept(),
        [
            (
                "sorost:answers:ms-ous",
                VersionAccepted(
                    **ONE,
                    fingerprint=TERMS.model_copy(
                        update={"payer": OSLO, "payee": BERGEN}
                    ).fingerprint,
                ),
            )
        ],
    ),
    (
        PROPOSED,
        counter(),
        [
            (
                "sorost:answers:ms-ous",
                VersionCountered(
                    **ONE,
                    fingerprint=FINGERPRINT,
                    terms=COUNTER_TERMS,
                    terms_fingerprint=COUNTER_FINGERPRINT,
                ),
            )
        ],
    ),
    (
        PROPOSED,
        counter(endorsement_required=None),
        [
            (
                "sorost:answers:ms-ous",
                VersionCountered(
                    **ONE,
                    fingerprint=FINGERPRINT,
                    terms=ENDORSED_TERMS,
                    terms_fingerprint=ENDORSED_TERMS.fingerprint,
                ),
            )
        ],
    ),
    (
        COUNTERED,
        adopt(),
        [
            *proposed(COUNTER_TERMS, COUNTER_FINGERPRINT),
            (
                "vest:answers:ms-ous",
                VersionAccepted(**TWO, fingerprint=COUNTER_FINGERPRINT),
            ),
        ],
    ),
    (
        PROPOSED,
        withdraw(),
        [("vest:agreement:ms-ous", VersionWithdrawn(**ONE, fingerprint=FINGERPRINT))],
    ),
    (
        COUNTERED,
        withdraw(2),
        [
            (
                "sorost:agreement:ms-ous",
                VersionWithdrawn(**TWO, fingerprint=COUNTER_FINGERPRINT),
            )
        ],
    ),
    *(
        (
            COUNTERED,
            endorse(number),
            [
                (
                    "sorost:answers:ms-ous",
                    VersionEndorsed(
                        agreement="ms-ous",
                        version=number,
                        fingerprint=fingerprint,
                        role=EndorserRole.CLINIC_DIRECTOR,
                        endorsed_by="p-2",
                        endorsed_on=date(2025, 11, 30),
                    ),
                )
            ],
        )
        for number, fingerprint in ((1, FINGERPRINT), (2, COUNTER_FINGERPRINT))
    ),
    (
        AGREED,
        terminate(date(2026, 6, 30)),
        [
            (
                "sorost:terminations:ms-ous",
                AgreementTerminated(
                    agreement="ms-ous",
                    terminated_by=OSLO,
                    ends_on=date(2026, 6, 30),
                    reason="Enough",
                ),
            )
        ],
    ),
    (AGREED, grow(), proposed(GROWN_TERMS)),
    (
        AGREED,
        grow(effective_from=date(2027, 12, 31)),
        proposed(GROWN_TERMS.model_copy(update={"effective_from": date(2027, 12, 31)})),
    ),
]
SUBMITTED: Final[dict[str, Any]] = {
    "report": "ms-ous-2026",
    "network": "ms",
    "trust": OSLO,
    "period_start": date(2026, 1, 1),
    "period_end": date(2026, 12, 31),
}
DETAILS: Final[dict[str, Any]] = {
    "org_number": OSLO,
    "account": "86011117947",
    "kid_check": KidCheck.MOD_11,
    "kid_length": 12,
    "buyer_reference": "KST 4410",
    "street": "Kirkeveien 166",
    "postcode": "0450",
    "city": "Oslo",
}
OTHERS: Final[Sequence[tuple[Sequence[Command], Command, Recorded]]] = [
    (
        (),
        organisation(parent_org_number="983658725"),
        [
            (
                f"vest:organisation:{BERGEN}",
                OrganisationRegistered(
                    org_number=BERGEN,
                    name=f"Trust {BERGEN}",
                    short_name="T",
                    kind=OrganisationKind.HF,
                    region=Region.VEST,
                    parent_org_number="983658725",
                ),
            )
        ],
    ),
    (
        ORGANISATIONS,
        network(),
        [
            (
                "vest:network:ms",
                NetworkEstablished(
                    network="ms",
                    kind=NetworkKind.NATIONAL,
                    name_nb="Nasjonalt nettverk for MS",
                    name_en="Norwegian National Network for MS",
                    coordinating_trust=BERGEN,
                    starts_on=date(2025, 1, 1),
                    model=NetworkModel.WITH_PART_TIME_POSTS,
                    coordination_budget_ore=1_000_000_00,
                ),
            )
        ],
    ),
    (
        (),
        ConfirmDay(region=Region.NORD, day=date(2025, 11, 30)),
        [("nord:days:nord", DayConfirmed(region=Region.NORD, day=date(2025, 11, 30)))],
    ),
    (
        ORGANISATIONS,
        RecordBillingDetails(**DETAILS),
        [
            (f"sorost:billing-details:{OSLO}", BillingDetailsRecorded(**DETAILS)),
            (
                f"sorost:account:{DETAILS['account']}",
                AccountNamed(org_number=OSLO, account=DETAILS["account"]),
            ),
        ],
    ),
    (
        AGREED,
        fill(),
        [
            (
                "sorost:staffing:nurse",
                PostFilled(
                    post="nurse",
                    agreement="ms-ous",
                    effective_on=date(2026, 1, 1),
                    holder="p-1",
                ),
            )
        ],
    ),
    (
        AGREED,
        vacate(date(2026, 3, 1)),
        [
            (
                "sorost:staffing:nurse",
                PostVacated(
                    post="nurse", agreement="ms-ous", effective_on=date(2026, 3, 1)
                ),
            )
        ],
    ),
    (
        AGREED,
        report(),
        [
            ("sorost:report:ms-ous-2026", ReportSubmitted(**SUBMITTED, submission=1)),
            (
                f"sorost:reporting:ms:{OSLO}",
                ReportListed(network="ms", trust=OSLO, report="ms-ous-2026"),
            ),
        ],
    ),
    (
        (*REPORTED, RETURNED),
        report(),
        [("sorost:report:ms-ous-2026", ReportSubmitted(**SUBMITTED, submission=2))],
    ),
    (
        REPORTED,
        approve(),
        [
            (
                "vest:report-decisions:ms-ous-2026",
                ReportApproved(report="ms-ous-2026", submission=1),
            )
        ],
    ),
    (
        (*REPORTED, RETURNED, report()),
        RETURNED,
        [
            (
                "vest:report-decisions:ms-ous-2026",
                ReportReturned(report="ms-ous-2026", submission=2),
            )
        ],
    ),
]


@pytest.mark.parametrize(("before", "command", "recorded"), [*AGREEMENTS, *OTHERS])
def test_a_decision_records_all_that_was_said_and_no_more(
    before: Sequence[Command], command: Command, recorded: Recorded
) -> None:
    scenario = Scenario().given(*before).when(command)
    found = [(str(each.stream), each.fact) for each in scenario.appended]
    assert found == recorded, scenario.outcome
    again = scenario.when(command)
    assert again.outcome == ()


def test_what_was_signed_before_there_were_reasons_is_what_is_hashed() -> None:
    waived = {"endorsement_waived": None, "cooperation_waived": None}
    assert TERMS.model_copy(update=waived).fingerprint == BEFORE_REASONS
