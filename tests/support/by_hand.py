"""Connections to the servers that are made by hand, without a client's manners."""

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from federation.signed.nkeys import NKey


@contextmanager
def by_hand(port: int, tls: ssl.SSLContext | None) -> Iterator[BinaryIO]:
    """Connect, and give the lines that go both ways."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
        wrapped = tls.wrap_socket(plain, server_hostname="127.0.0.1") if tls else plain
        with wrapped, wrapped.makefile("rwb") as lines:
            yield cast("BinaryIO", lines)


def logged_in(lines: BinaryIO, key: NKey) -> str:
    """Log in at a server, and return what it says to that."""
    info = json.loads(lines.readline().removeprefix(b"INFO "))
    signature = key.sign(info["nonce"].encode()).decode()
    said = {"nkey": key.public, "sig": signature, "verbose": False}
    lines.write(f"CONNECT {json.dumps(said)}\r\nPING\r\n".encode())
    lines.flush()
    return lines.readline().decode().strip()


def context(authority: Path, certificate: Path | None) -> ssl.SSLContext:
    """Return what an authority is trusted with, and perhaps a certificate to show."""
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    found.load_verify_locations(authority)
    if certificate is not None:
        found.load_cert_chain(certificate)
    return found
