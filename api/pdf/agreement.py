"""A version of a cost agreement as a paper: what was agreed, and who signed it when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from api.pdf.names import organisation_names
from api.pdf.paper import (
    Column,
    Detail,
    Details,
    Note,
    Paper,
    PaperBlock,
    PaperParty,
    Table,
)
from api.pdf.wording import Wording, organisation_number
from api.words import Language
from domain.agreements.agreement import Terms
from domain.parties.network import NetworkEstablished
from domain.values import Period, parse_instant
from federation.checks.inclusion import entry_of
from federation.journal.store import Journal
from federation.signed.entry import Row
from projections.agreements import Version
from projections.listed import first_facts


@dataclass(frozen=True, slots=True)
class AgreementPaper:
    """What a paper is made from: a version, and the names of those it is about."""

    version: Version
    offer: Row
    """The entry by which it was offered."""
    names: Mapping[str, str]
    network: NetworkEstablished | None


def named(
    connection: Connection, journal: Journal, as_of: date, version: Version
) -> AgreementPaper:
    """Names are those that are registered on a day."""
    terms = version.terms
    signed_by = {signature.organisation for signature in version.signatures}
    numbers = {terms.payer, terms.payee, *signed_by}
    networks = first_facts(connection, NetworkEstablished, as_of, [terms.network])
    return AgreementPaper(
        version,
        entry_of(journal, version.signatures[0].entry),
        organisation_names(connection, as_of, numbers),
        networks[terms.network].fact if networks else None,
    )


def agreement_paper(asked: AgreementPaper, language: Language) -> Paper:
    """Version as known on a day, with its signatures."""
    say = Wording(language, "agreement")
    version, terms = asked.version, asked.version.terms
    title = say("title", agreement=terms.agreement, version=terms.version)
    return Paper(
        language=language,
        title=title,
        written_at=parse_instant(version.signatures[-1].signed_at),
        author=asked.names.get(terms.payer, terms.payer),
        footer=f"{title} · {version.short_fingerprint}",
        page=say.common("page", page="{page}", pages="{pages}"),
        parties=[
            _party(say, asked, "payer", terms.payer),
            _party(say, asked, "payee", terms.payee),
        ],
        facts=list(_facts(say, asked)),
        blocks=list(_blocks(say, asked)),
        trace=say.trace(asked.offer, version.fingerprint),
    )


def _party(say: Wording, asked: AgreementPaper, role: str, number: str) -> PaperParty:
    shown = say.common("number_of", number=organisation_number(number))
    return PaperParty(say(role), asked.names.get(number, number), [shown])


def _facts(say: Wording, asked: AgreementPaper) -> Iterator[Detail]:
    terms = asked.version.terms
    network = asked.network
    name = terms.network
    if network is not None:
        name = network.name_en if say.language is Language.EN else network.name_nb
    yield say("network"), name
    yield say("effective_from"), say.day(terms.effective_from)
    yield say("duration"), say.period(Period(terms.starts_on, terms.ends_on))
    yield say("frequency"), say.named(terms.frequency.value)
    yield say("vacancy"), say(f"vacancy_{terms.vacancy.value}")
    if terms.travel is not None:
        yield say("travel"), say(f"travel_{terms.travel.value}")
    if terms.notice_months is not None:
        yield say("notice"), say("notice_months", months=terms.notice_months)
    if terms.archive_reference is not None:
        yield say("archive_reference"), terms.archive_reference
    if terms.endorsement_waived is not None:
        yield say("endorsement_waived"), terms.endorsement_waived
    if terms.cooperation_waived is not None:
        yield say("cooperation_waived"), terms.cooperation_waived
    yield say("status"), _status(say, asked.version)
    yield say("fingerprint"), asked.version.short_fingerprint


def _status(say: Wording, version: Version) -> str:
    if version.superseded_by is not None:
        return say("status_superseded", version=version.superseded_by)
    signed = len(version.signatures) > 1
    return say("status_signed" if signed else f"status_{version.status.value}")


def _blocks(say: Wording, asked: AgreementPaper) -> Iterator[PaperBlock]:
    terms = asked.version.terms
    yield _posts(say, terms)
    yield _vat(say, terms)
    if terms.wage_growth is not None:
        growth = terms.wage_growth
        factor = say.decimal(growth.factor)
        yield Details(
            say("wage_growth"),
            [
                (say("growth_factor"), factor),
                (say("growth_of"), say("growth_version", version=growth.of_version)),
                (say("growth_source"), growth.source),
            ],
        )
    if terms.cooperation is not None:
        for section in ("tasks", "obligations", "aims", "economy"):
            text: str = getattr(terms.cooperation, section)
            yield Note(say(section), [each for each in text.split("\n") if each])
    yield _signatures(say, asked)


def _posts(say: Wording, terms: Terms) -> Table:
    total_ore = sum(post.annual_cost_ore for post in terms.posts)
    return Table(
        say("posts"),
        [
            Column(say("post"), share=4),
            Column(say("content"), share=6),
            Column(say("percent"), amount=True),
            Column(say("duration"), share=4),
            Column(say("annual_cost"), amount=True),
        ],
        [
            [
                post.post,
                post.content,
                say.percent(post.percent) if post.percent else "",
                say.period(Period(post.starts_on, post.ends_on)),
                say.kroner(post.annual_cost_ore),
            ]
            for post in terms.posts
        ],
        totals=[(say("total"), say.kroner(total_ore))],
    )


def _vat(say: Wording, terms: Terms) -> Details:
    treatment = terms.vat_treatment.value
    facts = [(say("treatment"), say(f"vat_{treatment}"))]
    if terms.vat_reason:
        facts.append((say("vat_reason"), terms.vat_reason))
    if terms.vat_decided_by is not None:
        facts.append((say("vat_decided_by"), terms.vat_decided_by))
    if terms.vat_decided_on is not None:
        facts.append((say("vat_decided_on"), say.day(terms.vat_decided_on)))
    return Details(say("vat"), facts)


def _signatures(say: Wording, asked: AgreementPaper) -> Table:
    version, names = asked.version, asked.names
    signing = zip(("said_proposed", "said_accepted"), version.signatures, strict=False)
    signed = [
        [
            names.get(signature.organisation, signature.organisation),
            say(key),
            say.instant(parse_instant(signature.signed_at)),
            signature.entry,
        ]
        for key, signature in signing
    ]
    host = version.terms.payee
    endorsed = [
        [
            names.get(host, host),
            say(f"endorsed_{signature.role}"),
            say.day(signature.endorsed_on),
            signature.entry,
        ]
        for signature in version.endorsements
    ]
    return Table(
        say("signatures"),
        [
            Column(say("who"), share=4),
            Column(say("said"), share=4),
            Column(say("when"), share=3),
            Column(say("entry"), share=2),
        ],
        [*signed, *endorsed],
    )
