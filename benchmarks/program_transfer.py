"""What a readable model costs: build and hand-over by several roads, against bare arrays.

A facility-location LP: ``size`` customers, a tenth as many sites. Only the ratios
within one run mean something.

    python benchmarks/program_transfer.py [size]
    python benchmarks/program_transfer.py --smoke
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyomo.environ as pyo
import scipy.sparse as sp
from pyomo.common.gc_manager import PauseGC

from amopt.program.linear import LinearProgram
from amopt.program.pyomo import compile_model, to_pyomo
from amopt.program.solver.highs import Solver


def arrays(cost: np.ndarray, opening: np.ndarray) -> LinearProgram:
    """Build min sum c_ij x_ij + f_j y_j with sum_j x_ij = 1 and x_ij <= y_j as arrays."""
    customers, sites = cost.shape
    pairs = customers * sites
    served = sp.kron(sp.eye_array(customers), np.ones((1, sites)))
    of_site = sp.kron(np.ones((customers, 1)), sp.eye_array(sites))
    matrix = sp.block_array([[served, None], [sp.eye_array(pairs), -of_site]], format="csr")
    return LinearProgram.from_arrays(
        np.r_[cost.ravel(), opening],
        matrix,
        np.r_[np.ones(customers), np.full(pairs, -np.inf)],
        np.r_[np.ones(customers), np.zeros(pairs)],
        upper=np.r_[np.full(pairs, np.inf), np.ones(sites)],
    )


def rules(cost: np.ndarray, opening: np.ndarray) -> Any:
    """Build the same with Pyomo rules."""
    with PauseGC():
        model = pyo.ConcreteModel()
        customers, sites = (range(size) for size in cost.shape)
        c, f = cost.tolist(), opening.tolist()
        model.x = pyo.Var(customers, sites, domain=pyo.NonNegativeReals)
        model.y = pyo.Var(sites, bounds=(0, 1))
        x, y = model.x, model.y
        model.served = pyo.Constraint(customers, rule=lambda m, i: sum(x[i, j] for j in sites) == 1)
        model.open = pyo.Constraint(customers, sites, rule=lambda m, i, j: x[i, j] <= y[j])
        model.cost = pyo.Objective(
            expr=sum(c[i][j] * x[i, j] for i in customers for j in sites)
            + sum(f[j] * y[j] for j in sites)
        )
        return model


def seconds(task: Callable[[], Any]) -> tuple[float, Any]:
    """Return the best of three runs, and the result."""
    best, result = np.inf, None
    for _ in range(3):
        begun = time.perf_counter()
        result = task()
        best = min(best, time.perf_counter() - begun)
    return best, result


def main(size: int = 580) -> None:
    """Print seconds and ratios."""
    rng = np.random.default_rng(0)
    cost = rng.uniform(1, 9, (size, max(2, size // 10)))
    opening = rng.uniform(20, 40, cost.shape[1])
    bare, program = seconds(lambda: arrays(cost, opening))
    handed, _ = seconds(lambda: Solver(program))
    built, model = seconds(lambda: rules(cost, opening))
    compiled, result = seconds(lambda: compile_model(model))
    turned, _ = seconds(lambda: to_pyomo(program))
    assert result.program.matrix.nnz == program.matrix.nnz
    print(
        f"{program.matrix.nnz:,} nonzeros, {program.shape[0]:,} rows, {program.shape[1]:,} columns"
    )
    for name, value in (
        ("arrays: build", bare),
        ("arrays: hand-over to HiGHS", handed),
        ("Pyomo rules: build", built),
        ("Pyomo rules: compile", compiled),
        ("arrays to a Pyomo model", turned),
    ):
        print(f"{name:28} {value:8.4f} s {value / (bare + handed):8.1f} x")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", type=int, nargs="?", default=580, help="customers")
    parser.add_argument("--smoke", action="store_true", help="a small case, in a second")
    asked = parser.parse_args()
    main(60 if asked.smoke else asked.size)
