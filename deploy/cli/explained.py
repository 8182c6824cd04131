"""What can go wrong before any journal is opened, in words and an exit code."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from pydantic import ValidationError

from api.words import Language
from deploy.cli.complaints import complaints
from deploy.cli.progress import told
from deploy.keyfiles import KeyFileError
from federation.signed.keys import BrokenKeyError


@contextmanager
def settings_explained(words: Language) -> Iterator[None]:
    """Turn what is wrong with settings and keys into words and an exit code."""
    try:
        yield
    except ValidationError as error:
        for setting, reason in complaints(error, words):
            told(f"{setting} {reason}")
        raise typer.Exit(2) from None
    except (KeyFileError, BrokenKeyError) as error:
        told(str(error))
        raise typer.Exit(2) from None
