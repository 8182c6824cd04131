"""Applications as they are presented, endorsed and withdrawn."""

from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.catalogue import decode
from domain.grants.application import (
    AbsentTrust,
    ApplicationContent,
    ApplicationEndorsed,
    ApplicationPresented,
    ApplicationSubmitted,
    ApplicationWithdrawn,
)
from domain.grants.applying import WithdrawApplication, fingerprint, in_order
from domain.grants.award import AwardOutcome
from domain.grants.codes import GrantCode
from domain.grants.rules import EndorsementRule, GrantEndorser
from domain.grants.standing import ApplicationStatus, application_named
from domain.grants.submission import SubmitApplication
from domain.redeciding import restored
from domain.refusal import Code
from domain.texts import as_recorded
from domain.values import Region
from tests.support.applications import (
    AALESUND,
    APPLICANT,
    BODO,
    DIRECTOR,
    FINNMARK,
    NETWORKS,
    PUBLISHED,
    SAFETY,
    TRONDHEIM_TOWN,
    attachments,
    checked,
    content,
    decided,
    endorse,
    line,
    present,
    publish,
    published,
    ready,
    sections,
    submit,
    submitted,
)
from tests.support.examples import TROMSO, UNKNOWN
from tests.support.scenario import Scenario

TODAY = PUBLISHED[NETWORKS]
WITHDRAW = WithdrawApplication(application="kols-25", reason="No time")


def standing(scenario: Scenario, name: str = "kols-25") -> ApplicationStatus:
    return application_named(name, scenario).status


# Presenting


def test_a_trust_presents_a_revision_and_the_next_one() -> None:
    scenario = published().when(present(), today=TODAY)
    first = scenario.recorded(ApplicationPresented)
    assert isinstance(first, ApplicationPresented)
    assert first.fingerprint == sha256(first.content.to_bytes()).hexdigest()
    assert [each.section for each in first.content.sections] == ["programme", "purpose"]
    sent = present(sections=sections("programme", "purpose"))
    assert restored([first], scenario) == sent
    scenario.when(present(), today=TODAY).unchanged()
    scenario.when(present(title="Other"), today=TODAY).refused(Code.CONFLICTING_ROW)
    scenario.when(present(revision=3), today=TODAY).refused(
        Code.INVALID_ROW, "revision"
    )
    second = present(revision=2, title="Other")
    scenario.when(second, today=TODAY).recorded(ApplicationPresented)
    scenario.when(present(), today=TODAY).unchanged()
    assert standing(scenario) is ApplicationStatus.PRESENTED
    assert not application_named("kols-25", scenario).is_submitted


def test_a_trust_presents_at_its_own_node_what_is_its_own() -> None:
    scenario = published()
    scenario.when(present(), organisation=BODO, region=Region.NORD, today=TODAY)
    scenario.refused(Code.NOT_ENTITLED)
    scenario.when(present(), organisation=TROMSO, region=Region.MIDT, today=TODAY)
    scenario.refused(Code.WRONG_REGION)
    scenario.given(present(), today=TODAY)
    scenario.when(present(trust=BODO), today=TODAY).refused(Code.CONFLICTING_ROW)
    later = present(revision=2, trust=BODO)
    scenario.when(later, today=TODAY).refused(Code.INVALID_ROW, "content.trust")
    scenario.given(publish(SAFETY, deadline=date(2025, 1, 1)), today=TODAY)
    later = present(SAFETY, revision=2, trust=TROMSO)
    scenario.when(later, today=TODAY).refused(Code.INVALID_ROW, "call")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (present(trust=UNKNOWN), Code.UNKNOWN_ORGANISATION),
        (present(trust="1"), Code.UNKNOWN_ORGANISATION),
        (present(trust=UNKNOWN, revision=2), Code.INVALID_ROW),
        (present(SAFETY), GrantCode.UNKNOWN_CALL),
    ],
)
def test_what_is_presented_names_what_is_there(command: Any, code: Code) -> None:
    scenario = published()
    scenario.when(command, organisation=TROMSO, region=Region.NORD, today=TODAY)
    if command.call == SAFETY:
        scenario.when(command, today=TODAY)
    scenario.refused(code)


@pytest.mark.rule("S2-03")
def test_nothing_is_presented_before_the_call_opens() -> None:
    opens = date(2024, 12, 20)
    scenario = published(opens_on=opens)
    day_before = opens - timedelta(days=1)
    scenario.copy().when(present(), today=day_before).refused(GrantCode.CALL_NOT_OPEN)
    scenario.when(present(), today=opens).recorded(ApplicationPresented)


def test_a_call_opens_by_its_latest_version() -> None:
    scenario = published()
    later = publish(version=2, opens_on=date(2025, 1, 1))
    scenario.given(later, today=TODAY)
    scenario.when(present(), today=TODAY).refused(GrantCode.CALL_NOT_OPEN)


def test_a_text_may_be_presented_unfinished_and_late() -> None:
    unfinished = present(title="", workplace="", network=None, lines=(), sections=())
    scenario = published().when(unfinished, today=date(2025, 6, 1))
    scenario.recorded(ApplicationPresented)


def test_what_is_submitted_is_presented_anew_only_after_a_return() -> None:
    scenario = submitted()
    second = present(revision=2, title="Better")
    scenario.when(second, today=TODAY).refused(GrantCode.ALREADY_SUBMITTED)
    scenario.when(present(), today=TODAY).unchanged()
    scenario.receive(checked())
    assert standing(scenario) is ApplicationStatus.RETURNED
    scenario.when(second, today=TODAY).recorded(ApplicationPresented)
    assert standing(scenario) is ApplicationStatus.RETURNED
    scenario.given(endorse(revision=2), submit(), today=TODAY)
    assert standing(scenario) is ApplicationStatus.SUBMITTED


def test_what_is_withdrawn_is_presented_no_more() -> None:
    scenario = submitted().given(WITHDRAW, today=TODAY)
    later = present(revision=2, title="Better")
    scenario.when(later, today=TODAY).refused(GrantCode.APPLICATION_WITHDRAWN)


TWICE: dict[str, Any] = {
    "purposes": ("b", "a", "b"),
    "partners": (AALESUND, TROMSO, AALESUND),
    "sections": sections("purpose", "purpose"),
    "attachments": attachments("budget", "budget"),
    "absent": (
        AbsentTrust(trust=BODO, reason="a"),
        AbsentTrust(trust=BODO, reason="b"),
    ),
    "lines": (line("speakers"), line("documentation", line="speakers")),
}


@pytest.mark.parametrize("member", TWICE)
def test_nothing_stands_twice_in_a_content(member: str) -> None:
    scenario = published()
    twice = present(**{member: TWICE[member]})
    scenario.when(twice, today=TODAY).refused(Code.INVALID_ROW, f"content.{member}")
    once = present(**{member: TWICE[member][:1]})
    scenario.when(once, today=TODAY).recorded(ApplicationPresented)


LISTS: dict[str, Any] = {
    "purposes": ("a", "b", "c"),
    "partners": (BODO, AALESUND, TRONDHEIM_TOWN),
    "sections": sections("programme", "purpose"),
    "attachments": attachments("budget", "form", "map"),
    "absent": tuple(
        AbsentTrust(trust=each, reason="none") for each in (BODO, FINNMARK)
    ),
    "lines": tuple(map(line, ("speakers", "documentation", "dissemination"))),
}


@given(st.fixed_dictionaries({k: st.permutations(v) for k, v in LISTS.items()}))
def test_the_order_of_what_is_sent_says_nothing(lists: dict[str, list[Any]]) -> None:
    as_sent: dict[str, Any] = {name: tuple(each) for name, each in lists.items()}
    sent = content(**as_sent)
    kept = in_order(sent)
    assert kept == in_order(content(**LISTS))
    assert fingerprint(kept) == fingerprint(in_order(content(**LISTS)))
    for name, values in lists.items():
        assert sorted(map(repr, getattr(kept, name))) == sorted(map(repr, values))
    assert in_order(kept) == kept


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Another"},
        {"own_contribution_ore": 1},
        {"sections": (sections("programme")[0], *sections("purpose"))[:1]},
        {"lines": (line("venue_and_catering", explanation="Why"),)},
        {"network": None},
    ],
)
def test_another_content_has_another_fingerprint(changes: dict[str, Any]) -> None:
    assert fingerprint(content(**changes)) != fingerprint(content())


def test_what_was_sent_in_another_order_is_known_already() -> None:
    one, other = ("documentation", "speakers"), ("speakers", "documentation")
    scenario = published()
    scenario.given(present(lines=tuple(map(line, other))), today=TODAY)
    scenario.when(present(lines=tuple(map(line, one))), today=TODAY).unchanged()


def test_a_text_that_was_taken_stays_taken_whatever_later_releases_find() -> None:
    """Here by an earlier one that found no number with letters in it."""
    hidden = "Ring 13a09b72c48022"
    with pytest.raises(ValidationError):
        content(title=hidden)
    with as_recorded():
        said = content(title=hidden, lines=(line("speakers", explanation=hidden),))
    fact = ApplicationPresented(
        application="a", revision=1, call="c", content=said, fingerprint="0" * 64
    )
    assert decode(fact.TYPE, fact.to_bytes()) == fact
    assert content(title="13a09b72c48023").title == "13a09b72c48023"


PERSON = "13097248022"
"""A national identity number, of a person that is not there."""


@pytest.mark.parametrize(
    "changes",
    [
        {"title": PERSON},
        {"workplace": f"Ward {PERSON}"},
        {"network": PERSON},
        {"purposes": (PERSON,)},
        {"partners": (PERSON,)},
        {"leader_employer": PERSON},
        {"owner_employer": PERSON},
        {"sections": [{"section": PERSON}]},
        {"attachments": [{"kind": PERSON}]},
        {"attachments": [{"kind": "a", "archived": PERSON}]},
        {"absent": [{"trust": PERSON, "reason": ""}]},
        {"absent": [{"trust": BODO, "reason": PERSON}]},
        *(
            {"lines": [{**dict(line("speakers")), member: PERSON}]}
            for member in ("line", "category", "explanation")
        ),
    ],
)
def test_no_identity_number_stands_in_what_nobody_looks_up(
    changes: dict[str, Any],
) -> None:
    """What is presented is recorded as it is, before anybody checks it (law 8)."""
    kept = content().model_dump(mode="json", exclude_none=True)
    with pytest.raises(ValidationError, match="national identity number"):
        ApplicationContent.model_validate_json(orjson.dumps({**kept, **changes}))


# Endorsing


def test_an_endorsement_is_of_the_last_revision_as_it_was_read() -> None:
    scenario = published().given(present(), today=TODAY)
    last = application_named("kols-25", scenario).last
    named = endorse(fingerprint=last.fingerprint)
    fact = scenario.when(named, today=TODAY).recorded(ApplicationEndorsed)
    assert isinstance(fact, ApplicationEndorsed)
    assert restored([fact], scenario) == named
    scenario.when(endorse(), today=TODAY).unchanged()
    for other in (endorse(fingerprint="0" * 64), endorse(revision=2)):
        scenario.when(other, today=TODAY).refused(Code.OUTDATED, "revision")
    scenario.given(present(revision=2, title="Better"), today=TODAY)
    scenario.when(endorse(), today=TODAY).unchanged()
    again = endorse(endorsed_by="p-other")
    scenario.when(again, today=TODAY).refused(Code.OUTDATED, "revision")
    scenario.when(endorse(revision=2), today=TODAY).recorded(ApplicationEndorsed)


def test_an_unknown_application_is_not_endorsed_submitted_or_withdrawn() -> None:
    scenario = published()
    other: dict[str, Any] = {"application": "other"}
    for command in (
        endorse(**other),
        SubmitApplication(**other),
        WithdrawApplication(**other, reason=""),
    ):
        scenario.when(command, today=TODAY).refused(
            GrantCode.UNKNOWN_APPLICATION, "application"
        )


@pytest.mark.parametrize("command", [endorse(), submit(), WITHDRAW])
def test_an_application_is_its_trusts_at_its_own_node(command: Any) -> None:
    scenario = submitted()
    scenario.when(command, organisation=BODO, region=Region.NORD, today=TODAY)
    scenario.refused(Code.NOT_ENTITLED)
    scenario.when(command, organisation=TROMSO, region=Region.VEST, today=TODAY)
    scenario.refused(Code.WRONG_REGION)


@pytest.mark.rule("S0-19")
@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (GrantEndorser.TRUST_DIRECTOR, True),
        (GrantEndorser.DEPUTY_TRUST_DIRECTOR, True),
        (GrantEndorser.CLINIC_DIRECTOR, True),
        (GrantEndorser.LINE_MANAGER, False),
        (GrantEndorser.HEALTH_COMMUNITY, False),
    ],
)
def test_only_whom_the_call_names_endorses(role: GrantEndorser, allowed: bool) -> None:
    scenario = published().given(present(), today=TODAY)
    scenario.when(endorse(role), today=TODAY)
    if allowed:
        scenario.recorded(ApplicationEndorsed)
    else:
        scenario.refused(GrantCode.ROLE_NOT_ALLOWED, "role")


def test_whom_a_call_names_goes_by_the_version_that_judges() -> None:
    """That is the latest until the application is submitted (K-18)."""
    manager = GrantEndorser.LINE_MANAGER
    others = publish(
        version=2, endorsements=(EndorsementRule(one_of=(manager,), rule="S0-18"),)
    )
    scenario = published().given(present(), others, today=TODAY)
    scenario.when(endorse(), today=TODAY).refused(GrantCode.ROLE_NOT_ALLOWED)
    scenario.when(endorse(manager), today=TODAY).recorded(ApplicationEndorsed)
    before = submitted().given(others, today=TODAY)
    more = endorse(endorsed_by="p-other")
    before.when(more, today=TODAY).recorded(ApplicationEndorsed)
    before.when(endorse(manager), today=TODAY).refused(GrantCode.ROLE_NOT_ALLOWED)


@pytest.mark.rule("S0-19")
@pytest.mark.rule("S2-04")
def test_what_is_completed_after_a_return_is_endorsed_by_whom_the_latest_names() -> (
    None
):
    """Or it could never be submitted again: it is submitted by the latest (K-18)."""
    manager = GrantEndorser.LINE_MANAGER
    others = publish(
        version=2, endorsements=(EndorsementRule(one_of=(manager,), rule="S0-18"),)
    )
    scenario = submitted().given(others, today=TODAY)
    scenario.receive(checked())
    scenario.given(present(revision=2), today=TODAY)
    clinic = endorse(revision=2)
    scenario.when(clinic, today=TODAY).refused(GrantCode.ROLE_NOT_ALLOWED)
    scenario.given(endorse(manager, revision=2), today=TODAY)
    scenario.when(submit(), today=TODAY).recorded(ApplicationSubmitted)


@pytest.mark.rule("S0-19")
def test_nobody_endorses_an_application_of_their_own() -> None:
    scenario = published().given(present(), today=TODAY)
    own = endorse(endorsed_by=APPLICANT)
    scenario.when(own, today=TODAY).refused(GrantCode.OWN_APPLICATION, "endorsed_by")
    scenario.when(endorse(endorsed_by=DIRECTOR), today=TODAY)
    scenario.recorded(ApplicationEndorsed)


def test_an_endorsement_is_of_a_day_that_has_come() -> None:
    scenario = published().given(present(), today=TODAY)
    tomorrow = endorse(endorsed_on=TODAY + timedelta(days=1))
    scenario.when(tomorrow, today=TODAY).refused(Code.INVALID_ROW, "endorsed_on")
    scenario.when(endorse(endorsed_on=TODAY), today=TODAY)
    scenario.recorded(ApplicationEndorsed)


def test_endorsements_are_refused_in_the_order_of_the_rules() -> None:
    scenario = published().given(present(), today=TODAY)
    wrong = endorse(
        GrantEndorser.LINE_MANAGER,
        endorsed_by=APPLICANT,
        endorsed_on=TODAY + timedelta(days=1),
    )
    scenario.when(wrong, today=TODAY).refused(GrantCode.ROLE_NOT_ALLOWED)
    wrong = wrong.model_copy(update={"role": GrantEndorser.CLINIC_DIRECTOR})
    scenario.when(wrong, today=TODAY).refused(GrantCode.OWN_APPLICATION)


# Withdrawing


def test_what_is_submitted_is_withdrawn_once() -> None:
    scenario = ready().when(WITHDRAW, today=TODAY).refused(GrantCode.NOT_SUBMITTED)
    scenario.given(submit(), today=TODAY)
    fact = scenario.when(WITHDRAW, today=TODAY).recorded(ApplicationWithdrawn)
    assert restored([fact], scenario) == WITHDRAW
    assert standing(scenario) is ApplicationStatus.WITHDRAWN
    scenario.when(WITHDRAW, today=TODAY).unchanged()
    other = WithdrawApplication(application="kols-25", reason="Another")
    scenario.when(other, today=TODAY).refused(GrantCode.NOT_SUBMITTED)
    scenario.when(submit(), today=TODAY).refused(GrantCode.APPLICATION_WITHDRAWN)


def test_what_was_returned_or_decided_is_not_withdrawn() -> None:
    returned, awarded = submitted(), submitted()
    returned.receive(checked())
    returned.when(WITHDRAW, today=TODAY).refused(GrantCode.NOT_SUBMITTED)
    awarded.receive(decided())
    awarded.when(WITHDRAW, today=TODAY).refused(GrantCode.ALREADY_DECIDED)


@pytest.mark.parametrize("outcome", AwardOutcome)
def test_an_application_is_what_was_decided(outcome: AwardOutcome) -> None:
    scenario = submitted()
    scenario.receive(decided(outcome))
    assert standing(scenario).value == outcome.value
