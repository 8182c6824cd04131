"""``python -m tests.simulation``: hours of faults in a federation that is all made up.

Exit code 1 where an invariant fails.
"""

import sys
from argparse import ArgumentParser, ArgumentTypeError

from tests.simulation.world import simulate


def _hours(text: str) -> float:
    hours = float(text)
    if hours < 0:
        message = "no time goes back"
        raise ArgumentTypeError(message)
    return hours


def main() -> int:
    """Run the nodes' own code on a virtual clock, and print what happened."""
    parser = ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument(
        "--seed", type=int, default=1, help="what the run is drawn from"
    )
    parser.add_argument(
        "--hours", type=_hours, default=24.0, help="by the clocks of the four nodes"
    )
    parser.add_argument(
        "--tell", action="store_true", help="print everything that happens"
    )
    asked = parser.parse_args()
    outcome = simulate(asked.seed, asked.hours, print if asked.tell else None)
    print(f"seed {asked.seed}, {asked.hours:g} hours, {outcome.node_days:g} node-days")
    print(f"{outcome.steps} steps, {outcome.entries} entries")
    for kind, count in sorted(outcome.counts.items()):
        print(f"  {count:6} {kind}")
    print(f"run {outcome.digest}")
    if outcome.failed is None:
        return 0
    print(f"failed at {outcome.failed}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
