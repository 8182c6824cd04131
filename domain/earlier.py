"""Stored names that are written no more: what was decided under them, and until when.

- What was recorded under one is decided again as everything is. It is allowed what its
  release allowed, and says no more than its release did.
- A region does not go back: after the first name of a later release its log has no
  earlier one. Who claims to be of an old release must have been so all along.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

BANK_ENTRY: Final = "bank.entry_imported.v1"
"""A KID alone told the document; day, amount, account and reference might be any."""
PAYMENT: Final = "payment.registered.v1"
"""Its day and its amount might be any."""
PAYMENT_TAKEN_BACK: Final = (PAYMENT, "payment.registered.v2")
"""More might be taken back than had been paid."""
APPROVED: Final = "invoice.approved.v1"
"""One person was enough, and nobody had to register the document before."""
DISPUTED_ONCE: Final = ("invoice.disputed.v1", "invoice.disputed.v2")
"""What only credits another document might be disputed."""
WITHOUT_REASON: Final = (
    "agreement.version_countered.v1",
    "agreement.version_proposed.v1",
    "agreement.version_proposed.v2",
)
"""A national network's terms might leave out what is asked of them, and not say why."""
WITHOUT_PURPOSE: Final = "mandate.granted.v1"
"""Any organisation might make somebody auditor, without an end and without a purpose."""

_RELEASES: Final = (
    ("organisation.billing_details_recorded.v1",),
    ("invoice.issued.v2",),
    ("pair.agreement_listed.v1", "region.day_confirmed.v1"),
    ("invoice.approved.v2", "invoice.disputed.v2", "invoice.registered.v1"),
    (
        BANK_ENTRY,
        "bank.entry_matched.v1",
        "bank.entry_set_aside.v1",
        "kid.assigned.v1",
        "payment.received.v1",
    ),
    (
        "agreement.terminated.v1",
        "agreement.version_countered.v1",
        "agreement.version_endorsed.v1",
        "agreement.version_proposed.v2",
        "agreement.version_withdrawn.v1",
    ),
    (
        "balance.asserted.v1",
        "statement.drawn_up.v1",
        "statement.rejected.v1",
        "statement.signed.v1",
    ),
    ("billing.document_credited.v1", "billing.year_corrected.v1", "invoice.issued.v3"),
    ("dispute.commented.v1", "dispute.resolved.v1"),
    ("epoch.begun.v1",),
    ("federation.joined.v1", "federation.left.v1"),
    ("invoice.issued.v4",),
    ("bank.entry_imported.v2", "payment.registered.v2"),
    ("account.named.v1", "organisation.billing_details_recorded.v2"),
    ("bank.entry_named.v1",),
    ("invoice.disputed.v3",),
    ("payment.registered.v3",),
    ("agreement.version_countered.v2", "agreement.version_proposed.v3"),
    ("mandate.granted.v2",),
)
"""The names that came after the first release, in the order in which they came. What
is not here tells nothing of a release."""

_CAME: Final[Mapping[str, int]] = {
    name: place for place, names in enumerate(_RELEASES, 1) for name in names
}

_LACKED_BY_TERMS: Final = ("terms.cooperation_waived", "terms.endorsement_waived")
_LACKED_BY_ISSUED_V3: Final = (
    "network_names",
    "lines.arithmetic",
    "lines.restatements.arithmetic",
)
_LACKED_BY_ISSUED_V2: Final = (
    *_LACKED_BY_ISSUED_V3,
    "corrects_year",
    "counted",
    "credited",
    "lines.restatements.cause",
    "reason",
)
LACKED: Final[Mapping[str, Collection[str]]] = {
    "agreement.version_countered.v1": _LACKED_BY_TERMS,
    "agreement.version_proposed.v1": _LACKED_BY_TERMS,
    "agreement.version_proposed.v2": _LACKED_BY_TERMS,
    "invoice.approved.v1": ("decided_by",),
    "invoice.disputed.v1": ("credits", "decided_by", "versions"),
    "invoice.issued.v1": (
        *_LACKED_BY_ISSUED_V2,
        "account",
        "buyer",
        "buyer_reference",
        "corrects",
        "due_on",
        "kid",
        "lines.content",
        "lines.percent",
        "seller",
        "vat_reason",
    ),
    "invoice.issued.v2": _LACKED_BY_ISSUED_V2,
    "invoice.issued.v3": _LACKED_BY_ISSUED_V3,
    WITHOUT_PURPOSE: ("purpose",),
}
"""By earlier name, the members that a decision of now says and one of then did not."""

_names: ContextVar[Collection[str]] = ContextVar("names", default=())


def came(name: str) -> int:
    """Place of a name's first release in their order; 0 where it tells of none.

    >>> came("invoice.issued.v1"), came("invoice.issued.v2") < came("invoice.issued.v3")
    (0, True)
    """
    return _CAME.get(name, 0)


def began(name: str) -> int:
    """Place of the release that first recorded what has a name, under any of its names.

    >>> began("payment.registered.v2"), began("kid.assigned.v1") > 0
    (0, True)
    """
    return came(f"{name.rpartition('.v')[0]}.v1")


def gone(name: str) -> int:
    """Place of the release that took another name for what had this one; 0 if none.

    >>> gone("invoice.issued.v1") == came("invoice.issued.v2"), gone("invoice.issued.v4")
    (True, 0)
    """
    family, _, version = name.rpartition(".v")
    return came(f"{family}.v{int(version) + 1}") if version.isdecimal() else 0


def newest(names: Iterable[str]) -> int:
    """Place of the latest release that some of a log's names tell of."""
    return max(map(came, names), default=0)


def went_back(names: Iterable[str], before: int) -> bool:
    """Whether some names are written no more where a later release has written.

    ``before`` is what :func:`newest` says of all that stands before them in their log.
    """
    return any(0 < gone(name) <= before for name in names)


@contextmanager
def recorded_under(names: Collection[str]) -> Iterator[None]:
    """Within it, something is decided again that was recorded under these names."""
    token = _names.set(names)
    try:
        yield
    finally:
        _names.reset(token)


def is_recorded_under(name: str) -> bool:
    """Whether what is decided was recorded under an earlier name."""
    return name in _names.get()
