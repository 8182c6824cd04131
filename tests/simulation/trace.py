"""What happened in a run, in order: counted, and hashed so that two runs compare."""

import hashlib
from collections import Counter
from collections.abc import Callable
from typing import Final

DIGEST_CHARACTERS: Final = 16


class Trace:
    """The story of a run. ``clock`` gives virtual seconds, ``show`` gets each line."""

    def __init__(
        self,
        clock: Callable[[], float],
        show: Callable[[str], None] | None = None,
    ) -> None:
        self._clock = clock
        self._show = show
        self._hash = hashlib.sha256()
        self.counts: Counter[str] = Counter()

    def tell(self, kind: str, what: str = "") -> None:
        """Add a line."""
        line = f"{self._clock():.6f} {kind} {what}"
        self._hash.update(line.encode() + b"\n")
        self.counts[kind] += 1
        if self._show is not None:
            self._show(line)

    @property
    def digest(self) -> str:
        """The same for two runs in which the same happened."""
        return self._hash.hexdigest()[:DIGEST_CHARACTERS]
