"""Yearly wage growth: a proposal of its own, computed, with its factor and source.

The next version is the one in force with every cost multiplied and rounded
once, half away from zero (S1-12). It is proposed, counted in the frame and
accepted as any other.
"""

from fractions import Fraction

from pydantic import Field

from domain.agreements.accrual import last_in_force
from domain.agreements.agreement import ProposedPost, Terms, VersionProposed, WageGrowth
from domain.agreements.answer import AGREED
from domain.agreements.known import KnownAgreement, known_agreement
from domain.agreements.proposal import propose
from domain.agreements.terms import as_proposed
from domain.agreements.warned import warn_of_proposal
from domain.fact import Command
from domain.history import Asked, Decision, History
from domain.kind import Asks, Authority, Facts, declare, members_of
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import (
    Day,
    FreeText,
    GrowthFactor,
    NewName,
    VersionNumber,
    half_away_from_zero,
)


class ProposeWageGrowth(Command):
    """Propose the version in force with its costs multiplied (S1-12)."""

    agreement: NewName
    version: VersionNumber = Field(examples=[2])
    effective_from: Day
    factor: GrowthFactor = Field(examples=["1.0375"])
    """Decimal string."""
    source: FreeText
    """Where the factor is from."""


def _restored(facts: Facts, _: History) -> Command | None:
    fact = facts[0]
    assert isinstance(fact, VersionProposed), "it is restored by its type"
    terms = fact.terms
    if terms.wage_growth is None:
        return None
    return ProposeWageGrowth(
        **members_of(terms, "agreement", "version", "effective_from"),
        factor=terms.wage_growth.factor,
        source=terms.wage_growth.source,
    )


def propose_growth(
    command: ProposeWageGrowth, asked: Asked, history: History
) -> Decision:
    """Decide on a proposal of what the version in force would cost."""
    agreement = known_agreement(command.agreement, history)
    if agreement is None:
        values = {"agreement": command.agreement}
        raise Refusal(Code.UNKNOWN_AGREEMENT, "agreement", values)
    if not command.source.strip():
        raise Refusal(Code.TERMS_INCOMPLETE, "source", {"member": "source"})
    terms = _in_force(command, agreement)
    if terms is None:
        raise Refusal(Code.NOT_ACCEPTED, "effective_from")
    grown = WageGrowth(
        factor=command.factor, source=command.source, of_version=terms.version
    )
    proposal = as_proposed(terms).model_copy(
        update={
            "version": command.version,
            "effective_from": command.effective_from,
            "wage_growth": grown,
            "posts": tuple(
                ProposedPost(
                    **{
                        **dict(post),
                        "annual_cost_ore": grown_ore(
                            post.annual_cost_ore, command.factor
                        ),
                    }
                )
                for post in terms.posts
            ),
        }
    )
    return propose(proposal, asked, history)


declare(
    ProposeWageGrowth,
    propose_growth,
    Authority(
        Asks.COORDINATOR,
        {Role.CONTROLLER},
        AGREED,
        "itself; the other by its own acceptance alone",
    ),
    {VersionProposed: _restored},
    warn_of_proposal,
)


def _in_force(command: ProposeWageGrowth, agreement: KnownAgreement) -> Terms | None:
    """Version that grows; asked again later, the same one."""
    earlier = [terms for terms in agreement.accepted if terms.version < command.version]
    costs = agreement.terminations.costs(earlier)
    base = last_in_force(costs, command.effective_from)
    if base is None or base.ends_on < command.effective_from:
        return None
    return next(terms for terms in earlier if terms.version == base.version)


def grown_ore(cost_ore: int, factor: str) -> int:
    """Grown cost, rounded half away from zero.

    >>> grown_ore(1_00, "1.005")
    101
    """
    exact = cost_ore * Fraction(factor)
    return half_away_from_zero(exact.numerator, exact.denominator)
