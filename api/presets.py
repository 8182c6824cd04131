"""The rules of calls that come with the program, as JSON: ``api/call_rules/``."""

from importlib import resources
from typing import Final

PRESETS: Final = ("s0-2025", "s2-2022", "s3-2025", "s4-2026")
"""Networks in Helse Nord, patient safety and collaboration in Helse Midt-Norge, and
what members of local networks in Helse Fonna have spent on taking part."""


def preset_rules(name: str) -> bytes | None:
    """Rules of a call by their name; none where nothing of that name comes with us."""
    if name not in PRESETS:
        return None
    return resources.files("api").joinpath("call_rules", f"{name}.json").read_bytes()
