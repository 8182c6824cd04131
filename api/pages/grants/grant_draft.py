"""A draft of an application: what is typed, as an application's content and back.

What cannot be read stays as it was typed; what another has typed meanwhile stays too.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final

from pydantic import AfterValidator, TypeAdapter, ValidationError

from api.pages.forms import Typed
from api.pages.visit import Visit
from api.problems import ProblemError, invalid
from api.words import Language, kroner
from domain.document import Document
from domain.grants.application import ApplicationContent
from domain.grants.rules import CallRules
from domain.texts import text_without_national_id

NOBODY: Final = "nobody"
"""Stands for the applicant of a draft that names none."""
LINES_MAX: Final = 60
PARTNERS_MAX: Final = 12
OF_LINE: Final = ("line", "category", "amount_ore", "explanation")
OF_DOCUMENT: Final = ("sha256", "media_type", "size")
TEXTS: Final = ("title", "workplace", "network", "leader_employer", "owner_employer")
DAYS: Final = ("project_starts_on", "project_ends_on")
AMOUNTS: Final = ("amount_ore", "own_contribution_ore")
_PLAIN: Final = frozenset({*TEXTS, *DAYS, *AMOUNTS, "applicant"})
_GROUPS: Final = ("purposes.", "sections.", "absent.", "lines.", "partners.")
_SECTION: Final[TypeAdapter[str]] = TypeAdapter(
    Annotated[str, AfterValidator(text_without_national_id)]
)
DraftView = Mapping[str, str]
"""What is typed, by field; of a budget line ``lines.0.amount_ore``."""
KeepText = Callable[[str], Document]
"""Makes a document of a section's text."""


def fields_of(form: DraftView) -> dict[str, str]:
    """Fields of a draft that a form may set; of a document only where it is archived."""
    return {
        name: text
        for name, text in form.items()
        if name in _PLAIN
        or name.startswith(_GROUPS)
        or (name.startswith("attachments.") and name.endswith(".archived"))
    }


def documents_of(draft: DraftView) -> dict[str, str]:
    """Fields of a draft that say which documents are attached."""
    ends = tuple(f".{name}" for name in OF_DOCUMENT)
    return {
        name: text
        for name, text in draft.items()
        if name.startswith("attachments.") and name.endswith(ends)
    }


def lines_typed(form: DraftView, leave_out: int = -1) -> list[dict[str, str]]:
    """Budget lines in which anything is typed, without the empty ones between."""
    rows = (
        {name: form.get(f"lines.{index}.{name}", "") for name in OF_LINE}
        for index in range(LINES_MAX)
        if index != leave_out
    )
    return [row for row in rows if any(text.strip() for text in row.values())]


def with_lines(form: DraftView, rows: Sequence[DraftView]) -> dict[str, str]:
    """Draft with these budget lines, numbered from 0."""
    kept = {name: text for name, text in form.items() if not name.startswith("lines.")}
    for index, row in enumerate(rows):
        kept |= {f"lines.{index}.{name}": text for name, text in row.items()}
    return kept


def merged(
    base: DraftView, mine: DraftView, theirs: DraftView
) -> tuple[dict[str, str], set[str]]:
    """Two drafts that were made of one; and the fields that both have changed.

    Of these mine counts. Budget lines are one field: their numbers are no names.
    """
    both = {**theirs}
    clashes = set()
    for part in sorted({_part(name) for name in (*base, *mine, *theirs)}):
        own, other, before = (_of(each, part) for each in (mine, theirs, base))
        if own == before:
            continue
        both = {name: text for name, text in both.items() if _part(name) != part}
        both |= own
        if other not in (before, own):
            clashes.add(part)
    return both, clashes


def _part(name: str) -> str:
    return "lines" if name.startswith("lines.") else name


def _of(draft: DraftView, part: str) -> dict[str, str]:
    return {name: text for name, text in draft.items() if text and _part(name) == part}


def content_typed(
    visit: Visit, draft: DraftView, rules: CallRules, keep: KeepText, *, whole: bool
) -> tuple[Typed, dict[str, Any]]:
    """Members of the content that a draft says.

    Where it need not be ``whole``, what cannot be read yet is left out.
    """
    typed = Typed(visit, draft)
    members: dict[str, Any] = {
        "trust": visit.organisation,
        "applicant": typed.person("applicant", needed=whole) or NOBODY,
        **{name: typed.text(name) for name in TEXTS},
        **{name: typed.amount_ore(name, needed=False) or 0 for name in AMOUNTS},
        **{name: typed.day(name, needed=False) for name in DAYS},
        "purposes": [
            each.key for each in rules.purposes if draft.get(f"purposes.{each.key}")
        ],
        "partners": [
            number
            for index in range(PARTNERS_MAX)
            if (number := typed.text(f"partners.{index}"))
        ],
        "absent": _absent(typed, rules),
        "sections": _sections(typed, rules, keep),
        "attachments": _attachments(typed, draft, rules),
        "lines": [_line(typed, index) for index in range(len(lines_typed(draft)))],
    }
    for name in ("network", "leader_employer", "owner_employer"):
        members[name] = members[name] or None
    return typed, members


def as_content(members: Mapping[str, Any]) -> ApplicationContent:
    """Content with some members; raise ``ValidationError`` where it cannot be."""
    said = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in members.items()
    }
    return ApplicationContent.model_validate(said, strict=False)


def _line(typed: Typed, index: int) -> dict[str, Any]:
    at = f"lines.{index}"
    return {
        "line": typed.text(f"{at}.line", needed=True) or f"{index + 1}",
        "category": typed.text(f"{at}.category", needed=True) or "none",
        "amount_ore": typed.amount_ore(f"{at}.amount_ore") or 0,
        "explanation": typed.text(f"{at}.explanation"),
    }


def _absent(typed: Typed, rules: CallRules) -> list[dict[str, str]]:
    trusts = () if rules.network is None else rules.network.trusts
    return [
        {"trust": trust, "reason": reason}
        for trust in trusts
        if (reason := typed.text(f"absent.{trust}"))
    ]


def _sections(typed: Typed, rules: CallRules, keep: KeepText) -> list[dict[str, Any]]:
    found = []
    for section in rules.sections:
        name = f"sections.{section.key}"
        text = typed.text(name).replace("\r\n", "\n")
        if not text:
            continue
        try:
            _SECTION.validate_python(text)
            document = keep(text)
        except ValidationError as error:
            typed.fault(name, invalid(error))
        except ProblemError as error:
            typed.fault(name, error)
        else:
            found.append({"section": section.key, "document": dict(document)})
    return found


def _attachments(
    typed: Typed, draft: DraftView, rules: CallRules
) -> list[dict[str, Any]]:
    found = []
    for each in rules.attachments:
        at = f"attachments.{each.key}"
        archived, sha256 = typed.text(f"{at}.archived"), draft.get(f"{at}.sha256")
        document = {name: draft.get(f"{at}.{name}", "") for name in OF_DOCUMENT}
        if archived or sha256:
            said = {"kind": each.key, "archived": archived}
            found.append({**said, **({"document": document} if sha256 else {})})
    return found


def draft_of(
    content: ApplicationContent,
    name_of: Callable[[str], str],
    text_of: Callable[[Document], str],
) -> dict[str, str]:
    """Draft that says what a content says."""
    found = {
        "applicant": name_of(content.applicant),
        **{name: getattr(content, name) or "" for name in TEXTS},
        **{name: kroner(getattr(content, name), Language.NB) for name in AMOUNTS},
        **{name: _day(getattr(content, name)) for name in DAYS},
        **{f"purposes.{key}": "yes" for key in content.purposes},
        **{f"partners.{index}": each for index, each in enumerate(content.partners)},
        **{f"absent.{each.trust}": each.reason for each in content.absent},
    }
    for section in content.sections:
        found[f"sections.{section.section}"] = text_of(section.document)
    for each in content.attachments:
        found[f"attachments.{each.kind}.archived"] = each.archived
        if each.document is not None:
            found |= document_fields(each.kind, each.document)
    rows = [
        {
            "line": line.line,
            "category": line.category,
            "amount_ore": kroner(line.amount_ore, Language.NB),
            "explanation": line.explanation,
        }
        for line in content.lines
    ]
    return with_lines(found, rows)


def document_fields(kind: str, document: Document) -> dict[str, str]:
    """Fields of a draft that say that a document is attached."""
    return {
        f"attachments.{kind}.{name}": str(getattr(document, name))
        for name in OF_DOCUMENT
    }


def _day(of: date | None) -> str:
    return "" if of is None else f"{of:%d.%m.%Y}"
