"""What rows about grants and governance ask of a node, where they say it in another way."""

from collections.abc import Mapping
from typing import Any, Final

from api.folders import FOLDER
from api.media_types import media_type_in
from deploy.year.enclosed import Enclosed, PersonElsewhere
from deploy.year.forms_of_governance import AuthorityAction, SeatAction
from deploy.year.forms_of_grants import (
    PaymentDirection,
    RemainderAction,
    SubmissionAction,
)
from deploy.year.readers import Cell
from deploy.year.sending import Around, Otherwise, Request, SentMembers, sent
from domain.governance.authority import (
    AuthoriseNetwork,
    CloseNetwork,
    EvaluateNetwork,
    GrantLogo,
    RenewNetwork,
)
from domain.governance.chartering import CharterBody
from domain.governance.plan import AdoptPlan
from domain.governance.seating import FillSeat, NominatePerson, VacateSeat
from domain.grants.application import ApplicationContent
from domain.grants.applying import PresentApplication, WithdrawApplication
from domain.grants.funding import CarryOverGrant, DisburseGrant, LapseGrant
from domain.grants.spending import RepayGrant
from domain.grants.submission import SubmitApplication
from domain.parties.charter import CharterNetwork

GrantCells = Mapping[str, Cell]


def _parts(around: Around, name: str, left_out: SentMembers) -> list[dict[str, Any]]:
    """Members of the parts of a row, less those that name the row."""
    return [
        {k: v for k, v in part.form.members(part.cells).items() if k not in left_out}
        for part in around.parts[name]
    ]


def _body(members: SentMembers, cells: GrantCells, around: Around) -> Request:
    named = {name: cells[name] for name in ("body", "version")}
    return sent(CharterBody, {**members, "seats": _parts(around, "seats", named)})


def _charter(members: SentMembers, cells: GrantCells, around: Around) -> Request:
    named = {name: cells[name] for name in ("network", "version")}
    founded_on = _parts(around, "charter_documents", named)
    return sent(CharterNetwork, {**members, "founded_on": founded_on})


def _authority(members: SentMembers, cells: GrantCells, _around: Around) -> Request:
    said = {name: cells[name] for name in ("network", "authority")}
    dated = {**said, "effective_on": cells["effective_on"]}
    match cells["action"]:
        case AuthorityAction.AUTHORISED:
            body = {k: v for k, v in members.items() if k == "body"}
            return sent(AuthoriseNetwork, {**said, **body})
        case AuthorityAction.LOGO_GRANTED:
            return sent(GrantLogo, dated)
        case AuthorityAction.EVALUATED:
            own = {k: v for k, v in members.items() if k in {"outcome", "reason"}}
            return sent(EvaluateNetwork, {**said, **own})
        case AuthorityAction.RENEWED:
            return sent(RenewNetwork, dated)
        case _:
            after = {k: v for k, v in members.items() if k == "successor"}
            told = {"closes_on": cells["effective_on"], "reason": cells["reason"] or ""}
            return sent(CloseNetwork, {**said, **told, **after})


def _plan(members: SentMembers, cells: GrantCells, around: Around) -> Request:
    named = {name: cells[name] for name in ("body", "year")}
    measures = _parts(around, "plan_measures", named)
    return sent(AdoptPlan, {**members, "measures": measures})


def _seating(members: SentMembers, cells: GrantCells, around: Around) -> Request:
    match cells["action"]:
        case SeatAction.NOMINATED:
            return sent(NominatePerson, members)
        case SeatAction.VACATED:
            rest = {k: v for k, v in members.items() if k != "person"}
            return sent(VacateSeat, {**rest, "left_on": cells["effective_on"]})
        case _:
            # A body that appoints may be another's: it knows the person by the pseudonym.
            name = cells["person"]
            if name is not None:
                person = PersonElsewhere(around.employer, str(name))
                members = {**members, "person": person}
            members = {**members, "from_on": cells["effective_on"]}
            return sent(FillSeat, members, "appoint_to_seat")


def _application(members: SentMembers, cells: GrantCells, around: Around) -> Request:
    """The content of an application is what its trust says; the rest names it."""
    named = {name: cells[name] for name in ("application", "revision")}
    content = {k: v for k, v in members.items() if k in ApplicationContent.model_fields}
    rest = {
        k: v for k, v in members.items() if k not in ApplicationContent.model_fields
    }
    content["sections"] = _parts(around, "application_texts", named)
    content["lines"] = _parts(around, "budget_lines", named)
    if "attachments" in content:
        content["attachments"] = [
            _attachment(kind, file, around) for kind, file in content["attachments"]
        ]
    return sent(PresentApplication, {**rest, "content": content})


def _attachment(kind: str, file: str, around: Around) -> dict[str, Any]:
    """An attachment as a document; of a type that no node takes, it stays in the folder."""
    content = around.files.get(file, b"")
    if file and not content:
        return {"kind": kind}
    media_type = media_type_in(content) if file else None
    if media_type is None:
        return {"kind": kind, "archived": FOLDER}
    return {"kind": kind, "document": Enclosed(content, media_type)}


def _submission(members: SentMembers, cells: GrantCells, _around: Around) -> Request:
    if cells["action"] == SubmissionAction.WITHDRAW:
        return sent(WithdrawApplication, members)
    return sent(SubmitApplication, {"application": cells["application"]})


def _payment(members: SentMembers, cells: GrantCells, _around: Around) -> Request:
    if cells["direction"] == PaymentDirection.DISBURSED:
        return sent(DisburseGrant, members)
    return sent(RepayGrant, {k: v for k, v in members.items() if k != "payee"})


def _remainder(members: SentMembers, cells: GrantCells, _around: Around) -> Request:
    if cells["action"] == RemainderAction.CARRY_OVER:
        return sent(CarryOverGrant, members)
    return sent(LapseGrant, {"application": cells["application"]})


OF_GRANTS: Final[Mapping[str, Otherwise]] = {
    "bodies": _body,
    "charters": _charter,
    "authorities": _authority,
    "plans": _plan,
    "seatings": _seating,
    "applications": _application,
    "submissions": _submission,
    "grant_payments": _payment,
    "grant_remainders": _remainder,
}
"""By the file's name."""
