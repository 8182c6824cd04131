"""Reports, invoices, decisions and payments of an agreement."""

from datetime import date

from tests.support.years.rows import (
    MONTHS,
    Agreement,
    Book,
    Version,
    days_after,
    kroner,
    period_of,
)


def add_invoicing(book: Book, agreement: Agreement) -> None:
    """A report, an invoice, decisions and payments for the periods of an agreement, as its terms stand."""
    done_to = date.min
    for year in range(book.first_year, book.last_year + 1):
        month = 1
        while month <= 12:
            first = date(year, month, 1)
            late = (
                book.rng.randint(40, 250)
                if book.chance(0.15)
                else book.rng.randint(0, 30)
            )
            terms = (
                agreement.governing(first, days_after(first, 200))
                or agreement.versions[0]
            )
            start, end = period_of(
                year, (month - 1) // MONTHS[terms.frequency], terms.frequency
            )
            touched = terms.starts_on <= end and start <= terms.ends_on
            if start > done_to and book.chance(0.94 if touched else 0.05):
                add_period(book, agreement, terms, (start, end), late)
            done_to = end
            month = end.month + 1


def add_period(
    book: Book,
    agreement: Agreement,
    terms: Version,
    period: tuple[date, date],
    late: int,
) -> None:
    """The report and the invoice of one period; sometimes the invoice is tried before the report is approved."""
    rng = book.rng
    reported_on = days_after(period[1], rng.randint(0, 12))
    approved_on = add_report(book, agreement, terms, period, reported_on)
    issued_on = days_after(approved_on, late)
    if book.chance(0.04):
        early = days_after(reported_on, -1 if book.chance(0.5) else 0)
        book.add(
            "invoices",
            agreement=agreement.name,
            period_start=period[0],
            period_end=period[1],
            recorded_on=early,
        )
    book.add(
        "invoices",
        agreement=agreement.name,
        period_start=period[0],
        period_end=period[1],
        recorded_on=issued_on,
    )
    governing = agreement.governing(period[1], issued_on)
    if (
        governing
        and governing.frequency == terms.frequency
        and governing.vat != "not_assessed"
    ):
        agreement.billed.append((period[0], period[1], issued_on))
        add_decisions(book, agreement, governing, period, issued_on)
        add_payments(book, agreement, governing, period, issued_on)


def add_report(
    book: Book,
    agreement: Agreement,
    terms: Version,
    period: tuple[date, date],
    reported_on: date,
) -> date:
    """A report of the payee with its decision; returned ones are mostly submitted again. The day of the last word."""
    rng = book.rng
    name = f"r-{agreement.name}-{period[0]}"
    about = {"network": terms.network.name, "trust": terms.payee}
    fate = rng.choices(
        ("approved", "returned", "dropped", "undecided", "missing"), (88, 8, 2, 1, 1)
    )[0]
    if fate == "missing":
        return reported_on
    row = book.add(
        "reports",
        report=name,
        **about,
        period_start=period[0],
        period_end=period[1],
        recorded_on=reported_on,
    )
    decided_on = days_after(reported_on, rng.randint(0, 10))
    if fate == "undecided":
        return decided_on
    decision = "approved" if fate == "approved" else "returned"
    book.add("report_decisions", report=name, decision=decision, recorded_on=decided_on)
    if fate == "returned":
        decided_on = days_after(decided_on, rng.randint(1, 15))
        wider = {"period_start": date(period[0].year, 1, 1)} if book.chance(0.4) else {}
        book.again("reports", row, recorded_on=decided_on, **wider)
        decided_on = days_after(decided_on, rng.randint(0, 8))
        book.add(
            "report_decisions", report=name, decision="approved", recorded_on=decided_on
        )
    return decided_on


def add_decisions(
    book: Book,
    agreement: Agreement,
    terms: Version,
    period: tuple[date, date],
    issued_on: date,
) -> None:
    """The payer approves, or disputes all or one post, and may think again."""
    rng = book.rng
    key = {"agreement": agreement.name, "period_start": period[0]}
    day = days_after(issued_on, rng.randint(0, 20))
    approved = None
    if book.chance(0.4):
        approved = book.add(
            "invoice_decisions", **key, decision="approved", recorded_on=day
        )
    if book.chance(0.3):
        day = days_after(day, rng.randint(1, 20))
        post = rng.choice(terms.posts).name if book.chance(0.5) else ""
        book.add(
            "invoice_decisions",
            **key,
            decision="disputed",
            post=post,
            reason="why, exactly?",
            recorded_on=day,
        )
        if book.chance(0.4):
            day = days_after(day, rng.randint(0, 20))
            post = post if book.chance(0.5) else rng.choice(terms.posts).name
            book.add(
                "invoice_decisions",
                **key,
                decision="approved",
                post=post,
                reason="clear now",
                recorded_on=day,
            )
        if approved and book.chance(0.3):
            book.again(
                "invoice_decisions", approved, recorded_on=days_after(day, 3)
            )  # a repetition: changes nothing


def add_payments(
    book: Book,
    agreement: Agreement,
    terms: Version,
    period: tuple[date, date],
    issued_on: date,
) -> None:
    """About what the invoice must come to, in one or two parts, sometimes too much."""
    rng = book.rng
    amount = terms.cost() * MONTHS[terms.frequency] // 12
    amount = amount * 125 // 100 if terms.vat == "standard" else amount
    for _ in range(rng.choice((0, 1, 1, 2))):
        amount = amount * rng.choice((50, 90, 100, 100, 110)) // 100
        paid_on = days_after(issued_on, rng.randint(0, 45))
        told_on = days_after(paid_on, rng.choice((0, 0, 1, 10)))
        key = {"agreement": agreement.name, "period_start": period[0]}
        row = book.add(
            "payments",
            **key,
            amount=kroner(amount, rng),
            paid_on=paid_on,
            recorded_on=told_on,
        )
        if book.chance(0.03):
            book.again(
                "payments", row, recorded_on=days_after(told_on, 5)
            )  # a repetition: changes nothing
