"""Telling people on standard error how far something is that takes long."""

import time
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn
from rich.progress import Progress as Bar

from api.words import Language, sentence
from deploy.cli.progress import told

QUIET_SECONDS: Final = 5.0
"""Interval at which progress is told where it cannot be redrawn."""


class Progress:
    """A bar where there is a terminal, lines where there is none."""

    def __init__(self, language: Language) -> None:
        self._language = language
        console = Console(stderr=True)
        self._bar = None
        if console.is_terminal:
            columns = (
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
            )
            self._bar = Bar(*columns, console=console, transient=True)
            self._task = self._bar.add_task("", total=None)
            self._bar.start()
        self._rows = 0
        self._told_at = 0.0

    def phase(self, key: str) -> None:
        """Tell what is done now."""
        text = sentence(self._language, "progress", key, {"rows": self._rows})
        if self._bar is not None:
            self._bar.update(self._task, description=text, total=None, completed=0)
        else:
            told(text)

    def play(self, rows: int) -> None:
        """Tell that so many rows will be played."""
        self._rows = rows
        self.phase("play")
        if self._bar is not None:
            self._bar.update(self._task, total=rows)

    def played(self, rows: int) -> None:
        """Tell how many rows have been played."""
        if self._bar is not None:
            self._bar.update(self._task, completed=rows)
        elif time.monotonic() - self._told_at > QUIET_SECONDS:
            self._told_at = time.monotonic()
            if rows > 1:
                told(f"  {rows}/{self._rows}")

    def done(self) -> None:
        """Leave the terminal as it was."""
        if self._bar is not None:
            self._bar.stop()
