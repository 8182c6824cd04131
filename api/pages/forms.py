"""Forms as people fill them in: read as Norwegians write, refused without losing a word.

A form that is refused shows its page again, with what was typed and each fault at its
field; what is wrong with no field of it stands above them.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final, NamedTuple, TypeVar

from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import UploadFile

from api.bodies import PersonsName
from api.pages.acting import send
from api.pages.visit import Visit, sent_form
from api.problems import ProblemError, invalid, problem_in_words
from api.words import sentence
from api.written.days import written_day
from api.written.figures import Figures, TwoWaysError
from domain.fact import Command
from domain.values import parse_kroner
from federation.log.executor import Receipt

_NAME: Final[TypeAdapter[str]] = TypeAdapter(PersonsName)
_NOT_OF_A_FORM: Final = frozenset({"forbidden", "unauthenticated"})
_WITHIN: Final = "proposal."
T = TypeVar("T")


class Faults(NamedTuple):
    """Why a form is refused."""

    summary: str
    of: Mapping[str, str]
    """In words, by field."""


NO_FAULTS: Final = Faults("", {})


class Typed:
    """Reads what was typed into the fields of a form, and notes what cannot be read."""

    def __init__(self, visit: Visit, form: Mapping[str, str]) -> None:
        self._visit = visit
        self._form = form
        self._faults: dict[str, str] = {}

    @property
    def faults(self) -> Faults:
        """What could not be read so far."""
        if not self._faults:
            return NO_FAULTS
        return Faults(self._said("form_refused"), self._faults)

    def text(self, name: str, *, needed: bool = False) -> str:
        """Text without blanks around it."""
        text = self._form.get(name, "").strip()
        if needed and not text:
            self._faults[name] = self._said("form_needed")
        return text

    def day(self, name: str, *, needed: bool = True) -> date | None:
        """Day as ``31.12.2026``, and as else a spreadsheet has it."""
        return self._read(name, needed, written_day, "form_day")

    def amount_ore(self, name: str, *, needed: bool = True) -> int | None:
        """Kroner as ``318 500,00``, in øre."""
        try:
            return self._read(name, needed, _ore, "form_amount")
        except TwoWaysError as error:
            ways = {"one": error.one, "other": error.other}
            self._faults[name] = self._said("form_two_ways", **ways)
            return None

    def percent(self, name: str, *, needed: bool = True) -> str | None:
        """Percentage as ``12,5``, with a point."""
        return self._read(name, needed, _percent, "form_percent")

    def number(self, name: str, *, needed: bool = True) -> int | None:
        """Whole number."""
        return self._read(name, needed, int, "form_number")

    def person(self, name: str, *, needed: bool = True) -> str:
        """Pseudonym of one of the own people, whose name is typed."""
        text = self.text(name, needed=needed)
        try:
            written = _NAME.validate_python(text)
        except ValidationError as error:
            self.fault(name, invalid(error))
            return ""
        persons = self._visit.node.persons
        return persons.pseudonym(self._visit.organisation, written)

    def month_day(self, name: str) -> str | None:
        """Day of every year as ``31.12.``, in its form ``12-31``."""
        return self._read(name, needed=False, read=_month_day, fault="form_month_day")

    def note(self, name: str, key: str) -> None:
        """Note by its words what is wrong with a field."""
        self._faults[name] = self._said(key)

    def take_over(self, other: "Typed") -> None:
        """Note what cannot be read elsewhere too."""
        self._faults |= other.faults.of

    def fault(self, name: str, error: ProblemError) -> None:
        """Note why the text of a field is not taken."""
        words, errors = problem_in_words(error, self._visit.language)
        self._faults[name] = errors[0]["detail"] if errors else words.detail

    def _read(
        self,
        name: str,
        needed: bool,  # noqa: FBT001 - as it was asked
        read: Callable[[str], T],
        fault: str,
    ) -> T | None:
        text = self.text(name, needed=needed)
        if not text:
            return None
        try:
            return read(text)
        except TwoWaysError:
            raise
        except ValueError:
            self._faults[name] = self._said(fault)
            return None

    def _said(self, key: str, **values: str) -> str:
        return sentence(self._visit.language, "site", key, values)


def number_typed(text: str) -> int | None:
    """Whole number of nine digits at most; None where it is something else."""
    return int(text) if re.fullmatch(r"\s*[0-9]{1,9}\s*", text) else None


def _percent(text: str) -> str:
    read = Figures().percent(text)
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,2})?", read):
        raise ValueError(text)
    return read


def _month_day(text: str) -> str:
    day = re.fullmatch(r"([0-9]{1,2})\.\s?([0-9]{1,2})\.?", text)
    if day is None:
        raise ValueError(text)
    return f"{int(day[2]):02}-{int(day[1]):02}"


def _ore(text: str) -> int:
    return parse_kroner(Figures().amount(text))


async def attempt(
    visit: Visit, form: Mapping[str, str], typed: Typed, make: Callable[[], Command]
) -> Receipt | Faults:
    """Send the command of a form; what is wrong with it is for its page to show.

    Raises :class:`api.problems.ProblemError` where no other form would help.
    """
    if typed.faults.of:
        return typed.faults
    try:
        return await send(visit, make(), form)
    except ValidationError as error:
        return faults_of(visit, error)
    except ProblemError as error:
        if error.code in _NOT_OF_A_FORM:
            raise
        return faults_of_problem(visit, error)


def faults_of(visit: Visit, error: ValidationError) -> Faults:
    """Why a form makes no command."""
    return faults_of_problem(visit, invalid(error))


def faults_of_problem(visit: Visit, error: ProblemError) -> Faults:
    """Why a form is refused, in the words of a problem."""
    words, errors = problem_in_words(error, visit.language)
    of = {each["field"].removeprefix(_WITHIN): each["detail"] for each in errors}
    return Faults(f"{words.title}. {words.detail}", of)


class SentFile(NamedTuple):
    """A file that came with a form; no more than its bytes is kept, and these briefly."""

    name: str
    content: bytes
    form: Mapping[str, str]


async def sent_file(visit: Visit, name: str = "file") -> SentFile:
    """File of a form of this session, empty where none was chosen."""
    try:
        form = await sent_form(visit)
        sent = (await visit.request.form()).get(name)
        if not isinstance(sent, UploadFile):
            return SentFile("", b"", form)
        return SentFile(sent.filename or "", await sent.read(), form)
    finally:
        await (await visit.request.form()).close()


def remember_person(
    visit: Visit, pseudonym: str, form: Mapping[str, str], name: str
) -> None:
    """Keep the name behind a pseudonym that was recorded."""
    visit.node.persons.remember(pseudonym, form.get(name, "").strip())
