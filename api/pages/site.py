"""The pages there are: a router of each."""

from typing import Final

from fastapi import APIRouter
from starlette.routing import BaseRoute

from api.pages import about, overview_page
from api.pages.agreements import (
    agreement,
    agreement_answers,
    agreement_changes,
    agreement_list,
    version_forms,
)
from api.pages.governance import (
    activity_report,
    body_charter,
    body_page,
    body_plan,
    governance_acts,
    governance_page,
    invitations,
    network_charter,
)
from api.pages.grants import (
    grant_application,
    grant_call,
    grant_call_form,
    grant_draft_page,
    grant_list,
    grant_money,
)
from api.pages.history import changes, federation, history, importing
from api.pages.invoices import (
    invoice_consent,
    invoice_credit,
    invoice_issue,
    invoice_page,
    invoice_payment,
    invoice_register,
    received_ehf,
)
from api.pages.networks import (
    network_forms,
    network_list,
    network_page,
    progress_reports,
    staffing_form,
)
from api.pages.obligations import (
    compliance,
    obligation_calendar,
    obligation_list,
    obligation_page,
)
from api.pages.organisation import (
    contacts,
    mandates,
    notices,
    own_organisation,
    readings,
    webhooks,
)
from api.pages.settling import (
    asserted_balances,
    bank_entries,
    netting,
    settlement,
    settlement_difference,
    signing_statements,
    statements,
)
from api.pages.signing_in import front_door, provider_sign_in, roles, signing_in
from api.pages.today import my_day

PAGES: Final[tuple[APIRouter, ...]] = (
    about.router,
    activity_report.router,
    agreement.router,
    agreement_answers.router,
    agreement_changes.router,
    agreement_list.router,
    asserted_balances.router,
    bank_entries.router,
    body_charter.router,
    body_page.router,
    body_plan.router,
    changes.router,
    compliance.router,
    contacts.router,
    federation.router,
    front_door.router,
    governance_acts.router,
    governance_page.router,
    grant_application.router,
    grant_call.router,
    grant_call_form.router,
    grant_draft_page.router,
    grant_list.router,
    grant_money.router,
    history.router,
    importing.router,
    invitations.router,
    invoice_consent.router,
    invoice_credit.router,
    invoice_issue.router,
    invoice_page.router,
    invoice_payment.router,
    invoice_register.router,
    mandates.router,
    my_day.router,
    netting.router,
    network_charter.router,
    network_forms.router,
    network_list.router,
    network_page.router,
    notices.router,
    obligation_calendar.router,
    obligation_list.router,
    obligation_page.router,
    overview_page.router,
    own_organisation.router,
    progress_reports.router,
    provider_sign_in.router,
    readings.router,
    received_ehf.router,
    roles.router,
    settlement.router,
    settlement_difference.router,
    signing_in.router,
    signing_statements.router,
    staffing_form.router,
    statements.router,
    version_forms.router,
    webhooks.router,
)


def page_routes() -> list[BaseRoute]:
    """Routes of all pages: what is spelled out in an address comes before what is named.

    ``/agreements/new`` is no agreement that is called ``new``.
    """
    routes = [route for pages in PAGES for route in pages.routes]
    return sorted(routes, key=_named_parts)


def _named_parts(route: BaseRoute) -> list[bool]:
    path = str(getattr(route, "path", ""))
    return [part.startswith("{") for part in path.split("/")]
