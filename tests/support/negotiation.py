"""What trusts send while they negotiate the agreement of the examples."""

from datetime import date
from typing import Any, Final

from domain.agreements.answer import EndorserRole
from domain.agreements.counter import AdoptCounterProposal, CounterVersion
from domain.agreements.endorsement import EndorseVersion
from domain.agreements.wage_growth import ProposeWageGrowth
from domain.agreements.withdrawal import WithdrawVersion
from tests.support.examples import post, version

AGREEMENT_NAME: Final = "ms-ous"


def counter(number: int = 2, to: int = 1, **changes: Any) -> CounterVersion:
    """Answer a version with a post of 300 000 kroner."""
    posts = (post(annual_cost_ore=300_000_00),)
    proposal = version(number, **{"posts": posts, **changes})
    return CounterVersion(version=to, proposal=proposal)


def adopt(number: int = 2, **changes: Any) -> AdoptCounterProposal:
    """Adopt a counter-proposal."""
    content = {"agreement": AGREEMENT_NAME, "version": number}
    return AdoptCounterProposal(**{**content, **changes})


def withdraw(number: int = 1, **changes: Any) -> WithdrawVersion:
    """Withdraw a version."""
    content = {"agreement": AGREEMENT_NAME, "version": number}
    return WithdrawVersion(**{**content, **changes})


def endorse(number: int = 1, **changes: Any) -> EndorseVersion:
    """Endorse a version, as the host."""
    content = {
        "agreement": AGREEMENT_NAME,
        "version": number,
        "role": EndorserRole.CLINIC_DIRECTOR,
        "endorsed_by": "p-2",
        "endorsed_on": date(2025, 11, 30),
    }
    return EndorseVersion(**{**content, **changes})


def grow(number: int = 2, **changes: Any) -> ProposeWageGrowth:
    """Propose the wages of 2027."""
    content = {
        "agreement": AGREEMENT_NAME,
        "version": number,
        "effective_from": date(2027, 1, 1),
        "factor": "1.0375",
        "source": "TBU 2027",
    }
    return ProposeWageGrowth(**{**content, **changes})
