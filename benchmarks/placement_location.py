"""Capacitated location from the literature: seconds to proof, against HiGHS alone and known values.

    python benchmarks/placement_location.py [SETS ...] [--limit SECONDS] [--alone SECONDS]
        [--markdown FILE] [--smoke]

One row for each instance: the best value known, ours with bound, gap and seconds, and those of
HiGHS alone in the same run. SETS are ``big`` (OR-Library's capa, capb and capc with four capacities
each, split supply), ``holmberg``, ``diaz``, ``yang`` and ``tbed1`` (single sources), from the
folder ``sscflp`` in the one that the environment variable AMOPT_DATA names; drawn problems where
there is none. Seconds are those of the processor beside those of the clock, because a machine that
does other work as well stretches the latter; limits are of the clock. ``--alone`` gives HiGHS
alone, on one thread and the same strong model as bare arrays, so many seconds; 0 leaves it out.
``--markdown`` writes the table of the documentation's page as well.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray
from placement import drawn

from amopt.errors import AmoptError
from amopt.outcome import Status
from amopt.placement import Instance, solve
from amopt.placement.methods.arrays.families import assemble
from amopt.placement.supply.supply import Supply
from amopt.program.linear import LinearProgram
from amopt.program.solver.highs import Options

CAPACITIES = {
    "capa": ("p1", (8000, 10000, 12000, 14000)),
    "capb": ("p5", (5000, 6000, 7000, 8000)),
    "capc": ("p9", (5000, 5750, 6500, 7250)),
}
GAPS = {"big": 1e-6, "holmberg": 1e-6, "diaz": 1e-6, "yang": 5e-3, "tbed1": 5e-3}
"""Gaps that are asked for."""

Floats = NDArray[np.float64]


def read(path: Path, capacity: float | None, single: bool) -> dict[str, Any]:
    """Return the instance of a file: sizes, capacities, fixed costs, demands, costs by customer."""
    words = path.read_text(encoding="utf-8").split()
    count, customers = int(words[0]), int(words[1])
    parts = np.split(np.array(words[2:], dtype=float), np.cumsum([count, count, customers]))
    hours, fixed, demand, cost = parts[0], parts[1], parts[2], parts[3].reshape(customers, count)
    sites = [f"site {i}" for i in range(count)]
    ends = [f"customer {j}" for j in range(customers)]
    return {
        "amopt": 1,
        "kind": "placement",
        "name": path.name,
        "single_source": single,
        "network": {
            "places": [{"name": name} for name in (*sites, *ends)],
            "lanes": [
                {"from": site, "to": end, "cost_per_part": float(cost[j, i] / demand[j])}
                for i, site in enumerate(sites)
                for j, end in enumerate(ends)
            ],
        },
        "parts": [{"name": "unit", "print": [{"machine": "line", "hours": 1.0}]}],
        "machines": [{"name": "line", "utilisation_limit": 1.0, "queue_allowance_weeks": 0.0}],
        "sites": [
            {
                "place": site,
                "yearly_cost": float(fixed[i]),
                "contracts": [{"machine": "line", "hours_per_year": float(capacity or hours[i])}],
            }
            for i, site in enumerate(sites)
        ],
        "demand": [
            {"place": end, "part": "unit", "per_year": float(demand[j])}
            for j, end in enumerate(ends)
        ],
    }


def instances(folder: Path, name: str) -> Iterator[tuple[str, dict[str, Any], float | None]]:
    """Yield label, data and the best value known of each instance of a set."""
    if name == "big":
        for label, (file, capacities) in CAPACITIES.items():
            for capacity in capacities:
                yield f"{label} {capacity}", read(folder / name / file, capacity, False), None
        return
    with (folder / "optima.csv").open(encoding="utf-8") as rows:
        known = {(row["set"], row["file"]): float(row["single_source_best"])
                 for row in csv.DictReader(rows)}  # fmt: skip
    for path in sorted((folder / name).iterdir(), key=lambda path: int(path.name[1:])):
        yield f"{name} {path.name}", read(path, None, True), known.get((name, path.name))


def alone(program: LinearProgram, gap: float, limit: float) -> tuple[float, str]:
    """Return the seconds of HiGHS alone with the same model, and what it does."""
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = program.shape[1], program.shape[0]
    model.col_cost_, model.col_lower_, model.col_upper_ = program.cost, program.lower, program.upper
    model.row_lower_, model.row_upper_ = program.row_lower, program.row_upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = program.matrix.indptr
    model.a_matrix_.index_ = program.matrix.indices
    model.a_matrix_.value_ = program.matrix.data
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    model.integrality_ = [kinds[int(whole)] for whole in program.integer]
    solver = highspy.Highs()
    settings = {"output_flag": False, "threads": 1, "mip_rel_gap": gap, "time_limit": float(limit)}
    for option, value in settings.items():
        solver.setOptionValue(option, value)
    begun, used = time.perf_counter(), time.process_time()
    solver.passModel(model)
    solver.run()
    info = solver.getInfo()
    spent = time.process_time() - used
    value = info.objective_function_value
    text = f"{spent:8.1f} ({time.perf_counter() - begun:6.1f}) {info.mip_gap:8.1e} {value:14.3f}"
    return spent, text


def compare(
    label: str,
    data: dict[str, Any],
    known: float | None,
    gap: float,
    limits: tuple[float, float],
) -> str:
    """Solve an instance, let HiGHS do so by itself, and print a row of the table; return it."""
    instance = Instance.from_dict(data)
    begun, used = time.perf_counter(), time.process_time()
    row = f"{label:14} " + (" " * 14 if known is None else f"{known:14.3f}")
    cells = [label, "" if known is None else f"{known:,.10g}"]
    try:
        outcome = solve(
            instance, forms=False, options=Options(gap=gap, time_limit=limits[0])
        ).outcome
        row += f" {outcome.objective:14.3f} {outcome.bound:14.3f} {outcome.gap:8.1e}"
        proven = outcome.status is Status.OPTIMAL
        cells += [f"{outcome.objective:,.11g}", "proven" if proven else f"{outcome.gap:.2%}"]
    except AmoptError as error:
        row += f" {error}"
        cells += ["", str(error)]
    spent = time.process_time() - used
    row += f" {spent:8.1f} ({time.perf_counter() - begun:6.1f})"
    cells.append(f"{spent:.1f}")
    if limits[1]:
        program = assemble(Supply(instance), prune=False).program
        seconds, text = alone(program, gap, limits[1])
        row += f" | {text} {spent / seconds:6.2f}"
        cells += [f"{seconds:.1f}", f"{spent / seconds:.2f}"]
    print(row, flush=True)
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Run the sets."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("sets", nargs="*", help="all without any")
    parser.add_argument("--smoke", action="store_true", help="one small case, in seconds")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for each instance")
    parser.add_argument("--alone", type=float, default=60.0, help="seconds for HiGHS alone")
    parser.add_argument("--markdown", type=Path, help="file that the table is written to")
    arguments = parser.parse_args()
    if unknown := set(arguments.sets) - set(GAPS):
        parser.error(f"there is no set {', '.join(sorted(unknown))}: {', '.join(GAPS)}")
    folder = Path(os.environ.get("AMOPT_DATA", "")) / "sscflp"
    limits = arguments.limit, arguments.alone
    print("seconds are those of the processor (of the clock); ratio: ours by that of HiGHS alone")
    ours = f"{'value':>14} {'bound':>14} {'gap':>8} {'seconds':>17}"
    theirs = f"{'HiGHS alone':>17} {'gap':>8} {'value':>14}  ratio"
    print(f"{'instance':14} {'best known':>14} {ours} | {theirs}")
    rows: list[str] = []
    if not os.environ.get("AMOPT_DATA") or not folder.is_dir() or arguments.smoke:
        shape = (12, 40) if arguments.smoke else (80, 100)
        for single in (False, True):
            data = drawn(*shape) | {"single_source": single}
            rows.append(compare("drawn", data, None, 1e-6 if arguments.smoke else 1e-3, limits))
    else:
        for name in arguments.sets or GAPS:
            for label, data, known in instances(folder, name):
                rows.append(compare(label, data, known, GAPS[name], limits))
    if arguments.markdown is not None:
        heads = ["problem", "best known", "value", "gap", "seconds"]
        heads += ["HiGHS alone", "ratio"] if arguments.alone else []
        table = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|", *rows]
        arguments.markdown.write_text("\n".join(table) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
