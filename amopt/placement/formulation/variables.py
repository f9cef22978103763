"""The variables, and what their bounds say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["add_variables"]


def add_variables(model: ConcreteModel) -> None:
    r"""Add every variable.

    .. math::

        0 \le x_k \le 1 \text{ (binary under single sourcing)}, \quad y_{it} \in \{0, 1\}, \quad
        0 \le a_{it} \le 1, \quad n_{imt} \in \{0, \dots, N_i\}, \quad
        b, s, v, w \in \mathbb{Z}_+, \quad z_{gut} \ge 0

    A site that must be open or closed has :math:`y_{it}` fixed by its bounds; a form bounds what
    may be open and supplied (:mod:`amopt.placement.forms`). Where fleets do not change from period
    to period, machines are not bought or sold one by one, and :math:`b = s = v = w = 0`.
    """
    _add_supply(model)
    _add_sites(model)
    _add_machines(model)


def _add_supply(model: ConcreteModel) -> None:
    from pyomo.environ import Binary, NonNegativeReals, Set, Var

    sets = model.sets
    model.OPTIONS = Set(initialize=sets.options, dimen=7)
    model.supply = Var(
        model.OPTIONS,
        domain=Binary if model.instance.single_source else NonNegativeReals,
        bounds=lambda _, *k: (0, sets.most_supplied[k]),
    )


def _add_sites(model: ConcreteModel) -> None:
    from pyomo.environ import NonNegativeIntegers, NonNegativeReals, Set, Var

    sets, rules = model.sets, model.sets.rules
    model.SITES = Set(initialize=sets.sites)
    model.PERIODS = Set(initialize=sets.periods, ordered=True)
    least = dict(zip(sets.sites, rules.least_open.tolist(), strict=True))
    most = dict(zip(sets.sites, rules.most_open.tolist(), strict=True))
    model.open = Var(
        model.SITES,
        model.PERIODS,
        domain=NonNegativeIntegers,
        bounds=lambda _, i, t: (least[i], most[i]),
    )
    model.opening = Var(
        model.SITES,
        model.PERIODS,
        domain=NonNegativeReals,
        bounds=lambda _, i, t: (0, 1 if sets.site[i].opening_cost > 0 else 0),
    )


def _add_machines(model: ConcreteModel) -> None:
    from pyomo.environ import NonNegativeIntegers, NonNegativeReals, Set, Var

    sets, fleet = model.sets, model.sets.fleet
    model.STANDS = Set(initialize=sets.stands, dimen=2)
    model.HELD = Set(initialize=fleet.held_keys, dimen=4)
    movable = dict(zip(sets.stands, np.asarray(fleet.movable).tolist(), strict=True))

    def machines(may_change: dict[tuple[str, str], bool]) -> Var:
        return Var(
            model.STANDS,
            model.PERIODS,
            domain=NonNegativeIntegers,
            bounds=lambda _, i, m, t: (0, sets.most[i, m] if may_change[i, m] else 0),
        )

    always = dict.fromkeys(sets.stands, True)
    changing = dict.fromkeys(sets.stands, fleet.changes)
    moving = {stand: fleet.changes and movable[stand] for stand in sets.stands}
    model.machines = machines(always)
    model.bought, model.sold = machines(changing), machines(changing)
    model.moved_in, model.moved_out = machines(moving), machines(moving)
    model.held = Var(model.HELD, domain=NonNegativeReals)
