"""How an organisation is invoiced and paid: its account, KID, reference, address.

Recorded by the organisation itself, in its own region; the last one counts. Whose an
account is, is found by its digits alone: each organisation says so in a stream of them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from domain.fact import Command, Fact, unchanged
from domain.history import Append, Asked, Category, Decision, History
from domain.kind import Asks, Authority, declare
from domain.parties.kid import KID_DIGITS_MAX, KID_DIGITS_MIN, KidCheck, is_account
from domain.parties.organisation import (
    REGISTERED,
    OrganisationRegistered,
    registered,
    require_party,
)
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.texts import has_form_of_account
from domain.values import AccountText, FreeText, OrganisationNumber, Text

KidLength = Annotated[int, Field(ge=KID_DIGITS_MIN, le=KID_DIGITS_MAX)]


class BillingDetailsRecorded(
    Fact,
    name="organisation.billing_details_recorded.v2",
    earlier={"organisation.billing_details_recorded.v1": unchanged},
    found_by=("org_number",),
):
    """From now on an organisation is invoiced and paid like this.

    Of an earlier version nothing says under its digits whose the account is.
    """

    org_number: OrganisationNumber
    account: Text = ""
    kid_check: KidCheck | None = None
    kid_length: KidLength | None = None
    buyer_reference: Text = ""
    street: Text = ""
    postcode: Text = ""
    city: Text = ""


class AccountNamed(Fact, name="account.named.v1"):
    """An organisation says that it is paid to an account."""

    org_number: OrganisationNumber
    account: Text


@dataclass(frozen=True, slots=True)
class BillingDetails:
    """What was recorded last of one organisation, and its accounts so far."""

    recorded: BillingDetailsRecorded | None = None
    accounts: frozenset[str] = frozenset()


def evolve(state: BillingDetails, fact: Fact) -> BillingDetails:
    """Fold one fact."""
    match fact:
        case BillingDetailsRecorded():
            accounts = {fact.account} - {""}
            return BillingDetails(fact, state.accounts | accounts)
        case _:
            return state


BILLING_DETAILS = Category(
    "billing-details", BillingDetails(), evolve, holds=(BillingDetailsRecorded,)
)


def evolve_holders(state: frozenset[str], fact: Fact) -> frozenset[str]:
    """Fold one fact."""
    match fact:
        case AccountNamed():
            return state | {fact.org_number}
        case _:
            return state


HOLDERS: Category[frozenset[str]] = Category(
    "account", frozenset(), evolve_holders, holds=(AccountNamed,)
)
"""The organisations that have said that an account is theirs, by its digits."""


class RecordBillingDetails(Command):
    """Record how an organisation is invoiced and paid, as that organisation."""

    org_number: OrganisationNumber
    account: AccountText = Field("", examples=["86011117947"])
    """Eleven digits with their check digit, with points, blanks or hyphens between them
    or not, or a Norwegian IBAN; it is kept as eleven digits."""
    kid_check: KidCheck | None = None
    """Of the payee's KID."""
    kid_length: KidLength | None = Field(None, examples=[12])
    """Digits of a KID, the check digit included."""
    buyer_reference: FreeText = Field("", examples=["KST 4410"])
    """What its suppliers put on invoices."""
    street: FreeText = ""
    postcode: FreeText = ""
    city: FreeText = ""


def record_billing_details(
    command: RecordBillingDetails, asked: Asked, history: History
) -> Decision:
    """Decide on billing details: an account that can be one, KID whole or not at all."""
    organisation = registered(command.org_number, "org_number", history)
    require_party(asked, organisation.org_number, organisation.region)
    if command.account and not is_account(command.account):
        is_one = has_form_of_account(command.account)
        code = Code.INVALID_ACCOUNT if is_one else Code.NOT_AN_ACCOUNT
        raise Refusal(code, "account")
    if (command.kid_check is None) != (command.kid_length is None):
        raise Refusal(Code.INVALID_KID, "kid_length")
    fact = BillingDetailsRecorded(**dict(command))
    before = history.state(BILLING_DETAILS, command.org_number)
    named = _named(evolve(before, fact).accounts, organisation, history)
    if before.recorded == fact and not named:
        return ()
    stream = BILLING_DETAILS.stream(organisation.region, command.org_number)
    return (Append(stream, fact), *named)


def _named(
    accounts: Collection[str], organisation: OrganisationRegistered, history: History
) -> Sequence[Append]:
    """Say of accounts whose they are, as far as it is not said."""
    holders = history.states(HOLDERS, accounts)
    number = organisation.org_number
    return [
        Append(
            HOLDERS.stream(organisation.region, account),
            AccountNamed(org_number=number, account=account),
        )
        for account in sorted(accounts)
        if number not in holders[account]
    ]


declare(
    RecordBillingDetails,
    record_billing_details,
    Authority(
        Asks.ITSELF,
        {Role.CONTROLLER},
        REGISTERED,
        "itself: how its own documents are paid from then on",
    ),
    BillingDetailsRecorded,
)
