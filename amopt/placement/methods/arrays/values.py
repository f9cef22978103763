"""The plan that values of the program's variables stand for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.arrays.model import ArrayModel
from amopt.placement.plan import Plan
from amopt.program.builder import Variables

__all__ = ["plan_from_values"]

Floats = NDArray[np.float64]

SHARE = 1e-7
"""Shares below this are solver's dust and are left out."""


def plan_from_values(model: ArrayModel, values: Floats) -> Plan:
    """Return the plan that values of the program's variables stand for."""

    def whole(variables: Variables) -> Floats:
        rounded: Floats = np.round(values[variables.block]).reshape(-1, model.periods)
        return rounded

    share = values[model.x.block]
    share = np.where(share < SHARE, 0.0, share)
    # What is swept off one share goes to the others of its pair: together they are one.
    wanted = model.columns.pair * model.periods + model.columns.period
    total = np.bincount(wanted, share, minlength=1)
    used = np.flatnonzero(share)
    return Plan(
        supply=model.supply,
        fleet=model.fleet,
        columns=model.columns.take(used),
        share=np.minimum(share[used] / total[wanted[used]], 1.0),
        open=_in_use(model, whole(model.y) > 0, share, whole(model.machines)),
        count=whole(model.machines),
        bought=whole(model.bought),
        sold=whole(model.sold),
        moved_in=whole(model.moved_in),
        moved_out=whole(model.moved_out),
        held=np.round(values[model.held.block]),
    )


def _in_use(
    model: ArrayModel, opened: NDArray[np.bool_], share: Floats, count: Floats
) -> NDArray[np.bool_]:
    """Close the sites that cost nothing and do nothing: the solver may leave them open."""
    used = np.zeros_like(opened)
    printed = model.printed[share[model.printed] > 0]
    used[model.columns.site[printed], model.columns.period[printed]] = True
    np.logical_or.at(used, model.fleet.site, count > 0)
    costly = [
        site.state == "open" or site.yearly_cost > 0 or site.opening_cost > 0
        for site in model.instance.sites
    ]
    kept: NDArray[np.bool_] = opened & (used | np.array(costly, dtype=bool).reshape(-1, 1))
    return kept
