"""What some calls ask for: a ranking, attachments, purposes, partners, two endorsements."""

from pathlib import Path

from api.auth import Role
from domain.grants.rules import (
    Choice,
    EndorsementRule,
    GrantEndorser,
    PartnerRule,
    RankerRole,
)
from tests.api.pages.test_grant_pages import CALL, TYPED, begun, done, saved, submitted
from tests.support.applications import BODO, NORD
from tests.support.examples import TROMSO
from tests.support.granting import CLOSED, Person, granting, on_day
from tests.support.visitors import hidden, words

ASKED = {
    "attachments": (Choice(key="budget", words="Budsjettskjema", rule="S3-33"),),
    "purposes": (Choice(key="plan", words="Regional plan", rule="S3-06"),),
    "purposes_min": 1,
    "partners": PartnerRule(trusts_min=2, or_municipalities_min=1),
    "endorsements": (
        EndorsementRule(one_of=(GrantEndorser.LINE_MANAGER,), rule="S2-11"),
        EndorsementRule(one_of=(GrantEndorser.CLINIC_DIRECTOR,), rule="S2-11"),
    ),
    "own_contribution": "expected",
}


def test_a_trust_ranks_its_applications_when_the_deadline_is_over(
    tmp_path: Path,
) -> None:
    with granting(tmp_path, rankers=(RankerRole.MEDICAL_DIRECTOR,)) as door:
        per = Person(door, TROMSO, Role.SECRETARY, "Per Li")
        first, second = (submitted(door, per).rpartition("/")[2] for _ in range(2))
        siri = Person(door, TROMSO, Role.DECIDER, "Siri Foss")
        assert f"{CALL}/ranking" not in siri.look(CALL).text
        on_day(door, CLOSED)
        assert f"{CALL}/ranking" in siri.look(CALL).text
        nina = Person(door, NORD, Role.SECRETARY, "Nina Os")
        early = words(
            nina.press(
                f"/grants/applications/{first}/assess",
                assessor="Nina Os",
                conflict="other",
            )
        )
        assert "Ask the trust to rank its applications." in early
        at = f"/grants/applications/{first}"
        assert f"{at}/assess" not in nina.look(at).text
        assert "By the trust, after the deadline" in nina.read(at)
        by = {"role": "medical_director", "ranked_by": "Siri Foss"}
        alike = {f"rank.{first}": "1", f"rank.{second}": "1"}
        assert "cannot have the same rank" in words(
            siri.press(f"{CALL}/ranking", **alike, **by)
        )
        own = {**alike, f"rank.{first}": "2", **by, "ranked_by": "Kari Nes"}
        assert "Another person must do this." in words(
            siri.press(f"{CALL}/ranking", **own)
        )
        done(siri, f"{CALL}/ranking", **{**own, "ranked_by": "Siri Foss"})
        assert "Number 2" in nina.read(at)
        assert f"{at}/assess" in nina.look(at).text
        assert f'name="rank.{second}" type="text" value="1"' in siri.look(
            f"{CALL}/ranking"
        ).text.replace("\n", "")


WHOLE = {
    **TYPED,
    "purposes.plan": "yes",
    "partners.0": BODO,
    "own_contribution_ore": "10 000,00",
}


def test_attachments_purposes_and_partners_are_asked_for(tmp_path: Path) -> None:
    with granting(tmp_path, **ASKED) as door:
        per = Person(door, TROMSO, Role.SECRETARY, "Per Li")
        at = begun(per)
        empty = saved(per, at)
        for lack in ("Budsjettskjema is missing", "Purposes", "partners"):
            assert lack.casefold() in empty.casefold()
        typed = WHOLE
        version = hidden(per.look(at))["version"]
        sent = {**typed, "version": version}
        refused = per.give(at, "b.exe", b"MZ", "file.budget", **sent)
        assert refused.status_code == 200
        assert "Fagnettverk KOLS" in refused.text
        assert "Budsjettskjema is missing" in words(refused)
        version = hidden(per.look(at))["version"]
        sent = {**typed, "version": version}
        taken = per.give(at, "b.txt", b"Budsjett", "file.budget", **sent)
        assert taken.status_code == 303
        shown = per.read(at)
        assert "Attached" in shown
        assert "to fix" not in shown
        version = hidden(per.look(at))["version"]
        asked = per.press(at, **typed, version=version, present="1")
        sent_on = per.press(at, **hidden(asked))
        application = str(sent_on.headers["location"]).partition("?")[0]
        page = per.read(application)
        assert "Regional plan (S3-06)" in page
        assert "Trust 983974910" in page
        assert "10,000.00" in page
        assert "0 of 2" in page
        (link,) = {
            part.partition('"')[0]
            for part in per.look(application).text.split('href="/grants/documents/')[1:]
        }
        given = per.look(f"/grants/documents/{link}")
        assert given.content == b"Budsjett"
        assert given.headers["content-disposition"].startswith("attachment")


def test_an_identity_number_in_a_text_is_kept_in_the_draft_and_not_presented(
    tmp_path: Path,
) -> None:
    with granting(tmp_path) as door:
        per = Person(door, TROMSO, Role.SECRETARY, "Per Li")
        at = begun(per)
        shown = saved(per, at, **{"sections.programme": "Fnr. 13097248022"})
        assert "Something cannot be read as it is written" in shown
        assert "13097248022" in per.look(at).text
        version = hidden(per.look(at))["version"]
        typed = {**TYPED, "sections.programme": "Fnr. 13097248022"}
        asked = per.press(at, **typed, version=version, present="1")
        assert 'value="sign"' not in asked.text
