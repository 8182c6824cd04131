"""What is said about the pages themselves: who may do what, and for whom they work."""

from typing import Final, NamedTuple

from fastapi import APIRouter, Request, Response

from api.access import MAY_READ, READS_LOG
from api.pages.rendering import Speaker, html_page
from api.pages.visit import TheVisit, frame_of, language_of
from api.routers import public
from api.services import Node
from domain.catalogue import COMMANDS
from domain.fact import Command
from domain.history import ShownTo
from domain.role import Role

router: Final[APIRouter] = public()
ACCESS: Final = "page_access"
ACCESSIBILITY: Final = "page_accessibility"


class CommandRow(NamedTuple):
    """A command, who sends it, and whether the visitor's role does."""

    what: str
    who: str
    roles: str
    is_yours: bool


def command_key(command: type[Command]) -> str:
    """Key of a command's words: ``issue_invoice``."""
    name = command.__name__
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


@router.get("/access", include_in_schema=False)
def access_page(visit: TheVisit) -> Response:
    """Who may read and do what, from the table that decides it."""
    speaker = visit.speaker(ACCESS)
    return visit.page(
        "access.html",
        ACCESS,
        "access",
        role=speaker.say(f"role_{visit.role}"),
        roles=[(each.value, speaker.say(f"role_{each}")) for each in Role],
        reading=[
            (
                speaker.say(f"reads_{what}"),
                speaker.say(f"reads_{what}_words"),
                [role.value for role in allowed],
            )
            for what, allowed in (
                *((each.value, MAY_READ[each]) for each in ShownTo),
                ("log", READS_LOG),
            )
        ],
        commands=sorted(_row(each, visit.role, speaker) for each in COMMANDS),
    )


def _row(command: type[Command], role: Role, speaker: Speaker) -> CommandRow:
    authority = COMMANDS[command].authority
    names = sorted(speaker.say(f"role_{each}") for each in authority.by)
    return CommandRow(
        speaker.say(command_key(command)),
        speaker.say(f"asks_{authority.asks.name.lower()}"),
        ", ".join(names),
        role in authority.by,
    )


@router.get("/accessibility", include_in_schema=False)
def accessibility_statement(request: Request) -> Response:
    """Say how far everybody can use the pages, and what was not looked at."""
    node: Node = request.app.state.node
    speaker = Speaker(language_of(request), ACCESSIBILITY)
    frame = frame_of(request, node, speaker)
    return html_page("accessibility.html", speaker, dict(frame))
