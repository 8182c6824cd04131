"""Reading a folder for a command: the plan, or one line that says why there is none."""

import hashlib
from pathlib import Path

import typer

from api.words import Language, sentence
from api.written.names import in_words
from deploy.cli.progress import told
from deploy.year.folder import read_year
from deploy.year.lines import FolderError
from deploy.year.plan import Plan, plan


def read_plan(folder: Path, language: Language) -> tuple[Plan, str]:
    """Plan of a folder and its fingerprint; what cannot be played ends it."""
    try:
        year = read_year(folder)
    except FolderError as error:
        values = in_words(error.values, language)
        told(sentence(language, "folder", error.key, values))
        raise typer.Exit(2) from None
    for note in year.notes:
        told(sentence(language, "folder", note.key, note.values))
    planned = plan(year)
    calls = [
        (batch.day, call.request.path, call.key, sorted(call.request.body.items()))
        for batch in planned.batches
        for call in batch.calls
    ]
    unread = [(each.name, each.line, each.code) for each in planned.unread]
    content = repr((calls, unread)).encode()
    return planned, hashlib.sha256(content).hexdigest()
