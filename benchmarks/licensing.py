"""Measure the licensing decision: the exact search for many buyers, menus, the program for few.

python benchmarks/licensing.py               # up to 200 buyers
python benchmarks/licensing.py --smoke       # a few seconds
"""

from __future__ import annotations

import argparse
import time

import numpy as np

import amopt


def buyers(count: int, **more: object) -> amopt.Instance:
    """Return so many buyers of the two-buyer instance's part."""
    demands = np.random.default_rng(count).lognormal(1.5, 1, count)
    own = amopt.load("licensing/two-buyers").to_dict()
    own["buyers"] = [
        {"name": f"buyer {index}", "demand_per_year": float(demand)}
        for index, demand in enumerate(demands)
    ]
    return amopt.load({**own, **more})


def timed(instance: amopt.Instance, method: str) -> tuple[float, float]:
    """Return seconds, the referee included, and the supremum."""
    begun = time.perf_counter()
    answer = amopt.solve(instance, method=method, time_limit=120)
    return time.perf_counter() - begun, answer.rows["totals"][0]["supremum"]


def main() -> None:
    """Print the times of one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="small cases only")
    smoke = parser.parse_args().smoke
    timed(buyers(2), "exact")
    timed(buyers(2), "program")
    for count in (2, 5) if smoke else (2, 5, 10, 15, 20):
        exact, best = timed(buyers(count), "exact")
        program, other = timed(buyers(count), "program")
        print(
            f"{count} buyers: exact {exact:.2f} s, program {program:.2f} s, "
            f"difference {abs(best - other) / best:.0e}"
        )
    for count in (100,) if smoke else (50, 100, 200):
        exact, _ = timed(buyers(count), "exact")
        print(f"{count} buyers: exact {exact:.2f} s")
    listed = [4.0 * step for step in range(21)]
    for count in (10,) if smoke else (20, 40, 70, 100):
        for words, more in (("own royalties", {}), ("21 royalties", {"royalties": listed})):
            instance = buyers(count, contracts=2, **more)
            begun = time.process_time()
            answer = amopt.solve(instance, time_limit=120)
            spent, outcome = time.process_time() - begun, answer.outcome
            print(
                f"{count} buyers, a menu of {words}: {spent:.2f} s of the processor, "
                f"{outcome.status}, {outcome.iterations} pairs, "
                f"{answer.verdict.measures['pairs_left']:.0f} left to the referee"
            )


if __name__ == "__main__":
    main()
