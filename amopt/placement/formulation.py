r"""Placement as a mixed-integer program: capacitated facility location with modular capacity.

Sets: sites :math:`i`, types of machine :math:`m`, periods :math:`t` of :math:`Y_t` years, demanded
pairs :math:`p` of a place and a part, and supply columns :math:`k` of a pair, a source, a stock
level and a period (:mod:`amopt.placement.columns`).

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

from amopt.placement.fleet import Fleet
from amopt.placement.keys import LinkKeys, PairKeys, SiteKeys, StandKeys, UnitKeys
from amopt.placement.model import FORMS, Form, Model
from amopt.placement.supply import Supply
from amopt.program.builder import Term, Variables
from amopt.program.linear import LinearProgram

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.placement.instance import Instance

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


def most_open_sites(model: Model) -> None:
    r""":math:`\sum_i y_{it} \le \bar y` for each period t; exactly one site in the central form."""
    central, limit = model.form == "central", model.instance.limits.open_sites
    if not central and limit is None:
        return
    most = 1.0 if central else float(limit or 0)
    if central and limit is not None:
        most = min(1.0, limit)
    period = np.tile(np.arange(model.periods), len(model.instance.sites))
    model.builder.rows(
        "most_open_sites",
        [period.name for period in model.instance.horizon],
        model.y.grouped(period),
        lower=1.0 if central else -np.inf,
        upper=most,
    )


def balance(model: Model) -> None:
    r""":math:`n_{imt} = n_{im,t-1} + b_{imt} - s_{imt} + v_{imt} - w_{imt}` for each stand, period.

    For the first period, :math:`n_{im0}` are the machines that stand there already.
    """
    fleet, periods = model.fleet, model.periods
    if not fleet.changes:
        return
    every = np.arange(fleet.most.size * periods)
    later = every[every % periods > 0]
    owned = np.where(every % periods == 0, np.repeat(fleet.owned, periods), 0.0)
    model.builder.rows(
        "balance",
        StandKeys(fleet, model.instance),
        model.machines.per_row(),
        Term(model.machines, later, later - 1, -1.0),
        model.bought.per_row(-1.0),
        model.sold.per_row(1.0),
        model.moved_in.per_row(-1.0),
        model.moved_out.per_row(1.0),
        lower=owned,
        upper=owned,
    )


def moves(model: Model) -> None:
    r""":math:`\sum_i v_{imt} = \sum_i w_{imt}` for each movable type m and period t."""
    fleet, periods = model.fleet, model.periods
    if not fleet.changes or not fleet.movable.any():
        return
    types = np.unique(fleet.machine[fleet.movable])
    at = np.flatnonzero(fleet.movable)
    row = np.searchsorted(types, fleet.machine[at])[:, None] * periods + np.arange(periods)
    member = (at[:, None] * periods + np.arange(periods)).ravel()
    names = [model.instance.machines[m].name for m in types]
    model.builder.rows(
        "moves",
        [(name, period.name) for name in names for period in model.instance.horizon],
        Term(model.moved_in, row.ravel(), member),
        Term(model.moved_out, row.ravel(), member, -1.0),
        lower=0.0,
        upper=0.0,
    )


def vintages(model: Model) -> None:
    r"""Three equations that say which machines of a pool g are still held.

    :math:`z_{gtt} = \sum_{(i,m) \in g} b_{imt}`: bought now, held now.

    :math:`\sum_u z_{gut} = \sum_{(i,m) \in g} n_{imt}`: what stands is what is held.

    :math:`z_{gut} \le z_{gu,t-1}` for t > u: what was sold does not come back.
    """
    fleet, periods = model.fleet, model.periods
    if not fleet.changes:
        return
    pool, bought, now = fleet.held_pool, fleet.held_bought, fleet.held_now
    keys = [(name, p.name) for name in fleet.pool_names for p in model.instance.horizon]
    stand_row = (fleet.pool[:, None] * periods + np.arange(periods)).ravel()
    fresh, old = np.flatnonzero(bought == now), np.flatnonzero((bought < now) & (now > 0))
    model.builder.rows(
        "held_when_bought",
        keys,
        Term(model.held, pool[fresh] * periods + now[fresh], fresh),
        model.bought.grouped(stand_row, -1.0),
        lower=0.0,
        upper=0.0,
    )
    model.builder.rows(
        "held_in_all",
        keys,
        model.held.grouped(pool * periods + now),
        model.machines.grouped(stand_row, -1.0),
        lower=0.0,
        upper=0.0,
    )
    model.builder.rows(
        "held_no_longer_than_before",
        [fleet.held_keys[member] for member in old],
        Term(model.held, np.arange(old.size), old),
        Term(model.held, np.arange(old.size), old - 1, -1.0),
        upper=0.0,
    )
    first = np.flatnonzero((bought < 0) & (now == 0))
    model.builder.rows(
        "held_of_the_owned",
        [fleet.held_keys[member] for member in first],
        Term(model.held, np.arange(first.size), first),
        upper=np.bincount(fleet.pool, fleet.owned, len(fleet.pool_names))[pool[first]],
    )


def storage(model: Model) -> None:
    r""":math:`\sum_{k \in K_{jt}} r_k x_k \le R_j` for each place j with limited room, period t."""
    limits, columns, periods = model.instance.limits.storage, model.columns, model.periods
    at = np.full(len(model.supply.pairs), -1)
    for row, limit in enumerate(limits):
        at[model.supply.covered(limit.place, None)] = row
    used = np.flatnonzero((at[columns.pair] >= 0) & (columns.space > 0))
    model.builder.rows(
        "storage",
        [(limit.place, period.name) for limit in limits for period in model.instance.horizon],
        Term(
            model.x, at[columns.pair[used]] * periods + columns.period[used], used,
            columns.space[used],
        ),
        upper=np.repeat([limit.at_most for limit in limits], periods),
    )  # fmt: skip


def fill_rate(model: Model) -> None:
    r""":math:`\sum_k d_k \phi_k x_k \ge \bar\phi \sum_k d_k` for each fill rate met on average."""
    columns, rates = model.columns, model.supply.rates
    for number, limit in enumerate(model.instance.limits.fill_rate):
        if not limit.on_average:
            continue
        pairs = model.supply.covered(limit.place, limit.part)
        covered = np.zeros(len(model.supply.pairs), dtype=bool)
        covered[pairs] = True
        used = np.flatnonzero(covered[columns.pair])
        met = rates[columns.pair[used], columns.period[used]] * columns.fill[used]
        model.builder.rows(
            f"fill_rate_{number}",
            [period.name for period in model.instance.horizon],
            Term(model.x, columns.period[used], used, met),
            lower=limit.at_least * rates[pairs].sum(axis=0),
        )


def budget(model: Model) -> None:
    r""":math:`\text{cost over all periods} \le \text{budget}`."""
    _within(model, "budget", model.money, model.instance.limits.budget)


def emissions(model: Model) -> None:
    r""":math:`\text{kg of CO2 over all periods} \le \text{limit}`."""
    _within(model, "emissions", model.kg_co2, model.instance.limits.kg_co2)


def _within(
    model: Model, name: str, spent: list[tuple[Variables, Floats]], limit: float | None
) -> None:
    if limit is None:
        return
    terms = []
    for variables, amounts in spent:
        used = np.flatnonzero(amounts)
        terms.append(Term(variables, np.zeros(used.size, dtype=int), used, amounts[used]))
    model.builder.rows(name, ["all periods"], *terms, upper=limit)


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
