"""``python -m tests.bench [append] [replicate] [behind] [rebuild] [freshness] [catchup] [commands] [heal] [takeover] [settlement] [query] [year] [settle] [check] [cli] [pages] [calls] [obligations] [verify] [backup]``.

``--page`` writes what was measured last to the page beside this.
"""

import sys
from collections.abc import Callable
from typing import Final

from tests.bench import (
    append,
    calls,
    catchup,
    check,
    cli,
    commands,
    freshness,
    heal,
    obligations,
    pages,
    query,
    rebuild,
    replicate,
    settle,
    settlement,
    takeover,
    verifying,
    year,
)
from tests.bench.measure import Result, quiet, show
from tests.bench.report import keep, write_page

BENCHES: Final[dict[str, Callable[[], list[Result]]]] = {
    "append": append.run,
    "commands": commands.run,
    "replicate": replicate.run,
    "behind": replicate.run_behind,
    "rebuild": rebuild.run,
    "freshness": freshness.run,
    "catchup": catchup.run,
    "heal": heal.run,
    "takeover": takeover.run,
    "settlement": settlement.run,
    "query": query.run,
    "year": year.run,
    "settle": settle.run,
    "check": check.run,
    "cli": cli.run,
    "pages": pages.run,
    "calls": calls.run,
    "obligations": obligations.run,
    "verify": verifying.run,
    "backup": verifying.run_backup,
}


def main(names: list[str]) -> None:
    """Run some benchmarks, or all, and print one table; keep each in ``bench.json``."""
    quiet()
    if names == ["--page"]:
        write_page()
        return
    results = []
    for name in names or list(BENCHES):
        print(f"{name} …", file=sys.stderr, flush=True)
        measured = BENCHES[name]()
        keep(name, measured)
        results += measured
    show(results)


if __name__ == "__main__":
    main(sys.argv[1:])
