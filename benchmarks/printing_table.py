"""Solve a table of very many parts in closed form: file in, judged plans out, in one run.

Parts are drawn at random (seeded), as in the portfolio: order costs log-normal, failures of one in
a few hundred to a few thousand days, twenty types of
system. Times are seconds of the processor, and on the clock, of the whole road: reading the file,
both plans of each part, the referee, writing the answer.

    python benchmarks/printing_table.py
    python benchmarks/printing_table.py --parts 1000000 --form parquet
    python benchmarks/printing_table.py --smoke     # a second
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import amopt
from amopt.printing.many.answer import solve_table, write_table

PARTS = 198_638
"""Parts of a portfolio that a screening begins with."""

SYSTEMS = 20


def portfolio(parts: int, seed: int = 0) -> pd.DataFrame:
    """Return a table of parts."""
    rng = np.random.default_rng(seed)
    cost, rate = np.exp(rng.normal(3.5, 1.5, parts)), np.exp(rng.normal(-6.5, 1.0, parts))
    rate = np.minimum(rate, 0.04)
    return pd.DataFrame(
        {
            "name": [f"part {index}" for index in range(parts)],
            "system": [f"system {index % SYSTEMS}" for index in range(parts)],
            "order_cost": cost,
            "print_cost": cost * rng.uniform(0.1, 1.5, parts),
            "failure_rate_per_day": rate,
            "printed_failure_rate_per_day": 10 * rate,
            "holding_cost_per_year_per_value": 1.0,
        }
    )


def place(seed: int = 0) -> amopt.printing.Instance:
    """Return the systems of a place, with one part."""
    rng = np.random.default_rng(seed)
    return amopt.load(
        {
            "amopt": 1,
            "kind": "printing",
            "name": "table",
            "cycle_days": 7,
            "criterion": "average",
            "systems": [
                {
                    "name": f"system {index}",
                    "count": int(rng.integers(3, 50)),
                    "backorder_cost_per_day": float(rng.uniform(50.0, 800.0)),
                }
                for index in range(SYSTEMS)
            ],
            "parts": [
                {
                    "name": "part",
                    "system": "system 0",
                    "order_cost": 1.0,
                    "failure_rate_per_day": 0.01,
                    "holding_cost_per_day": 0.01,
                }
            ],
        }
    )


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="a second only")
    parser.add_argument("--parts", type=int, default=PARTS, help="rows of the table")
    parser.add_argument("--form", choices=["csv", "parquet"], nargs="+", default=["csv", "parquet"])
    options = parser.parse_args()
    instance = place()
    parts = 500 if options.smoke else options.parts
    table = portfolio(parts)
    heads = " ".join(f"{name:>6}" for name in ("read", "solve", "check"))
    print(f"{'parts':>9} {'form':<8} {'CPU s':>7} {'clock s':>7} {heads} {'saving':>14}")
    with tempfile.TemporaryDirectory() as folder:
        for form in ["csv"] if options.smoke else options.form:
            given, wanted = (Path(folder, f"{name}.{form}") for name in ("parts", "plans"))
            getattr(table, f"to_{form}")(given, index=False)
            began, clock = time.process_time(), time.perf_counter()
            answer = solve_table(instance, given)
            write_table(answer, wanted)
            passed = time.perf_counter() - clock
            spent, seconds = time.process_time() - began, answer.outcome.seconds
            told = " ".join(f"{seconds[phase]:>6.2f}" for phase in ("read", "solve", "check"))
            saving = answer.rows["totals"][0]["saving"]
            print(
                f"{parts:>9,} {form:<8} {spent:>7.2f} {passed:>7.2f} {told} {saving:>14,.0f}",
                flush=True,
            )
    unit = 1e9 if sys.platform == "darwin" else 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    print(f"peak memory {peak:.2f} GB, the table that was drawn included")


if __name__ == "__main__":
    main()
