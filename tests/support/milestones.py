"""Uses the fact that CONTRIBUTING.md adds, in a copy of the project that has it.

Its command is sent, refused and sent again, its questions are asked, and its CSV file
is played. ``opened`` decides all of it again.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from api.auth import Role
from deploy.year.folder import read_year
from deploy.year.plan import plan
from domain.values import REGIONAL_AUTHORITY, Region
from tests.support.doors import NETWORK, Door, opened
from tests.support.examples import BERGEN, STAVANGER

MILESTONE: Final[dict[str, Any]] = {
    "milestone": "register",
    "network": "ms",
    "reached_by": "2026-06-30",
    "budget_ore": 250_000_00,
}
FILES: Final = {
    "organisations": f"""\
org_number,name,short_name,kind,region,parent_org_number
{REGIONAL_AUTHORITY[Region.VEST]},Authority,A,rhf,vest,
{BERGEN},Trust {BERGEN},T,hf,vest,
""",
    "networks": f"""\
network,kind,name_nb,name_en,coordinating_trust,starts_on,model,coordination_budget,recorded_on
als,local,Nettverk,,{BERGEN},2026-01-01,coordination_only,0,2026-01-05
""",
    "milestones": """\
milestone,network,reached_by,budget,recorded_on
guideline,als,2026-12-31,1200.50,2026-01-06
course,als,2027-06-30,0,2026-01-06
""",
}


def send(door: Door) -> None:
    """Send milestones: a good one, again, another of its name, and bad ones."""
    door.register(BERGEN, STAVANGER)
    door.post("/v1/networks", NETWORK)
    early = {**MILESTONE, "milestone": "x", "reached_by": "2025-01-01"}
    for status, body, organisation in (
        (201, MILESTONE, BERGEN),
        (200, MILESTONE, BERGEN),
        (409, {**MILESTONE, "budget_ore": 1}, BERGEN),
        (403, {**MILESTONE, "milestone": "x"}, STAVANGER),
        (422, early, BERGEN),
        (422, {**MILESTONE, "budget_ore": -1}, BERGEN),
    ):
        answer = door.post("/v1/milestones", body, organisation=organisation)
        assert answer.status_code == status, answer.text
    refused = door.post("/v1/milestones", early).json()
    assert refused["code"] == "milestone_too_early"
    assert refused["detail"] == "The milestone is before network ms begins."


def play(door: Door, folder: Path) -> None:
    """Play a folder with a file of milestones."""
    for name, text in FILES.items():
        (folder / f"{name}.csv").write_text(text)
    for batch in plan(read_year(folder)).batches:
        for call in batch.calls:
            assert call.organisation is not None
            answer = door.post(
                call.request.path,
                call.request.body,
                organisation=call.organisation,
                roles=(Role.REGISTRAR, Role.CONTROLLER),
                Fagnett_Business_Day=batch.day,
            )
            assert answer.is_success, answer.text


def ask(door: Door) -> int:
    """Ask for milestones; return how many there are."""
    one = door.get("/v1/milestones/register").json()
    assert one == {**MILESTONE, "recorded_on": "2026-01-05"}
    (course, guideline), (own,) = (
        door.get(f"/v1/milestones?network={network}").json()["items"]
        for network in ("als", "ms")
    )
    assert (guideline["budget_ore"], course["budget_ore"]) == (1200_50, 0)
    assert own == one
    assert door.get("/v1/milestones/none").status_code == 404
    return len(door.get("/v1/milestones").json()["items"])


if __name__ == "__main__":
    with TemporaryDirectory() as name, opened(Path(name)) as node:
        send(node)
        play(node, Path(name))
        print(f"{ask(node)} milestones")
