"""Examples of what a region's node says itself."""

from collections.abc import Mapping
from typing import Final

from domain.fact import Command
from domain.kind import NODE
from domain.obligations.notices import NoticeLanguage
from domain.obligations.noticing import ClaimNotice, ConfirmNotice
from tests.support.applications import MIDT, PUBLISHED, SAFETY
from tests.support.asking import Example, always
from tests.support.asking_waivers import presented
from tests.support.examples import TRONDHEIM
from tests.support.scenario import Scenario

PRESENTED_ON: Final = PUBLISHED[SAFETY]
REMINDED_ON: Final = PRESENTED_ON.replace(day=5)
CLAIM: Final = ClaimNotice(
    obligation="application/kols-25/submit",
    step=REMINDED_ON.isoformat(),
    to=TRONDHEIM,
    language=NoticeLanguage.NYNORSK,
)
CONFIRM: Final = ConfirmNotice(
    obligation=CLAIM.obligation,
    step=CLAIM.step,
    to=CLAIM.to,
    message_id="<178.1@node.example.no>",
)


def claimed() -> Scenario:
    """Let a node claim the first reminder of an application."""
    return presented().given(CLAIM, today=REMINDED_ON, actor=NODE)


EXAMPLES: Final[Mapping[type[Command], Example]] = {
    ClaimNotice: Example(presented, always(CLAIM), MIDT, REMINDED_ON, NODE),
    ConfirmNotice: Example(claimed, always(CONFIRM), MIDT, REMINDED_ON, NODE),
}
