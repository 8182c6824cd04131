"""The sentence that a rule comes from, in the reader's language."""

from api.rules.rule import rule_sentences
from api.words import Language


def sentence_of_rule(rule: str, language: Language) -> str:
    """Sentence of a rule by its id; empty where the documents have none of it.

    The documents are in Norwegian; English readers have it in English.
    """
    _, english = rule_sentences().get(rule, ("", ""))
    return english if language is Language.EN else norwegian_of_rule(rule)


def norwegian_of_rule(rule: str) -> str:
    """Sentence of a rule as its document has it; empty where there is none."""
    norwegian, _ = rule_sentences().get(rule, ("", ""))
    return norwegian
