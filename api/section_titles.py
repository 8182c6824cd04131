"""What the sections of yearly reports are called."""

from typing import Final

from api.words import Language, sentence
from domain.values import Region

_WORDS: Final = "page_governance"
WHOLE_REPORT: Final = "whole_report"
"""A section that no rule asks for: all in one, as one writes it."""
WORDED: Final = frozenset(
    {
        *(WHOLE_REPORT, "equitable_services", "less_variation", "knowledge_used"),
        *("advice", "competence_spread", "main_focus", "pathways", "bottlenecks"),
        *("improvements", "committed_cooperation", "exchange", "clinical_work"),
        *("collaboration", "improvement"),
    }
)
"""Sections that there are words for; others are called by their keys."""


def section_title(key: str, language: Language) -> str:
    """What a section is called; its key where a report calls it otherwise."""
    name, _, last = key.rpartition("_")
    region = last if last in {each.value for each in Region} else ""
    asked = name if region else key
    if asked not in WORDED:
        return key
    words = sentence(language, _WORDS, f"told_{asked}")
    return f"{words}: {sentence(language, 'word', region)}" if region else words
