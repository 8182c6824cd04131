"""Reading a workbook in: tried first, each refused row in its place, then recorded."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath
from typing import Final

import structlog
from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile as SentFile

from api.auth import Role
from api.desk.uploads import KeptUpload
from api.document_giving import keep_document, try_document
from api.folders import (
    UPLOAD_BYTES_MAX,
    FolderAsker,
    FolderDoor,
    UnreadFolderError,
    UploadFile,
)
from api.pages.acting import Confirmation, confirmed, may_send, send
from api.pages.register import register
from api.pages.visit import TheVisit, Visit, require_role, sent_form
from api.problems import ProblemError, problem_in_words
from api.routers import public
from domain.fact import Command
from federation.log.command_names import keys_used

log = structlog.get_logger()

router: Final[APIRouter] = public()
SECTION: Final = "page_import"
IMPORT: Final = "/import"
WHO_IMPORTS: Final = (
    *(Role.CONTROLLER, Role.COORDINATOR, Role.APPROVER, Role.LEADER),
    *(Role.REGISTRAR, Role.SECRETARY, Role.DECIDER),
)
KINDS: Final = frozenset({".xlsx", ".xlsm", ".zip"})
MEGABYTE: Final = 1024 * 1024
SHOWN_MAX: Final = 50
"""Rows of one sheet that a page shows; the others are counted."""
_RUNNING: Final[set[asyncio.Task[None]]] = set()


def _door(visit: Visit) -> FolderDoor:
    require_role(visit, *WHO_IMPORTS)
    if visit.node.folders is None:
        raise ProblemError("not_found")
    return visit.node.folders


@router.get(IMPORT, include_in_schema=False)
def import_page(visit: TheVisit) -> Response:
    """Ask for a file."""
    _door(visit)
    return _asked(visit, "")


def _asked(visit: Visit, error: str) -> Response:
    return visit.page(
        "import.html",
        SECTION,
        "import",
        error=error,
        megabytes=UPLOAD_BYTES_MAX // MEGABYTE,
    )


@router.post(IMPORT, include_in_schema=False)
async def try_file(visit: TheVisit) -> Response:
    """Try a file, and show what would come of it."""
    try:
        await sent_form(visit)
        return await _tried(visit, _door(visit))
    finally:
        await visit.request.close()


async def _tried(visit: Visit, door: FolderDoor) -> Response:
    speaker = visit.speaker(SECTION)
    sent = (await visit.request.form()).get("file")
    if not isinstance(sent, SentFile) or not sent.filename:
        return _asked(visit, speaker.say("no_file"))
    if PurePosixPath(sent.filename).suffix.lower() not in KINDS:
        return _asked(visit, speaker.say("other_kind"))
    content = await sent.read()
    if len(content) > UPLOAD_BYTES_MAX:
        megabytes = UPLOAD_BYTES_MAX // MEGABYTE
        return _asked(visit, speaker.say("file_too_large", megabytes=megabytes))
    file = UploadFile(PurePosixPath(sent.filename.replace("\\", "/")).name, content)
    try:
        checked = await door.check(file, _asker(visit))
    except UnreadFolderError as error:
        return _asked(visit, str(error))
    now = visit.node.unix_seconds()
    person = visit.session.person
    kept = visit.node.uploads.keep(person, visit.organisation, file, checked, now)
    return RedirectResponse(f"{IMPORT}/{kept.name}", 303)


def _asker(visit: Visit) -> FolderAsker:
    return FolderAsker(
        organisation=visit.organisation,
        actor=visit.caller.actor,
        region=visit.node.region,
        day=visit.day,
        language=visit.language,
        pseudonym=visit.node.persons.pseudonym,
        try_document=partial(try_document, visit.node),
        document=partial(keep_document, visit.node, visit.caller),
        may=lambda command: may_send(visit, command),
        used=lambda keys: keys_used(
            visit.node.journal, visit.node.executor.digests, visit.organisation, keys
        ),
    )


def _kept(visit: Visit, name: str) -> KeptUpload:
    _door(visit)
    person = visit.session.person
    kept = visit.node.uploads.find(name, person, visit.organisation)
    if kept is None:
        raise ProblemError("upload_gone")
    return kept


@router.get("/import/{name}", include_in_schema=False)
def tried_file(visit: TheVisit, name: str) -> Response:
    """What a trial said, or what came of recording."""
    kept = _kept(visit, name)
    template = "import_recorded.html" if kept.begun else "import_tried.html"
    return visit.page(
        template, SECTION, "import", kept=kept, most=SHOWN_MAX, address=IMPORT
    )


@router.get("/import/{name}/confirm", include_in_schema=False)
def confirm_file(visit: TheVisit, name: str) -> Response:
    """Ask whether the own rows are to be recorded."""
    kept = _kept(visit, name)
    speaker, checked = visit.speaker(SECTION), kept.checked
    if kept.begun or not checked.own:
        raise ProblemError("upload_gone")
    here = f"{IMPORT}/{name}"
    rows = speaker.count("rows", checked.own)
    asked = Confirmation(
        title=speaker.say("confirm_title", rows=rows, file=kept.file.name),
        lead=speaker.say("confirm_lead"),
        what=speaker.say("confirm_what"),
        facts=[
            (speaker.say("rows_heading"), rows),
            (speaker.say("known"), speaker.count("rows", checked.known)),
            (speaker.say("left_out"), speaker.count("rows", checked.refused)),
            (speaker.say("left_to_others"), speaker.count("rows", checked.of_others)),
            (speaker.say("on_behalf"), _name(visit)),
            (speaker.say("file_fingerprint"), kept.fingerprint[:16]),
        ],
        action=f"{here}/record",
        verb=speaker.say("record_verb", rows=rows),
        back=here,
        crumbs=((speaker.say("title"), IMPORT), (speaker.say("trial"), here)),
        fields={"fingerprint": kept.fingerprint},
        after=speaker.say("confirm_after"),
    )
    return confirmed(visit, SECTION, "import", asked)


def _name(visit: Visit) -> str:
    with visit.views() as connection:
        known = register(connection, visit.day).get(visit.organisation)
    return known.name if known else visit.organisation


@router.post("/import/{name}/record", include_in_schema=False)
async def record_file(visit: TheVisit, name: str) -> Response:
    """Begin to record; nobody has to wait for its end."""
    form = await sent_form(visit)
    door, kept = _door(visit), _kept(visit, name)
    if form.get("fingerprint") != kept.fingerprint:
        raise ProblemError("upload_gone")
    if not kept.begun:
        kept.begun = True
        await in_background(_recorded(visit, door, kept))
    return RedirectResponse(f"{IMPORT}/{name}", 303)


async def in_background(work: Coroutine[None, None, None]) -> None:
    """Begin some work, for whose end nobody waits."""
    task = asyncio.create_task(work)
    _RUNNING.add(task)
    task.add_done_callback(_RUNNING.discard)


async def _recorded(visit: Visit, door: FolderDoor, kept: KeptUpload) -> None:
    """Record a file's own rows, and keep what came of it."""
    names: dict[str, str] = {}
    persons = visit.node.persons

    def pseudonym(organisation: str, name: str) -> str:
        code = persons.pseudonym(organisation, name)
        names[code] = name
        return code

    async def send_row(command: Command, key: str) -> bool:
        receipt = await send(visit, command, {"key": key})
        for code in [each for each in names if each in str(command)]:
            persons.remember(code, names.pop(code))
        return bool(receipt.rows) and not receipt.repeated

    asker = replace(_asker(visit), pseudonym=pseudonym)
    try:
        kept.outcome = await door.record(kept.file, asker, send_row, kept.tell)
    except UnreadFolderError as error:
        kept.failed = str(error)
    except Exception:
        # Somebody waits to hear of it, whatever it is.
        log.exception("import_failed")
        words, _ = problem_in_words(ProblemError("internal"), visit.language)
        kept.failed = f"{words.title}. {words.detail}"
