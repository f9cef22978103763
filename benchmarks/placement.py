"""Placement: known optima against HiGHS alone on the same arrays, and the large network.

    python benchmarks/placement.py [--smoke] [--limit SECONDS] [--markdown FILE]

Known optima (OR-Library's files, where the environment variable AMOPT_DATA names the folder that
holds ``orlib``): seconds from a validated instance, whose network of lanes stands since the file
was checked, to an answer that the referee has accepted, without the pure forms beside it; over the
seconds that HiGHS alone needs for the strong model handed over as bare arrays. One thread each, the
best of several interleaved runs of each.

The large network: what each step of the Lagrangian route brings, and how long the whole takes with
the referee and his own proof of the bound; other networks of its size, one of several periods in
which machines lose half of their book value when they are sold, and one whose open sites are
limited, or emissions, stock room, fill rates of places, a budget, or the sources of a pair.

``--markdown`` writes the tables of the documentation.
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
from _placement_network import service_network, under_limits

from amopt.errors import NoAnswerError
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
PERIODS, LIMITED = (60, 400, 5), (60, 400, 8)
HEADS = """
| problem | amopt, ms | HiGHS alone, ms | ratio |
|---|---|---|---|
{}

Milliseconds from a validated instance to an accepted answer, and of HiGHS alone on the same strong
model as bare arrays, to a proof of 1e-6: the best of runs that took turns.

| sites x places x parts | gap | seconds | ways of supply | forms | prices and plans | referee | \
memory |
|---|---|---|---|---|---|---|---|
{}

Asked for a gap of 0.5 %; with periods 60 s at most, with few open sites 40 s, under other limits
and with single sources 20 s. Emissions are within 3 % of the least there can be. Seconds are of the
processor, by phase of the clock; memory is the largest of the process until then.
"""


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


def known(name: str, data: dict[str, Any], optimum: float | None, runs: int) -> list[str]:
    """Compare one instance of known optimum; return rows of the table."""
    rows = []
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
        rows.append(
            f"| {name}, {'single sources' if single else 'split'} | {min(ours) * 1e3:.0f} | "
            f"{min(theirs) * 1e3:.0f} | {min(ours) / min(theirs):.2f} |"
        )
    return rows


def large(shape: tuple[int, int, int], limit: float) -> None:
    """Take the Lagrangian route step by step."""
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


def whole(name: str, data: dict[str, Any], limit: float, *, forms: bool = False) -> str:
    """Solve a network as a whole; return its row of the table."""
    instance, busy = Instance.from_dict(data), time.process_time()
    try:
        answer = solve(instance, options=Options(gap=0.005, time_limit=limit), forms=forms)
    except NoAnswerError as error:
        print(f"  {name}: {error}")
        return f"| {name} | no plan | {time.process_time() - busy:.1f} | | | | | |"
    busy = time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    spent, outcome = answer.outcome.seconds, answer.outcome
    phases = [spent.get(phase, 0.0) for phase in ("build", "forms", "solve", "check")]
    row = f"| {name} | {outcome.gap:.2%} | {busy:.1f} | "
    row += " | ".join(f"{seconds:.1f}" for seconds in phases) + f" | {peak:.1f} GB |"
    print(f"  {row}  {outcome.objective:,.0f}", flush=True)
    return row.replace("% |", " % |", 1)


def networks(small: bool, limit: float) -> list[str]:
    """Solve the networks; return rows of the table."""
    rows = []
    size = SMOKE if small else PERIODS
    data = service_network(*size, seed=1)
    data["machines"][0]["resale_loss"] = 0.5
    data["periods"] = [{"name": f"year {t}", "demand_factor": 1 + 0.3 * t} for t in range(4)]
    rows.append(whole(f"{_of(size)} x 4 periods", data, min(limit, 60.0)))
    size = SMOKE if small else LIMITED
    data = service_network(*size, seed=1)
    data["limits"] = {"open_sites": 1 if small else 2}
    rows.append(whole(f"{_of(size)}, few open sites", data, min(limit, 40.0)))
    rows += [
        whole(f"{_of(size)}, {what}", limited, min(limit, 20.0))
        for what, limited in under_limits(*size).items()
    ]
    size = SMOKE if small else LARGE
    rows += [
        whole(f"{_of(size)}, seed {seed}", service_network(*size, seed=seed), limit)
        for seed in ((0,) if small else (0, 2, 4))
    ]
    rows.append(whole(f"{_of(size)}, with the forms", service_network(*size), limit, forms=True))
    return rows


def _of(size: tuple[int, int, int]) -> str:
    return "{:,} x {:,} x {:,}".format(*size)


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
    parser.add_argument("--markdown", type=Path, help="file that the tables are written to")
    arguments = parser.parse_args()
    runs = 3 if arguments.smoke else 15
    folder = Path(os.environ.get("AMOPT_DATA", "")) / "orlib"
    optima: list[str] = []
    print("known optima: seconds to an accepted answer over those of HiGHS alone")
    if os.environ.get("AMOPT_DATA") and folder.is_dir():
        for name, optimum in OPTIMA.items():
            optima += known(name, read_orlib_cap(folder / f"{name}.txt"), optimum, runs)
    else:
        print("  AMOPT_DATA does not name a folder that holds orlib: drawn problems instead")
    optima += known("drawn", drawn(10, 40) if arguments.smoke else drawn(30, 100), None, runs)
    limit = 10.0 if arguments.smoke else arguments.limit
    print("networks")
    rows = networks(arguments.smoke, limit)
    if arguments.markdown is None:
        large(SMOKE if arguments.smoke else LARGE, limit)
    else:
        text = HEADS.lstrip().format("\n".join(optima), "\n".join(rows))
        arguments.markdown.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
