"""A node with its door open."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.doors import Door, opened
from tests.support.provider import FakeProvider, SignInDoor, with_provider


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """Open the door of an empty node in vest."""
    with opened(tmp_path) as found:
        yield found


@pytest.fixture
def invoiced(door: Door) -> Door:
    """Open a door behind which Stavanger has invoiced Bergen for half a year."""
    door.invoice()
    return door


@pytest.fixture
def provider() -> FakeProvider:
    """Give an OpenID provider in this process."""
    return FakeProvider()


@pytest.fixture
def at(door: Door, provider: FakeProvider) -> SignInDoor:
    """Give a browser before a node that has this provider."""
    return with_provider(door, provider)
