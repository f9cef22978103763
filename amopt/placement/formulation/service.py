"""Who is supplied: all demand, and only from where it can be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.phrases import rounded_down, stated
from amopt.placement.formulation.sets import total
from amopt.placement.formulation.wording import in_period
from amopt.program.family import Family

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.placement.instance.fields import Instance

__all__ = ["FILL_RATE", "ONLY_BY_MACHINES", "ONLY_FROM_OPEN_SITES", "SERVE"]


def serve(model: ConcreteModel) -> None:
    r"""Supply every demanded pair all the time.

    .. math:: \sum_{k \in K_{pt}} x_k = 1
    """
    from pyomo.environ import Constraint

    sets = model.sets
    model.serve = Constraint(
        sets.pairs, rule=lambda _, *p: total(model.supply, sets.of_pair.get(p, ())) == 1
    )


def _demand(instance: Instance, key: Any) -> str:
    period, place, part = key
    asked = [
        limit.at_least
        for limit in instance.limits.fill_rate
        if not limit.on_average and limit.place in (None, place) and limit.part in (None, part)
    ]
    least = max(asked, default=0.0)
    why = _out_of_reach(instance, part, least)
    met = f", with a fill rate of at least {stated(least)}{why}" if asked else ""
    return f"the demand of {place!r} for {part!r}{in_period(instance, period)}{met}"


def _out_of_reach(instance: Instance, part: str, asked: float) -> str:
    """Say why no stock meets a fill rate, and what to ask for instead."""
    kind = next(entry for entry in instance.parts if entry.name == part)
    if asked > 0 and kind.emergency_cost is None:
        return f" (nobody stocks {part!r}: give it an emergency_cost, or ask for no fill rate)"
    if asked >= 1:
        return " (any stock is out at times: ask for less than 1)"
    return ""


def only_from_open_sites(model: ConcreteModel) -> None:
    r"""Supply nothing from a site that is closed.

    .. math:: \sum_{k \in K_{pit}} x_k \le y_{it}
    """
    from pyomo.environ import Constraint

    sets = model.sets
    model.only_from_open_sites = Constraint(
        list(sets.of_link),
        rule=lambda _, t, *pi: (
            total(model.supply, sets.of_link[t, *pi]) - model.open[pi[-1], t] <= 0
        ),
    )


def only_by_machines(model: ConcreteModel) -> None:
    r"""Print nothing where no machine stands.

    .. math:: \sum_{k \in K_{pimt}} x_k \le n_{imt}

    For parts that take machine-hours it is implied by these, and much tighter.
    """
    from pyomo.environ import Constraint

    sets = model.sets
    model.only_by_machines = Constraint(
        list(sets.of_stand_link),
        rule=lambda _, t, *pim: (
            total(model.supply, sets.of_stand_link[t, *pim]) - model.machines[(*pim[-2:], t)] <= 0
        ),
    )


def fill_rate(model: ConcreteModel) -> None:
    r"""Meet fill rates on average: each by the pairs that it covers, together.

    .. math:: \sum_{p, k \in K_{pt}} \frac{d_{pt}}{\sum_p d_{pt}} (1 - \phi_k) x_k
        \le 1 - \bar\phi

    What is missed is counted, not what is met: a rate near 1 then has all of its digits.
    """
    from pyomo.environ import Constraint

    sets, limits = model.sets, model.instance.limits.fill_rate

    def covered(number: int, period: str) -> list[tuple[str, str, str]]:
        limit = limits[number]
        return [
            (t, place, part)
            for t, place, part in sets.pairs
            if t == period and limit.place in (None, place) and limit.part in (None, part)
        ]

    def rule(_: ConcreteModel, number: int, period: str) -> Any:
        pairs = covered(number, period)
        demanded = sum(sets.rate[pair] for pair in pairs)
        missed = {
            k: sets.rate[pair] / demanded * (1 - sets.fill[k])
            for pair in pairs
            for k in sets.of_pair.get(pair, ())
        }
        most = 1 - limits[number].at_least
        return total(model.supply, missed) <= most if any(missed.values()) else Constraint.Skip

    averages = [number for number, limit in enumerate(limits) if limit.on_average]
    model.fill_rate = Constraint([(n, t) for n in averages for t in sets.periods], rule=rule)


def _average(instance: Instance, key: Any) -> str:
    return _average_of(instance, key, stated(instance.limits.fill_rate[key[0]].at_least))


def _average_of(instance: Instance, key: Any, at_least: str) -> str:
    """Say the limit of a key with a fill rate of its own or another."""
    limit = instance.limits.fill_rate[key[0]]
    of = f" of {limit.part!r}" if limit.part else ""
    at = f" at {limit.place!r}" if limit.place else ""
    over = f"{of}{at}" or " of all"
    return f"the average fill rate{over} of at least {at_least}"


def _lower_average(instance: Instance, key: Any, amount: float) -> str:
    reached = rounded_down(instance.limits.fill_rate[key[0]].at_least - amount)
    return f"ask for {_average_of(instance, key, reached)}"


SERVE = Family("serve", serve, says=_demand)
ONLY_FROM_OPEN_SITES = Family("only_from_open_sites", only_from_open_sites)
ONLY_BY_MACHINES = Family("only_by_machines", only_by_machines)
FILL_RATE = Family(
    "fill_rate", fill_rate, ("limits.fill_rate[].on_average",), says=_average, remedy=_lower_average
)
