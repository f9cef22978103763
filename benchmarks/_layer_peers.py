"""Three linear programs by linopy, by HiGHS's own modelling, and by PyOptInterface."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np
from _layer_programs import Case, Placement, Printing, Sourcing


@singledispatch
def by_linopy(case: Case) -> Any:
    """Return the program of a case as a model of linopy."""
    raise TypeError(case)


@by_linopy.register
def _(case: Sourcing) -> Any:
    import linopy
    import xarray as xr

    def given(array: Any, *dims: str) -> Any:
        return xr.DataArray(array, dims=dims)

    model = linopy.Model()
    coords = [np.arange(size) for size in case.price.shape]
    dims = ("line", "supplier", "level")
    x = model.add_variables(lower=0, coords=coords, dims=dims, name="x")
    y = model.add_variables(lower=0, upper=1, coords=coords, dims=dims, name="y")
    need, hours = given(case.need, "line"), given(case.hours, "line")
    model.add_constraints(x.sum(["supplier", "level"]) == need, name="met")
    model.add_constraints(x - given(case.high, "line", "level") * y <= 0, name="high")
    model.add_constraints(x - given(case.low, "line", "level") * y >= 0, name="low")
    model.add_constraints(y.sum("level") <= 1, name="one")
    used = (hours * x).sum(["line", "level"])
    model.add_constraints(used <= given(case.capacity, "supplier"), name="hours")
    model.add_objective((given(case.price, *dims) * x + given(case.order, *dims) * y).sum())
    return model


@by_linopy.register
def _(case: Placement) -> Any:
    import linopy
    import xarray as xr

    model = linopy.Model()
    customers, sites = map(np.arange, case.cost.shape)
    x = model.add_variables(lower=0, coords=[customers, sites], dims=["customer", "site"], name="x")
    y = model.add_variables(lower=0, upper=1, coords=[sites], dims=["site"], name="y")
    model.add_constraints(x.sum("site") == 1, name="served")
    model.add_constraints(x - y <= 0, name="open")
    cost = xr.DataArray(case.cost, dims=["customer", "site"])
    model.add_objective((cost * x).sum() + (xr.DataArray(case.opening, dims=["site"]) * y).sum())
    return model


@by_linopy.register
def _(case: Printing) -> Any:
    import linopy
    import xarray as xr

    model = linopy.Model()
    states, pairs = case.balance.shape
    x = model.add_variables(lower=0, coords=[np.arange(pairs)], dims=["pair"], name="x")
    coo = case.balance.tocoo()
    entry = xr.DataArray(coo.col, dims=["entry"])
    terms = xr.DataArray(coo.data, dims=["entry"]) * x.sel(pair=entry)
    balance = terms.groupby(xr.DataArray(coo.row, dims=["entry"], name="state")).sum()
    first = xr.DataArray(case.first, coords=[np.arange(states)], dims=["state"])
    model.add_constraints(balance == first, name="balance")
    model.add_objective((xr.DataArray(case.cost, dims=["pair"]) * x).sum())
    return model


@singledispatch
def by_highspy(case: Case) -> Any:
    """Return the program of a case in HiGHS, by its own modelling."""
    raise TypeError(case)


def _quiet() -> Any:
    import highspy

    model = highspy.Highs()
    model.silent()
    return model


@by_highspy.register
def _(case: Sourcing) -> Any:
    model = _quiet()
    lines, suppliers, levels = map(range, case.price.shape)
    low, high = case.low.tolist(), case.high.tolist()
    hours = case.hours.tolist()
    x = model.addVariables(lines, suppliers, levels, lb=0, obj=case.price.ravel().tolist())
    y = model.addVariables(lines, suppliers, levels, lb=0, ub=1, obj=case.order.ravel().tolist())
    model.addConstrs(
        model.qsum(x[i, s, k] for s in suppliers for k in levels) == case.need[i] for i in lines
    )
    every = [(i, s, k) for i in lines for s in suppliers for k in levels]
    model.addConstrs(x[i, s, k] - high[i][k] * y[i, s, k] <= 0 for i, s, k in every)
    model.addConstrs(x[i, s, k] - low[i][k] * y[i, s, k] >= 0 for i, s, k in every)
    model.addConstrs(model.qsum(y[i, s, k] for k in levels) <= 1 for i in lines for s in suppliers)
    model.addConstrs(
        model.qsum(hours[i] * x[i, s, k] for i in lines for k in levels) <= case.capacity[s]
        for s in suppliers
    )
    return model


@by_highspy.register
def _(case: Placement) -> Any:
    model = _quiet()
    customers, sites = map(range, case.cost.shape)
    x = model.addVariables(customers, sites, lb=0, obj=case.cost.ravel().tolist())
    y = model.addVariables(sites, lb=0, ub=1, obj=case.opening.tolist())
    model.addConstrs(model.qsum(x[i, j] for j in sites) == 1 for i in customers)
    model.addConstrs(x[i, j] - y[j] <= 0 for i in customers for j in sites)
    return model


@by_highspy.register
def _(case: Printing) -> Any:
    model = _quiet()
    x = model.addVariables(range(case.cost.size), lb=0, obj=case.cost.tolist())
    variables = list(x.values())
    starts, of_pair = case.balance.indptr.tolist(), case.balance.indices.tolist()
    numbers = case.balance.data.tolist()
    for s, first in enumerate(case.first.tolist()):
        here = range(starts[s], starts[s + 1])
        model.addConstr(model.qsum(numbers[k] * variables[of_pair[k]] for k in here) == first)
    return model


@singledispatch
def by_pyoptinterface(case: Case) -> Any:
    """Return the program of a case in HiGHS, by PyOptInterface."""
    raise TypeError(case)


def _interface() -> tuple[Any, Any]:
    import pyoptinterface
    from pyoptinterface import highs

    model = highs.Model()
    model.set_model_attribute(pyoptinterface.ModelAttribute.Silent, True)
    return pyoptinterface, model


@by_pyoptinterface.register
def _(case: Sourcing) -> Any:
    poi, model = _interface()
    lines, suppliers, levels = map(range, case.price.shape)
    price, order, low, high = (
        array.tolist() for array in (case.price, case.order, case.low, case.high)
    )
    hours = case.hours.tolist()
    x = model.add_variables(lines, suppliers, levels, lb=0)
    y = model.add_variables(lines, suppliers, levels, lb=0, ub=1)
    goal = poi.ExprBuilder()
    used = [poi.ExprBuilder() for _ in suppliers]
    for i in lines:
        met = poi.ExprBuilder()
        for s in suppliers:
            one = poi.ExprBuilder()
            for k in levels:
                quantity, chosen = x[i, s, k], y[i, s, k]
                met += quantity
                one += chosen
                used[s] += hours[i] * quantity
                goal += price[i][s][k] * quantity + order[i][s][k] * chosen
                model.add_linear_constraint(quantity - high[i][k] * chosen, poi.Leq, 0)
                model.add_linear_constraint(quantity - low[i][k] * chosen, poi.Geq, 0)
            model.add_linear_constraint(one, poi.Leq, 1)
        model.add_linear_constraint(met, poi.Eq, float(case.need[i]))
    for s in suppliers:
        model.add_linear_constraint(used[s], poi.Leq, float(case.capacity[s]))
    model.set_objective(goal, poi.ObjectiveSense.Minimize)
    return model


@by_pyoptinterface.register
def _(case: Placement) -> Any:
    poi, model = _interface()
    customers, sites = map(range, case.cost.shape)
    cost = case.cost.tolist()
    x = model.add_variables(customers, sites, lb=0)
    y = model.add_variables(sites, lb=0, ub=1)
    goal = poi.ExprBuilder()
    for j, opening in zip(sites, case.opening.tolist(), strict=True):
        goal += opening * y[j]
    for i in customers:
        served = poi.ExprBuilder()
        for j in sites:
            share = x[i, j]
            served += share
            goal += cost[i][j] * share
            model.add_linear_constraint(share - y[j], poi.Leq, 0)
        model.add_linear_constraint(served, poi.Eq, 1)
    model.set_objective(goal, poi.ObjectiveSense.Minimize)
    return model


@by_pyoptinterface.register
def _(case: Printing) -> Any:
    poi, model = _interface()
    x = model.add_m_variables(case.cost.size, lb=0)
    model.add_m_linear_constraints(case.balance, x, poi.Eq, case.first)
    goal = poi.ExprBuilder()
    for cost, variable in zip(case.cost.tolist(), x, strict=True):
        goal += cost * variable
    model.set_objective(goal, poi.ObjectiveSense.Minimize)
    return model
