"""Raw material of the mission, by a convolution of prints that shares no code with the package."""

from __future__ import annotations

from collections import defaultdict
from math import comb
from typing import Any

import numpy as np
import pytest

import amopt
from amopt import printing
from amopt.printing.behaviour.distributions import Behaviour
from amopt.printing.decision import best_policy
from amopt.printing.policy import Policy
from tests.printing.limits.test_limits import place

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


def machines(*volumes: float, failure: float = 0.2, count: int = 5, **more: Any) -> Any:
    """Return parts of five machines over a week, a print of each of which takes so many cm3."""
    parts = [
        {"print_material_cm3": volume, "failure_probability_per_day": failure} for volume in volumes
    ]
    data = place(*parts, days=7, **more)
    data["systems"][0]["count"] = count
    return amopt.load({**data, "material": {"non_stockout_probability": 0.999}})


@pytest.mark.parametrize("cycles", [1, 5, 52])
@pytest.mark.parametrize("volume", [12.34567, 1e-4, 0.0015, 1e-9, 1243.125, 12_340.0])
@pytest.mark.parametrize("failure", [0.2, 1e-5])
def test_one_part_takes_as_many_times_its_volume_as_are_printed(
    cycles: int, volume: float, failure: float
) -> None:
    instance = machines(volume, failure=failure)
    behaviour = Behaviour(instance, best_policy(instance))
    used, made = behaviour.material(cycles), behaviour.count("prints", 0, cycles)
    assert used.step == volume
    assert used.mean == pytest.approx(volume * cycles * behaviour.expected.prints[0], rel=1e-12)
    assert used.variance == pytest.approx(volume**2 * made.variance, rel=1e-6)
    for level in (0.5, 0.9, 0.999, 1 - 1e-6):
        assert used.quantile(level) == pytest.approx(volume * made.quantile(level), rel=1e-12)


@pytest.mark.sampled(6)
@pytest.mark.parametrize("failure", [0.2, 1e-3, 1e-6])
@pytest.mark.parametrize("cycles", [1, 52])
@pytest.mark.parametrize("volumes", [(12.34567, 3.3), (1243.0, 0.0015), (1.0, 1e-9)])
def test_amounts_without_a_common_measure_are_rounded_up_and_their_mean_is_not(
    failure: float, cycles: int, volumes: tuple[float, float]
) -> None:
    instance = machines(*volumes, failure=failure)
    behaviour = Behaviour(instance, best_policy(instance))
    used = behaviour.material(cycles)
    made = [behaviour.count("prints", part, cycles) for part in (0, 1)]
    mean = sum(v * cycles * n for v, n in zip(volumes, behaviour.expected.prints, strict=True))
    assert used.mean == pytest.approx(mean, rel=1e-12)
    assert used.variance == pytest.approx(
        sum(v**2 * one.variance for v, one in zip(volumes, made, strict=True)), rel=1e-6
    )
    first, second = (
        volume * np.arange(len(one.chances)) for volume, one in zip(volumes, made, strict=True)
    )
    amounts = np.add.outer(first, second).ravel()
    order = np.argsort(amounts)
    below = np.cumsum(np.multiply.outer(made[0].chances, made[1].chances).ravel()[order])
    most = sum(len(one.chances) for one in made)
    for level in (0.5, 0.9, 0.999, 0.99999):
        exact = float(amounts[order][int(np.searchsorted(below, level))])
        assert -1e-9 * exact <= used.quantile(level) - exact <= used.step * most


@pytest.mark.sampled(1)
@pytest.mark.parametrize(
    ("volumes", "failure"),
    [((12.34567, 3.3), 0.02), ((1e-4, 0.0015), 1e-4), ((1243.0, 0.0015), 1e-4)],
)
def test_the_referee_adds_up_raw_material_alike(
    volumes: tuple[float, float], failure: float
) -> None:
    instance = machines(*volumes, failure=failure, count=2)
    answer = printing.distributions(instance)
    assert answer.verdict.accepted
    (row,) = answer.rows["material"]
    made = Behaviour(instance, best_policy(instance)).expected.prints
    assert row["mean_cm3"] == pytest.approx(float(np.array(volumes) @ made), rel=1e-12)


def test_a_year_of_what_hardly_ever_happens_has_the_moments_of_its_cycles() -> None:
    """One in a million a day: the rounding of the transform of a year would move the variance."""
    instance = machines(12.34567, 3.3, failure=1e-6)
    behaviour = Behaviour(instance, best_policy(instance))
    made = prints(5, 1e-6, 0.2, int(behaviour.policy.base_stock[0]))
    mean = sum(count * likely for count, likely in made.items())
    variance = sum(count**2 * likely for count, likely in made.items()) - mean**2
    for part, of_parts in ((0, 1), (None, 2)):
        year = behaviour.count("prints", part, 52)
        assert year.mean == pytest.approx(52 * of_parts * mean, rel=1e-6)
        assert year.variance == pytest.approx(52 * of_parts * variance, rel=1e-6)
    assert printing.distributions(instance).verdict.accepted
