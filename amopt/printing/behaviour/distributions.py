"""Exact distributions of what policies do, in a cycle and in a year, of a part and of all parts."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from amopt.errors import UsageError
from amopt.printing import closed_form
from amopt.printing.behaviour.cycle import COUNTS, CyclesOfPart
from amopt.printing.behaviour.lattice import Lattice, invert, power
from amopt.printing.instance import REPORTED_DAYS, PrintingInstance
from amopt.printing.policy import Policy

__all__ = [
    "ALL_PARTS",
    "QUANTILES",
    "Behaviour",
    "adds_up_material",
    "cycles_a_year",
    "distribution_rows",
    "distribution_rows_of",
    "material_row",
]

Complexes = NDArray[np.complex128]

QUANTILES = (0.5, 0.9, 0.95, 0.99, 0.999)
"""The probabilities of the quantiles in the tables."""

ALL_PARTS = "all parts"

MOST_STEPS = 2**21
"""Steps of raw material that are aimed at; beyond, amounts are rounded up."""

FEW_PRINTS = 40
"""Prints of each part, beside twice those that are expected, that these steps are to hold."""

NOISE = 1e-17
"""Probabilities of prints that are left out when their raw material is added up."""


@dataclass(frozen=True)
class Behaviour:
    """What a policy of all parts does.

    Parameters
    ----------
    instance
        The instance.
    policy
        The policy of every part.
    """

    instance: PrintingInstance
    policy: Policy

    @cached_property
    def cycles(self) -> list[CyclesOfPart]:
        """The cycles of each part."""
        parameters = self.instance.parameters
        return [
            CyclesOfPart(parameters.take([part]), self.policy.take(part))
            for part in range(len(parameters))
        ]

    @cached_property
    def expected(self) -> closed_form.Amounts:
        """What happens in a cycle in expectation, by the closed form."""
        return closed_form.amounts(self.instance.parameters, self.policy)

    def count(self, count: str, part: int | None, cycles: int = 1) -> Lattice:
        """Return the distribution of a count over some cycles, of one part or of all (None)."""
        chosen = range(len(self.cycles)) if part is None else [part]
        means, one_by_one = getattr(self.expected, count), [self.cycles[k] for k in chosen]
        mean = cycles * float(sum(means[k] for k in chosen))
        found = invert(
            lambda z: _product(one_by_one, count, z) ** cycles,
            mean,
            cycles * sum(one.most(count) for one in one_by_one),
            times=cycles,
        )
        if cycles == len(chosen) == 1:
            return found
        # What adds up over parts and cycles that know nothing of each other, without its rounding.
        variance = cycles * sum(self._alone[count, k].variance for k in chosen)
        return replace(found, moments=(mean, variance))

    @cached_property
    def _alone(self) -> _OfParts:
        """The distribution of a count in one cycle of one part, worked out when first asked for."""
        return _OfParts(self)

    def material(self, cycles: int = 1, part: int | None = None) -> Lattice:
        """Return the distribution of the raw material of some cycles, in cm3.

        Where the amounts of the prints have no common measure that leaves few enough steps, each is
        rounded up to a step, so that quantiles are not too low, and too high by at most a step a
        print. Mean and variance are those of the amounts as they are stated.

        Raises
        ------
        UsageError
            When a part that can be printed does not say what a print takes.
        """
        amounts = _amounts(self.instance)
        chosen = [
            k
            for k in (range(len(amounts)) if part is None else [part])
            if amounts[k] > 0 and self.expected.prints[k] > 0
        ]
        if not chosen:
            return Lattice(np.ones(1))
        made = [float(cycles * self.expected.prints[k]) for k in chosen]
        step = _step([amounts[k] for k in chosen], made)
        multiples = {k: math.ceil(amounts[k] / step - 1e-6) for k in chosen}
        prints = {k: self._alone["prints", k] for k in chosen}

        def characteristic(z: Complexes) -> Complexes:
            total = np.ones_like(z)
            for k, multiple in multiples.items():
                total = total * _series(prints[k].chances, power(z, multiple))
            return np.asarray(total**cycles)

        found = invert(
            characteristic,
            cycles * float(sum(self.expected.prints[k] * m for k, m in multiples.items())),
            cycles * sum(self.cycles[k].most("prints") * m for k, m in multiples.items()),
            step=step,
            times=cycles,
        )
        mean = sum(amounts[k] * often for k, often in zip(chosen, made, strict=True))
        variance = cycles * sum(amounts[k] ** 2 * one.variance for k, one in prints.items())
        return replace(found, moments=(mean, variance))


class _OfParts(dict[tuple[str, int], Lattice]):
    """Distributions of a cycle by count and part."""

    def __init__(self, behaviour: Behaviour) -> None:
        super().__init__()
        self.behaviour = behaviour

    def __missing__(self, key: tuple[str, int]) -> Lattice:
        self[key] = self.behaviour.count(*key)
        return self[key]


def cycles_a_year(instance: PrintingInstance) -> int:
    """Return how many whole cycles come nearest to a year of 364 days, at least one."""
    return max(1, round(REPORTED_DAYS / instance.cycle_days))


def adds_up_material(instance: PrintingInstance) -> bool:
    """Return whether every part that can be printed says what a print takes, and one takes some."""
    parts = instance.parts
    return all(
        part.print_material_cm3 is not None or part.print_cost is None for part in parts
    ) and any(part.print_material_cm3 for part in parts)


def distribution_rows(
    instance: PrintingInstance, policy: Policy, plan: str
) -> list[dict[str, Any]]:
    """Return a row for each part, count and period; then those of all parts together.

    Parameters
    ----------
    instance
        The instance.
    policy
        The policy of every part.
    plan
        How the policy is called in the rows.

    Returns
    -------
    list
        Rows with ``plan``, ``part``, ``what`` (stock at the end of a day, prints, expedites,
        orders, down_days, material_cm3), ``per`` (day, cycle, year), ``mean``, ``variance`` and a
        column for each of :data:`QUANTILES`. A cycle's orders are those that refill its own level.
    """
    behaviour = Behaviour(instance, policy)
    parts = (*range(len(instance.parts)), None)
    return [row for part in parts for row in distribution_rows_of(behaviour, part, plan)]


def distribution_rows_of(behaviour: Behaviour, part: int | None, plan: str) -> list[dict[str, Any]]:
    """Return the rows of :func:`distribution_rows` of one part, or of all together (None)."""
    instance, rows = behaviour.instance, []
    name = ALL_PARTS if part is None else instance.parts[part].name
    if part is not None:
        stock = Lattice(behaviour.cycles[part].stock)
        rows.append(_row(plan, name, "stock", "day", stock))
    for per, cycles in (("cycle", 1), ("year", cycles_a_year(instance))):
        for count in COUNTS:
            found = behaviour.count(count, part, cycles)
            rows.append(_row(plan, name, count, per, found))
        if adds_up_material(instance):
            used = behaviour.material(cycles, part)
            rows.append(_row(plan, name, "material_cm3", per, used))
    return rows


def material_row(instance: PrintingInstance, policy: Policy, plan: str) -> dict[str, Any]:
    """Return the reorder rule of the raw material, and what a normal approximation would do.

    With each replenishment it is ordered up to ``level_cm3``, in the fewest whole containers where
    it comes in containers: the least level that lasts over the cycles until what is ordered next
    has come with the probability that the file asks for.

    Raises
    ------
    UsageError
        When the file says nothing of raw material.
    """
    rule = instance.material
    if rule is None:
        raise UsageError("the instance has no material: give it its non_stockout_probability")
    behaviour, cycles = Behaviour(instance, policy), 1 + rule.lead_cycles
    used = behaviour.material(cycles)
    level, deviation = used.quantile(rule.non_stockout_probability), math.sqrt(used.variance)
    normal = used.mean + float(norm.ppf(rule.non_stockout_probability)) * deviation
    container, yearly = rule.container_cm3, used.mean / cycles * cycles_a_year(instance)
    return {
        "plan": plan,
        "cycles": cycles,
        "mean_cm3": used.mean,
        "deviation_cm3": deviation,
        "non_stockout_probability": rule.non_stockout_probability,
        "level_cm3": level,
        "level_probability": used.up_to(level),
        "normal_level_cm3": normal,
        "normal_level_probability": used.up_to(normal),
        "containers_at_first": None if container is None else math.ceil(level / container - 1e-9),
        "containers_a_year": None if container is None else yearly / container,
        "step_cm3": used.step,
    }


def _product(cycles: list[CyclesOfPart], count: str, z: Complexes) -> Complexes:
    total = np.ones_like(z)
    for one in cycles:
        total = total * one.characteristic(count, z)
    return total


def _series(chances: NDArray[np.float64], z: Complexes) -> Complexes:
    """Return the sum over j of chances[j] z^j, by Horner."""
    last = int(np.flatnonzero(chances > NOISE)[-1])
    total = np.full_like(z, chances[last])
    for chance in chances[last - 1 :: -1] if last else ():
        total = total * z + chance
    return total


def _amounts(instance: PrintingInstance) -> list[float]:
    """Return the raw material of a print of each part, in cm3."""
    lacking = [
        part.name
        for part in instance.parts
        if part.print_cost is not None and part.print_material_cm3 is None
    ]
    if lacking:
        raise UsageError(f"part {lacking[0]!r} has no print_material_cm3")
    return [part.print_material_cm3 or 0.0 for part in instance.parts]


def _step(amounts: list[float], made: list[float]) -> float:
    """Return the step in which amounts are added up: a common measure where one is large enough.

    That of the amounts as they are written, of which so many are made in expectation. Else the
    least of 1, 2 and 5 times a power of ten that is large enough.
    """
    written = [Fraction(repr(amount)) for amount in amounts]
    whole = math.lcm(*(one.denominator for one in written))
    common = math.gcd(*(int(one * whole) for one in written)) / whole
    reach = sum(
        amount * (FEW_PRINTS + 2 * often) for amount, often in zip(amounts, made, strict=True)
    )
    coarse = reach / MOST_STEPS
    if common >= coarse:
        return common
    ten = 10.0 ** math.floor(math.log10(coarse))
    return next(digit * ten for digit in (1, 2, 5, 10) if digit * ten >= coarse)


def _row(plan: str, part: str, what: str, per: str, found: Lattice) -> dict[str, Any]:
    """Return a row of the table."""
    row = {"plan": plan, "part": part, "what": what, "per": per}
    quantiles = {
        f"quantile_{100 * level:g}".replace(".", "_"): found.quantile(level) for level in QUANTILES
    }
    return {**row, "mean": found.mean, "variance": found.variance, **quantiles}
