"""What a row of each file asks of a node: a path and a body, and what it signs."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode

from deploy.year.columns import Cell
from deploy.year.forms import BY_NAME, DisputeAction
from deploy.year.rows import SheetRow
from domain.closing.closing import ClosingAction
from domain.parties.pair import pair_of


def _some(cells: Mapping[str, Cell], *names: str) -> dict[str, Any]:
    """Return members of a row under their own names, without those that are empty."""
    return {name: cells[name] for name in names if cells[name] is not None}


Posts = Sequence[SheetRow]
Request = tuple[str, dict[str, Any]]


def _organisation(cells: Mapping[str, Cell], _posts: Posts) -> Request:
    names = ("org_number", "name", "kind", "region", "parent_org_number")
    body = {**_some(cells, *names), "short_name": cells["short_name"] or ""}
    return "/v1/organisations", body


def _account(cells: Mapping[str, Cell], _posts: Posts) -> Request:
    names = (column.name for column in BY_NAME["accounts"].columns)
    body = _some(cells, *(name for name in names if name != "org_number"))
    number = _quoted(cells["org_number"])
    return f"/v1/organisations/{number}/billing-details", body


def _network(cells: Mapping[str, Cell], _posts: Posts) -> Request:
    names = ("network", "kind", "name_nb", "coordinating_trust", "starts_on", "model")
    body = {
        **_some(cells, *names),
        "name_en": cells["name_en"] or "",
        "coordination_budget_ore": cells["coordination_budget"],
    }
    return "/v1/networks", body


def _version(cells: Mapping[str, Cell], posts: Posts) -> Request:
    body = _some(cells, *(c.name for c in BY_NAME["agreements"].columns))
    agreement = body.pop("agreement")
    del body["recorded_on"]
    body["posts"] = [_post(post.cells) for post in posts]
    body["endorsement_required"] = False
    return f"/v1/agreements/{_quoted(agreement)}/versions", body


def _post(cells: Mapping[str, Cell]) -> dict[str, Any]:
    body = _some(cells, "post", "content", "percent", "starts_on", "ends_on")
    if cells["annual_cost"] is not None:
        body["annual_cost_ore"] = cells["annual_cost"]
    return body


def _answer(cells: Mapping[str, Cell], _posts: Posts) -> Request:
    agreement, version = _quoted(cells["agreement"]), cells["version"]
    path = f"/v1/agreements/{agreement}/versions/{version}/answer"
    return path, _some(cells, "answer")


def _staffing(cells: Mapping[str, Cell], _posts: Posts) -> Request:
    path = f"/v1/posts/{_quoted(cells['post'])}/staffing"
    return path, _some(cells, "change", "effective_on", "holder")


def _report(cells: Mapping[str, Cell], _posts: Posts) -> Request:
    names = ("report", "network", "trust", "period_start", "period_end")
    return "/v1/reports", _some(cells, *names)


def _report_decision(cells: Mapping[str, Cell], _posts: Posts) -> Request:
    path = f"/v1/reports/{_quoted(cells['report'])}/decisions"
    return path, {"outcome": cells["decision"]}


def _invoice(cells: Mapping[str, Cell], _posts: Posts) -> Request:
    path = f"/v1/agreements/{_quoted(cells['agreement'])}/invoices"
    return path, _some(cells, "period_start", "period_end")


def _invoice_decision(cells: Mapping[str, Cell], _posts: Posts) -> Request:
    body = {**_some(cells, "post", "reason"), "verdict": cells["decision"]}
    return f"{_document(cells)}/decisions", body


def _payment(cells: Mapping[str, Cell], _posts: Posts) -> Request:
    body = {"amount_ore": cells["amount"], "paid_on": cells["paid_on"]}
    return f"{_document(cells)}/payments", body


def _credit(cells: Mapping[str, Cell], _posts: Posts) -> Request:
    line = {**_some(cells, "post"), "amount_ore": cells["amount"]}
    whole = cells["post"] is None and cells["amount"] is None
    lines = [] if whole else [line]
    return f"{_document(cells)}/credits", {"reason": cells["reason"], "lines": lines}


def _dispute(cells: Mapping[str, Cell], _posts: Posts) -> Request:
    said = _some(cells, "post", "text")
    if cells["action"] == DisputeAction.COMMENT:
        return f"{_document(cells)}/dispute-comments", said
    said |= _some(cells, "outcome")
    return f"{_document(cells)}/dispute-resolutions", said


def _bank_entry(cells: Mapping[str, Cell], _posts: Posts) -> Request:
    names = ("organisation", "reference", "direction", "booked_on", "kid")
    return "/v1/bank-entries", {**_some(cells, *names), "amount_ore": cells["amount"]}


def _document(cells: Mapping[str, Cell]) -> str:
    agreement = _quoted(cells["agreement"])
    return f"/v1/agreements/{agreement}/invoices/{cells['period_start']}"


def _quoted(name: Cell) -> str:
    return quote(str(name), safe="")


def _closing(cells: Mapping[str, Cell], _posts: Posts) -> Request:
    first, second = pair_of(str(cells["trust"]), str(cells["counterpart"]))
    path = f"/v1/statements/{_quoted(first)}/{_quoted(second)}"
    if cells["action"] == ClosingAction.DRAW_UP:
        names = ("agreement", "post", "period_start")
        carried = [
            dict(zip(names, line.strip().split("/"), strict=True))
            for line in str(cells["carry_over"] or "").split("|")
            if line
        ]
        body = _some(cells, "period_start", "period_end")
        return path, {**body, "carry_over": carried}
    path = f"{path}/{cells['period_end']}"
    if cells["action"] == ClosingAction.SIGN:
        return f"{path}/signature", {}
    return f"{path}/rejection", {"reason": cells["reason"] or ""}


def signed_at(request: Request) -> str:
    """Return where that which a request signs is read.

    Nothing where it signs nothing, or what it sends.
    """
    path, body = request
    of, _, action = path.rpartition("/")
    if action in {"answer", "signature", "rejection"}:
        return of
    if path.startswith("/v1/statements/"):
        period = {name: body[name] for name in ("period_start", "period_end")}
        return f"{path}/draft?{urlencode(period)}"
    return ""


REQUESTS: Final = {
    "organisations": _organisation,
    "accounts": _account,
    "networks": _network,
    "agreements": _version,
    "acceptances": _answer,
    "staffing": _staffing,
    "reports": _report,
    "report_decisions": _report_decision,
    "invoices": _invoice,
    "invoice_decisions": _invoice_decision,
    "payments": _payment,
    "credits": _credit,
    "disputes": _dispute,
    "bank_entries": _bank_entry,
    "closings": _closing,
}
