"""An S3 server with a bucket, for as long as a test runs."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx

from deploy.local.process import free_ports
from federation.documents.buckets import BucketKey, DocumentBucket
from tests.support.commands import wait_for

RCLONE: Final = Path(sys.executable).with_name("rclone")
KEY: Final = BucketKey("fagnett", "a secret of the tests", "eu-north-1")


@contextmanager
def bucket(url: str, key: BucketKey = KEY) -> Iterator[DocumentBucket]:
    """Give the store in a bucket."""
    store = DocumentBucket(url, key, lambda: datetime.now(UTC))
    try:
        yield store
    finally:
        store.close()


@contextmanager
def s3_server(folder: Path) -> Iterator[str]:
    """Run a server that keeps its buckets in a folder; give the address of one."""
    (folder / "documents").mkdir(parents=True)
    (port,) = free_ports(1)
    command: list[str | Path] = [
        *(RCLONE, "serve", "s3", folder, "--config", folder / "none.conf"),
        *("--addr", f"127.0.0.1:{port}", "--auth-key", f"{KEY.key_id},{KEY.secret}"),
    ]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(lambda: _answers(url), "the S3 server")
        yield f"{url}/documents"
    finally:
        server.terminate()
        server.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code < httpx.codes.INTERNAL_SERVER_ERROR
    except httpx.TransportError:
        return False
