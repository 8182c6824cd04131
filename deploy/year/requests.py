"""What a row asks of a node: a command at its door, and where that is read which it signs.

The members of the command come from the columns of the same names. What a file says
in another way stands here.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

from api.routers import PREFIX
from api.routes import DOORS
from deploy.year.columns import Cell
from deploy.year.forms import DisputeAction, Form
from deploy.year.rows import SheetRow
from domain.agreements.agreement import ProposedPost, ProposeVersion
from domain.closing.closing import ClosingAction, DrawUpStatement, SignStatement
from domain.fact import Command
from domain.invoicing.credit import CreditInvoice
from domain.invoicing.dispute import CommentDispute, ResolveDispute
from domain.parties.pair import pair_of

Posts = Sequence[SheetRow]
Members = Mapping[str, Any]


FOLDER: Final = "folder"
"""Why what a folder cannot say is left out of terms."""


class WithVersion(NamedTuple):
    """What stands beside a version in its folder."""

    posts: Posts = ()
    endorsed: bool = False
    """The folder says who endorses, so a version may ask for that."""


ALONE: Final = WithVersion()
"""Of a row that is no version."""


class Request(NamedTuple):
    """A command as it is sent."""

    path: str
    body: dict[str, Any]
    signed_at: str = ""
    """Where that which it signs is read, or nothing."""
    line: Mapping[str, Any] = MappingProxyType({})
    """The same as one line of many, where it may be."""


def request(
    form: Form, cells: Mapping[str, Cell], beside: WithVersion = ALONE
) -> Request:
    """What a row of a file asks of a node."""
    members = form.members(cells)
    if form.of is ProposeVersion:
        return _version(members, beside)
    if form.name in _OTHERWISE:
        return _OTHERWISE[form.name](members, cells)
    assert issubclass(form.of, Command)
    return sent(form.of, members)


def sent(command: type[Command], members: Members) -> Request:
    """How a command is sent: through the first door that takes its members."""
    for door in DOORS:
        if door.command is command and {*door.in_path.values()} <= members.keys():
            break
    else:
        raise LookupError(command)
    in_path = {name: _quoted(members[of]) for name, of in door.in_path.items()}
    body = {k: v for k, v in members.items() if k not in door.in_path.values()}
    at = (PREFIX + door.path).format_map(in_path)
    named = {of: members[door.in_path[name]] for name, of in door.in_line.items()}
    line = {"command": door.name, **named, **body}
    return Request(at, body, door.way.signs.format_map(in_path), line)


def _quoted(name: object) -> str:
    return quote(str(name), safe="")


def _version(members: Members, beside: WithVersion) -> Request:
    """Sections (S1-27) stand in no folder; the endorsement is asked for where it may be."""
    own = ProposedPost.model_fields
    proposed = [
        {k: v for k, v in post.form.members(post.cells).items() if k in own}
        for post in beside.posts
    ]
    waived = {"cooperation_waived": FOLDER}
    if not beside.endorsed:
        waived["endorsement_waived"] = FOLDER
    return sent(ProposeVersion, {**members, "posts": proposed, **waived})


def _credit(members: Members, cells: Mapping[str, Cell]) -> Request:
    document = {k: v for k, v in members.items() if k not in {"post", "amount_ore"}}
    whole = cells["post"] is None and cells["amount"] is None
    line = {k: v for k, v in members.items() if k == "post"}
    lines = [] if whole else [{**line, "amount_ore": cells["amount"]}]
    return sent(CreditInvoice, {**document, "lines": lines})


def _dispute(members: Members, cells: Mapping[str, Cell]) -> Request:
    if cells["action"] == DisputeAction.RESOLVE:
        return sent(ResolveDispute, members)
    return sent(CommentDispute, {k: v for k, v in members.items() if k != "outcome"})


def _bank_entry(members: Members, _cells: Mapping[str, Cell]) -> Request:
    return Request(f"{PREFIX}/bank-entries", dict(members))


def _closing(_members: Members, cells: Mapping[str, Cell]) -> Request:
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


_Otherwise = Callable[[Members, Mapping[str, Cell]], Request]
_OTHERWISE: Final[Mapping[str, _Otherwise]] = {
    "credits": _credit,
    "disputes": _dispute,
    "bank_entries": _bank_entry,
    "closings": _closing,
}
"""Files whose rows are not the members of one command."""
