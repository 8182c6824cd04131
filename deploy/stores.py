"""The document store of a node: a folder, or a bucket."""

from pathlib import Path
from typing import NamedTuple

from deploy.keyfiles import read_secret
from federation.documents.store import DocumentFolder, DocumentStore


class NamedBucket(NamedTuple):
    """A bucket as settings name it."""

    url: str
    region: str
    key_id: str
    secret_file: Path


def open_store(folder: Path, bucket: NamedBucket | None) -> DocumentStore:
    """Open the bucket, or the folder where none is named.

    Raises :class:`~deploy.keyfiles.KeyFileError` where the bucket's secret is not there.
    """
    if bucket is None:
        return DocumentFolder(folder)
    # Most nodes have none, and settings are read by what opens no database.
    from deploy.databases import system_clock  # noqa: PLC0415
    from federation.documents.buckets import BucketKey, DocumentBucket  # noqa: PLC0415

    key = BucketKey(bucket.key_id, read_secret(bucket.secret_file), bucket.region)
    return DocumentBucket(bucket.url, key, system_clock)
