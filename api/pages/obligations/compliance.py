"""Rules where they apply, by network, body, grant, call and agreement, with why."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, NamedTuple
from urllib.parse import quote

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.compliance import AppliesTo, Compliance, RuleKept, rules_kept
from api.pages.obligations.owed_rows import OwedTeller, address_of_owed
from api.pages.obligations.rule_sentences import norwegian_of_rule, sentence_of_rule
from api.pages.register import Register, register
from api.pages.rendering import Speaker
from api.pages.today.work_list import owed_of
from api.pages.visit import TheVisit, Visit
from api.routers import public
from api.words import sentence
from domain.values import REGIONAL_AUTHORITY

router: Final[APIRouter] = public()
SECTION: Final = "page_compliance"
GROUPS: Final = 20
"""Networks, bodies and the like on one page."""
ROWS: Final = 200
"""Rules of one of them."""
KIND: Final[Mapping[Compliance, str]] = {
    Compliance.BROKEN: "bad",
    Compliance.WARNED: "warn",
    Compliance.NOT_YET_DUE: "wait",
    Compliance.WAIVED: "off",
    Compliance.KEPT: "ok",
}
_AT: Final[Mapping[AppliesTo, str]] = {
    AppliesTo.NETWORK: "/networks/{of}/governance",
    AppliesTo.BODY: "/bodies/{of}",
    AppliesTo.GRANT: "/grants/applications/{of}",
    AppliesTo.CALL: "/grants/calls/{of}",
    AppliesTo.AGREEMENT: "/agreements/{of}",
}


class ComplianceRow(NamedTuple):
    """A rule, as it applies to one network, body, seat or grant."""

    rule: str
    sentence: str
    original: str
    """The sentence as the document has it, where the reader's language is another."""
    source: str
    how: Compliance
    why: str
    """What shows it: the obligation, what is warned of, what the standing asks for."""
    why_address: str
    waived: str
    """Who waived it, and why."""


class ComplianceGroup(NamedTuple):
    """What all rules come to for one network, body, grant, call or agreement."""

    to: AppliesTo
    name: str
    address: str
    counted: Mapping[Compliance, int]
    rows: Sequence[ComplianceRow]
    more: int
    """How many rules are not shown."""


class ComplianceCriteria(BaseModel):
    """Which rules are asked for; an empty text is no wish."""

    how: str = Field("", max_length=20)
    to: str = Field("", max_length=20)
    of: str = Field("", max_length=200)
    rule: str = Field("", max_length=10)
    start: int = Field(0, ge=0, le=1_000_000)

    @property
    def asks(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.how or self.to or self.of or self.rule)

    def fits(self, found: RuleKept) -> bool:
        """Whether a rule is of what is asked for, however it is kept."""
        return (
            self.to in {"", found.to.value}
            and self.of in {"", found.name}
            and self.rule.strip().upper() in {"", found.rule}
        )


@router.get("/compliance", include_in_schema=False)
def compliance_page(
    visit: TheVisit, criteria: Annotated[ComplianceCriteria, Query()]
) -> Response:
    """Show each rule where it applies; where one is broken comes first."""
    with visit.views() as connection:
        known = register(connection, visit.day)
        every = rules_kept(visit.node, connection, visit.day, visit.caller)
    asked = [each for each in every if criteria.fits(each)]
    counted = Counter(each.how for each in asked)
    shown = [each for each in asked if criteria.how in {"", each.how.value}]
    groups = _grouped(shown)
    part = groups[criteria.start : criteria.start + GROUPS]
    next_start = criteria.start + GROUPS
    teller = _Teller(visit, known)
    return visit.page(
        "compliance.html",
        SECTION,
        "governance",
        groups=[teller.group(*each) for each in part],
        number=len(shown),
        next_start=next_start if next_start < len(groups) else 0,
        counted={how: counted[how] for how in Compliance},
        kinds=KIND,
        applies_to=[each.value for each in AppliesTo],
        criteria=criteria,
    )


_Grouped = tuple[tuple[AppliesTo, str], list[RuleKept]]


def _grouped(shown: Sequence[RuleKept]) -> list[_Grouped]:
    """Rules by what they apply to, that with most that is broken first."""
    groups: dict[tuple[AppliesTo, str], list[RuleKept]] = {}
    for each in shown:
        groups.setdefault((each.to, each.name), []).append(each)
    kinds = [*AppliesTo]

    def order(of: _Grouped) -> tuple[int, int, int, str]:
        (to, name), found = of
        counted = Counter(each.how for each in found)
        broken, warned = counted[Compliance.BROKEN], counted[Compliance.WARNED]
        return -broken, -warned, kinds.index(to), name

    return sorted(groups.items(), key=order)


class _Teller:
    """Tells rules to one reader."""

    def __init__(self, visit: Visit, known: Register) -> None:
        self._language = visit.language
        self._speaker = Speaker(visit.language, SECTION)
        self._known = known
        self._owed = OwedTeller(self._speaker, known, visit.day, visit.organisation)

    def group(
        self, of: tuple[AppliesTo, str], found: Sequence[RuleKept]
    ) -> ComplianceGroup:
        """All of one, what is broken first."""
        to, name = of
        counted = Counter(each.how for each in found)
        ordered = sorted(found, key=lambda each: each.order)
        return ComplianceGroup(
            to,
            name,
            _AT[to].format(of=quote(name, safe="")),
            {how: counted[how] for how in Compliance if counted[how]},
            [self._row(each) for each in ordered[:ROWS]],
            max(0, len(found) - ROWS),
        )

    def _row(self, found: RuleKept) -> ComplianceRow:
        said = sentence_of_rule(found.rule, self._language)
        original = norwegian_of_rule(found.rule)
        document = found.rule.partition("-")[0]
        why, at, waived = self._why(found)
        return ComplianceRow(
            found.rule,
            said,
            original if original != said else "",
            self._speaker.say(f"document_{document}"),
            found.how,
            why,
            at,
            waived,
        )

    def _why(self, found: RuleKept) -> tuple[str, str, str]:
        """What shows it, where that is, and by whom and why it is waived."""
        at = _AT[found.to].format(of=quote(found.name, safe=""))
        if found.warning is not None:
            said = found.warning
            return sentence(self._language, "warning", said.code, said.values), at, ""
        if found.owed is None:
            is_broken = found.how is Compliance.BROKEN
            key = "lacks" if is_broken else "has"
            return self._speaker.say(key), f"{at}#lacking" if is_broken else at, ""
        obligation, row = found.owed.obligation, self._owed.row(found.owed)
        of = owed_of(obligation.id)
        named = "" if of == found.name else f"{of}: "
        waived = found.owed.waived
        return (
            f"{named}{row.what}: {row.words}",
            address_of_owed(obligation.id),
            ""
            if waived is None
            else self._speaker.say(
                "waived_by",
                name=self._authority(obligation.owed_by),
                reason=waived.reason,
            ),
        )

    def _authority(self, owed_by: str) -> str:
        """The health authority of the region of who owed it: no other waives."""
        owing = self._known.get(owed_by)
        if owing is None:
            return owed_by
        authority = self._known.get(REGIONAL_AUTHORITY[owing.region])
        name = self._speaker.say(f"region_{owing.region.value}")
        return authority.name if authority else name
