"""The library's own conformance cases for recorders, on both databases."""

from collections.abc import Callable
from typing import Any
from unittest import TestCase
from uuid import uuid4

import pytest
from eventsourcing.tests import persistence as library

from domain.values import Region
from federation.journal.recorder import JournalRecorder
from federation.journal.store import Journal


def cases() -> list[tuple[type[Any], str]]:
    """Return the library's cases by class and method."""
    application = library.ApplicationRecorderTestCase
    return [
        *(
            (application, name)
            for name in (
                "test_insert_select",
                "test_performance",
                "test_concurrent_no_conflicts",
                "test_concurrent_throughput",
                "optional_test_insert_subscribe",
            )
        ),
        (library.NonInterleavingNotificationIDsBaseCase, "test"),
    ]


@pytest.mark.servers
@pytest.mark.parametrize(
    ("kind", "method"), cases(), ids=lambda each: getattr(each, "__name__", each)
)
def test_the_journal_conforms_as_a_recorder(
    kind: type[TestCase], method: str, open_journal: Callable[[Region], Journal]
) -> None:
    class Case(kind):  # type: ignore[misc, valid-type]
        def new_originator_id(self) -> str:
            return str(uuid4())

        def create_recorder(self) -> JournalRecorder:
            journal = open_journal(Region.VEST)
            assert isinstance(journal, JournalRecorder)
            return journal

    getattr(Case(methodName=method), method)()


def test_all_of_the_librarys_cases_are_run() -> None:
    """A later release of the library may bring more."""
    for kind in {kind for kind, _ in cases()}:
        known = {name for each, name in cases() if each is kind}
        inherited = {
            name for name in dir(kind) if name.startswith(("test", "optional_test"))
        }
        assert inherited == known
