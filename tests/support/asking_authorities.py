"""What is said of a network: each command as the organisation that alone may send it."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from domain.fact import Command
from domain.governance.authority import (
    AuthoriseNetwork,
    CloseNetwork,
    EvaluateNetwork,
    GrantLogo,
    RenewNetwork,
)
from domain.governance.body import BodyKind
from domain.parties.charter import (
    CharterMilestone,
    CharterNetwork,
    ReachMilestone,
)
from tests.support.asking import Example, always
from tests.support.authorities import (
    EVERYBODY,
    LOCAL,
    WEST,
    active,
    authorise,
    body,
    charter,
    close,
    evaluate,
    governed,
    grant_logo,
    renew,
)
from tests.support.examples import BERGEN, network
from tests.support.scenario import Scenario

LAST_YEAR: Final = date(2029, 6, 1)
REGISTRY: Final = CharterMilestone(
    milestone="registry", due_on=LAST_YEAR, text="A registry"
)


def established(*more: Command) -> Scenario:
    """Return a history of a national network, and of some commands more."""
    return Scenario().given(*EVERYBODY, network(), *more)


def evaluated() -> Scenario:
    """Return a history in which a network's own authority has evaluated it."""
    return active().given(evaluate(), today=LAST_YEAR)


EXAMPLES: Final[Mapping[type[Command], Example]] = {
    CharterNetwork: Example(established, always(charter()), BERGEN),
    ReachMilestone: Example(
        lambda: established(charter(milestones=(REGISTRY,))),
        always(
            ReachMilestone(
                network="ms", milestone="registry", reached_on=date(2026, 1, 1)
            )
        ),
        BERGEN,
    ),
    AuthoriseNetwork: Example(
        lambda: governed(recorded=body("board", BodyKind.COMMITTEE, BERGEN)),
        always(authorise(BERGEN, network=LOCAL, body="board")),
        BERGEN,
    ),
    GrantLogo: Example(active, always(grant_logo()), WEST),
    EvaluateNetwork: Example(active, always(evaluate()), WEST, LAST_YEAR),
    RenewNetwork: Example(evaluated, always(renew()), WEST, LAST_YEAR),
    CloseNetwork: Example(evaluated, always(close()), WEST, LAST_YEAR),
}
