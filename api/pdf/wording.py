"""How papers say amounts, days and numbers; each in the reader's language."""

from datetime import date, datetime
from typing import Final

from babel.dates import format_interval
from babel.numbers import get_decimal_symbol

from api.pdf.paper import Details
from api.words import LOCALES, Language, day, kroner, sentence
from domain.values import BUSINESS_ZONE, Period
from federation.signed.entry import Row

GROUP: Final = 4
NO_BREAK: Final = "\u00a0"


class Wording:
    """The words of one kind of paper in one language."""

    def __init__(self, language: Language, section: str) -> None:
        self.language = language
        self._section = section

    def __call__(self, key: str, **values: str | int) -> str:
        """Sentence of the kind of paper."""
        return sentence(self.language, self._section, key, values)

    def common(self, key: str, **values: str | int) -> str:
        """Sentence that all papers share."""
        return sentence(self.language, "paper", key, values)

    def named(self, value: str) -> str:
        """Word for one of a few values."""
        return sentence(self.language, "value", value)

    def kroner(self, amount_ore: int) -> str:
        """Øre as kroner: ``1 250 798,60``."""
        return kroner(amount_ore, self.language)

    def day(self, of: date) -> str:
        """``31. desember 2026``."""
        return day(of, self.language)

    def period(self, period: Period) -> str:
        """Period as people read it, its common parts said once."""
        locale = LOCALES[self.language]
        return format_interval(period.start, period.end, "yMMMd", locale=locale)

    def instant(self, instant: datetime) -> str:
        """Instant as the clock in Norway shows it."""
        shown = instant.astimezone(BUSINESS_ZONE)
        return f"{self.day(shown.date())} {shown:%H:%M:%S}"

    def decimal(self, number: str) -> str:
        """Decimal string with the decimal sign of the language."""
        return number.replace(".", get_decimal_symbol(LOCALES[self.language]))

    def percent(self, percent: str) -> str:
        """``20,00 %`` of a decimal string."""
        space = "" if self.language is Language.EN else NO_BREAK
        return f"{self.decimal(percent)}{space}%"

    def trace(self, entry: Row, fingerprint: str | None = None) -> Details:
        """Where an entry stands in the signed log, as it is found there.

        ``fingerprint`` is what people have compared of what it says, if they have.
        The leaf hash stands unbroken, so that it is copied as it is searched for.
        """
        about = f"{entry.id} ({entry.stream} {entry.version}, {entry.type})"
        compared = [] if fingerprint is None else [grouped(fingerprint)]
        return Details(
            self.common("trace"),
            [
                (self.common("entry"), about),
                (self.common("index"), str(entry.position - 1)),
                (self.common("leaf"), entry.leaf.hex()),
                (self.common("recorded"), entry.recorded_at),
                *((self.common("fingerprint"), each) for each in compared),
            ],
        )


def grouped(text: str, size: int = GROUP) -> str:
    """Long number or fingerprint in groups that an eye can compare."""
    return " ".join(text[start : start + size] for start in range(0, len(text), size))


def organisation_number(number: str) -> str:
    """``983 974 724``."""
    return grouped(number, 3).replace(" ", NO_BREAK)


def account_number(account: str) -> str:
    """``8601 11 17947``."""
    return NO_BREAK.join((account[:4], account[4:6], account[6:]))
