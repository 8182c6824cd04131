"""Applications on My day: whose turn it is, in which role, and never what is not one's own."""

from pathlib import Path

from api.auth import Role
from domain.grants.rules import RankerRole
from tests.api.pages.test_grant_pages import CALL, done, presented
from tests.support.applications import BODO, NORD
from tests.support.examples import TROMSO
from tests.support.granting import CLOSED, Person, granting, on_day

DAY = "/my-day"
ASKED = ("Endorse the application", "See whether", "Rank our", "Assess", "Decide on")


def asked_of(person: Person) -> list[str]:
    """Return which of the things to do for applications wait for somebody."""
    shown = person.read(DAY)
    return [each for each in ASKED if each in shown]


def test_an_application_waits_for_each_who_has_to_do_something(tmp_path: Path) -> None:
    with granting(tmp_path, rankers=(RankerRole.MEDICAL_DIRECTOR,)) as door:
        per = Person(door, TROMSO, Role.SECRETARY, "Per Li")
        anne = Person(door, TROMSO, Role.LEADER, "Anne Bø")
        siri = Person(door, TROMSO, Role.DECIDER, "Siri Foss")
        nina = Person(door, NORD, Role.SECRETARY, "Nina Os")
        eva = Person(door, NORD, Role.DECIDER, "Eva Lie")
        others = Person(door, BODO, Role.LEADER, "Ola Berg")
        people = (per, anne, siri, nina, eva)

        def waits() -> list[list[str]]:
            assert not asked_of(others)
            return [asked_of(each) for each in people]

        assert waits() == [[], [], [], [], []]
        at = presented(per)
        name = at.rpartition("/")[2]
        assert waits() == [[ASKED[0]], [ASKED[0]], [], [], []]
        assert f"{ASKED[0]} {name} in" in anne.read(DAY)
        assert f'href="{at}"' in anne.look(DAY).text
        done(anne, f"{at}/endorse", role="clinic_director", endorsed_by="Anne Bø", endorsed_on="10.01.2025")  # fmt: skip
        assert waits() == [[], [], [], [], []]
        done(per, f"{at}/submit")
        assert waits() == [[], [], [], [ASKED[1]], []]
        done(nina, f"{at}/complete")
        assert waits() == [[], [], [], [], []]
        on_day(door, CLOSED)
        assert waits() == [[], [], [ASKED[2]], [], []]
        assert f'href="{CALL}"' in siri.look(DAY).text
        done(siri, f"{CALL}/ranking", role="medical_director", ranked_by="Siri Foss", **{f"rank.{name}": "1"})  # fmt: skip
        assert waits() == [[], [], [], [ASKED[3]], [ASKED[4]]]


def test_programs_ask_for_the_same(tmp_path: Path) -> None:
    with granting(tmp_path) as door:
        at = presented(Person(door, TROMSO, Role.SECRETARY, "Per Li"))
        asked = door.get("/v1/waiting", organisation=TROMSO, roles=(Role.LEADER,))
        (matter,) = asked.json()["yours"]
        assert matter["kind"] == "endorse_application"
        assert matter["key"] == [at.rpartition("/")[2]]
        assert matter["roles"] == ["leader", "secretary"]
        assert door.get(matter["address"], organisation=TROMSO).status_code == 200
