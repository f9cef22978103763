"""Solve a table of very many parts in closed form: file in, judged plans out, in one run.

Parts are drawn at random (seeded), as in the portfolio: order costs log-normal, failures of one in
a few hundred to a few thousand days, twenty types of system. Each form of the file is read in a
process of its own. Times are seconds of the processor, and on the clock, of the whole road: reading
the file, both plans of each part, the referee, writing the answer.

    python benchmarks/printing_table.py
    python benchmarks/printing_table.py --parts 1000000 --form parquet
    python benchmarks/printing_table.py --smoke     # a second
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from _markdown import table, write
from _memory import peak

import amopt
from amopt.printing.many.answer import solve_table, write_table

PARTS = 198_638
"""Parts of a portfolio that a screening begins with."""

SYSTEMS = 20
PHASES = ("read", "solve", "check")


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


def one(given: str, wanted: str) -> None:
    """Go the whole road with a file, and print what it took."""
    instance = place()
    began, clock = time.process_time(), time.perf_counter()
    answer = solve_table(instance, Path(given))
    write_table(answer, Path(wanted))
    took = {"seconds": time.process_time() - began, "clock": time.perf_counter() - clock}
    phases = {name: answer.outcome.seconds[name] for name in PHASES}
    saving = answer.rows["totals"][0]["saving"]
    print(json.dumps({**took, **phases, "saving": saving, "megabytes": peak()}))


def measured(given: Path) -> dict[str, Any]:
    """Return what a process of its own takes for a file."""
    wanted = given.with_name(f"plans{given.suffix}")
    command = [sys.executable, __file__, "--one", str(given), str(wanted)]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return {"file": given.stat().st_size / 1e6, **json.loads(run.stdout)}


def markdown(parts: int, rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return a sentence and the table: a row a form of the file."""
    cells = [
        [
            form,
            f"{row['file']:.1f}",
            *(f"{row[name]:.1f}" for name in PHASES),
            f"{row['clock']:.1f}",
            f"{row['seconds']:.1f}",
            f"{row['megabytes']:,.0f}",
        ]
        for form, row in rows.items()
    ]
    lead = (
        f"{parts:,} parts, each form in a process of its own: seconds by phase and all together, "
        "of the clock and of the processor (which may be two at a time), from the file to the "
        "written answer; memory is the most that the process had."
    )
    heads = ["file", "MB", *PHASES, "all", "of the processor", "MB of memory"]
    return [lead, table(heads, cells)]


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="a second only")
    parser.add_argument("--parts", type=int, default=PARTS, help="rows of the table")
    parser.add_argument("--form", choices=["csv", "parquet"], nargs="+", default=["csv", "parquet"])
    parser.add_argument("--markdown", type=Path, help="where to write the table of the docs")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(*options.one)
        return
    parts, rows = 500 if options.smoke else options.parts, {}
    drawn = portfolio(parts)
    with tempfile.TemporaryDirectory() as folder:
        for form in ["csv"] if options.smoke else options.form:
            given = Path(folder, f"parts.{form}")
            getattr(drawn, f"to_{form}")(given, index=False)
            row = rows[form] = measured(given)
            told = ", ".join(f"{name} {row[name]:.2f}" for name in PHASES)
            print(
                f"{parts:,} parts, {form}: {row['seconds']:.2f} s of the processor, "
                f"{row['clock']:.2f} of the clock ({told}), {row['megabytes']:,.0f} MB, "
                f"saving {row['saving']:,.0f}",
                flush=True,
            )
    if options.markdown:
        write(options.markdown, *markdown(parts, rows))


if __name__ == "__main__":
    main()
