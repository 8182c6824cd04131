"""The federation in one process: what has been stored so far, and the checks before a row is stored.

The checks of a row come in the order of the refusal codes of the contract.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from tests.support.oracle.cost import (
    Period,
    Proposal,
    accrual,
    amount_of,
    dearer_reading,
    last_in_force,
    post_names,
    rounded,
)
from tests.support.oracle.folder import (
    AcceptanceRow,
    AgreementEndorsementRow,
    AgreementRow,
    Folder,
    InvoiceDecisionRow,
    InvoiceRow,
    NetworkRow,
    OrganisationRow,
    PaymentRow,
    Refused,
    ReportDecisionRow,
    ReportRow,
    StaffingRow,
    refuse_if,
)
from tests.support.oracle.rules import (
    BUDGET_MAX,
    FRAME,
    VAT_PERCENT,
    Invoice,
    Line,
    Report,
    check_parties,
    covers,
    has_wrong_percent,
    is_whole_period,
    lacks_content,
    last_day_of,
    passes_modulus_11,
    require_organisation,
    terms_of,
)


class Federation:
    """Everything that was recorded, in one process. Every `play_` method checks a row, then stores it."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.organisations: dict[str, OrganisationRow] = {}
        self.networks: dict[str, NetworkRow] = {}
        self.proposals: dict[str, dict[int, Proposal]] = {}
        self.staffing: list[StaffingRow] = []
        self.reports: dict[str, Report] = {}
        self.invoices: list[Invoice] = []
        self.invoice_decisions: list[InvoiceDecisionRow] = []
        self.payments: list[PaymentRow] = []
        self.endorsed: set[tuple[str, int]] = set()

    def play(self, row: Any) -> None:
        """Store what a row says, or raise `Refused`."""
        commands: dict[type, Callable[[Any], None]] = {
            OrganisationRow: self.play_organisation,
            NetworkRow: self.play_network,
            AgreementRow: self.play_agreement,
            AgreementEndorsementRow: self.play_endorsement,
            AcceptanceRow: self.play_acceptance,
            StaffingRow: self.play_staffing,
            ReportRow: self.play_report,
            ReportDecisionRow: self.play_report_decision,
            InvoiceRow: self.play_invoice,
            InvoiceDecisionRow: self.play_invoice_decision,
            PaymentRow: self.play_payment,
        }
        commands[type(row)](row)

    def play_organisation(self, row: OrganisationRow) -> None:
        for number in (row.org_number, row.parent_org_number):
            invalid = bool(number) and not passes_modulus_11(number)
            refuse_if(
                invalid, "invalid_organisation_number", f"{number} fails modulus 11"
            )
        stored = self.organisations.setdefault(row.org_number, row)
        refuse_if(
            stored != row,
            "conflicting_row",
            f"{row.org_number} is registered with other content",
        )

    def play_network(self, row: NetworkRow) -> None:
        stored = self.networks.get(row.network)
        refuse_if(
            stored not in (None, row),
            "conflicting_row",
            f"{row.network} is established with other content",
        )
        require_organisation(self.organisations, row.coordinating_trust)
        if row.kind == "national":
            over = row.coordination_budget > BUDGET_MAX
            refuse_if(
                over, "frame_exceeded", "the coordination budget is above 1 000 000"
            )
            named = re.match(r"Norwegian National Network for \S", row.name_en)
            refuse_if(
                not named,
                "name_not_allowed",
                f"{row.name_en!r} is not the name of a national network",
            )
        self.networks[row.network] = row

    def play_agreement(self, row: AgreementRow) -> None:
        versions = self.proposals.get(row.agreement, {})
        if row.version in versions and versions[row.version].row == row:
            return
        refuse_if(
            row.version in versions,
            "conflicting_row",
            "this version was proposed with other content",
        )
        key = (row.agreement, str(row.version))
        posts = self.folder.posts.get(key, [])
        require_organisation(self.organisations, row.payer)
        require_organisation(self.organisations, row.payee)
        refuse_if(
            row.network not in self.networks,
            "unknown_network",
            f"{row.network} is not established",
        )
        network = self.networks[row.network]
        first = next(iter(versions.values()), None)
        check_parties(row, network, first.row if first else row)
        if network.kind == "national":
            refuse_if(
                any(map(has_wrong_percent, posts)),
                "percent_out_of_range",
                "a percent is outside 10-20",
            )
        lacking = key in self.folder.spoiled_versions or any(
            lacks_content(post, network) for post in posts
        )
        refuse_if(
            lacking, "missing_content", "a post lacks content, percent, dates or cost"
        )
        proposal = Proposal(row, {post.post: terms_of(post) for post in posts})
        if network.kind == "national":
            refuse_if(
                row.ends_on > last_day_of(network),
                "outlasts_network",
                "it ends after its network",
            )
            self.check_frame(proposal, network)
        self.check_post_names(proposal)
        self.proposals.setdefault(row.agreement, {})[row.version] = proposal

    def check_frame(self, proposal: Proposal, network: NetworkRow) -> None:
        """Refuse a proposal with which a calendar year of its national network may exceed the frame."""
        agreements = {name: dict(versions) for name, versions in self.proposals.items()}
        agreements.setdefault(proposal.row.agreement, {})[proposal.row.version] = (
            proposal
        )
        for year in range(network.starts_on.year, last_day_of(network).year + 1):
            cost = sum(
                dearer_reading(list(v.values()), network.network, year)
                for v in agreements.values()
            )
            exceeded = network.coordination_budget + cost > FRAME[network.model]
            refuse_if(
                exceeded,
                "frame_exceeded",
                f"the frame of {network.network} does not hold it in {year}",
            )

    def check_post_names(self, proposal: Proposal) -> None:
        """Refuse a post name that stands in another agreement."""
        for name, versions in self.proposals.items():
            taken = set(post_names(list(versions.values()))) & set(proposal.posts)
            refuse_if(
                name != proposal.row.agreement and bool(taken),
                "conflicting_row",
                f"{taken} belong to {name}",
            )

    def play_endorsement(self, row: AgreementEndorsementRow) -> None:
        refuse_if(
            row.version not in self.proposals.get(row.agreement, {}),
            "unknown_agreement",
            f"{row.agreement} has no version {row.version}",
        )
        late = row.endorsed_on > row.recorded_on
        refuse_if(late, "invalid_row", f"{row.endorsed_on} has not come")
        self.endorsed.add((row.agreement, row.version))

    def play_acceptance(self, row: AcceptanceRow) -> None:
        proposal = self.proposals.get(row.agreement, {}).get(row.version)
        if proposal is None:
            raise Refused(
                "unknown_agreement", f"{row.agreement} has no version {row.version}"
            )
        other = proposal.answer not in (None, row.answer)
        refuse_if(other, "conflicting_row", f"the answer was {proposal.answer}")
        national = self.networks[proposal.row.network].kind == "national"
        refuse_if(
            proposal.answer is None
            and row.answer == "accepted"
            and self.folder.asks_endorsement
            and national
            and (row.agreement, row.version) not in self.endorsed,
            "not_endorsed",
            "the host's line has not endorsed it",
        )
        proposal.answer = row.answer

    def play_staffing(self, row: StaffingRow) -> None:
        versions = [
            version
            for versions in self.proposals.values()
            for version in versions.values()
        ]
        refuse_if(
            row.post not in post_names(versions),
            "unknown_post",
            f"{row.post} is in no agreement",
        )
        if row not in self.staffing:
            self.staffing.append(row)

    def play_report(self, row: ReportRow) -> None:
        stored = self.reports.get(row.report)
        returned = stored is not None and stored.decision == "returned"
        if stored is not None and stored.row == row and not returned:
            return
        refuse_if(
            stored is not None and not returned,
            "conflicting_row",
            f"{row.report} has other content",
        )
        require_organisation(self.organisations, row.trust)
        refuse_if(
            row.network not in self.networks,
            "unknown_network",
            f"{row.network} is not established",
        )
        self.reports[row.report] = Report(row)

    def play_report_decision(self, row: ReportDecisionRow) -> None:
        report = self.reports.get(row.report)
        if report is None:
            raise Refused("unknown_report", f"{row.report} was not submitted")
        other = report.decision not in (None, row.decision)
        refuse_if(other, "conflicting_row", f"this submission was {report.decision}")
        report.decision = row.decision

    def play_invoice(self, row: InvoiceRow) -> None:
        refuse_if(
            row.agreement not in self.proposals,
            "unknown_agreement",
            f"{row.agreement} was not proposed",
        )
        period = (row.period_start, row.period_end)
        version = last_in_force(self.accepted(row.agreement), row.period_end)
        if version is None:
            raise Refused("not_accepted", "no accepted version is or was in force")
        terms = version.row
        refuse_if(
            terms.vat_treatment == "not_assessed",
            "vat_not_assessed",
            "its VAT is not assessed",
        )
        whole = is_whole_period(period, terms.frequency)
        refuse_if(
            not whole, "period_not_allowed", f"not one whole period ({terms.frequency})"
        )
        refuse_if(
            row.period_end > row.recorded_on,
            "period_not_ended",
            f"it ends on {row.period_end}",
        )
        overlaps = any(
            p[0] <= period[1] and period[0] <= p[1]
            for p in self.invoiced_periods(row.agreement)
        )
        refuse_if(overlaps, "already_invoiced", "a day of the period is invoiced")
        reported = any(
            covers(report, terms, period) for report in self.reports.values()
        )
        refuse_if(
            not reported, "report_missing", "no approved report covers the period"
        )
        lines = self.lines_to_bill(row.agreement, period)
        refuse_if(
            not lines, "nothing_to_invoice", "no post has an amount or a restatement"
        )
        self.issue(row, terms, lines)

    def issue(self, row: InvoiceRow, terms: AgreementRow, lines: list[Line]) -> None:
        """Give the lines the next number of the payee's series of the year."""
        net = sum(line.amount() for line in lines)
        vat = rounded(net * VAT_PERCENT[terms.vat_treatment], 100)
        day, payee, period = (
            row.recorded_on,
            terms.payee,
            (row.period_start, row.period_end),
        )
        earlier = [
            i for i in self.invoices if (i.payee, i.issued_on.year) == (payee, day.year)
        ]
        number = len(earlier) + 1
        self.invoices.append(
            Invoice(row.agreement, period, day, payee, number, vat, lines)
        )

    def lines_to_bill(self, agreement: str, period: Period) -> list[Line]:
        """Per post what it accrued in the period, and what changed in periods of the year invoiced before."""
        lines = []
        year = period[0].year
        for post in post_names(self.accepted(agreement)):
            accrued = self.accrued(agreement, post, year)
            billed = {period: amount_of(accrued, period)}
            for earlier in self.invoiced_periods(agreement):
                if earlier[0].year == year:
                    billed[earlier] = amount_of(accrued, earlier) - self.billed(
                        agreement, post, earlier
                    )
            billed = {p: amount for p, amount in billed.items() if amount}
            if billed:
                lines.append(Line(post, period, billed))
        return lines

    def play_invoice_decision(self, row: InvoiceDecisionRow) -> None:
        invoice = self.invoice(row.agreement, row.period_start)
        lines = [line for line in invoice.lines if row.post in ("", line.post)]
        refuse_if(not lines, "unknown_post", f"{row.post} has no line on this invoice")
        if row not in self.invoice_decisions:
            self.invoice_decisions.append(row)
            for line in lines:
                line.disputed = row.decision == "disputed"

    def play_payment(self, row: PaymentRow) -> None:
        self.invoice(row.agreement, row.period_start)
        if row not in self.payments:
            self.payments.append(row)

    def invoice(self, agreement: str, period_start: date) -> Invoice:
        """The invoice of an agreement for the period that starts on this day, or a refusal."""
        refuse_if(
            agreement not in self.proposals,
            "unknown_agreement",
            f"{agreement} was not proposed",
        )
        for invoice in self.invoices:
            if (invoice.agreement, invoice.period[0]) == (agreement, period_start):
                return invoice
        raise Refused(
            "unknown_invoice", f"{agreement} has no invoice from {period_start}"
        )

    def accepted(self, agreement: str) -> list[Proposal]:
        """The accepted versions of an agreement."""
        return [
            version
            for version in self.proposals[agreement].values()
            if version.answer == "accepted"
        ]

    def is_filled(self, post: str, day: date) -> bool:
        """Does somebody hold the post? The last change counts, of one day the one recorded last."""
        changes = [
            change
            for change in self.staffing
            if change.post == post and change.effective_on <= day
        ]
        by_day = sorted(
            changes, key=lambda change: change.effective_on
        )  # stable: keeps the order of recording
        return bool(by_day) and by_day[-1].change == "filled"

    def accrued(self, agreement: str, post: str, year: int) -> dict[date, int]:
        """What the post accrued to each day of the year, as known now."""
        return accrual(
            self.accepted(agreement), post, year, lambda day: self.is_filled(post, day)
        )

    def invoiced_periods(self, agreement: str) -> list[Period]:
        """The periods of an agreement that have an invoice."""
        return [
            invoice.period
            for invoice in self.invoices
            if invoice.agreement == agreement
        ]

    def billed(self, agreement: str, post: str, period: Period) -> int:
        """What all invoices so far have billed for one post and one period."""
        invoices = [
            invoice for invoice in self.invoices if invoice.agreement == agreement
        ]
        lines = [
            line for invoice in invoices for line in invoice.lines if line.post == post
        ]
        return sum(line.billed.get(period, 0) for line in lines)
