"""What a row asks of a node: a command at its door, and where that is read which it signs.

The members of the command come from the columns of the same names. What a file says
in another way stands here.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

from api.routers import PREFIX
from api.routes import DOORS
from deploy.year.enclosed import referred_in
from deploy.year.form import Form
from deploy.year.forms import DisputeAction
from deploy.year.parts import Parts
from deploy.year.readers import Cell
from domain.agreements.agreement import ProposedPost, ProposeVersion
from domain.closing.closing import ClosingAction, DrawUpStatement, SignStatement
from domain.fact import Command
from domain.invoicing.credit import CreditInvoice
from domain.invoicing.dispute import CommentDispute, ResolveDispute
from domain.parties.pair import pair_of
from domain.role import Role

Members = Mapping[str, Any]
FOLDER: Final = "folder"
"""Why what a folder cannot say is left out of terms, and where an attachment is kept."""


class Around(NamedTuple):
    """What of the folder belongs to a row, beside its cells."""

    parts: Parts = MappingProxyType({})
    """The rows that are played with it."""
    files: Mapping[str, bytes] = MappingProxyType({})
    """What its cells name beside the tables."""
    employer: str = ""
    """The organisation whose node names its person, where others may record the row."""
    endorsed: bool = False
    """The folder says who endorses, so a version may ask for that."""


ALONE: Final = Around()


class Request(NamedTuple):
    """A command as it is sent."""

    path: str
    body: dict[str, Any]
    signed_at: str = ""
    """Where that which it signs is read, or nothing."""
    line: Mapping[str, Any] = MappingProxyType({})
    """The same as one line of many, where it may be."""
    by: AbstractSet[Role] = frozenset({Role.CONTROLLER})
    """In which role a person may send it."""

    @property
    def refers(self) -> bool:
        """Whether its members refer to documents, or to people of others."""
        return any(True for _ in referred_in(self.body))


def request(form: Form, cells: Mapping[str, Cell], around: Around = ALONE) -> Request:
    """What a row of a file asks of a node."""
    members = form.members(cells)
    if form.name in _OTHERWISE:
        return _OTHERWISE[form.name](members, cells, around)
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
    return Request(at, body, door.way.signs.format_map(in_path), line, door.roles)


def _quoted(name: object) -> str:
    return quote(str(name), safe="")


def _version(members: Members, _cells: Mapping[str, Cell], around: Around) -> Request:
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


def _credit(members: Members, cells: Mapping[str, Cell], _around: Around) -> Request:
    document = {k: v for k, v in members.items() if k not in {"post", "amount_ore"}}
    whole = cells["post"] is None and cells["amount"] is None
    line = {k: v for k, v in members.items() if k == "post"}
    lines = [] if whole else [{**line, "amount_ore": cells["amount"]}]
    return sent(CreditInvoice, {**document, "lines": lines})


def _dispute(members: Members, cells: Mapping[str, Cell], _around: Around) -> Request:
    if cells["action"] == DisputeAction.RESOLVE:
        return sent(ResolveDispute, members)
    return sent(CommentDispute, {k: v for k, v in members.items() if k != "outcome"})


def _bank_entry(
    members: Members, _cells: Mapping[str, Cell], _around: Around
) -> Request:
    return Request(f"{PREFIX}/bank-entries", dict(members))


def _closing(_members: Members, cells: Mapping[str, Cell], _around: Around) -> Request:
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


_Otherwise = Callable[[Members, Mapping[str, Cell], Around], Request]
_OTHERWISE: Final[Mapping[str, _Otherwise]] = {
    "agreements": _version,
    "credits": _credit,
    "disputes": _dispute,
    "bank_entries": _bank_entry,
    "closings": _closing,
}
"""Files whose rows are not the members of one command."""
