"""What buyers pay and would pay: written out, and the monotonicities that are published."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amopt.licensing.costs import Buyers
from tests.licensing.cases import instance, random_case

seeds = st.integers(0, 10_000)


def test_the_costs_by_hand() -> None:
    buyers = Buyers.of(instance(2.4))
    stock = 2.4 * 0.33 + 1.645 * math.sqrt(2.4 * 0.33)
    bought = 0.1 * 162.5 * stock + math.sqrt(2 * 2500 * 2.4 * 0.1 * 162.5) + 2.4 * 162.5
    stock, price = 2.4 * 0.033 + 1.645 * math.sqrt(2.4 * 0.033), 203.125 + 5
    printed = 0.1 * price * stock + math.sqrt(2 * 250 * 2.4 * 0.1 * price) + 2.4 * price
    assert buyers.traditional_cost[0] == pytest.approx(bought, rel=1e-14)
    assert buyers.highest_fee(5.0)[0] == pytest.approx(bought - printed, rel=1e-12)
    assert buyers.margin == 37.5


@given(seeds, st.floats(0, 100), st.floats(0.01, 100))
def test_what_buyers_would_pay_falls_and_is_convex_in_the_royalty(
    seed: int, royalty: float, step: float
) -> None:
    buyers = Buyers.of(random_case(seed))
    low, middle, high = buyers.highest_fee([royalty, royalty + step, royalty + 2 * step])
    assert (low > middle).all()
    assert (low + high >= 2 * middle - 1e-9 * buyers.traditional_cost).all()


@given(seeds, st.floats(0, 60))
def test_costs_rise_in_demand_and_the_highest_fee_in_setup_cost_and_lead_time(
    seed: int, royalty: float
) -> None:
    """Lemma 5.1: costs rise in demand; licences are worth more where the other channel is worse."""
    own = random_case(seed)
    buyers = Buyers.of(own)
    order = np.argsort(buyers.demand)
    assert (np.diff(buyers.traditional_cost[order]) >= 0).all()
    assert (np.diff(buyers.printing_cost(royalty)[order]) >= 0).all()
    worth = buyers.highest_fee(royalty)
    for field, factor in (("setup_cost", 1.3), ("lead_time_years", 1.3), ("price", 1.01)):
        channel = own.traditional
        worse = channel.model_copy(update={field: factor * getattr(channel, field)})
        dearer = Buyers.of(own.model_copy(update={"traditional": worse}))
        assert (dearer.highest_fee(royalty) > worth).all(), field
    for field, factor in (("setup_cost", 1.3), ("lead_time_years", 1.3), ("price", 1.01)):
        printing = own.printing
        worse = printing.model_copy(update={field: factor * getattr(printing, field)})
        dearer = Buyers.of(own.model_copy(update={"printing": worse}))
        assert (dearer.highest_fee(royalty) <= worth).all(), field


@settings(max_examples=60)
@given(seeds)
def test_between_its_royalties_no_order_changes(seed: int) -> None:
    buyers = Buyers.of(random_case(seed))
    ends = buyers.royalties()
    assert ends[0] == 0
    for low, high in itertools.pairwise(ends):
        inside = np.linspace(low, high, 9)[1:-1]
        worth = buyers.highest_fee(inside)
        orders = np.argsort(-worth, axis=1)
        assert (orders == orders[0]).all()
        assert ((worth > 0) == (worth[0] > 0)).all()
    beyond = buyers.highest_fee(ends[-1] * (1 + 1e-6) + 1e-6)
    assert (beyond < 0).all()


def test_at_its_royalties_two_would_pay_the_same_or_one_nothing() -> None:
    buyers = Buyers.of(instance(2.4, 9.6))
    worth = buyers.highest_fee(buyers.royalties())
    np.testing.assert_allclose(worth[1, 0], worth[1, 1], rtol=1e-12)
    np.testing.assert_allclose([worth[2, 1], worth[3, 0]], 0.0, atol=1e-10)
