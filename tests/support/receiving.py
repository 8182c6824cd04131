"""A program that receives deliveries, over a real server."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, NamedTuple

import orjson
from typing_extensions import override


class Got(NamedTuple):
    """A delivery as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def stream(self) -> str:
        return str(orjson.loads(self.body)["subject"])


class Receiver:
    """A program that takes deliveries, and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.status: Callable[[Got], int] = lambda _: 204
        self.held = Event()
        self.held.set()
        self.port = 0

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def address(self) -> str:
        return f"{self.origin}/hooks?of=bergen"


@contextmanager
def serving(
    receiver: Receiver, context: ssl.SSLContext | None = None
) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            got = Got(self.path, headers, body)
            receiver.got.append(got)
            receiver.held.wait(30)
            self.send_response(receiver.status(got))
            self.send_header("Location", f"{receiver.origin}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        @override
        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield
    finally:
        receiver.held.set()
        server.shutdown()
        thread.join()
        server.server_close()
