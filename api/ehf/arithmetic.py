"""How an amount came about, as an EHF document says it: the same words for ever."""

from domain.invoicing.arithmetic import AccruedDays, Arithmetic
from domain.values import KRONE


def arithmetic_line(arithmetic: Arithmetic | None) -> str:
    """Arithmetic of an amount in one line; nothing where there is none.

    ``181 dager (2026-01-01 - 2026-06-30) av 365 x 365000.00, avtaleversjon 1;
    påløpt 181000.00; bemanning etter 1 oppføring; fakturert før 166000.00``
    """
    if arithmetic is None:
        return ""
    days = [_days(day, arithmetic.days_in_year) for day in arithmetic.days]
    parts = [*days, f"påløpt {kroner_text(arithmetic.accrued_ore)}"]
    entries = "oppføring" if arithmetic.staffing == 1 else "oppføringer"
    parts.append(f"bemanning etter {arithmetic.staffing} {entries}")
    if arithmetic.billed_ore is not None:
        parts.append(f"fakturert før {kroner_text(arithmetic.billed_ore)}")
    if arithmetic.conceded_ore is not None:
        parts.append(f"ettergitt før {kroner_text(arithmetic.conceded_ore)}")
    return "; ".join(parts)


def _days(each: AccruedDays, days_in_year: int) -> str:
    days = "dag" if each.days == 1 else "dager"
    cost = kroner_text(each.annual_cost_ore)
    return (
        f"{each.days} {days} ({each.starts_on} - {each.ends_on}) av {days_in_year}"
        f" x {cost}, avtaleversjon {each.version}"
    )


def kroner_text(amount_ore: int) -> str:
    """``-1250.05``, the same in any language."""
    whole, decimals = divmod(abs(amount_ore), KRONE)
    return f"{'-' if amount_ore < 0 else ''}{whole}.{decimals:02d}"
