"""Damage: what was found in a journal that is not what was kept there."""


class Damage:
    """What any part of a node has found since it opened the journal."""

    def __init__(self) -> None:
        self.last: str | None = None
        """What was found last, with its place."""
        self._told: set[tuple[str, str]] = set()

    def found(self, origin: str, error: Exception) -> None:
        """Keep what was found in the log of a region, and log it once."""
        self.last = reason = str(error)
        if (origin, reason) not in self._told:
            self._told.add((origin, reason))
            # A command line that finds nothing waits for no log.
            import structlog  # noqa: PLC0415

            log = structlog.get_logger()
            log.error("damage_found", origin=origin, reason=reason)
