"""What a call asks of an application when it is submitted, check after check."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from domain.grants.application import (
    AbsentTrust,
    ApplicationSubmitted,
)
from domain.grants.call import CALL_APPLICATIONS, ApplicationListed
from domain.grants.codes import GrantCode
from domain.grants.rules import NetworkRule, PartnerRule
from domain.grants.standing import application_named
from domain.grants.submission import Case, lacking_of
from domain.history import Append, Asked
from domain.parties.participation import EndParticipation
from domain.redeciding import OTHER_FACTS, decision_fault, restored
from domain.refusal import Code, Refusal, RefusalCode
from domain.values import NetworkKind, NetworkModel, OrganisationKind, Region
from tests.support.applications import (
    AALESUND,
    BODO,
    CANCER_SOCIETY,
    COLLABORATION,
    DEADLINE,
    FINNMARK,
    MIDT,
    NETWORKS,
    PUBLISHED,
    SAFETY,
    STORD_TOWN,
    TRONDHEIM_TOWN,
    applied,
    broken,
    checked,
    endorse,
    endorsed,
    kept,
    line,
    participant,
    present,
    publish,
    published,
    ready,
    submit,
    submitted,
)
from tests.support.examples import BERGEN, TROMSO, TRONDHEIM, UNKNOWN, network
from tests.support.scenario import Scenario

TODAY = PUBLISHED[NETWORKS]
DAY = timedelta(days=1)


# Which revision, and how often


@pytest.mark.parametrize("preset", PUBLISHED)
def test_an_application_is_submitted_in_each_of_the_calls(preset: str) -> None:
    scenario = ready(preset)
    last = application_named("kols-25", scenario).last
    scenario.when(submit(), today=DEADLINE[preset])
    fact = ApplicationSubmitted(
        application="kols-25",
        revision=1,
        fingerprint=last.fingerprint,
        call_version=1,
    )
    listed = ApplicationListed(
        call=preset, application="kols-25", trust=last.content.trust
    )
    scenario.then(fact, listed)
    named = submit(revision=1, fingerprint=last.fingerprint)
    assert restored([fact, listed], scenario) == named
    assert application_named("kols-25", scenario).is_submitted
    scenario.when(submit(), today=DEADLINE[preset] + DAY).unchanged()
    scenario.when(named, today=DEADLINE[preset] + DAY).unchanged()
    listing = scenario.state(CALL_APPLICATIONS, preset)
    assert listing.trusts == {"kols-25": last.content.trust}


def test_no_other_revision_is_submitted_than_the_one_that_was_read() -> None:
    scenario = ready()
    first = application_named("kols-25", scenario).last
    scenario.given(*endorsed(revision=2, title="Better"), today=TODAY)
    for other in (
        submit(revision=1),
        submit(revision=3),
        submit(fingerprint=first.fingerprint),
        submit(revision=2, fingerprint=first.fingerprint),
    ):
        scenario.when(other, today=TODAY).refused(Code.OUTDATED, "revision")
    scenario.when(submit(revision=2), today=TODAY).recorded(ApplicationSubmitted)
    scenario.when(submit(), today=TODAY).unchanged()


def test_a_repeated_message_does_not_undo_a_return() -> None:
    scenario = submitted()
    scenario.receive(checked(complete_by=DEADLINE[NETWORKS] + DAY))
    scenario.when(submit(), today=TODAY).unchanged()
    assert not application_named("kols-25", scenario).is_submitted
    scenario.given(*endorsed(revision=2, title="Better"), today=TODAY)
    scenario.when(submit(revision=1), today=TODAY).unchanged()
    scenario.when(submit(), today=TODAY)
    (fact,) = scenario.outcome if isinstance(scenario.outcome, tuple) else ()
    assert isinstance(fact, ApplicationSubmitted)
    assert fact.revision == 2
    assert application_named("kols-25", scenario).is_submitted


def test_an_application_is_judged_by_the_version_it_was_submitted_in() -> None:
    """Before that by the latest, and again when it is completed (K-18)."""
    strict = publish(version=2, applicant_kinds=(OrganisationKind.MUNICIPALITY,))
    scenario = submitted().given(strict, today=TODAY)
    assert application_named("kols-25", scenario).rules.applicant_kinds == (
        OrganisationKind.HF,
    )
    scenario.receive(checked(complete_by=DEADLINE[NETWORKS]))
    scenario.given(*endorsed(revision=2, title="Better"), today=TODAY)
    assert application_named("kols-25", scenario).rules.applicant_kinds == (
        OrganisationKind.HF,
    )
    scenario.when(submit(), today=TODAY).refused(GrantCode.APPLICANT_NOT_ELIGIBLE)
    scenario.given(publish(version=3, title="Again"), today=TODAY)
    fact = scenario.when(submit(), today=TODAY).recorded(ApplicationSubmitted)
    assert isinstance(fact, ApplicationSubmitted)
    assert fact.call_version == 3
    assert application_named("kols-25", scenario).rules.title == "Again"
    before = ready().given(strict, today=TODAY)
    assert application_named("kols-25", before).rules == strict.rules


# The deadline


@pytest.mark.parametrize(
    "preset",
    [
        pytest.param(NETWORKS, marks=pytest.mark.rule("S0-02")),
        pytest.param(SAFETY, marks=pytest.mark.rule("S2-02")),
        pytest.param(COLLABORATION, marks=pytest.mark.rule("S3-31")),
    ],
)
def test_nothing_is_submitted_after_the_deadline(preset: str) -> None:
    """The one of s3-2025 is a Sunday, and moves to no other day (K-15)."""
    last = DEADLINE[preset]
    late = ready(preset).when(submit(), today=last + DAY)
    late.refused(GrantCode.DEADLINE_PASSED, "application")
    ready(preset).when(submit(), today=last).recorded(ApplicationSubmitted)


@pytest.mark.rule("S0-02")
def test_a_late_application_is_let_in_by_a_new_version_alone() -> None:
    late = DEADLINE[NETWORKS] + DAY
    scenario = ready().when(submit(), today=late).refused(GrantCode.DEADLINE_PASSED)
    scenario.given(publish(version=2, deadline=late), today=late)
    scenario.copy().when(submit(), today=late).recorded(ApplicationSubmitted)
    scenario.when(submit(), today=late + DAY).refused(GrantCode.DEADLINE_PASSED)


@pytest.mark.parametrize(
    ("complete_by", "day", "in_time"),
    [(30, 30, True), (30, 31, False), (None, 30, False), (None, 0, True)],
)
def test_what_was_returned_is_completed_by_the_day_that_was_set(
    complete_by: int | None,
    day: int,
    in_time: bool,
) -> None:
    deadline = DEADLINE[NETWORKS]
    by = None if complete_by is None else deadline + timedelta(days=complete_by)
    scenario = submitted()
    scenario.receive(checked(complete_by=by))
    scenario.given(*endorsed(revision=2, title="Better"), today=deadline)
    scenario.when(submit(), today=deadline + timedelta(days=day))
    if in_time:
        scenario.recorded(ApplicationSubmitted)
    else:
        scenario.refused(GrantCode.DEADLINE_PASSED)


def test_a_call_without_a_deadline_takes_applications_on_any_day() -> None:
    scenario = published(deadline=None).given(*endorsed(), today=TODAY)
    scenario.when(submit(), today=date(2040, 1, 1)).recorded(ApplicationSubmitted)


@pytest.mark.rule("S0-02")
@pytest.mark.rule("S2-02")
def test_a_region_that_submits_after_the_deadline_is_found_out() -> None:
    scenario = ready()
    on_time = scenario.copy().when(submit(), today=DEADLINE[NETWORKS])
    recorded = [Append(each.stream, each.fact) for each in on_time.appended]

    def fault(day: date, appends: Sequence[Append] = recorded) -> str | None:
        asked = Asked(Region.NORD, TROMSO, day, "p-rogue")
        return decision_fault(appends, [asked], scenario)

    assert fault(DEADLINE[NETWORKS]) is None
    assert fault(DEADLINE[NETWORKS] + DAY) == GrantCode.DEADLINE_PASSED
    assert fault(TODAY, recorded[:1]) == OTHER_FACTS, "it hides it from the funder"
    (stream, fact), listed = recorded
    bent = fact.model_copy(update={"call_version": 2})
    assert fault(TODAY, [Append(stream, bent), listed]) == OTHER_FACTS
    bent = fact.model_copy(update={"fingerprint": "0" * 64})
    assert fault(TODAY, [Append(stream, bent), listed]) == Code.OUTDATED
    other = published().given(present(), today=TODAY)
    asked = Asked(Region.NORD, TROMSO, TODAY, "p-rogue")
    assert decision_fault(recorded, [asked], other) == Code.NOT_ENDORSED


# Who applies


@pytest.mark.rule("S2-10")
@pytest.mark.rule("S3-06")
@pytest.mark.parametrize("preset", [SAFETY, COLLABORATION])
def test_a_trust_of_the_region_applies(preset: str) -> None:
    for trust in (TRONDHEIM, AALESUND):
        kept(preset, trust=trust)
    for trust in (BERGEN, TROMSO, TRONDHEIM_TOWN, MIDT):
        broken(GrantCode.APPLICANT_NOT_ELIGIBLE, preset, trust=trust)


def test_a_call_that_names_no_kinds_or_regions_is_open_to_all() -> None:
    anybody: dict[str, Any] = {"applicant_kinds": (), "applicant_regions": ()}
    applied(SAFETY, anybody, trust=STORD_TOWN).recorded(ApplicationSubmitted)


@pytest.mark.rule("S0-10")
@pytest.mark.parametrize("name", [None, "other", "local"])
def test_only_a_regional_network_applies_to_helse_nord(name: str | None) -> None:
    broken(GrantCode.NETWORK_NOT_ELIGIBLE, network=name)


def without(number: str, *, absent: Sequence[AbsentTrust] = ()) -> Scenario:
    """Apply for a network in which a trust takes part no more."""
    scenario = ready(absent=tuple(absent))
    end = EndParticipation(network="kols", participant=f"p{number}", ends_on=TODAY)
    return scenario.given(end, today=TODAY)


@pytest.mark.rule("S0-10")
def test_all_trusts_of_helse_nord_take_part_in_the_network() -> None:
    kept()
    scenario = without(FINNMARK)
    scenario.copy().when(submit(), today=TODAY).recorded(ApplicationSubmitted)
    scenario.when(submit(), today=TODAY + DAY)
    scenario.refused(GrantCode.NETWORK_NOT_ELIGIBLE, "application")
    assert isinstance(scenario.outcome, Refusal)
    assert scenario.outcome.values == {"organisation": FINNMARK}
    again = participant(FINNMARK).model_copy(update={"participant": "again"})
    scenario.given(again, today=TODAY)
    scenario.when(submit(), today=TODAY + DAY).recorded(ApplicationSubmitted)


@pytest.mark.rule("S0-11")
@pytest.mark.parametrize(
    ("absent", "taken"),
    [
        ((AbsentTrust(trust=FINNMARK, reason="No such field"),), True),
        ((AbsentTrust(trust=FINNMARK, reason="  "),), False),
        ((AbsentTrust(trust=BODO, reason="No such field"),), False),
    ],
)
def test_a_trust_without_the_field_is_left_out_with_a_reason(
    absent: tuple[AbsentTrust, ...], taken: bool
) -> None:
    scenario = without(FINNMARK, absent=absent).when(submit(), today=TODAY + DAY)
    if taken:
        scenario.recorded(ApplicationSubmitted)
    else:
        scenario.refused(GrantCode.NETWORK_NOT_ELIGIBLE)


def test_a_call_for_networks_of_a_kind_may_ask_for_no_trusts() -> None:
    scenario = published(network=NetworkRule(kind=NetworkKind.REGIONAL, trusts=()))
    new = network(
        network="new",
        kind=NetworkKind.REGIONAL,
        model=NetworkModel.COORDINATION_ONLY,
        coordinating_trust=TROMSO,
        coordination_budget_ore=0,
    )
    scenario.given(new, *endorsed(network="new"), today=TODAY)
    scenario.when(submit(), today=TODAY).recorded(ApplicationSubmitted)


@pytest.mark.rule("S2-26")
@pytest.mark.parametrize("member", ["leader_employer", "owner_employer"])
@pytest.mark.parametrize("employer", [None, UNKNOWN, TRONDHEIM_TOWN, MIDT])
def test_leader_and_owner_are_employed_by_a_trust(
    member: str, employer: str | None
) -> None:
    broken(GrantCode.EMPLOYER_NOT_ELIGIBLE, SAFETY, **{member: employer})
    kept(SAFETY, **{member: BERGEN})


def test_where_nothing_is_set_employers_are_not_asked_for() -> None:
    kept(NETWORKS, leader_employer=UNKNOWN)


@pytest.mark.rule("S3-04")
@pytest.mark.parametrize(
    ("partners", "taken"),
    [
        ((), False),
        ((TRONDHEIM,), False),
        ((CANCER_SOCIETY, MIDT), False),
        ((AALESUND,), True),
        ((BERGEN,), True),
        ((TRONDHEIM_TOWN,), True),
        ((STORD_TOWN, CANCER_SOCIETY), True),
    ],
)
def test_several_trusts_or_a_trust_and_a_municipality_collaborate(
    partners: tuple[str, ...], taken: bool
) -> None:
    if taken:
        kept(COLLABORATION, partners=partners)
    else:
        broken(GrantCode.PARTNERS_MISSING, COLLABORATION, partners=partners)


def test_so_many_trusts_or_municipalities_as_the_call_says() -> None:
    many: dict[str, Any] = {
        "partners": PartnerRule(trusts_min=3, or_municipalities_min=2)
    }
    for partners, taken in (
        ((AALESUND, TRONDHEIM_TOWN), False),
        ((AALESUND, BERGEN), True),
        ((TRONDHEIM_TOWN, STORD_TOWN), True),
    ):
        scenario = applied(COLLABORATION, many, partners=partners)
        if taken:
            scenario.recorded(ApplicationSubmitted)
        else:
            scenario.refused(GrantCode.PARTNERS_MISSING)


def test_a_partner_is_registered_also_where_none_is_asked_for() -> None:
    scenario = applied(NETWORKS, {}, partners=(UNKNOWN,))
    scenario.refused(Code.UNKNOWN_ORGANISATION, "application")
    kept(partners=(CANCER_SOCIETY,))


# The order of the checks


def test_the_first_check_that_fails_is_the_refusal() -> None:
    """All is wrong at first, and mended in the order of the rules."""
    scenario = published(COLLABORATION, employed_by=(OrganisationKind.HF,))
    day = DEADLINE[COLLABORATION]
    said: dict[str, Any] = {
        "trust": TRONDHEIM_TOWN,
        "partners": (UNKNOWN,),
        "title": "",
        "lines": (line("else"),),
        "amount_ore": 1,
        "project_ends_on": date(2099, 1, 1),
    }
    mends: Sequence[tuple[RefusalCode, dict[str, Any]]] = (
        (GrantCode.APPLICANT_NOT_ELIGIBLE, {"trust": TRONDHEIM}),
        (GrantCode.EMPLOYER_NOT_ELIGIBLE, {"leader_employer": TRONDHEIM}),
        (GrantCode.EMPLOYER_NOT_ELIGIBLE, {"owner_employer": TRONDHEIM}),
        (Code.UNKNOWN_ORGANISATION, {"partners": (CANCER_SOCIETY,)}),
        (GrantCode.PARTNERS_MISSING, {"partners": (AALESUND,)}),
        (Code.INCOMPLETE, {"title": "A title"}),
        (GrantCode.UNKNOWN_CATEGORY, {"lines": (line("project"),)}),
        (GrantCode.BUDGET_DIFFERS, {"amount_ore": 100_00}),
        (GrantCode.PROJECT_TOO_LONG, {"project_ends_on": date(2026, 1, 1)}),
    )
    for number, (code, mend) in enumerate(mends):
        name = f"a{number}"
        scenario.given(present(COLLABORATION, application=name, **said), today=day)
        scenario.when(submit(name), today=day + DAY)
        scenario.refused(GrantCode.DEADLINE_PASSED)
        scenario.when(submit(name), today=day).refused(code)
        said |= mend
    scenario.given(present(COLLABORATION, **said), today=day)
    scenario.when(submit(), today=day).refused(Code.NOT_ENDORSED)
    scenario.given(endorse(), today=day)
    scenario.when(submit(), today=day).recorded(ApplicationSubmitted)


def test_a_network_is_asked_for_before_employers_and_partners() -> None:
    scenario = published(employed_by=(OrganisationKind.HF,))
    wrong = present(network=None, partners=(UNKNOWN,))
    scenario.given(wrong, endorse(), today=TODAY)
    scenario.when(submit(), today=TODAY).refused(GrantCode.NETWORK_NOT_ELIGIBLE)


# What a draft lacks, said before it is submitted


FAULTY: dict[str, tuple[RefusalCode, dict[str, Any]]] = {
    "nothing": (Code.INCOMPLETE, {"title": " ", "lines": (), "sections": ()}),
    "alcohol": (GrantCode.CATEGORY_NOT_ALLOWED, {"lines": (line("alcohol"),)}),
    "amount": (GrantCode.BUDGET_DIFFERS, {"amount_ore": 7}),
    "network": (GrantCode.NETWORK_NOT_ELIGIBLE, {"network": "local"}),
    "endorsement": (Code.NOT_ENDORSED, {}),
}


@pytest.mark.parametrize("what", FAULTY)
def test_the_first_shortcoming_is_what_a_submission_is_refused_for(what: str) -> None:
    code, changes = FAULTY[what]
    history = published().given(present(**changes), today=TODAY)
    standing = application_named("kols-25", history)
    case = Case(
        standing.last.content, standing.endorsements, standing.rules, TODAY, history
    )
    found = [*lacking_of(case)]
    history.when(submit(), today=TODAY).refused(code, "application")
    assert isinstance(history.outcome, Refusal)
    assert found[0].code is code
    assert found[0].values == history.outcome.values
    assert found[-1].code is Code.NOT_ENDORSED


def test_what_is_whole_and_endorsed_has_no_shortcoming() -> None:
    history = ready()
    standing = application_named("kols-25", history)
    case = Case(
        standing.last.content, standing.endorsements, standing.rules, TODAY, history
    )
    assert not [*lacking_of(case)]
