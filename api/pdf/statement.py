"""A statement of two trusts as a paper: what closes a period between them.

It says what the signed statement says, and nothing else, so it never changes.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time

from sqlalchemy import Connection

from api.pdf.names import Names, network_names, organisation_names, post_contents
from api.pdf.paper import Column, Detail, Paper, PaperParty, Table
from api.pdf.wording import Wording, grouped, organisation_number
from api.words import Language
from domain.closing.statement import Statement
from domain.values import Period
from federation.checks.inclusion import entry_of
from federation.journal.store import Journal
from federation.signed.entry import Row
from projections.statements import ShownStatement

SHORT_DIGITS = 16


def read_statement(
    connection: Connection,
    journal: Journal,
    as_of: date,
    shown: ShownStatement,
    language: Language,
) -> Paper:
    """Paper of a statement with the names known on a day."""
    statement = shown.statement
    agreements = {each.agreement for each in statement.posts}
    agreements |= {each.agreement for each in statement.open_lines}
    names = Names(
        organisation_names(connection, as_of, (statement.first, statement.second)),
        network_names(
            connection, as_of, {e.network for e in statement.posts}, language
        ),
        post_contents(connection, as_of, agreements),
    )
    drawn_up = entry_of(journal, shown.entry)
    return statement_paper(shown, drawn_up, names, language)


def statement_paper(
    shown: ShownStatement, drawn_up: Row, names: Names, language: Language
) -> Paper:
    """Statement, its signatures, and where in the log they stand."""
    say = Wording(language, "statement")
    statement = shown.statement
    period = say.period(statement.period)
    title = say("title", period=period)
    last_day = shown.answer.recorded_on if shown.answer else shown.drawn_up_on
    return Paper(
        language=language,
        title=title,
        written_at=datetime.combine(last_day, time(12), UTC),
        author=names.organisation(statement.first),
        footer=f"{title} · {grouped(shown.fingerprint[:SHORT_DIGITS])}",
        page=say.common("page", page="{page}", pages="{pages}"),
        parties=[
            PaperParty(
                say(role),
                names.organisation(number),
                [say.common("number_of", number=organisation_number(number))],
            )
            for role, number in (
                ("first", statement.first),
                ("second", statement.second),
            )
        ],
        facts=list(_facts(say, shown)),
        blocks=[each for each in _blocks(say, statement, names) if each.rows],
        trace=say.trace(drawn_up, shown.fingerprint),
    )


def _facts(say: Wording, shown: ShownStatement) -> Iterator[Detail]:
    statement = shown.statement
    yield say("number"), f"{statement.number}.{statement.revision}"
    yield say("period"), say.period(statement.period)
    yield say("state"), say(f"state_{shown.state.value}")
    yield say("drawn_up"), f"{say.day(shown.drawn_up_on)} ({shown.entry})"
    if shown.answer is not None:
        answered = f"{say.day(shown.answer.recorded_on)} ({shown.answer.entry})"
        yield say("answered"), answered
        if shown.answer.reason:
            yield say("reason"), shown.answer.reason
    yield say("fingerprint"), grouped(shown.fingerprint[:SHORT_DIGITS])
    if statement.previous is not None:
        yield say("previous"), grouped(statement.previous[:SHORT_DIGITS])


def _blocks(say: Wording, statement: Statement, names: Names) -> Iterator[Table]:
    yield _table(
        say,
        "balances",
        ("owes", "opening", "invoiced", "paid", "closing", "disputed"),
        [
            [
                names.organisation(each.payer),
                *map(
                    say.kroner,
                    (
                        each.opening_ore,
                        each.invoiced_ore,
                        each.paid_ore,
                        each.closing_ore,
                        each.disputed_ore,
                    ),
                ),
            ]
            for each in statement.balances
        ],
        texts=1,
    )
    yield from _both_copies(say, statement, names)
    yield _table(
        say,
        "posts",
        ("agreement", "network", "post", "payee", "accrued"),
        [
            [
                f"{each.agreement}, {each.version}",
                names.network(each.network),
                names.post(each.post),
                names.organisation(each.payee),
                say.kroner(each.accrued_ore),
            ]
            for each in statement.posts
        ],
        texts=4,
    )
    yield _restatements(say, statement, names)
    yield from _documents(say, statement, names)


def _both_copies(say: Wording, statement: Statement, names: Names) -> Iterator[Table]:
    """Say what each of the two has as paid, and on which documents they differ."""
    either = [
        each
        for each in statement.balances
        if each.paid_ore or each.received_ore or each.open_ore
    ]
    yield _table(
        say,
        "copies",
        ("owes", "paid", "received", "open"),
        [
            [
                names.organisation(each.payer),
                say.kroner(each.paid_ore),
                say.kroner(each.received_ore or 0),
                say.kroner(each.open_ore or 0),
            ]
            for each in either
        ],
        texts=1,
    )
    yield _table(
        say,
        "open_payments",
        ("seller", "number", "left", "paid", "received"),
        [
            [
                names.organisation(each.seller),
                f"{each.year}-{each.number}",
                say.kroner(each.left_ore),
                say.kroner(each.paid_ore),
                say.kroner(each.received_ore),
            ]
            for each in statement.open_payments or ()
        ],
        texts=2,
    )


def _restatements(say: Wording, statement: Statement, names: Names) -> Table:
    rows = [
        [
            names.post(post.post),
            say.period(Period(each.period_start, each.period_end)),
            ", ".join(f"{cause.entry} ({cause.rule})" for cause in each.causes),
            say.kroner(each.old_ore),
            say.kroner(each.new_ore),
        ]
        for post in statement.posts
        for each in post.restatements
    ]
    keys = ("post", "period", "causes", "old", "new")
    return _table(say, "restatements", keys, rows, texts=3)


def _documents(say: Wording, statement: Statement, names: Names) -> Iterator[Table]:
    yield _table(
        say,
        "documents",
        ("seller", "number", "period", "net", "vat"),
        [
            [
                names.organisation(each.seller),
                f"{each.year}-{each.number}",
                say.period(Period(each.period_start, each.period_end)),
                say.kroner(each.net_ore),
                say.kroner(each.vat_ore),
            ]
            for each in statement.documents
        ],
        texts=3,
    )
    for title, moves in (
        ("payments", statement.payments),
        ("receipts", statement.receipts or ()),
    ):
        yield _table(
            say,
            title,
            ("seller", "number", "entry", "paid"),
            [
                [
                    names.organisation(each.seller),
                    f"{each.year}-{each.number}",
                    each.entry,
                    say.kroner(each.amount_ore),
                ]
                for each in moves
            ],
        )
    yield _open_lines(say, statement, names)


def _open_lines(say: Wording, statement: Statement, names: Names) -> Table:
    return _table(
        say,
        "open_lines",
        ("agreement", "post", "period", "why", "billed", "accrued", "conceded"),
        [
            [
                each.agreement,
                names.post(each.post),
                say.period(Period(each.period_start, each.period_end)),
                say.named("disputed" if each.disputed else each.state.value),
                say.kroner(each.billed_ore),
                say.kroner(each.accrued_ore),
                say.kroner(each.conceded_ore or 0),
            ]
            for each in statement.open_lines
        ],
        texts=4,
    )


def _table(
    say: Wording,
    title: str,
    keys: tuple[str, ...],
    rows: list[list[str]],
    texts: int = 3,
) -> Table:
    columns = [
        Column(say(key), share=1) if place < texts else Column(say(key), amount=True)
        for place, key in enumerate(keys)
    ]
    return Table(say(title), columns, rows)
