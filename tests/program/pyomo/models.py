"""Models that are compiled, solved and read back, and the solvers of Pyomo's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo


def plant(most: float = 3) -> Any:
    """A small model with rows of all kinds, a fixed variable and one that stands nowhere."""
    model = pyo.ConcreteModel(name="plant")
    model.I = pyo.Set(initialize=["a", "b"])
    model.x = pyo.Var(model.I, [1, 2], bounds=(0, 5))
    model.y = pyo.Var(domain=pyo.Binary)
    model.spare = pyo.Var(model.I, bounds=(2, None))
    model.two_sided = pyo.Constraint(
        model.I, rule=lambda m, i: (1, m.x[i, 1] + 2 * m.x[i, 2] - m.y, 4)
    )
    model.equal = pyo.Constraint(expr=model.x["a", 1] == model.x["b", 2] + 0.5)
    model.most = pyo.Constraint(expr=model.x["a", 1] + model.x["a", 2] <= most)
    model.least = pyo.Constraint(expr=model.x["b", 2] >= 0.25)
    model.x["b", 1].fix(1)
    model.profit = pyo.Objective(expr=sum(model.x.values()) + 3 * model.y + 7, sense=pyo.maximize)
    return model


def appsi(model: Any) -> Any:
    return pyo.SolverFactory("appsi_highs").solve(model)


def contributed(model: Any) -> Any:
    from pyomo.contrib.solver.common.factory import SolverFactory

    return SolverFactory("highs").solve(model)


def random_model(seed: int) -> Any:
    rng = np.random.default_rng(seed)
    m, n = (int(size) for size in rng.integers(1, 6, 2))
    coefficients = rng.integers(-3, 4, (m, n)).astype(float)
    middle = coefficients @ rng.uniform(0, 2, n)
    model = pyo.ConcreteModel()
    model.x = pyo.Var(range(n), bounds=(0, 4))
    model.row = pyo.Constraint(pyo.Any)
    for i in np.flatnonzero(coefficients.any(axis=1)).tolist():
        body = sum(coefficients[i, j] * model.x[j] for j in range(n) if coefficients[i, j])
        kind = rng.integers(4)
        model.row[i] = [
            (middle[i] - 1, body, None),
            (None, body, middle[i] + 1),
            (middle[i], body, middle[i]),
            (middle[i] - 1, body, middle[i] + 1),
        ][kind]
    cost = rng.integers(-4, 5, n)
    sense = pyo.maximize if rng.random() < 0.5 else pyo.minimize
    model.cost = pyo.Objective(
        expr=sum(int(c) * model.x[j] for j, c in enumerate(cost)) + 1, sense=sense
    )
    return model
