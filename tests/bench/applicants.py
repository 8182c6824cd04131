"""Calls with many applications, as facts: submitted, ranked, assessed, half decided."""

from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from typing import Any, Final

from domain.fact import Fact
from domain.grants.application import (
    APPLICATION,
    ApplicationEndorsed,
    ApplicationPresented,
    ApplicationSubmitted,
)
from domain.grants.assessment import (
    ASSESSMENT,
    ApplicationAssessed,
    ApplicationChecked,
    CheckOutcome,
    Score,
)
from domain.grants.award import AWARDS, ApplicationDecided, AwardOutcome
from domain.grants.call import (
    CALL,
    CALL_APPLICATIONS,
    ApplicationListed,
    CallPublished,
)
from domain.grants.ranking import RANKING, RankingRecorded, ranking_key
from domain.grants.rules import GrantEndorser, RankerRole
from domain.history import Append, Category
from domain.parties.organisation import ORGANISATION, OrganisationRegistered
from domain.values import REGIONAL_AUTHORITY, OrganisationKind, Region
from tests.bench.invoicing import Happening, trusts
from tests.support.applications import SAFETY, content, rules

APPLICATIONS: Final = 2000
AMOUNT_ORE: Final = 100_00
HALF_DECIDED, ALL_DECIDED = "half-decided", "all-decided"
FUNDER: Final = REGIONAL_AUTHORITY[Region.VEST]
APPLIED_ON, CLOSED_ON = date(2022, 11, 1), date(2022, 11, 10)
ENDORSERS: Final = {
    GrantEndorser.LINE_MANAGER: "p-leader",
    GrantEndorser.CLINIC_DIRECTOR: "p-director",
}
_TRUSTS: Final = [each.organisation for each in trusts()]
APPLICANTS: Final = [each.org_number for each in _TRUSTS if each.region is Region.VEST]
UNRANKED: Final = APPLICANTS[-1]
"""Of whose applications in the first call nothing is ranked or assessed yet."""


def name_of(call: str, number: int) -> str:
    """Return the name of an application."""
    return f"{call}-{number:04}"


def applicant_of(number: int) -> str:
    """Return who makes an application."""
    return APPLICANTS[number % len(APPLICANTS)]


def happened() -> Iterator[Happening]:
    """Yield two calls: in one half is decided, in the other all, and nothing announced."""
    authority = OrganisationRegistered(
        org_number=FUNDER,
        name="Helse Vest RHF",
        short_name="HV",
        kind=OrganisationKind.RHF,
        region=Region.VEST,
    )
    for each in (authority, *_TRUSTS):
        fact = (ORGANISATION, each.org_number, each)
        yield _said(date(2022, 1, 1), each.org_number, fact, region=each.region)
    for call, decided in (
        (HALF_DECIDED, APPLICATIONS // 2),
        (ALL_DECIDED, APPLICATIONS),
    ):
        said = rules(SAFETY, funder=FUNDER, applicant_regions=(Region.VEST,))
        first = CallPublished(call=call, version=1, rules=said, reason="")
        yield _said(said.opens_on, FUNDER, (CALL, call, first))
        for number in range(APPLICATIONS):
            yield _applied(call, number)
        yield from _assessed(call)
        ready = (n for n in range(APPLICATIONS) if _is_assessed(call, n))
        for number, _ in zip(ready, range(decided), strict=False):
            yield _decided(call, number)


def _said(
    day: date,
    organisation: str,
    *facts: tuple[Category[Any], str, Fact],
    region: Region = Region.VEST,
) -> Happening:
    appends = [Append(of.stream(region, key), fact) for of, key, fact in facts]
    return Happening(day, organisation, appends)


def _applied(call: str, number: int) -> Happening:
    name, trust = name_of(call, number), applicant_of(number)
    said = content(
        SAFETY,
        trust=trust,
        leader_employer=trust,
        owner_employer=trust,
        title=f"Project {number}",
        amount_ore=AMOUNT_ORE,
    )
    revision: dict[str, Any] = {
        "application": name,
        "revision": 1,
        "fingerprint": sha256(said.to_bytes()).hexdigest(),
    }
    facts: list[tuple[Category[Any], str, Fact]] = [
        (APPLICATION, name, ApplicationPresented(**revision, call=call, content=said))
    ]
    for role, who in ENDORSERS.items():
        endorsed = ApplicationEndorsed(
            **revision, role=role, endorsed_by=who, endorsed_on=APPLIED_ON
        )
        facts.append((APPLICATION, name, endorsed))
    submitted = ApplicationSubmitted(**revision, call_version=1)
    listed = ApplicationListed(call=call, application=name, trust=trust)
    facts += [(APPLICATION, name, submitted), (CALL_APPLICATIONS, call, listed)]
    return _said(APPLIED_ON, trust, *facts)


def _is_assessed(call: str, number: int) -> bool:
    return call == ALL_DECIDED or applicant_of(number) != UNRANKED


def _assessed(call: str) -> Iterator[Happening]:
    """Let trusts rank, and the funder check and assess what they have ranked."""
    numbers = [n for n in range(APPLICATIONS) if _is_assessed(call, n)]
    for trust in {applicant_of(number): None for number in numbers}:
        own = (name_of(call, n) for n in numbers if applicant_of(n) == trust)
        ranked = RankingRecorded(
            call=call,
            trust=trust,
            order=tuple(own),
            role=RankerRole.QUALITY_MANAGER,
            ranked_by="p-ranker",
        )
        yield _said(CLOSED_ON, trust, (RANKING, ranking_key(call, trust), ranked))
    for number in numbers:
        name = name_of(call, number)
        revision: dict[str, Any] = {"application": name, "revision": 1}
        complete = ApplicationChecked(
            **revision, outcome=CheckOutcome.COMPLETE, missing=""
        )
        points = number % 6
        assessed = [
            ApplicationAssessed(
                **revision,
                assessor=f"p-assessor-{who}",
                scores=tuple(
                    Score(criterion=criterion, points=points)
                    for criterion in ("collaboration", "quality")
                ),
            )
            for who in range(2)
        ]
        facts = [(ASSESSMENT, name, fact) for fact in (complete, *assessed)]
        yield _said(CLOSED_ON, FUNDER, *facts)


def _decided(call: str, number: int) -> Happening:
    is_granted = number % 4 == 0
    decided = ApplicationDecided(
        call=call,
        application=name_of(call, number),
        revision=1,
        outcome=AwardOutcome.GRANTED if is_granted else AwardOutcome.REJECTED,
        amount_ore=AMOUNT_ORE if is_granted else 0,
        reason="By its points",
        role="rhf_medical_director",
        decided_by="p-decider",
        decided_on=CLOSED_ON,
    )
    return _said(CLOSED_ON, FUNDER, (AWARDS, call, decided))
