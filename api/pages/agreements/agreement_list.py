"""The list of agreements: of a network, of a trust, and what awaits an answer."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.pages.acting import may_send
from api.pages.agreements.agreement_read import answering_of, awaits
from api.pages.register import Register, register
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, Visit, is_authority
from api.routers import public
from domain.agreements.agreement import ProposeVersion
from domain.agreements.standing import AgreementStatus
from domain.parties.network import NetworkEstablished
from projections.agreements import AgreementView, agreements
from projections.asof import Slice
from projections.listed import listed

router: Final[APIRouter] = public()
SECTION: Final = "page_agreement"
ROWS: Final = 50
NETWORKS_MAX: Final = 1000
EVERYBODY: Final = "all"
_KINDS: Final = {
    AgreementStatus.IN_FORCE: "ok",
    AgreementStatus.AGREED: "ok",
    AgreementStatus.PROPOSED: "wait",
}


class AgreementCriteria(BaseModel):
    """Which agreements are asked for; an empty text is no wish."""

    trust: str = Field("", max_length=9)
    """An organisation number, or ``all``; else the visitor's own."""
    network: str = Field("", max_length=80)
    after: str = Field("", max_length=80)
    """Name of the last one of the page before."""


class AgreementRow(NamedTuple):
    """An agreement in the list."""

    name: str
    network: str
    payer: str
    payee: str
    starts_on: date
    ends_on: date
    annual_cost_ore: int
    kind: str
    words: str
    beneath: str
    """What awaits an answer, and whose."""


@router.get("/agreements", include_in_schema=False)
def agreement_list_page(
    visit: TheVisit, criteria: Annotated[AgreementCriteria, Query()]
) -> Response:
    """Agreements by name: the visitor's own, or all of them."""
    speaker = visit.speaker(SECTION)
    own = "" if is_authority(visit) else visit.organisation
    trust = "" if criteria.trust == EVERYBODY else criteria.trust or own
    page = Slice(criteria.after, ROWS)
    with visit.views() as connection:
        known = register(connection, visit.day)
        views = agreements(
            connection, visit.day, page, trust or None, criteria.network or None
        )
        networks = [
            each.fact
            for each in listed(
                connection, NetworkEstablished, visit.day, Slice(limit=NETWORKS_MAX)
            )
        ]
    rows = [_agreement_row(view, known, speaker) for view in views if view.versions]
    return visit.page(
        "agreements.html",
        SECTION,
        "agreements",
        rows=rows,
        criteria=criteria,
        trust=trust,
        trusts=_trusts(known),
        networks=sorted(
            (each.network, speaker.either(each.name_nb, each.name_en))
            for each in networks
        ),
        next_after=views[-1].agreement if len(views) == ROWS else "",
        proposes=_proposes(visit, networks),
    )


def _proposes(visit: Visit, networks: Sequence[NetworkEstablished]) -> bool:
    ours = any(each.coordinating_trust == visit.organisation for each in networks)
    return ours and may_send(visit, ProposeVersion)


def _trusts(known: Register) -> list[tuple[str, str]]:
    return sorted(
        ((number, each.name) for number, each in known.items()),
        key=lambda each: each[1],
    )


def _agreement_row(
    view: AgreementView, known: Register, speaker: Speaker
) -> AgreementRow:
    terms = view.versions[-1].terms
    waiting = [v for v in (*view.versions, *view.counter_proposals) if awaits(v)]
    beneath = ""
    if waiting:
        last = waiting[-1]
        whom = known.get(answering_of(last))
        name = whom.short_name if whom else answering_of(last)
        number = last.terms.version
        beneath = speaker.say("awaits_answer", number=number, name=name)

    def short(number: str) -> str:
        return known[number].short_name if number in known else number

    return AgreementRow(
        view.agreement,
        terms.network,
        short(terms.payer),
        short(terms.payee),
        terms.starts_on,
        view.last_day or terms.ends_on,
        sum(post.annual_cost_ore for post in terms.posts),
        _KINDS.get(view.status, "off"),
        speaker.say(f"standing_{view.status.value}"),
        beneath,
    )
