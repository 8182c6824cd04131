"""Waiving an obligation: a health authority says why it is not owed, for its region."""

from dataclasses import dataclass

from domain.fact import Command, Fact
from domain.history import Append, Asked, Category, Decision, History, ShownTo
from domain.kind import Asks, Authority, declare
from domain.obligations.derive import obligation_named
from domain.parties.organisation import REGISTERED, registered, require_party
from domain.refusal import Code, Refusal, RefusalCode
from domain.role import Role
from domain.values import REGIONAL_AUTHORITY, FreeText, KnownPerson, Text


class ObligationCode(RefusalCode):
    """Why a waiver is refused."""

    UNKNOWN_OBLIGATION = "unknown_obligation"
    OBLIGATION_DONE = "obligation_done"


class ObligationWaived(Fact, name="obligation.waived.v1"):
    """What an organisation owed is not asked of it any more."""

    obligation: Text
    by: KnownPerson
    reason: FreeText


@dataclass(frozen=True, slots=True)
class Waiver:
    """Whether an obligation is waived; the first waiver stays."""

    waived: ObligationWaived | None = None


def evolve(state: Waiver, fact: Fact) -> Waiver:
    """Fold one fact."""
    match fact:
        case ObligationWaived() if state.waived is None:
            return Waiver(fact)
        case _:
            return state


NOTICES = Category(
    "notices",
    Waiver(),
    evolve,
    holds=(ObligationWaived,),
    shown_to=ShownTo.MEMBERS,
)
"""By the id of an obligation."""


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
