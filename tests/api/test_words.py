"""Words are read whole or not at all: every code, every language, the same values."""

import re
import tomllib
from collections import defaultdict
from http import HTTPStatus
from importlib import resources
from pathlib import Path

import pytest

from api.problems import _BY_STATUS
from api.words import Language, Words, WordsError, WordsFault, catalogue, read_words
from domain.catalogue import CODES
from domain.texts import CONTROL_CHARACTER, PERSONAL_DATA
from domain.warning import warning_codes

ROOT = Path(__file__).parents[2]
WHOLE = """
[problem.internal]
status = 500
nb = ["Intern feil", "{what} gikk galt."]
nn = ["Intern feil", "{what} gjekk gale."]
en = ["Internal error", "{what} went wrong."]

[word]
kid = "KID"
paid = { nb = "Betalt", nn = "Betalt", en = "Paid" }
paid_to.nb = "Betalt til {whom}"
paid_to.nn = "Betalt til {whom}"
paid_to.en = "Paid to {whom}"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with words for every code, and a subject of its own."""
    pair = '["x", "x"]'
    codes = (
        f"[problem.{code}]\nstatus = 422\nnb = {pair}\nnn = {pair}\nen = {pair}\n"
        for code in CODES
    )
    known = '[word]\nknown = "x"\n'
    warned = "".join(f'{code} = "x"\n' for code in warning_codes())
    words = [*codes, known, f"[warning]\n{warned}"]
    (tmp_path / "codes.toml").write_text("".join(words))
    (tmp_path / "subject.toml").write_text(WHOLE)
    return tmp_path


def test_words_are_read_by_code_and_by_key_then_by_language(folder: Path) -> None:
    found = read_words(folder)
    problems, sentences = found.problems, found.sentences
    assert [*sentences].count("word") == 1
    assert len(sentences) == len([*sentences])
    with pytest.raises(KeyError):
        sentences["problem"]
    assert problems["internal"][Language.NN] == Words(
        HTTPStatus.INTERNAL_SERVER_ERROR, "Intern feil", "{what} gjekk gale."
    )
    assert problems.keys() == {*CODES, "internal"}
    assert sentences["word"] == {
        "known": {"nb": "x", "nn": "x", "en": "x"},
        "kid": {"nb": "KID", "nn": "KID", "en": "KID"},
        "paid": {"nb": "Betalt", "nn": "Betalt", "en": "Paid"},
        "paid_to": {
            "nb": "Betalt til {whom}",
            "nn": "Betalt til {whom}",
            "en": "Paid to {whom}",
        },
    }


INTERNAL = "problem.internal"
FAULTY: dict[str, tuple[str, str, str, str]] = {
    "no status": ("status = 500", "", INTERNAL, WordsFault.STATUS),
    "no such status": ("500", "599", INTERNAL, WordsFault.STATUS),
    "a title alone": (
        '["Intern feil", "{what} gikk galt."]',
        "1",
        INTERNAL,
        WordsFault.PAIR,
    ),
    "a problem lacks a language": ("nn = [", "da = [", INTERNAL, WordsFault.LANGUAGES),
    "a problem with another value": ("{what}", "{who}", INTERNAL, WordsFault.VALUES),
    "a language is lacking": (', en = "Paid"', "", "word.paid", WordsFault.LANGUAGES),
    "a language too many": (
        "{ nb",
        '{ da = "x", nb',
        "word.paid",
        WordsFault.LANGUAGES,
    ),
    "an empty text": ('"Paid"', '""', "word.paid", WordsFault.LANGUAGES),
    "a number": ('"KID"', "7", "word.kid", WordsFault.LANGUAGES),
    "a value is lacking": ("{whom}", "", "word.paid_to", WordsFault.VALUES),
    "a value twice": ("{whom}", "{whom} {whom}", "word.paid_to", WordsFault.VALUES),
    "half a value": ("{whom}", "{whom", "word.paid_to", "expected '}'"),
    "in two files": ("kid", "known", "word.known", WordsFault.TWICE),
    "twice in one file": ("paid =", "kid =", "", "Cannot overwrite a value"),
    "in no section": (
        "[problem.internal]",
        "stray = 7\n[x.y]",
        "stray",
        WordsFault.SECTION,
    ),
    "a problem of one text": (
        WHOLE,
        '[problem]\nx = "x"',
        "problem.x",
        WordsFault.STATUS,
    ),
}


@pytest.mark.parametrize("what", FAULTY)
def test_words_that_are_not_whole_do_not_load(folder: Path, what: str) -> None:
    old, new, key, fault = FAULTY[what]
    assert old in WHOLE
    (folder / "subject.toml").write_text(WHOLE.replace(old, new, 1))
    with pytest.raises(WordsError) as caught:
        read_words(folder)
    file, said = re.split("[,:] ", str(caught.value), maxsplit=1)
    assert file in {"subject.toml", "codes.toml"}
    assert said.startswith(key)
    assert fault in said


def test_all_words_of_ours_are_whole() -> None:
    """A section is read when it is first asked for, and not when a program begins."""
    folder = resources.files("api").joinpath("words")
    found = read_words(folder)
    whole: dict[str, set[str]] = defaultdict(set)
    for file in folder.iterdir():
        for section, entries in tomllib.loads(file.read_text(encoding="utf-8")).items():
            whole[section] |= entries.keys()
    assert found.problems.keys() == whole.pop("problem")
    assert {each: found.sentences[each].keys() for each in found.sentences} == whole


@pytest.mark.parametrize("code", ["four_eyes", "own_cost"])
def test_a_code_without_words_does_not_load(folder: Path, code: str) -> None:
    file = folder / "codes.toml"
    file.write_text(file.read_text().replace(code, "other"))
    with pytest.raises(WordsError, match=f"{code}: {WordsFault.CODE}"):
        read_words(folder)


def test_every_problem_that_is_raised_has_its_words() -> None:
    text = "".join(path.read_text() for path in (ROOT / "api").rglob("*.py"))
    raised = set(re.findall(r'ProblemError\(\s*"(\w+)"', text))
    raised |= {*_BY_STATUS.values(), CONTROL_CHARACTER, PERSONAL_DATA, *CODES}
    assert catalogue().problems.keys() == raised
