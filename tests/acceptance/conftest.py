"""The bundled year, played once for all who only read it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest

from deploy.year.plan import Refused
from tests.support.federation import InProcess, in_process

BUNDLED = Path(__file__).parents[2] / "deploy" / "sample" / "2026"


class Bundled(NamedTuple):
    """A federation that has played the bundled year, and what was refused of it."""

    federation: InProcess
    refused: list[Refused]


@pytest.fixture(scope="package")
def anyio_backend() -> str:
    """Run all these tests in one loop, in which the bundled year stays played."""
    return "asyncio"


@pytest.fixture(scope="package")
async def bundled(
    anyio_backend: str,  # noqa: ARG001 - its scope is this one's
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Bundled]:
    """Play the bundled year; nobody records anything after it."""
    async with in_process(tmp_path_factory.mktemp("bundled")) as federation:
        yield Bundled(federation, await federation.play(BUNDLED))
