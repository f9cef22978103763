"""What a version costs over its life: the published numbers, and what must always hold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amopt.design.life_cycle import LifeCycle, costs_of, expected_cost
from tests.design.cases import table_2_3

ONE = np.ones(1)


def by_hand(life: LifeCycle, level: int) -> float:
    """Return C(S) written out, with the Erlang loss by its recursion."""
    parts, tau = float(life.parts[0]), float(life.mean_months_between_failures)
    load, loss = parts * life.lead_time / tau, 1.0
    for s in range(1, level + 1):
        loss = load * loss / (s + load * loss)
    failures = parts * life.months / tau
    return (
        life.part_cost * (parts + (level if life.initial_spares_bought else 0))
        + life.holding * life.part_cost * life.months * level
        + loss * failures * (life.emergency_cost - life.replacement_cost)
        + failures * (life.replacement_cost + (life.part_cost if life.replacements_charged else 0))
    )


@pytest.mark.parametrize("spares", [False, True])
@pytest.mark.parametrize("replacements", [False, True])
def test_the_best_level_is_the_best_of_all(spares: bool, replacements: bool) -> None:
    life = table_2_3(spares=spares, replacements=replacements)
    costs = [by_hand(life, level) for level in range(120)]
    assert life.cost()[0] == pytest.approx(min(costs), rel=1e-12)
    assert life.best_base_stock()[0] == int(np.argmin(costs))
    np.testing.assert_allclose(life.cost(np.arange(120)), costs, rtol=1e-12)


lives = st.builds(
    table_2_3,
    spares=st.booleans(),
    replacements=st.booleans(),
    part_cost=st.floats(1, 1e4),
    emergency_cost=st.floats(200, 1e5),
    lead_time=st.floats(0, 10),
    mean_months_between_failures=st.floats(1, 500),
    months=st.floats(1, 500),
    parts=st.lists(st.integers(1, 500), min_size=1, max_size=1),
    holding=st.floats(1e-3, 0.2),
)


@given(lives, st.floats(1.0001, 5))
def test_the_cost_falls_in_life_and_rises_in_parts_and_part_cost(
    life: LifeCycle, factor: float
) -> None:
    cost = life.cost()[0]
    longer = life.but(mean_months_between_failures=factor * life.mean_months_between_failures)
    assert longer.cost()[0] < cost
    assert life.but(part_cost=factor * life.part_cost).cost()[0] > cost
    assert life.but(parts=life.parts + 1).cost()[0] > cost
    assert life.but(lead_time=factor * life.lead_time).cost()[0] >= cost * (1 - 1e-12)


@given(lives)
def test_beyond_the_highest_level_more_spares_are_of_no_use(life: LifeCycle) -> None:
    highest = int(life.highest_base_stock()[0])
    emergencies = costs_of(life, highest)[-1][0]
    scale = life.failures[0] * (life.emergency_cost - life.replacement_cost)
    assert emergencies <= 1e-9 * scale or highest == life.best_base_stock()[0]


def test_an_uncertain_base_costs_the_expectation_with_a_level_for_each() -> None:
    uncertain = table_2_3(spares=True, parts=[50, 100, 300])
    chance = np.array([0.2, 0.5, 0.3])
    alone = [table_2_3(spares=True, parts=[n]).cost()[0] for n in (50, 100, 300)]
    assert expected_cost(uncertain, chance) == pytest.approx(float(chance @ alone), rel=1e-12)
    mean = table_2_3(spares=True, parts=[float(chance @ [50, 100, 300])]).cost()[0]
    assert expected_cost(uncertain, chance) < mean  # a larger fleet needs fewer spares a system


def test_of_the_time_in_service_only_the_mean_matters_where_stock_is_given() -> None:
    level = np.array([40])
    short, long = (table_2_3(spares=True, months=T).cost(level)[0] for T in (60.0, 300.0))
    middle = table_2_3(spares=True, months=180.0).cost(level)[0]
    assert math.isclose((short + long) / 2, middle, rel_tol=1e-12)


def by_loop(
    systems: int, lead_time: float, months_between: float, more: float, spare: int
) -> float:
    """Return the least cost of spares and emergencies of table 2.3, in part costs, from scratch."""
    load, lost, costs = systems * lead_time / months_between, 1.0, []
    for level in range(40):
        lost = load * lost / (level + load * lost) if level else 1.0
        emergencies = lost * systems * 180 / months_between
        costs.append((spare + 0.02 * 180) * level + emergencies * more)
    return min(costs)


@pytest.mark.parametrize(
    ("months_between", "emergency", "spare", "three", "four"),
    [(10, 800, 0, 8.4289, 10.9703), (10, 800, 1, 10.4289, 13.9703), (3, 1000, 1, 25.3488, 32.5755)],
)
def test_the_worth_of_a_lead_time_for_few_systems(
    months_between: float, emergency: float, spare: int, three: float, four: float
) -> None:
    """Section 2.4 remarks 8.45 and 8.14: the last pair is that, by the system, to two digits."""
    for systems, worth in ((3, three), (4, four)):
        late, soon = (
            by_loop(systems, lead, months_between, (emergency - 200) / 40, spare)
            for lead in (3, 0.5)
        )
        assert late - soon == pytest.approx(worth, abs=5e-5)
        own: dict[str, Any] = {"parts": [systems], "mean_months_between_failures": months_between}
        own |= {"emergency_cost": emergency, "replacements": False, "spares": bool(spare)}
        first = table_2_3(lead_time=3, **own).cost()[0]
        assert first - table_2_3(lead_time=0.5, **own).cost()[0] == pytest.approx(
            40 * worth, abs=2e-3
        )
