"""Who may read what two trusts have between them."""

from collections.abc import Callable, Mapping

from api.auth import Role
from api.pages.visit import Visit, is_authority
from domain.values import REGIONAL_AUTHORITY, Region


def may_read_between(
    visit: Visit, region_of: Mapping[str, Region]
) -> Callable[[str, str], bool]:
    """Whether the visitor may read invoices, payments and statements of two trusts.

    They are for the two, for the health authorities of their regions and for auditors.
    The trust that coordinates a network is one of the two in all its agreements.
    """
    if visit.role is Role.AUDITOR:
        return lambda _, __: True
    own = visit.organisation
    if not is_authority(visit):
        return lambda one, other: own in {one, other}
    regions = {region for region, number in REGIONAL_AUTHORITY.items() if number == own}
    return lambda one, other: (
        not regions.isdisjoint({region_of.get(one), region_of.get(other)})
    )
