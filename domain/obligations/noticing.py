"""Claiming the notice of an obligation, and saying that it was sent: a node's own words.

- The node of the region of whoever is told says both, for its health authority; no
  person does, and so they rest on no mandate.
- A notice is claimed once. It is of a step that has come, of what is neither done nor
  waived.
"""

from domain.fact import Command
from domain.history import Append, Asked, Decision, History
from domain.kind import NODE, Asks, Authority, declare
from domain.obligations.derive import obligation_named
from domain.obligations.notices import (
    NOTICES,
    ComingNotice,
    MessageId,
    NoticeClaimed,
    NoticeLanguage,
    NoticeSent,
    NoticeStep,
    notice_key,
    notices_of,
)
from domain.obligations.obligation import Obligation
from domain.obligations.waiver import ObligationCode
from domain.parties.organisation import REGISTERED, registered, require_party
from domain.refusal import Code, Refusal, RefusalCode
from domain.values import REGIONAL_AUTHORITY, OrganisationNumber, Region, Text


class NoticeCode(RefusalCode):
    """Why a node may not claim a notice, or say that it was sent."""

    NO_SUCH_NOTICE = "no_such_notice"
    NOTICE_TOO_EARLY = "notice_too_early"
    NOTICE_NEEDLESS = "notice_needless"
    NOTICE_CLAIMED = "notice_claimed"
    NOTICE_NOT_CLAIMED = "notice_not_claimed"


class ClaimNotice(Command):
    """Claim a notice before its e-mail is handed over, as the node of who is told."""

    obligation: Text
    """Its id, as lists of obligations give it."""
    step: NoticeStep
    to: OrganisationNumber
    """Who is told."""
    language: NoticeLanguage
    """What the e-mail is written in; of several, the first."""


class ConfirmNotice(Command):
    """Say that a mail server took the e-mail of a notice, as the node that claimed it."""

    obligation: Text
    step: NoticeStep
    to: OrganisationNumber
    message_id: MessageId
    """The e-mail's own."""


def claim_notice(command: ClaimNotice, asked: Asked, history: History) -> Decision:
    """Decide on a claim: the first has the notice."""
    region = _own_region(command.to, asked, history)
    owed = obligation_named(command.obligation, history, asked.today)
    if owed is None:
        raise Refusal(ObligationCode.UNKNOWN_OBLIGATION, "obligation")
    coming = _coming(command, owed, history)
    if coming.from_on > asked.today:
        day = {"day": coming.from_on.isoformat()}
        raise Refusal(NoticeCode.NOTICE_TOO_EARLY, "step", day)
    key = notice_key(command.obligation, command.step)
    if history.state(NOTICES, key).notice_to(command.to) is not None:
        raise Refusal(NoticeCode.NOTICE_CLAIMED, "step", {"organisation": command.to})
    waived = history.state(NOTICES, command.obligation).waived
    if waived is not None or owed.done_on is not None:
        raise Refusal(NoticeCode.NOTICE_NEEDLESS, "obligation")
    fact = NoticeClaimed(**dict(command))
    return (Append(NOTICES.stream(region, key), fact),)


def _own_region(to: str, asked: Asked, history: History) -> Region:
    """Region of who is told; refuse whoever is not its node."""
    region = registered(to, "to", history).region
    authority = REGIONAL_AUTHORITY[region]
    require_party(asked, authority, region)
    if asked.actor != NODE:
        raise Refusal(
            Code.NOT_ENTITLED,
            values={"organisation": authority},
            region=region,
            organisation=authority,
        )
    return region


def _coming(command: ClaimNotice, owed: Obligation, history: History) -> ComingNotice:
    owing = registered(owed.owed_by, "obligation", history)
    for each in notices_of(owed, REGIONAL_AUTHORITY[owing.region]):
        if each.step == command.step and command.to in each.to:
            return each
    told = {"organisation": command.to}
    raise Refusal(NoticeCode.NO_SUCH_NOTICE, "step", told)


def confirm_notice(command: ConfirmNotice, asked: Asked, history: History) -> Decision:
    """Decide on what was sent: what was claimed, today."""
    region = _own_region(command.to, asked, history)
    key = notice_key(command.obligation, command.step)
    notice = history.state(NOTICES, key).notice_to(command.to)
    if notice is None:
        told = {"organisation": command.to}
        raise Refusal(NoticeCode.NOTICE_NOT_CLAIMED, "step", told)
    if notice.sent is not None:
        if notice.sent.message_id == command.message_id:
            return ()
        raise Refusal(Code.CONFLICTING_ROW, "message_id")
    fact = NoticeSent(**dict(command), accepted_on=asked.today)
    return (Append(NOTICES.stream(region, key), fact),)


declare(
    ClaimNotice,
    claim_notice,
    Authority(
        Asks.NODE,
        frozenset(),
        REGISTERED,
        "itself: nobody else tells the organisation of this step",
        NoticeCode.NOTICE_CLAIMED,
    ),
    NoticeClaimed,
)
declare(
    ConfirmNotice,
    confirm_notice,
    Authority(
        Asks.NODE,
        frozenset(),
        {**REGISTERED, NoticeClaimed: NoticeCode.NOTICE_NOT_CLAIMED},
        "itself: the notice is not missing",
    ),
    NoticeSent,
)
