"""What rules warn of, as an answer to a question: by all that is here when it is asked.

The same that a command's receipt says, for whoever comes later.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path

from api.auth import Caller
from api.dependencies import TheCaller, TheLanguage, TheNode, day_of
from api.problems import ProblemError
from api.receipts import ShownWarning, shown_warnings
from domain.history import History
from domain.values import NewName
from domain.warning import RuleWarning

Watch = Callable[[str, date, History], Sequence[RuleWarning] | None]
"""Lists what is warned of something on a day; None where nothing has the name."""
MayAsk = Callable[[str, Caller, History], bool]
"""Whether what has a name is for somebody."""


def to_all(_name: str, _caller: Caller, _history: History) -> bool:
    """Let every member ask."""
    return True


def open_warnings(
    router: APIRouter, path: str, watched: Watch, may_ask: MayAsk = to_all
) -> None:
    """Open the question for what is warned of, ``/networks/{network}/warnings``."""
    kind = path.partition("{")[2].partition("}")[0]

    def get_warnings(
        name: Annotated[NewName, Path(alias=kind)],
        node: TheNode,
        caller: TheCaller,
        language: TheLanguage,
    ) -> list[ShownWarning]:
        with node.executor.history() as history:
            may = may_ask(name, caller, history)
            found = watched(name, day_of(node, None), history) if may else None
        if found is None:
            raise ProblemError("not_found")
        return shown_warnings(found, language)

    get_warnings.__name__ = f"get_{kind}_warnings"
    get_warnings.__doc__ = "What rules warn of; nothing is refused for it."
    router.add_api_route(path, get_warnings)
