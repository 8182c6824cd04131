"""A network's posts in each region in a year, and what its report tells of each."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from api.overviews.overview import Overview, OverviewKind, OverviewSource
from api.problems import ProblemError
from api.sheets import Absent, ColumnKind, Sheet, SheetCell
from domain.agreements.standing import VersionStatus
from domain.closing.settlement import PostSettlement
from domain.governance.reporting import OF_NATIONAL, YearReported, reported
from domain.parties.network import NETWORK, NetworkEstablished
from domain.parties.organisation import OrganisationRegistered
from domain.values import Region
from projections.agreements import agreements
from projections.asof import Slice
from projections.listed import first_facts
from projections.posts import Post, posts_of
from projections.settlement import Scope

AGREEMENTS_MAX: Final = 1000
OF_REGIONS: Final = tuple(each.key for each in OF_NATIONAL if each.per_region)
"""What a national network tells of each region (S1-16, S1-24)."""


class PostOfYear(NamedTuple):
    """A post that was agreed for some day of a year."""

    post: Post
    region: str
    """That of its host."""
    settled: PostSettlement | None


def posts_by_region(source: OverviewSource) -> Overview:
    """Read the posts of a network in a year, by region."""
    network = network_named(source)
    found = [*posts_of_year(source)]
    told = reported(source.of, source.year, source.history)
    return Overview(
        OverviewKind.POSTS_BY_REGION,
        source.day,
        [region_sheet(found, told), _posts(found)],
        network.name_nb,
        network.name_en,
        source.year,
        ["posts_note"],
    )


def network_named(source: OverviewSource) -> NetworkEstablished:
    """Find the network; refuse one that nobody established."""
    network = source.history.state(NETWORK, source.of).established
    if network is None:
        raise ProblemError("not_found")
    return network


def posts_of_year(source: OverviewSource) -> Iterator[PostOfYear]:
    """Posts of a network that is accepted for some day of the year, by name."""
    views = agreements(
        source.connection, source.day, Slice(limit=AGREEMENTS_MAX), network=source.of
    )
    last_days = {view.agreement: view.last_day for view in views}
    settled = source.node.settlements.settlement(
        source.connection, source.year, source.day, Scope(network=source.of)
    )
    sums = {(p.agreement, p.post): p for each in settled.agreements for p in each.posts}
    posts = posts_of(source.connection, source.day, last_days)
    hosts = {post.host for post in posts}
    known = first_facts(source.connection, OrganisationRegistered, source.day, hosts)
    first, last = date(source.year, 1, 1), date(source.year, 12, 31)
    for post in posts:
        ends_on = min(post.ends_on, last_days[post.agreement] or post.ends_on)
        is_accepted = post.status == VersionStatus.ACCEPTED.value
        runs = post.starts_on <= last and ends_on >= first
        if post.network == source.of and is_accepted and runs:
            region = known[post.host].fact.region.value if post.host in known else ""
            yield PostOfYear(post, region, sums.get((post.agreement, post.post)))


def region_sheet(found: Sequence[PostOfYear], told: YearReported) -> Sheet:
    """Sheet with a row for each region, also for one without a post."""
    of_region: defaultdict[str, list[PostOfYear]] = defaultdict(list)
    for each in found:
        of_region[each.region].append(each)
    columns = (
        ("region", ColumnKind.WORD),
        ("posts", ColumnKind.COUNT),
        ("filled_posts", ColumnKind.COUNT),
        ("percent_sum", ColumnKind.PERCENT),
        ("annual_cost_ore", ColumnKind.ORE),
        ("accrued_ore", ColumnKind.ORE),
        ("invoiced_ore", ColumnKind.ORE),
        *((name, ColumnKind.WORD) for name in OF_REGIONS),
    )
    rows = [
        (region.value, *_sums(of_region[region.value]), *_told(region, told))
        for region in Region
    ]
    return Sheet("posts_by_region", columns, rows)


def _sums(found: Sequence[PostOfYear]) -> Sequence[SheetCell]:
    percent = sum((Decimal(each.post.percent or 0) for each in found), Decimal("0.00"))
    settled = [each.settled for each in found if each.settled is not None]
    return (
        len(found),
        sum(each.post.filled for each in found),
        str(percent),
        sum(each.post.annual_cost_ore for each in found),
        sum(each.accrued_ore for each in settled),
        sum(each.invoiced_ore for each in settled),
    )


def _told(region: Region, told: YearReported) -> Iterator[SheetCell]:
    for name in OF_REGIONS:
        key = f"{name}_{region.value}"
        if key not in told.asked:
            yield Absent.NONE
        else:
            yield "missing" if key in told.missing else "told"


def _posts(found: Sequence[PostOfYear]) -> Sheet:
    columns = (
        ("region", ColumnKind.WORD),
        ("host", ColumnKind.TEXT),
        ("post", ColumnKind.TEXT),
        ("content", ColumnKind.NAME),
        ("percent", ColumnKind.PERCENT),
        ("starts_on", ColumnKind.DAY),
        ("ends_on", ColumnKind.DAY),
        ("filled", ColumnKind.WORD),
        ("annual_cost_ore", ColumnKind.ORE),
        ("accrued_ore", ColumnKind.ORE),
    )
    rows = [
        (
            region or None,
            post.host,
            post.post,
            post.content,
            post.percent,
            post.starts_on,
            post.ends_on,
            post.filled,
            post.annual_cost_ore,
            0 if settled is None else settled.accrued_ore,
        )
        for post, region, settled in sorted(
            found, key=lambda each: (each.region, each.post.post)
        )
    ]
    return Sheet("posts_of_regions", columns, rows)
