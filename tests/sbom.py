"""What is shipped, and under which licences: CycloneDX, and a list that people read.

``python -m tests.sbom [FOLDER]`` writes ``sbom.json`` and ``licences.csv``, of what runs
in production: our dependencies, theirs, and what the pages bring along of others.
"""

import csv
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any, Final, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).parents[1]
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text())
"""As it is now: an installation in place may be of an earlier one."""
PAGES: Final = ROOT / "api/pages/README.md"
SBOM: Final = "sbom.json"
LICENCES: Final = "licences.csv"
_BROUGHT: Final = re.compile(r"\| `static/(\S+)/` \| (.+?) \| (.+?) \| (.+?) \|")
_VERSION: Final = re.compile(r"\d+\.\d+\.\d+")


class Shipped(NamedTuple):
    """A piece of others that is shipped."""

    name: str
    version: str
    licence: str


def needed() -> Mapping[str, Distribution]:
    """What runs in production, by name: all that our package needs, and what that needs."""
    found: dict[str, Distribution] = {}
    asked: set[tuple[str, str]] = set()
    waiting = list(_asked_for(PROJECT["project"]["dependencies"], ""))
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in asked:
            continue
        asked.add((name, extra))
        found[name] = distribution(name)
        waiting += _asked_for(found[name].requires or (), extra)
    return found


def _asked_for(texts: Iterable[str], extra: str) -> Iterator[tuple[str, str]]:
    """Names and extras that requirements come to on this machine."""
    for one in map(Requirement, texts):
        if one.marker is None or one.marker.evaluate({"extra": extra}):
            name = canonicalize_name(one.name)
            yield from ((name, each) for each in ("", *one.extras))


def brought_along() -> Iterator[Shipped]:
    """What the pages' files are from: the table of their README."""
    for _, what, source, licence in _BROUGHT.findall(PAGES.read_text()):
        version = _VERSION.search(f"{what}; {source}")
        assert version is not None, what
        yield Shipped(what.split(f" {version[0]}")[0], version[0], licence)


def bill() -> dict[str, Any]:
    """Make the bill of materials of what is shipped, as CycloneDX has it."""
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "all.json"
        options = ("--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible")
        command = ("-m", "cyclonedx_py", "environment", *options, "--of", "JSON")
        subprocess.run(
            [sys.executable, *command, "-o", str(whole), sys.executable],
            check=True,
            capture_output=True,
        )
        made: dict[str, Any] = json.loads(whole.read_text())
    shipped = needed()
    made["components"] = [
        each
        for each in made["components"]
        if canonicalize_name(each["name"]) in shipped
    ]
    own = {each["bom-ref"] for each in made["components"]} | {"root-component"}
    made["dependencies"] = [
        {**each, "dependsOn": [one for one in each.get("dependsOn", ()) if one in own]}
        for each in made["dependencies"]
        if each["ref"] in own
    ]
    made["components"] += [_component(each) for each in brought_along()]
    return made


def _component(of: Shipped) -> dict[str, Any]:
    return {
        "bom-ref": f"{of.name}=={of.version}",
        "type": "library",
        "name": of.name,
        "version": of.version,
        "licenses": [{"license": {"name": of.licence}}],
    }


def licences(of: Mapping[str, Any]) -> list[Shipped]:
    """List what is shipped with its licences, by name."""
    listed = [
        Shipped(each["name"], each["version"], _licence(each.get("licenses", ())))
        for each in of["components"]
    ]
    return sorted(listed, key=lambda each: each.name.lower())


def _licence(said: Sequence[Mapping[str, Any]]) -> str:
    names = []
    for each in said:
        one = each.get("license", {})
        name = each.get("expression") or one.get("id") or one.get("name", "")
        names.append(name.removeprefix("License :: ").removeprefix("OSI Approved :: "))
    return "; ".join(dict.fromkeys(names))


def main(arguments: list[str]) -> int:
    """Write both files into a folder."""
    folder = Path(arguments[0] if arguments else "build")
    folder.mkdir(parents=True, exist_ok=True)
    made = bill()
    (folder / SBOM).write_text(json.dumps(made, indent=2, sort_keys=True) + "\n")
    with (folder / LICENCES).open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(Shipped._fields)
        writer.writerows(licences(made))
    print(f"{len(made['components'])} components: {folder / SBOM}, {folder / LICENCES}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
