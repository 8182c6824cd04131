"""Cost agreements: versions proposed and answered."""

from collections.abc import Sequence
from datetime import date

from fastapi import Response
from sqlalchemy import Connection

from api.agreements import ShownAgreement, ShownVersion, shown_agreement, shown_version
from api.commands import door
from api.dependencies import (
    AsOf,
    TheCaller,
    TheLanguage,
    TheNode,
    TheViews,
    day_of,
)
from api.doors import NOT_PROPOSED, Way
from api.pagination import Cursor, Limit, Page, after, only, page_of
from api.pdf.agreement import agreement_paper, named
from api.pdf.responses import PDF_RESPONSES, pdf_response
from api.routers import member_router
from api.signing import TAGGED, VERSION, show_tag
from api.watching import open_warnings
from domain.agreements.agreement import (
    ProposeVersion,
)
from domain.agreements.answer import AnswerVersion
from domain.history import ShownTo
from domain.posts.staffing import warnings_of_agreement
from domain.values import (
    NewName,
    OrganisationNumber,
    VersionNumber,
)
from projections.agreements import AgreementView, Version, agreement_views, agreements
from projections.asof import Slice

router = member_router("agreements", ShownTo.MEMBERS)


door(
    router,
    "/agreements/{agreement}/versions",
    ProposeVersion,
    Way(
        made="/v1/agreements/{agreement}/versions/{version}",
        without=NOT_PROPOSED,
    ),
)
door(
    router,
    "/agreements/{agreement}/versions/{version}/answer",
    AnswerVersion,
    Way(signs=VERSION),
)


open_warnings(router, "/agreements/{agreement}/warnings", warnings_of_agreement)


@router.get("/agreements")
def list_agreements(
    node: TheNode,
    caller: TheCaller,
    views: TheViews,
    trust: OrganisationNumber | None = None,
    network: NewName | None = None,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[ShownAgreement]:
    """Agreements by name with all versions; of a trust, of a network."""
    with views() as connection:
        page = Slice(after(cursor, [""])[0], limit)
        page_views = agreements(connection, day_of(node, as_of), page, trust, network)
        items = [shown_agreement(view, node, caller) for view in page_views]
        return page_of(items, limit, lambda item: [item.agreement])


def _agreement(connection: Connection, day: date, name: str) -> AgreementView:
    return only([*agreement_views(connection, day, [name]).values()])


@router.get("/agreements/{agreement}")
def get_agreement(
    agreement: NewName,
    node: TheNode,
    caller: TheCaller,
    views: TheViews,
    as_of: AsOf = None,
) -> ShownAgreement:
    """An agreement with its versions, and where it stands on the day."""
    with views() as connection:
        view = _agreement(connection, day_of(node, as_of), agreement)
        return shown_agreement(view, node, caller)


@router.get("/agreements/{agreement}/versions/{version}", responses=TAGGED)
def get_version(
    agreement: NewName,
    version: VersionNumber,
    node: TheNode,
    caller: TheCaller,
    views: TheViews,
    response: Response,
    as_of: AsOf = None,
) -> ShownVersion:
    """A version; its ETag is the fingerprint that an answer signs."""
    with views() as connection:
        view = _agreement(connection, day_of(node, as_of), agreement)
        only_one = _numbered(view.versions, version, response)
        return shown_version(only_one, node, caller)


@router.get("/agreements/{agreement}/counter-proposals/{version}", responses=TAGGED)
def get_counter_proposal(
    agreement: NewName,
    version: VersionNumber,
    node: TheNode,
    caller: TheCaller,
    views: TheViews,
    response: Response,
    as_of: AsOf = None,
) -> ShownVersion:
    """A counter-proposal; its ETag is the fingerprint that adopting signs."""
    with views() as connection:
        view = _agreement(connection, day_of(node, as_of), agreement)
        only_one = _numbered(view.counter_proposals, version, response)
        return shown_version(only_one, node, caller)


def _numbered(versions: Sequence[Version], number: int, response: Response) -> Version:
    numbered = only([one for one in versions if one.terms.version == number])
    show_tag(response, numbered.fingerprint)
    return numbered


@router.get(
    "/agreements/{agreement}/versions/{version}/pdf",
    response_class=Response,
    responses=PDF_RESPONSES,
)
def get_version_pdf(
    agreement: NewName,
    version: VersionNumber,
    node: TheNode,
    views: TheViews,
    language: TheLanguage,
    as_of: AsOf = None,
) -> Response:
    """A version with its signatures as PDF."""
    day = day_of(node, as_of)
    with views() as connection:
        versions = _agreement(connection, day, agreement).versions
        chosen = only([one for one in versions if one.terms.version == version])
        asked = named(connection, node.journal, day, chosen)
    return pdf_response(agreement_paper(asked, language), f"version-{version}")
