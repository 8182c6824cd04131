"""Proposing terms: typed in a form, read once more with their fingerprint, then signed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from fastapi import APIRouter, Response
from pydantic import ValidationError

from api.pages.acting import Confirmation, confirmed, on_behalf, require_sender, then
from api.pages.agreements.agreement_answers import facts_of_terms
from api.pages.agreements.agreement_read import (
    ReadAgreement,
    read_agreement,
    version_numbered,
)
from api.pages.agreements.version_draft import (
    Draft,
    as_proposal,
    draft_of_terms,
    next_version_number,
    proposal_of,
    rows_typed,
    with_rows,
)
from api.pages.forms import (
    NO_FAULTS,
    Faults,
    Typed,
    attempt,
    faults_of,
    faults_of_problem,
    remember_person,
)
from api.pages.register import register
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, Visit, sent_form
from api.problems import ProblemError, refused
from api.routers import public
from domain.agreements.agreement import ProposeVersion, Terms
from domain.agreements.counter import CounterVersion
from domain.agreements.frame import NO_GROWTH
from domain.agreements.standing import AgreementStatus, VersionStatus
from domain.agreements.terms import as_terms, require_reasons
from domain.fact import Command
from domain.parties.network import NetworkEstablished
from domain.refusal import Refusal
from domain.values import NewName, VersionNumber
from projections.agreements import AgreementView, Signature, Version
from projections.asof import Slice
from projections.frame import frame
from projections.listed import Listed, first_facts, listed

router: Final[APIRouter] = public()
SECTION: Final = "page_agreement"
NETWORKS_MAX: Final = 500
SIGN: Final = "sign"
"""The step of a form in which what was shown is signed."""


@dataclass(frozen=True)
class VersionForm:
    """A form for terms: of a new agreement, a new version, or a counter-proposal."""

    mode: str
    """``new``, ``propose`` or ``counter``."""
    action: str
    back: str
    fixed: Mapping[str, Any]
    """Members that are not typed."""
    draft: Draft
    command: Callable[[ProposeVersion], Command]
    read: ReadAgreement | None = None
    networks: Sequence[NetworkEstablished] = ()
    """Those that the visitor's organisation coordinates."""
    trusts: Sequence[tuple[str, str]] = ()


@router.get("/agreements/new", include_in_schema=False)
def new_agreement(visit: TheVisit, network: str = "") -> Response:
    """Form for the first version of an agreement."""
    require_sender(visit, ProposeVersion)
    draft = {
        "network": network,
        "frequency": "half_yearly",
        "vacancy": "stop",
        "endorsement_required": "yes",
    }
    return _form_page(visit, _new_form(visit, draft), NO_FAULTS)


@router.post("/agreements/new", include_in_schema=False)
async def propose_agreement(visit: TheVisit) -> Response:
    """Read a form for a new agreement, show what it comes to, and sign it."""
    require_sender(visit, ProposeVersion)
    form = await sent_form(visit)
    return await _taken(visit, _new_form(visit, form), form)


def _new_form(visit: Visit, draft: Draft) -> VersionForm:
    with visit.views() as connection:
        known = register(connection, visit.day)
        page = Slice(limit=NETWORKS_MAX)
        ours = listed(
            connection,
            NetworkEstablished,
            visit.day,
            page,
            coordinating_trust=visit.organisation,
        )
    trusts = sorted(
        (
            (number, each.name)
            for number, each in known.items()
            if number != visit.organisation
        ),
        key=lambda each: each[1],
    )
    pays = draft.get("direction", "pays") == "pays"
    own, other = visit.organisation, draft.get("other", "")
    fixed = {
        "agreement": draft.get("agreement", "").strip(),
        "version": 1,
        "network": draft.get("network", ""),
        "payer": own if pays else other,
        "payee": other if pays else own,
    }
    return VersionForm(
        "new",
        "/agreements/new",
        "/agreements",
        fixed,
        draft,
        lambda proposal: proposal,
        networks=[each.fact for each in ours],
        trusts=trusts,
    )


@router.get("/agreements/{agreement}/propose", include_in_schema=False)
def new_version(agreement: NewName, visit: TheVisit) -> Response:
    """Form for the next version, filled with what is agreed now."""
    require_sender(visit, ProposeVersion)
    read = read_agreement(visit, agreement)
    # From when it is to apply is nobody's to guess.
    draft = {**draft_of_terms(read.now.terms), "effective_from": ""}
    form = _next_form(read, draft)
    return _form_page(visit, form, NO_FAULTS)


@router.post("/agreements/{agreement}/propose", include_in_schema=False)
async def propose_version(agreement: NewName, visit: TheVisit) -> Response:
    """Read a form for the next version, show what it comes to, and sign it."""
    require_sender(visit, ProposeVersion)
    form = await sent_form(visit)
    return await _taken(visit, _next_form(read_agreement(visit, agreement), form), form)


def _next_form(read: ReadAgreement, draft: Draft) -> VersionForm:
    at = f"/agreements/{read.name}"
    return VersionForm(
        "propose",
        f"{at}/propose",
        at,
        _fixed(read),
        draft,
        lambda proposal: proposal,
        read,
    )


@router.get(
    "/agreements/{agreement}/versions/{version}/counter", include_in_schema=False
)
def new_counter(
    agreement: NewName, version: VersionNumber, visit: TheVisit
) -> Response:
    """Form for a counter-proposal, filled with what it answers."""
    require_sender(visit, CounterVersion)
    read = read_agreement(visit, agreement)
    answered = version_numbered(read.view.versions, version)
    form = _counter_form(read, answered, draft_of_terms(answered.terms))
    return _form_page(visit, form, NO_FAULTS)


@router.post(
    "/agreements/{agreement}/versions/{version}/counter", include_in_schema=False
)
async def counter_with(
    agreement: NewName, version: VersionNumber, visit: TheVisit
) -> Response:
    """Read a counter-proposal, show what it comes to, and sign it."""
    require_sender(visit, CounterVersion)
    form, read = await sent_form(visit), read_agreement(visit, agreement)
    answered = version_numbered(read.view.versions, version)
    return await _taken(visit, _counter_form(read, answered, form), form)


def _counter_form(read: ReadAgreement, answered: Version, draft: Draft) -> VersionForm:
    at, number = f"/agreements/{read.name}", answered.terms.version
    fingerprint = draft.get("answered", answered.fingerprint)
    return VersionForm(
        "counter",
        f"{at}/versions/{number}/counter",
        at,
        _fixed(read),
        {**draft, "answered": fingerprint},
        lambda proposal: CounterVersion(
            version=number, proposal=proposal, fingerprint=fingerprint
        ),
        read,
    )


def _fixed(read: ReadAgreement) -> Mapping[str, Any]:
    terms = read.columns[0].terms
    both = (*read.view.versions, *read.view.counter_proposals)
    return {
        "agreement": read.name,
        "version": next_version_number(each.terms.version for each in both),
        "network": terms.network,
        "payer": terms.payer,
        "payee": terms.payee,
    }


async def _taken(visit: Visit, of: VersionForm, form: Mapping[str, str]) -> Response:
    """One step further: another row, back to the form, the page to sign, or signed."""
    rows = rows_typed(form)
    of = replace(of, draft=with_rows(of.draft, rows))
    if form.get("more") or form.get("step") == "edit":
        return _form_page(visit, of, NO_FAULTS, extra=int(bool(form.get("more"))))
    typed, members = proposal_of(visit, of.draft, of.fixed)
    if of.mode == "new":
        for name in ("agreement", "network", "other"):
            typed.text(name, needed=True)
    if typed.faults.of:
        return _form_page(visit, of, typed.faults)
    try:
        proposal = as_proposal(members)
    except ValidationError as error:
        return _form_page(visit, of, faults_of(visit, error))
    if form.get("step") != SIGN:
        return _to_sign(visit, of, proposal)
    return await _signed(visit, of, typed, proposal, form)


async def _signed(
    visit: Visit,
    of: VersionForm,
    typed: Typed,
    proposal: ProposeVersion,
    form: Mapping[str, str],
) -> Response:
    shown = _terms(visit, proposal)
    if shown is None or form.get("fingerprint") != shown.fingerprint:
        raise ProblemError("outdated")
    outcome = await attempt(visit, form, typed, lambda: of.command(proposal))
    if isinstance(outcome, Faults):
        return _form_page(visit, of, outcome)
    if proposal.vat_decided_by:
        remember_person(visit, proposal.vat_decided_by, form, "vat_decided_by")
    return then(f"/agreements/{proposal.agreement}", outcome)


def _network(visit: Visit, name: str) -> Listed[NetworkEstablished] | None:
    with visit.views() as connection:
        found = first_facts(connection, NetworkEstablished, visit.day, [name])
    return found.get(name)


def _terms(visit: Visit, proposal: ProposeVersion) -> Terms | None:
    found = _network(visit, proposal.network)
    return as_terms(proposal, None if found is None else found.fact)


def _to_sign(visit: Visit, of: VersionForm, proposal: ProposeVersion) -> Response:
    """Show what is signed, and carry what was typed along."""
    terms = _terms(visit, proposal)
    speaker = visit.speaker(SECTION)
    if terms is None:
        faults = Faults(speaker.say("form_refused"), {})
        return _form_page(visit, of, faults)
    try:
        if (found := _network(visit, terms.network)) is not None:
            require_reasons(terms, found.fact)
    except Refusal as refusal:
        return _form_page(visit, of, faults_of_problem(visit, refused(refusal)))
    offered = Version(
        terms,
        VersionStatus.PROPOSED,
        terms.fingerprint,
        (Signature(visit.organisation, "", ""),),
        (),
        answers_version=0,
    )
    read = of.read or _as_new(visit, offered)
    say = speaker.say
    return confirmed(
        visit,
        SECTION,
        "agreements",
        Confirmation(
            title=say(f"ask_{of.mode}", number=terms.version, name=terms.agreement),
            lead=say(f"lead_{of.mode}", day=speaker.day(terms.effective_from)),
            what=say("what_signed"),
            facts=[
                *facts_of_terms(read, offered, speaker, whole=True),
                *on_behalf(visit, speaker),
            ],
            action=of.action,
            verb=say(f"do_{of.mode}", name=read.short_name(visit.organisation)),
            back=of.back,
            fields={
                **{k: v for k, v in of.draft.items() if k not in _NOT_CARRIED},
                "step": SIGN,
                "fingerprint": terms.fingerprint,
            },
            edit=say("change_more"),
            after=say(f"after_{of.mode}"),
        ),
    )


_NOT_CARRIED: Final = frozenset({"form", "key", "step", "fingerprint", "more"})


def _as_new(visit: Visit, offered: Version) -> ReadAgreement:
    """Agreement that would be there if it were proposed."""
    terms = offered.terms
    view = AgreementView(
        terms.agreement,
        AgreementStatus.NOT_AGREED,
        None,
        (),
        (offered,),
        (),
        (),
        None,
    )
    found = _network(visit, terms.network)
    with visit.views() as connection:
        known = register(connection, visit.day)
        years = found and frame(connection, visit.day, found, NO_GROWTH)
    return ReadAgreement(
        view, known, found, years if years and years.years else None, visit.day
    )


def _form_page(
    visit: Visit, of: VersionForm, faults: Faults, extra: int = 0
) -> Response:
    """Show a form with what is typed, and with each fault at its field."""
    speaker = visit.speaker(SECTION)
    rows = len(rows_typed(of.draft)) + extra
    return visit.page(
        "version_form.html",
        SECTION,
        "agreements",
        of=of,
        values=of.draft,
        rows=max(rows, 1),
        faults=faults,
        terms_say=Speaker(visit.language, "agreement").say,
        network_names=[
            (
                each.network,
                f"{speaker.either(each.name_nb, each.name_en)} ({each.network})",
            )
            for each in of.networks
        ],
        title=speaker.say(
            f"form_{of.mode}", name=of.fixed["agreement"], number=of.fixed["version"]
        ),
    )
