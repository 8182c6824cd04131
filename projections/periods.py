"""The five years of national networks, and those of their renewals, as known on a day."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import Connection

from domain.parties.authority import NetworkRenewed
from domain.parties.network import NetworkEstablished, renewed
from domain.values import Period
from projections.listed import facts_of
from projections.moments import once_a_moment


@once_a_moment
def periods_of(
    connection: Connection, as_of: date, networks: Collection[NetworkEstablished]
) -> Mapping[str, Sequence[Period]]:
    """Periods of each network, the running one last; none where it has no last day."""
    names = {network.network for network in networks}
    renewals: defaultdict[str, list[NetworkRenewed]] = defaultdict(list)
    for fact in facts_of(connection, NetworkRenewed, as_of, names):
        renewals[fact.network].append(fact)
    return {each.network: renewed(each, renewals[each.network]) for each in networks}
