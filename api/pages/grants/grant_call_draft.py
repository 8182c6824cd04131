"""The rules of a call as somebody types them: read from a form, and filled into one."""

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final, NamedTuple

from api.pages.forms import Typed
from api.pages.visit import Visit
from api.words import Language, kroner
from domain.grants.rules import CallRules, GrantEndorser, RankerRole
from domain.values import NetworkKind, OrganisationKind, Region

ROWS_MAX: Final = 40
CallDraft = Mapping[str, str]
"""What is typed, by field; of a row ``purposes.0.key``, of a source ``rules.title``."""


class CallPart(NamedTuple):
    """A value that is typed: a member of the rules, or of one of its rows."""

    name: str
    kind: str
    """``text``, ``day``, ``number``, ``amount``, ``box``, ``choice``, ``texts``
    (separated by blanks) or ``set`` (a box for each)."""
    options: tuple[str, ...] = ()

    @property
    def field(self) -> str:
        """Its name in the form, in which ``form`` says of which session it is."""
        return "form_words" if self.name == "form" else self.name


def _of(kind: type[StrEnum]) -> tuple[str, ...]:
    return tuple(each.value for each in kind)


VALUES: Final = (
    CallPart("title", "text"),
    CallPart("scheme", "text"),
    CallPart("case_reference", "text"),
    CallPart("valid_from", "day"),
    CallPart("opens_on", "day"),
    CallPart("deadline", "day"),
    CallPart("announce_by", "day"),
    CallPart("intake", "choice", ("portal", "post_box")),
    CallPart("intake_address", "text"),
    CallPart("applicant_kinds", "set", _of(OrganisationKind)),
    CallPart("applicant_regions", "set", _of(Region)),
    CallPart("employed_by", "set", _of(OrganisationKind)),
    CallPart("purposes_min", "number"),
    CallPart("form", "text"),
    CallPart("distinct_endorsers", "box"),
    CallPart("own_contribution", "choice", ("not_asked", "expected")),
    CallPart("points_max", "number"),
    CallPart("rankers", "set", _of(RankerRole)),
    CallPart("decider", "text"),
    CallPart("pot_ore", "amount"),
    CallPart("remind_days", "texts"),
)
NESTED: Final[Mapping[str, tuple[CallPart, ...]]] = {
    "network": (
        CallPart("kind", "choice", ("", *_of(NetworkKind))),
        CallPart("trusts", "texts"),
    ),
    "partners": (
        CallPart("trusts_min", "number"),
        CallPart("or_municipalities_min", "number"),
    ),
    "use": (
        CallPart("after_decision", "box"),
        CallPart("first_day", "day"),
        CallPart("last_day", "day"),
        CallPart("project_ends_by", "day"),
        CallPart("project_years_max", "number"),
        CallPart("first_use_months", "number"),
        CallPart("remainder", "choice", ("lapses", "carried_by_decision")),
    ),
}
_CHOICE: Final = (
    CallPart("key", "text"),
    CallPart("words", "text"),
    CallPart("rule", "text"),
)
ROWS: Final[Mapping[str, tuple[CallPart, ...]]] = {
    "purposes": _CHOICE,
    "priorities": (*_CHOICE, CallPart("valid_until", "day")),
    "sections": _CHOICE,
    "attachments": _CHOICE,
    "endorsements": (
        CallPart("one_of", "set", _of(GrantEndorser)),
        CallPart("when", "choice", ("always", "with_municipality")),
        CallPart("rule", "text"),
    ),
    "categories": (*_CHOICE, CallPart("allowed", "choice", ("yes", "explained", "no"))),
    "criteria": (*_CHOICE, CallPart("of", "choice", ("application", "portfolio"))),
    "panel": (*_CHOICE, CallPart("assessors_min", "number")),
    "informed": _CHOICE,
    "splits": (
        *_CHOICE,
        CallPart("more_than", "number"),
        CallPart("up_to", "number"),
        CallPart("amount_ore", "amount"),
    ),
    "reports": (
        *_CHOICE,
        CallPart("due_on", "day"),
        CallPart("due_days_after_project", "number"),
        CallPart("declares", "texts"),
    ),
}
SOURCED: Final = frozenset({"funder", *(part.name for part in VALUES), *NESTED, *ROWS})
"""The members that the form has a field for, to tell where their rules come from."""


def call_draft(rules: CallRules) -> dict[str, str]:
    """Draft that says what some rules say."""
    found: dict[str, str] = {}
    for part in VALUES:
        found |= _filled(part.field, part, getattr(rules, part.name))
    for name, parts in NESTED.items():
        of = getattr(rules, name)
        for part in parts if of is not None else ():
            found |= _filled(f"{name}.{part.name}", part, getattr(of, part.name))
    for name, parts in ROWS.items():
        for index, row in enumerate(getattr(rules, name)):
            for part in parts:
                at = f"{name}.{index}.{part.name}"
                found |= _filled(at, part, _cell(row, part.name))
    sources = {f"rules.{name}": " ".join(of) for name, of in rules.rules.items()}
    return {**{name: text for name, text in found.items() if text}, **sources}


def _cell(row: Any, name: str) -> Any:  # noqa: ANN401 - of any kind of choice
    if name == "more_than":
        return row.project_years[0]
    return row.project_years[1] if name == "up_to" else getattr(row, name)


def _filled(at: str, part: CallPart, value: Any) -> dict[str, str]:  # noqa: ANN401 - as above
    match part.kind:
        case "set":
            return {f"{at}.{each}": "yes" for each in value}
        case "texts":
            return {at: " ".join(map(str, value))}
        case "box":
            return {at: "yes" if value else ""}
        case "amount":
            return {at: "" if value is None else kroner(value, Language.NB)}
        case _ if isinstance(value, date):
            return {at: f"{value:%d.%m.%Y}"}
        case _:
            return {at: "" if value is None else str(value)}


def choice_rows(draft: CallDraft, name: str) -> int:
    """How many rows of a list are typed: up to the last in which anything is."""
    there = [
        index
        for index in range(ROWS_MAX)
        if any(
            text.strip()
            for field, text in draft.items()
            if field.startswith(f"{name}.{index}.") and not _is_chosen(name, field)
        )
    ]
    return max(there, default=-1) + 1


def _is_chosen(name: str, field: str) -> bool:
    """Whether a field always says something, so that an empty row has it too."""
    last = field.rpartition(".")[2]
    return any(part.kind == "choice" and part.name == last for part in ROWS[name])


def rules_typed(
    visit: Visit, draft: CallDraft, funder: str
) -> tuple[Typed, dict[str, Any]]:
    """Members of the rules that a draft says."""
    typed = Typed(visit, draft)
    members: dict[str, Any] = {"funder": funder}
    for part in VALUES:
        members[part.name] = _read(typed, draft, part.field, part)
    for name, parts in NESTED.items():
        nested = {
            part.name: _read(typed, draft, f"{name}.{part.name}", part)
            for part in parts
        }
        is_said = name == "use" or any(
            value not in (None, "", []) for value in nested.values()
        )
        members[name] = _set(nested) if is_said else None
    for name in ROWS:
        members[name] = [*_rows(typed, draft, name)]
    members["rules"] = {
        name.removeprefix("rules."): text.split()
        for name in draft
        if name.startswith("rules.") and (text := typed.text(name))
    }
    return typed, _set(members)


def _rows(typed: Typed, draft: CallDraft, name: str) -> Iterator[dict[str, Any]]:
    for index in range(choice_rows(draft, name)):
        at = f"{name}.{index}"
        row = {
            part.name: _read(typed, draft, f"{at}.{part.name}", part)
            for part in ROWS[name]
        }
        if name == "splits":
            row["project_years"] = [row.pop("more_than"), row.pop("up_to")]
        filled = {k: v for k, v in row.items() if v not in (None, "", [])}
        if filled.keys() - {"when", "allowed", "of"}:
            yield filled


def _set(members: Mapping[str, Any]) -> dict[str, Any]:
    """Members that are set; a box and a list that are empty say so."""
    return {name: value for name, value in members.items() if value not in (None, "")}


def _read(typed: Typed, draft: CallDraft, at: str, part: CallPart) -> Any:  # noqa: ANN401 - as above
    match part.kind:
        case "day":
            day = typed.day(at, needed=False)
            return None if day is None else day.isoformat()
        case "number":
            return typed.number(at, needed=False)
        case "amount":
            return typed.amount_ore(at, needed=False)
        case "box":
            return bool(draft.get(at))
        case "set":
            return [each for each in part.options if draft.get(f"{at}.{each}")]
        case "texts":
            return typed.text(at).split()
        case _:
            return typed.text(at)
