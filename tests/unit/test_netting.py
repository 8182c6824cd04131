"""Netting: nets sum to zero, few payments, the same for everybody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.closing.netting import Debt, net_debts, net_positions, transfers

TRUSTS = ("1", "2", "3", "4", "5")
debts = st.lists(
    st.builds(
        Debt,
        st.sampled_from(TRUSTS),
        st.sampled_from(TRUSTS),
        st.integers(0, 10**12),
    ).filter(lambda each: each.debtor != each.creditor),
    max_size=30,
)


@pytest.mark.law(7)
@given(debts)
def test_the_nets_sum_to_zero_and_payments_settle_them(found: list[Debt]) -> None:
    positions = net_positions(found)
    assert sum(positions.values()) == 0
    paid = transfers(positions)
    assert len(paid) <= max(len(positions) - 1, 0), "at most one less than trusts"
    assert all(each.amount_ore > 0 for each in paid)
    left = net_positions([Debt(p.creditor, p.debtor, p.amount_ore) for p in paid])
    for trust, position in positions.items():
        assert position + left.get(trust, 0) == 0


@given(debts)
def test_the_order_of_debts_changes_nothing(found: list[Debt]) -> None:
    shuffled = sorted(found, key=lambda each: (each.amount_ore, each.creditor))
    assert net_debts(shuffled) == net_debts(found)
    assert transfers(net_positions(shuffled)) == transfers(net_positions(found))
    assert transfers(net_positions(net_debts(found))) == transfers(net_positions(found))


def test_two_trusts_owe_each_other_one_sum() -> None:
    found = net_debts([Debt("1", "2", 100), Debt("2", "1", 30), Debt("2", "3", 5)])
    assert found == [Debt("1", "2", 70), Debt("2", "3", 5)]
    assert net_debts([Debt("1", "2", 100), Debt("2", "1", 100)]) == []


def test_the_largest_debtor_pays_the_largest_creditor_first() -> None:
    paid = transfers({"1": -100, "2": -50, "3": 120, "4": 30})
    assert paid == [Debt("1", "3", 100), Debt("2", "4", 30), Debt("2", "3", 20)]


def test_positions_that_do_not_sum_to_zero_are_a_fault() -> None:
    with pytest.raises(ValueError, match="zero"):
        transfers({"1": 1})
