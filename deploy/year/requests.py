"""What a row asks of a node: a command at its door, and where that is read which it signs.

The members of the command come from the columns of the same names. What a file says
in another way stands here.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from api.folders import FOLDER
from api.routers import PREFIX
from deploy.year.form import Form
from deploy.year.forms import DisputeAction
from deploy.year.readers import Cell
from deploy.year.requests_of_grants import OF_GRANTS
from deploy.year.sending import (
    ALONE,
    Around,
    Otherwise,
    Request,
    SentMembers,
    sent,
)
from domain.agreements.agreement import ProposedPost, ProposeVersion
from domain.closing.closing import ClosingAction, DrawUpStatement, SignStatement
from domain.fact import Command
from domain.invoicing.credit import CreditInvoice
from domain.invoicing.dispute import CommentDispute, ResolveDispute
from domain.parties.pair import pair_of


def request(form: Form, cells: Mapping[str, Cell], around: Around = ALONE) -> Request:
    """What a row of a file asks of a node."""
    members = form.members(cells)
    if form.name in _OTHERWISE:
        return _OTHERWISE[form.name](members, cells, around)
    assert issubclass(form.of, Command)
    return sent(form.of, members)


def _version(
    members: SentMembers, _cells: Mapping[str, Cell], around: Around
) -> Request:
    """Sections (S1-27) stand in no folder; the endorsement is asked for where it may be."""
    own = ProposedPost.model_fields
    proposed = [
        {k: v for k, v in post.form.members(post.cells).items() if k in own}
        for post in around.parts["posts"]
    ]
    waived = {"cooperation_waived": FOLDER}
    if not around.endorsed:
        waived["endorsement_waived"] = FOLDER
    return sent(ProposeVersion, {**members, "posts": proposed, **waived})


def _credit(
    members: SentMembers, cells: Mapping[str, Cell], _around: Around
) -> Request:
    document = {k: v for k, v in members.items() if k not in {"post", "amount_ore"}}
    whole = cells["post"] is None and cells["amount"] is None
    line = {k: v for k, v in members.items() if k == "post"}
    lines = [] if whole else [{**line, "amount_ore": cells["amount"]}]
    return sent(CreditInvoice, {**document, "lines": lines})


def _dispute(
    members: SentMembers, cells: Mapping[str, Cell], _around: Around
) -> Request:
    if cells["action"] == DisputeAction.RESOLVE:
        return sent(ResolveDispute, members)
    return sent(CommentDispute, {k: v for k, v in members.items() if k != "outcome"})


def _bank_entry(
    members: SentMembers, _cells: Mapping[str, Cell], _around: Around
) -> Request:
    return Request(f"{PREFIX}/bank-entries", dict(members))


def _closing(
    _members: SentMembers, cells: Mapping[str, Cell], _around: Around
) -> Request:
    first, second = pair_of(str(cells["trust"]), str(cells["counterpart"]))
    pair = {"first": first, "second": second, "period_end": cells["period_end"]}
    if cells["action"] == ClosingAction.DRAW_UP:
        names = ("agreement", "post", "period_start")
        carried = [
            dict(zip(names, line.strip().split("/"), strict=True))
            for line in str(cells["carry_over"] or "").split("|")
            if line
        ]
        period = {name: cells[name] for name in ("period_start", "period_end")}
        rest = {**period, "carry_over": carried}
        drawn = sent(DrawUpStatement, {**pair, **rest})
        return drawn._replace(signed_at=f"{drawn.signed_at}?{urlencode(period)}")
    signed = sent(SignStatement, pair)
    if cells["action"] == ClosingAction.SIGN:
        return signed
    reason = {"reason": cells["reason"] or ""}
    return Request(f"{signed.signed_at}/rejection", reason, signed.signed_at)


_OTHERWISE: Final[Mapping[str, Otherwise]] = {
    "agreements": _version,
    "credits": _credit,
    "disputes": _dispute,
    "bank_entries": _bank_entry,
    "closings": _closing,
    **OF_GRANTS,
}
"""Files whose rows are not the members of one command."""
