"""Capacitated location from the literature: seconds to proof, against HiGHS alone and known values.

    python benchmarks/placement_location.py [SETS ...] [--limit SECONDS] [--alone SECONDS]
        [--markdown FILE] [--smoke]

One row for each instance: the best value known, ours with bound, gap and seconds, and those of
HiGHS alone in the same run. SETS are ``big`` (OR-Library's capa, capb and capc with four capacities
each, split supply), ``drawn`` (points on a square, split), ``holmberg``, ``diaz``, ``yang`` and
``tbed1`` (single sources), from the folder ``sscflp`` in the one that the environment variable
AMOPT_DATA names; without it the drawn ones alone. Seconds are those of the processor beside those
of the clock, because a machine that does other work as well stretches the latter; limits are of the
clock. HiGHS alone has one thread and the same strong model as bare arrays; each set gives it so
many seconds that the whole ends within eight minutes, none where it has no plan in them;
``--alone`` gives it others, and 0 leaves it out. ``--markdown`` writes the tables of the
documentation's page as well.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import _markdown
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


class Set(NamedTuple):
    """Gap that is asked for, seconds that HiGHS alone is given, and what the problems are."""

    gap: float
    alone: float
    what: str


SETS = {
    "big": Set(1e-6, 0.0, "OR-Library's problems, split supply, to 1e-6."),
    "drawn": Set(1e-4, 15.0, "Points drawn on a square, split supply, to 1e-4."),
    "holmberg": Set(1e-6, 5.0, "Holmberg's problems, single sources, to proof."),
    "diaz": Set(1e-6, 20.0, "Diaz-Fernandez's problems, single sources, to proof."),
    "yang": Set(5e-3, 0.0, "Yang's problems, single sources, to 0.5 %."),
    "tbed1": Set(5e-3, 0.0, "TBED1, single sources, to 0.5 %."),
}
DRAWN = ((50, 100, 1), (50, 100, 2), (100, 100, 1))
"""Sites, customers and seed."""

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
    if name == "drawn":
        for sites, customers, seed in DRAWN:
            yield f"drawn {sites} ({seed})", drawn(sites, customers, seed), None
        return
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


def alone(program: LinearProgram, gap: float, limit: float) -> tuple[float, float, str]:
    """Return the seconds of HiGHS alone with the same model, its gap, and both with its value."""
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
    return spent, info.mip_gap, text


def compare(
    label: str, data: dict[str, Any], known: float | None, asked: Set, limit: float
) -> list[str]:
    """Solve an instance, let HiGHS do so by itself, and print a row; return the table's cells."""
    instance = Instance.from_dict(data)
    size = f"{len(data['sites'])} x {len(data['demand'])}"
    begun, used = time.perf_counter(), time.process_time()
    row = f"{label:14} " + (" " * 14 if known is None else f"{known:14.3f}")
    cells = [label, size, "" if known is None else f"{known:,.10g}"]
    try:
        options = Options(gap=asked.gap, time_limit=limit)
        outcome = solve(instance, forms=False, options=options).outcome
        row += f" {outcome.objective:14.3f} {outcome.bound:14.3f} {outcome.gap:8.1e}"
        cells += [f"{outcome.objective:,.11g}", reached(outcome.gap, outcome.status)]
    except AmoptError as error:
        row += f" {error}"
        cells += ["", str(error)]
    spent = time.process_time() - used
    row += f" {spent:8.1f} ({time.perf_counter() - begun:6.1f})"
    cells.append(_markdown.short(spent))
    if asked.alone:
        program = assemble(Supply(instance), prune=False).program
        seconds, gap, text = alone(program, asked.gap, asked.alone)
        row += f" | {text} {spent / seconds:6.2f}"
        ended = gap <= asked.gap * (1 + 1e-6)
        cells.append(_markdown.short(seconds) if ended else f"{gap:.1%} after {seconds:.0f}")
        cells.append(f"{spent / seconds:.2f}" if ended else "")
    print(row, flush=True)
    return cells


def reached(gap: float, status: Status) -> str:
    """Return the gap in words: proven, or so much."""
    return "proven" if status is Status.OPTIMAL or gap <= 1e-6 else f"{gap:.2%}"


def tables(rows: dict[str, list[list[str]]], sets: dict[str, Set]) -> Iterator[str]:
    """Yield what the problems of each set are, and its table; a column without entries is out."""
    yield (
        "Seconds are of the processor, one thread, one run each; those of HiGHS alone are of the "
        "same run, on the same strong model, to the same gap, or its gap when its time was over. "
        "Where there is none, it had no time in this run."
    )
    for name, cells in rows.items():
        heads = ["problem", "size", "best known", "value", "gap", "seconds"]
        heads += ["HiGHS alone", "ratio"] if sets[name].alone else []
        told = [k for k in range(len(heads)) if any(row[k] for row in cells)]
        yield sets[name].what
        yield _markdown.table([heads[k] for k in told], [[row[k] for k in told] for row in cells])


def main() -> None:
    """Run the sets."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("sets", nargs="*", help="all without any")
    parser.add_argument("--smoke", action="store_true", help="one small case, in seconds")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for each instance")
    parser.add_argument("--alone", type=float, help="seconds for HiGHS alone, in each set")
    parser.add_argument("--markdown", type=Path, help="file that the tables are written to")
    arguments = parser.parse_args()
    if unknown := set(arguments.sets) - set(SETS):
        parser.error(f"there is no set {', '.join(sorted(unknown))}: {', '.join(SETS)}")
    folder = Path(os.environ.get("AMOPT_DATA", "")) / "sscflp"
    sets = dict(SETS)
    if arguments.alone is not None:
        sets = {name: one._replace(alone=arguments.alone) for name, one in sets.items()}
    chosen = [name for name in SETS if name in (arguments.sets or SETS)]
    if not os.environ.get("AMOPT_DATA") or not folder.is_dir() or arguments.smoke:
        chosen = ["drawn"]
    print("seconds are those of the processor (of the clock); ratio: ours by that of HiGHS alone")
    ours = f"{'value':>14} {'bound':>14} {'gap':>8} {'seconds':>17}"
    theirs = f"{'HiGHS alone':>17} {'gap':>8} {'value':>14}  ratio"
    print(f"{'instance':14} {'best known':>14} {ours} | {theirs}")
    rows: dict[str, list[list[str]]] = {}
    for name in chosen:
        problems = instances(folder, name)
        if arguments.smoke:
            single = {"single_source": True}
            problems = iter([("drawn", drawn(12, 40) | more, None) for more in ({}, single)])
        rows[name] = [
            compare(label, data, known, sets[name], arguments.limit)
            for label, data, known in problems
        ]
    if arguments.markdown is not None:
        _markdown.write(arguments.markdown, *tables(rows, sets))


if __name__ == "__main__":
    main()
