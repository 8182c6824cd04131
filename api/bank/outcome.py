"""What became of a bank's file: what is recorded of it, and what is left out and why."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from api.bank.file import CURRENCY, NOT_OURS, BankFile, FileEntry, Omission, Unread
from api.problems import ProblemError
from api.words import Language, problem, sentence
from domain.catalogue import CODES
from domain.history import History
from domain.parties.billing_details import BILLING_DETAILS, BillingDetailsRecorded
from domain.parties.kid import may_be_kid
from domain.payments.bank_import import concerns
from domain.payments.matching import Direction, Unmatched, assigned_with
from domain.payments.telling import BookedEntry, Doubt, EntryVerdict, Found, Known, New
from domain.payments.telling import LeftOut as Unrecorded
from domain.refusal import Code


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """Entries that are recorded, with their references, and all others."""

    recorded: Sequence[tuple[FileEntry, str]]
    left_out: Sequence[Omission]

    @property
    def to_check(self) -> Sequence[Omission]:
        """What may concern the organisation, so that a person should look."""
        return [each for each in self.left_out if each.to_check]


class Payees:
    """Those who are paid with a KID: whose document may not be here yet."""

    def __init__(self, details: Iterable[BillingDetailsRecorded], today: date) -> None:
        """Prepare, with all that was recorded of how organisations are paid."""
        payees = [
            (detail.account, detail.kid_check, detail.kid_length)
            for detail in details
            if detail.kid_check is not None and detail.kid_length is not None
        ]
        self._payees = sorted({*payees})
        self._years = range(today.year - 1, today.year + 2)

    def may_be_paid(self, kid: str, paid_to: str = "") -> bool:
        """Whether a KID may be that of a document; ``paid_to`` if that is told."""
        return any(
            paid_to in {"", account} and may_be_kid(kid, check, length, self._years)
            for account, check, length in self._payees
        )


def outcome(
    file: BankFile,
    verdicts: Sequence[EntryVerdict],
    history: History,
    payees: Payees,
    organisation: str,
) -> ImportOutcome:
    """What became of an organisation's file, once what can be recorded is."""
    recorded = []

    @cache
    def ours(kids: frozenset[str]) -> bool:
        return concerns(kids, history) or any(map(payees.may_be_paid, kids))

    left_out = [_unread(each, ours) for each in file.unread]
    for each, verdict in zip(file.entries, verdicts, strict=True):
        match verdict:
            case Known(reference=reference) | Found(reference=reference):
                recorded.append((each, reference))
            case Unrecorded(code=None):
                own = _is_of_own_document(each.entry, organisation, history)
                left_out.append(_own(each) if own else _unclaimed(each, payees))
            case Unrecorded(code=code):
                left_out.append(_refused(each, code))
            case New():
                # It was refused, and what stood against it has changed since.
                left_out.append(Omission(each.place, "bank_not_recorded"))
    return ImportOutcome(recorded, list(dict.fromkeys(left_out)))


def _refused(told: FileEntry, code: Code | Doubt | None) -> Omission:
    """What may not be recorded; what has no amount is nothing to look at."""
    if code is Code.DAY_NOT_PLAUSIBLE:
        day = told.entry.booked_on.isoformat()
        return Omission(told.place, str(code), "booked_on", day)
    to_check = code is not Code.NO_AMOUNT
    return Omission(
        told.place, str(code), value=told.entry.reference, to_check=to_check
    )


def _is_of_own_document(
    entry: BookedEntry, organisation: str, history: History
) -> bool:
    """Whether money went out with the KID of a document that is to bring money in.

    Where the bank names an account, and it is not the organisation's, that is paid.
    """
    accounts = history.state(BILLING_DETAILS, organisation).accounts
    if entry.paid_to not in {"", *accounts}:
        return False
    assigned = assigned_with(entry.kid, history)
    if isinstance(assigned, Unmatched):
        return False
    return any(each.seller == organisation for each in assigned)


def _own(told: FileEntry) -> Omission:
    return Omission(told.place, "bank_own_document", "kid", told.entry.kid)


def _unclaimed(told: FileEntry, payees: Payees) -> Omission:
    """What was paid out with the KID of no document that is here."""
    kid = told.entry.kid
    if payees.may_be_paid(kid, told.entry.paid_to):
        return Omission(told.place, "bank_document_not_here", "kid", kid)
    return not_ours(told.place)


def _unread(unread: Unread, concerned: Callable[[frozenset[str]], bool]) -> Omission:
    """What is left out; what cannot be read may be nobody's business here."""
    left_out, direction, kids = unread
    ours = concerned(kids)
    if direction is Direction.DEBIT and kids and not ours:
        return not_ours(left_out.place)
    to_check = left_out.to_check and (ours or left_out.code != CURRENCY)
    return replace(left_out, to_check=to_check)


def not_ours(place: str) -> Omission:
    """Entry that was paid to somebody outside the federation."""
    return Omission(place, NOT_OURS, to_check=False)


def unreadable_problem(faults: Sequence[Omission]) -> ProblemError:
    """Problem of a file of which nothing is recorded and something should be."""
    first = faults[0]
    errors = [{"field": fault.place, "code": fault.code} for fault in faults]
    if first.code in CODES:
        return ProblemError(first.code, _values(first), errors)
    values = {"place": first.place, "reason": first.code}
    return ProblemError("bank_file_unreadable", values, errors)


def why(left_out: Omission, language: Language) -> str:
    """Why an entry is left out, in words."""
    if left_out.code in CODES:
        return problem(language, left_out.code, _values(left_out)).detail
    return sentence(language, "value", left_out.code)


def _values(left_out: Omission) -> dict[str, str]:
    """What fills the words of a refusal."""
    day = left_out.code == Code.DAY_NOT_PLAUSIBLE
    return {"day" if day else "reference": left_out.value}
