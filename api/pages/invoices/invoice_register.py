"""The list of invoices: what a trust has to do with which, and what it all comes to."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.access import require_reading
from api.auth import Role
from api.pages.invoices.invoice_groups import InvoiceGroup, invoice_groups, invoice_rows
from api.pages.register import Register, register
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, Visit, is_authority
from api.problems import ProblemError
from api.routers import public
from domain.history import ShownTo
from domain.parties.network import NetworkEstablished
from domain.values import REGIONAL_AUTHORITY
from projections.invoice_list import ListedInvoice, invoices_of
from projections.listed import first_facts

router: Final[APIRouter] = public()
SECTION: Final = "page_invoices"
FEW: Final = 25
"""So many of a group are shown beside other groups."""
MANY: Final = 100
"""So many of one group are shown on a page."""


class InvoiceCriteria(BaseModel):
    """What of a list is asked for; an empty text is no wish."""

    trust: str = Field("", max_length=9)
    direction: str = Field("", max_length=3)
    """``out`` is what the trust pays, ``in`` what it is paid."""
    group: str = Field("", max_length=20)
    counterpart: str = Field("", max_length=9)
    network: str = Field("", max_length=100)
    year: str = Field("", max_length=4)
    start: int = Field(0, ge=0, lt=1_000_000)
    """How many of a group are passed over."""

    def fits(self, invoice: ListedInvoice, trust: str) -> bool:
        """Whether an invoice of a trust is asked for, of whatever group."""
        paying = invoice.payer == trust
        other = invoice.payee if paying else invoice.payer
        return (
            self.direction in {"", "out" if paying else "in"}
            and self.counterpart in {"", other}
            and self.network in {"", invoice.network}
            and self.year in {"", str(invoice.year)}
        )


class InvoiceSum(NamedTuple):
    """What a trust is to pay, or to be paid."""

    number: int
    gross_ore: int
    paid_ore: int
    outstanding_ore: int


@router.get("/invoices", include_in_schema=False)
def invoice_list_page(
    visit: TheVisit, criteria: Annotated[InvoiceCriteria, Query()]
) -> Response:
    """Invoices of the visitor's trust, or of one that the visitor looks after."""
    require_reading(visit.caller, ShownTo.PARTIES)
    with visit.views() as connection:
        known = register(connection, visit.day)
        trusts = readable_trusts(visit, known)
        of = criteria.trust or (trusts[0] if trusts else visit.organisation)
        if of not in {*trusts, visit.organisation}:
            raise ProblemError("not_found")
        mine = invoices_of(connection, visit.day, of)
        names = first_facts(
            connection, NetworkEstablished, visit.day, {each.network for each in mine}
        )
    speaker = visit.speaker(SECTION)
    fitting = [each for each in mine if criteria.fits(each, of)]
    own = visit.role if of == visit.organisation else None
    groups = invoice_groups(fitting, of)
    start = criteria.start
    shown = {
        each: found for each, found in groups.items() if criteria.group in {"", each}
    }
    size = MANY if criteria.group else FEW
    return visit.page(
        "invoices.html",
        SECTION,
        "invoices",
        trust=of,
        trusts=trusts,
        known=known,
        criteria=criteria,
        groups={
            group: invoice_rows(
                group, found[start : start + size], own, visit.day, speaker
            )
            for group, found in shown.items()
        },
        counts={each: len(found) for each, found in groups.items()},
        span=(start, size),
        total=len(mine),
        found=sum(map(len, shown.values())),
        sums=_sums([each for found in shown.values() for each in found], of),
        choices=_choices(mine, of, known, speaker, _names_of(names, speaker)),
        main=_main_action(visit, groups) if own else None,
        sells=own is Role.CONTROLLER,
        reads_bank=own is Role.CONTROLLER,
    )


def readable_trusts(visit: Visit, known: Register) -> Sequence[str]:
    """Trusts whose documents somebody may read who is of none of them, by name.

    An authority looks after those of its region, an auditor after all.
    """
    if visit.role is Role.AUDITOR:
        found = [*known.values()]
    elif is_authority(visit):
        home = {org: region for region, org in REGIONAL_AUTHORITY.items()}
        region = home[visit.organisation]
        found = [each for each in known.values() if each.region is region]
    else:
        return ()
    authorities = {*REGIONAL_AUTHORITY.values()}
    trusts = [each for each in found if each.org_number not in authorities]
    return [e.org_number for e in sorted(trusts, key=lambda each: each.name)]


def _names_of(networks: Mapping[str, object], speaker: Speaker) -> Mapping[str, str]:
    """What networks are called in the reader's language."""
    nordic = speaker.language.value != "en"
    return {
        key: getattr(each.fact, "name_nb" if nordic else "name_en")  # type: ignore[attr-defined]
        for key, each in networks.items()
    }


def _sums(rows: Sequence[ListedInvoice], trust: str) -> Mapping[str, InvoiceSum]:
    sums = {}
    for key, paying in (("out", True), ("in", False)):
        of = [each for each in rows if (each.payer == trust) is paying]
        sums[key] = InvoiceSum(
            len(of),
            sum(each.claim.gross_ore for each in of),
            sum(each.claim.paid_ore for each in of),
            sum(each.outstanding_ore for each in of),
        )
    return sums


def _choices(
    mine: Sequence[ListedInvoice],
    trust: str,
    known: Register,
    speaker: Speaker,
    networks: Mapping[str, str],
) -> Mapping[str, Sequence[tuple[str, str]]]:
    """What the filters offer: only what some invoice has."""
    others = {each.payee if each.payer == trust else each.payer for each in mine}
    every = [("", speaker.say("all"))]
    return {
        "direction": [
            ("", speaker.say("both")),
            ("out", speaker.say("we_pay")),
            ("in", speaker.say("we_are_paid")),
        ],
        "group": every
        + [(g.value, speaker.say(f"group_{g.value}")) for g in InvoiceGroup],
        "counterpart": every
        + sorted(
            ((o, known[o].name) for o in others if o in known), key=lambda x: x[1]
        ),
        "network": every + sorted(networks.items(), key=lambda each: each[1]),
        "year": every + [(str(y), str(y)) for y in sorted({e.year for e in mine})],
    }


def _main_action(
    visit: Visit, groups: Mapping[InvoiceGroup, Sequence[ListedInvoice]]
) -> tuple[str, int, str] | None:
    """What the visitor has to do first: its words, how many, and where it begins."""
    first = {
        Role.CONTROLLER: InvoiceGroup.TO_CONFIRM,
        Role.APPROVER: InvoiceGroup.TO_APPROVE,
    }.get(visit.role)
    found = groups.get(first, ()) if first else ()
    if first is None or not found:
        return None
    payee, year, number = found[0].key
    return f"do_{first.value}", len(found), f"/invoices/{payee}/{year}/{number}"
