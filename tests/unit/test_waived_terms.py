"""What a national network's terms leave out, they say why: or they are incomplete."""

from typing import Any, Final

import pytest

from domain.agreements.agreement import VersionProposed
from domain.agreements.answer import VersionAccepted, VersionCountered
from domain.catalogue import decode
from domain.earlier import LACKED
from domain.fact import Fact
from domain.history import Append, Asked
from domain.redeciding import OTHER_FACTS, decision_fault
from domain.refusal import Code
from domain.values import NetworkKind, Region
from tests.support.examples import (
    BERGEN,
    ORGANISATIONS,
    OSLO,
    WAIVED,
    accept,
    network,
    version,
)
from tests.support.negotiation import adopt, counter, grow
from tests.support.scenario import FIRST, Scenario

NOT_ENDORSED: Final[dict[str, Any]] = {
    "endorsement_required": False,
    "endorsement_waived": "",
}
NO_SECTIONS: Final[dict[str, Any]] = {"cooperation_waived": ""}
NOTHING_SAID: Final[dict[str, Any]] = {**NOT_ENDORSED, **NO_SECTIONS}
SECTIONS: Final = dict.fromkeys(("tasks", "obligations", "aims", "economy"), "Text")


def established(**changes: object) -> Scenario:
    """Return a scenario with four trusts and a network."""
    return Scenario().given(*ORGANISATIONS, network(**changes))


@pytest.mark.rule("S1-05")
@pytest.mark.rule("S1-20")
@pytest.mark.parametrize("written", ["", "  "])
def test_who_does_not_ask_for_the_endorsement_says_why(written: str) -> None:
    silent = version(endorsement_required=False, endorsement_waived=written)
    scenario = established().when(silent)
    scenario.refused(Code.TERMS_INCOMPLETE, "endorsement_waived")
    scenario.when(version(endorsement_required=False)).recorded(VersionProposed)
    scenario.when(accept()).recorded(VersionAccepted)


@pytest.mark.rule("S1-05")
@pytest.mark.rule("S1-20")
def test_a_reason_is_enough_and_otherwise_the_endorsement_is_asked_for() -> None:
    told = version(endorsement_required=None, endorsement_waived="By telephone")
    established().given(told).when(accept()).recorded(VersionAccepted)
    asked = version(endorsement_required=None)
    established().given(asked).when(accept()).refused(Code.NOT_ENDORSED)


@pytest.mark.rule("S1-27")
def test_who_has_no_four_sections_says_why() -> None:
    scenario = established().when(version(**NO_SECTIONS))
    scenario.refused(Code.TERMS_INCOMPLETE, "cooperation_waived")
    scenario.when(version(cooperation=SECTIONS)).recorded(VersionProposed)
    established().when(version(cooperation_waived=WAIVED)).recorded(VersionProposed)


def test_the_endorsement_is_asked_for_before_the_sections() -> None:
    scenario = established().when(version(**NOTHING_SAID))
    scenario.refused(Code.TERMS_INCOMPLETE, "endorsement_waived")


@pytest.mark.parametrize("kind", [NetworkKind.REGIONAL, NetworkKind.LOCAL])
@pytest.mark.parametrize("changes", [{}, NOTHING_SAID])
def test_in_another_network_no_reason_is_needed(
    kind: NetworkKind, changes: dict[str, Any]
) -> None:
    scenario = established(kind=kind).given(version(**changes))
    scenario.when(accept()).recorded(VersionAccepted)


@pytest.mark.parametrize("kind", [NetworkKind.NATIONAL, NetworkKind.REGIONAL])
@pytest.mark.parametrize(
    ("changes", "member"),
    [
        (
            {"endorsement_required": True, "endorsement_waived": "Why"},
            "endorsement_waived",
        ),
        ({"cooperation": SECTIONS, "cooperation_waived": "Why"}, "cooperation_waived"),
    ],
)
def test_what_is_there_is_not_waived(
    kind: NetworkKind, changes: dict[str, Any], member: str
) -> None:
    established(kind=kind).when(version(**changes)).refused(Code.INVALID_ROW, member)


def test_reasons_are_signed() -> None:
    scenario = established().given(version())
    scenario.when(version(endorsement_waived="Another")).refused(
        Code.CONFLICTING_ROW, "version"
    )
    scenario.when(version()).unchanged()


def test_a_counter_proposal_says_why_as_well() -> None:
    scenario = established().given(version())
    scenario.when(counter(**NOT_ENDORSED)).refused(Code.TERMS_INCOMPLETE)
    scenario.when(counter(**NO_SECTIONS)).refused(Code.TERMS_INCOMPLETE)
    scenario.when(counter()).recorded(VersionCountered)


@pytest.mark.rule("S1-12")
def test_what_grows_waives_what_the_version_in_force_does() -> None:
    scenario = established().given(version(), accept()).when(grow())
    grown = scenario.recorded(VersionProposed)
    assert isinstance(grown, VersionProposed)
    assert grown.terms.endorsement_waived == WAIVED
    assert grown.terms.cooperation_waived == WAIVED


# What an earlier release recorded, when there were no reasons


def bent(fact: Fact) -> Fact:
    """Return a fact whose terms give no reason, signed so."""
    terms = fact.terms.model_copy(  # type: ignore[attr-defined]
        update={"endorsement_waived": None, "cooperation_waived": None}
    )
    if isinstance(fact, VersionCountered):
        signed = {"terms": terms, "terms_fingerprint": terms.fingerprint}
    else:
        signed = {"terms": terms, "fingerprint": terms.fingerprint}
    return fact.model_copy(update=signed)


VEST: Final = Asked(Region.VEST, BERGEN, FIRST, "controller")
SOROST: Final = Asked(Region.SOROST, OSLO, FIRST, "controller")


def then(scenario: Scenario) -> list[Append]:
    """Return what the last command would have led to without reasons."""
    first, *rest = (Append(each.stream, each.fact) for each in scenario.appended)
    return [first._replace(fact=bent(first.fact)), *rest]


@pytest.mark.parametrize(
    "name", ["agreement.version_proposed.v1", "agreement.version_proposed.v2"]
)
def test_a_proposal_of_then_needed_no_reason(name: str) -> None:
    scenario = established()
    after = scenario.copy().given(version())
    recorded = then(after)
    names = [name, *(each.fact.TYPE for each in recorded[1:])]
    assert decision_fault(recorded, [VEST], scenario, names) is None
    now = decision_fault(recorded, [VEST], scenario)
    assert now == Code.TERMS_INCOMPLETE, "of today's release it does"
    with_reasons = [Append(each.stream, each.fact) for each in after.appended]
    assert decision_fault(with_reasons, [VEST], scenario, names) == OTHER_FACTS, (
        "of then nobody could give one"
    )


def test_a_counter_proposal_of_then_is_adopted_today() -> None:
    scenario = established().given(version())
    recorded = then(scenario.copy().given(counter()))
    name = "agreement.version_countered.v1"
    assert decision_fault(recorded, [SOROST], scenario, [name]) is None
    assert decision_fault(recorded, [SOROST], scenario) == Code.TERMS_INCOMPLETE
    scenario.receive(*recorded)
    scenario.when(adopt()).recorded(VersionAccepted)


@pytest.mark.rule("S1-12")
def test_what_was_agreed_then_grows_today() -> None:
    scenario = established()
    scenario.receive(*then(scenario.copy().given(version())))
    scenario.given(accept()).when(grow()).recorded(VersionProposed)


def test_what_was_said_then_is_read_as_it_was() -> None:
    scenario = established().given(version())
    fact = bent(scenario.recorded(VersionProposed))
    for name in ("agreement.version_proposed.v1", "agreement.version_proposed.v2"):
        assert decode(name, fact.to_bytes()) == fact
        assert LACKED[name] == ("terms.cooperation_waived", "terms.endorsement_waived")
