"""What meets any command, told in a line."""

from pydantic import ValidationError

from api.words import DEFAULT
from deploy.cli.complaints import complaints
from deploy.cli.explained import of_key
from deploy.cli.progress import told
from deploy.keyfiles import KeyFileError
from federation.signed.keys import BrokenKeyError


def told_of(error: Exception) -> int | None:
    """Tell what went wrong, and return the exit code; None where it is ours."""
    match error:
        case ValidationError() if error.title.endswith("Settings"):
            for setting, reason in complaints(error, DEFAULT):
                told(f"{setting} {reason}")
            return 2
        case KeyFileError() | BrokenKeyError():
            told(of_key(error, DEFAULT))
            return 2
        case OSError():
            place = f"{error.filename}: " if error.filename else ""
            told(f"{place}{error.strerror or type(error).__name__}")
            return 1
        case _:
            return None
