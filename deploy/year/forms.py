"""The files of a business year. A column is a member of the command that a row sends."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from deploy.year.columns import FormColumn, choice, columns
from deploy.year.form import Form, PlayedWith
from deploy.year.forms_of_governance import (
    BODY_FORMS,
    CHARTER_FORMS,
    SEATING_FORMS,
    YEAR_FORMS,
)
from deploy.year.forms_of_grants import CALL_FORMS, GRANT_FORMS
from deploy.year.readers import as_lines, as_organisation
from domain.agreements.agreement import ProposedPost, ProposeVersion
from domain.agreements.answer import AnswerVersion
from domain.agreements.endorsement import EndorseVersion
from domain.closing.closing import ClosingAction, DrawUpStatement, SignStatement
from domain.invoicing.credit import CreditedLine, CreditInvoice
from domain.invoicing.dispute import ResolveDispute
from domain.invoicing.invoice_decision import DecideInvoice
from domain.invoicing.issue import IssueInvoice
from domain.parties.billing_details import RecordBillingDetails
from domain.parties.network import EstablishNetwork
from domain.parties.organisation import RegisterOrganisation
from domain.payments.bank import MatchBankEntry
from domain.payments.payment import RegisterPayment
from domain.payments.telling import BookedEntry
from domain.posts.report import DecideReport, SubmitReport
from domain.posts.staffing import RecordStaffing


class Side(StrEnum):
    """A party to an agreement."""

    PAYER = "payer"
    PAYEE = "payee"


class DisputeAction(StrEnum):
    """What a party does in a dispute that the payer has opened."""

    COMMENT = "comment"
    RESOLVE = "resolve"


ENDORSEMENTS: Final = "agreement_endorsements"
"""The file by whose being there a folder asks for endorsements."""
FORMS: Final = (
    Form(
        "organisations",
        "an organisation",
        RegisterOrganisation,
        "org_number name short_name? kind region parent_org_number?",
        required=True,
    ),
    Form(
        "accounts",
        "how an organisation is invoiced and paid",
        RecordBillingDetails,
        "org_number account? kid_check? kid_length? buyer_reference?"
        " street? postcode? city?",
    ),
    Form(
        "networks",
        "a network established by its coordinating trust",
        EstablishNetwork,
        "network kind name_nb name_en? coordinating_trust starts_on model"
        " coordination_budget recorded_on",
        required=True,
    ),
    Form(
        "agreements",
        "a version of a cost agreement, proposed by the coordinating trust",
        ProposeVersion,
        "agreement version network payer payee effective_from starts_on ends_on"
        " frequency vacancy vat_treatment vat_reason? recorded_on",
        span=("starts_on", "ends_on"),
    ),
    Form(
        "posts",
        "a part-time post in one version, played with it",
        ProposedPost,
        "agreement version post content? percent? starts_on? ends_on? annual_cost?",
        others=columns(ProposeVersion, "agreement version"),
        span=("starts_on", "ends_on"),
        played_with=PlayedWith(
            "agreements",
            ("agreement", "version"),
            "post",
            "unknown_agreement",
            spoils=False,
        ),
    ),
    Form(
        ENDORSEMENTS,
        "the host's line endorses a version; where the file is there, versions of national"
        " networks ask for it",
        EndorseVersion,
        "agreement version role endorsed_by endorsed_on recorded_on",
        row_is_key=True,
    ),
    Form(
        "acceptances",
        "the other party's answer to a version",
        AnswerVersion,
        "agreement version answer recorded_on",
    ),
    Form(
        "staffing",
        "a change in who fills a post",
        RecordStaffing,
        "post change effective_on holder? recorded_on",
        side_by_side=True,
        row_is_key=True,
    ),
    Form(
        "reports",
        "a progress report of the host trust",
        SubmitReport,
        "report network trust period_start period_end recorded_on",
        span=("period_start", "period_end"),
    ),
    Form(
        "report_decisions",
        "the coordinating trust's decision on it",
        DecideReport,
        "report decision=outcome recorded_on",
    ),
    Form(
        "invoices",
        "the payee issues a document; amounts are computed",
        IssueInvoice,
        "agreement period_start period_end recorded_on",
    ),
    Form(
        "invoice_decisions",
        "the payer's decision on it",
        DecideInvoice,
        "agreement period_start decision=verdict post* reason? recorded_on",
        side_by_side=True,
        row_is_key=True,
    ),
    Form(
        "payments",
        "a payment that the payer registers",
        RegisterPayment,
        "agreement period_start amount paid_on recorded_on",
        side_by_side=True,
        row_is_key=True,
    ),
    Form(
        "credits",
        "the payee credits a document: an amount of a post's line, or all of it where"
        " post and amount are empty",
        CreditInvoice,
        "agreement period_start post* amount* reason recorded_on",
        others=columns(CreditedLine, "post* amount*"),
        row_is_key=True,
    ),
    Form(
        "disputes",
        "a party comments on a dispute that `disputed` has opened, or the payer ends it",
        ResolveDispute,
        "agreement period_start post* by action outcome? text? recorded_on",
        others=(choice("by", Side), choice("action", DisputeAction)),
        one_by_one=True,
        row_is_key=True,
    ),
    Form(
        "bank_entries",
        "an entry that an organisation's bank has booked",
        BookedEntry,
        "organisation reference direction amount booked_on kid? paid_to?? recorded_on",
        others=columns(MatchBankEntry, "organisation"),
    ),
    Form(
        "closings",
        "a trust draws up, signs or rejects the statement of a period with another",
        DrawUpStatement,
        "trust counterpart period_start period_end action carry_over? reason? recorded_on",
        others=(
            *(FormColumn(name, as_organisation) for name in ("trust", "counterpart")),
            choice("action", ClosingAction),
            FormColumn("carry_over", as_lines, optional=True),
            *columns(SignStatement, "reason?"),
        ),
        one_by_one=True,
        span=("period_start", "period_end"),
    ),
    *CALL_FORMS,
    *BODY_FORMS,
    *CHARTER_FORMS,
    *SEATING_FORMS,
    *GRANT_FORMS,
    *YEAR_FORMS,
)
"""In the order in which the rows of one day are played."""

BY_NAME: Final[Mapping[str, Form]] = {form.name: form for form in FORMS}
