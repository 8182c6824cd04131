"""What is declared of a command: who decides on it, whose word it is, how it is restored.

- A command is declared once, beside its decision; lists read ``catalogue.COMMANDS``.
- A command is restored by the first fact of its decision.
- A restored command, decided again on what its region saw, gives the same facts.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from domain.fact import Command, Fact, Message
from domain.history import Asked, Decision, History
from domain.refusal import RefusalCode
from domain.role import Role
from domain.warning import RuleWarning

Decider = Callable[[Any, Asked, History], Decision]
"""Decides on a command, or raises its ``Refusal``."""
Warner = Callable[[Any, Asked, History, Sequence[Fact]], Iterable[RuleWarning]]
"""Says what is to be warned of, once a command was decided and not refused.

It reads the command, who asked, what its decision recorded (nothing, where all of it
was there already), and the history with all of that in it. It refuses nothing.
"""


Facts = Sequence[Fact]
Restorer = Callable[[Facts, History], Command | None]
"""Puts a command together again from the facts of its decision, in their order.

``history`` is cut at what its region saw. None where other commands lead to them.
"""


class Asks(StrEnum):
    """Who alone may send a command, at the node of its own region."""

    AUTHORITY = "the region's health authority"
    ITSELF = "the organisation itself"
    COORDINATOR = "the coordinating trust"
    ANSWERING = "the party that did not propose"
    OFFERING = "who made the offer"
    HOST = "the host"
    PARTY = "either party"
    PAYEE = "the payee"
    PAYER = "the payer"
    FIRST = "the first of the two"
    SECOND = "the second of the two"
    BODY = "the body's organisation"
    PARTICIPANT = "the participant's organisation"
    APPOINTING = "the appointing body's organisation, or the participant's"
    GATHERING = (
        "the body's organisation; of a meeting with its own person, the participant's"
    )
    REPORTING = "who reports: a coordinating trust, a body, a holder's employer"
    FUNDER = "the funder of the call"
    APPLICANT = "the applying trust"
    NODE = "the region's node itself, for its health authority"


NODE: Final = "node"
"""Who acts where no person does: what no role may send, a region's node says itself."""


class Again(StrEnum):
    """What it comes to when who asked sends the same once more, as another command."""

    NOTHING = "nothing"
    ANEW = "said anew"


Needs = Mapping[type[Fact], RefusalCode]
"""Facts that must be recorded, each with the refusal where it is missing."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Whose word a command is."""

    asks: Asks
    by: AbstractSet[Role]
    """In which role a person of the organisation may send it; in none, a node does."""
    after: Needs
    """What must have been said, and how the command is refused where it was not."""
    effect: str
    """Whom it binds, and what is left to the others."""
    again: Again | RefusalCode = Again.NOTHING

    def __post_init__(self) -> None:
        """Keep the roles so that nobody who reads them can add to them."""
        object.__setattr__(self, "by", frozenset(self.by))


@dataclass(frozen=True, slots=True)
class CommandKind:
    """All that is declared of one command."""

    decide: Decider
    authority: Authority
    restores: Mapping[type[Fact], Restorer] = field(default_factory=dict)
    """By the first fact of its decision. Empty for a command that is decided as
    another one is, and restored as that one."""
    warns: Warner | None = None
    """What is warned of when it was decided."""


DECLARED: Final[dict[type[Command], CommandKind]] = {}
"""The commands of the modules that were imported; read ``catalogue.COMMANDS``."""


def declare(
    command: type[Command],
    decide: Decider,
    authority: Authority,
    records: type[Fact] | Mapping[type[Fact], Restorer] | None = None,
    warns: Warner | None = None,
) -> None:
    """Declare who decides on a command, whose word it is, and what it records.

    ``records`` is the first fact of each decision: where the command has its
    members, the fact alone says how the command is restored. ``warns`` says what its
    receipt warns of.
    """
    if records is None:
        restores: Mapping[type[Fact], Restorer] = {}
    elif isinstance(records, Mapping):
        restores = records
    else:
        restores = {records: same(command)}
    DECLARED[command] = CommandKind(decide, authority, restores, warns)


def same(command: type[Command], **more: Any) -> Restorer:  # noqa: ANN401 - members
    """Restore a command from its fact's members of the same names."""

    def restore(facts: Facts, _: History) -> Command:
        names = command.model_fields.keys() & type(facts[0]).model_fields.keys()
        return command(**members_of(facts[0], *sorted(names - more.keys())), **more)

    return restore


def members_of(message: Message, *names: str) -> dict[str, Any]:
    """Select members of a fact, or of a part of one, by name."""
    return {name: getattr(message, name) for name in names}


def only_fact(kind: type[Fact], facts: Facts) -> Any:  # noqa: ANN401 - of that kind
    """Only fact of a decision; raise ``AssertionError`` where there are more."""
    assert isinstance(facts[0], kind), "it is restored by its type"
    assert len(facts) == 1, "nothing else comes of its command"
    return facts[0]
