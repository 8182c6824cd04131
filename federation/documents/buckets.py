"""The document store in a bucket: any server that speaks S3, by path and signature V4.

Source: the S3 API's PutObject, GetObject, HeadObject and DeleteObject; AWS Signature
Version 4. A bucket that keeps versions keeps what is removed: it must keep none.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Final, NamedTuple

import httpx

from federation.documents.salted import hash_of
from federation.documents.store import KEPT_BYTES_MAX, as_it_was, require_hash

SECONDS: Final = 30.0
"""Longest that the server may keep still."""
_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_GIVEN: Final = frozenset({HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT})
_DONE: Final = frozenset({HTTPStatus.OK, HTTPStatus.NO_CONTENT})


class BucketError(OSError):
    """The server does not answer, or not as it should."""


@dataclass(frozen=True, slots=True)
class BucketKey:
    """What a server knows the node by."""

    key_id: str
    secret: str = field(repr=False)
    region: str


def signed(
    key: BucketKey,
    method: str,
    url: httpx.URL,
    headers: Mapping[str, str],
    at: datetime,
) -> dict[str, str]:
    """Headers of a request, and its signature over all of them.

    ``headers`` have the hash of the content as ``x-amz-content-sha256``.
    """
    instant = at.strftime("%Y%m%dT%H%M%SZ")
    said = {**headers, "host": url.netloc.decode(), "x-amz-date": instant}
    names = ";".join(sorted(said))
    lines = "".join(f"{name}:{said[name]}\n" for name in sorted(said))
    path = url.raw_path.decode()
    request = f"{method}\n{path}\n\n{lines}\n{names}\n{said['x-amz-content-sha256']}"
    scope = f"{instant[:8]}/{key.region}/s3/aws4_request"
    digest = hashlib.sha256(request.encode()).hexdigest()
    told = f"{_ALGORITHM}\n{instant}\n{scope}\n{digest}"
    signing = f"AWS4{key.secret}".encode()
    for part in scope.split("/"):
        signing = hmac.digest(signing, part.encode(), "sha256")
    signature = hmac.digest(signing, told.encode(), "sha256").hex()
    credential = f"Credential={key.key_id}/{scope}"
    said["authorization"] = (
        f"{_ALGORITHM} {credential}, SignedHeaders={names}, Signature={signature}"
    )
    return said


class DocumentBucket:
    """A :class:`~federation.documents.store.DocumentStore` of objects in a bucket."""

    def __init__(self, url: str, key: BucketKey, now: Callable[[], datetime]) -> None:
        """Prepare; ``url`` ends in the bucket's name, or in a folder within it."""
        self._url = url.rstrip("/")
        self._key = key
        self._now = now
        self._client = httpx.Client(timeout=SECONDS)

    def put(self, kept: bytes) -> str:
        """Keep bytes as an object; the server has them when it says so."""
        sha256 = hash_of(kept)
        status, *_ = self._ask("PUT", sha256, content=kept)
        if status not in _DONE:
            raise _refused(status)
        return sha256

    def get(self, sha256: str) -> bytes | None:
        """Read an object and check it."""
        status, content, _ = self._ask("GET", sha256)
        if status == HTTPStatus.NOT_FOUND:
            return None
        if status != HTTPStatus.OK:
            raise _refused(status)
        return as_it_was(sha256, content)

    def part(self, sha256: str, start: int, size: int) -> bytes | None:
        """Read some of an object."""
        some = f"bytes={start}-{start + size - 1}"
        status, content, is_part = self._ask("GET", sha256, range=some)
        if status == HTTPStatus.NOT_FOUND:
            return None
        if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return b""
        if status not in _GIVEN:
            raise _refused(status)
        return content[:size] if is_part else content[start : start + size]

    def remove(self, sha256: str) -> bool:
        """Delete an object."""
        status, *_ = self._ask("HEAD", sha256)
        if status == HTTPStatus.NOT_FOUND:
            return False
        status, *_ = self._ask("DELETE", sha256)
        if status not in _DONE:
            raise _refused(status)
        return True

    def close(self) -> None:
        """Close the connections to the server."""
        self._client.close()

    def _ask(
        self, method: str, sha256: str, content: bytes = b"", **headers: str
    ) -> "_Answer":
        """What the server answers, and no more of it than there may be."""
        url = httpx.URL(f"{self._url}/{require_hash(sha256)}")
        headers["x-amz-content-sha256"] = hashlib.sha256(content).hexdigest()
        said = signed(self._key, method, url, headers, self._now())
        try:
            with self._client.stream(
                method, url, content=content or None, headers=said
            ) as answer:
                # Not every server says by the status that this is a part.
                is_part = "content-range" in answer.headers
                return _Answer(answer.status_code, _bounded(answer), is_part)
        except httpx.HTTPError as error:
            raise BucketError(None, type(error).__name__, url.host) from None


class _Answer(NamedTuple):
    status: int
    content: bytes
    is_part: bool


def _bounded(answer: httpx.Response) -> bytes:
    content = bytearray()
    # As it comes: a server that packs what it sends would have it grow here.
    for part in answer.iter_raw():
        content += part
        if len(content) > KEPT_BYTES_MAX:
            raise BucketError(None, "larger than any document", answer.url.host)
    return bytes(content)


def _refused(status: int) -> BucketError:
    return BucketError(None, f"the bucket's server answered {status}")
