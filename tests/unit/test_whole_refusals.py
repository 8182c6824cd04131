"""Each refusal of what trusts agree on, whole: code, place, values, who and where."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import pytest

from domain.agreements.answer import Answer
from domain.fact import Command
from domain.parties.billing_details import RecordBillingDetails
from domain.parties.day import ConfirmDay
from domain.parties.kid import KidCheck
from domain.parties.organisation import OrganisationRegistered
from domain.posts.report import DecideReport, Outcome
from domain.refusal import Code, Refusal
from domain.values import (
    REGIONAL_AUTHORITY,
    NetworkKind,
    NetworkModel,
    Region,
    VatTreatment,
)
from tests.support.examples import (
    AGREED,
    BERGEN,
    HOME,
    ORGANISATIONS,
    OSLO,
    STAVANGER,
    TROMSO,
    UNKNOWN,
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
from tests.support.refusals import (
    not_entitled,
    parties_fixed,
    unknown_organisation,
    unknown_version,
    wrong_region,
)
from tests.support.scenario import Scenario

NATIONAL: Final = (*ORGANISATIONS, network())
REGIONAL: Final = (*ORGANISATIONS, network(kind=NetworkKind.REGIONAL))
PROPOSED: Final = (*NATIONAL, version())
COUNTERED: Final = (*PROPOSED, counter())
REPORTED: Final = (*AGREED, report())
RETURNED: Final = DecideReport(report="ms-ous-2026", outcome=Outcome.RETURNED)
AUTHORITY: Final = REGIONAL_AUTHORITY[Region.VEST]
STALE: Final[dict[str, Any]] = {"fingerprint": "0" * 64}
OUTDATED: Final = Refusal(Code.OUTDATED, "fingerprint")
DETAILS: Final[dict[str, Any]] = {"org_number": OSLO}
REGIONS: Final = {
    **HOME,
    AUTHORITY: Region.VEST,
    REGIONAL_AUTHORITY[Region.NORD]: Region.NORD,
}


def conflicting(member: str, **values: str | int) -> Refusal:
    """Refuse what says another thing than what is recorded."""
    return Refusal(Code.CONFLICTING_ROW, member, values)


def invalid(member: str) -> Refusal:
    """Refuse what is no organisation number."""
    return Refusal(Code.INVALID_ORGANISATION_NUMBER, member)


def exceeded(member: str, year: int, frame_ore: int, cost_ore: int) -> Refusal:
    """Refuse what costs more than a frame holds."""
    values = {"year": year, "frame_ore": frame_ore, "cost_ore": cost_ore}
    return Refusal(Code.FRAME_EXCEEDED, member, values)


def lacking(member: str, name: str = "doctor") -> Refusal:
    """Refuse a post that lacks something."""
    values = {"post": name, "member": member}
    return Refusal(Code.MISSING_CONTENT, "posts", values)


def incomplete(member: str) -> Refusal:
    """Refuse terms with something left open."""
    return Refusal(Code.TERMS_INCOMPLETE, member, {"member": member})


def ended(member: str | None, last_day: str) -> Refusal:
    """Refuse what comes after the last day of an agreement."""
    return Refusal(Code.AGREEMENT_TERMINATED, member, {"last_day": last_day})


def doctor(**changes: Any) -> Command:
    """Propose a nurse who has all, and a doctor who lacks something."""
    return version(posts=(post(), post("doctor", **changes)))


def said(**sections: str) -> Command:
    """Propose a cooperation of which some sections are said."""
    empty = dict.fromkeys(("tasks", "obligations", "aims", "economy"), " ")
    return version(cooperation={**empty, **sections}, vat_decided_by="p-3")


def other(annual_ore: int) -> Command:
    """Propose an agreement with another host."""
    posts = (post("b", annual_cost_ore=annual_ore),)
    return version(agreement="b", payee=TROMSO, posts=posts)


Case = tuple[Sequence[Command], Command, Refusal]
PROPOSALS: Final[Sequence[Case]] = [
    (NATIONAL, version(payer="1"), invalid("payer")),
    (NATIONAL, version(payee="1"), invalid("payee")),
    (NATIONAL, version(payer=UNKNOWN), unknown_organisation(UNKNOWN, "payer")),
    (NATIONAL, version(payee=UNKNOWN), unknown_organisation(UNKNOWN, "payee")),
    (
        NATIONAL,
        version(network="other"),
        Refusal(Code.UNKNOWN_NETWORK, "network", {"network": "other"}),
    ),
    (NATIONAL, version(payee=BERGEN), Refusal(Code.SAME_PARTY, "payee")),
    (
        NATIONAL,
        version(payer=OSLO, payee=BERGEN),
        Refusal(Code.PAYER_NOT_COORDINATOR, "payer", {"organisation": BERGEN}),
    ),
    (
        REGIONAL,
        version(payer=OSLO, payee=TROMSO),
        Refusal(Code.NOT_A_PARTY, "payer", {"organisation": BERGEN}),
    ),
    ((*REGIONAL, version()), version(2, payee=TROMSO), parties_fixed("payee")),
    (
        (*REGIONAL, version()),
        version(2, payer=OSLO, payee=BERGEN),
        parties_fixed("payer"),
    ),
    (
        (*PROPOSED, network(network="b")),
        version(2, network="b", payee=TROMSO),
        parties_fixed("network"),
    ),
    (
        NATIONAL,
        doctor(percent="9.99"),
        Refusal(
            Code.PERCENT_OUT_OF_RANGE, "posts", {"post": "doctor", "percent": "9.99"}
        ),
    ),
    (NATIONAL, doctor(percent=None, content=""), lacking("content")),
    (NATIONAL, doctor(percent=None), lacking("percent")),
    (NATIONAL, doctor(percent=None, annual_cost_ore=None), lacking("annual_cost_ore")),
    (REGIONAL, doctor(starts_on=None, percent=None), lacking("starts_on")),
    (REGIONAL, doctor(ends_on=None, content=""), lacking("ends_on")),
    (
        NATIONAL,
        version(ends_on=date(2030, 1, 1)),
        Refusal(Code.OUTLASTS_NETWORK, "ends_on", {"last_day": "2029-12-31"}),
    ),
    (NATIONAL, said(), incomplete("tasks")),
    (NATIONAL, said(tasks="a", aims="b"), incomplete("obligations")),
    (
        NATIONAL,
        said(tasks="a", obligations="b", aims="c", economy="d"),
        incomplete("vat_decided_on"),
    ),
    (
        NATIONAL,
        version(vat_decided_on=date(2025, 12, 1)),
        incomplete("vat_decided_by"),
    ),
    (
        NATIONAL,
        version(
            vat_decided_by="p-3",
            vat_decided_on=date(2025, 12, 1),
            vat_treatment=VatTreatment.NOT_ASSESSED,
        ),
        incomplete("vat_treatment"),
    ),
    (PROPOSED, version(vat_reason="other"), conflicting("version")),
    (
        PROPOSED,
        version(agreement="ms-unn", payee=TROMSO),
        conflicting("posts", post="nurse", agreement="ms-ous"),
    ),
    (
        NATIONAL,
        version(posts=(post(annual_cost_ore=1_000_000_01),)),
        exceeded("posts", 2026, 2_000_000_00, 2_000_000_01),
    ),
    (PROPOSED, other(700_000_00), exceeded("posts", 2026, 2_000_000_00, 2_065_000_00)),
    (
        (*PROPOSED, version(2, effective_from=date(2027, 1, 1)), other(635_000_00)),
        version(
            3,
            effective_from=date(2027, 1, 1),
            posts=(post(annual_cost_ore=9_000_000_00),),
        ),
        exceeded("posts", 2027, 2_000_000_00, 10_635_000_00),
    ),
    (
        (*AGREED, terminate(date(2026, 6, 30))),
        version(2, effective_from=date(2026, 7, 1)),
        ended("effective_from", "2026-06-30"),
    ),
]
ANSWERS: Final[Sequence[Case]] = [
    (PROPOSED, accept(2), unknown_version(2)),
    (PROPOSED, accept(agreement="b"), unknown_version(1, "b")),
    (PROPOSED, accept(**STALE), OUTDATED),
    (AGREED, accept(answer=Answer.DECLINED), conflicting("answer")),
    (COUNTERED, accept(), conflicting("answer")),
    (
        (*PROPOSED, withdraw()),
        accept(),
        Refusal(Code.VERSION_WITHDRAWN, "version", {"version": 1}),
    ),
    (
        (*NATIONAL, version(endorsement_required=True)),
        accept(),
        Refusal(Code.NOT_ENDORSED, "version", {"version": 1}),
    ),
    (
        (
            *(*AGREED, version(2, effective_from=date(2026, 7, 1))),
            terminate(date(2026, 6, 30)),
        ),
        accept(2),
        ended(None, "2026-06-30"),
    ),
    (PROPOSED, counter(3, to=2), unknown_version(2)),
    (PROPOSED, counter(agreement="b"), unknown_version(1, "b")),
    (PROPOSED, counter().model_copy(update=STALE), OUTDATED),
    (PROPOSED, counter(1), conflicting("version")),
    (COUNTERED, counter(3), conflicting("version")),
    (COUNTERED, counter(2, vat_reason="other"), conflicting("version")),
    ((*COUNTERED, version(3)), counter(2, to=3), conflicting("version")),
    ((*PROPOSED, version(3)), counter(2), conflicting("version")),
    (PROPOSED, counter(payee=TROMSO), parties_fixed("payee")),
    (
        PROPOSED,
        counter(network="b"),
        Refusal(Code.UNKNOWN_NETWORK, "network", {"network": "b"}),
    ),
    (PROPOSED, adopt(), unknown_version(2)),
    (COUNTERED, adopt(1), unknown_version(1)),
    (COUNTERED, adopt(**STALE), OUTDATED),
    ((*COUNTERED, version(2)), adopt(), conflicting("version")),
    (
        (*COUNTERED, withdraw(2)),
        adopt(),
        Refusal(Code.VERSION_WITHDRAWN, "version", {"version": 2}),
    ),
    (PROPOSED, withdraw(2), unknown_version(2)),
    (PROPOSED, withdraw(agreement="b"), unknown_version(1, "b")),
    (PROPOSED, withdraw(**STALE), OUTDATED),
    (AGREED, withdraw(), Refusal(Code.ALREADY_ANSWERED, "version", {"version": 1})),
    (PROPOSED, endorse(2), unknown_version(2)),
    (PROPOSED, endorse(**STALE), OUTDATED),
    (
        PROPOSED,
        endorse(endorsed_on=date(2025, 12, 2)),
        Refusal(Code.INVALID_ROW, "endorsed_on"),
    ),
]
ENDS: Final[Sequence[Case]] = [
    (
        NATIONAL,
        terminate(date(2026, 12, 31)),
        Refusal(Code.UNKNOWN_AGREEMENT, "agreement", {"agreement": "ms-ous"}),
    ),
    (PROPOSED, terminate(date(2026, 12, 31)), Refusal(Code.NOT_ACCEPTED, "agreement")),
    (
        (*NATIONAL, version(notice_months=3), accept()),
        terminate(date(2026, 2, 28)),
        Refusal(Code.NOTICE_TOO_SHORT, "ends_on", {"first_day": "2026-03-01"}),
    ),
    (
        (*AGREED, terminate(date(2026, 6, 30))),
        terminate(date(2026, 6, 30)).model_copy(update={"reason": "Again"}),
        ended("ends_on", "2026-06-30"),
    ),
    (
        NATIONAL,
        grow(),
        Refusal(Code.UNKNOWN_AGREEMENT, "agreement", {"agreement": "ms-ous"}),
    ),
    (
        (*NATIONAL, version(effective_from=date(2028, 1, 1)), accept()),
        terminate(date(2026, 12, 31)),
        Refusal(Code.NOT_ACCEPTED, "agreement"),
    ),
    (AGREED, grow(source=" "), incomplete("source")),
    (
        (*AGREED, terminate(date(2026, 12, 31))),
        grow(),
        Refusal(Code.NOT_ACCEPTED, "effective_from"),
    ),
    (PROPOSED, grow(), Refusal(Code.NOT_ACCEPTED, "effective_from")),
    (
        AGREED,
        grow(effective_from=date(2028, 1, 1)),
        Refusal(Code.NOT_ACCEPTED, "effective_from"),
    ),
]
POSTS: Final[Sequence[Case]] = [
    (AGREED, fill(name="b"), Refusal(Code.UNKNOWN_POST, "post", {"post": "b"})),
    (AGREED, report(trust="1"), invalid("trust")),
    (AGREED, report(trust=UNKNOWN), unknown_organisation(UNKNOWN, "trust")),
    (
        AGREED,
        report(network="b"),
        Refusal(Code.UNKNOWN_NETWORK, "network", {"network": "b"}),
    ),
    (REPORTED, report(period_end=date(2026, 6, 30)), conflicting("report")),
    (REPORTED, report(trust=TROMSO), conflicting("report")),
    ((*REPORTED, approve()), report(network="b"), conflicting("report")),
    (
        AGREED,
        approve(),
        Refusal(Code.UNKNOWN_REPORT, "report", {"report": "ms-ous-2026"}),
    ),
    (
        (*REPORTED, RETURNED, report()),
        approve().model_copy(update={"submission": 1}),
        Refusal(Code.OUTDATED, "submission", {"submission": 2}),
    ),
    ((*REPORTED, approve()), RETURNED, conflicting("outcome")),
    ((*REPORTED, RETURNED), approve(), conflicting("outcome")),
]
PARTIES: Final[Sequence[Case]] = [
    ((), organisation("983974725"), invalid("org_number")),
    ((), organisation(parent_org_number="1"), invalid("parent_org_number")),
    (ORGANISATIONS, organisation(name="Another"), conflicting("org_number")),
    ((), organisation(AUTHORITY, region=Region.NORD), conflicting("region")),
    ((), network(), unknown_organisation(BERGEN, "coordinating_trust")),
    ((), network(coordinating_trust="1"), invalid("coordinating_trust")),
    (NATIONAL, network(name_nb="Noe annet"), conflicting("network")),
    (
        ORGANISATIONS,
        network(name_en="A network"),
        Refusal(Code.NAME_NOT_ALLOWED, "name_en"),
    ),
    *(
        (
            ORGANISATIONS,
            network(model=model, coordination_budget_ore=1_000_000_01),
            exceeded("coordination_budget_ore", 2025, 1_000_000_00, 1_000_000_01),
        )
        for model in NetworkModel
    ),
    (
        (),
        ConfirmDay(region=Region.VEST, day=date(2025, 12, 1)),
        Refusal(Code.PERIOD_NOT_ENDED, "day"),
    ),
    ((), RecordBillingDetails(org_number="1"), invalid("org_number")),
    (
        (),
        RecordBillingDetails(org_number=OSLO),
        unknown_organisation(OSLO, "org_number"),
    ),
    (
        ORGANISATIONS,
        RecordBillingDetails(**DETAILS, account="86011117948"),
        Refusal(Code.INVALID_ACCOUNT, "account"),
    ),
    (
        ORGANISATIONS,
        RecordBillingDetails(**DETAILS, account="8601"),
        Refusal(Code.NOT_AN_ACCOUNT, "account"),
    ),
    (
        ORGANISATIONS,
        RecordBillingDetails(**DETAILS, kid_check=KidCheck.MOD_10),
        Refusal(Code.INVALID_KID, "kid_length"),
    ),
    (
        ORGANISATIONS,
        RecordBillingDetails(**DETAILS, kid_length=12),
        Refusal(Code.INVALID_KID, "kid_length"),
    ),
]


@pytest.mark.parametrize(
    ("before", "command", "refusal"),
    [*PROPOSALS, *ANSWERS, *ENDS, *POSTS, *PARTIES],
)
def test_a_refusal_says_what_is_wrong_and_where(
    before: Sequence[Command], command: Command, refusal: Refusal
) -> None:
    assert Scenario().given(*before).when(command).outcome == refusal


ENTITLED: Final[Sequence[tuple[Sequence[Command], Command, str]]] = [
    ((), organisation(), AUTHORITY),
    (ORGANISATIONS, organisation(), AUTHORITY),
    ((), ConfirmDay(region=Region.NORD, day=date(2025, 1, 1)), "883658752"),
    (ORGANISATIONS, RecordBillingDetails(**DETAILS), OSLO),
    (ORGANISATIONS, network(), BERGEN),
    (NATIONAL, network(), BERGEN),
    (NATIONAL, version(), BERGEN),
    (PROPOSED, version(), BERGEN),
    (PROPOSED, accept(), OSLO),
    ((*REGIONAL, version(payer=OSLO, payee=BERGEN)), accept(), OSLO),
    (PROPOSED, accept(**STALE), OSLO),
    (PROPOSED, counter(), OSLO),
    (PROPOSED, counter().model_copy(update=STALE), OSLO),
    (COUNTERED, adopt(), BERGEN),
    (COUNTERED, adopt(**STALE), BERGEN),
    (COUNTERED, withdraw(), BERGEN),
    (COUNTERED, withdraw(2), OSLO),
    (PROPOSED, endorse(), OSLO),
    (COUNTERED, endorse(2), OSLO),
    (COUNTERED, withdraw(**STALE), BERGEN),
    (COUNTERED, endorse(**STALE), OSLO),
    (AGREED, terminate(date(2026, 12, 31)), OSLO),
    (AGREED, grow(), BERGEN),
    (AGREED, fill(), OSLO),
    (AGREED, vacate(date(2026, 3, 1)), OSLO),
    (AGREED, report(), OSLO),
    (REPORTED, report(), OSLO),
    (REPORTED, approve(), BERGEN),
]


@pytest.mark.parametrize(("before", "command", "number"), ENTITLED)
def test_others_are_told_who_may_and_at_which_node(
    before: Sequence[Command], command: Command, number: str
) -> None:
    scenario = Scenario().given(*before)
    home = REGIONS[number]
    scenario.when(command, organisation=STAVANGER, region=home)
    assert scenario.outcome == not_entitled(number, home)
    scenario.when(command, organisation=number, region=Region.MIDT)
    assert scenario.outcome == wrong_region(number, home)


@pytest.mark.parametrize(
    ("before", "command", "number", "member"),
    [
        (NATIONAL, version(), BERGEN, "payer"),
        (PROPOSED, accept(), OSLO, "agreement"),
        (PROPOSED, counter(), OSLO, "agreement"),
        (PROPOSED, withdraw(), BERGEN, "agreement"),
        (COUNTERED, withdraw(2), OSLO, "agreement"),
        (PROPOSED, endorse(), OSLO, "agreement"),
        (AGREED, terminate(date(2026, 12, 31)), BERGEN, "agreement"),
        (AGREED, fill(), OSLO, "post"),
    ],
)
def test_who_is_not_registered_here_acts_on_nothing(
    before: Sequence[Command], command: Command, number: str, member: str
) -> None:
    """Terms may be here of which the log that registers their trust is not."""
    scenario = Scenario().given(*before).without(OrganisationRegistered)
    scenario.when(command, organisation=number, region=HOME[number])
    assert scenario.outcome == unknown_organisation(number, member)
