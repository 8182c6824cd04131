"""What a check found."""

from enum import StrEnum
from typing import NamedTuple

from api.words import Language, sentence

Values = dict[str, str | int]


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNS = "warns"
    """Nothing stops; somebody should act before long."""
    FAILS = "fails"
    """The node does not start, or does not do its work, until somebody acts."""


class Finding(NamedTuple):
    """One line of the doctor's."""

    check: str
    level: Level
    key: str
    """Of the words that say what was found, and what to do."""
    values: Values

    def words(self, language: Language) -> str:
        """Name of the check and why, in the operator's language."""
        values = self.values
        if "key_file" in values:
            why = sentence(language, "key_file", str(values["key_file"]), values)
            values = {**values, "reason": why.removesuffix(".")}
        return sentence(language, "doctor", self.key, values)


def ok(check: str, why: str = "ok", /, **values: str | int) -> Finding:
    """All is well."""
    return Finding(check, Level.OK, f"{check}_{why}", values)


def warns(check: str, why: str = "warns", /, **values: str | int) -> Finding:
    """Somebody should look at it."""
    return Finding(check, Level.WARNS, f"{check}_{why}", values)


def fails(check: str, why: str = "fails", /, **values: str | int) -> Finding:
    """It must be put right."""
    return Finding(check, Level.FAILS, f"{check}_{why}", values)
