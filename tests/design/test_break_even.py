"""How good a version must be: the published numbers, roots tried, and what must always hold."""

from __future__ import annotations

import time
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

import amopt
from amopt.design.break_even import break_even
from amopt.design.life_cycle import LifeCycle
from amopt.errors import UsageError
from tests.design.cases import table_2_3

AXES = {
    "part_cost": (250, 1000, 4000),
    "systems": (25, 100, 400),
    "months": (60, 120, 240),
    "lead_time_months": (0.25, 0.5, 1),
    "replacement_to_part_cost": (2, 4, 8),
    "emergency_to_replacement_cost": (4, 8, 16),
    "mean_months_between_failures": (12, 24, 48),
}


def compared(extra: float = 0.0, *, spares: bool = True, replacements: bool = True, **own: Any):
    """Return the break-even points of the worked table, the other version with changes."""
    first = table_2_3(spares=spares, replacements=replacements)
    version = first.but(**{"lead_time": 0.5, **own})
    return first, version, break_even(first, version, extra)


@pytest.mark.parametrize(("spares", "worth"), [(False, 5108.78), (True, 6483.95)])
def test_the_published_worth_of_a_lead_time(spares: bool, worth: float) -> None:
    _, _, found = compared(spares=spares, replacements=False)
    assert float(found.worth_of_lead_time) == pytest.approx(worth, abs=0.005)


def test_the_published_factorial() -> None:
    found = amopt.design.factorial(amopt.load("design/factorial"), AXES)
    assert len(found.rows["points"]) == 2187
    (row,) = (
        row
        for row in found.rows["levels"]
        if (row["parameter"], row["value"]) == ("replacement_to_part_cost", 2)
    )
    worth = [row[f"worth_to_part_cost_{of}"] for of in ("mean", "min", "max")]
    ratio = [row[f"break_even_ratio_{of}"] for of in ("mean", "min", "max")]
    assert [round(x, 1) for x in worth] == [106.9, 4.9, 675.6]
    assert [round(x, 4) for x in ratio] == [0.9435, 0.8720, 0.9727]
    assert "2,187 combinations" in found.headline()[0]


def test_the_factorial_takes_about_a_second() -> None:
    instance = amopt.load("design/factorial")
    amopt.design.factorial(instance, {"part_cost": (1, 2)})
    seconds = []
    for _ in range(3):
        begun = time.process_time()
        amopt.design.factorial(instance, AXES)
        seconds.append(time.process_time() - begun)
    assert min(seconds) < 2.0


def test_each_point_of_a_factorial_is_that_of_its_own_instance() -> None:
    instance = amopt.load("design/factorial")
    axes = {"systems": (10, 40), "lead_time_months": (0.1, 2.0), "extra_cost": (0.0, 500.0)}
    points = amopt.design.factorial(instance, axes).rows["points"]
    assert [tuple(row[name] for name in axes) for row in points] == list(product(*axes.values()))
    for row in points:
        data = instance.to_dict()
        data["installed_base"][0]["systems"] = int(row["systems"])
        data["components"][0]["versions"][1]["lead_time_months"] = row["lead_time_months"]
        data["components"][0]["versions"][1]["design_cost"] = row["extra_cost"]
        (alone,) = amopt.solve(amopt.load(data)).rows["break_even"]
        for column in ("worth_of_lead_time", "highest_extra_cost", "break_even_months"):
            assert row[column] == pytest.approx(alone[column], rel=1e-8), column


def test_a_factorial_names_its_component_and_says_what_rises_with_the_part_cost() -> None:
    """Everything is counted in parts: 250 and 4,000 a part give the same row, and that is right."""
    instance = amopt.load("design/pump-unit")
    found = amopt.design.factorial(instance, {"part_cost": (250, 4000)}, component="housing")
    assert "component housing" in found.headline()[0]
    first, last = found.rows["levels"]
    assert first["worth_to_part_cost_mean"] == pytest.approx(last["worth_to_part_cost_mean"])
    cheap, dear = found.rows["points"]
    assert dear["worth_of_lead_time"] == pytest.approx(16 * cheap["worth_of_lead_time"])
    assert any("multiples of the part cost" in note for note in found.notes)
    free = amopt.design.factorial(instance, {"part_cost": (250, 4000), "extra_cost": (500,)})
    assert not free.notes
    first, last = free.rows["levels"][:2]
    assert first["break_even_ratio_mean"] != pytest.approx(last["break_even_ratio_mean"], rel=1e-6)


@pytest.mark.parametrize("words", ["systms=1,2", "systems", "systems=", "systems=a", "systems=-1"])
def test_what_cannot_be_varied_is_refused_in_words(words: str) -> None:
    with pytest.raises(UsageError, match="systems"):
        amopt.design.axis(words)


def test_a_factorial_that_cannot_be_is_refused_in_words() -> None:
    instance = amopt.load("design/factorial")
    one = instance.to_dict()
    del one["components"][0]["versions"][1]
    for refused, axes, component, words in (
        (instance, {}, None, "nothing is varied"),
        (instance, {"sistems": (1,)}, None, "unknown parameters"),
        (instance, {"systems": (1,)}, "hinge", "no component 'hinge'"),
        (amopt.load(one), {"systems": (1,)}, None, "one version"),
        (instance, {"systems": range(1, 600), "months": range(1, 600)}, None, "vary less"),
    ):
        with pytest.raises(UsageError, match=words):
            amopt.design.factorial(refused, axes, component=component)


@pytest.mark.parametrize("spares", [False, True])
@pytest.mark.parametrize("replacements", [False, True])
@pytest.mark.parametrize("extra", [-3000.0, 0.0, 2500.0])
def test_roots_are_those_of_a_scalar_search(spares: bool, replacements: bool, extra: float) -> None:
    first, version, found = compared(extra, spares=spares, replacements=replacements)
    target = first.cost()[0] - extra

    def of(field: str):
        return lambda value: version.but(**{field: value}).cost()[0] - target

    tau = brentq(of("mean_months_between_failures"), 1e-2, 1e6, rtol=1e-12)
    cost = brentq(of("part_cost"), 1e-3, 1e6, rtol=1e-12)
    assert float(found.mean_months_between_failures) == pytest.approx(tau, rel=1e-9)
    assert float(found.part_cost) == pytest.approx(cost, rel=1e-9)


@pytest.mark.parametrize("spares", [False, True])
@pytest.mark.parametrize("replacements", [False, True])
def test_the_highest_extra_cost_is_that_of_parts_that_never_fail(
    spares: bool, replacements: bool
) -> None:
    first, version, found = compared(spares=spares, replacements=replacements, part_cost=55.0)
    limit = float(found.highest_extra_cost)
    forever = version.but(mean_months_between_failures=1e15).cost()[0]
    assert limit == pytest.approx(first.cost()[0] - forever, rel=1e-9)
    below = break_even(first, version, limit - np.array([1e-3, 10.0, 1e3]))
    lives = below.mean_months_between_failures
    assert (np.diff(lives) < 0).all()
    assert lives[0] > 1e8  # to infinity
    assert np.isnan(break_even(first, version, limit + 1e-3).mean_months_between_failures)


changes = st.fixed_dictionaries(
    {
        "part_cost": st.floats(5, 500),
        "emergency_cost": st.floats(250, 20_000),
        "mean_months_between_failures": st.floats(2, 200),
        "months": st.floats(12, 360),
        "parts": st.lists(st.integers(2, 300), min_size=1, max_size=1),
        "holding": st.floats(0.002, 0.05),
    }
)


@settings(max_examples=60)
@given(changes, st.booleans(), st.booleans(), st.floats(0.0, 0.9), st.floats(1, 1e4))
@pytest.mark.slow
def test_what_holds_of_every_break_even_point(
    fields: dict[str, Any], spares: bool, replacements: bool, sooner: float, step: float
) -> None:
    first = table_2_3(spares=spares, replacements=replacements, **fields)
    version = first.but(lead_time=3.0 * sooner)
    extra = np.array([0.0, -step, step])
    found = break_even(first, version, extra)
    tau, own = found.mean_months_between_failures, float(fields["mean_months_between_failures"])
    if float(found.worth_of_lead_time[0]) > 0:
        assert tau[0] < own  # K = 0: what comes sooner may fail sooner
        assert found.part_cost[0] > fields["part_cost"]
    assert tau[1] < tau[0]
    assert np.isnan(tau[2]) == (step >= float(found.highest_extra_cost[0]))
    if not np.isnan(tau[2]):
        assert tau[2] > tau[0]
    assert found.worth_of_lead_time[0] >= 0
    later = break_even(
        first.but(months=2 * first.months), version.but(months=2 * first.months), 0.0
    )
    assert later.worth_of_lead_time >= found.worth_of_lead_time[0] * (1 - 1e-9)


def test_parts_that_do_not_break_even_for_nothing() -> None:
    first, version, _ = compared()
    found = break_even(first, version, 1e9)
    assert np.isnan(found.part_cost)
    assert np.isnan(found.mean_months_between_failures)


def cases(name: str, spares: bool, replacements: bool) -> dict[str, Any]:
    data = amopt.load(f"design/{name}").to_dict()
    data["accounting"] = {
        "initial_spares_bought": spares,
        "replacements_charged": replacements,
    }
    (row,) = amopt.solve(amopt.load(data)).rows["break_even"]
    return dict(row)


@pytest.mark.parametrize(
    ("name", "spares", "replacements", "part_cost"),
    [
        ("valve-block", False, True, 440.18),
        ("valve-block", True, True, 445.23),
        ("aileron-bracket", True, True, 522.06),
        ("aileron-bracket-767", False, True, 530.46),
        ("aileron-bracket-767", True, False, 650.80),
    ],
)
def test_the_published_cases(name: str, spares: bool, replacements: bool, part_cost: float) -> None:
    row = cases(name, spares, replacements)
    assert row["break_even_part_cost"] == pytest.approx(part_cost, abs=0.05)
    assert row["verdict"] == "dearer"
    assert row["break_even_part_cost"] < row["part_cost"]


def test_no_fleet_of_the_767_is_large_enough() -> None:
    """Over 180 months a bracket of 1,000 does not break even, whatever the bill holds."""
    for spares, replacements in product((False, True), repeat=2):
        shared: dict[str, Any] = {
            "replacement_cost": 600.0,
            "emergency_cost": 25_000.0,
            "mean_months_between_failures": 120.0,
            "months": 180.0,
            "parts": [[10], [100], [1000], [10_000], [100_000]],
            "holding": 0.018,
            "initial_spares_bought": spares,
            "replacements_charged": replacements,
        }
        first = LifeCycle.of(part_cost=450.0, lead_time=2.25, **shared)
        version = LifeCycle.of(part_cost=1000.0, lead_time=0.5, **shared)
        benefit = 1.224 * 180 * np.array([10, 100, 1000, 10_000, 100_000])
        found = break_even(first, version, 30_000 - benefit).part_cost
        assert not (found >= 1000).any()
        assert np.isnan(found).tolist() == [True, False, False, False, False]


@pytest.mark.parametrize("charged", [False, True])
@pytest.mark.parametrize("extra", [-1e6, 0.0, 1e6])
def test_replacements_may_cost_nothing(charged: bool, extra: float) -> None:
    """Where failures then cost nothing, any life is enough that the extra cost leaves room for."""
    data = amopt.load("design/valve-block").to_dict()
    (own,) = data["components"]
    own["replacement_cost"], own["emergency_cost"] = 0, 0
    data["accounting"] = {"initial_spares_bought": True, "replacements_charged": charged}
    first, version = own["versions"]
    version.update(part_cost=300.0, design_cost=max(extra, 0.0))
    version["benefit_per_system_month"] = max(-extra, 0.0) / (400 * 360)
    first["design_cost"] = 0
    (row,) = amopt.solve(amopt.load(data)).rows["break_even"]
    price = 416.91
    room = (price - 300) * 400 + charged * price * 400 * 360 / 120 - extra  # no spare is kept
    life = 400 * 360 * 300 / room if charged and room > 0 else None
    assert row["break_even_months"] == (life and pytest.approx(life, rel=1e-8))
    if not charged and room > 0:
        assert row["verdict"] == "cheaper"  # however short its life
    with pytest.raises(UsageError, match="costs nothing"):
        amopt.design.factorial(amopt.load(data), {"systems": (1,)})


@pytest.mark.parametrize("emergency", [0.0, 5000.0])
def test_at_the_highest_extra_cost_itself_there_is_no_root_and_no_warning(
    emergency: float,
) -> None:
    """What is left for failures is nothing, and nothing is divided by it."""
    life = LifeCycle.of(
        part_cost=1000.0,
        replacement_cost=0.0,
        emergency_cost=emergency,
        lead_time=2.0,
        mean_months_between_failures=100.0,
        months=240.0,
        parts=[50.0],
        holding=0.02,
        replacements_charged=False,
    )
    highest = break_even(life, life, -1.0).highest_extra_cost
    found = break_even(life, life, highest)
    assert np.isnan(found.mean_months_between_failures).all()
    assert found.highest_extra_cost == highest
