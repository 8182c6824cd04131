"""What can go wrong before any journal is opened, in words and an exit code."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from pydantic import ValidationError

from api.words import Language, sentence
from deploy.cli.complaints import complaints
from deploy.cli.progress import told
from deploy.keyfiles import KeyFileError
from federation.signed.keys import BrokenKeyError


def of_key(error: KeyFileError | BrokenKeyError, words: Language) -> str:
    """What is wrong with a key or its file, in words where there are some."""
    if isinstance(error, KeyFileError) and error.key:
        return sentence(words, "key_file", error.key, error.values)
    return str(error)


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
        told(of_key(error, words))
        raise typer.Exit(2) from None
