"""What two versions of amopt are compared on: work that both of them know, run by either.

The interpreter of each version runs this file as a worker: names of cases come in, a line each with
how often to run it; the processor's seconds of one run go out. A case is written with what is
public, and takes its numbers from here, so that both versions get the same. Building a case is no
part of its time.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from _placement_network import service_network
from _sourcing_portfolio import portfolio

Task = Callable[[], object]

FILES = {
    "mission": "printing/mission.yaml",
    "table": "printing/table-3-1.yaml",
    "textbook": "placement/textbook.yaml",
    "orders": "placement/orders.yaml",
    "hangbar": "sourcing/hangbar.yaml",
    "bush": "sourcing/bush.yaml",
    "portfolio": "sourcing/portfolio-36x7.yaml",
}
"""The files that are read and solved, by name: those of the version before."""


def cases(folder: Path, data: Path | None) -> Mapping[str, Callable[[], Task]]:
    """Return how each case is built, by its name.

    Parameters
    ----------
    folder
        The folder of the instances.
    data
        The folder that holds ``orlib``; None where there is none, and those cases with it.
    """
    found: dict[str, Callable[[], Task]] = {
        "printing, closed form, 5,000 systems": partial(_printed, 5000),
        "policy iteration, 200 states": partial(_process, 200),
        "transfer of a Pyomo model, 30,000 nonzeros": partial(_transfer, 300),
        "sourcing, 300 lines, read and check": partial(_read, 300),
        "sourcing, 300 lines, solve": partial(_sourced, 300),
        "placement, 10 x 60 x 3, solve": partial(_network, (10, 60, 3)),
    }
    for name, file in FILES.items():
        found[f"{name}, solve"] = partial(_file, folder / file)
    for name in ("cap61", "cap131") if data else ():
        for single in (False, True):
            label = f"{name}, {'single source' if single else 'split'}"
            found[label] = partial(_location, data, name, single)
    return found


def _solving(instance: Any, **how: Any) -> Task:
    import amopt

    return partial(amopt.solve, instance, **how)


def _file(path: Path) -> Task:
    import amopt

    return _solving(amopt.load(path))


def _printed(systems: int) -> Task:
    import amopt

    part = {
        "name": "part",
        "system": "machine",
        "order_cost": 100.0,
        "print_cost": 50.0,
        "failure_probability_per_day": 0.001,
        "printed_failure_probability_per_day": 0.2,
        "holding_cost_per_day": 1.0,
    }
    data = {
        "amopt": 1,
        "kind": "printing",
        "name": "one part",
        "cycle_days": 7,
        "criterion": {"discount_per_day": 0.9995},
        "systems": [{"name": "machine", "count": systems, "backorder_cost_per_day": 30.0}],
        "parts": [part],
    }
    return _solving(amopt.load(data), method="closed")


def _process(states: int, actions: int = 5, branches: int = 8) -> Task:
    from amopt.mdp import MarkovDecisionProcess

    rng = np.random.default_rng(1)
    pairs = states * actions
    to = np.argsort(rng.random((pairs, states)), axis=1)[:, :branches]
    starts = np.arange(0, pairs * branches + 1, branches)
    parts = rng.dirichlet(np.ones(branches), pairs)
    transition = sp.csr_array((parts.ravel(), to.ravel(), starts), shape=(pairs, states))
    transition.sort_indices()
    of = np.repeat(np.arange(states), actions)
    process = MarkovDecisionProcess(transition, rng.uniform(0, 9, pairs), of, 0.99)
    return partial(process.solve, "policy_iteration")


def _transfer(customers: int) -> Task:
    import pyomo.environ as pyo

    from amopt.program.pyomo import compile_model

    rng = np.random.default_rng(0)
    cost = rng.uniform(1, 9, (customers, customers // 10)).tolist()
    i, j = range(customers), range(customers // 10)
    model: Any = pyo.ConcreteModel()
    model.x, model.y = pyo.Var(i, j, bounds=(0, None)), pyo.Var(j, bounds=(0, 1))
    model.served = pyo.Constraint(i, rule=lambda m, i: sum(m.x[i, k] for k in j) == 1)
    model.open = pyo.Constraint(i, j, rule=lambda m, i, j: m.x[i, j] <= m.y[j])
    model.cost = pyo.Objective(
        expr=sum(cost[a][b] * model.x[a, b] for a in i for b in j) + 30 * sum(model.y.values())
    )
    return partial(compile_model, model)


def _read(parts: int) -> Task:
    import amopt

    return partial(amopt.load, portfolio(parts, 7))


def _sourced(parts: int) -> Task:
    import amopt

    return _solving(amopt.load(portfolio(parts, 7)))


def _network(shape: tuple[int, int, int]) -> Task:
    import amopt

    return _solving(amopt.load(service_network(*shape)))


def _location(data: Path, name: str, single: bool) -> Task:
    from amopt.placement import Instance, read_orlib_cap, solve

    read = read_orlib_cap(data / "orlib" / f"{name}.txt")
    instance = Instance.from_dict({**read, "single_source": single})
    return partial(solve, instance, forms=False)


def work() -> None:
    """Answer for one case after the other, until there are no more."""
    folder, data = Path(sys.argv[1]), os.environ.get("AMOPT_DATA")
    known = cases(folder, Path(data) if data and (Path(data) / "orlib").is_dir() else None)
    built: dict[str, Task] = {}
    for line in sys.stdin:
        name, times = json.loads(line)
        if name not in built:
            built.clear()
            built[name] = known[name]()
        gc.collect()
        used = time.process_time()
        for _ in range(times):
            built[name]()
        print(json.dumps((time.process_time() - used) / times), flush=True)


if __name__ == "__main__":
    work()
