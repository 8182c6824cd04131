"""Two regions that cross each other: whatever arrives first, the same is agreed."""

from datetime import date
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.agreements.agreement import AGREEMENT
from domain.agreements.answer import (
    ANSWERS,
    Answer,
    VersionAccepted,
    VersionCountered,
    VersionDeclined,
    accepted,
    not_declined,
)
from domain.agreements.termination import TERMINATIONS
from domain.closing.books import read_books
from domain.fact import Command, Fact
from domain.history import Append
from domain.invoicing.sales_document import InvoiceIssued
from domain.parties.pair import pair_of
from domain.refusal import Code
from domain.values import NetworkKind, Region
from tests.support.examples import (
    BERGEN,
    ORGANISATIONS,
    OSLO,
    TROMSO,
    accept,
    approve,
    fill,
    invoice,
    network,
    post,
    report,
    terminate,
    version,
)
from tests.support.negotiation import (
    AGREEMENT_NAME,
    adopt,
    counter,
    endorse,
    withdraw,
)
from tests.support.scenario import Scenario

ALS = network(network="als", kind=NetworkKind.LOCAL, coordinating_trust=TROMSO)
CROSSING: tuple[Command, ...] = (
    version(),
    withdraw(),
    accept(),
    accept(answer=Answer.DECLINED),
    counter(),
    adopt(),
    version(2),
    withdraw(2),
    accept(2),
    endorse(),
    terminate(date(2026, 3, 31)),
    terminate(date(2026, 2, 28)),
)


def _shuffled(logs: dict[Region, list[Append]], random: Random) -> list[Append]:
    """Return some interleaving of the regions' logs."""
    left = {region: list(log) for region, log in logs.items() if log}
    mixed = []
    while left:
        region = random.choice(sorted(left))
        mixed.append(left[region].pop(0))
        left = {each: log for each, log in left.items() if log}
    return mixed


def _logs(seed: int) -> dict[Region, list[Append]]:
    """Let two trusts act on the same agreement, each seeing the other late."""
    random = Random(seed)
    base = Scenario().given(*ORGANISATIONS, network()).recorded_so_far
    logs: dict[Region, list[Append]] = {region: [] for region in Region}
    seen = {Region.VEST: 0, Region.SOROST: 0}
    parties = {Region.VEST: BERGEN, Region.SOROST: OSLO}
    for _ in range(25):
        home, other = random.sample(sorted(parties), 2)
        seen[home] = random.randint(seen[home], len(logs[other]))
        here = Scenario()
        here.receive(*base)
        here.receive(*_shuffled({**logs, other: logs[other][: seen[home]]}, random))
        here.when(random.choice(CROSSING), organisation=parties[home], region=home)
        logs[home] += here.appended
    return logs


@pytest.mark.law(6)
@given(seed=st.integers(0, 10**6))
def test_the_order_of_arrival_changes_nothing(seed: int) -> None:
    logs = _logs(seed)
    random = Random(seed)
    states = []
    for _ in range(4):
        scenario = Scenario()
        scenario.receive(*_shuffled(logs, random))
        agreement = scenario.state(AGREEMENT, AGREEMENT_NAME)
        answers = scenario.state(ANSWERS, AGREEMENT_NAME)
        terminations = scenario.state(TERMINATIONS, AGREEMENT_NAME)
        states.append((agreement, answers, terminations, accepted(agreement, answers)))
    for one, other in combinations(states, 2):
        assert one == other


def test_an_acceptance_is_of_the_terms_that_it_names_whoever_had_the_number_first() -> (
    None
):
    base = Scenario().given(*ORGANISATIONS, network(), ALS).recorded_so_far

    def alone(*commands: Command) -> list[Append]:
        here = Scenario()
        here.receive(*base)
        return here.given(*commands).recorded_so_far[len(base) :]

    other = alone(version(network="als", payer=TROMSO, posts=(post("other"),)))
    signed = alone(version(), accept())
    for order in (other + signed, signed + other, signed[:1] + other + signed[1:]):
        scenario = Scenario()
        scenario.receive(*base, *order)
        agreement = scenario.state(AGREEMENT, AGREEMENT_NAME)
        answers = scenario.state(ANSWERS, AGREEMENT_NAME)
        (terms,) = accepted(agreement, answers)
        assert (terms.network, terms.payer) == ("ms", BERGEN)
        assert not_declined(agreement, answers) == [terms]
        scenario.when(accept()).unchanged()
    lacking = Scenario()
    lacking.receive(*base, *other, signed[-1])
    agreement = lacking.state(AGREEMENT, AGREEMENT_NAME)
    assert accepted(agreement, lacking.state(ANSWERS, AGREEMENT_NAME)) == []


def test_who_fills_a_post_is_no_news_of_another_region_s_post_of_the_same_name() -> (
    None
):
    base = Scenario().given(*ORGANISATIONS, network(), ALS).recorded_so_far
    other = Scenario()
    other.receive(*base)
    other.given(
        version(agreement="als-ous", network="als", payer=TROMSO),
        accept(agreement="als-ous"),
    )
    scenario = Scenario()
    scenario.receive(*base)
    scenario.given(version(), accept())
    scenario.receive(*other.recorded_so_far[len(base) :])
    of_other = report(report="als", network="als")
    scenario.given(fill(), report(), approve(), of_other, approve("als"))
    billed = scenario.when(invoice(), today=date(2026, 7, 1)).recorded(InvoiceIssued)
    assert isinstance(billed, InvoiceIssued)
    assert billed.net_ore == 181_000_00
    bill = invoice(agreement="als-ous")
    scenario.when(bill, today=date(2026, 7, 1)).refused(Code.NOTHING_TO_INVOICE)
    (books,) = read_books(pair_of(TROMSO, OSLO), date(2026, 7, 1), scenario)
    assert books.costs["nurse"].year_ore(2026) == 0
    assert all(isinstance(each.entry.fact, VersionAccepted) for each in books.changes)


@given(seed=st.integers(0, 10**6))
def test_no_version_is_both_accepted_and_not(seed: int) -> None:
    said: dict[int, set[type[Fact]]] = {}
    for log in _logs(seed).values():
        for _, fact in log:
            if isinstance(fact, VersionAccepted | VersionDeclined | VersionCountered):
                said.setdefault(fact.version, set()).add(type(fact))
    assert all(len(kinds) == 1 for kinds in said.values())
