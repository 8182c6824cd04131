"""Which person a spelling names: two spellings of one person are one person."""

import unicodedata

from domain.texts import UNSEEN


def person(spelling: str) -> str:
    """Fold a person's name: case, width and Unicode form do not count.

    What cannot be seen is left out, and blanks count once. What this returns it
    returns as it is. Source: Unicode 3.13, toNFKC_Casefold.
    """
    folded = unicodedata.normalize("NFKC", spelling).casefold()
    seen = "".join(
        c for c in folded if unicodedata.category(c) not in {"Cc", "Cf"} or c.isspace()
    )
    return " ".join(unicodedata.normalize("NFKC", UNSEEN.sub("", seen)).split())
