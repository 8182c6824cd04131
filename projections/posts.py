"""Part-time posts as known on a day: what is agreed of them, and who fills them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row

from domain.agreements.accrual import StaffingChange, filled
from domain.agreements.agreement import PartTimePost, Terms
from domain.agreements.standing import VersionStatus
from projections import tables
from projections.agreements import AgreementView, Version, agreement_views
from projections.asof import Slice, equal, keyed, keys_as_of
from projections.moments import once_a_moment


@dataclass(frozen=True, slots=True)
class Post:
    """A post as its agreement's governing version has it, and who fills it."""

    post: str
    agreement: str
    status: str
    network: str
    payer: str
    host: str
    content: str
    percent: str | None
    starts_on: date
    ends_on: date
    annual_cost_ore: int
    filled: bool
    holder: str | None
    """A pseudonym; only the host's region knows the name."""
    changed_on: date | None


def posts(
    connection: Connection,
    as_of: date,
    page: Slice,
    agreement: str | None = None,
    post: str | None = None,
) -> list[Post]:
    """By name, with who fills them on the day (S1-13)."""
    table = tables.version_post
    conditions = equal(table, agreement=agreement, post=post)
    names = keys_as_of(
        connection, table.c.post, as_of, *conditions, after=page.after, limit=page.limit
    )
    shown = _named(connection, as_of, names)
    if len(shown) == len(names):
        return shown
    # Of what has lost its name nothing is shown; the page is filled up all the same.
    rest = Slice(names[-1], page.limit - len(shown))
    return [*shown, *posts(connection, as_of, rest, agreement, post)]


@once_a_moment
def posts_of(
    connection: Connection, as_of: date, agreements: Collection[str]
) -> list[Post]:
    """All that are named in some agreements, by name."""
    column = tables.version_post.c.post
    named = tables.version_post.c.agreement.in_(sorted(agreements))
    return _named(connection, as_of, keys_as_of(connection, column, as_of, named))


def _named(connection: Connection, as_of: date, names: Sequence[str]) -> list[Post]:
    """Posts of some names, in their order, but those that have lost theirs."""
    claims: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for row in keyed(connection, tables.version_post, as_of, names, "post"):
        claims[row.post].setdefault(row.agreement)
    claimants = {agreement for claimed in claims.values() for agreement in claimed}
    views = agreement_views(connection, as_of, claimants)
    changes: defaultdict[tuple[str, str], list[Row[Any]]] = defaultdict(list)
    for row in keyed(connection, tables.staffing, as_of, names, "post"):
        holder = views[row.agreement].holder if row.agreement in views else None
        if holder is not None and holder.concerns(row.seen):
            changes[row.agreement, row.post].append(row)
    shown = []
    for name in names:
        holding = ((of, _holding(name, views[of])) for of in claims[name])
        first = next(((of, versions) for of, versions in holding if versions), None)
        if first is not None:
            shown.append(_post(name, first[1], changes[first[0], name], as_of))
    return shown


def _holding(post: str, agreement: AgreementView) -> Sequence[Version]:
    """Versions that have a post; none of who has lost its name."""
    return [version for version in agreement.versions if _agreed(version.terms, post)]


def _post(
    name: str, holding: Sequence[Version], changes: Sequence[Row[Any]], as_of: date
) -> Post:
    accepted = [v for v in holding if v.status is VersionStatus.ACCEPTED]
    version = (accepted or holding)[-1]
    terms = version.terms
    agreed = _agreed(terms, name)
    assert agreed is not None
    spans = filled(
        [StaffingChange(c.effective_on, c.change == "filled") for c in changes]
    )
    is_filled = any(span.start <= as_of <= span.end for span in spans)
    begun = [change for change in changes if change.effective_on <= as_of]
    last = max(begun, key=lambda change: change.effective_on, default=None)
    if last is not None:
        last = [c for c in begun if c.effective_on == last.effective_on][-1]
    return Post(
        post=name,
        agreement=terms.agreement,
        status=version.status.value,
        network=terms.network,
        payer=terms.payer,
        host=terms.payee,
        content=agreed.content,
        percent=agreed.percent,
        starts_on=agreed.starts_on,
        ends_on=agreed.ends_on,
        annual_cost_ore=agreed.annual_cost_ore,
        filled=is_filled,
        holder=last.holder if last is not None and is_filled else None,
        changed_on=None if last is None else last.effective_on,
    )


def _agreed(terms: Terms, post: str) -> PartTimePost | None:
    return next((agreed for agreed in terms.posts if agreed.post == post), None)
