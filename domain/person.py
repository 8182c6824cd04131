"""Which person a spelling names: two spellings of one person are one person."""

import re
import unicodedata
from typing import Final

_UNSEEN: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0]"
)
"""What nobody sees and Unicode does not count as format (Default_Ignorable)."""


def person(spelling: str) -> str:
    """Return what a person is known by, whatever the case, width or Unicode form.

    What cannot be seen is left out, and blanks count once. What this returns it
    returns as it is. Source: Unicode 3.13, toNFKC_Casefold.
    """
    folded = unicodedata.normalize("NFKC", spelling).casefold()
    seen = "".join(
        c for c in folded if unicodedata.category(c) not in {"Cc", "Cf"} or c.isspace()
    )
    return " ".join(unicodedata.normalize("NFKC", _UNSEEN.sub("", seen)).split())
