"""Values that facts and commands are made of.

Money is whole øre in an ``int``; a percentage is a decimal string; a day is a
``date``; an instant is UTC with microseconds. Nothing is a float (law 7).
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final, NamedTuple, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationInfo,
)
from stdnum.no import orgnr

from domain.region import Region as Region  # noqa: PLC0414 - a value like the others
from domain.texts import (
    UnfitError,
    as_account,
    as_name,
    one_blank,
    text_without_national_id,
    without_national_id,
    written,
)

BUSINESS_ZONE: Final = ZoneInfo("Europe/Oslo")
KRONE: Final = 100
"""Øre in a krone."""


REGIONAL_AUTHORITY: Final = {
    Region.MIDT: "983658776",
    Region.NORD: "883658752",
    Region.SOROST: "991324968",
    Region.VEST: "983658725",
}
"""The organisation number of each regional health authority (RHF)."""


class OrganisationKind(StrEnum):
    """What an organisation is, by law."""

    RHF = "rhf"
    HF = "hf"
    MUNICIPALITY = "municipality"
    UNIVERSITY_COLLEGE = "university_college"
    USER_ORGANISATION = "user_organisation"
    OTHER = "other"


class NetworkKind(StrEnum):
    """Three different things are called a network (K-09)."""

    NATIONAL = "national"
    REGIONAL = "regional"
    LOCAL = "local"


class NetworkModel(StrEnum):
    """Whether a network pays for part-time posts (S1-04)."""

    COORDINATION_ONLY = "coordination_only"
    WITH_PART_TIME_POSTS = "with_part_time_posts"


class Frequency(StrEnum):
    """How often an agreement is settled (K-06)."""

    YEARLY = "yearly"
    HALF_YEARLY = "half_yearly"
    TERTIAL = "tertial"
    QUARTERLY = "quarterly"
    MONTHLY = "monthly"

    @property
    def months(self) -> int:
        """Calendar months in one period."""
        return {"yearly": 12, "half_yearly": 6, "tertial": 4, "quarterly": 3}.get(
            self.value, 1
        )


class Vacancy(StrEnum):
    """What happens to the cost of a post that nobody fills."""

    STOP = "stop"
    PAY = "pay"


class VatTreatment(StrEnum):
    """VAT of an agreement (mval. § 3-2); there is no default."""

    EXEMPT = "exempt"
    STANDARD = "standard"
    OUTSIDE_SCOPE = "outside_scope"
    NOT_ASSESSED = "not_assessed"

    @property
    def rate_percent(self) -> int:
        """The rate that is added to an invoice."""
        return 25 if self is VatTreatment.STANDARD else 0


class TravelCost(StrEnum):
    """Who bears the travel of a post's holder."""

    PAYER = "payer"
    PAYEE = "payee"


class EndorsementPolicy(StrEnum):
    """Whose word a version needs before it may be accepted (S1-05, S1-20)."""

    HOST_LEADER = "host_leader"


class Period(NamedTuple):
    """Days from ``start`` to ``end``, both included."""

    start: date
    end: date

    def covers(self, other: Self) -> bool:
        """Whether every day of ``other`` lies in this period."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Self) -> bool:
        """Whether the periods share a day."""
        return self.start <= other.end and other.start <= self.end

    def is_whole(self, frequency: Frequency) -> bool:
        """Whether this is exactly one calendar period of ``frequency``."""
        months = frequency.months
        if self.start.day != 1 or (self.start.month - 1) % months:
            return False
        return day_before(add_months(self.start, months)) == self.end


def add_months(first_of_month: date, months: int) -> date:
    """First day of the month ``months`` later."""
    index = first_of_month.year * 12 + first_of_month.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def day_before(day: date) -> date:
    """Previous day."""
    return day - timedelta(days=1)


def day_after(day: date) -> date:
    """Next day."""
    return day + timedelta(days=1)


def days_in_year(year: int) -> int:
    """365 or 366."""
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days


def months_later(day: date, months: int) -> date:
    """Move a day by ``months``, to the last day of a shorter month.

    >>> months_later(date(2026, 1, 31), 1)
    datetime.date(2026, 2, 28)
    """
    first = add_months(day.replace(day=1), months)
    last = day_before(add_months(first, 1))
    return min(first.replace(day=min(day.day, last.day)), last)


def last_of_years(first_day: date, years: int) -> date:
    """Last day of so many years, the first day included: the years are added first.

    >>> last_of_years(date(2024, 2, 29), 2)
    datetime.date(2026, 2, 27)
    """
    return day_before(months_later(first_day, 12 * years))


def business_day(instant: datetime) -> date:
    """Day in Norway at ``instant``."""
    return instant.astimezone(BUSINESS_ZONE).date()


def day_end(day: date) -> datetime:
    """Last instant of a business day in Norway."""
    return datetime.combine(day, time.max, BUSINESS_ZONE)


def instant_text(instant: datetime) -> str:
    """``2026-07-10T10:00:00.000001Z``: UTC, microseconds, sortable."""
    text = instant.astimezone(UTC).isoformat(timespec="microseconds")
    return text.removesuffix("+00:00") + "Z"


def parse_instant(text: str) -> datetime:
    """Read what :func:`instant_text` wrote; raise ``ValueError`` on anything else."""
    if len(text) != len("2026-07-10T10:00:00.000001Z") or not text.endswith("Z"):
        message = "not an instant in UTC with microseconds"
        raise ValueError(message)
    return datetime.fromisoformat(text)


def half_away_from_zero(numerator: int, denominator: int) -> int:
    """Round ``numerator / denominator`` to an integer, halves away from zero.

    >>> [half_away_from_zero(n, 2) for n in (-3, -1, 1, 3)]
    [-2, -1, 1, 2]
    """
    if denominator <= 0:
        message = "the denominator must be positive"
        raise ValueError(message)
    size = (2 * abs(numerator) + denominator) // (2 * denominator)
    return size if numerator >= 0 else -size


_KRONER = re.compile(r"(-?)([0-9]{1,13})(?:\.([0-9]{1,2}))?")


def parse_kroner(text: str) -> int:
    """Read kroner with a decimal point and at most two decimals as øre.

    Raises ``ValueError`` on anything else.
    """
    match = _KRONER.fullmatch(text)
    if match is None:
        message = "not an amount in kroner with at most two decimals"
        raise ValueError(message)
    sign, kroner, decimals = match.groups()
    amount_ore = int(kroner) * KRONE + int((decimals or "").ljust(2, "0"))
    return -amount_ore if sign else amount_ore


def is_organisation_number(text: str) -> bool:
    """Whether nine digits pass modulus 11 (Enhetsregisteret)."""
    return len(text) == 9 and text.isascii() and orgnr.is_valid(text)  # noqa: PLR2004


def _percent(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,2})?", text):
        message = "not a percentage with at most two decimals"
        raise UnfitError(message, "percent_form")
    return f"{Decimal(text):.2f}"


def _growth_factor(text: str) -> str:
    if not re.fullmatch(r"[0-9](\.[0-9]{1,6})?", text) or not Decimal(text):
        message = "not a factor above 0 and below 10 with at most six decimals"
        raise UnfitError(message, "factor_form")
    return text


_PRINTABLE: Final = r"^[^\x00-\x1f\x7f]*$"
_NAME: Final = r"^[^\s:/\x00-\x1f\x7f]([^:/\x00-\x1f\x7f]*[^\s:/\x00-\x1f\x7f])?$"

Text = Annotated[str, StringConstraints(max_length=1000, pattern=_PRINTABLE)]
"""Text on one line."""

_Written = BeforeValidator(written)
_Impersonal = AfterValidator(text_without_national_id)

FreeText = Annotated[Text, _Written, _Impersonal]
"""Text that somebody writes; a national identity number in it is refused (law 8)."""

AccountText = Annotated[Text, _Written, AfterValidator(as_account)]
"""An account as somebody writes it, with separators or as an IBAN, kept as digits.

They may pass as an identity number."""

LongText = Annotated[
    str, StringConstraints(max_length=10_000, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]*$")
]
"""Text of some paragraphs."""

FreeLongText = Annotated[LongText, _Written, _Impersonal]
"""Paragraphs that somebody writes; no national identity number (law 8)."""

_NAME_CHARACTERS_MAX: Final = 80

Name = Annotated[str, StringConstraints(max_length=_NAME_CHARACTERS_MAX, pattern=_NAME)]
"""A business key, part of a stream id: 1-80 characters, no colon and no slash."""


def is_name(text: str) -> bool:
    """Whether a text may be a business key."""
    return len(text) <= _NAME_CHARACTERS_MAX and bool(re.fullmatch(_NAME, text))


Key = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9_]{1,40}$"),
    AfterValidator(without_national_id),
]
"""The key of something that rules, given as data, offer, ask for or weigh."""

BankReference = Annotated[
    Name, _Written, AfterValidator(as_name), AfterValidator(without_national_id)
]
"""A business key that a bank gives, blank for blank; nothing in it is unseen."""

NewName = Annotated[
    Name,
    BeforeValidator(one_blank),
    _Written,
    AfterValidator(as_name),
    AfterValidator(without_national_id),
]
"""A business key that somebody gives: one blank between words, and nothing unseen."""

OrganisationNumber = Annotated[
    str,
    StringConstraints(max_length=20, pattern=_PRINTABLE),
    Field(description="Nine digits, modulus 11.", examples=["983974724"]),
]
"""As it was given; whether it passes modulus 11 is a rule, not a form."""

CitedNumber = Annotated[OrganisationNumber, AfterValidator(without_national_id)]
"""An organisation number that is recorded before anybody has looked it up."""

Percent = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,3}\.[0-9]{2}$")]
"""A decimal string with two decimals, ``20.00``."""

WrittenPercent = Annotated[str, AfterValidator(_percent)]
"""A percentage with at most two decimals, as somebody writes it."""

GrowthFactor = Annotated[str, AfterValidator(_growth_factor)]
"""What costs are multiplied by: a decimal string above 0 and below 10, ``1.0375``."""

AmountOre = Annotated[int, Field(ge=-(10**15), le=10**15, examples=[31850000])]
"""Money in whole øre; the bounds are ten thousand milliard kroner."""

CostOre = Annotated[int, Field(ge=0, le=10**15, examples=[31850000])]
"""A cost in whole øre."""

EARLIEST_DAY: Final = date(1900, 1, 1)
Day = Annotated[date, Field(ge=EARLIEST_DAY, le=date(2199, 12, 31))]
"""A calendar day, ``YYYY-MM-DD``."""

LastDay = Annotated[date, Field(ge=EARLIEST_DAY)]
"""A last day, which may lie in the far future."""


def not_before(first: str) -> AfterValidator:
    """Require of a day that it does not come before the member ``first``."""

    def check(last: date | None, info: ValidationInfo) -> date | None:
        start = info.data.get(first)
        if last is not None and start is not None and last < start:
            message = f"comes before {first}"
            raise UnfitError(message, "ends_first")
        return last

    return AfterValidator(check)


def each_once(member: str | None = None, *, sort: bool = True) -> AfterValidator:
    """Require of a tuple that nothing stands in it twice, by a member or whole.

    It is sorted by that, unless its order means something.
    """

    def check(values: tuple[Any, ...]) -> tuple[Any, ...]:
        names = [
            value if member is None else getattr(value, member) for value in values
        ]
        if len(set(names)) < len(names):
            message = "holds something twice"
            raise UnfitError(message, "stands_twice")
        if not sort:
            return values
        order = sorted(range(len(values)), key=names.__getitem__)
        return tuple(values[place] for place in order)

    return AfterValidator(check)


NoticeMonths = Annotated[int, Field(ge=0, le=60)]
"""Calendar months between a notice and the last day that it leads to."""

CaseReference = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{4}/[0-9]{1,8}(-[0-9]{1,6})?$")
]
"""A case in an archive, and perhaps a document in it: ``2026/1473-2``."""

Year = Annotated[int, Field(ge=1900, le=2199)]
"""A calendar year."""

VersionNumber = Annotated[int, Field(ge=1, le=10**6)]
"""Of an agreement."""

DocumentNumber = Annotated[int, Field(ge=1, lt=2**31)]
"""In the series of a seller and a year."""

PERSON: Final = "person"
"""Marks a type whose values are pseudonyms; whoever sends one sends a name."""

PersonReference = Annotated[
    str, StringConstraints(max_length=64, pattern=r"^[a-z0-9-]*$"), PERSON
]
"""A pseudonym that only the person's own region can resolve (law 8)."""

Actor = Annotated[
    str, StringConstraints(max_length=64, pattern=r"^[A-Za-z0-9._-]{1,64}$")
]
"""The pseudonym of a person who acts for an organisation, as tokens have it."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A hash in hex."""

KnownPerson = Annotated[
    str, StringConstraints(max_length=64, pattern=r"^[a-z0-9-]+$"), PERSON
]
"""A pseudonym where somebody must be named."""
