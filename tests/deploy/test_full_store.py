"""What ``fagnett doctor`` learns of a node whose stream stores nothing."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
from typing_extensions import override

from api.words import Language
from deploy.cli import doctor
from deploy.doctor.finding import fails
from deploy.local.federation import unready


@contextmanager
def answering(body: bytes, status: int = 200) -> Iterator[str]:
    """Answer whatever is asked in the same way."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("status", [200, 503])
def test_a_store_that_is_full_is_found(status: int) -> None:
    said = {"ready": True, "checks": {"store": False}}
    with answering(json.dumps(said).encode(), status) as url:
        assert unready(url) == ["store"]


@pytest.mark.parametrize(
    "body", [b'{"checks": {"store": true}}', b"{}", b"[]", b"x", b'{"checks": 1}']
)
def test_who_does_not_say_so_has_room(body: bytes) -> None:
    with answering(body) as url:
        assert not unready(url)
    assert not unready(url), "a node that is down says nothing"


def test_what_to_do_is_said_in_words() -> None:
    finding = fails("stream", "full", stream="fagnett-vest")
    for language in Language:
        assert "max_file_store" in finding.words(language)
        assert "fagnett-vest" in finding.words(language)


def test_a_node_whose_database_takes_nothing_is_found() -> None:
    said = {"ready": False, "checks": {"background": False, "database": False}}
    with answering(json.dumps(said).encode(), 503) as url:
        host, _, port = url.removeprefix("http://").partition(":")
        settings = SimpleNamespace(http_host=host, http_port=port)
        assert doctor._node(settings) == fails("node", "database")  # type: ignore[arg-type]
    for language in Language:
        assert "database_refuses" in fails("node", "database").words(language)
