"""The rules of a call in words, each with the rules of the documents that it comes from."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from api.pages.grants.grant_read import ReadCall
from api.pages.rendering import Speaker
from domain.grants.rules import CallRules, Choice, UseRule

SCHEMES: Final = frozenset(
    {"network_funds", "patient_safety", "collaboration", "participation_costs"}
)
DECIDERS: Final[Mapping[str, str]] = {
    "rhf_medical_director": "role_rhf_medical_director",
    "rhf_director": "role_rhf_director",
}


class RuleRow(NamedTuple):
    """A rule that is one value."""

    label: str
    value: str
    source: str


class RuleChoice(NamedTuple):
    """Something that is offered, asked for or weighed."""

    kind: str
    words: str
    rule: str


class RuleList(NamedTuple):
    """A rule that is several things."""

    label: str
    source: str
    choices: list[RuleChoice]


def rule_rows(read: ReadCall, rules: CallRules, speaker: Speaker) -> list[RuleRow]:
    """Rules that are one value, without those that are not set."""
    return [
        RuleRow(speaker.say(f"rule_{name}"), value, " ".join(rules.rules.get(name, ())))
        for name, value in _values(read, rules, speaker)
        if value
    ]


def _values(
    read: ReadCall, rules: CallRules, speaker: Speaker
) -> Iterator[tuple[str, str]]:
    say, day = speaker.say, speaker.day
    known = rules.scheme in SCHEMES
    yield "scheme", say(f"scheme_{rules.scheme}") if known else rules.scheme
    yield "valid_from", day(rules.valid_from)
    yield "funder", read.called(rules.funder)
    yield "case_reference", rules.case_reference or ""
    yield "intake", " ".join((say(f"intake_{rules.intake}"), rules.intake_address))
    yield "opens_on", day(rules.opens_on)
    until = say("rule_deadline_value", day=day(rules.deadline))
    yield "deadline", until if rules.deadline else say("no_deadline")
    yield "announce_by", day(rules.announce_by)
    yield "applicant_kinds", _listed(rules.applicant_kinds, "kind", speaker)
    yield "applicant_regions", _listed(rules.applicant_regions, "region", speaker)
    yield "employed_by", _listed(rules.employed_by, "kind", speaker)
    if rules.network is not None:
        trusts = ", ".join(map(read.called, rules.network.trusts))
        kind = say(f"network_{rules.network.kind.value}")
        yield "network", say("rule_network_value", kind=kind, trusts=trusts or "–")
    if rules.partners is not None:
        trusts_min, others = (
            rules.partners.trusts_min,
            rules.partners.or_municipalities_min,
        )
        yield "partners", say("rule_partners_value", trusts=trusts_min, towns=others)
    if rules.purposes_min:
        yield "purposes_min", str(rules.purposes_min)
    yield "form", rules.form
    if rules.distinct_endorsers:
        yield "distinct_endorsers", say("yes")
    yield "own_contribution", say(f"own_{rules.own_contribution}")
    if rules.criteria:
        yield "points_max", str(rules.points_max)
    yield "rankers", _listed(rules.rankers, "ranker", speaker)
    if rules.decider:
        yield "decider", role_words(rules.decider, speaker)
    yield "pot_ore", "" if rules.pot_ore is None else speaker.kr(rules.pot_ore)
    yield "use", use_words(rules.use, speaker)
    yield "remind_days", ", ".join(map(str, rules.remind_days))


def role_words(key: str, speaker: Speaker) -> str:
    """Words of a function in which somebody decides; its key where there are none."""
    known = DECIDERS.get(key)
    return speaker.say(known) if known else key.replace("_", " ")


def _listed(values: Iterable[str], prefix: str, speaker: Speaker) -> str:
    return ", ".join(speaker.say(f"{prefix}_{each}") for each in values)


def use_words(use: UseRule, speaker: Speaker) -> str:
    """When money may be used, and what becomes of the rest."""
    say, day = speaker.say, speaker.day
    parts = [
        say("use_after_decision") if use.after_decision else "",
        say("use_first_day", day=day(use.first_day)) if use.first_day else "",
        say("use_last_day", day=day(use.last_day)) if use.last_day else "",
        say("use_project_by", day=day(use.project_ends_by)) if use.project_ends_by else "",
        say("use_years", years=use.project_years_max) if use.project_years_max else "",
        say("use_first_months", months=use.first_use_months)
        if use.first_use_months is not None
        else "",
        say(f"remainder_{use.remainder}"),
    ]  # fmt: skip
    return ", ".join(part for part in parts if part)


def rule_lists(rules: CallRules, speaker: Speaker) -> list[RuleList]:
    """Rules that are several things, without those of which there is none."""
    lists = (
        ("purposes", _plain(rules.purposes)),
        ("priorities", _plain(rules.priorities)),
        ("sections", _plain(rules.sections)),
        ("attachments", _plain(rules.attachments)),
        ("endorsements", _endorsements(rules, speaker)),
        ("categories", _categories(rules, speaker)),
        ("criteria", _plain(rules.criteria)),
        ("panel", _plain(rules.panel)),
        ("informed", _plain(rules.informed)),
        ("splits", _splits(rules, speaker)),
        ("reports", _reports(rules, speaker)),
    )
    return [
        RuleList(
            speaker.say(f"rule_{name}"), " ".join(rules.rules.get(name, ())), choices
        )
        for name, found in lists
        if (choices := [*found])
    ]


def _plain(choices: Iterable[Choice]) -> Iterator[RuleChoice]:
    return (RuleChoice("ok", each.words, each.rule) for each in choices)


def _endorsements(rules: CallRules, speaker: Speaker) -> Iterator[RuleChoice]:
    for each in rules.endorsements:
        names = [speaker.say(f"endorser_{role.value}") for role in each.one_of]
        words = speaker.say("or").join(names)
        if each.when == "with_municipality":
            words = speaker.say("when_municipality", roles=words)
        yield RuleChoice("ok", words, each.rule)


def _categories(rules: CallRules, speaker: Speaker) -> Iterator[RuleChoice]:
    for each in rules.categories:
        kind = {"yes": "ok", "explained": "warn", "no": "bad"}[each.allowed]
        words = speaker.say(f"allowed_{each.allowed}", what=each.words)
        yield RuleChoice(kind, words, each.rule)


def _splits(rules: CallRules, speaker: Speaker) -> Iterator[RuleChoice]:
    for each in rules.splits:
        more, most = each.project_years
        words = speaker.say("split_years", what=each.words, more=more, most=most)
        if each.amount_ore is not None:
            words = f"{words}: {speaker.kr(each.amount_ore)}"
        yield RuleChoice("ok", words, each.rule)


def _reports(rules: CallRules, speaker: Speaker) -> Iterator[RuleChoice]:
    for each in rules.reports:
        words = each.words
        if each.due_on is not None:
            words = f"{words}: {speaker.day(each.due_on)}"
        if each.due_days_after_project is not None:
            days = each.due_days_after_project
            words = f"{words}: {speaker.say('due_after_project', count=days)}"
        yield RuleChoice("ok", words, each.rule)
