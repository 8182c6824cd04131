"""What is read of others is written down on either database, whoever reads it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.desk.opening import prepared
from api.desk.reading_log import ReadingLog
from deploy.views import open_desk
from domain.role import Role
from tests.support import servers
from tests.support.examples import BERGEN

pytestmark = pytest.mark.servers


@pytest.fixture(params=["sqlite", "postgres"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ReadingLog]:
    """Give the log of a node on each database."""
    database = f"sqlite:///{tmp_path / 'journal.sqlite'}"
    if request.param == "postgres":
        database = servers.new_database(request.getfixturevalue("postgres_dsn"))
    desk = prepared(open_desk(database, None))
    yield ReadingLog(desk)
    desk.dispose()


def test_who_has_every_role_and_reads_the_longest_address_is_written_down(
    log: ReadingLog,
) -> None:
    roles = "/".join(sorted(Role))
    log.note("p" * 64, BERGEN, roles, "/v1/" + "x" * 10_000, 1)
    (line,) = log.lines()
    assert line.role == roles
    assert log.first_broken() is None
