"""Measure the licensing decision: the exact search for many buyers, menus, the program for few.

python benchmarks/licensing.py               # up to 200 buyers
python benchmarks/licensing.py --smoke       # a few seconds
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from _markdown import short, table, write

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
    """Return seconds of the processor, the referee included, and the supremum."""
    begun = time.process_time()
    answer = amopt.solve(instance, method=method, time_limit=120)
    return time.process_time() - begun, answer.rows["totals"][0]["supremum"]


def one_contract(smoke: bool) -> tuple[list[list[str]], float]:
    """Print the times of the best contract; return a row a number of buyers, and the difference."""
    timed(buyers(2), "exact")
    timed(buyers(2), "program")
    rows, differ = [], 0.0
    for count in (2, 5) if smoke else (2, 5, 10, 15, 20):
        exact, best = timed(buyers(count), "exact")
        program, other = timed(buyers(count), "program")
        difference = abs(best - other) / best
        differ = max(differ, difference)
        rows.append([f"{count}", short(exact), short(program)])
        print(
            f"{count} buyers: exact {exact:.2f} s, program {program:.2f} s, "
            f"difference {difference:.0e}"
        )
    for count in (100,) if smoke else (50, 100, 200):
        exact, _ = timed(buyers(count), "exact")
        rows.append([f"{count}", short(exact), ""])
        print(f"{count} buyers: exact {exact:.2f} s")
    return rows, differ


def menus(smoke: bool) -> list[list[str]]:
    """Print the times of the best menu of two contracts, and return a row a number of buyers."""
    listed = [4.0 * step for step in range(21)]
    rows = []
    for count in (10,) if smoke else (20, 40, 70, 100):
        cells = [f"{count}"]
        for words, more in (("own royalties", {}), ("21 royalties", {"royalties": listed})):
            instance = buyers(count, contracts=2, **more)
            begun = time.process_time()
            answer = amopt.solve(instance, time_limit=120)
            spent, outcome = time.process_time() - begun, answer.outcome
            left = answer.verdict.measures["pairs_left"]
            cells += [short(spent), f"{outcome.iterations:,}"]
            print(
                f"{count} buyers, a menu of {words}: {spent:.2f} s of the processor, "
                f"{outcome.status}, {outcome.iterations} pairs, {left:.0f} left to the referee"
            )
        rows.append(cells)
    return rows


def main() -> None:
    """Print the times of one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="small cases only")
    parser.add_argument("--markdown", type=Path, help="where to write the tables of the docs")
    asked = parser.parse_args()
    best, differ = one_contract(asked.smoke)
    two = menus(asked.smoke)
    if asked.markdown:
        write(
            asked.markdown,
            "The best contract exactly, and the program by HiGHS beside it: seconds of the "
            f"processor with the referee; both suprema agree to {differ:.0e}.",
            table(["buyers", "exact", "program"], best),
            "The best menu of two contracts, seconds of the processor with the referee, who holds "
            "the bound to every pair of royalties, and how many pairs had to be worked out.",
            table(["buyers", "royalties of their own", "pairs", "a list of 21", "pairs"], two),
        )


if __name__ == "__main__":
    main()
