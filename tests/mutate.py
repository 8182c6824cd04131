"""How many changes of the domain's code the unit tests notice, by mutmut.

``python -m tests.mutate [NAMES]``: all mutants, or those that the patterns name.
It goes on where it was ended, while the code stays the same.
"""

import json
import subprocess
import sys
from collections import Counter
from os import cpu_count
from pathlib import Path
from typing import Final

from mutmut.stats import status_by_exit_code

MUTMUT: Final = (sys.executable, "-m", "mutmut")
KILLED_MIN_PERCENT: Final = 95
KILLED: Final = frozenset({"killed", "timeout"})


def main(names: list[str]) -> int:
    """Run the mutants, name those that live, and ask that few do."""
    children = f"--max-children={cpu_count() or 1}"
    status = subprocess.call([*MUTMUT, "run", children, *names])
    if status:
        return status
    found = results(Path("mutants/domain"))
    living = sorted(name for name, how in found.items() if how not in KILLED)
    for name in living:
        print(name)
    by_file = Counter(name.rpartition(".")[0] for name in living)
    for file, count in by_file.most_common():
        print(f"{count:4} {file}")
    percent = 100 * (len(found) - len(living)) / len(found)
    print(f"\n{len(found)} mutants, {len(living)} live: {percent:.1f} % are killed.")
    print("See one with: python -m mutmut show NAME")
    return int(percent < KILLED_MIN_PERCENT)


def results(folder: Path) -> dict[str, str]:
    """Return what became of each mutant that was run, by its name."""
    ended: dict[str, str] = {}
    for path in folder.rglob("*.meta"):
        codes = json.loads(path.read_text())["exit_code_by_key"]
        ended |= {
            name: status_by_exit_code[code]
            for name, code in codes.items()
            if code is not None
        }
    return ended


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
