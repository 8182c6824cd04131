"""Waiving an obligation: a health authority says why it is not owed, for its region."""

from domain.fact import Command
from domain.history import Append, Asked, Decision, History
from domain.kind import Asks, Authority, declare
from domain.obligations.derive import obligation_named
from domain.obligations.notices import NOTICES, ObligationWaived
from domain.parties.organisation import REGISTERED, registered, require_party
from domain.refusal import Code, Refusal, RefusalCode
from domain.role import Role
from domain.values import REGIONAL_AUTHORITY, FreeText, KnownPerson, Text


class ObligationCode(RefusalCode):
    """Why a waiver is refused."""

    UNKNOWN_OBLIGATION = "unknown_obligation"
    OBLIGATION_DONE = "obligation_done"


class WaiveObligation(Command):
    """Waive an obligation, as the health authority of the region of who owes it."""

    obligation: Text
    """Its id, as lists of obligations give it."""
    by: KnownPerson
    reason: FreeText


def waive(command: WaiveObligation, asked: Asked, history: History) -> Decision:
    """Decide on a waiver: of what is owed and not done."""
    owed = obligation_named(command.obligation, history, asked.today)
    if owed is None:
        raise Refusal(ObligationCode.UNKNOWN_OBLIGATION, "obligation")
    region = registered(owed.owed_by, "obligation", history).region
    require_party(asked, REGIONAL_AUTHORITY[region], region)
    fact = ObligationWaived(**dict(command))
    known = history.state(NOTICES, owed.id).waived
    if known is not None:
        if known == fact:
            return ()
        raise Refusal(Code.CONFLICTING_ROW, "obligation")
    if owed.done_on is not None:
        raise Refusal(ObligationCode.OBLIGATION_DONE, "obligation")
    return (Append(NOTICES.stream(region, owed.id), fact),)


declare(
    WaiveObligation,
    waive,
    Authority(
        Asks.AUTHORITY,
        {Role.DECIDER},
        REGISTERED,
        "who owes it: it is asked for it no more",
    ),
    ObligationWaived,
)
