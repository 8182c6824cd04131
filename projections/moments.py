"""What was read of the rows lately, for who asks the same before anything is folded.

An answer of the read models follows from the rows, these from the positions that they
are folded to, and from whose business the connection may be asked about. So what was
read once is given again where all three are the same: most people open a page when
nothing has been recorded since somebody else did.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from collections.abc import Set as AbstractSet
from copy import copy
from functools import partial, wraps
from threading import Lock
from typing import Any, Final, TypeVar, cast

from sqlalchemy import Connection

T = TypeVar("T")
R = TypeVar("R", bound=Callable[..., Any])
ANSWERS_MAX: Final = 256
"""So many are kept, those that were asked for last."""
ROWS_MAX: Final = 50_000
"""And so many rows in all of them, some kilobytes each; a longer answer is not kept."""
MOMENTS: Final = "fagnett_moments"
"""The option of a connection that says where its answers are kept."""
READABLE: Final = "fagnett_readable"
_POSITIONS: Final = "fagnett_positions"
_PROJECTED: Final = "SELECT origin, epoch, position FROM projected ORDER BY origin"


class KeptAnswers:
    """The answers of one node's read models that were asked for last; thread-safe."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()
        self._rows = 0
        self._lock = Lock()

    def answer(self, question: Hashable, read: Callable[[], T]) -> T:
        """Answer from what is kept, or read it.

        A list or dictionary is the asker's own; what is in it is everybody's.
        """
        found = self._kept(question)
        if found is None:
            found = self._keep(question, read())
        own: Any = copy(found) if isinstance(found, list | dict) else found
        answer: T = own
        return answer

    def _kept(self, question: Hashable) -> Any:  # noqa: ANN401 - an answer
        with self._lock:
            if question not in self._answers:
                return None
            self._answers.move_to_end(question)
            return self._answers[question]

    def _keep(self, question: Hashable, found: Any) -> Any:  # noqa: ANN401
        with self._lock:
            self._rows += _row_count(found) - _row_count(self._answers.get(question))
            self._answers[question] = found
            while len(self._answers) > ANSWERS_MAX or self._rows > ROWS_MAX:
                _, forgotten = self._answers.popitem(last=False)
                self._rows -= _row_count(forgotten)
        return found


def _row_count(answer: Any) -> int:  # noqa: ANN401
    """How many rows an answer has, itself or in what it maps to."""
    if isinstance(answer, Mapping):
        return sum(max(1, _row_count(each)) for each in answer.values())
    return len(answer) if isinstance(answer, list | tuple | AbstractSet) else 0


def once_a_moment(read: R) -> R:
    """Read once of the same rows, where the connection says where answers are kept.

    It must follow from the rows, from its arguments and from nothing else.
    """

    @wraps(read)
    def answer(connection: Connection, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        options = connection.get_execution_options()
        moments: KeptAnswers | None = options.get(MOMENTS)
        if moments is None:
            return read(connection, *args, **kwargs)
        asked = (*map(_fixed, args), *((k, _fixed(v)) for k, v in kwargs.items()))
        question = (read, _positions(connection), options.get(READABLE), asked)
        reading = partial(read, connection, *args, **kwargs)
        try:
            hash(question)
        except TypeError:
            # An argument that nothing is found by: some tell no two of themselves apart.
            return reading()
        return moments.answer(question, reading)

    return cast("R", answer)


def _fixed(argument: Any) -> Hashable:  # noqa: ANN401
    """What an argument says, to find its answer by."""
    if isinstance(argument, AbstractSet):
        return frozenset(argument)
    if isinstance(argument, Mapping):
        return tuple(argument.items())
    if isinstance(argument, list):
        return tuple(argument)
    given: Hashable = argument
    return given


def _positions(connection: Connection) -> Hashable:
    """Where the rows are at the moment of a connection; looked up once in each."""
    known: Hashable = connection.get_execution_options().get(_POSITIONS)
    if known is None:
        rows = connection.exec_driver_sql(_PROJECTED).all()
        known = tuple(map(tuple, rows))
        connection.execution_options(**{_POSITIONS: known})
    return known
