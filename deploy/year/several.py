"""Cells that hold several values, with bars between them.

What stands there twice cannot be read. The order of values means nothing, and they are
sorted, where it is not said that it does.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from deploy.year.readers import Cell, UnreadableCellError, as_organisation, as_text

BAR: Final = "|"
_KEY: Final = re.compile(r"[a-z0-9_]{1,40}")
_POINTS: Final = re.compile(r"-?[0-9]{1,6}")
_WAIVED: Final = re.compile(r"(?:waived|fritatt|friteke[nt]?):\s*(\S.*)", re.IGNORECASE)
"""A criterion that is not weighed, and why."""


def as_key_of(text: str) -> str:
    """Read the key of something that is given as data: a section, a kind, a criterion."""
    if not _KEY.fullmatch(text):
        raise UnreadableCellError("not_a_key")
    return text


def several(
    read: Callable[[str], Cell], *, ordered: bool = False
) -> Callable[[str], str]:
    """Read values, each as ``read`` does."""

    def values(text: str) -> str:
        found = [str(read(each)) for each in _parts(text)]
        return _joined(found, found, ordered=ordered)

    return values


def _parts(text: str) -> Iterator[str]:
    for each in text.split(BAR):
        part = each.strip()
        if not part:
            raise UnreadableCellError("no_value")
        yield part


def _joined(
    found: Sequence[str], names: Sequence[str], *, ordered: bool = False
) -> str:
    """Put values together again; raise where two have one name."""
    if len({*names}) < len(names):
        raise UnreadableCellError("twice")
    return BAR.join(found if ordered else sorted(found))


def as_scores(text: str) -> str:
    """Read ``criterion=4`` and ``criterion=waived: why``."""
    found = []
    for part in _parts(text):
        criterion, _, given = (each.strip() for each in part.partition("="))
        as_key_of(criterion)
        waived = _WAIVED.fullmatch(given)
        if waived is None and not _POINTS.fullmatch(given):
            raise UnreadableCellError("not_scores")
        told = f"waived: {waived[1]}" if waived else str(int(given))
        found.append(f"{criterion}={as_text(told)}")
    return _joined(found, [each.partition("=")[0] for each in found])


def scores_of(cell: str) -> list[dict[str, Any]]:
    """Scores as a command has them."""
    found: list[dict[str, Any]] = []
    for part in cell.split(BAR):
        criterion, _, given = part.partition("=")
        waived = _WAIVED.fullmatch(given)
        score = {"waived": waived[1]} if waived else {"points": int(given)}
        found.append({"criterion": criterion, **score})
    return found


def as_absences(text: str) -> str:
    """Read ``organisation number=why``."""
    found = []
    for part in _parts(text):
        trust, equals, reason = part.partition("=")
        if not equals:
            raise UnreadableCellError("not_absences")
        found.append(f"{as_organisation(trust.strip())}={as_text(reason.strip())}")
    return _joined(found, [each.partition("=")[0] for each in found])


def absences_of(cell: str) -> list[dict[str, str]]:
    """Absences as a command has them."""
    parts = (part.partition("=") for part in cell.split(BAR))
    return [{"trust": trust, "reason": reason} for trust, _, reason in parts]


def as_attachments(text: str) -> str:
    """Read ``kind``, of what is archived, and ``kind=file name``."""
    found = []
    for part in _parts(text):
        kind, equals, file = (each.strip() for each in part.partition("="))
        as_key_of(kind)
        if equals and not file:
            raise UnreadableCellError("no_value")
        found.append(f"{kind}={as_text(file)}" if equals else kind)
    return _joined(found, [each.partition("=")[0] for each in found])


def attachments_of(cell: str) -> list[tuple[str, str]]:
    """Kind of each attachment, and the name of its file, if it has one."""
    parts = (part.partition("=") for part in cell.split(BAR))
    return [(kind, file) for kind, _, file in parts]


def several_listed(cell: str) -> list[str]:
    """Values as a command has them."""
    return cell.split(BAR)
