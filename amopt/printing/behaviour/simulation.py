"""A seeded simulation of many cycles at once, under any policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from amopt.errors import UsageError
from amopt.printing.behaviour.cycle import COUNTS
from amopt.printing.behaviour.distributions import (
    ALL_PARTS,
    QUANTILES,
    Behaviour,
    adds_up_material,
)
from amopt.printing.instance import PrintingInstance
from amopt.printing.policy import Action, Policy

__all__ = [
    "CONFIDENCE",
    "Decide",
    "Simulated",
    "Simulation",
    "simulated_part",
    "simulation_rows",
]

MATERIAL = "material_cm3"

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Decide = Callable[[int, Ints, Ints], tuple[Ints, Ints]]
"""(days to go, systems that wait, printed parts in operation) -> (prints, expedites), each array
with an entry a cycle."""

CONFIDENCE = 0.999
"""Probability with which a simulated mean lies in its band around the exact one."""

Simulated = dict[str, Floats]
"""What happened, shape (cycles,) each: :data:`COUNTS`, and ``stock``, the average of the days."""


def simulation_rows(
    instance: PrintingInstance,
    policy: Policy,
    plan: str,
    *,
    cycles: int = 100_000,
    seed: int = 1,
) -> list[dict[str, Any]]:
    """Simulate cycles of all parts, and set them beside the exact expectations.

    Parameters
    ----------
    instance
        The instance.
    policy
        The policy of every part.
    plan
        How the policy is called in the rows.
    cycles
        How many cycles.
    seed
        Of the random numbers: the same seed gives the same rows.

    Returns
    -------
    list
        Rows with ``plan``, ``part``, ``what``, ``simulated_mean``, ``half_width`` (of the band of
        :data:`CONFIDENCE`), ``exact_mean``, ``agrees`` (whether that lies in the band) and
        simulated quantiles, all of one cycle.
    """
    drawn = Simulation(instance, policy, plan, cycles=cycles, seed=seed)
    return [row for part in (*range(len(instance.parts)), None) for row in drawn.rows_of(part)]


class Simulation:
    """Rows of :func:`simulation_rows`, part by part, and last those of all parts.

    Parameters
    ----------
    instance, policy, plan, cycles, seed
        As there.
    """

    def __init__(
        self, instance: PrintingInstance, policy: Policy, plan: str, *, cycles: int, seed: int
    ) -> None:
        _require(cycles)
        self._instance, self._policy, self._plan = instance, policy, plan
        self._cycles = cycles
        behaviour = Behaviour(instance, policy)
        self._expected = {what: getattr(behaviour.expected, what) for what in COUNTS}
        self._expected["stock"] = behaviour.expected.stock_days / instance.cycle_days
        self._takes = np.array([part.print_material_cm3 or 0.0 for part in instance.parts])
        self._expected[MATERIAL] = self._takes * behaviour.expected.prints
        self._random = list(_streams(seed, len(instance.parts)))
        self._total: Simulated = {}

    def rows_of(self, part: int | None) -> list[dict[str, Any]]:
        """Return the rows of a part, or of all (None), once each of them has been drawn."""
        found = self._total if part is None else self._drawn(part)
        name = ALL_PARTS if part is None else self._instance.parts[part].name
        of = slice(None) if part is None else part
        rows = []
        for what, values in found.items():
            unit = float(self._takes[of].max()) if what == MATERIAL else 1.0
            expected = float(np.sum(self._expected[what][of]))
            rows.append(_row((self._plan, name, what), values, expected, unit))
        if not adds_up_material(self._instance):
            rows = [row for row in rows if row["what"] != MATERIAL]
        return rows

    def _drawn(self, part: int) -> Simulated:
        """Return what happens to a part, and add it to what happens to all."""
        found = simulated_part(
            self._instance,
            part,
            self._policy.take(part),
            cycles=self._cycles,
            random=self._random[part],
        )
        found[MATERIAL] = self._takes[part] * found["prints"]
        for what, values in found.items():
            self._total[what] = self._total.get(what, 0.0) + values
        return found


def simulated_part(
    instance: PrintingInstance,
    part: int,
    policy: Policy | Decide,
    *,
    base_stock: int | None = None,
    cycles: int = 100_000,
    random: np.random.Generator | int = 1,
) -> Simulated:
    """Simulate cycles of one part, under a policy of any kind.

    Parameters
    ----------
    instance
        The instance.
    part
        Position of the part.
    policy
        The policy of this part alone; or a function of days to go, systems that wait and printed
        parts in operation, which returns how many are printed and expedited in each cycle.
    base_stock
        The level that is ordered up to, for a function.
    cycles
        How many cycles.
    random
        Random numbers, or their seed.

    Raises
    ------
    UsageError
        When a function comes without its base stock, or wants more than wait.
    """
    _require(cycles)
    random = np.random.default_rng(random)
    parameters = instance.parameters.take([part])
    systems, failure = int(parameters.systems[0]), float(parameters.failure[0])
    printed_failure = float(parameters.printed_failure[0])
    if isinstance(policy, Policy):
        decide, start = _drawn(policy, random), _levels(policy, cycles, random)
    elif base_stock is None:
        raise UsageError("a policy that is a function needs its base_stock")
    else:
        decide, start = policy, np.full(cycles, base_stock, dtype=np.int64)
    shelf = start.copy()
    waiting, printed = np.zeros_like(shelf), np.zeros_like(shelf)
    stock = shelf.astype(np.float64)
    counts = {what: np.zeros(cycles, dtype=np.int64) for what in COUNTS}
    for n in range(parameters.cycle_days - 1, -1, -1):
        lost = random.binomial(systems - waiting - printed, failure)
        worn = random.binomial(printed, printed_failure) if printed_failure else np.zeros_like(lost)
        mended = np.minimum(shelf, lost + worn)
        shelf = shelf - mended
        waiting, printed = waiting + lost + worn - mended, printed - worn
        if n == 0:
            counts["orders"] += start - shelf + waiting + printed
            break
        prints, expedites = _decided(decide, n, waiting, printed)
        waiting, printed = waiting - prints - expedites, printed + prints
        counts["prints"] += prints
        counts["expedites"] += expedites
        counts["down_days"] += waiting
        stock += shelf
    found = {what: values.astype(np.float64) for what, values in counts.items()}
    return {**found, "stock": stock / parameters.cycle_days}


def _drawn(policy: Policy, random: np.random.Generator) -> Decide:
    """Return the decisions of a policy; where it mixes, each system that waits draws for itself."""
    share = policy.shares(0)

    def decide(n: int, waiting: Ints, printed: Ints) -> tuple[Ints, Ints]:
        prints = random.binomial(waiting, share[n, Action.PRINT])
        left = 1.0 - share[n, Action.PRINT]
        chance = min(1.0, share[n, Action.EXPEDITE] / left) if left > 0 else 0.0
        return prints, random.binomial(waiting - prints, chance)

    return decide


def _levels(policy: Policy, cycles: int, random: np.random.Generator) -> Ints:
    """Return the base-stock level of each cycle."""
    if 0 not in policy.mixes:
        return np.full(cycles, policy.base_stock[0], dtype=np.int64)
    levels = policy.mixes[0].levels
    chances = np.fromiter(levels.values(), dtype=np.float64)
    drawn = random.choice(np.fromiter(levels, dtype=np.int64), cycles, p=chances / chances.sum())
    return np.asarray(drawn)


def _decided(decide: Decide, n: int, waiting: Ints, printed: Ints) -> tuple[Ints, Ints]:
    """Return what is printed and expedited, as whole numbers that fit."""
    prints, expedites = (np.asarray(one) for one in decide(n, waiting, printed))
    wrong = (prints < 0) | (expedites < 0) | (prints + expedites > waiting)
    if np.any(wrong):
        raise UsageError(
            f"with {n} days to go the policy prints and expedites below 0, or for more systems "
            "than wait"
        )
    return prints.astype(np.int64), expedites.astype(np.int64)


def _streams(seed: int, parts: int) -> Iterator[np.random.Generator]:
    """Yield random numbers of their own for each part."""
    for one in np.random.SeedSequence(seed).spawn(parts):
        yield np.random.default_rng(one)


def _require(cycles: int) -> None:
    if not 2 <= cycles <= 10_000_000:
        raise UsageError(f"{cycles} cycles cannot be simulated: take 2 to 10,000,000")


def _row(
    key: tuple[str, str, str], values: Floats, exact: float, unit: float = 1.0
) -> dict[str, Any]:
    """Return a row of the table; ``unit`` is how much happens at a time."""
    mean = float(values.mean())
    half = float(norm.ppf(0.5 + CONFIDENCE / 2) * values.std(ddof=1) / np.sqrt(len(values)))
    rounding = 1e-9 * abs(exact)
    # What happens so seldom that it was never seen: with all cycles without it, its expectation is
    # below this (the rule of three, for the same confidence).
    seldom = -np.log1p(-CONFIDENCE) / len(values) if half == 0 else 0.0
    quantiles = {
        f"quantile_{100 * level:g}".replace(".", "_"): float(
            np.quantile(values, level, method="inverted_cdf")
        )
        for level in QUANTILES
    }
    return {
        **dict(zip(("plan", "part", "what"), key, strict=True)),
        "simulated_mean": mean,
        "half_width": half,
        "exact_mean": exact,
        "agrees": bool(abs(mean - exact) <= half + rounding + seldom * unit),
        **quantiles,
    }
