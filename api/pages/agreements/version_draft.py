"""A version as somebody types it: read from its form, and filled into one."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from api.pages.forms import Typed
from api.pages.visit import Visit
from api.words import Language, kroner
from domain.agreements.agreement import ProposeVersion, Terms

ROWS_MAX: Final = 40
"""Posts that one form takes."""
OF_ROW: Final = (
    *("post", "content", "percent", "starts_on", "ends_on", "annual_cost_ore"),
)
PLAIN: Final = (
    *("frequency", "vacancy", "vat_treatment", "vat_reason", "travel"),
    *("archive_reference", "endorsement_waived", "cooperation_waived"),
)
SECTIONS: Final = ("tasks", "obligations", "aims", "economy")
Draft = Mapping[str, str]
"""What is typed, by field; of a row ``posts.0.percent``."""


def rows_typed(form: Draft) -> list[dict[str, str]]:
    """Rows of posts in which anything is typed, without the empty ones between."""
    rows = (
        {name: form.get(f"posts.{index}.{name}", "") for name in OF_ROW}
        for index in range(ROWS_MAX)
    )
    return [row for row in rows if any(text.strip() for text in row.values())]


def with_rows(form: Draft, rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Draft with these rows, numbered from 0."""
    kept = {name: text for name, text in form.items() if not name.startswith("posts.")}
    for index, row in enumerate(rows):
        kept |= {f"posts.{index}.{name}": text for name, text in row.items()}
    return kept


def draft_of_terms(terms: Terms) -> dict[str, str]:
    """Draft that says what some terms say."""
    found: dict[str, str] = {
        "effective_from": _day(terms.effective_from),
        "starts_on": _day(terms.starts_on),
        "ends_on": _day(terms.ends_on),
        "frequency": terms.frequency.value,
        "vacancy": terms.vacancy.value,
        "vat_treatment": terms.vat_treatment.value,
        "vat_reason": terms.vat_reason,
        "travel": terms.travel.value if terms.travel else "",
        "archive_reference": terms.archive_reference or "",
        "notice_months": ""
        if terms.notice_months is None
        else str(terms.notice_months),
        "endorsement_required": "yes" if terms.endorsement else "",
        "endorsement_waived": terms.endorsement_waived or "",
        "cooperation_waived": terms.cooperation_waived or "",
    }
    if terms.cooperation is not None:
        found |= {name: getattr(terms.cooperation, name) for name in SECTIONS}
    rows = [
        {
            "post": post.post,
            "content": post.content,
            "percent": _percent(post.percent),
            "starts_on": _day(post.starts_on),
            "ends_on": _day(post.ends_on),
            "annual_cost_ore": kroner(post.annual_cost_ore, Language.NB),
        }
        for post in terms.posts
    ]
    return with_rows(found, rows)


def _percent(percent: str | None) -> str:
    return (
        "" if percent is None else f"{Decimal(percent).normalize():f}".replace(".", ",")
    )


def _day(of: date) -> str:
    return f"{of:%d.%m.%Y}"


def proposal_of(
    visit: Visit, draft: Draft, fixed: Mapping[str, Any]
) -> tuple[Typed, Mapping[str, Any]]:
    """Members of a proposal that a draft says; ``fixed`` are those that it does not."""
    typed = Typed(visit, draft)
    members: dict[str, Any] = {
        **fixed,
        **{name: typed.text(name) for name in PLAIN},
        **{
            name: typed.day(name) for name in ("effective_from", "starts_on", "ends_on")
        },
        "notice_months": typed.number("notice_months", needed=False),
        "endorsement_required": bool(typed.text("endorsement_required")),
        "posts": [_post(typed, index) for index in range(len(rows_typed(draft)))],
    }
    decided_on = typed.day("vat_decided_on", needed=False)
    if decided_on is not None or typed.text("vat_decided_by"):
        members["vat_decided_on"] = decided_on
        members["vat_decided_by"] = typed.person("vat_decided_by", needed=False)
    sections = {name: typed.text(name) for name in SECTIONS}
    if any(sections.values()):
        members["cooperation"] = sections
    return typed, _said(members)


def _post(typed: Typed, index: int) -> Mapping[str, Any]:
    at = f"posts.{index}"
    return _said(
        {
            "post": typed.text(f"{at}.post", needed=True),
            "content": typed.text(f"{at}.content"),
            "percent": typed.percent(f"{at}.percent", needed=False),
            "starts_on": typed.day(f"{at}.starts_on"),
            "ends_on": typed.day(f"{at}.ends_on"),
            "annual_cost_ore": typed.amount_ore(f"{at}.annual_cost_ore"),
        }
    )


def _said(members: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in members.items()
        if value not in ("", None)
    }


def as_proposal(members: Mapping[str, Any]) -> ProposeVersion:
    """Proposal with some members; raise ``ValidationError`` where it cannot be."""
    return ProposeVersion.model_validate(members, strict=False)


def next_version_number(numbers: Iterable[int]) -> int:
    """Number of the next version."""
    return max(numbers, default=0) + 1
