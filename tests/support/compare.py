"""Holding a settlement against an expected one: what must be there, and in order."""

from typing import Any


def without_more(found: Any, expected: Any) -> Any:
    """Return what was found, without members that are not expected.

    A reason is words, and not compared.
    """
    if isinstance(found, dict) and isinstance(expected, dict):
        return {
            key: each if key == "reason" else without_more(found.get(key), each)
            for key, each in expected.items()
        }
    if isinstance(found, list) and isinstance(expected, list):
        pairs = zip(found, expected, strict=False)
        return [without_more(*pair) for pair in pairs] + found[len(expected) :]
    return found
