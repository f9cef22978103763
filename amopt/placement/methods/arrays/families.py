"""The formulation compiled by hand: the same rows as arrays, without objects in between.

Held equal to :mod:`amopt.placement.formulation` entry by entry; building a Pyomo model takes longer
than solving it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amopt.placement import formulation
from amopt.placement.forms import Form
from amopt.placement.labels import LinkLabels, PairLabels, SiteLabels, UnitLabels
from amopt.placement.methods.arrays.fleet_balance import balance, moves, vintages
from amopt.placement.methods.arrays.limits import (
    budget,
    emission_limit,
    exactly_one_site,
    fill_rate,
    most_open_sites,
    storage,
)
from amopt.placement.methods.arrays.model import ArrayModel
from amopt.placement.supply.columns import Columns
from amopt.placement.supply.fleet import Fleet
from amopt.placement.supply.supply import Supply
from amopt.program.builder import Term
from amopt.program.family import not_honoured

__all__ = ["HONOURS", "WRITERS", "assemble"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def assemble(
    supply: Supply,
    *,
    form: Form = "optimum",
    prune: bool | None = None,
    columns: Columns | None = None,
) -> ArrayModel:
    """Write every family of constraints down and return the model.

    Parameters
    ----------
    supply
        What could be supplied.
    form
        The form that the plan must have.
    prune
        Whether to leave out columns that no best plan needs; left out, where every family present
        allows it.
    columns
        The columns, where they are known already.
    """
    if prune is None:
        prune = not not_honoured(HONOURS, formulation.FAMILIES, supply.instance)
    if columns is None:
        columns = supply.columns(prune=prune)
    model = ArrayModel(supply, columns, Fleet(supply.instance), form)
    for write in WRITERS:
        write(model)
    model.program = model.builder.build(f"placement: {supply.instance.name}")
    return model


def serve(model: ArrayModel) -> None:
    r""":math:`\sum_{k \in K_{pt}} x_k = 1` for each demanded pair p and period t.

    Every pair is supplied all the time.
    """
    columns, periods = model.columns, model.periods
    wanted = np.flatnonzero(model.supply.rates.ravel() > 0)
    row = np.searchsorted(wanted, columns.pair * periods + columns.period)
    keys = PairLabels(model.supply, wanted)
    model.builder.rows("serve", keys, model.x.grouped(row), lower=1.0, upper=1.0)


def hours(model: ArrayModel) -> None:
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
        UnitLabels(model.instance, fleet, np.flatnonzero(limited)),
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


def only_from_open_sites(model: ArrayModel) -> None:
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
        LinkLabels(model.supply, link // count, link % count, None),
        Term(model.x, row, model.printed),
        model.y.spread(opened, -1.0),
        upper=0.0,
    )


def only_by_machines(model: ArrayModel) -> None:
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
        LinkLabels(
            model.supply, link // count, fleet.site[link % count], fleet.machine[link % count]
        ),
        Term(model.x, row, chosen),
        model.machines.spread((link % count) * periods + (link // count) % periods, -1.0),
        upper=0.0,
    )


def room_for_machines(model: ArrayModel) -> None:
    r""":math:`\sum_m n_{imt} \le N_i y_{it}` for each site i and period t."""
    fleet, periods = model.fleet, model.periods
    sites = np.unique(fleet.site)
    row = np.searchsorted(sites, fleet.site)[:, None] * periods + np.arange(periods)
    most = np.array([model.instance.sites[site].most_machines for site in sites], dtype=float)
    opened = (sites[:, None] * periods + np.arange(periods)).ravel()
    model.builder.rows(
        "room_for_machines",
        SiteLabels(model.instance, sites),
        model.machines.grouped(row.ravel()),
        model.y.spread(opened, -np.repeat(most, periods)),
        upper=0.0,
    )


def machines_at_open_sites(model: ArrayModel) -> None:
    r""":math:`\sum_m n_{imt} \ge y_{it}` for the printing sites of a form."""
    fleet, periods, sites = model.fleet, model.periods, model.rules.printing
    unit = np.flatnonzero(model.rules.prints & (fleet.stand >= 0) & np.isin(fleet.unit_site, sites))
    every = np.arange(periods)
    row = np.searchsorted(sites, fleet.unit_site[unit])[:, None] * periods + every
    opened = (sites[:, None] * periods + every).ravel()
    model.builder.rows(
        "machines_at_open_sites",
        SiteLabels(model.instance, sites),
        Term(model.machines, row.ravel(), (fleet.stand[unit][:, None] * periods + every).ravel()),
        model.y.spread(opened, -1.0),
        lower=0.0,
    )


def newly_open(model: ArrayModel) -> None:
    r""":math:`a_{it} \ge y_{it} - y_{i,t-1}`: a site that was closed before is opened.

    For the first period, :math:`y_{i0}` is whether the site is open already.
    """
    periods, sites = model.periods, model.instance.sites
    before = np.array([float(site.already_open) for site in sites])
    paid = np.flatnonzero([site.opening_cost > 0 for site in sites])
    every = (paid[:, None] * periods + np.arange(periods)).ravel()
    later = np.flatnonzero(every % periods > 0)
    model.builder.rows(
        "newly_open",
        SiteLabels(model.instance, paid),
        model.opening.spread(every),
        model.y.spread(every, -1.0),
        Term(model.y, later, every[later] - 1, 1.0),
        lower=np.where(every % periods == 0, -before[every // periods], 0.0),
    )


WRITERS = (
    serve,
    hours,
    only_from_open_sites,
    only_by_machines,
    room_for_machines,
    exactly_one_site,
    machines_at_open_sites,
    newly_open,
    most_open_sites,
    balance,
    moves,
    vintages,
    storage,
    fill_rate,
    budget,
    emission_limit,
)
"""What writes the families down, in the order in which they stand."""

HONOURS = frozenset(write.__name__ for write in WRITERS)
"""The names of the families of the formulation that the arrays honour.

Columns that no best plan needs are found under each of them: :mod:`amopt.placement.supply.levels`
counts what any of them limits.
"""
