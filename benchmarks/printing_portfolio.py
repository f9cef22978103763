"""Solve portfolios of printed parts under five limits that they share, in one run.

Parts are drawn at random (seeded): order costs and volumes log-normal, failures of one in a few
hundred to a few thousand days, twenty types of system. The limits (room on the shelf, printer
hours, CO2, raw material, availability) are set a little tighter than what the best plan without
limits does. Prices on the limits against the linear program of all states, where that is not too
large. Times are compared within the run, never between runs.

    python benchmarks/printing_portfolio.py
    python benchmarks/printing_portfolio.py --parts 10000 --json results.json
    python benchmarks/printing_portfolio.py --smoke     # a few seconds
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from _markdown import power, short, table, write

import amopt
from amopt.outcome import versions

SIZES = (20, 100, 1_000)
SMOKE = (10,)
LARGEST_PROGRAM = 100
"""Parts up to which the linear program of all states is solved too."""

TIGHTER = {
    "storage_cm3": 0.95,
    "printer_hours": 0.8,
    "kg_co2": 0.999,
    "material_cm3": 0.9,
    "availability": 10.0,
}
"""What is allowed, as a share of what is done without limits; of unavailability for the last."""


WAITING = 1e-3
"""The share of the time that systems may wait in any case, so that there is a plan."""


@dataclass(frozen=True)
class Row:
    """What one method needed for one portfolio."""

    parts: int
    method: str
    seconds: float
    processor: float
    in_solver: float
    in_referee: float
    gap: float
    binding: int


def portfolio(parts: int, seed: int = 0) -> dict[str, Any]:
    """Return parts with limits that bind nothing, as plain data."""
    rng = np.random.default_rng(seed)
    entries = []
    for index in range(parts):
        cost, rate = float(np.exp(rng.normal(3.5, 1.5))), float(np.exp(rng.normal(-6.5, 1.0)))
        volume = float(np.exp(rng.normal(4.0, 1.0)))
        entries.append(
            {
                "name": f"part {index}",
                "system": f"system {index % 20}",
                "order_cost": cost,
                "print_cost": cost * float(rng.uniform(0.1, 1.5)),
                "failure_rate_per_day": min(rate, 0.04),
                "printed_failure_rate_per_day": 10 * min(rate, 0.04),
                "holding_cost_per_year_per_value": 1.0,
                "storage_cm3": volume,
                "print_material_cm3": volume,
                "print_hours": float(np.exp(rng.normal(0.5, 0.7))),
                "kg_co2_per_order": float(rng.uniform(1.0, 50.0)),
                "kg_co2_per_print": float(rng.uniform(0.5, 10.0)),
            }
        )
    systems = [
        {
            "name": f"system {index}",
            "count": int(rng.integers(3, 50)),
            "backorder_cost_per_day": float(rng.uniform(50.0, 800.0)),
        }
        for index in range(20)
    ]
    return {
        "amopt": 1,
        "kind": "printing",
        "name": f"{parts} parts",
        "cycle_days": 7,
        "criterion": "average",
        "systems": systems,
        "parts": entries,
        "limits": [_limit(measure, 1e9) for measure in TIGHTER],
    }


def _limit(measure: str, most: float) -> dict[str, Any]:
    if measure == "availability":
        side = {"at_least": max(0.0, 1.0 - max(most, WAITING))}
    else:
        side = {"at_most": most}
    return {"name": measure, "measure": measure, **side}


def limited(parts: int) -> Any:
    """Return a portfolio whose limits are a little tighter than what is done without them."""
    data = portfolio(parts)
    free = amopt.solve(amopt.load(data)).rows["limits"]
    data["limits"] = [
        _limit(measure, share * (1 - row["amount"] if row["least"] is not None else row["amount"]))
        for (measure, share), row in zip(TIGHTER.items(), free, strict=True)
    ]
    return amopt.load(data)


def solved(instance: Any, method: str) -> Row:
    """Return what a method needs."""
    began, used = time.perf_counter(), time.process_time()
    answer = amopt.solve(instance, method=method, gap=1e-4)
    seconds, processor = time.perf_counter() - began, time.process_time() - used
    return Row(
        parts=len(instance.parts),
        method=method,
        seconds=seconds,
        processor=processor,
        in_solver=answer.outcome.seconds["solve"],
        in_referee=answer.outcome.seconds["check"],
        gap=answer.outcome.gap or 0.0,
        binding=sum((row["yearly_worth"] or 0.0) > 0 for row in answer.rows["limits"]),
    )


def markdown(rows: Sequence[Row]) -> list[str]:
    """Return a sentence and the table: a row a portfolio and method."""
    names = {"prices": "prices", "collapsed": "program of all states"}
    cells = [
        [
            f"{row.parts:,}",
            names[row.method],
            short(row.processor),
            f"{row.in_solver / row.seconds:.0%}",
            f"{row.in_referee / row.seconds:.0%}",
            power(row.gap),
            f"{row.binding}",
        ]
        for row in rows
    ]
    lead = (
        "Portfolios under five limits, asked for a gap of 1e-4: seconds of the processor from a "
        "validated instance to an answer that the referee has proven, and the shares of solving "
        "and of the referee in it; the last column counts limits that have a price."
    )
    heads = ["parts", "method", "seconds", "solving", "referee", "gap", "limits that bind"]
    return [lead, table(heads, cells)]


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="a few seconds only")
    parser.add_argument("--parts", type=int, nargs="+", help="sizes of the portfolios")
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    parser.add_argument("--markdown", type=Path, help="where to write the tables of the docs")
    options = parser.parse_args()
    found = []
    print(
        f"{'parts':>7} {'method':<10} {'seconds':>9} {'solve':>8} {'referee':>8} {'gap':>8} "
        f"{'binding':>8}"
    )
    for parts in SMOKE if options.smoke else options.parts or SIZES:
        instance = limited(parts)
        for method in ("prices", "collapsed")[: 2 if parts <= LARGEST_PROGRAM else 1]:
            row = solved(instance, method)
            found.append(row)
            print(
                f"{row.parts:>7,} {row.method:<10} {row.seconds:>9.2f} {row.in_solver:>8.2f} "
                f"{row.in_referee:>8.2f} {row.gap:>8.1e} {row.binding:>8}",
                flush=True,
            )
    if options.markdown:
        write(options.markdown, *markdown(found))
    if options.json:
        record = {
            "versions": versions("amopt", "highspy", "numpy", "scipy"),
            "rows": [asdict(row) for row in found],
        }
        options.json.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
