"""What rules warn of, as an answer to a question: by all that is here when it is asked.

The same that a command's receipt says, for whoever comes later.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path

from api.dependencies import TheLanguage, TheNode, day_of
from api.problems import ProblemError
from api.receipts import ShownWarning, shown_warnings
from api.services import Node
from api.words import Language
from domain.history import History
from domain.values import NewName
from domain.warning import RuleWarning

Watch = Callable[[str, date, History], Sequence[RuleWarning] | None]
"""Lists what is warned of something on a day; None where nothing has the name."""


def open_warnings(router: APIRouter, path: str, watched: Watch) -> None:
    """Open the question for what is warned of, ``/networks/{network}/warnings``."""
    kind = path.partition("{")[2].partition("}")[0]

    def get_warnings(
        name: Annotated[NewName, Path(alias=kind)], node: TheNode, language: TheLanguage
    ) -> list[ShownWarning]:
        return _shown(watched, name, node, language)

    get_warnings.__name__ = f"get_{kind}_warnings"
    get_warnings.__doc__ = "What rules warn of; nothing is refused for it."
    router.add_api_route(path, get_warnings)


def _shown(
    watched: Watch, name: str, node: Node, language: Language
) -> list[ShownWarning]:
    with node.executor.history() as history:
        found = watched(name, day_of(node, None), history)
    if found is None:
        raise ProblemError("not_found")
    return shown_warnings(found, language)
