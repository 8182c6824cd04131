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
    agreements = {post.agreement for post in statement.posts}
    agreements |= {line.agreement for line in statement.open_lines}
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
        blocks=[block for block in _blocks(say, statement, names) if block.rows],
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
                names.organisation(balance.payer),
                *map(
                    say.kroner,
                    (
                        balance.opening_ore,
                        balance.invoiced_ore,
                        balance.paid_ore,
                        balance.closing_ore,
                        balance.disputed_ore,
                    ),
                ),
            ]
            for balance in statement.balances
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
                f"{post.agreement}, {post.version}",
                names.network(post.network),
                names.post(post.post),
                names.organisation(post.payee),
                say.kroner(post.accrued_ore),
            ]
            for post in statement.posts
        ],
        texts=4,
    )
    yield _restatements(say, statement, names)
    yield from _documents(say, statement, names)


def _both_copies(say: Wording, statement: Statement, names: Names) -> Iterator[Table]:
    """Say what each of the two has as paid, and on which documents they differ."""
    either = [
        balance
        for balance in statement.balances
        if balance.paid_ore or balance.received_ore or balance.open_ore
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
                names.organisation(payment.seller),
                f"{payment.year}-{payment.number}",
                say.kroner(payment.left_ore),
                say.kroner(payment.paid_ore),
                say.kroner(payment.received_ore),
            ]
            for payment in statement.open_payments or ()
        ],
        texts=2,
    )


def _restatements(say: Wording, statement: Statement, names: Names) -> Table:
    rows = [
        [
            names.post(post.post),
            say.period(Period(restatement.period_start, restatement.period_end)),
            ", ".join(f"{cause.entry} ({cause.rule})" for cause in restatement.causes),
            say.kroner(restatement.old_ore),
            say.kroner(restatement.new_ore),
        ]
        for post in statement.posts
        for restatement in post.restatements
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
                names.organisation(document.seller),
                f"{document.year}-{document.number}",
                say.period(Period(document.period_start, document.period_end)),
                say.kroner(document.net_ore),
                say.kroner(document.vat_ore),
            ]
            for document in statement.documents
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
                    names.organisation(move.seller),
                    f"{move.year}-{move.number}",
                    move.entry,
                    say.kroner(move.amount_ore),
                ]
                for move in moves
            ],
        )
    yield _lines(say, statement, names)


def _lines(say: Wording, statement: Statement, names: Names) -> Table:
    return _table(
        say,
        "open_lines",
        ("agreement", "post", "period", "why", "billed", "accrued", "conceded"),
        [
            [
                line.agreement,
                names.post(line.post),
                say.period(Period(line.period_start, line.period_end)),
                say.named("disputed" if line.disputed else line.state.value),
                say.kroner(line.billed_ore),
                say.kroner(line.accrued_ore),
                say.kroner(line.conceded_ore or 0),
            ]
            for line in statement.open_lines
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
