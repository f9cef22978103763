"""The analysis: worked numbers, switchover quantities against counting, and the frontier rule."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import amopt
from amopt.report.words import worth
from amopt.sourcing.instance.curves import KINDS, fits_of, quotes_of
from amopt.sourcing.instance.fields import Offer
from amopt.sourcing.offers.analysis import nondominated, scenarios


def test_bush_is_worth_printing_in_both_profiles() -> None:
    """32 + 100 x 40 x 2.6 and -70.21 + 100 x 40 x 1.6, as published."""
    rows = amopt.solve(amopt.load("sourcing/bush")).rows["switchover"]
    direct, other = rows
    assert [(row["supplier"], row["material"]) for row in rows] == [
        ("supplier-1", "polymer"),
        ("supplier-1", "steel S355"),
    ]
    assert (direct["cost_saving"], other["cost_saving"]) == pytest.approx((32.0, -70.21))
    assert (direct["weeks_saved"], other["weeks_saved"]) == pytest.approx((2.6, 1.6))
    assert direct["total_saving"] == pytest.approx(10_432.00, abs=5e-3)
    assert other["total_saving"] == pytest.approx(6_329.79, abs=5e-3)
    assert (direct["scenario"], direct["scenario_with_downtime"]) == ("I", "I")
    assert (other["scenario"], other["scenario_with_downtime"]) == ("IV", "I")


def reach(instance: Any) -> dict[str, tuple[float, float]]:
    """Return what each supplier makes at reduced cost, and in reduced time."""
    return {
        row["supplier"]: (row["reduced_cost_quantity"], row["reduced_time_quantity"])
        for row in amopt.sourcing.frontier(instance).rows["switchover"]
    }


def test_hangbar_switchover_quantities() -> None:
    """With the mould all make 56 at reduced cost, 158 in reduced time; the best 124 and 285."""
    hangbar = amopt.load("sourcing/hangbar")
    assert reach(hangbar) == {
        "supplier-1": (97, 240),
        "supplier-2": (124, 158),
        "supplier-3": (56, 285),
        "supplier-4": (80, 200),
    }
    rows = amopt.sourcing.frontier(hangbar).rows["switchover"]
    assert [row["on_frontier"] for row in rows] == [True, True, True, False]
    # Supplier 2 makes all 90, for 4,208.80 in 5.236 weeks.
    objective = amopt.solve(hangbar).outcome.objective
    assert objective == pytest.approx(4_208.80 + 1.5 * 40 * 5.236)


@pytest.mark.parametrize(
    ("limits", "finding"),
    [
        ({"budget": 10}, "budget: 118 of at most 10"),
        ({"weeks": 0.01}, "line '1': the rule cannot fill it"),
    ],
)
def test_what_the_rule_cannot_do_is_refused(limits: dict[str, float], finding: str) -> None:
    """118 is what the one bush costs by the rule."""
    bush = amopt.load("sourcing/bush")
    bush = bush.unchecked_copy(limits=bush.limits.model_copy(update=limits))
    answer = amopt.sourcing.frontier(bush)
    assert answer.outcome.status == "unknown"
    assert answer.verdict.findings == (finding,)
    assert worth(answer).endswith("; refused by the referee.")


def test_hangbar_without_its_mould() -> None:
    """Setup and manufacturing remain: one piece at reduced cost, up to 46 in reduced time."""
    hangbar = amopt.load("sourcing/hangbar")
    (usual,) = hangbar.conventional
    bare = usual.model_copy(update={"asset_exists": True})
    assert reach(hangbar.model_copy(update={"conventional": (bare,)})) == {
        "supplier-1": (1, 31),
        "supplier-2": (1, 9),
        "supplier-3": (0, 46),
        "supplier-4": (1, 18),
    }


def test_cone_with_and_without_its_mould() -> None:
    """Up to 635 in reduced time and 76 at reduced cost; without the mould 46, and none."""
    quotes = ((1, 108, 1.0624), (100, 48.6, 3.082), (1000, 48.06, 21.442))
    data: dict[str, Any] = {
        "amopt": 1,
        "kind": "sourcing",
        "name": "cone",
        "parts": [{"name": "cone"}],
        "lines": [{"line": "1", "part": "cone", "quantity": 1}],
        "conventional": [
            {
                "part": "cone",
                "cost_per_part": 8,
                "asset_cost": 3_120,
                "lead_time_weeks": 2,
                "tooling_lead_time_weeks": 12,
            }
        ],
        "offers": [
            {
                "supplier": "s",
                "part": "cone",
                "quotes": [
                    {"quantity": q, "cost_per_part": price, "lead_time_weeks": weeks}
                    for q, price, weeks in quotes
                ],
            }
        ],
    }
    assert reach(amopt.load(data)) == {"s": (76, 635)}
    data["conventional"][0] |= {"asset_cost": 100, "tooling_lead_time_weeks": 0}
    assert reach(amopt.load(data)) == {"s": (0, 46)}  # 108 = 100 + 8: identical cost is no saving


def test_a_constant_price_gives_the_closed_form() -> None:
    """N = C_asset / (c_AM - c_conv)."""
    data: dict[str, Any] = {
        "amopt": 1,
        "kind": "sourcing",
        "name": "constant",
        "parts": [{"name": "p"}],
        "lines": [{"line": "1", "part": "p", "quantity": 10}],
        "conventional": [
            {"part": "p", "cost_per_part": 20, "asset_cost": 1000, "lead_time_weeks": 4}
        ],
        "offers": [
            {
                "supplier": "s",
                "part": "p",
                "quotes": [{"quantity": 1, "cost_per_part": 30, "lead_time_weeks": 4}],
                "largest_quantity": 500,
            }
        ],
    }
    row = amopt.sourcing.frontier(amopt.load(data)).rows["switchover"][0]
    assert row["reduced_cost_quantity"] == 1000 / (30 - 20) - 1
    # an identical lead time saves no time
    assert row["weeks_saved"] == 0
    assert row["reduced_time_quantity"] == 0
    assert row["scenario"] == "II"


def test_zero_is_no_saving() -> None:
    cost = np.array([1.0, 1.0, 0.0, 0.0, -1.0, 1.0])
    weeks = np.array([1.0, 0.0, 0.0, 1.0, -1.0, -1.0])
    assert scenarios(cost, weeks).tolist() == [1, 2, 3, 4, 3, 2]


QUOTES = st.lists(
    st.tuples(st.integers(1, 60), st.floats(1, 50), st.floats(0.1, 10)),
    min_size=2,
    max_size=5,
    unique_by=lambda quote: quote[0],
)


@given(QUOTES, st.sampled_from(KINDS), st.floats(0, 2000), st.floats(0, 60), st.integers(1, 20))
@example([(1, 1.0, 1.0), (2, 1.0, 1.0)], "power", 1.0, 2.2e-309, 1)
def test_switchover_quantities_equal_counting(
    quotes: list[tuple[int, float, float]], between: str, fixed: float, rate: float, low: int
) -> None:
    offer = Offer.model_validate(
        {
            "supplier": "s",
            "part": "p",
            "between": between,
            "quotes": [
                {"quantity": q, "cost_per_part": p, "lead_time_weeks": t} for q, p, t in quotes
            ],
        }
    )
    total, _ = quotes_of([offer]).curves()
    line = np.array([fixed]), np.array([rate])
    found = total.first_not_below(*line, np.array([float(low)]), np.array([80.0]))[0]
    q = np.arange(low, 81, dtype=float)
    own = total.take(np.zeros(q.size, dtype=np.int64)).at(q)
    usual = fixed + rate * q
    below = own < usual - 1e-8 * np.maximum(np.abs(own), usual)
    above = own > usual + 1e-8 * np.maximum(np.abs(own), usual)
    if np.isinf(found):
        assert not above.any()
    else:
        assert not below[q == found].any()
        assert not above[q < found].any()


@pytest.mark.parametrize(("rate", "first"), [(1.0, 6), (0.5, 6), (0.0, 2)])
def test_what_cancels_does_not_hide_a_difference(rate: float, first: int) -> None:
    """Of an order of 5 the dear tier takes nothing yet: it costs 0, which is below 5 times 1."""
    quotes = [
        {"quantity": q, "cost_per_part": p, "lead_time_weeks": 1} for q, p in ((2, 0), (5, 1e9))
    ]
    offer = {"supplier": "s", "part": "p", "between": "incremental", "quotes": quotes}
    total, _ = quotes_of([Offer.model_validate(offer)]).curves()
    line = np.zeros(1), np.array([rate])
    assert total.first_not_below(*line, np.array([2.0]), np.array([80.0])) == first


def test_lines_that_run_side_by_side_do_not_meet() -> None:
    """Another part costs 3.71 here and there, but for rounding; all 500 stay 346.20 below."""
    prices = ((1, 12.61), (100, 5.01), (200, 4.36), (500, 3.62))
    quotes = [{"quantity": q, "cost_per_part": p, "lead_time_weeks": 1} for q, p in prices]
    offer = {"supplier": "s", "part": "p", "quotes": quotes}
    total, _ = quotes_of([Offer.model_validate(offer)]).curves()
    beside = total.plus(np.array([0.08]), np.array([1.27]))
    assert 0 < beside.rate[2] - 4.98 < 1e-13
    line = np.array([974.28]), np.array([4.98])
    assert beside.first_not_below(*line, np.array([1.0]), np.array([500.0])) == np.inf


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=25
    )
)
def test_frontier_equals_comparing_all_pairs(points: list[tuple[int, int, int]]) -> None:
    group, a, b = (np.array(column) for column in zip(*points, strict=True))
    found = nondominated(group, a.astype(float), b.astype(float))
    for i, (g, x, y) in enumerate(points):
        beaten = any(g == h and u >= x and v >= y and (u > x or v > y) for h, u, v in points)
        assert found[i] == (not beaten)


def test_fits_report_how_well_they_fit() -> None:
    """Least squares, with R-squared and p-value as the textbook formulas give them."""
    quotes = [(1, 50.0, 1.0), (10, 30.0, 1.4), (50, 21.0, 2.1), (200, 15.0, 4.6)]
    offer = Offer.model_validate(
        {
            "supplier": "s",
            "part": "p",
            "between": "power",
            "quotes": [
                {"quantity": q, "cost_per_part": p, "lead_time_weeks": t} for q, p, t in quotes
            ],
        }
    )
    from scipy.stats import linregress

    expected = linregress([np.log(q) for q, _, _ in quotes], [np.log(p) for _, p, _ in quotes])
    fit = fits_of([offer])[0]
    assert fit.slope[0] == pytest.approx(expected.slope)
    assert fit.r_squared[0] == pytest.approx(expected.rvalue**2)
    assert fit.p_value[0] == pytest.approx(expected.pvalue)
    assert fit.r_squared[0] > 0.78


def test_outside_of_its_quotes_a_linear_offer_keeps_price_and_lead_time() -> None:
    offer = Offer.model_validate(
        {
            "supplier": "s",
            "part": "p",
            "quotes": [
                {"quantity": 10, "cost_per_part": 8, "lead_time_weeks": 1},
                {"quantity": 20, "cost_per_part": 6, "lead_time_weeks": 2},
            ],
        }
    )
    assert (offer.smallest, offer.largest) == (10, 20)
    total, lead_time = quotes_of([offer]).curves()
    at = np.array([5.0, 10, 15, 20, 40])
    five = np.zeros(5, dtype=np.int64)
    assert total.take(five).at(at).tolist() == pytest.approx([40, 80, 100, 120, 240])
    assert lead_time.take(five).at(at).tolist() == pytest.approx([1, 1, 1.5, 2, 2])


def test_how_well_curves_fit_is_reported() -> None:
    """Quotes that lie on a power: all of the variance is explained, and hardly by chance."""
    quotes = [
        {"quantity": q, "cost_per_part": 50 * q**-0.25, "lead_time_weeks": 1.5 * q**0.125}
        for q in (1, 4, 16, 64)
    ]
    offers = [
        {"supplier": "s", "part": "p", "between": kind, "material": kind, "quotes": quotes}
        for kind in ("power", "line", "linear")
    ]
    data = {"amopt": 1, "kind": "sourcing", "name": "fits", "parts": [{"name": "p"}]}
    power, line = amopt.solve(amopt.load({**data, "offers": offers})).rows["fits"]
    assert (power["between"], line["between"]) == ("power", "line")
    assert power["cost_r_squared"] == pytest.approx(1)
    assert power["weeks_r_squared"] == pytest.approx(1)
    assert power["cost_p_value"] < 1e-6
    assert 0.5 < line["weeks_r_squared"] < 1


def test_lines_of_one_part_are_told_apart_in_the_terminal() -> None:
    """Two lines of a part compare the same offers at other quantities."""
    columns = {column.name: column for column in amopt.sourcing.Solution.columns["switchover"]}
    assert columns["line"].shown


def test_price_tiers_of_one_offer_keep_their_digits_beside_dear_ones() -> None:
    """What tiers save is added up offer by offer: nothing of a dear one is left in a cheap one."""

    def tiered(*quotes: tuple[int, float]) -> Offer:
        told = [
            {"quantity": q, "cost_per_part": price, "lead_time_weeks": 1.0} for q, price in quotes
        ]
        return Offer.model_validate(
            {"supplier": "s", "part": "p", "between": "incremental", "quotes": told}
        )

    dear = tiered((1, 1e9), (10**6, 9e8), (2 * 10**6, 7.7e8 / 3))
    cheap = tiered((1, 0.003), (10, 0.002), (100, 0.001))
    one = tiered((1, 5.0))
    by_hand = 10 * 0.003 + 90 * 0.002 + 50 * 0.001
    for offers in ([dear, one, cheap], [cheap, dear], [one, cheap]):
        place = offers.index(cheap)
        total, _ = quotes_of(offers).curves()
        assert total.at(np.full(len(offers), 150.0))[place] == pytest.approx(by_hand, rel=1e-12)
