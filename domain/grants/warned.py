"""What is warned of in applications, and refused to nobody.

- An own contribution that the call expects, and that is 0 (S3-08).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from domain.fact import Fact
from domain.grants.codes import GrantWarning
from domain.grants.standing import ApplicationStanding, applications_named
from domain.history import Asked, History
from domain.warning import RuleWarning


def warn_of_application(
    command: Any,  # noqa: ANN401 - one that names an application
    _asked: Asked,
    history: History,
    _facts: Sequence[Fact],
) -> Iterable[RuleWarning]:
    """Warn of the application that a command names."""
    name: str = command.application
    standing = applications_named((name,), history).get(name)
    return () if standing is None else _warned(standing)


def warnings_of_application(
    name: str, _: date, history: History
) -> Sequence[RuleWarning] | None:
    """List what is warned of in an application; None where there is none of the name."""
    return warnings_of_applications((name,), history).get(name)


def warnings_of_applications(
    names: Collection[str], history: History
) -> Mapping[str, Sequence[RuleWarning]]:
    """List what is warned of in applications, by name; of a name of none nothing."""
    found = applications_named(names, history)
    return {name: [*_warned(standing)] for name, standing in found.items()}


def _warned(standing: ApplicationStanding) -> Iterator[RuleWarning]:
    if standing.of_call.latest is None:
        return
    is_expected = standing.rules.own_contribution == "expected"
    if is_expected and not standing.last.content.own_contribution_ore:
        values = {"application": standing.last.application}
        yield RuleWarning(GrantWarning.NO_OWN_CONTRIBUTION, values)
