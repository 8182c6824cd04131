"""How trusts come to an agreement and end it: counter, adopt, withdraw, endorse, terminate.

What signs terms names them by their fingerprint in ``If-Match``; what takes an
offer back may. Other terms than those that were read are left alone.
"""

from api.commands import door
from api.doors import NOT_PROPOSED, Way
from api.routers import member_router
from api.signing import (
    COUNTER,
    VERSION,
    tag_of,
)
from domain.agreements.counter import AdoptCounterProposal, CounterVersion
from domain.agreements.endorsement import EndorseVersion
from domain.agreements.notice import TerminateAgreement
from domain.agreements.wage_growth import ProposeWageGrowth
from domain.agreements.withdrawal import WithdrawVersion
from domain.history import ShownTo

router = member_router("agreements", ShownTo.MEMBERS)


door(
    router,
    "/agreements/{agreement}/versions/{version}/counter-proposal",
    CounterVersion,
    Way(
        made="/v1/agreements/{agreement}/counter-proposals/{version}",
        signs=VERSION,
        within="proposal",
        without=NOT_PROPOSED,
    ),
)
door(
    router,
    "/agreements/{agreement}/counter-proposals/{version}/adoption",
    AdoptCounterProposal,
    Way(made="/v1/agreements/{agreement}/versions/{version}", signs=COUNTER),
)
door(
    router,
    "/agreements/{agreement}/versions/{version}/withdrawal",
    WithdrawVersion,
    Way(tagged={"fingerprint": tag_of}),
)
door(
    router,
    "/agreements/{agreement}/versions/{version}/endorsements",
    EndorseVersion,
    Way(signs=VERSION),
)
door(
    router,
    "/agreements/{agreement}/wage-growth",
    ProposeWageGrowth,
    Way(made="/v1/agreements/{agreement}/versions/{version}"),
)
door(router, "/agreements/{agreement}/terminations", TerminateAgreement)
