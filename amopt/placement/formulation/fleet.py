"""Machines from period to period: bought, sold, moved, and still held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.placement.formulation.sets import total
from amopt.program.family import Family

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["BALANCE", "MOVES", "VINTAGES"]

BEFORE = "before"
"""What keys call the time before the first period."""


def balance(model: ConcreteModel) -> None:
    r"""Follow the machines of each stand from period to period.

    .. math:: n_{imt} = n_{im,t-1} + b_{imt} - s_{imt} + v_{imt} - w_{imt}

    For the first period, :math:`n_{im0}` are the machines that stand there already.
    """
    from pyomo.environ import Constraint

    sets = model.sets

    def rule(_: ConcreteModel, *imt: str) -> Any:
        change = model.bought[imt] - model.sold[imt] + model.moved_in[imt] - model.moved_out[imt]
        *stand, t = imt
        if t == sets.periods[0]:
            return model.machines[imt] - change == sets.owned[tuple(stand)]
        return model.machines[imt] - model.machines[(*stand, model.PERIODS.prev(t))] - change == 0

    changing = list(model.machines) if sets.fleet.changes else []
    model.balance = Constraint(changing, rule=rule)


def moves(model: ConcreteModel) -> None:
    r"""Let what is moved away arrive.

    .. math:: \sum_i v_{imt} = \sum_i w_{imt}

    for each movable type m and period t.
    """
    from pyomo.environ import Constraint

    sets = model.sets
    standing = {machine for _, machine in sets.stands}
    movable = [
        name
        for name, machine in sets.machine.items()
        if machine.moving_cost is not None and name in standing and sets.fleet.changes
    ]

    def rule(_: ConcreteModel, m: str, t: str) -> Any:
        at = [(i, m, t) for i, machine in sets.stands if machine == m]
        return total(model.moved_in, at) - total(model.moved_out, at) == 0

    model.moves = Constraint([(m, t) for m in movable for t in sets.periods], rule=rule)


def vintages(model: ConcreteModel) -> None:
    r"""Follow which machines of a pool g are still held, by the period u in which they were bought.

    .. math:: z_{gtt} = \sum_{(i,m) \in g} b_{imt}, \qquad
        \sum_u z_{gut} = \sum_{(i,m) \in g} n_{imt}, \qquad
        z_{gut} \le z_{gu,t-1} \; (t > u)

    Bought now, held now; what stands is what is held; what was sold does not come back. Machines
    owned before are bought in a period before the first, and no more of them are held than there
    were.
    """
    from pyomo.environ import Constraint

    sets, fleet = model.sets, model.sets.fleet
    pools = fleet.pool_names if fleet.changes else []
    members = {
        pool: [stand for stand, of in zip(sets.stands, sets.pool, strict=True) if of == pool]
        for pool in pools
    }
    owned = {pool: sum(sets.owned[stand] for stand in members[pool]) for pool in pools}
    over_time = [(*pool, t) for pool in pools for t in sets.periods]
    first = sets.periods[0]

    def in_pool(variable: Any, pool: tuple[str, str], t: str) -> Any:
        return total(variable, [(*stand, t) for stand in members[pool]])

    def held_when_bought(_: ConcreteModel, m: str, i: str, t: str) -> Any:
        return model.held[m, i, t, t] - in_pool(model.bought, (m, i), t) == 0

    def held_in_all(_: ConcreteModel, m: str, i: str, t: str) -> Any:
        since = [BEFORE, *sets.periods[: sets.periods.index(t) + 1]]
        held = total(model.held, [(m, i, u, t) for u in since])
        return held - in_pool(model.machines, (m, i), t) == 0

    def no_longer(_: ConcreteModel, m: str, i: str, u: str, t: str) -> Any:
        return model.held[m, i, u, t] - model.held[m, i, u, model.PERIODS.prev(t)] <= 0

    def of_the_owned(_: ConcreteModel, m: str, i: str, u: str, t: str) -> Any:
        return model.held[m, i, u, t] <= owned[m, i]

    old = [key for key in fleet.held_keys if key[2] != key[3] and key[3] != first]
    before = [key for key in fleet.held_keys if key[2] == BEFORE and key[3] == first]
    model.held_when_bought = Constraint(over_time, rule=held_when_bought)
    model.held_in_all = Constraint(over_time, rule=held_in_all)
    model.held_no_longer_than_before = Constraint(old, rule=no_longer)
    model.held_of_the_owned = Constraint(before, rule=of_the_owned)


BALANCE = Family("balance", balance, ("periods[].name", "sites[].owned[].machine"))
MOVES = Family("moves", moves, ("machines[].moving_cost",))
VINTAGES = Family(
    "vintages",
    vintages,
    ("periods[].name", "sites[].owned[].machine"),
    rows=("held_when_bought", "held_in_all", "held_no_longer_than_before", "held_of_the_owned"),
)
