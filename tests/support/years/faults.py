"""Rows that break a rule, and rows that only repeat another: a table of ways to go wrong.

A fault that needs an earlier row is recorded on a later day than that row, because within one file and day a
region need not have heard of another region's row yet.
"""

from collections.abc import Callable
from datetime import date

from tests.support.years.rows import Book, Row, days_after, kroner
from tests.support.years.values import (
    coordinator,
    mistyped,
    no_coordinator,
    post_of_another,
    report_of_nobody,
    stranger,
)

Fault = Callable[[Book], None]
Value = str | Callable[[Book], str]


def add_faults(book: Book, count: int) -> None:
    """Add this many faults, all of different kinds as long as there are any."""
    kinds = list(FAULTS)
    book.rng.shuffle(kinds)
    for number in range(count):
        kinds[number % len(kinds)](book)


def values_of(book: Book, changes: dict[str, Value]) -> Row:
    """The changes with what depends on the folder filled in."""
    return {
        column: value if isinstance(value, str) else value(book)
        for column, value in changes.items()
    }


def copy(file: str, **changes: Value) -> Fault:
    """A row of the file again, on a later day, with these changes; without any it is a repetition."""

    def fault(book: Book) -> None:
        if book.files[file]:
            row = book.rng.choice(book.files[file])
            day = (
                {"recorded_on": str(book.later(row))}
                if is_day(row.get("recorded_on", ""))
                else {}
            )
            book.again(file, row, **(day | values_of(book, changes)))

    return fault


def is_day(cell: str) -> bool:
    """Is this a date, and not one of the cells that were spoiled on purpose?"""
    try:
        return bool(date.fromisoformat(cell))
    except ValueError:
        return False


def proposal(
    national: bool | None = None,
    agreement: dict[str, Value] | None = None,
    **post: Value,
) -> Fault:
    """A new agreement with one post, with these changes to the version and to the post."""

    def fault(book: Book) -> None:
        networks = [n for n in book.networks if national in (None, n.national)]
        if not networks:
            return
        network = book.rng.choice(networks)
        name = f"fault-{len(book.files['agreements'])}"
        year = book.rng.randint(book.first_year, book.last_year)
        dates: dict[str, str] = {
            "starts_on": f"{year}-01-01",
            "ends_on": f"{year}-12-31",
        }
        version: Row = dates | {
            "agreement": name,
            "version": "1",
            "network": network.name,
            "payer": network.trust,
            "payee": book.trust(network.trust),
            "effective_from": dates["starts_on"],
            "frequency": "quarterly",
            "vacancy": "stop",
            "vat_treatment": "exempt",
            "recorded_on": str(
                book.day(date(book.first_year, 1, 21), date(book.first_year, 12, 31))
            ),
        }
        terms: Row = {
            "post": f"{name}-p",
            "content": "A task",
            "percent": "10.00",
            "annual_cost": "5000.00",
        } | dates
        book.add("agreements", **(version | values_of(book, agreement or {})))
        book.add(
            "posts", agreement=name, version="1", **(terms | values_of(book, post))
        )

    return fault


def any_invoice(book: Book) -> Row | None:
    """An invoice row with a period that can be read, or none."""
    rows = [row for row in book.files["invoices"] if is_day(row["period_end"])]
    return book.rng.choice(rows) if rows else None


def early_invoice(book: Book) -> None:
    """An invoice a few days before its period has ended."""
    row = any_invoice(book)
    if row:
        day = days_after(date.fromisoformat(row["period_end"]), -book.rng.randint(1, 9))
        book.again("invoices", row, recorded_on=day)


def odd_period(book: Book) -> None:
    """An invoice for no period, as it starts or ends on the wrong day; perhaps issued too early as well."""
    row = any_invoice(book)
    if row:
        column, step = book.rng.choice((("period_start", 1), ("period_end", -1)))
        day = days_after(date.fromisoformat(row[column]), step)
        early = days_after(date.fromisoformat(row["period_end"]), -15)
        book.again(
            "invoices",
            row,
            **{"recorded_on": book.rng.choice((book.later(row), early)), column: day},
        )


def new_network(**changes: Value) -> Fault:
    """A national network that would be established but for these changes."""

    def fault(book: Book) -> None:
        cells: dict[str, str] = {
            "network": f"fault-{len(book.files['networks'])}",
            "kind": "national",
            "name_nb": "Nettverk med feil",
            "name_en": "Norwegian National Network for Faults",
            "coordinating_trust": book.trust(),
            "starts_on": f"{book.first_year}-01-01",
            "model": "coordination_only",
            "coordination_budget": "1000000.00",
            "recorded_on": f"{book.first_year - 1}-12-{book.rng.randint(1, 28):02}",
        }
        book.add("networks", **(cells | values_of(book, changes)))

    return fault


def fill_frame(extra: int) -> Fault:
    """A proposal that takes all that should be left of a frame, and so many øre more."""

    def fault(book: Book) -> None:
        free = [n for n in book.networks if n.room and n.room > extra]
        if free:
            network = book.rng.choice(free)
            cost = kroner((network.room or 0) + extra, book.rng)
            terms: dict[str, Value] = {"network": network.name, "payer": network.trust}
            proposal(
                True, terms | {"payee": book.trust(network.trust)}, annual_cost=cost
            )(book)

    return fault


def squeeze(cheap: bool) -> Fault:
    """A network whose agreement gets a version that changes what is left of the frame, and proposals that need it.

    One comes while the version awaits its answer, the others after it. A cheap version frees room only when it is
    accepted; a dear one takes room from its proposal until it is declined.
    """

    def fault(book: Book) -> None:
        new_network(model="with_part_time_posts", coordination_budget="500000")(book)
        network = book.files["networks"][-1]
        year = book.first_year
        parties = {
            "payer": network["coordinating_trust"],
            "payee": book.trust(network["coordinating_trust"]),
        }
        terms: dict[str, Value] = {
            "network": network["network"],
            **parties,
            "effective_from": f"{year}-01-01",
        }
        dates: dict[str, Value] = {
            "starts_on": f"{year}-01-01",
            "ends_on": f"{year}-12-31",
        }
        at_first = terms | dates | {"recorded_on": f"{year}-02-01"}
        proposal(None, at_first, annual_cost="1000000", **dates)(book)
        row, post = book.files["agreements"][-1], book.files["posts"][-1]
        book.again("agreements", row, version=2, recorded_on=f"{year}-03-01")
        book.again("posts", post, version=2, annual_cost="1000" if cheap else "1500000")
        key = {"agreement": row["agreement"]}
        day = f"{year}-02-10"
        book.add("acceptances", **key, version=1, answer="accepted", recorded_on=day)
        answer = book.rng.choice(("accepted", "declined"))
        book.add(
            "acceptances", **key, version=2, answer=answer, recorded_on=f"{year}-03-20"
        )
        amounts_ore = (400_000_00, 500_000_00, 500_000_01, 700_000_00)
        for told_on in ("03-10", "03-30", "04-15"):
            cost = kroner(book.rng.choice(amounts_ore), book.rng)
            proposal(
                None,
                terms | dates | {"recorded_on": f"{year}-{told_on}"},
                annual_cost=cost,
                **dates,
            )(book)

    return fault


def moved(*columns: str) -> Fault:
    """A later version with these columns changed, which stay what they were in the first."""

    def fault(book: Book) -> None:
        if not book.files["agreements"]:
            return
        row = book.rng.choice(book.files["agreements"])
        payer, payee = row["payer"], row["payee"]
        others = {
            "network": book.rng.choice(book.networks).name,
            "payer": payee,
            "payee": payer if "payer" in columns else book.trust(payer, payee),
        }
        changes = {column: others[column] for column in columns}
        book.again(
            "agreements", row, version="9", recorded_on=book.later(row), **changes
        )

    return fault


def cancelling_quarters(book: Book) -> None:
    """A post found vacant for the third quarter when it was invoiced already: in the fourth, both cancel out."""
    year = book.first_year
    cost = "36600.00" if year % 4 == 0 else "36500.00"
    dates: dict[str, Value] = {"starts_on": f"{year}-01-01", "ends_on": f"{year}-12-31"}
    version = dates | {
        "effective_from": f"{year}-01-01",
        "recorded_on": f"{year}-01-02",
    }
    before = len(book.files["agreements"])
    proposal(None, version, annual_cost=cost, **dates)(book)
    if len(book.files["agreements"]) == before:
        return
    row, post = book.files["agreements"][-1], book.files["posts"][-1]["post"]
    key = {"agreement": row["agreement"]}
    book.add(
        "acceptances",
        **key,
        version="1",
        answer="accepted",
        recorded_on=f"{year}-01-10",
    )
    changes = (
        ("filled", "01-01", "01-11"),
        ("vacated", "07-01", "11-20"),
        ("filled", "10-01", "11-20"),
    )
    for change, day, told_on in changes:
        cells = {"effective_on": f"{year}-{day}", "recorded_on": f"{year}-{told_on}"}
        book.add(
            "staffing",
            post=post,
            change=change,
            holder="holder-q" if change == "filled" else "",
            **cells,
        )
    for start, end, told_on in (
        ("07-01", "09-30", f"{year}-10-05"),
        ("10-01", "12-31", f"{year + 1}-01-05"),
    ):
        period = {"period_start": f"{year}-{start}", "period_end": f"{year}-{end}"}
        name = f"r-{row['agreement']}-{start}"
        about = {"network": row["network"], "trust": row["payee"]}
        book.add("reports", report=name, **about, **period, recorded_on=told_on)
        book.add(
            "report_decisions", report=name, decision="approved", recorded_on=told_on
        )
        book.add("invoices", **key, **period, recorded_on=told_on)


FAULTS: list[Fault] = [
    # Organisations and networks.
    copy("organisations"),
    copy("organisations", org_number=mistyped, name="Feiltastet HF"),
    copy("organisations", name="Et annet navn HF"),
    copy("organisations", kind="hospital"),
    new_network(),
    new_network(coordinating_trust=stranger),
    new_network(coordinating_trust=mistyped),
    new_network(coordination_budget="1000000.01"),
    new_network(name_en="National Competence Network for Faults"),
    new_network(starts_on="2026-02-30"),
    new_network(coordination_budget="1.000.000"),
    copy("networks"),
    copy("networks", name_nb="Et annet navn"),
    copy("networks", name_en="Norwegian Centre for Faults"),
    # Proposals: the first three are good.
    proposal(agreement={"vacancy": "pay"}),
    proposal(national=False, percent="", content=""),
    proposal(percent="20.00"),
    proposal(agreement={"payee": stranger}),
    proposal(agreement={"payer": mistyped}),
    proposal(agreement={"payee": mistyped}),
    proposal(agreement={"network": "no-such-network"}),
    proposal(agreement={"payer": coordinator, "payee": coordinator}),
    proposal(
        national=True,
        agreement={"payer": no_coordinator},
    ),
    proposal(
        national=False,
        agreement={"payer": no_coordinator, "payee": no_coordinator},
    ),
    moved("payee"),
    moved("payer", "payee"),
    moved("network"),
    proposal(national=True, percent="20.01"),
    proposal(national=True, percent="9.99"),
    proposal(national=True, percent=""),
    proposal(national=True, content=""),
    proposal(annual_cost=""),
    proposal(ends_on=""),
    proposal(annual_cost="about 5000"),
    proposal(
        national=True,
        agreement={"ends_on": lambda book: f"{book.first_year + 5}-12-31"},
    ),
    proposal(national=True, annual_cost="2000000.01"),
    proposal(post=post_of_another),
    fill_frame(0),
    fill_frame(1),
    squeeze(cheap=True),
    squeeze(cheap=False),
    cancelling_quarters,
    proposal(agreement={"frequency": "weekly"}),
    copy("agreements"),
    copy("agreements", vat_reason="another reason"),
    copy("agreements", payee=stranger),
    copy("posts"),
    copy("posts", content="Another task"),
    copy("posts", agreement="no-such-agreement"),
    # Answers and staffing.
    copy("acceptances"),
    copy("acceptances", version="9"),
    copy("acceptances", answer="declined"),
    copy("acceptances", answer="perhaps"),
    copy("staffing"),
    copy("staffing", post="no-such-post"),
    copy("staffing", effective_on="1 March"),
    # Reports.
    copy("reports"),
    copy("reports", period_start=lambda book: f"{book.first_year}-01-02"),
    copy("reports", report=report_of_nobody, trust=stranger),
    copy("reports", report=report_of_nobody, trust=mistyped),
    copy("reports", report=report_of_nobody, network="no-such-network"),
    copy("report_decisions"),
    copy("report_decisions", report=report_of_nobody),
    copy("report_decisions", decision="returned"),
    copy("report_decisions", decision="noted"),
    # Invoices, decisions on them and payments.
    copy("invoices"),
    copy("invoices", agreement="no-such-agreement"),
    copy("invoices", period_end=""),
    early_invoice,
    odd_period,
    copy("invoice_decisions"),
    copy("invoice_decisions", agreement="no-such-agreement"),
    copy("invoice_decisions", period_start="2019-01-01", post=""),
    copy("invoice_decisions", post="no-such-post"),
    copy("invoice_decisions", decision="paid"),
    copy("payments"),
    copy("payments", agreement="no-such-agreement"),
    copy("payments", period_start="2019-01-01"),
    copy("payments", amount="1 000"),
]
