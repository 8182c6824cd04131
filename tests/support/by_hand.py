"""Connections to the servers that are made by hand, without a client's manners."""

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from deploy.carrier.configuration import ACCOUNT
from domain.values import Region
from federation.signed.nkeys import NKey, read_nkey
from tests.support.servers import Servers


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


class RogueServer:
    """A region's server written by hand: its real key, and no rule of its own."""

    def __init__(self, lines: BinaryIO) -> None:
        self.lines = lines
        self.said: list[str] = []
        """What the hub has said to the login."""

    @classmethod
    @contextmanager
    def linked(
        cls,
        nats: Servers,
        region: Region,
        name: str = "rogue",
        reader: Region | None = None,
    ) -> Iterator["RogueServer"]:
        """Link to the hub with a region's key and certificate, under any name.

        With the key of the link over which ``reader`` reads its stream, if there is one.
        """
        tls = context(nats.files.authority, nats.files.server(region.value))
        with by_hand(nats.leaf_port, tls) as lines:
            rogue = cls(lines)
            info = json.loads(lines.readline().removeprefix(b"INFO "))
            secret = nats.files.link(region, reader).read_text().removeprefix("nkey: ")
            key = read_nkey(secret)
            said = {
                "nkey": key.public,
                "sig": key.sign(info["nonce"].encode()).decode(),
                "server_id": "N" + "A" * 55,
                "name": name,
                "cluster": name,
                "remote_account": ACCOUNT,
                "headers": True,
            }
            rogue.send(f"CONNECT {json.dumps(said)}", "PING")
            rogue.said = rogue.hear("PONG")
            yield rogue

    def send(self, *lines: str) -> None:
        """Send lines of the protocol of links."""
        self.lines.write("".join(f"{line}\r\n" for line in lines).encode())
        self.lines.flush()

    def publish(self, subject: str) -> None:
        """Send a message."""
        self.send(f"LMSG {subject} 5", "rogue")

    def hear(self, word: str) -> list[str]:
        """Return what comes up to a line with a word, or to the end."""
        lines = []
        while line := self.lines.readline():
            lines.append(line.decode().strip())
            if word in lines[-1]:
                break
        return lines
