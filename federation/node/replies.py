"""What is said of the home log by who may hold more of it, and what to do then."""

from collections.abc import Collection, Mapping
from enum import Enum, auto


class Reply(Enum):
    """What somebody says of the home log."""

    NO_MORE = auto()
    """It holds no more than is here."""
    MORE = auto()
    """It holds more, or says so, and that cannot be taken: it is signed with a key
    that is not known here, or not given at all."""
    SILENT = auto()
    """It does not answer, or not of what is meant."""


def second(what: str) -> str:
    """Sentence for an operator where somebody holds other entries of the home log."""
    return (
        f"{what}, signed with this region's key and not recorded here: another node "
        "runs with the same key, or this journal is an older copy. Stop the other, "
        "then start this one again"
    )


def unknown(names: Collection[str]) -> str:
    """Advice about who may hold more, by a key that is not known here."""
    return (
        f"{', '.join(sorted(names))} can hold more of the home log, and no key that is "
        "known here verifies it: add the newer lines to the file of the regions' keys"
    )


def advice(replies: Mapping[str, Reply]) -> str:
    """Advice where something is missing."""
    more = [name for name, reply in replies.items() if reply is Reply.MORE]
    silent = [name for name, reply in replies.items() if reply is Reply.SILENT]
    if more:
        return unknown(more)
    if silent:
        return f"No answer yet from {', '.join(silent)}; they are asked again"
    return (
        "All regions have answered, and none holds what is missing. Restore a newer "
        "backup of this journal; where there is none, begin a new epoch"
    )
