"""``fagnett simulate``: hours of faults in a federation that is all made up."""

from typing import Annotated

import typer

from deploy.cli.progress import told
from deploy.simulation.world import simulate

SeedOption = Annotated[int, typer.Option("--seed", help="What the run is drawn from.")]
HoursOption = Annotated[
    float,
    typer.Option("--hours", min=0.0, help="How long, by the clocks of the four nodes."),
]
TellOption = Annotated[
    bool, typer.Option("--tell", help="Print everything that happens, as it happens.")
]


def run(
    seed: SeedOption = 1, hours: HoursOption = 24.0, *, tell: TellOption = False
) -> None:
    """Run the nodes' own code on a virtual clock, with faults, and check what must hold.

    The same seed gives the same run. Exit code 1 where an invariant fails.
    """
    outcome = simulate(seed, hours, typer.echo if tell else None)
    typer.echo(f"seed {seed}, {hours:g} hours, {outcome.node_days:g} node-days")
    typer.echo(f"{outcome.steps} steps, {outcome.entries} entries")
    for kind, count in sorted(outcome.counts.items()):
        typer.echo(f"  {count:6} {kind}")
    typer.echo(f"run {outcome.digest}")
    if outcome.failed is not None:
        told(f"failed at {outcome.failed}")
        raise typer.Exit(1)
