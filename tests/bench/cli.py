"""CPU time of the command line before it works, beside what it is made of."""

import sys
from typing import Final

from tests.bench.measure import Result, alternating, spent, taken

BARE: Final = ("-c", "import typer, rich.console")
"""What every command line of this kind loads."""
HELP_SECONDS_MAX: Final = 0.25
BEGUN_SECONDS_MAX: Final = 0.5
BEGUN: Final = {
    "status": "deploy.cli.status",
    "token": "deploy.cli.tokens",
    "verify": "deploy.cli.verifying",
    "export": "deploy.cli.export",
}
"""The module that each command loads before it does anything."""


def cpu_seconds(*arguments: str) -> float:
    """Return the CPU time of Python with some arguments."""
    return taken([sys.executable, *arguments]).cpu_seconds


def run() -> list[Result]:
    """Measure help, and what some commands load before they work."""
    asked = {
        "--help": (("-m", "deploy.cli", "--help"), HELP_SECONDS_MAX),
        "settle --help": (("-m", "deploy.cli", "settle", "--help"), HELP_SECONDS_MAX),
    }
    for name, module in BEGUN.items():
        loads = ("-c", f"import deploy.cli.app, deploy.settings, {module}")
        asked[f"{name}, before it works"] = (loads, BEGUN_SECONDS_MAX)
    results = []
    for name, (arguments, most) in asked.items():
        ours, other = alternating(
            lambda arguments=arguments: cpu_seconds(*arguments),  # type: ignore[misc]
            lambda: cpu_seconds(*BARE),
        )
        what = f"fagnett {name}: CPU, beside typer and rich alone"
        results.append(spent(what, ours, other, "s", f"≤ {most} s"))
    return results
