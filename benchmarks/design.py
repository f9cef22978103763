"""Measure the design decision: the published factorial, and the choice for large systems.

python benchmarks/design.py                  # 2,187 combinations; systems of 50 and 200
python benchmarks/design.py --smoke          # a few seconds
"""

from __future__ import annotations

import argparse
import time
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from _markdown import power, short, table, write
from scipy.optimize import brentq

import amopt
from amopt.design import LifeCycle

AXES = {
    "part_cost": (250, 1000, 4000),
    "systems": (25, 100, 400),
    "months": (60, 120, 240),
    "lead_time_months": (0.25, 0.5, 1),
    "replacement_to_part_cost": (2, 4, 8),
    "emergency_to_replacement_cost": (4, 8, 16),
    "mean_months_between_failures": (12, 24, 48),
}


def one_by_one(count: int) -> float:
    """Return the seconds of a scalar root search a combination, for the first combinations."""
    begun = time.process_time()
    for c, n, months, sooner, d, e, tau in list(product(*AXES.values()))[:count]:
        first = LifeCycle.of(
            part_cost=c, replacement_cost=d * c, emergency_cost=d * e * c, lead_time=3,
            mean_months_between_failures=tau, months=months, parts=[n], holding=0.02,
            replacements_charged=False,
        )  # fmt: skip
        version, target = first.but(lead_time=sooner), first.cost()[0]
        for field in ("mean_months_between_failures", "part_cost"):

            def excess(
                x: float, version: Any = version, field: str = field, target: float = target
            ) -> float:
                return float(version.but(**{field: x}).cost()[0] - target)

            brentq(excess, 1e-2, 1e6, rtol=1e-9)
    return time.process_time() - begun


def system(components: int) -> Any:
    """Return a random system under a budget and an availability that tie."""
    draw = np.random.default_rng(components)
    data: dict[str, Any] = {
        "kind": "design",
        "name": f"{components} components",
        "months": 180,
        "holding_cost_per_month_per_value": 0.015,
        "installed_base": [
            {"systems": 150, "probability": 0.5},
            {"systems": 400, "probability": 0.5},
        ],
        "components": [
            {
                "name": f"component {number}",
                "replacement_cost": float(draw.uniform(50, 900)),
                "emergency_cost": float(draw.uniform(1000, 9000)),
                "down_days_per_replacement": 0.05,
                "down_days_per_emergency": float(draw.uniform(1, 6)),
                "versions": [
                    {
                        "name": made,
                        "made": made,
                        "part_cost": float(draw.uniform(30, 900)),
                        "design_cost": float(draw.uniform(1e3, 3e4)),
                        "benefit_per_system_month": float(draw.uniform(0, 2)),
                        "lead_time_months": months,
                        "mean_months_between_failures": float(draw.uniform(60, 240)),
                    }
                    for made, months in (("conventional", 4.0), ("printed", 0.5))
                ],
            }
            for number in range(components)
        ],
    }
    (total,) = amopt.solve(amopt.load({"amopt": 1, **data})).rows["totals"]
    data["limits"] = {
        "design_budget": 0.8 * total["design_cost"],
        "availability": 1 - 0.97 * (1 - total["availability"]),
    }
    return amopt.load({"amopt": 1, **data})


def main() -> None:
    """Print the times of one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="small cases only")
    parser.add_argument("--markdown", type=Path, help="where to write the tables of the docs")
    asked = parser.parse_args()
    smoke = asked.smoke
    instance = amopt.load("design/factorial")
    amopt.design.factorial(instance, {"systems": (1, 2)})
    begun = time.process_time()
    points = amopt.design.factorial(instance, AXES).rows["points"]
    together = time.process_time() - begun
    count = 27 if smoke else 243
    alone = one_by_one(count) * len(points) / count
    print(f"{len(points):,} combinations, two roots each: {together:.2f} s all at once")
    print(f"  one by one, from {count}: {alone:.1f} s, {alone / together:.0f} times as long")
    rows = []
    for components in (10,) if smoke else (50, 200):
        tied = system(components)
        begun = time.process_time()
        answer = amopt.solve(tied, time_limit=120)
        seconds = time.process_time() - begun
        gap = answer.outcome.gap
        rows.append([f"{components}", short(seconds), answer.outcome.status.value, power(gap)])
        print(
            f"{components} components under two limits: {seconds:.1f} s of the processor, "
            f"{answer.outcome.status}, gap {gap:.1e}"
        )
    if asked.markdown:
        lead = (
            f"The published factorial, {len(points):,} combinations with both break-even points of "
            f"each, seconds of the processor; one by one from the first {count}."
        )
        roots = [
            ["all at once", short(together), "1"],
            ["one root search after the other", short(alone), f"{alone / together:,.0f}"],
        ]
        systems = (
            "A system of random components under a budget and an availability that tie, for two "
            "numbers of systems, seconds of the processor with the referee."
        )
        write(
            asked.markdown,
            lead,
            table(["way", "seconds", "times as long"], roots),
            systems,
            table(["components", "seconds", "status", "gap"], rows),
        )


if __name__ == "__main__":
    main()
