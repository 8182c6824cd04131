"""How soon another region has what was recorded after a region's leader was killed."""

from statistics import median
from typing import Final

from api.auth import Role
from deploy.local.database import Database
from deploy.local.federation import LocalFederation
from deploy.local.home import Home
from domain.values import REGIONAL_AUTHORITY, Region
from tests.bench.measure import Result
from tests.integration.test_standby import Caller, takes_over
from tests.support import servers

ROUNDS: Final = 3
GOAL_SECONDS: Final = 5


def run() -> list[Result]:
    """Kill the leader of three processes again and again, while commands go on."""
    with (
        servers.postgres_server() as server,
        servers.folder() as folder,
        LocalFederation(Home(folder), Database.POSTGRES, server) as federation,
    ):
        token = federation.token(REGIONAL_AUTHORITY[Region.VEST], Role.REGISTRAR)
        processes = {"node-vest": federation.urls[Region.VEST]}
        processes |= dict(federation.add(Region.VEST) for _ in range(2))
        caller = Caller(list(processes.values()), token)
        with caller.calling():
            taken = [
                takes_over(federation, processes, token, caller) for _ in range(ROUNDS)
            ]
    shown = f"{median(taken):.1f} s"
    worst = f"at most {max(taken):.1f} s"
    what = "what follows is elsewhere, once the leader is killed"
    return [Result(what, shown, worst, "", f"< {GOAL_SECONDS} s")]
