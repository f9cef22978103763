"""Measure screening: from the file to the judged answer, each in a process of its own.

Synthetic portfolios of growing size (seeded, as csv), with the memory that the process took beyond
an idle one; one of them against HiGHS alone on the same arrays; and the 5,000 spare parts of the
Royal Air Force where ``AMOPT_DATA`` names a folder that holds ``raf/raf_5000.csv``.

    python benchmarks/screening.py [--markdown FILE]
    python benchmarks/screening.py --smoke     # a few seconds
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from _markdown import short, table, write
from _memory import peak
from _screening_portfolio import portfolio

import amopt
from amopt.program.solver import highs
from amopt.screening.candidates import Candidates
from amopt.screening.methods.arrays import arrays_of

ROOT = Path(__file__).parent.parent
SIZES = (17_182, 53_457, 198_638)
"""Parts of the portfolios that were met in practice."""

RAF = """\
amopt: 1
kind: screening
name: Royal Air Force, 5,000 spare parts
currency: GBP
portfolio:
  file: raf_5000.csv
  columns:
    - {attribute: part, heading: Item Ref no}
    - {attribute: lead_time_weeks, heading: Lead Time (months), factor: 4.348}
    - {attribute: cost_per_part, heading: PRICE (£)}
    - {attribute: demand_per_year, heading: JAN96, through: DEC02, factor: 0.142857142857}
rules:
  - {name: more than small change, attribute: cost_per_part, at_least: 20}
ranking:
  goals:
    - name: secure supply
      weight: 2
      criteria:
        - {name: long lead time, attribute: lead_time_weeks, linear: {worst: 4, best: 80}}
    - name: lower cost
      weight: 1
      criteria:
        - {name: dear, attribute: cost_per_part, logistic: {middle: 200, slope: 0.01}}
        - {name: slow mover, attribute: demand_per_year, linear: {worst: 20, best: 0}}
  comparisons:
    - {more: dear, than: slow mover, times: 2}
examination:
  most_parts: 100
  print_cost_share: 0.6
  efforts:
    - {name: experts, hours: 100}
"""


def measured(file: Path) -> dict[str, float]:
    """Return what a process of its own says of one instance."""
    run = subprocess.run(
        [sys.executable, __file__, "--one", str(file)], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(run.stdout)
    return found


def one(file: str) -> None:
    """Solve one instance, and say how long it took and how much memory beyond an idle process."""
    idle = peak()
    begun = time.perf_counter()
    instance = amopt.load(file)
    loaded = time.perf_counter()
    answer = amopt.solve(instance)
    ended = time.perf_counter()
    used = resource.getrusage(resource.RUSAGE_SELF)
    (total,) = answer.rows["totals"]
    told = {
        "load": loaded - begun,
        "seconds": ended - begun,
        "processor": used.ru_utime + used.ru_stime,
        "megabytes": peak() - idle,
        "objective": answer.outcome.objective,
        "gap": answer.outcome.gap,
        "eligible": total["eligible"],
        "unknown": total["unknown"],
        "examined": total["examined"],
    }
    print(json.dumps(told))


def told(name: str, found: dict[str, float], size: float) -> list[str]:
    """Print one measurement; return its row of the table."""
    print(
        f"{name}: {found['seconds']:.1f} s (reading {found['load']:.1f} s; "
        f"{found['processor']:.1f} s of the processor, imports included), "
        f"{found['megabytes']:,.0f} MB for a file of {size:,.1f} MB; "
        f"{found['eligible']:,} eligible, {found['unknown']:,} unknown, "
        f"{found['examined']} examined, gap {found['gap']:.0e}",
        flush=True,
    )
    return [
        name,
        f"{size:.1f} MB",
        f"{found['load']:.1f}",
        f"{found['seconds']:.1f}",
        f"{found['processor']:.1f}",
        f"{found['megabytes']:,.0f} MB",
    ]


def against_highs(file: Path) -> list[str]:
    """Print how long the choice takes, and HiGHS alone; return the row of the table."""
    program = arrays_of(Candidates.of(amopt.load(file)))
    answer = amopt.solve(amopt.load(file))
    ours = answer.outcome.seconds["solve"]
    begun = time.perf_counter()
    alone = highs.solve(program, highs.Options())
    seconds = time.perf_counter() - begun
    assert abs(alone.outcome.objective - answer.outcome.objective) <= 1e-6 * abs(
        alone.outcome.objective
    )
    print(
        f"  the choice among {program.shape[1]:,} columns: {ours:.2f} s by reduced costs, "
        f"{seconds:.2f} s by HiGHS alone ({seconds / ours:.0f} times as long), the same objective",
        flush=True,
    )
    return [f"{program.shape[1]:,}", short(ours), short(seconds), f"{seconds / ours:.1f}"]


def markdown(runs: list[list[str]], choice: list[list[str]]) -> Iterator[str]:
    """Yield sentences and the two tables."""
    yield (
        "From the csv file to the judged answer, each in a process of its own; memory is the most "
        "beyond an idle process."
    )
    seconds = ("read and checked, s", "all, s", "processor, imports included, s")
    yield table(["parts", "file", *seconds, "memory"], runs)
    yield (
        "The choice in the largest portfolio alone, by reduced costs and by HiGHS alone on the "
        "same arrays; the objective is the same."
    )
    yield table(["columns", "reduced costs, s", "HiGHS alone, s", "times as long"], choice)


def main() -> None:
    """Print the times of one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="small cases only")
    parser.add_argument("--markdown", type=Path, help="write the tables to this file")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        one(asked.one)
        return
    sizes = (3_000,) if asked.smoke else SIZES
    runs, choice = [], []
    with tempfile.TemporaryDirectory() as room:
        for size in sizes:
            file = Path(room) / f"{size}.yaml"
            csv = Path(room) / "portfolio.csv"
            shutil.copy(ROOT / "instances" / "screening" / "portfolio.yaml", file)
            portfolio(size).to_csv(csv, index=False)
            runs.append(told(f"{size:,}, synthetic", measured(file), csv.stat().st_size / 1e6))
        choice.append(against_highs(file))
        real = Path(os.environ.get("AMOPT_DATA", "")) / "raf" / "raf_5000.csv"
        if not os.environ.get("AMOPT_DATA") or not real.is_file():
            print("the Royal Air Force's parts are not here: AMOPT_DATA names no folder with them")
        else:
            shutil.copy(real, Path(room) / "raf_5000.csv")
            file = Path(room) / "raf.yaml"
            file.write_text(RAF, encoding="utf-8")
            name = "5,000 of the Royal Air Force"
            runs.append(told(name, measured(file), real.stat().st_size / 1e6))
    if asked.markdown:
        write(asked.markdown, *markdown(runs, choice))


if __name__ == "__main__":
    main()
