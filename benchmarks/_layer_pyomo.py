"""Three linear programs by the rules of Pyomo."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np
import pyomo.environ as pyo
from _layer_programs import Case, Placement, Printing, Sourcing

from amopt.program.pyomo.expressions import linear


@singledispatch
def rules(case: Case) -> Any:
    """Return the program of a case as a Pyomo model."""
    raise TypeError(case)


@rules.register
def _(case: Sourcing) -> Any:
    model = pyo.ConcreteModel()
    lines, suppliers, levels = map(range, case.price.shape)
    price, order, low, high = (
        array.tolist() for array in (case.price, case.order, case.low, case.high)
    )
    need, hours, capacity = case.need.tolist(), case.hours.tolist(), case.capacity.tolist()
    model.x = pyo.Var(lines, suppliers, levels, domain=pyo.NonNegativeReals)
    model.y = pyo.Var(lines, suppliers, levels, bounds=(0, 1))
    x, y = model.x, model.y
    model.met = pyo.Constraint(
        lines, rule=lambda m, i: sum(x[i, s, k] for s in suppliers for k in levels) == need[i]
    )
    model.high = pyo.Constraint(
        lines, suppliers, levels, rule=lambda m, i, s, k: x[i, s, k] <= high[i][k] * y[i, s, k]
    )
    model.low = pyo.Constraint(
        lines, suppliers, levels, rule=lambda m, i, s, k: x[i, s, k] >= low[i][k] * y[i, s, k]
    )
    model.one = pyo.Constraint(
        lines, suppliers, rule=lambda m, i, s: sum(y[i, s, k] for k in levels) <= 1
    )
    model.hours = pyo.Constraint(
        suppliers,
        rule=lambda m, s: sum(hours[i] * x[i, s, k] for i in lines for k in levels) <= capacity[s],
    )
    model.cost = pyo.Objective(
        expr=sum(
            price[i][s][k] * x[i, s, k] + order[i][s][k] * y[i, s, k]
            for i in lines
            for s in suppliers
            for k in levels
        )
    )
    return model


@rules.register
def _(case: Placement) -> Any:
    model = pyo.ConcreteModel()
    customers, sites = map(range, case.cost.shape)
    c, f = case.cost.tolist(), case.opening.tolist()
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


@rules.register
def _(case: Printing) -> Any:
    model = pyo.ConcreteModel()
    states, pairs = map(range, case.balance.shape)
    model.x = pyo.Var(pairs, domain=pyo.NonNegativeReals)
    variables = list(model.x.values())
    starts, of_pair = case.balance.indptr.tolist(), case.balance.indices.tolist()
    numbers, first = case.balance.data.tolist(), case.first.tolist()

    def balance(m: Any, s: int) -> Any:
        here = slice(starts[s], starts[s + 1])
        return linear(numbers[here], [variables[k] for k in of_pair[here]]) == first[s]

    model.balance = pyo.Constraint(states, rule=balance)
    model.cost = pyo.Objective(expr=linear(case.cost, variables))
    return model


@singledispatch
def templates(case: Case) -> Any:
    """Return the program of a case as a Pyomo model whose rules can be kept as templates."""
    raise TypeError(case)


def _given(*sets: Any, array: Any) -> Any:
    return pyo.Param(*sets, initialize=dict(np.ndenumerate(array)), within=pyo.Any)


@templates.register
def _(case: Sourcing) -> Any:
    model = pyo.ConcreteModel()
    model.lines, model.suppliers, model.levels = (
        pyo.RangeSet(0, size - 1) for size in case.price.shape
    )
    every = (model.lines, model.suppliers, model.levels)
    model.price, model.order = _given(*every, array=case.price), _given(*every, array=case.order)
    model.low_at = _given(model.lines, model.levels, array=case.low)
    model.high_at = _given(model.lines, model.levels, array=case.high)
    model.need = pyo.Param(model.lines, initialize=dict(enumerate(case.need.tolist())))
    model.each = pyo.Param(model.lines, initialize=dict(enumerate(case.hours.tolist())))
    model.capacity = pyo.Param(model.suppliers, initialize=dict(enumerate(case.capacity.tolist())))
    model.x = pyo.Var(*every, domain=pyo.NonNegativeReals)
    model.y = pyo.Var(*every, bounds=(0, 1))
    model.met = pyo.Constraint(
        model.lines,
        rule=lambda m, i: sum(m.x[i, s, k] for s in m.suppliers for k in m.levels) == m.need[i],
    )
    model.high = pyo.Constraint(
        *every, rule=lambda m, i, s, k: m.x[i, s, k] <= m.high_at[i, k] * m.y[i, s, k]
    )
    model.low = pyo.Constraint(
        *every, rule=lambda m, i, s, k: m.x[i, s, k] >= m.low_at[i, k] * m.y[i, s, k]
    )
    model.one = pyo.Constraint(
        model.lines,
        model.suppliers,
        rule=lambda m, i, s: sum(m.y[i, s, k] for k in m.levels) <= 1,
    )
    model.hours = pyo.Constraint(
        model.suppliers,
        rule=lambda m, s: (
            sum(m.each[i] * m.x[i, s, k] for i in m.lines for k in m.levels) <= m.capacity[s]
        ),
    )
    model.cost = pyo.Objective(
        rule=lambda m: sum(
            m.price[i, s, k] * m.x[i, s, k] + m.order[i, s, k] * m.y[i, s, k]
            for i in m.lines
            for s in m.suppliers
            for k in m.levels
        )
    )
    return model


@templates.register
def _(case: Placement) -> Any:
    model = pyo.ConcreteModel()
    model.customers, model.sites = (pyo.RangeSet(0, size - 1) for size in case.cost.shape)
    model.c = _given(model.customers, model.sites, array=case.cost)
    model.f = pyo.Param(model.sites, initialize=dict(enumerate(case.opening.tolist())))
    model.x = pyo.Var(model.customers, model.sites, domain=pyo.NonNegativeReals)
    model.y = pyo.Var(model.sites, bounds=(0, 1))
    model.served = pyo.Constraint(
        model.customers, rule=lambda m, i: sum(m.x[i, j] for j in m.sites) == 1
    )
    model.open = pyo.Constraint(
        model.customers, model.sites, rule=lambda m, i, j: m.x[i, j] <= m.y[j]
    )
    model.cost = pyo.Objective(
        rule=lambda m: (
            sum(m.c[i, j] * m.x[i, j] for i in m.customers for j in m.sites)
            + sum(m.f[j] * m.y[j] for j in m.sites)
        )
    )
    return model


@templates.register
def _(case: Printing) -> Any:
    model = pyo.ConcreteModel()
    states, pairs = case.balance.shape
    model.states, model.pairs = pyo.RangeSet(0, states - 1), pyo.RangeSet(0, pairs - 1)
    parts = np.split(case.balance.indices, case.balance.indptr[1:-1])
    model.of = pyo.Set(model.states, initialize={s: part.tolist() for s, part in enumerate(parts)})
    coo = case.balance.tocoo()
    keys = zip(coo.row.tolist(), coo.col.tolist(), strict=True)
    model.a = pyo.Param(
        model.states, model.pairs, initialize=dict(zip(keys, coo.data.tolist(), strict=True))
    )
    model.first = pyo.Param(model.states, initialize=dict(enumerate(case.first.tolist())))
    model.c = pyo.Param(model.pairs, initialize=dict(enumerate(case.cost.tolist())))
    model.x = pyo.Var(model.pairs, domain=pyo.NonNegativeReals)
    model.balance = pyo.Constraint(
        model.states, rule=lambda m, s: sum(m.a[s, k] * m.x[k] for k in m.of[s]) == m.first[s]
    )
    model.cost = pyo.Objective(rule=lambda m: sum(m.c[k] * m.x[k] for k in m.pairs))
    return model
