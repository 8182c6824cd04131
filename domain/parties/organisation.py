"""Organisations of the health regions, each registered in its own region.

One stream per organisation number, in the region that the organisation
belongs to. The regional health authority registers.
"""

from dataclasses import dataclass
from typing import Final

from pydantic import Field

from domain.fact import Command, Fact
from domain.history import Append, Asked, Category, Decision, History, ShownTo
from domain.kind import Asks, Authority, Needs, declare
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import (
    REGIONAL_AUTHORITY,
    FreeText,
    OrganisationKind,
    OrganisationNumber,
    Region,
    Text,
    is_organisation_number,
)


class OrganisationRegistered(
    Fact, name="organisation.registered.v1", found_by=("org_number",)
):
    """An organisation exists from now on, in this region."""

    org_number: OrganisationNumber
    name: Text
    short_name: Text
    kind: OrganisationKind
    region: Region
    parent_org_number: OrganisationNumber | None = None


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation number, and what was registered under it."""

    registered: OrganisationRegistered | None = None


def evolve(state: Organisation, fact: Fact) -> Organisation:
    """Fold one fact; the first registration of a number stays."""
    match fact:
        case OrganisationRegistered() if state.registered is None:
            return Organisation(fact)
        case _:
            return state


ORGANISATION = Category(
    "organisation",
    Organisation(),
    evolve,
    holds=(OrganisationRegistered,),
    shown_to=ShownTo.MEMBERS,
)
REGISTERED: Final[Needs] = {OrganisationRegistered: Code.UNKNOWN_ORGANISATION}


class RegisterOrganisation(Command):
    """Register an organisation in its region, as the region's health authority."""

    org_number: OrganisationNumber
    name: FreeText = Field(examples=["Helse Bergen HF"])
    short_name: FreeText = Field(examples=["HBE"])
    kind: OrganisationKind
    region: Region
    parent_org_number: OrganisationNumber | None = None


def register_organisation(
    command: RegisterOrganisation, asked: Asked, history: History
) -> Decision:
    """Decide on a registration: a valid number, once, by the region's authority.

    No region registers the authority of another, and there are only the four.
    """
    for field in ("org_number", "parent_org_number"):
        number = getattr(command, field)
        if number is not None and not is_organisation_number(number):
            raise Refusal(Code.INVALID_ORGANISATION_NUMBER, field)
    authority = REGIONAL_AUTHORITY[command.region]
    require_party(asked, authority, command.region)
    authorities = {*REGIONAL_AUTHORITY.values()} - {authority}
    if command.org_number in authorities:
        raise Refusal(Code.CONFLICTING_ROW, "region")
    if command.kind is OrganisationKind.RHF and command.org_number != authority:
        raise Refusal(Code.NOT_AN_AUTHORITY, "kind")
    earlier = history.state(ORGANISATION, command.org_number).registered
    fact = OrganisationRegistered(**dict(command))
    if earlier is not None:
        if earlier == fact:
            return ()
        raise Refusal(Code.CONFLICTING_ROW, "org_number")
    return (Append(ORGANISATION.stream(command.region, command.org_number), fact),)


declare(
    RegisterOrganisation,
    register_organisation,
    Authority(
        Asks.AUTHORITY,
        {Role.REGISTRAR},
        {},
        "the organisation is one of its region; a number has one",
    ),
    OrganisationRegistered,
)


def require_party(asked: Asked, organisation: str, region: Region) -> None:
    """Refuse what only ``organisation`` may record, and only in its own region."""
    if asked.organisation != organisation:
        raise Refusal(
            Code.NOT_ENTITLED,
            values={"organisation": organisation},
            region=region,
            organisation=organisation,
        )
    if asked.region is not region:
        raise Refusal(
            Code.WRONG_REGION,
            values={"region": region.value},
            region=region,
            organisation=organisation,
        )


def registered(number: str, field: str, history: History) -> OrganisationRegistered:
    """Look up a registered organisation; refuse one that is not."""
    if not is_organisation_number(number):
        raise Refusal(Code.INVALID_ORGANISATION_NUMBER, field)
    organisation = history.state(ORGANISATION, number).registered
    if organisation is None:
        raise Refusal(Code.UNKNOWN_ORGANISATION, field, {"organisation": number})
    return organisation


def known_organisation(
    number: str, field: str, history: History
) -> OrganisationRegistered:
    """Look up a registered organisation; any other number is unknown, right or wrong."""
    organisation = history.state(ORGANISATION, number).registered
    if organisation is None:
        raise Refusal(Code.UNKNOWN_ORGANISATION, field, {"organisation": number})
    return organisation
