"""The limits of the file on the whole plan: open sites, room for stock, budget, emissions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.phrases import CENTS, money, plural, rounded_up
from amopt.placement.formulation.sets import total
from amopt.placement.formulation.wording import more
from amopt.program.family import Family

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.placement.instance.fields import Instance

__all__ = ["BUDGET", "EMISSION_LIMIT", "MOST_OPEN_SITES", "STORAGE"]


def budget(model: ConcreteModel) -> None:
    r"""Keep the budget.

    .. math:: \text{cost over all periods} \le \text{budget}
    """
    from pyomo.environ import Constraint

    limit = model.instance.limits.budget
    periods = [] if limit is None else ["all periods"]
    model.budget = Constraint(periods, rule=lambda *_: model.cost <= limit)


def _budget(instance: Instance, _: Any) -> str:
    return f"the budget of {money(instance.limits.budget or 0.0, instance.currency)}"


def _raise_budget(instance: Instance, _: Any, amount: float) -> str:
    more_money = rounded_up(amount, CENTS)
    digits = len(more_money.partition(".")[2])
    return f"raise the budget by {more_money}{_zeros(digits)} {instance.currency}"


def _zeros(digits: int) -> str:
    return {0: ".00", 1: "0"}.get(digits, "")


def emission_limit(model: ConcreteModel) -> None:
    r"""Keep the limit of emissions.

    .. math:: \text{kg of CO2 over all periods} \le \text{limit}
    """
    from pyomo.environ import Constraint

    limit = model.instance.limits.kg_co2
    periods = [] if limit is None else ["all periods"]
    model.emission_limit = Constraint(periods, rule=lambda *_: model.kg_co2 <= limit)


def _emissions(instance: Instance, _: Any) -> str:
    return f"the limit of {money(instance.limits.kg_co2 or 0.0)} kg of CO2"


def _allow_emissions(_: Instance, __: Any, amount: float) -> str:
    return f"allow {rounded_up(amount)} kg more of CO2"


def most_open_sites(model: ConcreteModel) -> None:
    r"""Open no more sites at a time than allowed.

    .. math:: \sum_i y_{it} \le \bar y
    """
    from pyomo.environ import Constraint

    sets, limit = model.sets, model.instance.limits.open_sites

    def rule(_: ConcreteModel, t: str) -> Any:
        opened = total(model.open, [(i, t) for i in sets.sites])
        return opened <= limit

    limited = [] if limit is None else sets.periods
    model.most_open_sites = Constraint(limited, rule=rule)


def _most_open(instance: Instance, _: Any) -> str:
    limit = instance.limits.open_sites
    return f"at most {limit} open {plural(limit or 0, 'site')}"


def _more_open(_: Instance, __: Any, amount: float) -> str:
    return f"let {more(amount, 'site')} be open"


def storage(model: ConcreteModel) -> None:
    r"""Keep to the room for stock at a place.

    .. math:: \sum_{k \in K_{jt}} r_k x_k \le R_j
    """
    from pyomo.environ import Constraint

    sets = model.sets
    room = {limit.place: limit.at_most for limit in model.instance.limits.storage}

    def rule(_: ConcreteModel, place: str, t: str) -> Any:
        taken = {
            k: sets.room[k]
            for pair, options in sets.of_pair.items()
            if pair[:2] == (t, place)
            for k in options
        }
        stored = total(model.supply, taken)
        return stored <= room[place] if any(taken.values()) else Constraint.Skip

    model.storage = Constraint([(place, t) for place in room for t in sets.periods], rule=rule)


def _storage(_: Instance, key: Any) -> str:
    return f"the room for stock at {key[0]!r}"


def _more_storage(_: Instance, key: Any, amount: float) -> str:
    return f"find storage room of {rounded_up(amount)} more at {key[0]!r}"


BUDGET = Family("budget", budget, ("limits.budget",), _budget, _raise_budget)
EMISSION_LIMIT = Family(
    "emission_limit", emission_limit, ("limits.kg_co2",), _emissions, _allow_emissions
)
MOST_OPEN_SITES = Family(
    "most_open_sites", most_open_sites, ("limits.open_sites",), _most_open, _more_open
)
STORAGE = Family("storage", storage, ("limits.storage[].at_most",), _storage, _more_storage)
