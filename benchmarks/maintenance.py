"""Measure the maintenance decision: the factorial of 243 variants, by iteration and by programs.

python benchmarks/maintenance.py               # all variants
python benchmarks/maintenance.py --smoke       # a few seconds
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

import amopt
from amopt.maintenance import closed_form, study
from amopt.maintenance.methods.batch import cores


def timed(instance: Any, **how: Any) -> tuple[float, float, list[dict[str, Any]]]:
    """Return seconds by the clock and of the processor, and the variants."""
    clock, processor = time.perf_counter(), time.process_time()
    rows = study.variants(instance, **how)
    return time.perf_counter() - clock, time.process_time() - processor, rows


def main() -> None:
    """Print the times of one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="nine variants only")
    smoke = parser.parse_args().smoke
    instance = amopt.load("maintenance/factorial")
    if smoke:
        few = {"print_cost": [400, 600, 800], "failure_cost": [200, 400, 800]}
        instance = amopt.load({**instance.to_dict(), "factorial": few})
    first, _, rows = timed(instance)
    print(f"{len(rows):,} variants by policy iteration: {first:.1f} s")
    clock, processor, programs = timed(instance, method="arrays")
    best = np.array([row["best"] for row in programs])
    bound = np.array([row["bound"] for row in programs])
    other = np.array([row["best"] for row in rows])
    simple = np.array([min(row[policy] for policy in closed_form.POLICIES) for row in programs])
    print(
        f"  by the linear program of each, on {cores()} cores: {clock:.1f} s, "
        f"{processor:.1f} s of the processor"
    )
    print(
        f"  difference {np.abs(best - other).max():.0e}, largest gap {(best - bound).max():.0e}; "
        f"below the best simple policy in {int((best < simple).sum()):,}"
    )
    alone = amopt.load({**instance.to_dict(), "factorial": None})
    begun = time.process_time()
    amopt.solve(alone, method="arrays")
    print(
        f"one variant from its file, with the printer and without: "
        f"{time.process_time() - begun:.1f} s of the processor, not started from a policy"
    )


if __name__ == "__main__":
    main()
