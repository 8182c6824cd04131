"""Rules that apply to each network, body and grant: kept, broken, waived, warned, not due.

Only what can be derived stands here: what a network's standing asks for, and what is
owed by a day. What is refused at once can never stand as broken.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.known import known_names, known_until
from api.obligations import OwedOnDay, all_owed, shown_to
from api.pages.owed_rows import OwedTeller, address_of_owed, page_of_owed
from api.pages.register import register
from api.pages.rule_sentences import sentence_of_rule
from api.pages.visit import TheVisit, Visit
from api.routers import public
from domain.governance.standing import asked_of, standing
from domain.obligations.obligation import ObligationState
from domain.parties.network import NETWORK, NetworkEstablished

router: Final[APIRouter] = public()
SECTION: Final = "page_compliance"
ROWS: Final = 200


class Compliance(StrEnum):
    """How a rule is kept by what it applies to."""

    BROKEN = "broken"
    WARNED = "warned"
    NOT_YET_DUE = "not_yet_due"
    WAIVED = "waived"
    KEPT = "kept"


KIND: Final[Mapping[Compliance, str]] = {
    Compliance.BROKEN: "bad",
    Compliance.WARNED: "warn",
    Compliance.NOT_YET_DUE: "wait",
    Compliance.WAIVED: "off",
    Compliance.KEPT: "ok",
}
_OF_OWED: Final[Mapping[ObligationState, Compliance]] = {
    ObligationState.OVERDUE: Compliance.BROKEN,
    ObligationState.LATE: Compliance.WARNED,
    ObligationState.OPEN: Compliance.NOT_YET_DUE,
    ObligationState.WAIVED: Compliance.WAIVED,
    ObligationState.DONE: Compliance.KEPT,
}


class ComplianceRow(NamedTuple):
    """A rule, as it applies to one network, body, seat or grant."""

    of: str
    of_address: str
    rule: str
    sentence: str
    how: Compliance
    why: str
    """What shows it: the obligation, or what the standing asks for."""
    why_address: str


class ComplianceCriteria(BaseModel):
    """Which rows are asked for; an empty text is no wish."""

    how: str = Field("", max_length=20)
    of: str = Field("", max_length=80)
    rule: str = Field("", max_length=10)
    start: int = Field(0, ge=0, le=1_000_000)


@router.get("/compliance", include_in_schema=False)
def compliance_page(
    visit: TheVisit, criteria: Annotated[ComplianceCriteria, Query()]
) -> Response:
    """Show each rule where it applies, what is broken first."""
    rows = [
        row
        for row in compliance(visit)
        if criteria.of in {"", row.of} and criteria.rule in {"", row.rule}
    ]
    counted = {how: sum(row.how is how for row in rows) for how in Compliance}
    shown = [row for row in rows if criteria.how in {"", row.how.value}]
    return visit.page(
        "compliance.html",
        SECTION,
        "governance",
        rows=shown[criteria.start : criteria.start + ROWS],
        next_start=criteria.start + ROWS if criteria.start + ROWS < len(shown) else 0,
        counted=counted,
        kinds=KIND,
        criteria=criteria,
    )


def compliance(visit: Visit) -> Sequence[ComplianceRow]:
    """Each rule where it applies; what is broken comes first."""
    rows = [*_of_networks(visit), *_of_what_is_owed(visit)]
    order = [*Compliance]
    return sorted(rows, key=lambda row: (order.index(row.how), row.of, row.rule))


def _of_networks(visit: Visit) -> Iterable[ComplianceRow]:
    """What a network of its kind must have, by its standing."""
    with visit.views() as connection:
        names = [*known_names(connection, NetworkEstablished, visit.day)]
    say = visit.speaker(SECTION).say
    with known_until(visit.node, visit.day) as history:
        for name in names:
            network = history.state(NETWORK, name).established
            if network is None:
                continue
            lacking = standing(name, history, visit.day).lacking
            at = f"/networks/{name}/governance"
            for rule in asked_of(network.kind):
                is_broken = rule in lacking
                yield ComplianceRow(
                    name,
                    at,
                    rule,
                    sentence_of_rule(rule, visit.language),
                    Compliance.BROKEN if is_broken else Compliance.KEPT,
                    say("lacks" if is_broken else "has"),
                    f"{at}#lacking" if is_broken else at,
                )


def _of_what_is_owed(visit: Visit) -> Iterable[ComplianceRow]:
    """What is owed by a day, until the end of this year."""
    with visit.views() as connection:
        owed = all_owed(
            visit.node,
            connection,
            visit.day,
            visit.day.year + 1,
            shown_to(visit.caller),
        )
        known = register(connection, visit.day)
    speaker = visit.speaker(SECTION)
    teller = OwedTeller(speaker, known, visit.day, visit.organisation)
    for each in owed:
        obligation = each.obligation
        if obligation.due_on.year > visit.day.year:
            continue
        row = teller.row(each)
        yield ComplianceRow(
            row.of,
            page_of_owed(obligation.id),
            obligation.rule,
            sentence_of_rule(obligation.rule, visit.language),
            _how(each),
            f"{row.what}: {_why(each, row.words)}",
            address_of_owed(obligation.id),
        )


def _how(owed: OwedOnDay) -> Compliance:
    if owed.state is ObligationState.OVERDUE and not owed.obligation.must:
        return Compliance.WARNED
    return _OF_OWED[owed.state]


def _why(owed: OwedOnDay, words: str) -> str:
    return words if owed.waived is None else f"{words}, {owed.waived.reason}"
