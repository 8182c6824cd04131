"""What a DSN says reaches the driver whole, TLS included."""

from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import psycopg
import pytest
from sqlalchemy import Engine, create_engine

from deploy.databases import exists, open_journal
from deploy.views import open_views
from domain.values import Region

DSN = "postgresql://fag@db.example/fagnett?sslmode=verify-full&sslrootcert=/ca.pem&options=-ctcp_keepalives_idle%3D60"


def test_the_read_models_get_all_of_a_dsn(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def connect(**members: Any) -> None:
        asked.append(members)
        raise psycopg.OperationalError

    monkeypatch.setattr("projections.database.psycopg.connect", connect)
    with pytest.raises(psycopg.OperationalError):
        open_views(DSN, None)
    (members,) = asked
    assert members["sslmode"] == "verify-full"
    assert members["sslrootcert"] == "/ca.pem"
    assert members["host"] == "db.example"


def test_the_journal_gets_all_of_a_dsn(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []
    monkeypatch.setattr(
        "deploy.on_postgres.PostgresJournal",
        lambda datastore, *_, **__: opened.append(datastore),
    )
    open_journal(DSN, Region.VEST)
    (datastore,) = opened
    assert datastore.pool.kwargs["sslmode"] == "verify-full"
    assert datastore.pool.kwargs["options"] == "-ctcp_keepalives_idle=60"
    assert datastore.pool.kwargs["row_factory"] is psycopg.rows.dict_row


def test_a_silent_server_is_found_out_as_soon_as_a_dsn_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[Any] = []
    monkeypatch.setattr(
        "deploy.on_postgres.PostgresJournal",
        lambda datastore, *_, **__: opened.append(datastore.pool.kwargs),
    )
    monkeypatch.setattr("projections.database.psycopg.connect", MagicMock())
    made = create_engine

    def create(*args: Any, connect_args: dict[str, Any], **named: Any) -> Engine:
        opened.append(connect_args)
        return made(*args, connect_args=connect_args, **named)

    monkeypatch.setattr("projections.database.create_engine", create)
    dsn = f"{DSN}&keepalives_idle=60"
    open_journal(dsn, Region.VEST)
    open_views(dsn, None)
    for members in opened:
        assert members["tcp_user_timeout"] == 10_000
        assert members["keepalives_idle"] == "60"
    assert len(opened) == 2


def test_a_journal_that_is_not_there_is_not_made_to_be_verified(tmp_path: Path) -> None:
    assert not exists(f"sqlite:///{tmp_path / 'none.sqlite'}")
    assert exists(DSN), "a server's databases are made by its operator"
