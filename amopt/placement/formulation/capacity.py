"""What sites and machines can do: hours, room for machines, and the sites of a form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from amopt.phrases import rounded_up
from amopt.placement.formulation.sets import total
from amopt.placement.formulation.wording import more
from amopt.program.family import Family

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.placement.instance.fields import Instance

__all__ = ["EXACTLY_ONE_SITE", "HOURS", "MACHINES_AT_OPEN_SITES", "NEWLY_OPEN", "ROOM_FOR_MACHINES"]


def hours(model: ConcreteModel) -> None:
    r"""Set no more hours aside than machines may be planned for, or the site sells.

    .. math:: \sum_{k \in K_{imt}} h_k x_k \le u_m H_m (n_{imt} - \omega_{mt} v_{imt})

    where machines stand, of which those moved in miss a share :math:`\omega_{mt}` of the period;

    .. math:: \sum_{k \in K_{imt}} h_k x_k \le C_{im} y_{it}

    where hours are sold.
    """
    from pyomo.environ import Constraint

    sets = model.sets
    year = model.instance.weeks_per_year

    def rule(_: ConcreteModel, i: str, m: str, t: str) -> Any:
        set_aside = total(model.supply, {k: sets.hours[k] for k in sets.of_unit.get((i, m, t), ())})
        if (i, m) in sets.hours_sold:
            return set_aside - sets.hours_sold[i, m] * model.open[i, t] <= 0
        planned = sets.capacity[i, m]
        missed = min(sets.machine[m].moving_weeks / (sets.years[t] * year), 1.0)
        machines = planned * model.machines[i, m, t]
        return set_aside - machines + planned * missed * model.moved_in[i, m, t] <= 0

    limited = [unit for unit in sets.units if np.isfinite(sets.hours_sold.get(unit, 0.0))]
    model.hours = Constraint([(i, m, t) for i, m in limited for t in sets.periods], rule=rule)


def _hours(_: Instance, key: Any) -> str:
    return f"the hours of {key[1]!r} at {key[0]!r}"


def _more_hours(_: Instance, key: Any, amount: float) -> str:
    return f"find {rounded_up(amount)} more hours a year for {key[1]!r} at {key[0]!r}"


def room_for_machines(model: ConcreteModel) -> None:
    r"""Let machines stand at open sites only, and no more than the site may hold.

    .. math:: \sum_m n_{imt} \le N_i y_{it}
    """
    from pyomo.environ import Constraint

    sets = model.sets

    def rule(_: ConcreteModel, i: str, t: str) -> Any:
        machines = [(i, m, t) for site, m in sets.stands if site == i]
        return total(model.machines, machines) - sets.site[i].most_machines * model.open[i, t] <= 0

    places = dict.fromkeys(site for site, _ in sets.stands)
    model.room_for_machines = Constraint([(i, t) for i in places for t in sets.periods], rule=rule)


def _room(_: Instance, key: Any) -> str:
    return f"the most machines that {key[0]!r} may hold"


def _more_room(_: Instance, key: Any, amount: float) -> str:
    return f"let {key[0]!r} hold {more(amount, 'machine')}"


def exactly_one_site(model: ConcreteModel) -> None:
    r"""Open exactly one site in every period of the central form.

    .. math:: \sum_i y_{it} = 1
    """
    from pyomo.environ import Constraint

    sets = model.sets
    model.exactly_one_site = Constraint(
        sets.periods if sets.rules.exactly_one else [],
        rule=lambda _, t: total(model.open, [(i, t) for i in sets.sites]) == 1,
    )


def machines_at_open_sites(model: ConcreteModel) -> None:
    r"""Let the sites of the central and of the distributed form be able to print.

    .. math:: \sum_m n_{imt} \ge y_{it}

    over the types that print something demanded, for every site of the central form, and every
    place's own site in the distributed one, unless it sells hours of such a type.
    """
    from pyomo.environ import Constraint

    sets, rules = model.sets, model.sets.rules
    able = [unit for unit, prints in zip(sets.units, rules.prints, strict=True) if prints]

    def rule(_: ConcreteModel, i: str, t: str) -> Any:
        machines = [(i, m, t) for site, m in able if site == i and (i, m) in sets.most]
        return total(model.machines, machines) - model.open[i, t] >= 0

    sites = [sets.sites[index] for index in rules.printing]
    model.machines_at_open_sites = Constraint([(i, t) for i in sites for t in sets.periods],
                                              rule=rule)  # fmt: skip


def newly_open(model: ConcreteModel) -> None:
    r"""Open a site that was closed before.

    .. math:: a_{it} \ge y_{it} - y_{i,t-1}

    For the first period, :math:`y_{i0}` is whether the site is open already.
    """
    from pyomo.environ import Constraint

    sets = model.sets

    def rule(_: ConcreteModel, i: str, t: str) -> Any:
        opened = model.opening[i, t] - model.open[i, t]
        if t == sets.periods[0]:
            return opened >= -float(sets.site[i].already_open)
        return opened + model.open[i, model.PERIODS.prev(t)] >= 0

    paid = [i for i in sets.sites if sets.site[i].opening_cost > 0]
    model.newly_open = Constraint([(i, t) for i in paid for t in sets.periods], rule=rule)


HOURS = Family("hours", hours, says=_hours, remedy=_more_hours)
ROOM_FOR_MACHINES = Family("room_for_machines", room_for_machines, says=_room, remedy=_more_room)
EXACTLY_ONE_SITE = Family("exactly_one_site", exactly_one_site)
MACHINES_AT_OPEN_SITES = Family("machines_at_open_sites", machines_at_open_sites)
NEWLY_OPEN = Family("newly_open", newly_open, ("sites[].opening_cost",))
