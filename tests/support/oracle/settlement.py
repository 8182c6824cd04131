"""An independent oracle of the business year: plays a folder of CSV files and prints the settlement.

Written from `business-year.md` alone. One process, one pass, no database, no network: whatever the
federation does with its regions, its answer must be this one. Simple is the point, speed is not.
Where the contract is silent, `AMBIGUITIES.md` says what was chosen.

    python oracle.py FOLDER --year 2026 --as-of 2026-12-31
"""

import argparse
import json
from datetime import date
from pathlib import Path
from typing import Any

from tests.support.oracle.cost import full_staffing, post_names
from tests.support.oracle.federation import Federation
from tests.support.oracle.folder import (
    FILES,
    REGIONS,
    OrganisationRow,
    Refused,
    read_folder,
)
from tests.support.oracle.rules import Invoice


def settle(federation: Federation, year: int, as_of: date) -> dict[str, Any]:
    """The settlement of a year from what the federation has stored."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    posts: list[dict[str, Any]] = []
    agreements = []
    regions = {region: {"receivable": 0, "payable": 0, "net": 0} for region in REGIONS}
    for name in sorted(federation.proposals):
        accepted = federation.accepted(name)
        if any(
            version.row.starts_on <= last and version.row.ends_on >= first
            for version in accepted
        ):
            own_posts = settle_posts(federation, name, year, as_of)
            agreement = settle_agreement(federation, name, year, own_posts)
            posts += own_posts
            agreements.append(agreement)
            highest = max(accepted, key=lambda version: version.row.version).row
            regions[federation.organisations[highest.payee].region]["receivable"] += (
                agreement["outstanding"]
            )
            regions[federation.organisations[highest.payer].region]["payable"] += (
                agreement["outstanding"]
            )
    for sums in regions.values():
        sums["net"] = sums["receivable"] - sums["payable"]
    invoices = sorted(
        invoices_of(federation, year),
        key=lambda i: (i.payee, i.issued_on.year, i.number),
    )
    return {
        "year": year,
        "as_of": as_of.isoformat(),
        "posts": posts,
        "agreements": agreements,
        "invoices": [invoice_json(invoice) for invoice in invoices],
        "regions": regions,
    }


def invoices_of(federation: Federation, year: int) -> list[Invoice]:
    """The invoices whose period lies in the year."""
    return [
        invoice for invoice in federation.invoices if invoice.period[0].year == year
    ]


def settle_posts(
    federation: Federation, agreement: str, year: int, as_of: date
) -> list[dict[str, Any]]:
    """One entry per post of the accepted versions of an agreement."""
    accepted = federation.accepted(agreement)
    highest = max(accepted, key=lambda version: version.row.version).row
    committed = full_staffing(accepted, year)
    invoices = [
        invoice
        for invoice in invoices_of(federation, year)
        if invoice.agreement == agreement
    ]
    entries = []
    for post in post_names(accepted):
        lines = [
            line for invoice in invoices for line in invoice.lines if line.post == post
        ]
        accrued = federation.accrued(agreement, post, year).get(
            min(as_of, date(year, 12, 31)), 0
        )
        invoiced = sum(line.amount() for line in lines)
        entries.append(
            {
                "agreement": agreement,
                "post": post,
                "payer": highest.payer,
                "payee": highest.payee,
                "network": highest.network,
                "committed": committed[post],
                "accrued": accrued,
                "invoiced": invoiced,
                "unbilled": accrued - invoiced,
                "disputed": sum(line.amount() for line in lines if line.disputed),
            }
        )
    return entries


def settle_agreement(
    federation: Federation, agreement: str, year: int, posts: list[dict[str, Any]]
) -> dict[str, Any]:
    """The posts of an agreement summed, with its VAT and payments."""
    entry: dict[str, Any] = {"agreement": agreement}
    for column in ("committed", "accrued", "invoiced", "unbilled", "disputed"):
        entry[column] = sum(post[column] for post in posts)
    invoices = [
        invoice
        for invoice in invoices_of(federation, year)
        if invoice.agreement == agreement
    ]
    starts = [invoice.period[0] for invoice in invoices]
    payments = [
        p
        for p in federation.payments
        if p.agreement == agreement and p.period_start in starts
    ]
    entry["vat"] = sum(invoice.vat for invoice in invoices)
    entry["paid"] = sum(payment.amount for payment in payments)
    entry["outstanding"] = entry["invoiced"] + entry["vat"] - entry["paid"]
    return entry


def invoice_json(invoice: Invoice) -> dict[str, Any]:
    """An invoice as the settlement shows it."""
    return {
        "payee": invoice.payee,
        "number": invoice.number,
        "kind": "credit_note" if invoice.net() < 0 else "invoice",
        "agreement": invoice.agreement,
        "period_start": invoice.period[0].isoformat(),
        "period_end": invoice.period[1].isoformat(),
        "issued_on": invoice.issued_on.isoformat(),
        "net": invoice.net(),
        "vat": invoice.vat,
        "lines": [
            {
                "post": line.post,
                "amount": line.amount(),
                "restatement": line.restatement(),
            }
            for line in invoice.lines
        ],
    }


def run(path: Path, year: int, as_of: date) -> dict[str, Any]:
    """Play the whole folder; the settlement is taken before the first row that was recorded after `as_of`."""
    folder = read_folder(path)
    federation = Federation(folder)
    refused = dict(folder.refused)
    settlement = None
    for place, row in folder.rows:
        if (
            settlement is None
            and not isinstance(row, OrganisationRow)
            and row.recorded_on > as_of
        ):
            settlement = settle(federation, year, as_of)
        try:
            federation.play(row)
        except Refused as refusal:
            refused[place] = refusal
    settlement = settlement or settle(federation, year, as_of)
    settlement["refused"] = [
        {
            "file": FILES[place.file],
            "line": place.line,
            "code": refusal.code,
            "reason": refusal.reason,
        }
        for place, refusal in sorted(refused.items())
    ]
    return settlement


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Play a business year and print its settlement."
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--year", type=int, required=True)
    parser.add_argument("--as-of", type=date.fromisoformat, required=True)
    arguments = parser.parse_args()
    settlement = run(arguments.folder, arguments.year, arguments.as_of)
    print(json.dumps(settlement, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
