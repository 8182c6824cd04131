"""What each of a local federation's users does next: commands that can be copied."""

import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from itertools import chain, count
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx

from api.auth import Role
from api.words import Language, sentence
from deploy.local.home import Home
from domain.values import REGIONAL_AUTHORITY, Region

TIMEOUT_SECONDS: Final = 10.0
FIRST_TRUST: Final = (
    '{"org_number": "983974724", "name": "Helse Bergen HF", "short_name": "HBE", '
    '"kind": "hf", "region": "vest", "parent_org_number": "983658725"}'
)
"""What an empty federation is told first, as the year in ``api/README.md`` begins."""
FIRST_DAY: Final = "2025-11-20"


class _Controller(NamedTuple):
    """A trust that coordinates a network, and its node."""

    organisation: str
    url: str


def next_steps(
    home: Home, urls: Mapping[Region, str], year: int, language: Language
) -> Iterator[str]:
    """Give the lines: of the controller, the operator and the auditor."""
    program, folder = called(), shlex.quote(str(home.path))
    url = urls[Region.VEST]
    yield ""
    yield sentence(language, "next", "in_browser", {"url": url})
    controller = _controller(home, urls)
    if controller is None:
        registrar = REGIONAL_AUTHORITY[Region.VEST]
        yield from _titled(language, "registrar")
        yield _token(program, folder, registrar, Role.REGISTRAR)
        yield f'  curl -s -H "Authorization: Bearer $TOKEN" {url}/v1/organisations \\'
        yield f"    -H 'Fagnett-Business-Day: {FIRST_DAY}' \\"
        yield f"    -H 'Content-Type: application/json' -d '{FIRST_TRUST}'"
    else:
        yield from _titled(language, "controller")
        yield _token(program, folder, controller.organisation, Role.CONTROLLER)
        for question in (
            f"settlement?year={year}",
            f"agreements?trust={controller.organisation}",
            f"invoices?year={year}",
        ):
            asked = f"'{controller.url}/v1/{question}'"
            yield f'  curl -s -H "Authorization: Bearer $TOKEN" {asked}'
    yield sentence(language, "next", "documented", {"url": f"{url}/docs"})
    yield from _titled(language, "operator")
    yield f"  {program} status --home {folder}"
    yield f"  {program} doctor --home {folder}"
    yield from _titled(language, "auditor")
    pack, keys = shlex.quote(pack_name(home.path)), shlex.quote(str(home.peers))
    yield f"  {program} exit-pack --home {folder} --region vest --to {pack}"
    yield f"  {program} verify --pack {pack} --keys {keys}"


def pack_name(home: Path) -> str:
    """Name of a home's own, of a folder that is not there yet."""
    name = f"exit-pack-{home.resolve().name}-vest"
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(each for each in names if not Path(each).exists())


def called() -> str:
    """How this program is called from where it was called."""
    own = Path(sys.argv[0])
    if own.name != "fagnett":
        return f"{shlex.quote(sys.executable)} -m deploy.cli"
    path = shutil.which("fagnett")
    return "fagnett" if path and Path(path).samefile(own) else shlex.quote(str(own))


def _titled(language: Language, who: str) -> Iterator[str]:
    yield ""
    yield sentence(language, "next", who)


def _token(program: str, folder: str, organisation: str, role: Role) -> str:
    asked = f"--organisation {organisation} --role {role.value}"
    return f"  TOKEN=$({program} token --home {folder} {asked})"


def _controller(home: Home, urls: Mapping[Region, str]) -> _Controller | None:
    """Who coordinates the first network; None where there is none yet."""
    token = home.token_for(REGIONAL_AUTHORITY[Region.VEST], Role.READER)
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(
        base_url=urls[Region.VEST], headers=headers, timeout=TIMEOUT_SECONDS
    ) as client:
        networks = _asked(client, "/v1/networks?limit=1")["items"]
        if not networks:
            return None
        trust = networks[0]["coordinating_trust"]
        region = _asked(client, f"/v1/organisations/{trust}")["region"]
    return _Controller(trust, urls[Region(region)])


def _asked(client: httpx.Client, path: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(path).raise_for_status().json()
    return answer
