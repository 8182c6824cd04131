"""Long texts of a form: typed, or given as a file; each becomes a document.

A file is kept when it comes, since no form brings it twice; a typed text only when what
refers to it is recorded. Of a field ``exit_plan`` the file is ``exit_plan.file``, what is
known of one that is kept ``exit_plan.kept``, and ``exit_plan.drop`` leaves it out.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final

from starlette.datastructures import UploadFile

from api.document_giving import keep_document, try_document
from api.document_reading import read_document
from api.pages.forms import Faults, Typed, faults_of_problem
from api.pages.visit import Visit, sent_form
from api.problems import ProblemError
from domain.document import Document
from federation.documents.salted import PLAIN_TEXT

SHOWN_MAX: Final = 200_000
"""Bytes of a text that is shown in a form; a longer one stays the file that it is."""


async def form_with_files(
    visit: Visit, names: Iterable[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Fields of a form with what is known of the files that came along, now kept.

    The other half says by field why a file is not taken.
    """
    form = dict(await sent_form(visit))
    sent = await visit.request.form()
    refused: dict[str, str] = {}
    try:
        for name in names:
            file = sent.get(f"{name}.file")
            if not isinstance(file, UploadFile) or not file.filename:
                continue
            content, said = await file.read(), file.content_type or ""
            try:
                kept = await asyncio.to_thread(
                    keep_document, visit.node, visit.caller, content, said
                )
            except ProblemError as error:
                refused[name] = faults_of_problem(visit, error).summary
            else:
                form[f"{name}.kept"] = _written(kept)
                form.pop(f"{name}.drop", None)
    finally:
        await sent.close()
    return form, refused


def with_files_not_taken(
    visit: Visit, faults: Faults, not_taken: Mapping[str, str]
) -> Faults:
    """Why a form is refused, with why files that came along were not kept."""
    summary = faults.summary or visit.speaker("site").say("form_refused")
    return Faults(summary, {**faults.of, **not_taken})


def read_text(visit: Visit, typed: Typed, name: str, *, keeps: bool) -> Document | None:
    """Document that a field says, or nothing; a typed text is kept if ``keeps``."""
    text = typed.text(name).replace("\r\n", "\n")
    kept = "" if typed.text(f"{name}.drop") else typed.text(f"{name}.kept")
    if text and kept:
        typed.note(name, "form_text_or_file")
        return None
    try:
        if kept:
            return _read(kept)
        if not text:
            return None
        content = text.encode()
        if keeps:
            return keep_document(visit.node, visit.caller, content, PLAIN_TEXT)
        return try_document(visit.node, content, PLAIN_TEXT)
    except ProblemError as error:
        typed.fault(name, error)
        return None


async def fields_of_texts(
    visit: Visit, documents: Mapping[str, Document | None]
) -> dict[str, str]:
    """Fields that say what some documents say: texts as they are, files as kept."""
    fields: dict[str, str] = {}
    for name, document in documents.items():
        if document is None:
            continue
        text = await _text_of(visit, document)
        fields[f"{name}.kept" if text is None else name] = (
            _written(document) if text is None else text
        )
    return fields


async def _text_of(visit: Visit, document: Document) -> str | None:
    if document.media_type != PLAIN_TEXT or document.size > SHOWN_MAX:
        return None
    try:
        read = await read_document(
            visit.node, visit.caller, visit.views, document.sha256
        )
        return read.content.decode()
    except (ProblemError, UnicodeDecodeError):
        return None


def _written(document: Document) -> str:
    return f"{document.sha256} {document.size} {document.media_type}"


def _read(kept: str) -> Document:
    """Document of a field that a page has made; raise the problem of another."""
    parts = kept.split(" ", 2)
    try:
        sha256, size, media_type = parts
        return Document(sha256=sha256, size=int(size), media_type=media_type)
    except ValueError:
        raise ProblemError("unknown_document") from None
