"""The settlement of a year as a paper: of one trust, or of all."""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime, time

from sqlalchemy import Connection

from api.pdf.names import Names, network_names, organisation_names, post_contents
from api.pdf.paper import Column, Detail, Details, Paper, PaperBlock, Table
from api.pdf.wording import Wording, grouped, organisation_number
from api.settlement import (
    COSTS,
    SUMS,
    SettledAgreement,
    SettledPost,
    SettlementDocument,
    settlement_document,
)
from api.sheets import Absent, figure
from api.words import Language, sentence
from domain.values import Region
from projections.settlement import Scope, settlement

_NAMED = ("network", "payer", "payee")
SHORT_DIGITS = 16


def read_settlement(
    connection: Connection,
    year: int,
    as_of: date,
    trust: str | None,
    language: Language,
    unheard: Collection[Region] = (),
) -> Paper:
    """Paper of a year as known on a day; see :func:`settlement_document`."""
    settled = settlement(connection, year, as_of, Scope(trust=trust))
    parties = {
        number
        for agreement in settled.agreements
        for number in (agreement.parties.payer, agreement.parties.payee)
    }
    organisations = parties if trust is None else {*parties, trust}
    networks = {each.parties.network for each in settled.agreements}
    names = Names(
        organisation_names(connection, as_of, organisations),
        network_names(connection, as_of, networks, language),
        post_contents(connection, as_of, {e.agreement for e in settled.agreements}),
    )
    document = settlement_document(settled, unheard, language)
    return settlement_paper(document, names, trust, language, settled.idle)


def settlement_paper(
    settled: SettlementDocument,
    names: Names,
    trust: str | None,
    language: Language,
    idle: Collection[Region] = (),
) -> Paper:
    """Paper of a settlement; ``trust`` is whose it is, all where None.

    Of the regions that are ``idle``, having no agreement, there is nothing to owe.

    Its fingerprint is that of the settlement itself, not of its words: two nodes
    that settle alike show the same, in whatever language.
    """
    say = Wording(language, "settled")
    whose = say("all") if trust is None else names.organisation(trust)
    title = say("title", year=settled.year, whose=whose)
    fingerprint = settled.fingerprint
    noon = datetime.combine(settled.as_of, time(12), UTC)
    return Paper(
        language=language,
        title=title,
        written_at=noon,
        author=whose,
        footer=f"{say('title', year=settled.year, whose=trust or whose)} · "
        f"{grouped(fingerprint[:SHORT_DIGITS])}",
        page=say.common("page", page="{page}", pages="{pages}"),
        facts=list(_facts(say, settled, trust)),
        blocks=list(_blocks(say, settled, names, trust, idle)),
        trace=Details(
            say.common("trace"),
            [
                (say("basis"), say("rests_on")),
                (say.common("fingerprint"), grouped(fingerprint)),
            ],
        ),
        wide=True,
    )


def _facts(
    say: Wording, settled: SettlementDocument, trust: str | None
) -> Iterator[Detail]:
    yield say("year"), str(settled.year)
    yield say("as_of"), say.day(settled.as_of)
    if trust is not None:
        yield say("organisation"), organisation_number(trust)
        owed = sum(x.outstanding for x in settled.agreements if x.payee == trust)
        owes = sum(x.outstanding for x in settled.agreements if x.payer == trust)
        figures = {"receivable": owed, "payable": owes, "net": owed - owes}
        for key, amount_ore in figures.items():
            amount = amount_ore if settled.agreements else Absent.NONE
            yield say(key), _amount(say, amount)


def _blocks(
    say: Wording,
    settled: SettlementDocument,
    names: Names,
    trust: str | None,
    idle: Collection[Region],
) -> Iterator[PaperBlock]:
    agreements = settled.agreements
    if trust is None:
        yield _regions(say, settled, idle)
        yield _agreements(say, say("agreements"), agreements, names)
    else:
        paid_to = [agreement for agreement in agreements if agreement.payee == trust]
        pays = [each for each in agreements if each.payer == trust]
        for title, part in (("is_paid", paid_to), ("pays", pays)):
            if part:
                yield _agreements(say, say(title), part, names)
    if settled.posts:
        yield _posts(say, settled.posts, names)


def _amounts(say: Wording, keys: Sequence[str]) -> list[Column]:
    return [Column(_heading(say, key), amount=True) for key in keys]


def _heading(say: Wording, key: str) -> str:
    return sentence(say.language, "column", key)


def _sums(
    say: Wording, items: Sequence[SettledAgreement | SettledPost], keys: Sequence[str]
) -> list[str]:
    return [say.kroner(sum(getattr(each, key) for each in items)) for key in keys]


def _agreements(
    say: Wording, title: str, agreements: Sequence[SettledAgreement], names: Names
) -> Table:
    return Table(
        title,
        [
            Column(_heading(say, "agreement"), share=2),
            *(Column(_heading(say, key), share=3) for key in _NAMED),
            *_amounts(say, SUMS),
        ],
        [
            [
                agreement.agreement,
                names.network(agreement.network),
                names.organisation(agreement.payer),
                names.organisation(agreement.payee),
                *_sums(say, [agreement], SUMS),
            ]
            for agreement in agreements
        ],
        totals_row=[say("total"), "", "", "", *_sums(say, agreements, SUMS)],
    )


def _posts(say: Wording, posts: Sequence[SettledPost], names: Names) -> Table:
    return Table(
        say("posts"),
        [
            Column(_heading(say, "agreement"), share=1),
            Column(_heading(say, "post"), share=3),
            *_amounts(say, COSTS),
        ],
        [
            [post.agreement, names.post(post.post), *_sums(say, [post], COSTS)]
            for post in posts
        ],
        totals_row=[say("total"), "", *_sums(say, posts, COSTS)],
    )


def _regions(
    say: Wording, settled: SettlementDocument, idle: Collection[Region]
) -> Table:
    keys = ("receivable", "payable", "net")
    return Table(
        say("regions"),
        [Column(_heading(say, "region"), share=1), *_amounts(say, keys)],
        [
            [
                say.named(region.value),
                *(_amount(say, figure(each, key, idle=region in idle)) for key in keys),
            ]
            for region, each in settled.regions.items()
        ],
    )


def _amount(say: Wording, amount: int | Absent) -> str:
    if isinstance(amount, Absent):
        return sentence(say.language, "absent", amount.value)
    return say.kroner(amount)
