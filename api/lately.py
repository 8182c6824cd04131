"""What was derived lately, for who asks the same again before anything is recorded."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final, TypeVar

T = TypeVar("T")
ANSWERS_MAX: Final = 8


@dataclass
class Lately:
    """The last few answers, each by all that it follows from.

    Who asks while another derives waits for it: it may be the same question.
    """

    _answers: OrderedDict[Any, Any] = field(default_factory=OrderedDict)
    _deriving: Lock = field(default_factory=Lock)

    def forget(self) -> None:
        """Derive anew what is asked next."""
        with self._deriving:
            self._answers.clear()

    def answer(
        self, subject: Hashable, at: Hashable, derive: Callable[[T | None], T]
    ) -> T:
        """Answer from what is kept, or derive it: of a subject, where the rows are.

        What was answered last on the subject is at hand then, if it is kept.
        """
        question = subject, at
        with self._deriving:
            if question not in self._answers:
                before = (k for k in reversed(self._answers) if k[0] == subject)
                last: T | None = self._answers.get(next(before, None))
                self._answers[question] = derive(last)
                if len(self._answers) > ANSWERS_MAX:
                    self._answers.popitem(last=False)
            self._answers.move_to_end(question)
            found: T = self._answers[question]
        return found
