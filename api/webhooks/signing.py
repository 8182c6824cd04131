"""What a receiver checks a delivery by. Source: Standard Webhooks 1.0.0."""

import base64
import hmac
from collections.abc import Mapping, Sequence
from typing import Final

MEDIA_TYPE: Final = "application/cloudevents+json"
"""An entry is a CloudEvent, sent whole (CloudEvents HTTP binding, structured mode)."""
_PREFIX: Final = "whsec_"


def signed_headers(
    message: str, at: int, body: bytes, secrets: Sequence[str]
) -> Mapping[str, str]:
    """Headers of a delivery: its id, when it is sent, and a signature by each secret.

    ``at`` is in POSIX seconds.
    """
    content = b".".join((message.encode(), str(at).encode(), body))
    signatures = (
        base64.b64encode(hmac.digest(_key(each), content, "sha256")).decode()
        for each in secrets
    )
    return {
        "webhook-id": message,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{each}" for each in signatures),
    }


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(_PREFIX))
