"""The command line: ``fagnett``."""

from deploy.cli.app import main

__all__ = ["main"]
