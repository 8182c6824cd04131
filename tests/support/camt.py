"""Notifications of a bank, with as little in them as they may have."""

from tests.support.bank import ACCOUNT


def paid_in(
    *entries: str, account: str = ACCOUNT, identity: str = "<Id>N-1</Id>"
) -> str:
    """Return a notification with entries."""
    acct = f"<Acct><Id><Othr><Id>{account}</Id></Othr></Id></Acct>"
    told = f"<Ntfctn>{identity}{acct}{''.join(entries)}</Ntfctn>"
    group = "<GrpHdr><MsgId>M</MsgId><CreDtTm>2026-08-10T06:15:00</CreDtTm></GrpHdr>"
    return f"<BkToCstmrDbtCdtNtfctn>{group}{told}</BkToCstmrDbtCdtNtfctn>"


def ntry(
    kroner: str,
    reference: str = "",
    *details: str,
    way: str = "CRDT",
    currency: str = "NOK",
    more: str = "",
) -> str:
    """Return an entry."""
    ref = f"<AcctSvcrRef>{reference}</AcctSvcrRef>" if reference else ""
    told = f"<NtryDtls>{''.join(details)}</NtryDtls>" if details else ""
    return (
        f'<Ntry>{more}<Amt Ccy="{currency}">{kroner}</Amt><CdtDbtInd>{way}</CdtDbtInd>'
        f"<Sts>BOOK</Sts><BookgDt><Dt>2026-08-08</Dt></BookgDt>{ref}{told}</Ntry>"
    )


def detail(
    kroner: str = "", kid: str = "", reference: str = "", more: str = "", to: str = ""
) -> str:
    """Return a payment of an entry; ``to`` is the account that was paid, if it is told."""
    account = f"<Id><Othr><Id>{to}</Id></Othr></Id>"
    more += f"<RltdPties><CdtrAcct>{account}</CdtrAcct></RltdPties>" if to else ""
    ref = f"<Refs><AcctSvcrRef>{reference}</AcctSvcrRef></Refs>" if reference else ""
    amount = f'<Amt Ccy="NOK">{kroner}</Amt>' if kroner else ""
    of = f"<RmtInf><Strd><CdtrRefInf><Ref>{kid}</Ref></CdtrRefInf></Strd></RmtInf>"
    return f"<TxDtls>{ref}{amount}{more}{of if kid else ''}</TxDtls>"
