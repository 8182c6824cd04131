"""A refusal is a value: a stable code, the place, and what its words need."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.region import Region


class RefusalCode(StrEnum):
    """Why a command is refused. ``api/words/`` has the status and words.

    A subject has an enumeration of its own beside its decisions.
    """


class Code(RefusalCode):
    """Codes of more than one subject."""

    INVALID_ORGANISATION_NUMBER = "invalid_organisation_number"
    UNKNOWN_ORGANISATION = "unknown_organisation"
    UNKNOWN_NETWORK = "unknown_network"
    UNKNOWN_AGREEMENT = "unknown_agreement"
    UNKNOWN_POST = "unknown_post"
    UNKNOWN_REPORT = "unknown_report"
    UNKNOWN_INVOICE = "unknown_invoice"
    SAME_PARTY = "same_party"
    PAYER_NOT_COORDINATOR = "payer_not_coordinator"
    NOT_A_PARTY = "not_a_party"
    PARTIES_FIXED = "parties_fixed"
    PERCENT_OUT_OF_RANGE = "percent_out_of_range"
    MISSING_CONTENT = "missing_content"
    OUTLASTS_NETWORK = "outlasts_network"
    FRAME_EXCEEDED = "frame_exceeded"
    TERMS_INCOMPLETE = "terms_incomplete"
    ALREADY_ANSWERED = "already_answered"
    VERSION_WITHDRAWN = "version_withdrawn"
    NOT_ENDORSED = "not_endorsed"
    NOTICE_TOO_SHORT = "notice_too_short"
    AGREEMENT_TERMINATED = "agreement_terminated"
    NOT_ACCEPTED = "not_accepted"
    VAT_NOT_ASSESSED = "vat_not_assessed"
    NAME_NOT_ALLOWED = "name_not_allowed"
    PERIOD_NOT_ALLOWED = "period_not_allowed"
    PERIOD_NOT_ENDED = "period_not_ended"
    REGION_INCOMPLETE = "region_incomplete"
    PERIOD_NOT_NEXT = "period_not_next"
    PERIOD_NOT_MONTHS = "period_not_months"
    STATEMENT_NOT_ANSWERED = "statement_not_answered"
    LINE_OPEN = "line_open"
    UNKNOWN_STATEMENT = "unknown_statement"
    ALREADY_INVOICED = "already_invoiced"
    REPORT_MISSING = "report_missing"
    NOT_REGISTERED = "not_registered"
    FOUR_EYES = "four_eyes"
    CREDIT_EXCEEDS_LINE = "credit_exceeds_line"
    NOT_A_CLAIM = "not_a_claim"
    NOT_DISPUTED = "not_disputed"
    NOT_CREDITED = "not_credited"
    NOT_AMENDED = "not_amended"
    NOTHING_TO_INVOICE = "nothing_to_invoice"
    CONFLICTING_ROW = "conflicting_row"
    INVALID_ROW = "invalid_row"
    INCOMPLETE = "incomplete"
    SUM_TOO_LARGE = "sum_too_large"
    INVALID_ACCOUNT = "invalid_account"
    NOT_AN_ACCOUNT = "not_an_account"
    INVALID_KID = "invalid_kid"
    OTHER_ACCOUNT = "other_account"
    REFERENCE_NAMES_NOTHING = "reference_names_nothing"
    DAY_NOT_PLAUSIBLE = "day_not_plausible"
    NO_AMOUNT = "no_amount"
    TAKES_BACK_TOO_MUCH = "takes_back_too_much"
    OTHER_PARTY = "other_party"
    UNKNOWN_BANK_ENTRY = "unknown_bank_entry"
    ALREADY_SETTLED = "already_settled"
    NOT_ENTITLED = "not_entitled"
    NOT_AN_AUTHORITY = "not_an_authority"
    WRONG_REGION = "wrong_region"
    REGION_LEFT = "region_left"
    NOT_MEMBER = "not_member"
    ALREADY_MEMBER = "already_member"
    COUNTERPARTY_LEFT = "counterparty_left"
    OUTDATED = "outdated"
    COMMAND_REUSED = "command_reused"


def codes() -> Iterator[RefusalCode]:
    """Give all codes of the modules that were imported."""
    for kind in RefusalCode.__subclasses__():
        yield from kind


ReasonValues = Mapping[str, str | int]
"""What fills the words of a reason; amounts are in øre."""


@dataclass
class Refusal(Exception):  # noqa: N818 - no error, but the answer to a command
    """What a command meets when it breaks a rule; nothing of it is recorded.

    A decision raises it, from however deep; ``decisions.decide`` returns it.

    ``member`` names the part of the command at fault, ``values`` fill the
    words of the reason and hold no personal data. ``region`` and
    ``organisation`` say who may do what was asked, where that is known.
    """

    code: RefusalCode
    member: str | None = None
    values: ReasonValues = field(default_factory=dict)
    region: Region | None = None
    organisation: str | None = None
