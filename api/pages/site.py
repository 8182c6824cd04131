"""The pages there are: a router of each."""

from typing import Final

from fastapi import APIRouter

from api.pages import (
    agreement,
    agreement_answers,
    agreement_changes,
    agreement_list,
    federation,
    front_door,
    history,
    invoice_consent,
    invoice_credit,
    invoice_issue,
    invoice_page,
    invoice_payment,
    invoice_register,
    my_day,
    own_organisation,
    provider_sign_in,
    settlement,
    settlement_difference,
    signing_in,
    signing_statements,
    statements,
    version_forms,
)

PAGES: Final[tuple[APIRouter, ...]] = (
    # What is more than a name comes before it.
    version_forms.router,
    agreement_changes.router,
    agreement_answers.router,
    agreement_list.router,
    agreement.router,
    federation.router,
    front_door.router,
    history.router,
    invoice_consent.router,
    invoice_credit.router,
    invoice_issue.router,
    invoice_page.router,
    invoice_payment.router,
    invoice_register.router,
    my_day.router,
    own_organisation.router,
    provider_sign_in.router,
    settlement.router,
    settlement_difference.router,
    signing_in.router,
    signing_statements.router,
    statements.router,
)
