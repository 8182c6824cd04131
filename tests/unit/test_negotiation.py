"""Counter-proposals, withdrawals and endorsements: two regions that cross each other."""

from datetime import date
from typing import Any

import pytest

from domain.agreements.agreement import (
    VersionProposed,
    VersionWithdrawn,
    agreement_named,
)
from domain.agreements.answer import (
    ANSWERS,
    Answer,
    VersionAccepted,
    VersionCountered,
    VersionDeclined,
    VersionEndorsed,
    accepted,
)
from domain.agreements.counted import ProposalCounted
from domain.refusal import Code
from domain.values import NetworkKind, Region, VatTreatment
from tests.support.examples import (
    BERGEN,
    ORGANISATIONS,
    OSLO,
    TROMSO,
    accept,
    network,
    post,
    version,
)
from tests.support.negotiation import (
    AGREEMENT_NAME,
    adopt,
    counter,
    endorse,
    withdraw,
)
from tests.support.scenario import Scenario


def established(**changes: object) -> Scenario:
    """Return a scenario with four trusts and a network."""
    return Scenario().given(*ORGANISATIONS, network(**changes))


# Counter-proposals


@pytest.mark.rule("S1-09")
def test_a_counter_proposal_is_the_first_signature_and_its_adoption_the_second() -> (
    None
):
    scenario = established().given(version()).when(counter())
    countered = scenario.recorded(VersionCountered)
    assert isinstance(countered, VersionCountered)
    assert scenario.appended[0].stream.region is Region.SOROST
    scenario.when(counter()).unchanged()
    scenario.when(adopt(), organisation=BERGEN)
    assert {each.stream.region for each in scenario.appended} == {Region.VEST}
    proposed = scenario.recorded(VersionProposed)
    signed = scenario.recorded(VersionAccepted)
    scenario.recorded(ProposalCounted)
    assert isinstance(proposed, VersionProposed)
    assert isinstance(signed, VersionAccepted)
    assert proposed.terms.to_bytes() == countered.terms.to_bytes()
    assert proposed.fingerprint == signed.fingerprint == countered.terms_fingerprint, (
        "both signatures are on the same bytes"
    )
    scenario.when(adopt()).unchanged()
    answers = scenario.state(ANSWERS, AGREEMENT_NAME)
    versions = agreement_named(AGREEMENT_NAME, scenario).versions
    said = {number: answers.to(each) for number, each in versions.items()}
    assert said == {1: Answer.COUNTERED, 2: Answer.ACCEPTED}


def test_proposing_what_was_countered_is_adopting_it() -> None:
    posts = (post(annual_cost_ore=300_000_00),)
    scenario = established().given(version(), counter())
    scenario.when(version(2, posts=posts)).recorded(VersionAccepted)


def test_a_countered_version_is_answered_and_counts_no_more() -> None:
    dear = version(posts=(post(annual_cost_ore=900_000_00),))
    other = version(
        agreement="b", payee=TROMSO, posts=(post("b", annual_cost_ore=200_000_00),)
    )
    scenario = established().given(dear).when(other).refused(Code.FRAME_EXCEEDED)
    scenario.given(counter()).when(other).recorded(VersionProposed)
    scenario.when(accept()).refused(Code.CONFLICTING_ROW, "answer")
    scenario.when(accept(answer=Answer.DECLINED)).refused(Code.CONFLICTING_ROW)
    scenario.when(counter(3)).refused(Code.CONFLICTING_ROW, "version")


@pytest.mark.rule("S1-34")
def test_adopting_passes_the_frame_as_proposing_does() -> None:
    over = (post(annual_cost_ore=1_000_000_01),)
    scenario = established().given(version(), counter(posts=over))
    scenario.when(adopt()).refused(Code.FRAME_EXCEEDED)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"payee": TROMSO}, Code.PARTIES_FIXED),
        ({"payer": TROMSO}, Code.PAYER_NOT_COORDINATOR),
        ({"network": "other"}, Code.UNKNOWN_NETWORK),
        ({"posts": (post(percent="50"),)}, Code.PERCENT_OUT_OF_RANGE),
        ({"posts": (post(content=""),)}, Code.MISSING_CONTENT),
        ({"ends_on": date(2030, 1, 1)}, Code.OUTLASTS_NETWORK),
        ({"number": 1}, Code.CONFLICTING_ROW),
    ],
)
def test_a_counter_proposal_passes_the_same_checks(
    changes: dict[str, Any], code: Code
) -> None:
    established().given(version()).when(counter(**changes)).refused(code)


def test_only_the_other_party_counters_what_it_has_read() -> None:
    scenario = established().given(version())
    scenario.when(counter(), organisation=BERGEN).refused(Code.NOT_ENTITLED)
    scenario.when(counter(to=3)).refused(Code.UNKNOWN_AGREEMENT)
    stale = counter().model_copy(update={"fingerprint": "0" * 64})
    scenario.when(stale).refused(Code.OUTDATED, "fingerprint")


def test_a_number_has_one_counter_proposal() -> None:
    scenario = established().given(version(), version(2), counter(3))
    scenario.when(counter(3, to=2)).refused(Code.CONFLICTING_ROW, "version")
    scenario.when(counter(4, to=2)).recorded(VersionCountered)


def test_a_counter_proposal_lapses_when_other_terms_take_its_number() -> None:
    scenario = established().given(version(), counter(), version(2))
    scenario.when(adopt()).refused(Code.CONFLICTING_ROW, "version")
    scenario.when(withdraw(2), organisation=OSLO, region=Region.SOROST).refused(
        Code.ALREADY_ANSWERED
    )
    scenario.when(withdraw(2)).recorded(VersionWithdrawn)


def test_only_the_coordinating_trust_adopts_what_it_has_read() -> None:
    scenario = established().given(version()).when(adopt())
    scenario.refused(Code.UNKNOWN_AGREEMENT)
    scenario.given(counter())
    scenario.when(adopt(), organisation=OSLO).refused(Code.NOT_ENTITLED)
    scenario.when(adopt(fingerprint="0" * 64)).refused(Code.OUTDATED, "fingerprint")


def test_a_counter_proposal_can_be_withdrawn_until_it_is_adopted() -> None:
    scenario = established().given(version(), counter())
    scenario.when(withdraw(2)).recorded(VersionWithdrawn)
    assert scenario.appended[0].stream.region is Region.SOROST
    scenario.when(withdraw(2)).unchanged()
    scenario.when(adopt()).refused(Code.VERSION_WITHDRAWN)


def test_who_signed_terms_does_not_decline_them() -> None:
    """The adoption's second half may still be on its way."""
    scenario = established().given(version(), counter(), adopt())
    late = scenario.without(VersionAccepted)
    late.when(accept(2, answer=Answer.DECLINED)).refused(Code.CONFLICTING_ROW, "answer")
    late.when(counter(3, to=2)).refused(Code.CONFLICTING_ROW, "version")
    late.when(accept(2)).recorded(VersionAccepted)


# Withdrawals


def test_a_withdrawn_version_is_not_accepted() -> None:
    scenario = established().given(version())
    scenario.when(withdraw(), organisation=OSLO).refused(Code.NOT_ENTITLED)
    scenario.when(withdraw(fingerprint="0" * 64)).refused(Code.OUTDATED)
    scenario.when(withdraw(2)).refused(Code.UNKNOWN_AGREEMENT)
    scenario.when(withdraw()).recorded(VersionWithdrawn)
    scenario.when(withdraw()).unchanged()
    scenario.when(accept()).refused(Code.VERSION_WITHDRAWN)
    scenario.when(version(2)).recorded(VersionProposed)


@pytest.mark.parametrize("answer", [Answer.ACCEPTED, Answer.DECLINED])
def test_an_answered_version_is_not_withdrawn(answer: Any) -> None:
    scenario = established().given(version(), accept(answer=answer))
    scenario.when(withdraw()).refused(Code.ALREADY_ANSWERED)


@pytest.mark.rule("S1-34")
def test_a_withdrawn_version_counts_until_the_other_party_has_answered() -> None:
    dear = version(posts=(post(annual_cost_ore=900_000_00),))
    other = version(
        agreement="b", payee=TROMSO, posts=(post("b", annual_cost_ore=200_000_00),)
    )
    scenario = established().given(dear, withdraw())
    scenario.when(other).refused(Code.FRAME_EXCEEDED)
    scenario.given(accept(answer=Answer.DECLINED))
    assert isinstance(scenario.outcome, tuple)
    assert isinstance(scenario.outcome[0], VersionDeclined)
    scenario.when(other).recorded(VersionProposed)


def test_an_acceptance_wins_over_a_withdrawal_that_crosses_it() -> None:
    withdrawn = established().given(version(), withdraw())
    signed = established().given(version(), accept())
    for first, second in ((withdrawn, signed), (signed, withdrawn)):
        both = Scenario()
        both.receive(*first.held)
        both.receive(second.held[-1])
        (terms,) = accepted(
            agreement_named(AGREEMENT_NAME, both), both.state(ANSWERS, AGREEMENT_NAME)
        )
        assert terms.version == 1


# Endorsements


@pytest.mark.rule("S1-05")
@pytest.mark.rule("S1-20")
def test_in_a_national_network_acceptance_needs_the_hosts_leader() -> None:
    scenario = established().given(version(endorsement_required=None))
    scenario.when(accept()).refused(Code.NOT_ENDORSED)
    scenario.when(endorse(), organisation=BERGEN).refused(Code.NOT_ENTITLED)
    scenario.when(endorse()).recorded(VersionEndorsed)
    scenario.when(endorse()).unchanged()
    scenario.when(accept()).recorded(VersionAccepted)


@pytest.mark.rule("S1-05")
@pytest.mark.parametrize(
    ("kind", "required", "needed"),
    [
        (NetworkKind.NATIONAL, None, True),
        (NetworkKind.NATIONAL, False, False),  # and says why
        (NetworkKind.REGIONAL, None, False),
        (NetworkKind.REGIONAL, True, True),
    ],
)
def test_a_version_says_whether_it_needs_endorsement(
    kind: NetworkKind, *, required: bool | None, needed: bool
) -> None:
    scenario = established(kind=kind).given(version(endorsement_required=required))
    scenario.when(version(endorsement_required=required)).unchanged()
    scenario.when(accept())
    if needed:
        scenario.refused(Code.NOT_ENDORSED)
    else:
        scenario.recorded(VersionAccepted)


def test_an_endorsement_is_of_the_very_terms_on_a_day_that_has_come() -> None:
    scenario = established().given(version(endorsement_required=True))
    scenario.when(endorse(2)).refused(Code.UNKNOWN_AGREEMENT)
    scenario.when(endorse(fingerprint="0" * 64)).refused(Code.OUTDATED)
    scenario.when(endorse(endorsed_on=date(2025, 12, 2))).refused(
        Code.INVALID_ROW, "endorsed_on"
    )
    scenario.given(endorse(), counter(endorsement_required=True))
    scenario.when(adopt()).refused(Code.NOT_ENDORSED)
    scenario.given(endorse(2)).when(adopt()).recorded(VersionAccepted)


# The minimum of a cooperation agreement, and who assessed the VAT


@pytest.mark.rule("S1-27")
@pytest.mark.parametrize("missing", [None, "tasks", "obligations", "aims", "economy"])
def test_a_cooperation_has_four_sections(missing: str | None) -> None:
    sections = dict.fromkeys(("tasks", "obligations", "aims", "economy"), "Text\n2")
    if missing is not None:
        sections[missing] = " "
    scenario = established().when(version(cooperation=sections))
    if missing is None:
        scenario.recorded(VersionProposed)
        scenario.when(version(cooperation=sections)).unchanged()
    else:
        scenario.refused(Code.TERMS_INCOMPLETE, missing)


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"vat_decided_by": "p-3"}, "vat_decided_on"),
        ({"vat_decided_on": date(2025, 12, 1)}, "vat_decided_by"),
        (
            {
                "vat_decided_by": "p-3",
                "vat_decided_on": date(2025, 12, 1),
                "vat_treatment": VatTreatment.NOT_ASSESSED,
            },
            "vat_treatment",
        ),
    ],
)
def test_a_decision_on_vat_is_whole(changes: dict[str, Any], missing: str) -> None:
    established().when(version(**changes)).refused(Code.TERMS_INCOMPLETE, missing)
