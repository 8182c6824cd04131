"""What trust and funder may do with an application, each as an act of its own."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from api.pages.acting import may_send
from api.pages.forms import Typed
from api.pages.grants.grant_act import Act, Input, Members
from api.pages.grants.grant_read import SECTION, ReadApplication
from api.pages.grants.grant_rules import DECIDERS, role_words
from api.pages.rendering import Speaker
from api.pages.visit import Visit
from domain.fact import Command
from domain.grants.applying import EndorseApplication, WithdrawApplication
from domain.grants.assessing import AssessApplication, CheckApplication
from domain.grants.assessment import Assessment, CheckOutcome, Conflict
from domain.grants.award import AwardOutcome
from domain.grants.awarding import DecideApplication
from domain.grants.submission import SubmitApplication

MakeAct = Callable[[Visit, ReadApplication], Act]


def act_on(visit: Visit, read: ReadApplication, key: str, kind: type[Command]) -> Act:
    """Act on an application that asks nothing of who does it."""
    speaker = visit.speaker(SECTION)
    say, last = speaker.say, read.standing.last
    known = read.call.known.get(visit.organisation)
    return Act(
        key=key,
        command=kind,
        address=f"{read.address}/{key}",
        back=read.address,
        crumbs=[(say("title"), "/grants"), (read.content.title, read.address)],
        fixed={"application": read.name, "revision": last.revision},
        facts=about_act(read, speaker),
        words={"name": read.content.title or read.name},
        name=known.short_name if known else visit.organisation,
    )


def about_act(read: ReadApplication, speaker: Speaker) -> list[tuple[str, object]]:
    """What an application is, in the facts of what is confirmed."""
    say, last = speaker.say, read.standing.last
    return [
        (say("application"), f"{read.content.title} ({read.name})"),
        (say("trust"), read.trust),
        (say("revision"), last.revision),
        (say("applied"), speaker.kr(read.content.amount_ore)),
        (say("fingerprint"), in_fours(last.fingerprint)),
    ]


def in_fours(fingerprint: str) -> str:
    """First letters of a fingerprint as people compare them."""
    return " ".join(fingerprint[at : at + 4] for at in range(0, 16, 4))


def own_name(visit: Visit) -> str:
    """Name of who is signed in, where it is known."""
    return visit.node.persons.name(visit.caller.actor) or ""


def own_pseudonym(visit: Visit) -> str:
    """Pseudonym that the visitor's name has in what is recorded."""
    return visit.node.persons.pseudonym(visit.organisation, own_name(visit))


def endorse_act(visit: Visit, read: ReadApplication) -> Act:
    """Stand behind the last revision, as somebody in the trust's line."""
    speaker = visit.speaker(SECTION)
    say = speaker.say
    roles = dict.fromkeys(r for e in read.rules.endorsements for r in e.one_of)
    options = [(role.value, say(f"endorser_{role.value}")) for role in roles]
    return replace(
        act_on(visit, read, "endorse", EndorseApplication),
        fixed={
            "application": read.name,
            "revision": read.standing.last.revision,
            "fingerprint": read.standing.last.fingerprint,
        },
        inputs=(
            Input("role", say("endorse_as"), "choice", options=options),
            Input("endorsed_by", say("endorsed_by"), "person", help=say("name_help")),
            Input("endorsed_on", say("endorsed_on"), "day"),
        ),
        values={
            "endorsed_by": own_name(visit),
            "endorsed_on": f"{visit.day:%d.%m.%Y}",
        },
        note=say("endorse_note"),
    )


def submit_act(visit: Visit, read: ReadApplication) -> Act:
    """Submit the revision that was read."""
    return replace(
        act_on(visit, read, "submit", SubmitApplication),
        fixed={
            "application": read.name,
            "revision": read.standing.last.revision,
            "fingerprint": read.standing.last.fingerprint,
        },
    )


def withdraw_act(visit: Visit, read: ReadApplication) -> Act:
    """Withdraw what was submitted, with a reason."""
    say = visit.speaker(SECTION).say
    return replace(
        act_on(visit, read, "withdraw", WithdrawApplication),
        fixed={"application": read.name},
        inputs=(Input("reason", say("reason"), "area", help=say("reason_help")),),
    )


def complete(visit: Visit, read: ReadApplication) -> Act:
    """Find a submission complete."""
    act = act_on(visit, read, "complete", CheckApplication)
    return replace(act, fixed={**act.fixed, "outcome": CheckOutcome.COMPLETE.value})


def give_back(visit: Visit, read: ReadApplication) -> Act:
    """Send a submission back with what is missing, and until when."""
    say = visit.speaker(SECTION).say
    act = act_on(visit, read, "return", CheckApplication)
    return replace(
        act,
        fixed={**act.fixed, "outcome": CheckOutcome.RETURNED.value},
        inputs=(
            Input("missing", say("what_is_missing"), "area", help=say("missing_help")),
            Input("complete_by", say("complete_by"), "day"),
        ),
    )


def assess(visit: Visit, read: ReadApplication) -> Act:
    """Give points on each criterion, or declare a conflict of interest."""
    say = visit.speaker(SECTION).say
    rules = read.rules
    found = Assessment(assessments=read.whole.assessments)
    conflicted = found.has_conflict(own_pseudonym(visit))
    seats = [(seat.key, f"{seat.words} ({seat.rule})") for seat in rules.panel]
    conflicts = [("", say("conflict_none"))]
    conflicts += [(each.value, say(f"conflict_{each.value}")) for each in Conflict]
    points = say("points_help", most=rules.points_max)
    criteria = [each for each in rules.criteria if each.of == "application"]
    funder = read.call.called(rules.funder)
    inputs = [
        Input("assessor", say("assessor"), "person", help=say("name_help")),
        Input("conflict", say("conflict"), "choice", needed=False, options=conflicts),
    ]
    if seats:
        inputs.append(Input("seat", say("seat"), "choice", options=seats))
    for each in criteria:
        label = f"{each.words} ({each.rule})"
        at = f"scores.{each.key}"
        inputs.append(Input(f"{at}.points", label, "number", needed=False, help=points))
        inputs.append(
            Input(f"{at}.waived", say("waived", what=each.words), "text", needed=False)
        )
    return replace(
        act_on(visit, read, "assess", AssessApplication),
        inputs=tuple(inputs),
        values={"assessor": own_name(visit)},
        complete=_scored([each.key for each in criteria]),
        note=say("assess_note"),
        instead=say("conflict_instead", who=say("somebody_assesses", name=funder))
        if conflicted
        else "",
    )


def _scored(criteria: list[str]) -> Callable[[Typed, Members], Members]:
    def complete(typed: Typed, members: Members) -> Members:
        del typed
        scores = []
        for key in criteria:
            points = members.pop(f"scores.{key}.points", None)
            waived = members.pop(f"scores.{key}.waived", "")
            if points is not None or waived:
                said = {"criterion": key, "waived": waived}
                scores.append(said if points is None else {**said, "points": points})
        # Whoever has a conflict gives no points.
        return {**members, "scores": [] if members.get("conflict") else scores}

    return complete


def _who_decides(read: ReadApplication, speaker: Speaker) -> str:
    decider = read.rules.decider
    if decider is None:
        return speaker.say("somebody_else", name=read.call.called(read.rules.funder))
    return speaker.say("decider_else", role=role_words(decider, speaker))


def decide_act(visit: Visit, read: ReadApplication) -> Act:
    """Grant all, a part or nothing, in the function that the call names."""
    speaker = visit.speaker(SECTION)
    say, rules = speaker.say, read.rules
    applied = speaker.kr(read.content.amount_ore)
    outcomes = [
        (AwardOutcome.GRANTED.value, say("outcome_granted", amount=applied)),
        (AwardOutcome.PARTLY_GRANTED.value, say("outcome_partly_granted")),
        (AwardOutcome.REJECTED.value, say("outcome_rejected")),
    ]
    splits = [(each.key, f"{each.words} ({each.rule})") for each in rules.splits]
    found = Assessment(assessments=read.whole.assessments)
    conflicted = found.has_conflict(own_pseudonym(visit))
    inputs = [
        Input("outcome", say("outcome"), "radio", options=outcomes),
        Input("amount_ore", say("awarded_amount"), "amount", needed=False, help=say("awarded_help")),
        *([Input("split", say("split"), "choice", needed=False, options=[("", say("choose")), *splits])] if splits else []),
        Input("reason", say("reason"), "area", help=say("decision_reason_help")),
    ]  # fmt: skip
    fixed = act_on(visit, read, "decide", DecideApplication).fixed
    if rules.decider is None:
        roles = [(key, role_words(key, speaker)) for key in DECIDERS]
        inputs.append(Input("role", say("decides_as"), "choice", options=roles))
    else:
        fixed = {**fixed, "role": rules.decider}
    inputs.append(
        Input("decided_by", say("decided_by"), "person", help=say("name_help"))
    )
    return replace(
        act_on(visit, read, "decide", DecideApplication),
        fixed=fixed,
        facts=[*about_act(read, speaker), *_use_facts(read, speaker)],
        inputs=tuple(inputs),
        values={"decided_by": own_name(visit), "role": "rhf_director"},
        complete=_awarded(read.content.amount_ore),
        aside=_beside(visit, read, speaker),
        verb=_decides(read, speaker),
        note=_may_decide(read, speaker),
        instead=say("conflict_instead", who=_who_decides(read, speaker))
        if conflicted
        else "",
    )


def _beside(
    visit: Visit, read: ReadApplication, speaker: Speaker
) -> list[tuple[str, list[tuple[str, object]]]]:
    """Budget, endorsements, points and pot: what a decision rests on."""
    say, kr = speaker.say, speaker.kr
    lines: list[tuple[str, object]] = [
        (line.line, kr(line.amount_ore)) for line in read.content.lines
    ]
    endorsed: list[tuple[str, object]] = [
        (say(f"endorser_{each.role.value}"), speaker.short_day(each.endorsed_on))
        for each in read.whole.endorsements
    ]
    points: list[tuple[str, object]] = []
    for number, each in enumerate(read.whole.assessments, 1):
        who = visit.node.persons.name(each.assessor)
        name = who or say("assessor_number", number=number)
        given = ", ".join(
            score.waived if score.points is None else str(score.points)
            for score in each.scores
        )
        conflict = each.conflict and say(f"conflict_{each.conflict.value}")
        points.append((name, conflict or given))
    pot, awarded = read.rules.pot_ore, read.call.awards.awarded_ore
    money: list[tuple[str, object]] = [(say("awarded"), kr(awarded))]
    if pot is not None:
        money = [(say("pot"), kr(pot)), *money, (say("left"), kr(pot - awarded))]
    return [
        (say("budget"), [*lines, (say("sum"), kr(read.content.amount_ore))]),
        (say("endorsements"), endorsed),
        (say("assessments"), points),
        (say("pot"), money),
    ]


def _decides(
    read: ReadApplication, speaker: Speaker
) -> Callable[[Mapping[str, str]], str]:
    """Say on the button what is decided, with its amount."""

    def verb(form: Mapping[str, str]) -> str:
        outcome = form.get("outcome")
        if outcome == AwardOutcome.REJECTED.value:
            return speaker.say("do_reject")
        granted = outcome == AwardOutcome.GRANTED.value
        whole = speaker.kr(read.content.amount_ore)
        amount = whole if granted else form.get("amount_ore", "").strip()
        return speaker.say("do_decide", amount=amount)

    return verb


def _use_facts(read: ReadApplication, speaker: Speaker) -> Iterator[tuple[str, object]]:
    use = read.rules.use
    last = use.last_day or read.content.project_ends_on
    if last is not None:
        remainder = speaker.say(f"remainder_{use.remainder}")
        words = speaker.say("use_until", day=speaker.day(last), remainder=remainder)
        yield speaker.say("used_within"), words
    if read.rules.decider:
        yield speaker.say("decides_as"), role_words(read.rules.decider, speaker)


def _may_decide(read: ReadApplication, speaker: Speaker) -> str:
    rule = " ".join(read.rules.rules.get("decider", ()))
    return speaker.say("decide_note", rule=f" ({rule})" if rule else "")


def _awarded(applied_ore: int) -> Callable[[Typed, Members], Members]:
    def complete(typed: Typed, members: Members) -> Members:
        amount = members.pop("amount_ore", None)
        match members.get("outcome"):
            case AwardOutcome.GRANTED.value:
                amount = applied_ore if amount is None else amount
            case AwardOutcome.PARTLY_GRANTED.value if amount is None:
                typed.text("amount_ore", needed=True)
            case _:
                amount = 0 if amount is None else amount
        return {**members, "amount_ore": amount}

    return complete


ACTS: Final[Mapping[str, MakeAct]] = {
    "endorse": endorse_act,
    "submit": submit_act,
    "withdraw": withdraw_act,
    "complete": complete,
    "return": give_back,
    "assess": assess,
    "decide": decide_act,
}
"""By the last part of the address."""


def acts_open(visit: Visit, read: ReadApplication) -> list[str]:
    """What the visitor may do with an application as it stands now."""
    standing, award = read.whole, read.whole.award
    open_acts: list[tuple[str, type[Command], bool]] = []
    if read.is_applicant:
        presented = standing.may_be_submitted
        open_acts += [
            ("submit", SubmitApplication, presented),
            ("endorse", EndorseApplication, presented and bool(read.rules.endorsements)),
            ("withdraw", WithdrawApplication, standing.is_submitted and read.award is None),
        ]  # fmt: skip
    if read.is_funder:
        waits = standing.is_submitted and award is None
        deadline = read.call.rules.deadline
        closed = deadline is None or visit.day > deadline
        ready = waits and closed and not waits_for_rank(read)
        open_acts += [
            ("decide", DecideApplication, ready),
            ("assess", AssessApplication, ready and bool(read.rules.criteria)),
            ("complete", CheckApplication, waits and not standing.is_checked),
            ("return", CheckApplication, waits),
        ]  # fmt: skip
    return [
        key for key, kind, is_open in open_acts if is_open and may_send(visit, kind)
    ]


def waits_for_rank(read: ReadApplication) -> bool:
    """Whether the trust must rank before the funder assesses and decides (S2-28)."""
    return bool(read.rules.rankers) and read.view.rank is None
