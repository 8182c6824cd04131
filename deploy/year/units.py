"""Words beside a table that make its amounts something else than kroner."""

import re
from typing import Final

_FOREIGN: Final = r"eur|euro|usd|sek|dkk|gbp|chf|isk|[€$£]"
_MANY: Final = r"tnok|mnok|tkr|mkr|(?:hele |heile )?tusen|mill\.?|million(?:er|ar)"
_THOUSAND: Final = r"1[ .\u00a0]?000"
"""Only behind ``i``: else it may be an amount itself."""
_KRONER: Final = r"(?: ?(?:kr\.?|kroner|nok))?"
_ALONE: Final = re.compile(
    rf"(?:(?:i )?(?:{_FOREIGN}|{_MANY})|i (?:hele |heile )?{_THOUSAND}){_KRONER}",
    re.IGNORECASE,
)
_WITHIN: Final = re.compile(
    rf"\bi (?:{_FOREIGN}|{_MANY}|(?:hele |heile )?{_THOUSAND})(?![\w-])"
    r"|(?<![0-9])(?<![0-9][ \u00a0])\b"
    r"(?:(?:tnok|mnok|tkr|mkr)\b|(?:tusen|mill\.?|millioner|millionar) (?:kr|nok))",
    re.IGNORECASE,
)


def is_other_unit(text: str) -> bool:
    """Whether a cell is a unit other than kroner: ``EUR``, ``tusen kr``."""
    return _ALONE.fullmatch(text) is not None


def says_other_unit(text: str) -> bool:
    """Whether a title has such a unit in it: ``Beløp i tusen``."""
    return is_other_unit(text) or _WITHIN.search(text) is not None
