"""Two trusts of two regions that give one name to two agreements with one host."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from random import Random
from typing import Any, Final

from domain.agreements.answer import Answer
from domain.fact import Command
from domain.history import RecordedFact
from domain.invoicing.invoice_decision import RegisterInvoice
from domain.payments.payment import RegisterPayment
from domain.values import NetworkKind, Region
from tests.support.examples import (
    BERGEN,
    HOME,
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
    vacate,
    version,
)
from tests.support.negotiation import AGREEMENT_NAME, adopt, counter, endorse, withdraw
from tests.support.scenario import Scenario

WINTER: Final = date(2025, 12, 1)
SUMMER: Final = date(2026, 7, 1)
ALS: Final = network(network="als", kind=NetworkKind.LOCAL, coordinating_trust=TROMSO)
PARTIES: Final[dict[str, Any]] = {"network": "als", "payer": TROMSO}
THEIRS: Final = version(**PARTIES, posts=(post(annual_cost_ore=730_000_00),))
"""The same name as in the examples, of another trust's."""
_PERIOD: Final[dict[str, Any]] = {
    "agreement": AGREEMENT_NAME,
    "period_start": date(2026, 1, 1),
}
_PAID: Final = RegisterPayment(**_PERIOD, amount_ore=1_000_00, paid_on=SUMMER)
SAID: Final[Sequence[tuple[str, Command]]] = (
    *((BERGEN, version()), (TROMSO, THEIRS)),
    *((BERGEN, each) for each in (version(2), adopt(), withdraw())),
    *((TROMSO, each) for each in (version(2, **PARTIES), adopt(), withdraw())),
    *((OSLO, each) for each in (accept(), accept(2), counter(), counter(2, **PARTIES))),
    *((OSLO, each) for each in (accept(answer=Answer.DECLINED), fill(), endorse())),
    *((OSLO, each) for each in (vacate(date(2026, 3, 1)), withdraw(2), invoice())),
    *((OSLO, each) for each in (report(), report(report="als", network="als"))),
    *((BERGEN, approve()), (TROMSO, approve("als"))),
    *((trust, terminate(date(2026, 3, 31))) for trust in (BERGEN, TROMSO, OSLO)),
    *((trust, RegisterInvoice(**_PERIOD)) for trust in (BERGEN, TROMSO)),
    *((trust, _PAID) for trust in (BERGEN, TROMSO)),
)


TRUSTS: Final = (BERGEN, TROMSO, OSLO)
HEARS: Final = 0.03
"""How often somebody hears anything of the region that is far away."""
COURSES: Final[Sequence[Sequence[tuple[str, Command]]]] = tuple(
    (
        *((payer, proposal), (OSLO, accept()), (OSLO, fill())),
        *((OSLO, reported), (payer, approve(reported.report)), (OSLO, invoice())),
    )
    for payer, proposal, reported in (
        (BERGEN, version(), report()),
        (TROMSO, THEIRS, report(report="als", network="als")),
    )
)
"""How somebody comes from a proposal to a document."""


@cache
def base() -> tuple[RecordedFact, ...]:
    """Return what everybody has heard of."""
    return tuple(Scenario().given(*ORGANISATIONS, network(), ALS).held)


def heard(*entries: RecordedFact) -> Scenario:
    """Return the history of who has heard of everything, in the order of recording."""
    scenario = Scenario()
    scenario.receive(*base(), *entries)
    return scenario


def crossed(seed: int, count: int = 60) -> list[RecordedFact]:
    """Return what is recorded, in its order, where each trust hears late of others."""
    random = Random(seed)
    recorded: list[RecordedFact] = []
    heard_of = {(trust, region): 0 for trust in TRUSTS for region in Region}
    course = random.choice(COURSES)
    work = [*random.sample(SAID[:2], 2), *random.choices(SAID, k=count)]
    places = sorted(random.sample(range(2, count), len(course)))
    for place, said in zip(places, course, strict=True):
        work.insert(place, said)
    far = HOME[TROMSO if course[0][0] == BERGEN else BERGEN]
    for number, (trust, command) in enumerate(work):
        logs = Counter(each.stream.region for each in recorded)
        for region in Region:
            if region is HOME[trust]:
                heard_of[trust, region] = logs[region]
            elif random.random() < (HEARS if region is far else 1 / 2):
                known = heard_of[trust, region]
                heard_of[trust, region] = random.randint(known, logs[region])
        here = heard(*_heard_by(trust, recorded, heard_of))
        today = WINTER if number < places[-1] else SUMMER
        here.when(command, organisation=trust, region=HOME[trust], today=today)
        recorded += here.appended
    return recorded


def _heard_by(
    trust: str,
    recorded: Sequence[RecordedFact],
    heard_of: Mapping[tuple[str, Region], int],
) -> Iterator[RecordedFact]:
    """Yield what a trust has heard of: of each region's log a beginning."""
    logs: Counter[Region] = Counter()
    for each in recorded:
        logs[each.stream.region] += 1
        if logs[each.stream.region] <= heard_of[trust, each.stream.region]:
            yield each
