"""Nothing idle: what tells another plan from the same plan with something added to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from amopt.placement.formulation.sets import total

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["leave_nothing_idle"]

SHARE = 0.01
"""The share of a machine's hours, or of a demand, from which a machine or a site is in use."""


def leave_nothing_idle(model: ConcreteModel, keys: Sequence[tuple[str, ...]]) -> None:
    r"""Require a use of every machine and open site, by its period and from it on.

    .. math::

        \sum_{s \in S} \sum_{k \in K_{is}} x_k \ge \sigma y_{it}, \quad
        r_{ims} \ge n_{imt} - 1 + \sigma - N_{im} (1 - w_{ims}), \quad
        N_{im} \sum_{s \in S} w_{ims} \ge n_{imt}

    for the periods :math:`S` until :math:`t`, and for those from :math:`t` on: what stands between
    two uses is not idle. :math:`r` is how many machines the hours set aside take and
    :math:`\sigma` the share from which something is in use: one machine less would not do. Machines
    owned at the start may stay.

    Parameters
    ----------
    model
        The formulation.
    keys
        What must be used: ``(place, period)`` of a site, ``(place, machine, period)`` of machines.
    """
    from pyomo.environ import Binary, ConstraintList, VarList

    model.uses, model.nothing_idle = VarList(domain=Binary), ConstraintList()
    periods = model.sets.periods
    supplied: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for (t, *_, i), options in model.sets.of_link.items():
        supplied[i, t] += [model.supply[k] for k in options]
    for key in keys:
        now = periods.index(key[-1])
        for stretch in dict.fromkeys((tuple(periods[: now + 1]), tuple(periods[now:]))):
            if len(key) == 2:
                i, t = key
                used = [variable for s in stretch for variable in supplied[i, s]]
                model.nothing_idle.add(sum(used) >= SHARE * model.open[i, t])
            else:
                _use_machines(model, key, stretch)


def _use_machines(model: ConcreteModel, key: tuple[str, ...], stretch: Sequence[str]) -> None:
    """Require that one machine less of a type would not do at a place in all of some periods."""
    i, m, _ = key
    number = model.machines[key]
    most, owned = float(number.ub), float(model.sets.owned.get((i, m), 0))
    reasons = []
    for s in stretch:
        reason = model.uses.add()
        needed = number - 1 + SHARE - most * (1 - reason)
        model.nothing_idle.add(_taken(model, i, m, s) >= needed)
        reasons.append(reason)
    if owned:
        reason = model.uses.add()
        model.nothing_idle.add(number <= owned + max(most - owned, 0.0) * (1 - reason))
        reasons.append(reason)
    model.nothing_idle.add(most * sum(reasons) >= number)


def _taken(model: ConcreteModel, i: str, m: str, t: str) -> Any:
    """Return how many machines are taken by hours set aside and by moving in.

    A part that takes no time takes a machine by the share that is printed.
    """
    sets = model.sets
    capacity, year = sets.capacity[i, m], model.instance.weeks_per_year
    missed = min(sets.machine[m].moving_weeks / (sets.years[t] * year), 1.0)
    by_option = {
        k: sets.hours[k] / capacity if sets.hours[k] and capacity else 1.0
        for k in sets.of_unit.get((i, m, t), ())
    }
    return total(model.supply, by_option) + missed * model.moved_in[i, m, t]
