"""Measure what policies do: exact distributions, their referee, and simulated cycles.

python benchmarks/printing_behaviour.py            # the mission, 200,000 cycles
python benchmarks/printing_behaviour.py --smoke    # a few seconds
"""

from __future__ import annotations

import argparse

import amopt
from amopt.printing.busy.answer import busy
from amopt.printing.convoys.answer import convoys


def main() -> None:
    """Print the times of one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="one part, few cycles")
    smoke = parser.parse_args().smoke
    instance = amopt.load("printing/table-3-1" if smoke else "printing/mission")
    exact = amopt.printing.distributions(instance)
    for phase, seconds in exact.outcome.seconds.items():
        print(f"{len(exact.rows['distributions']):,} distributions, {phase}: {seconds:.2f} s")
    cycles = 2_000 if smoke else 200_000
    drawn = amopt.printing.simulate(instance, cycles=cycles)
    agreeing = sum(row["agrees"] for row in drawn.rows["simulation"])
    seconds = drawn.outcome.seconds["work out"]
    print(
        f"{cycles:,} cycles of {len(instance.parts)} parts: {seconds:.2f} s, "
        f"{agreeing} of {len(drawn.rows['simulation'])} means in their band"
    )
    parts = amopt.load("printing/table-3-1" if smoke else "printing/mission").to_dict()
    found = busy(amopt.load({**parts, "most_prints_per_day": 1}), cycles=cycles)
    print(f"a printer that makes one part a day: {found.outcome.seconds['work out']:.2f} s")
    found = convoys(instance, curve=(0.5,))
    print(f"replenishments that come with 100 and 50 %: {found.outcome.seconds['work out']:.2f} s")


if __name__ == "__main__":
    main()
