"""Measure the maintenance decision: the factorial of 243 variants, by iteration and by programs.

python benchmarks/maintenance.py               # all variants
python benchmarks/maintenance.py --smoke       # a few seconds
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from _markdown import short, table, write

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
    parser.add_argument("--markdown", type=Path, help="where to write the table of the docs")
    asked = parser.parse_args()
    smoke = asked.smoke
    instance = amopt.load("maintenance/factorial")
    if smoke:
        few = {"print_cost": [400, 600, 800], "failure_cost": [200, 400, 800]}
        instance = amopt.load({**instance.to_dict(), "factorial": few})
    first, used, rows = timed(instance)
    print(f"{len(rows):,} variants by policy iteration: {first:.1f} s, {used:.1f} of the processor")
    clock, processor, programs = timed(instance, method="arrays")
    best = np.array([row["best"] for row in programs])
    bound = np.array([row["bound"] for row in programs])
    other = np.array([row["best"] for row in rows])
    simple = np.array([min(row[policy] for policy in closed_form.POLICIES) for row in programs])
    print(
        f"  by the linear program of each, on {cores()} cores: {clock:.1f} s, "
        f"{processor:.1f} s of the processor"
    )
    found = (
        f"difference {np.abs(best - other).max():.0e}, largest gap {(best - bound).max():.0e}; "
        f"below the best simple policy in {int((best < simple).sum()):,}"
    )
    print(f"  {found}")
    alone = amopt.load({**instance.to_dict(), "factorial": None})
    begun = time.process_time()
    amopt.solve(alone, method="arrays")
    cold = time.process_time() - begun
    print(
        f"one variant from its file, with the printer and without: "
        f"{cold:.1f} s of the processor, not started from a policy"
    )
    if asked.markdown:
        lead = (
            f"The published factorial, {len(rows):,} variants: seconds of the processor, and of "
            f"the clock on {cores()} cores. Of the costs a day: {found}."
        )
        cells = [
            ["policy iteration on all at once", short(used), short(first)],
            ["the linear program of each, from that policy", short(processor), short(clock)],
            ["one of them from its file, both programs not started from a policy", short(cold), ""],
        ]
        write(asked.markdown, lead, table(["way", "seconds", "clock"], cells))


if __name__ == "__main__":
    main()
