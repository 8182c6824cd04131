"""Examples of what funders say of calls, and trusts of applications and rankings."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from domain.fact import Command
from domain.grants.applying import WithdrawApplication
from tests.support.applications import (
    DEADLINE,
    MIDT,
    PUBLISHED,
    SAFETY,
    endorse,
    endorsed,
    present,
    publish,
    published,
    rank,
    submit,
)
from tests.support.asking import Example, always
from tests.support.examples import BERGEN, OSLO, TRONDHEIM, organisation
from tests.support.scenario import Scenario

_FIRST: Final = PUBLISHED[SAFETY]
_AFTER: Final = DEADLINE[SAFETY] + timedelta(days=1)


def _since(*commands: Command) -> Callable[[], Scenario]:
    """Return what makes a history of a call, with some more commands."""
    others = (organisation(BERGEN), organisation(OSLO))
    return lambda: published(SAFETY).given(*others, *commands, today=_FIRST)


_SUBMITTED: Final = (*endorsed(SAFETY), submit())
EXAMPLES: Final[Mapping[type[Command], Example]] = {
    type(example.command(Scenario())): example
    for example in (
        Example(_since(), always(publish(SAFETY, version=2)), MIDT, _FIRST),
        Example(_since(), always(present(SAFETY)), TRONDHEIM, _FIRST),
        Example(_since(present(SAFETY)), always(endorse()), TRONDHEIM, _FIRST),
        Example(_since(*endorsed(SAFETY)), always(submit()), TRONDHEIM, _FIRST),
        Example(
            _since(*_SUBMITTED),
            always(WithdrawApplication(application="kols-25", reason="No time")),
            TRONDHEIM,
            _FIRST,
        ),
        Example(_since(*_SUBMITTED), always(rank("kols-25")), TRONDHEIM, _AFTER),
    )
}
