"""A form of one command with rows and long texts: typed, read once more, sent once.

What would be refused is refused before it is confirmed, by the same decision. Whatever
stands in the way, the form comes back with all that was typed.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from fastapi import Response
from pydantic import ValidationError

from api.pages.acting import (
    Confirmation,
    confirmed,
    on_behalf,
    require_sender,
    then,
    would_be_refused,
)
from api.pages.forms import (
    NO_FAULTS,
    Faults,
    Typed,
    attempt,
    faults_of,
    faults_of_problem,
)
from api.pages.given_texts import with_files_not_taken
from api.pages.rendering import Speaker
from api.pages.visit import Visit
from api.problems import refused
from domain.fact import Command

SIGN: Final = "sign"
"""The step of a form in which what was shown is sent."""
_NOT_CARRIED: Final = frozenset({"form", "key", "step", "more", "remove"})
ToldFacts = list[tuple[str, object]]
Fields = Mapping[str, str]


class LongForm(ABC):
    """A form of a command, on pages of its own."""

    command: type[Command]
    section: str
    words: str
    """Of its words: ``act_WORDS``, ``lead_WORDS``, ``after_WORDS``."""

    def __init__(
        self, visit: Visit, action: str, back: str, crumbs: Sequence[tuple[str, str]]
    ) -> None:
        self.visit = visit
        self.action = action
        self.back = back
        self.crumbs = crumbs
        require_sender(visit, self.command)

    @property
    def speaker(self) -> Speaker:
        """Words of the form's section."""
        return self.visit.speaker(self.section)

    @abstractmethod
    def shown(self, form: Fields, faults: Faults = NO_FAULTS) -> Response:
        """Show the form with what is typed, and each fault at its field."""

    @abstractmethod
    def members(self, typed: Typed, form: Fields, *, keeps: bool) -> dict[str, Any]:
        """Members of the command; texts are kept as documents if ``keeps``."""

    @abstractmethod
    def facts(self, command: Any, form: Fields) -> ToldFacts:  # noqa: ANN401 - its own
        """What is confirmed, in words."""

    def done_at(self, command: Any) -> str:  # noqa: ANN401 - its own
        """Address of the page that shows what was recorded."""
        del command
        return self.back

    def confirmed_fields(self, form: Fields) -> Fields:
        """What was typed, to be sent once more."""
        return {n: text for n, text in form.items() if n not in _NOT_CARRIED}

    async def taken(self, form: Fields, not_taken: Fields = {}) -> Response:  # noqa: B006 - never changed
        """One step further: back to the form, to what is confirmed, or sent.

        ``not_taken`` says by field why a file that came along was not kept.
        """
        signs = form.get("step") == SIGN
        if form.get("step") == "edit" or form.get("more") or form.get("remove"):
            return self.shown(form, Faults("", not_taken))
        typed = Typed(self.visit, form)
        try:
            members = self.members(typed, form, keeps=signs)
            if not_taken or typed.faults.of:
                return self.shown(
                    form, with_files_not_taken(self.visit, typed.faults, not_taken)
                )
            command = self.command.model_validate(_said(members), strict=False)
        except ValidationError as error:
            return self.shown(form, faults_of(self.visit, error))
        if not signs:
            return self._to_confirm(command, form)
        outcome = await attempt(self.visit, form, typed, lambda: command)
        if isinstance(outcome, Faults):
            return self.shown(form, outcome)
        return then(self.done_at(command), outcome)

    def _to_confirm(self, command: Command, form: Fields) -> Response:
        refusal = would_be_refused(self.visit, command)
        if refusal is not None:
            faults = faults_of_problem(self.visit, refused(refusal))
            return self.shown(form, faults)
        speaker = self.speaker
        say = speaker.say
        return confirmed(
            self.visit,
            self.section,
            "governance",
            Confirmation(
                title=say(f"act_{self.words}"),
                lead=say("act_lead"),
                what=say("act_what"),
                facts=[*self.facts(command, form), *on_behalf(self.visit, speaker)],
                action=self.action,
                verb=say("act_record"),
                back=self.back,
                crumbs=self.crumbs,
                fields={**self.confirmed_fields(form), "step": SIGN},
                edit=say("act_edit"),
                after=say(f"after_{self.words}"),
            ),
        )


def _said(members: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in members.items()
        if value not in ("", None)
    }


def typed_rows(
    form: Fields, group: str, members: Sequence[str]
) -> list[dict[str, str]]:
    """Rows of a form in which something is typed, numbered anew from 0.

    The row that ``remove`` names is left out: ``seats.2``. Of a row all members are
    kept, those too of which there are many, as ``seats.2.also.stord``.
    """
    found: dict[int, dict[str, str]] = {}
    for name, text in form.items():
        of, _, rest = name.partition(".")
        number, _, member = rest.partition(".")
        if of == group and number.isdecimal() and len(number) <= 3 and member:  # noqa: PLR2004
            found.setdefault(int(number), {})[member] = text
    gone = form.get("remove", "")
    return [
        found[number]
        for number in sorted(found)
        if gone != f"{group}.{number}"
        and any(found[number].get(member, "").strip() for member in members)
    ]


def with_typed_rows(
    form: Fields, group: str, rows: Sequence[Mapping[str, str]]
) -> dict[str, str]:
    """Form with these rows of a group, numbered from 0."""
    kept = {n: text for n, text in form.items() if not n.startswith(f"{group}.")}
    for number, row in enumerate(rows):
        kept |= {f"{group}.{number}.{name}": text for name, text in row.items()}
    return kept
