"""A document store in memory, and documents for tests."""

from federation.documents.salted import hash_of
from federation.documents.store import as_it_was, require_hash


class MemoryStore:
    """Keeps documents for as long as a test runs."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, kept: bytes) -> str:
        """Keep bytes."""
        sha256 = hash_of(kept)
        self.kept[sha256] = kept
        return sha256

    def get(self, sha256: str) -> bytes | None:
        """Give what is kept, checked."""
        kept = self.kept.get(require_hash(sha256))
        return None if kept is None else as_it_was(sha256, kept)

    def part(self, sha256: str, start: int, size: int) -> bytes | None:
        """Give some of it."""
        kept = self.kept.get(require_hash(sha256))
        return None if kept is None else kept[start : start + size]

    def remove(self, sha256: str) -> bool:
        """Let go of it."""
        return self.kept.pop(require_hash(sha256), None) is not None

    def close(self) -> None:
        """Do nothing."""
