"""Placement: known optima against HiGHS alone on the same arrays, and the large network.

    python benchmarks/placement.py [--smoke] [--limit SECONDS]

Known optima (OR-Library's files, where the environment variable AMOPT_DATA names the folder that
holds ``orlib``): seconds from a validated instance, whose network of lanes stands since the file
was checked, to an answer that the referee has accepted, without the pure forms beside it; over the
seconds that HiGHS alone needs for the strong model handed over as bare arrays. One thread each, the
best of several interleaved runs of each.

The large network: what each step of the Lagrangian route brings, and how long the whole takes with
the referee and his own proof of the bound.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from pathlib import Path
from typing import Any

import highspy
import numpy as np
from _placement_network import service_network

from amopt.placement import Instance, read_orlib_cap, solve
from amopt.placement.methods.arrays.families import assemble
from amopt.placement.methods.prices.climbing import Prices
from amopt.placement.methods.prices.local_search import improve, settled
from amopt.placement.methods.prices.openings import openings
from amopt.placement.methods.pricing import DenseSupply
from amopt.placement.methods.transport import fill
from amopt.placement.supply.supply import Supply
from amopt.program.linear import LinearProgram
from amopt.program.solver.highs import Options
from amopt.program.time import Budget

OPTIMA = {"cap61": 932615.750, "cap71": 932615.750, "cap101": 796648.437, "cap131": 793439.562}
LARGE, SMOKE = (100, 1000, 20), (10, 60, 3)


def bare(program: LinearProgram) -> tuple[float, float]:
    """Return the seconds that HiGHS alone needs, hand-over included, and the optimum."""
    begun = time.perf_counter()
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
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("mip_rel_gap", 1e-6)
    solver.passModel(model)
    solver.run()
    spent = time.perf_counter() - begun
    return spent, solver.getInfo().objective_function_value


def known(name: str, data: dict[str, Any], optimum: float | None, runs: int) -> None:
    """Compare one instance of known optimum."""
    for single in (False, True):
        instance = Instance.from_dict({**data, "single_source": single})
        program = assemble(Supply(instance), prune=False).program
        ours, theirs = [], []
        for _ in range(runs):
            begun = time.perf_counter()
            answer = solve(instance, forms=False)
            ours.append(time.perf_counter() - begun)
            seconds, value = bare(program)
            theirs.append(seconds)
        target = value if optimum is None else optimum
        error = abs(answer.outcome.objective - target) / target
        phases = answer.outcome.seconds
        print(
            f"  {name:>8} {'single' if single else 'split':>6}  amopt {min(ours) * 1e3:7.1f} ms  "
            f"HiGHS {min(theirs) * 1e3:7.1f} ms  ratio {min(ours) / min(theirs):.2f}  "
            f"gap {answer.outcome.gap:.0e}  off by {error:.0e}  "
            f"(build {phases['build'] * 1e3:.1f}, solve {phases['solve'] * 1e3:.1f}, "
            f"referee {phases['check'] * 1e3:.1f})"
        )


def large(shape: tuple[int, int, int], limit: float) -> None:
    """Take the Lagrangian route step by step, and then as a whole."""
    instance = Instance.from_dict(service_network(*shape))
    print(f"{instance.name}")
    begun = time.perf_counter()
    supply = Supply(instance)
    dense = DenseSupply(supply)
    print(f"  columns       {time.perf_counter() - begun:7.1f} s  {len(dense.columns):,}")
    begun = time.perf_counter()
    prices = Prices(dense)
    print(f"  first prices  {time.perf_counter() - begun:7.1f} s  bound {prices.bound:,.0f}")
    best = fill(dense, dense.most.copy())
    for rounds in (25, 100, 200, 300):
        while prices.rounds < rounds:
            prices.climb(best.cost)
        found = [settled(dense, fill(dense, count), Budget()) for count in openings(prices)]
        best = min([best, *found], key=lambda filled: filled.cost)
        if rounds == 25:
            prices.learn(best.count)
        show(f"{rounds} rounds", begun, prices.bound, best.cost)
    best = improve(dense, best, Budget(limit / 3), prices.bound / 0.9985)
    show("local search", begun, prices.bound, best.cost)
    begun, busy = time.perf_counter(), time.process_time()
    answer = solve(instance, method="lagrangian", options=Options(gap=0.005, time_limit=limit))
    spent, busy = time.perf_counter() - begun, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    phases = ", ".join(f"{name} {value:.1f}" for name, value in answer.outcome.seconds.items())
    proven = answer.verdict.measures["proven_bound"]
    print(f"  solve to 0.5 %{spent:7.1f} s  gap {answer.outcome.gap:.3%}  {phases}")
    print(f"                processor {busy:.1f} s; peak {peak:.1f} GB")
    print(f"                the referee proves a bound of {proven:,.0f}")


def show(step: str, begun: float, bound: float, cost: float) -> None:
    """Print where a step has come to."""
    print(f"  {step:<13} {time.perf_counter() - begun:7.1f} s  bound {bound:,.0f}  "
          f"plan {cost:,.0f}  gap {(cost - bound) / cost:.3%}")  # fmt: skip


def drawn(sites: int, customers: int, seed: int = 1) -> dict[str, Any]:
    """Return a problem of OR-Library's kind, drawn at random, for where its files are not."""
    rng = np.random.default_rng(seed)
    ends = [f"warehouse {i}" for i in range(sites)], [f"customer {j}" for j in range(customers)]
    at, to = rng.uniform(0, 100, (sites, 2)), rng.uniform(0, 100, (customers, 2))
    far = np.hypot(*(at[:, None] - to[None]).transpose(2, 0, 1))
    return {
        "amopt": 1,
        "kind": "placement",
        "name": "drawn",
        "network": {
            "places": [{"name": name} for name in (*ends[0], *ends[1])],
            "lanes": [
                {"from": ends[0][i], "to": ends[1][j], "cost_per_part": float(far[i, j])}
                for i in range(sites)
                for j in range(customers)
            ],
        },
        "parts": [{"name": "unit", "print": [{"machine": "line", "hours": 1.0}]}],
        "machines": [{"name": "line", "utilisation_limit": 1.0, "queue_allowance_weeks": 0.0}],
        "sites": [
            {
                "place": name,
                "yearly_cost": float(rng.uniform(500, 1500)),
                "contracts": [{"machine": "line", "hours_per_year": 60.0 * customers / sites}],
            }
            for name in ends[0]
        ],
        "demand": [
            {"place": name, "part": "unit", "per_year": float(rng.uniform(5, 35))}
            for name in ends[1]
        ],
    }


def main() -> None:
    """Run the cases."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--smoke", action="store_true", help="small cases, in seconds")
    parser.add_argument("--limit", type=float, default=280.0, help="seconds for the large network")
    arguments = parser.parse_args()
    runs = 3 if arguments.smoke else 15
    folder = Path(os.environ.get("AMOPT_DATA", "")) / "orlib"
    print("known optima: seconds to an accepted answer over those of HiGHS alone")
    if os.environ.get("AMOPT_DATA") and folder.is_dir():
        for name, optimum in OPTIMA.items():
            known(name, read_orlib_cap(folder / f"{name}.txt"), optimum, runs)
    else:
        print("  AMOPT_DATA does not name a folder that holds orlib: drawn problems instead")
    known("drawn", drawn(10, 40) if arguments.smoke else drawn(30, 100), None, runs)
    large(SMOKE if arguments.smoke else LARGE, 10.0 if arguments.smoke else arguments.limit)


if __name__ == "__main__":
    main()
