"""What the checks find damaged is told in the reader's language."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.words import Language
from deploy.cli.damage_words import damage_in_words

ROOT = Path(__file__).parents[2] / "federation"
TOLD_IN = (
    *("inclusion", "memories", "notes", "one_log", "streams", "verification"),
    *("sealing", "tree", "shapes", "checkpoint", "cosignature", "entry"),
)


def told() -> Iterator[str]:
    """Give what is told of damage, with something for each of its values."""
    for path in sorted(ROOT.rglob("*.py")):
        if path.stem not in TOLD_IN:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Assign)
                and ast.unparse(node.targets[0]) == "message"
            ):
                yield _filled(node.value)


def _filled(message: ast.expr) -> str:
    if isinstance(message, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "vest/1/2"
            for part in message.values
        )
    assert isinstance(message, ast.Constant)
    return str(message.value)


@pytest.mark.parametrize("text", sorted({*told()}))
def test_what_is_told_of_damage_has_its_words(text: str) -> None:
    for language in (Language.NB, Language.NN):
        said = damage_in_words(text, language)
        assert said != text
        assert said.count("vest/1/2") == text.count("vest/1/2")
    assert damage_in_words(text, Language.EN) == text


def test_damage_within_damage_is_told_in_one_language() -> None:
    text = (
        "sorost: the cosignature of vest at nord/1/7: a checkpoint of nord is not "
        "signed with the key of vest"
    )
    assert damage_in_words(text, Language.NB) == (
        "Helse Sør-Øst: medsignaturen fra Helse Vest ved nord/1/7: et sjekkpunkt for "
        "Helse Nord er ikke signert med nøkkelen til Helse Vest"
    )


def test_what_a_database_says_stays_as_it_is() -> None:
    text = "vest: database disk image is malformed"
    assert damage_in_words(text, Language.NN) == (
        "Helse Vest: database disk image is malformed"
    )
