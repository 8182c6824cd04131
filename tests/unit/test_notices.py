"""Notices of obligations: claimed once, of a step that has come, by a node alone."""

from datetime import date, timedelta
from typing import Any, Final

import pytest

from domain.kind import NODE
from domain.obligations.notices import (
    ESCALATION,
    NOTICES,
    TOLD,
    NoticeClaimed,
    NoticeLanguage,
    NoticeSent,
    NoticeStanding,
    notice_key,
    notices_of,
)
from domain.obligations.noticing import ClaimNotice, NoticeCode
from domain.obligations.obligation import Obligation
from domain.obligations.waiver import ObligationCode, WaiveObligation
from domain.parties.mandate import GrantMandate, MandateCode
from domain.refusal import Code
from domain.role import Role
from domain.values import Region
from tests.support.applications import LEVANGER, MIDT, SAFETY, submitted
from tests.support.asking_nodes import CLAIM, CONFIRM, REMINDED_ON, claimed
from tests.support.asking_waivers import presented
from tests.support.examples import BERGEN, OSLO, TRONDHEIM
from tests.support.scenario import Scenario

DAY: Final = timedelta(days=1)
OWED: Final = Obligation(
    "seat/b/s/vacancy/2026-01-01",
    "S4-11",
    BERGEN,
    date(2026, 3, 2),
    (date(2026, 1, 15), date(2026, 1, 31)),
    date(2026, 3, 2),
    tell=(BERGEN, OSLO),
)


def asked(scenario: Scenario, command: Any, **how: Any) -> Scenario:
    """Let the node ask on the day of the first reminder."""
    return scenario.when(command, **{"today": REMINDED_ON, "actor": NODE, **how})


def other(**said: Any) -> ClaimNotice:
    return CLAIM.model_copy(update=said)


@pytest.mark.rule("S4-12")
def test_others_are_told_at_once_then_who_owes_then_the_health_authority() -> None:
    assert [(each.step, sorted(each.to)) for each in notices_of(OWED, MIDT)] == [
        (TOLD, sorted([BERGEN, OSLO])),
        ("2026-01-15", [BERGEN]),
        ("2026-01-31", [BERGEN]),
        (ESCALATION, sorted([BERGEN, MIDT])),
    ]
    assert notices_of(OWED, MIDT)[0].from_on == date.min
    assert notices_of(OWED, MIDT)[-1].from_on == OWED.escalate_on
    plain = Obligation("x", "S1-01", BERGEN, date(2026, 3, 2))
    assert notices_of(plain, MIDT) == ()


def test_a_notice_is_claimed_once_and_then_said_to_be_sent() -> None:
    scenario = asked(presented(), CLAIM).then(NoticeClaimed(**dict(CLAIM)))
    (entry,) = scenario.appended
    assert str(entry.stream) == f"midt:notices:{CLAIM.obligation}:{CLAIM.step}"
    in_english = other(language=NoticeLanguage.ENGLISH)
    asked(scenario, in_english).refused(NoticeCode.NOTICE_CLAIMED, "step")
    fact = NoticeSent(**dict(CONFIRM), accepted_on=REMINDED_ON)
    asked(scenario, CONFIRM).then(fact)
    asked(scenario, CONFIRM, today=REMINDED_ON + DAY).unchanged()
    again = CONFIRM.model_copy(update={"message_id": "<2@node.example.no>"})
    asked(scenario, again).refused(Code.CONFLICTING_ROW, "message_id")
    notice = scenario.state(NOTICES, notice_key(CLAIM.obligation, CLAIM.step))
    assert [(each.claimed.to, each.sent) for each in notice.notices] == [
        (TRONDHEIM, fact)
    ]


def test_nothing_is_sent_that_was_not_claimed() -> None:
    asked(presented(), CONFIRM).refused(NoticeCode.NOTICE_NOT_CLAIMED, "step")
    elsewhere = CONFIRM.model_copy(update={"to": LEVANGER})
    asked(claimed(), elsewhere).refused(NoticeCode.NOTICE_NOT_CLAIMED, "step")


def test_only_a_step_that_has_come_is_claimed_of_what_is_owed() -> None:
    scenario = presented()
    early = asked(scenario, CLAIM, today=REMINDED_ON - DAY)
    early.refused(NoticeCode.NOTICE_TOO_EARLY, "step")
    for said in (
        {"step": "2022-10-06"},
        {"step": TOLD},
        {"step": ESCALATION},
        {"to": LEVANGER},
        {"to": MIDT},
    ):
        asked(scenario, other(**said)).refused(NoticeCode.NO_SUCH_NOTICE, "step")
    for name in ("", "application/other/submit", "body/b/plan/2026"):
        unknown = asked(scenario, other(obligation=name))
        unknown.refused(ObligationCode.UNKNOWN_OBLIGATION, "obligation")


def test_nobody_is_told_of_what_is_waived_or_done() -> None:
    waive = WaiveObligation(obligation=CLAIM.obligation, by="p9", reason="Merged")
    waived = presented().given(waive, today=REMINDED_ON)
    asked(waived, CLAIM).refused(NoticeCode.NOTICE_NEEDLESS, "obligation")
    assert waived.state(NOTICES, CLAIM.obligation).waived is not None
    asked(submitted(SAFETY), CLAIM).refused(NoticeCode.NOTICE_NEEDLESS, "obligation")


def test_no_person_claims_a_notice() -> None:
    scenario = presented()
    for actor in ("p-1", "controller"):
        who = {"organisation": MIDT, "region": Region.MIDT, "actor": actor}
        asked(scenario, CLAIM, **who).refused(Code.NOT_ENTITLED)
        asked(claimed(), CONFIRM, **who).refused(Code.NOT_ENTITLED)


def test_a_node_needs_no_mandate_of_an_authority_that_has_given_some() -> None:
    administrator = GrantMandate(
        organisation=MIDT, person="p-1", role=Role.ADMINISTRATOR
    )
    scenario = presented().given(administrator, today=REMINDED_ON)
    asked(scenario, CLAIM).then(NoticeClaimed(**dict(CLAIM)))
    waive = WaiveObligation(obligation=CLAIM.obligation, by="p9", reason="Merged")
    asked(scenario, waive).refused(MandateCode.NO_MANDATE)


def test_the_first_word_stays() -> None:
    claim = NoticeClaimed(**dict(CLAIM))
    sent = NoticeSent(**dict(CONFIRM), accepted_on=REMINDED_ON)
    later = sent.model_copy(update={"message_id": "<2@node.example.no>"})
    state = NoticeStanding()
    for fact in (sent, claim, other_claim(claim), sent, later):
        state = NOTICES.evolve(state, fact)
    (notice,) = state.notices
    assert notice.claimed is claim
    assert notice.sent is sent
    assert state.notice_to(BERGEN) is None


def other_claim(claim: NoticeClaimed) -> NoticeClaimed:
    """Return another claim of the same notice."""
    return claim.model_copy(update={"language": NoticeLanguage.BOKMAL})
