"""The referee of distributions, of raw material, and of today beside the optimum."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from amopt.printing.instance import REPORTED_DAYS, PrintingInstance
from amopt.printing.referee.behaviour.happening import (
    COUNTS,
    Distribution,
    Happening,
    long_power,
    used,
)
from amopt.printing.referee.evaluation import Evaluation
from amopt.printing.referee.plan import StatedPlan, Terms, terms_of
from amopt.referee import Amount, Notebook

__all__ = [
    "TOGETHER",
    "Plans",
    "Told",
    "check_comparison",
    "check_distributions",
    "check_material",
    "plans_of",
    "takes_of",
]

Floats = NDArray[np.float64]
Plans = Sequence[tuple[Terms, StatedPlan]]
Told = Collection[tuple[str, str, str]]
"""What tables tell of: table, plan and part."""

LEVELS = {"50": 0.5, "90": 0.9, "95": 0.95, "99": 0.99, "99_9": 0.999}

ALIKE = 1e-10
"""How near a sum of probabilities may come to the level of a quantile without being told apart."""

TOGETHER = "all parts"


def plans_of(
    instance: PrintingInstance,
    told: Sequence[tuple[Mapping[int, float], Sequence[Mapping[str, float]]]],
) -> Plans:
    """Return terms and plan of each part, from levels and shares of actions by days to go."""
    return [
        (
            terms_of(instance, index, printer=True),
            StatedPlan(dict(levels), tuple(map(dict, shares))),
        )
        for index, (levels, shares) in enumerate(told)
    ]


def check_distributions(
    instance: PrintingInstance,
    plans: Mapping[str, Plans],
    rows: Sequence[Mapping[str, Any]],
    notebook: Notebook,
    *,
    told: Told | None = None,
) -> None:
    """Note what is wrong in the table of distributions; ``told`` is what it tells of, if less."""
    year = max(1, round(REPORTED_DAYS / instance.cycle_days))
    takes = takes_of(instance)
    expected: dict[tuple[str, ...], Distribution] = {}
    for plan, chosen in plans.items():
        parts = [Happening(*one) for one in chosen]
        names = [part.name for part in instance.parts]
        groups = [(name, [k]) for k, name in enumerate(names)]
        for name, group in (*groups, (TOGETHER, list(range(len(parts))))):
            if told is not None and ("distributions", plan, name) not in told:
                continue
            if name != TOGETHER:
                expected[plan, name, "stock", "day"] = Distribution(parts[group[0]].stock)
            for per, cycles in (("cycle", 1), ("year", year)):
                for count in COUNTS:
                    one = reduce(np.convolve, (parts[k].chances(count) for k in group))
                    alone = [Distribution(parts[k].chances(count)).of_values()[1:] for k in group]
                    moments = sum(m for m, _ in alone), sum(v for _, v in alone)
                    expected[plan, name, count, per] = Distribution(
                        long_power(one, cycles),
                        moments=(cycles * moments[0], cycles * moments[1]),
                    )
                if takes is not None:
                    some = [(parts[k].chances("prints"), takes[k]) for k in group]
                    expected[plan, name, "material_cm3", per] = used(some, cycles)
    stated = [tuple(str(row.get(key)) for key in ("plan", "part", "what", "per")) for row in rows]
    notebook.require(stated == list(expected), "distributions: rows are missing, moved or unknown")
    for key, row in zip(stated, rows, strict=True):
        if key in expected:
            _compare(notebook, f"distributions, {' '.join(key)}", row, expected[key])


def check_material(
    instance: PrintingInstance,
    plans: Mapping[str, Plans],
    rows: Sequence[Mapping[str, Any]],
    notebook: Notebook,
    *,
    told: Told | None = None,
) -> None:
    """Note what is wrong in the table of raw material; ``told`` is what it tells of, if less."""
    rule, takes = instance.material, takes_of(instance) or [0.0] * len(instance.parts)
    due = [plan for plan in plans if told is None or ("material", plan, TOGETHER) in told]
    if not notebook.require(
        rule is not None and [row.get("plan") for row in rows] == due,
        "material: rows are missing, moved or unknown",
    ):
        return
    assert rule is not None
    cycles = 1 + rule.lead_cycles
    year = max(1, round(REPORTED_DAYS / instance.cycle_days))
    for row in rows:
        parts = [Happening(*one) for one in plans[row["plan"]]]
        found = used(
            [(part.chances("prints"), take) for part, take in zip(parts, takes, strict=True)],
            cycles,
        )
        chances, (values, mean, variance) = found.chances, found.of_values()
        deviation = math.sqrt(variance)
        wanted, below = rule.non_stockout_probability, np.cumsum(chances)
        level = float(values[np.argmax(below >= wanted - 1e-12)])
        normal = mean + float(norm.ppf(wanted)) * deviation
        box = rule.container_cm3
        notebook.compare(
            f"material, {row['plan']}",
            row,
            {
                "plan": row["plan"],
                "cycles": cycles,
                "mean_cm3": mean,
                "deviation_cm3": deviation,
                "non_stockout_probability": wanted,
                "level_cm3": level,
                "level_probability": float(chances[values <= level * (1 + 1e-12)].sum()),
                "normal_level_cm3": normal,
                "normal_level_probability": float(chances[values <= normal * (1 + 1e-12)].sum()),
                "containers_at_first": None if box is None else math.ceil(level / box - 1e-9),
                "containers_a_year": None if box is None else mean / cycles * year / box,
                "step_cm3": found.step,
            },
        )


def check_comparison(
    instance: PrintingInstance,
    plans: Mapping[str, Plans],
    rows: Sequence[Mapping[str, Any]],
    notebook: Notebook,
) -> None:
    """Note what is wrong in the table of what is done today beside the optimum."""
    done = {
        plan: [_account(instance, index, *one) for index, one in enumerate(chosen)]
        for plan, chosen in plans.items()
    }
    expected = []
    names = [part.name for part in instance.parts]
    groups = [(name, [k]) for k, name in enumerate(names)]
    for name, group in (*groups, (TOGETHER, list(range(len(names))))):
        for what in done["optimum"][0]:
            sums = {plan: sum(done[plan][k][what][0] for k in group) for plan in done}
            scale = sum(done["today"][k][what][1] for k in group)
            expected.append((name, what, sums["today"], sums["optimum"], scale))
    keys = [(row.get("part"), row.get("what")) for row in rows]
    if not notebook.require(
        keys == [one[:2] for one in expected], "comparison: rows are missing, moved or unknown"
    ):
        return
    for row, (name, what, now, best, scale) in zip(rows, expected, strict=True):
        right = {
            "part": name,
            "what": what,
            "today": Amount(now, scale),
            "optimum": Amount(best, scale),
            "difference": Amount(now - best, scale),
        }
        notebook.compare(f"comparison, {name} {what}", row, right)


def _account(
    instance: PrintingInstance, index: int, terms: Terms, plan: StatedPlan
) -> dict[str, tuple[float, float]]:
    """Return what a plan does and costs, each with the size of what was added up to it."""
    found = Evaluation(terms, plan)
    happening = found.amounts(1.0)
    unavoidable = terms.c_r * terms.N * float(instance.parameters.failures_per_day[index])
    spent = found.cost / terms.L
    numbers = {
        "base_stock": float(plan.base_stock),
        "yearly_cost": REPORTED_DAYS * (spent - unavoidable),
        "average_stock": happening["stock_days"] / terms.L,
        **{what: happening[what] for what in ("prints", "expedites", "orders", "down_days")},
    }
    scale = REPORTED_DAYS * (spent + unavoidable)
    return {
        what: (value, scale if what == "yearly_cost" else abs(value) + 1e-9)
        for what, value in numbers.items()
    }


def _compare(notebook: Notebook, where: str, row: Mapping[str, Any], found: Distribution) -> None:
    """Note what is wrong in one row of distributions."""
    values, mean, variance = found.of_values()
    right: dict[str, Any] = {
        **{key: row.get(key) for key in ("plan", "part", "what", "per")},
        "mean": Amount(mean, found.step * 1e-6),
        "variance": Amount(variance, found.step**2 * 1e-3),
    }
    below = np.cumsum(found.chances)
    for name, level in LEVELS.items():
        column = f"quantile_{name}"
        least, most = (
            float(values[np.argmax(below >= level + d)]) if below[-1] >= level + d else math.inf
            for d in (-ALIKE, ALIKE)
        )
        stated = row.get(column)
        right[column] = most if stated == most != least else least
    notebook.compare(where, row, right)


def takes_of(instance: PrintingInstance) -> list[float] | None:
    """Return the raw material of a print of each part; None where not all say it, or none needs."""
    takes = [part.print_material_cm3 for part in instance.parts]
    lacks = any(
        take is None and part.print_cost is not None
        for part, take in zip(instance.parts, takes, strict=True)
    )
    return None if lacks or not any(takes) else [take or 0.0 for take in takes]
