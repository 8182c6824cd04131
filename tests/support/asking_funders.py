"""Examples of what funders decide on applications and grants, and trusts say of grants."""

from collections.abc import Callable, Mapping
from typing import Final

from domain.fact import Command
from domain.grants.awarding import AnnounceAwards
from domain.grants.rules import ReportRule
from domain.posts.report import Outcome
from tests.support.asking import Example, always
from tests.support.awards import (
    CARRIED,
    DECIDED,
    FUNDER,
    LAPSE,
    NEXT,
    answer,
    applied,
    assessed,
    awarded,
    carry,
    cost,
    decided,
    disburse,
    repay,
    report,
    returned,
)
from tests.support.examples import TRONDHEIM
from tests.support.scenario import Scenario

_FINAL: Final = ReportRule(key="final", words="Final", rule="S2-32")


def _after(*commands: Command) -> Callable[[], Scenario]:
    """Return what makes a history of a grant, with some more commands."""
    return lambda: awarded(reports=(_FINAL,)).given(*commands, today=NEXT)


EXAMPLES: Final[Mapping[type[Command], Example]] = {
    type(example.command(Scenario())): example
    for example in (
        Example(applied, always(returned()), FUNDER, DECIDED),
        Example(applied, always(assessed()), FUNDER, DECIDED),
        Example(applied, always(decided()), FUNDER, DECIDED),
        Example(awarded, always(AnnounceAwards(call="c-25")), FUNDER, DECIDED),
        Example(awarded, always(disburse()), FUNDER, DECIDED),
        Example(_after(report()), always(answer(Outcome.APPROVED)), FUNDER),
        Example(lambda: awarded(use=CARRIED), always(carry()), FUNDER),
        Example(awarded, always(LAPSE), FUNDER, NEXT),
        Example(awarded, always(cost()), TRONDHEIM),
        Example(_after(), always(report()), TRONDHEIM),
        Example(_after(disburse(), LAPSE), always(repay()), TRONDHEIM),
    )
}
