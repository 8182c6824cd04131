"""Telling people on standard error what goes on."""

import sys


def told(text: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
