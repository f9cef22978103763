"""Raw material of the mission, by a convolution of prints that shares no code with the package."""

from __future__ import annotations

from collections import defaultdict
from math import comb

import numpy as np
import pytest

import amopt
from amopt.printing.behaviour.distributions import Behaviour
from amopt.printing.decision import best_policy
from amopt.printing.policy import Policy

SMALLEST = 1e-13


def binomial(trials: int, chance: float) -> list[float]:
    return [comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in range(trials + 1)]


def prints(systems: int, failure: float, printed_failure: float, stock: int) -> dict[int, float]:
    """Return how likely so many prints in a cycle of 7 days are; who waits gets one at once."""
    states = {(stock, 0, 0): 1.0}  # on the shelf, printed parts in operation, prints so far
    for _ in range(6):
        after: dict[tuple[int, int, int], float] = defaultdict(float)
        for (shelf, printed, made), likely in states.items():
            for lost, chance in enumerate(binomial(systems - printed, failure)):
                for worn, wears in enumerate(binomial(printed, printed_failure)):
                    if (here := likely * chance * wears) > SMALLEST:
                        used = min(shelf, lost + worn)
                        new = lost + worn - used
                        after[shelf - used, printed - worn + new, made + new] += here
        states = after
    found: dict[int, float] = defaultdict(float)
    for (_, _, made), likely in states.items():
        found[made] += likely
    return found


def used(instance: amopt.printing.Instance, policy: Policy) -> dict[int, float]:
    """Return how likely so much raw material of all parts is, in 0.1 cm3."""
    one, total = instance.parameters, {0: 1.0}
    assert set(policy.action[1:].ravel().tolist()) == {1}  # print on every day
    for part, entry in enumerate(instance.parts):
        volume = round(10 * (entry.print_material_cm3 or 0.0))
        chances = prints(
            int(one.systems[part]),
            float(one.failure[part]),
            float(one.printed_failure[part]),
            int(policy.base_stock[part]),
        )
        after: dict[int, float] = defaultdict(float)
        for amount, likely in total.items():
            for made, chance in chances.items():
                if likely * chance > SMALLEST:
                    after[amount + made * volume] += likely * chance
        total = after
    return total


@pytest.mark.parametrize(
    ("name", "mean", "level", "at_1699"),
    [
        ("printing/mission", 81.276, 1766.0, 0.998976),
        ("printing/mission-fitted", 82.644, 1771.2, 0.998969),
    ],
)
def test_the_level_is_that_of_another_convolution(
    name: str, mean: float, level: float, at_1699: float
) -> None:
    """1,699 cm3 came out of 400,000 simulated cycles: 410 or so need more, where 400 are 99.9 %."""
    volumes = amopt.load("printing/mission-limited").parts
    data = amopt.load(name).to_dict()
    for part, same in zip(data["parts"], volumes, strict=True):
        part["print_material_cm3"] = same.print_material_cm3
    instance = amopt.load({**data, "material": {"non_stockout_probability": 0.999}})
    policy = best_policy(instance)
    chances = used(instance, policy)
    amounts = np.array(sorted(chances))
    below = np.cumsum([chances[amount] for amount in amounts])
    assert amounts[np.searchsorted(below, 0.999)] / 10 == level
    assert amounts @ np.diff(below, prepend=0.0) / 10 == pytest.approx(mean, abs=1e-3)
    at = {value: below[np.searchsorted(amounts, 10 * value, "right") - 1] for value in (770, 1699)}
    assert at[770] == pytest.approx(0.97349, abs=1e-5)
    assert at[1699] == pytest.approx(at_1699, abs=1e-6)
    assert abs(400_000 * (1 - at[1699]) - 400) < 0.7 * np.sqrt(400)  # within chance of 99.9 %
    found = Behaviour(instance, policy).material()
    assert found.quantile(0.999) == pytest.approx(level, abs=1e-9)
    for value in (0.0, 340.0, 770.0, 1243.0, 1699.0, 1766.0, 2500.0):
        here = below[np.searchsorted(amounts, 10 * value, "right") - 1]
        assert found.up_to(value) == pytest.approx(here, abs=1e-8)
