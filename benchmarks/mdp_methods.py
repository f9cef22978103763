"""Compare ways to solve one Markov decision process, in one run.

The process is the full printing decision of one part at a remote place (Westerweel 2019, chapter
3): a cycle of ``L`` days, ``N`` systems, state ``(n, I, P)`` of days until the replenishment, net
stock and printed parts in operation. Every way gets the same arrays; the error of its values is
measured against policy iteration. Seconds are those of the processor; they are compared within the
run, never between runs.

    python benchmarks/mdp_methods.py                 # N = 20 and 42
    python benchmarks/mdp_methods.py --systems 20 --json results.json
    python benchmarks/mdp_methods.py --smoke         # a few seconds
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from _markdown import power, short, table, write
from numpy.typing import NDArray

from amopt.errors import AmoptError
from amopt.mdp import MarkovDecisionProcess
from amopt.mdp.converters import to_quantecon
from amopt.outcome import versions
from amopt.printing import Instance
from amopt.printing.instance import Discounted, Part, System
from amopt.printing.process.processes import full_process
from amopt.program.solver.highs import Options

Floats = NDArray[np.float64]

DISCOUNT = 0.9995
TIME_LIMIT = 120.0


@dataclass(frozen=True)
class Row:
    """The result of one way: seconds, their ratio to the quickest, error of the values."""

    systems: int
    way: str
    seconds: float
    ratio: float
    error: float
    note: str


def printing_process(systems: int) -> MarkovDecisionProcess:
    """Return the full printing process of a part with the costs of the source's table 3.1."""
    part = Part(
        name="part",
        system="machine",
        order_cost=100.0,
        print_cost=50.0,
        failure_probability_per_day=0.01,
        printed_failure_probability_per_day=0.2,
        holding_cost_per_day=1.0,
    )
    instance = Instance(
        name=f"{systems} systems",
        cycle_days=7,
        criterion=Discounted(discount_per_day=DISCOUNT),
        systems=(System(name="machine", count=systems, backorder_cost_per_day=30.0),),
        parts=(part,),
    )
    return full_process(instance.parameters).process


Way = Callable[[], tuple[Floats, float, str]]


def own_way(process: MarkovDecisionProcess, method: str, **settings: object) -> Way:
    """Return a run of one of amopt's methods: values, seconds, a note."""

    def run() -> tuple[Floats, float, str]:
        options = Options(time_limit=TIME_LIMIT, presolve=False)
        began = time.process_time()
        solution = process.solve(method, options=options, tolerance=1e-7, **settings)  # type: ignore[arg-type]
        seconds = time.process_time() - began
        outcome = solution.outcome
        return solution.value, seconds, f"{outcome.method}, {outcome.iterations} iterations"

    return run


def quantecon_way(process: MarkovDecisionProcess, method: str) -> Way:
    """Return a run of QuantEcon's DiscreteDP; it maximises rewards."""
    from quantecon.markov import DiscreteDP

    def run() -> tuple[Floats, float, str]:
        arrays = to_quantecon(process)
        problem = DiscreteDP(
            arrays.rewards, arrays.transition, DISCOUNT, arrays.states, arrays.actions
        )
        began = time.process_time()
        result = problem.solve(method=method, epsilon=1e-4, max_iter=50_000)
        seconds = time.process_time() - began
        return -result.v, seconds, f"{result.num_iter} iterations"

    return run


def ways(process: MarkovDecisionProcess, *, slow: bool) -> dict[str, Way]:
    """Return the ways to compare, quick ones first."""
    found = {
        "policy iteration": own_way(process, "policy_iteration"),
        "value iteration": own_way(process, "value_iteration"),
        "modified policy iteration": own_way(process, "modified_policy_iteration"),
        "LP dual from a policy": own_way(process, "lp"),
        "LP dual, cold": own_way(process, "lp", start="cold"),
    }
    if slow:
        found["LP primal, cold"] = own_way(process, "lp", start="cold", form="primal")
    try:
        found["QuantEcon policy iteration"] = quantecon_way(process, "pi")
        if slow:
            found["QuantEcon modified policy iteration"] = quantecon_way(process, "mpi")
            found["QuantEcon value iteration"] = quantecon_way(process, "vi")
    except ImportError:
        print("quantecon is not installed: left out")
    return found


def compare(systems: int, *, slow: bool) -> tuple[str, list[Row]]:
    """Return the size of the process, and one row a way."""
    began = time.process_time()
    process = printing_process(systems)
    size = f"{process.states:,} states, {process.pairs:,} pairs, {process.transition.nnz:,} chances"
    print(f"N = {systems}: {size}; built in {time.process_time() - began:.2f} s")
    began = time.process_time()
    print(f"{len(process.layers.layers)} layers; found in {time.process_time() - began:.3f} s")
    reference = process.solve("policy_iteration").value
    scale = float(np.abs(reference).max())
    results: list[tuple[str, float, float, str]] = []
    for name, run in ways(process, slow=slow).items():
        try:
            value, seconds, note = run()
            error = float(np.abs(value - reference).max()) / scale
        except (AmoptError, RuntimeError) as problem:
            seconds, error, note = float("nan"), float("nan"), str(problem)
        results.append((name, seconds, error, note))
        print(f"  {name}: {seconds:.3f} s", flush=True)
    quickest = min(seconds for _, seconds, _, _ in results if seconds == seconds)
    return f"N = {systems} has {size}", [
        Row(systems, name, seconds, seconds / quickest, error, note)
        for name, seconds, error, note in results
    ]


def show(rows: list[Row]) -> None:
    """Print the rows as a table."""
    print(f"\n{'N':>4} {'way':<38} {'seconds':>9} {'ratio':>8} {'error':>9}  note")
    for row in rows:
        print(
            f"{row.systems:>4} {row.way:<38} {row.seconds:>9.3f} {row.ratio:>8.1f} "
            f"{row.error:>9.1e}  {row.note}"
        )


def _cell(row: Row | None) -> str:
    if row is None:
        return ""
    if row.seconds != row.seconds:
        return f"not in {TIME_LIMIT:g} of the clock"
    return f"{short(row.seconds)} ({short(row.ratio)})"


def markdown(sizes: list[str], rows: list[Row]) -> list[str]:
    """Return a sentence and the table: a row a way, a column a size."""
    found = {(row.way, row.systems): row for row in rows}
    systems = list(dict.fromkeys(row.systems for row in rows))
    cells = []
    for way in dict.fromkeys(row.way for row in rows):
        mine = [found.get((way, size)) for size in systems]
        error = max((row.error for row in mine if row and row.error == row.error), default=0)
        cells.append([way, *map(_cell, mine), power(error)])
    heads = ["way", *(f"N = {size}" for size in systems)]
    lead = (
        f"The full printing process, a cycle of 7 days, discount {DISCOUNT}, seconds of the "
        f"processor to solve, in brackets how many times the quickest; {'; '.join(sizes)}. "
        "What is left blank takes minutes. The error is the largest of any value, against "
        "policy iteration, as a share of the largest value."
    )
    return [lead, table([*heads, "error"], cells)]


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--systems", type=int, nargs="+", default=[20, 42], help="sizes N to run")
    parser.add_argument("--all", action="store_true", help="also the ways that take minutes")
    parser.add_argument("--smoke", action="store_true", help="a small case, in a few seconds")
    parser.add_argument("--json", type=Path, help="where to write the results")
    parser.add_argument("--markdown", type=Path, help="where to write the table of the docs")
    arguments = parser.parse_args()
    sizes = [5] if arguments.smoke else arguments.systems
    rows, told = [], []
    for size in sizes:
        said, found = compare(size, slow=arguments.smoke or arguments.all or size <= 20)
        told.append(said)
        rows += found
    show(rows)
    if arguments.markdown:
        write(arguments.markdown, *markdown(told, rows))
    if arguments.json:
        record = {
            "machine": platform.platform(),
            "versions": versions("amopt", "highspy", "numpy", "scipy", "quantecon"),
            "rows": [asdict(row) for row in rows],
        }
        arguments.json.write_text(json.dumps(record, indent=2))


if __name__ == "__main__":
    main()
