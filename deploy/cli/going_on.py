"""The file of what was verified: an auditor keeps it, and verifying goes on from there."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import typer

from api.words import Language, sentence
from deploy.cli.progress import told
from federation.checks.verified import Verified, VerifiedTo
from federation.durable import replacing
from federation.regular import read_regular

VerifiedBefore = Mapping[tuple[str, str], VerifiedTo]
"""By node and region, what was verified before."""


def read_before(path: Path, words: Language) -> VerifiedBefore:
    """What a file says was verified; end with exit code 2 where it says nothing."""
    # Facts are read of it, and all of these are loaded for that.
    from federation.checks.kept import (  # noqa: PLC0415
        VERIFIED_BYTES_MAX,
        BrokenKeptError,
        read_kept,
    )

    try:
        return read_kept(read_regular(path, VERIFIED_BYTES_MAX))
    except BrokenKeptError:
        told(sentence(words, "verdict", "not_kept", {"file": str(path)}))
    except OSError as error:
        values = {"file": str(path), "reason": str(error.strerror)}
        told(sentence(words, "verdict", "not_read", values))
    raise typer.Exit(2)


def keep_verified(
    path: Path, verified: Mapping[str, Sequence[Verified]], words: Language
) -> None:
    """Write what was verified, in the place of what was; else end with exit code 1."""
    from federation.checks.kept import kept_bytes  # noqa: PLC0415 - as above

    try:
        with replacing(path, ".new") as file:
            file.write(kept_bytes(verified))
    except OSError as error:
        values = {"file": str(path), "reason": str(error.strerror)}
        told(sentence(words, "backup", "unwritable", values))
        raise typer.Exit(1) from None
