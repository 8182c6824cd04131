"""What an application lacks, as a list: each thing with its rule, and where it is typed.

Judged by the very checks that a submission is decided by; nothing is judged here.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from api.pages.grants.grant_draft import NOBODY
from api.pages.rendering import Speaker
from api.words import problem
from domain.grants.application import ApplicationContent
from domain.grants.codes import GrantCode
from domain.grants.rules import CallRules, GrantEndorser
from domain.refusal import Code, Refusal


class Item(NamedTuple):
    """One thing that is asked for."""

    kind: str
    """``ok``, ``bad`` or ``wait``: that is somebody else's to do."""
    words: str
    rule: str
    field: str
    """Name of the field in the form where it is typed."""
    fault: str = ""
    """What is wrong with it."""


class Checklist(NamedTuple):
    """All that is asked for, and what each budget line is refused for."""

    items: Sequence[Item]
    lines: dict[str, str]
    """By the line's name."""

    @property
    def to_mend(self) -> list[Item]:
        """What its authors must still do."""
        return [item for item in self.items if item.kind == "bad"]

    @property
    def waits(self) -> list[Item]:
        """What others must still do."""
        return [item for item in self.items if item.kind == "wait"]


class _Judged:
    """The refusals of a submission, by what they are of."""

    def __init__(self, found: Sequence[Refusal], speaker: Speaker) -> None:
        self._speaker = speaker
        self.of: dict[str, Refusal] = {}
        self.missing: set[str] = set()
        self.lines: dict[str, str] = {}
        for each in found:
            if "line" in each.values:
                self.lines[str(each.values["line"])] = self.words(each)
            elif each.code is Code.INCOMPLETE:
                self.missing = {*str(each.values["missing"]).split()}
            else:
                self.of[each.code] = each

    def words(self, refusal: Refusal) -> str:
        """Words of a refusal."""
        said = problem(self._speaker.language, refusal.code, refusal.values)
        return said.detail

    def fault(self, *codes: str) -> str:
        """Words of the first refusal with one of some codes; none where none is."""
        return next((self.words(self.of[c]) for c in codes if c in self.of), "")


def checklist(
    content: ApplicationContent,
    rules: CallRules,
    found: Sequence[Refusal],
    speaker: Speaker,
    endorsed: Collection[GrantEndorser] = (),
) -> Checklist:
    """List what a call asks for; ``found`` is what a submission is refused for.

    ``endorsed`` are the roles of the line that stand behind it.
    """
    judged = _Judged(found, speaker)
    items = [
        *_of_parts(rules, judged, speaker),
        *_of_applicant(rules, judged, speaker),
        *_of_project(rules, judged, speaker),
        *_of_budget(content, rules, judged, speaker),
        *_of_endorsements(rules, judged, speaker, endorsed),
    ]
    if content.applicant == NOBODY:
        words = speaker.say("applicant")
        fault = speaker.say("lacks", what=words)
        # Nothing is presented without one.
        items.insert(1, Item("bad", words, source(rules, "form"), "applicant", fault))
    return Checklist(items, judged.lines)


def source(rules: CallRules, *members: str) -> str:
    """Rules that members of a call come from."""
    found = (rule for each in members for rule in rules.rules.get(each, ()))
    return " ".join(dict.fromkeys(found))


def _item(words: str, rule: str, field: str, fault: str) -> Item:
    return Item("bad" if fault else "ok", words, rule, field, fault)


def _of_parts(rules: CallRules, judged: _Judged, speaker: Speaker) -> Iterator[Item]:
    def item(key: str, field: str, words: str, rule: str) -> Item:
        lacks = speaker.say("lacks", what=words) if key in judged.missing else ""
        return _item(words, rule, field, lacks)

    say, form = speaker.say, source(rules, "form")
    yield item("title", "title", say("title_field"), form)
    yield item("workplace", "workplace", say("workplace"), form)
    for each in rules.sections:
        name = f"sections.{each.key}"
        yield item(name, name, each.words, each.rule)
    for each in rules.attachments:
        name = f"attachments.{each.key}"
        yield item(name, f"{name}.archived", each.words, each.rule)
    if rules.purposes or rules.purposes_min:
        first = rules.purposes[0].key if rules.purposes else ""
        words, rule = say("purposes"), source(rules, "purposes", "purposes_min")
        yield item("purposes", f"purposes.{first}", words, rule)


def _of_applicant(
    rules: CallRules, judged: _Judged, speaker: Speaker
) -> Iterator[Item]:
    say = speaker.say
    kinds = source(rules, "applicant_kinds", "applicant_regions")
    fault = judged.fault(GrantCode.APPLICANT_NOT_ELIGIBLE)
    yield _item(say("who_may_apply"), kinds, "title", fault)
    if rules.network is not None:
        fault = judged.fault(GrantCode.NETWORK_NOT_ELIGIBLE)
        yield _item(say("network"), source(rules, "network"), "network", fault)
    if rules.employed_by:
        fault = judged.fault(GrantCode.EMPLOYER_NOT_ELIGIBLE)
        rule = source(rules, "employed_by")
        yield _item(say("employers"), rule, "leader_employer", fault)
    fault = judged.fault(GrantCode.PARTNERS_MISSING, Code.UNKNOWN_ORGANISATION)
    if rules.partners is not None or fault:
        yield _item(say("partners"), source(rules, "partners"), "partners.0", fault)


def _of_project(rules: CallRules, judged: _Judged, speaker: Speaker) -> Iterator[Item]:
    say, rule = speaker.say, source(rules, "use")
    for name in ("project_starts_on", "project_ends_on"):
        if name in judged.missing or rules.use.project_ends_by:
            lacks = speaker.say("lacks", what=say(name))
            yield _item(say(name), rule, name, lacks * (name in judged.missing))
    fault = judged.fault(GrantCode.PROJECT_TOO_LONG)
    if rules.use.project_ends_by or rules.use.project_years_max or fault:
        yield _item(say("project_length"), rule, "project_ends_on", fault)


def _of_budget(
    content: ApplicationContent, rules: CallRules, judged: _Judged, speaker: Speaker
) -> Iterator[Item]:
    say = speaker.say
    words = say("budget")
    lacks = say("lacks", what=words) if "lines" in judged.missing else ""
    yield _item(words, source(rules, "form", "sections"), "lines.0.line", lacks)
    numbers = {line.line: index for index, line in enumerate(content.lines)}
    covered = {each.key: each for each in rules.categories}
    rule = source(rules, "categories")
    for name, fault in judged.lines.items():
        index = numbers.get(name, 0)
        category = covered.get(content.lines[index].category)
        of = category.rule if category else rule
        yield Item("bad", name, of, f"lines.{index}.category", fault)
    if not judged.lines:
        yield Item("ok", say("costs_covered"), rule, "lines.0.line")
    fault = ""
    if GrantCode.BUDGET_DIFFERS in judged.of:
        total = sum(line.amount_ore for line in content.lines)
        more = total > content.amount_ore
        by = speaker.kr(abs(total - content.amount_ore))
        fault = say("budget_above" if more else "budget_below", amount=by)
    yield _item(say("budget_equal"), source(rules, "form"), "amount_ore", fault)


def _of_endorsements(
    rules: CallRules,
    judged: _Judged,
    speaker: Speaker,
    endorsed: Collection[GrantEndorser],
) -> Iterator[Item]:
    """Give what each endorsement is, and whether it waits."""
    lacking = Code.NOT_ENDORSED in judged.of
    for each in rules.endorsements:
        names = [speaker.say(f"endorser_{role.value}") for role in each.one_of]
        words = speaker.say("endorsed_by_one", roles=speaker.say("or").join(names))
        # Where each is another person's, one may stand for another role than its own.
        is_given = not rules.distinct_endorsers and {*each.one_of} & {*endorsed}
        yield Item(
            "wait" if lacking and not is_given else "ok", words, each.rule, "endorse"
        )
