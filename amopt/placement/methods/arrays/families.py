r"""Placement as a mixed-integer program: capacitated facility location with modular capacity.

Sets: sites :math:`i`, types of machine :math:`m`, periods :math:`t` of :math:`Y_t` years, demanded
pairs :math:`p` of a place and a part, and supply columns :math:`k` of a pair, a source, a stock
level and a period (:mod:`amopt.placement.supply.columns`).

Variables: :math:`x_k`, the share of its period in which column k supplies its pair (binary under
single sourcing); :math:`y_{it}`, whether a site is open; :math:`n_{imt}`, its machines, of which
:math:`b_{imt}` are bought, :math:`s_{imt}` sold, :math:`v_{imt}` moved in and :math:`w_{imt}` moved
out; :math:`a_{it}`, whether the site is opened; :math:`z_{gut}`, the machines of a pool g that were
bought in period u and are still held in t. A pool is a stand (site and type), or all the sites of a
type that can be moved: within a pool it does not matter which machine stands where.

The links :math:`x \le y` and :math:`x \le n` are disaggregated, one for each pair and site, so that
the linear relaxation is that of the strong formulation (Cornuejols, Nemhauser and Wolsey, 1990).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.arrays.fleet_balance import balance, moves, vintages
from amopt.placement.methods.arrays.labels import LinkKeys, PairKeys, SiteKeys, UnitKeys
from amopt.placement.methods.arrays.limits import (
    budget,
    emissions,
    fill_rate,
    most_open_sites,
    storage,
)
from amopt.placement.methods.arrays.model import FORMS, Form, Model
from amopt.placement.supply.fleet import Fleet
from amopt.placement.supply.supply import Supply
from amopt.program.builder import Term
from amopt.program.linear import LinearProgram

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.placement.instance.fields import Instance

__all__ = ["FAMILIES", "FORMS", "Form", "Model", "assemble", "formulate"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def formulate(
    instance: Instance, *, form: Form = "optimum", arrays: bool = False
) -> ConcreteModel | LinearProgram:
    """Return the program of an instance.

    Variables and constraints carry the names of the instance: ``supply[period, place, part,
    source, machine, level, route]``, ``open[site, period]``, ``machines[site, machine, period]``.

    Parameters
    ----------
    instance
        The instance.
    form
        The form that the plan must have.
    arrays
        Whether to return a :class:`~amopt.program.linear.LinearProgram` instead of a Pyomo model.
    """
    program = assemble(Supply(instance), form=form, prune=False).program
    if arrays:
        return program
    from amopt.program.pyomo import to_pyomo

    return to_pyomo(program)


def assemble(supply: Supply, *, form: Form = "optimum", prune: bool = True) -> Model:
    """Write every family of constraints down and return the model."""
    model = Model(supply, supply.columns(prune=prune), Fleet(supply.instance), form)
    for family in FAMILIES:
        family(model)
    model.program = model.builder.build(f"placement: {supply.instance.name}")
    return model


def serve(model: Model) -> None:
    r""":math:`\sum_{k \in K_{pt}} x_k = 1` for each demanded pair p and period t.

    Every pair is supplied all the time.
    """
    columns, periods = model.columns, model.periods
    wanted = np.flatnonzero(model.supply.rates.ravel() > 0)
    row = np.searchsorted(wanted, columns.pair * periods + columns.period)
    keys = PairKeys(model.supply, wanted)
    model.builder.rows("serve", keys, model.x.grouped(row), lower=1.0, upper=1.0)


def hours(model: Model) -> None:
    r""":math:`\sum_k h_k x_k \le u_m H_m (n_{imt} - \omega_m v_{imt}) + C_{im} y_{it}`.

    The machine-hours that columns set aside at a site, of a type, in a period are at most what its
    machines may be planned for (those moved in miss a share :math:`\omega_m` of the period), or
    what the site sells.
    """
    fleet, columns, printed, periods = model.fleet, model.columns, model.printed, model.periods
    unit = fleet.unit[columns.site[printed], columns.machine[printed]]
    limited = np.isfinite(fleet.contract_hours)
    rows_of = np.cumsum(limited) - 1
    counted = limited[unit]
    row = rows_of[unit[counted]] * periods + columns.period[printed[counted]]
    stand = np.flatnonzero(limited & (fleet.stand >= 0))
    sold = np.flatnonzero(limited & (fleet.stand < 0))
    every = np.arange(periods)

    def spread(values: Ints) -> Ints:
        flat: Ints = (values[:, None] * periods + every).ravel()
        return flat

    at, capacity = fleet.stand[stand], np.repeat(fleet.capacity[fleet.stand[stand]], periods)
    missed = (fleet.moving_weeks[at][:, None] / (model.years * fleet.weeks_per_year)).ravel()
    model.builder.rows(
        "hours",
        UnitKeys(model.instance, fleet, np.flatnonzero(limited)),
        Term(model.x, row, printed[counted], columns.hours[printed[counted]]),
        Term(model.machines, spread(rows_of[stand]), spread(at), -capacity),
        Term(
            model.moved_in,
            spread(rows_of[stand]),
            spread(at),
            capacity * np.minimum(missed, 1.0),
        ),
        Term(
            model.y,
            spread(rows_of[sold]),
            spread(fleet.unit_site[sold]),
            -np.repeat(fleet.contract_hours[sold], periods),
        ),
        upper=0.0,
    )


def only_from_open_sites(model: Model) -> None:
    r""":math:`\sum_{k \in K_{pit}} x_k \le y_{it}` for each pair p, site i and period t.

    Nothing comes from a site that is closed.
    """
    columns, periods = model.columns, model.periods
    pair, site, period = (
        values[model.printed] for values in (columns.pair, columns.site, columns.period)
    )
    count = len(model.instance.sites)
    link, row = np.unique((pair * periods + period) * count + site, return_inverse=True)
    opened = (link % count) * periods + (link // count) % periods
    model.builder.rows(
        "only_from_open_sites",
        LinkKeys(model, link // count, link % count, None),
        Term(model.x, row, model.printed),
        model.y.spread(opened, -1.0),
        upper=0.0,
    )


def only_by_machines(model: Model) -> None:
    r""":math:`\sum_{k \in K_{pimt}} x_k \le n_{imt}` for each pair p, stand (i, m) and period t.

    Nothing is printed where no machine stands. Implied by the hours, and much tighter.
    """
    fleet, columns, periods = model.fleet, model.columns, model.periods
    unit = fleet.unit[columns.site[model.printed], columns.machine[model.printed]]
    owned = fleet.stand[unit] >= 0
    chosen, stand = model.printed[owned], fleet.stand[unit[owned]]
    count = max(fleet.most.size, 1)
    wanted = columns.pair[chosen] * periods + columns.period[chosen]
    link, row = np.unique(wanted * count + stand, return_inverse=True)
    model.builder.rows(
        "only_by_machines",
        LinkKeys(model, link // count, fleet.site[link % count], fleet.machine[link % count]),
        Term(model.x, row, chosen),
        model.machines.spread((link % count) * periods + (link // count) % periods, -1.0),
        upper=0.0,
    )


def room_for_machines(model: Model) -> None:
    r""":math:`\sum_m n_{imt} \le N_i y_{it}` for each site i and period t."""
    fleet, periods = model.fleet, model.periods
    sites = np.unique(fleet.site)
    row = np.searchsorted(sites, fleet.site)[:, None] * periods + np.arange(periods)
    most = np.array([model.instance.sites[site].most_machines for site in sites], dtype=float)
    opened = (sites[:, None] * periods + np.arange(periods)).ravel()
    model.builder.rows(
        "room_for_machines",
        SiteKeys(model.instance, sites),
        model.machines.grouped(row.ravel()),
        model.y.spread(opened, -np.repeat(most, periods)),
        upper=0.0,
    )


def machines_at_open_sites(model: Model) -> None:
    r""":math:`\sum_m n_{imt} \ge y_{it}` in the central and distributed forms.

    A site that is part of the form prints: it has a machine, or sells hours.
    """
    if model.form not in ("central", "distributed"):
        return
    fleet, periods = model.fleet, model.periods
    sellers = np.unique(fleet.unit_site[fleet.stand < 0])
    sites = np.setdiff1d(np.unique(fleet.site), sellers)
    mine = np.flatnonzero(np.isin(fleet.site, sites))
    every = np.arange(periods)
    row = np.searchsorted(sites, fleet.site[mine])[:, None] * periods + every
    opened = (sites[:, None] * periods + every).ravel()
    model.builder.rows(
        "machines_at_open_sites",
        SiteKeys(model.instance, sites),
        Term(model.machines, row.ravel(), (mine[:, None] * periods + every).ravel()),
        model.y.spread(opened, -1.0),
        lower=0.0,
    )


def opening(model: Model) -> None:
    r""":math:`a_{it} \ge y_{it} - y_{i,t-1}`: a site that was closed before is opened.

    For the first period, :math:`y_{i0}` is whether the site is open already.
    """
    periods, sites = model.periods, model.instance.sites
    before = np.array([float(site.already_open) for site in sites])
    paid = np.flatnonzero([site.opening_cost > 0 for site in sites])
    every = (paid[:, None] * periods + np.arange(periods)).ravel()
    later = np.flatnonzero(every % periods > 0)
    model.builder.rows(
        "opening",
        SiteKeys(model.instance, paid),
        model.opening.spread(every),
        model.y.spread(every, -1.0),
        Term(model.y, later, every[later] - 1, 1.0),
        lower=np.where(every % periods == 0, -before[every // periods], 0.0),
    )


FAMILIES = (
    serve,
    hours,
    only_from_open_sites,
    only_by_machines,
    room_for_machines,
    machines_at_open_sites,
    opening,
    most_open_sites,
    balance,
    moves,
    vintages,
    storage,
    fill_rate,
    budget,
    emissions,
)
"""The families of constraints, in the order in which they are written down."""
