"""Figures that are written as text: with a comma or a point, with thousands apart.

``1.234`` is a thousand kroner to one and little more than one to another. Which of
them a table means is decided once for all of it, by the cells that can be read in one
way only, and by what stands between its columns. Where these do not agree, or say
nothing, nobody can tell.
"""

import re
from typing import Final

POINT: Final = "."
COMMA: Final = ","
_DECIMALS: Final = {",": POINT, ";": COMMA}
"""Which sign is before decimals in files with this between columns."""
_OTHER: Final = {POINT: COMMA, COMMA: POINT}
_MINUS: Final = re.compile(r"^[\u2212\u2013](?=\s*[0-9k])")
_KRONER: Final = re.compile(
    r"^(-?)\s*(?:kr\.?|nok)\s*(?=[-0-9])|\s*(?:kr\.?|nok|kroner)$", re.IGNORECASE
)
_NO_ORE: Final = re.compile(r"(?<=[0-9])\s?([.,])[\u2010-\u2013\u2212-]{1,2}$")
"""What stands behind whole kroner: ``100,-``."""
_PERCENT: Final = re.compile(r"(?<=[0-9])\s*(?:%|prosent|pst\.?)$", re.IGNORECASE)
_BLANKS: Final = "[ \u00a0\u202f\u2007\u2009'\u2019]"
"""What stands between thousands and is no sign of decimals to anybody."""
_PARTED: Final = re.compile(rf"(-?[1-9][0-9]{{0,2}}(?:{_BLANKS}[0-9]{{3}})+)(\D.*)?")
_DIGITS: Final = re.compile(r"-?[0-9]+")
_DECIMAL: Final = re.compile(r"(-?[0-9]+)([.,])([0-9]{1,2})")
_BOTH: Final = re.compile(r"(-?[1-9][0-9]{0,2}(?:[.,][0-9]{3})+)([.,])([0-9]{1,2})")
_GROUPS: Final = re.compile(r"-?[1-9][0-9]{0,2}(?:[.,][0-9]{3})+")


class TwoWaysError(ValueError):
    """A figure that can be read in two ways; these are ``one`` and ``other``."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(one)
        self.one = one
        self.other = other


class Figures:
    """Reads the figures of one table, and learns from them what its signs mean."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self.separator = ""
        """What stands between the table's columns, if anything does."""
        self.complete = False
        """Whether all cells have been looked at, so that the sign may be decided."""

    def amount(self, text: str) -> str:
        """Kroner with a point and no more, where it can be read.

        Raises :class:`TwoWaysError` where it can be read in two ways. What is no
        amount is returned as it is.
        """
        plain = _KRONER.sub(r"\1", _MINUS.sub("-", text), count=1)
        whole = _NO_ORE.search(plain)
        plain = _NO_ORE.sub("", plain)
        parted = _PARTED.fullmatch(plain)
        if parted is not None:
            plain = re.sub(_BLANKS, "", parted[1]) + (parted[2] or "")
        if exact := self._exact(plain):
            return exact
        if parted is not None:
            return text
        if match := _BOTH.fullmatch(plain):
            return self._with_both(match, text)
        if not _GROUPS.fullmatch(plain):
            return text
        if whole and whole[1] not in plain:  # 1.234,- has its decimal sign
            self._seen.add(whole[1])
            return plain.replace(_OTHER[whole[1]], "")
        return self._with_thousands(plain, text)

    def percent(self, text: str) -> str:
        """Percentage with a point and no more, where it can be read."""
        return self._exact(_PERCENT.sub("", text)) or text

    def _exact(self, plain: str) -> str:
        """Figure that has no sign between thousands, or nothing."""
        if _DIGITS.fullmatch(plain):
            return plain
        match = _DECIMAL.fullmatch(plain)
        if match is None:
            return ""
        self._seen.add(match[2])
        return f"{match[1]}.{match[3]}"

    def _with_both(self, match: re.Match[str], text: str) -> str:
        """Read ``1.234,50``."""
        whole, sign, decimals = match[1], match[2], match[3]
        other = _OTHER[sign]
        if sign in whole:
            return text
        self._seen.add(sign)
        return f"{whole.replace(other, '')}.{decimals}"

    def _with_thousands(self, whole: str, text: str) -> str:
        """Read ``1.234``, or ``1.234.567`` of which nothing can be decimals."""
        signs = {each for each in (POINT, COMMA) if each in whole}
        if len(signs) > 1:
            return text
        (sign,) = signs
        number = whole.replace(sign, "")
        if whole.count(sign) > 1:
            self._seen.add(_OTHER[sign])
            return number
        decimal = self._decimal()
        if not decimal:
            raise TwoWaysError(number, whole.replace(sign, COMMA))
        return text if decimal == sign else number

    def _decimal(self) -> str:
        """What stands before decimals, or nothing where that is not evident."""
        if not self.complete or len(self._seen) != 1:
            return ""
        (sign,) = self._seen
        return sign if _DECIMALS.get(self.separator, sign) == sign else ""
