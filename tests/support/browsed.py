"""Four nodes with the bundled year whose people sign in by a provider, as in production."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from joserfc.jwk import ECKey

from api.words import Language
from deploy.local.database import Database
from deploy.local.federation import LocalFederation
from deploy.local.home import Home
from deploy.local.process import free_ports
from deploy.year.folder import read_year
from deploy.year.plan import plan
from deploy.year.settle import play
from domain.values import Region
from federation.private import replace_private
from tests.support.links import Link, switchboard
from tests.support.real_provider import RealProvider, client_of, new_key, running


@dataclass(frozen=True, slots=True)
class Browsed:
    """A federation, the links between its regions, and the provider of its people."""

    federation: LocalFederation
    links: Mapping[Region, Link]
    port: int
    client_key: ECKey

    @property
    def urls(self) -> Mapping[Region, str]:
        """The addresses of the nodes."""
        return self.federation.urls

    def provider(
        self, names: Mapping[str, str]
    ) -> AbstractContextManager[RealProvider]:
        """Run the provider, with the names of its people."""
        log = self.federation.home.path / "logs" / "provider.log"
        nodes = [self.urls[region] for region in Region]
        return running(self.port, nodes, log, client_key=self.client_key, names=names)


@contextmanager
def browsed(home: Path) -> Iterator[Browsed]:
    """Run a federation in a folder, and play the bundled year."""
    links: dict[Region, Link] = {}
    (port,) = free_ports(1)
    key, key_file = new_key("client"), home / "client.jwk"
    replace_private(key_file, json.dumps(key.as_dict(private=True)))

    def told(region: Region) -> Mapping[str, str]:
        return {
            "public_url": federation.urls[region],
            "provider_issuer": f"http://127.0.0.1:{port}",
            "provider_client_id": client_of(list(Region).index(region)),
            "provider_key_file": str(key_file),
            "provider_algorithms": "ES256",
        }

    with switchboard() as loop:

        def link(region: Region, to: int) -> int:
            links[region] = Link(loop, to)
            return links[region].port

        federation = LocalFederation(Home(home), Database.SQLITE, link=link, told=told)
        with federation:
            play_bundled(federation)
            yield Browsed(federation, links, port, key)


def play_bundled(federation: LocalFederation) -> None:
    """Play it in a thread of its own: that of a browser has a loop that runs."""
    bundled = resources.files("deploy").joinpath("sample", "2026")
    with resources.as_file(bundled) as folder, ThreadPoolExecutor(1) as thread:
        year = plan(read_year(folder))
        playing = play(federation, year, Language.EN, lambda _: None)
        thread.submit(asyncio.run, playing).result()
