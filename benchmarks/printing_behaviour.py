"""Measure what policies do: exact distributions, their referee, and simulated cycles.

python benchmarks/printing_behaviour.py            # the mission, 200,000 cycles
python benchmarks/printing_behaviour.py --smoke    # a few seconds
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _markdown import short, table, write

import amopt
from amopt.printing.busy.answer import busy
from amopt.printing.convoys.answer import convoys


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return seconds of the processor, the referee included, and the answer."""
    begun = time.process_time()
    found = work()
    return time.process_time() - begun, found


def main() -> None:
    """Print the times of one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="one part, few cycles")
    parser.add_argument("--markdown", type=Path, help="where to write the table of the docs")
    asked = parser.parse_args()
    instance = amopt.load("printing/table-3-1" if asked.smoke else "printing/mission")
    cycles, parts = 2_000 if asked.smoke else 200_000, instance.to_dict()
    amopt.printing.simulate(instance, cycles=10)  # what is imported late does not count
    work: dict[str, Callable[[], Any]] = {
        "exact distributions": lambda: amopt.printing.distributions(instance),
        "simulated cycles": lambda: amopt.printing.simulate(instance, cycles=cycles),
        "a printer that makes one part a day": lambda: busy(
            amopt.load({**parts, "most_prints_per_day": 1}), cycles=cycles
        ),
        "replenishments that come with 100 and 50 %": lambda: convoys(instance, curve=(0.5,)),
    }
    found = {name: timed(one) for name, one in work.items()}
    shares = found["exact distributions"][1].rows["distributions"]
    means = found["simulated cycles"][1].rows["simulation"]
    agree = sum(row["agrees"] for row in means)
    told = {
        "exact distributions": f"{len(shares):,} distributions",
        "simulated cycles": f"{agree} of {len(means)} means in their band",
    }
    for name, (seconds, _) in found.items():
        print(f"{name}: {seconds:.2f} s of the processor; {told.get(name, '')}")
    if asked.markdown:
        lead = (
            f"{len(instance.parts)} parts, {cycles:,} cycles where they are simulated: seconds of "
            "the processor, the referee included."
        )
        rows = [[name, short(seconds), told.get(name, "")] for name, (seconds, _) in found.items()]
        write(asked.markdown, lead, table(["study", "seconds", "found"], rows))


if __name__ == "__main__":
    main()
