"""Why no plan exists: the limits that clash, in the instance's words, and the least changes.

A limit of the file is dropped by writing the instance without it. A conflict is an irreducible
set of limits: with all of them no plan exists, without any one of them one does (found by halving,
QuickXplain: Junker, 2004). The least change of a limit is found by minimising what it bounds, all
others held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from amopt.errors import InfeasibleError
from amopt.program.highs import Options
from amopt.program.outcome import Status
from amopt.sourcing.instance import CONVENTIONAL, Instance, Minimise
from amopt.sourcing.market import Market
from amopt.sourcing.methods import Goal, NoPlanError, by_program
from amopt.sourcing.reckoning import Reckoning

if TYPE_CHECKING:
    from amopt.program.outcome import Outcome
    from amopt.sourcing.instance import Line

__all__ = ["Limit", "explain", "limits_of", "nothing_to_order"]

MOST_CONFLICTS = 5
"""Most conflicts that are told of; there may be one a line."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of the file.

    Attributes
    ----------
    kind
        ``"machine_hours"``, ``"parts"``, ``"prints"``, ``"need_by"``, ``"weeks"``, ``"budget"``,
        ``"kg_co2"``, ``"suppliers"``, ``"largest"``, ``"smallest"`` or ``"minimum_order"``.
    index
        Where it stands in its collection of the file; 0 for a limit of the plan.
    """

    kind: str
    index: int = 0


def explain(
    instance: Instance, options: Options, outcome: Outcome | None = None
) -> InfeasibleError:
    """Return the error that says which limits clash, and what would mend it."""
    free = _without(instance, limits_of(instance))
    if not _feasible(free, options):
        return nothing_to_order(Market.of(instance), _unsupplied(instance, options), outcome)
    said: list[str] = []
    limits: list[str] = []
    remedies: list[str] = []
    for part in _blocked_parts(instance, options):
        conflicts = _conflicts(part, options, MOST_CONFLICTS - len(said))
        words = [[_words(part, limit) for limit in conflict] for conflict in conflicts]
        limits += [limit for own in words for limit in own]
        said += [_clash(part, own) for own in words]
        for conflict, changes in zip(conflicts, _remedies(part, conflicts, options), strict=True):
            if changes:
                also = " together with one for each other clash" if len(conflicts) > 1 else ""
                remedies += [f"{change}{also}" for change in changes]
            else:
                remedies.append(
                    f"change more than one of: {', '.join(_words(part, x) for x in conflict)}"
                )
        if len(said) >= MOST_CONFLICTS:
            break
    message = f"no plan exists: {'; and '.join(said)}."
    return InfeasibleError(message, conflict=limits, remedies=remedies, outcome=outcome)


def _clash(instance: Instance, limits: Sequence[str]) -> str:
    """Return a conflict in words, with the lines that it is about."""
    lines = [f"line {line.line!r} ({line.quantity:g} parts)" for line in instance.lines]
    about = ", ".join(lines) if len(lines) <= 3 else f"{len(lines)} lines"
    if len(limits) == 1:
        return f"{limits[0]} cannot be kept by {about}"
    return f"{', '.join(limits[:-1])} and {limits[-1]} cannot hold together for {about}"


def _conflicts(instance: Instance, options: Options, most: int) -> list[tuple[Limit, ...]]:
    """Return conflicts that share no limit, until the rest can be kept."""
    found: list[tuple[Limit, ...]] = []
    left = limits_of(instance)
    while len(found) < most and not _feasible(_keeping(instance, left), options):
        conflict = _conflict(instance, left, options)
        found.append(conflict)
        left = [limit for limit in left if limit not in conflict]
    return found


def nothing_to_order(
    market: Market, lines: Sequence[str], outcome: Outcome | None = None
) -> InfeasibleError:
    """Return the error for lines that nothing can be ordered for, whatever the limits are."""
    said = []
    for name in lines:
        index = next(i for i, line in enumerate(market.instance.lines) if line.line == name)
        reasons = [
            f"{market.supplier[o]}: {market.excluded[o] or 'its quantities do not add up to it'}"
            for o in np.flatnonzero(market.line == index)
        ]
        said.append(f"line {name!r} ({'; '.join(reasons) or 'nobody offers its part'})")
    return InfeasibleError(
        f"nothing that can be ordered fills {', '.join(said[:5])}"
        + (f" and {len(said) - 5} more lines" if len(said) > 5 else ""),
        conflict=[f"line {name!r}" for name in lines],
        remedies=["add an offer or conventional supply that can fill the line"],
        outcome=outcome,
    )


def limits_of(instance: Instance) -> list[Limit]:
    """Return the limits of an instance, those that are easiest to change last."""
    asked: dict[str, float] = {}
    for line in instance.lines:
        asked[line.part] = max(asked.get(line.part, 0.0), line.quantity)
    found = [
        Limit("minimum_order", i)
        for i, entry in enumerate(instance.conventional)
        if entry.minimum_order > 1
    ]
    offers = [(i, offer) for i, offer in enumerate(instance.offers) if offer.part in asked]
    found += [Limit("smallest", i) for i, offer in offers if offer.smallest > 1]
    found += [Limit("largest", i) for i, offer in offers if offer.largest < asked[offer.part]]
    found += [Limit("prints", i) for i, _ in enumerate(instance.licences)]
    for i, entry in enumerate(instance.capacities):
        found += [Limit("machine_hours", i)] * (entry.machine_hours is not None)
        found += [Limit("parts", i)] * (entry.parts is not None)
    own = instance.limits
    found += [Limit("suppliers")] * (own.suppliers_per_line is not None)
    found += [Limit("kg_co2")] * (own.kg_co2 is not None)
    found += [
        Limit("need_by", i)
        for i, line in enumerate(instance.lines)
        if line.need_by_weeks is not None
    ]
    found += [Limit("weeks")] * (own.weeks is not None)
    found += [Limit("budget")] * (own.budget is not None)
    return found


def _keeping(instance: Instance, limits: Sequence[Limit]) -> Instance:
    """Return the instance with these limits only."""
    kept = set(limits)
    return _without(instance, [limit for limit in limits_of(instance) if limit not in kept])


def _without(instance: Instance, limits: Sequence[Limit]) -> Instance:
    """Return the instance without some limits."""
    drop: dict[str, set[int]] = {}
    for limit in limits:
        drop.setdefault(limit.kind, set()).add(limit.index)

    def changed(entries: Sequence[Any], **fields: tuple[str, Any]) -> tuple[Any, ...]:
        result = []
        for i, entry in enumerate(entries):
            update = {
                field: value for field, (kind, value) in fields.items() if i in drop.get(kind, ())
            }
            result.append(entry.model_copy(update=update) if update else entry)
        return tuple(result)

    own = {
        "budget": "budget",
        "weeks": "weeks",
        "kg_co2": "kg_co2",
        "suppliers_per_line": "suppliers",
    }
    return instance.supposing(
        lines=changed(instance.lines, need_by_weeks=("need_by", None)),
        conventional=changed(instance.conventional, minimum_order=("minimum_order", 0.0)),
        offers=changed(
            instance.offers,
            smallest_quantity=("smallest", 1e-9),
            largest_quantity=("largest", 1e15),
        ),
        capacities=changed(
            instance.capacities, machine_hours=("machine_hours", None), parts=("parts", None)
        ),
        licences=tuple(
            entry.model_copy(update={"prints": 1e15}) if i in drop.get("prints", ()) else entry
            for i, entry in enumerate(instance.licences)
        ),
        limits=instance.limits.model_copy(
            update={field: None for field, kind in own.items() if kind in drop}
        ),
    )


def _nothing(model: Any) -> None:
    """Ask for any plan: no objective."""
    from pyomo.environ import Objective

    model.objective.deactivate()
    model.any_plan = Objective(expr=0.0)


def _feasible(instance: Instance, options: Options) -> bool:
    """Return whether a plan exists."""
    market = Market.of(instance)
    try:
        by_program(market, options, goal=Goal(_nothing, lambda plan: 0.0))
    except InfeasibleError:
        return False
    except NoPlanError as error:
        if error.outcome.status is Status.INFEASIBLE:
            return False
        from amopt.errors import NoAnswerError

        raise NoAnswerError(
            "no plan exists, or none was found, and the time ran out before the reason was known",
            outcome=error.outcome,
        ) from None
    return True


def _blocked_parts(instance: Instance, options: Options) -> Iterator[Instance]:
    """Yield the instance with only lines that share limits, for each such group without a plan.

    A line whose part and suppliers have no limit in common with others is a group by itself.
    """
    own = instance.limits
    if own.budget is not None or own.kg_co2 is not None:
        yield instance
        return
    limited = {entry.supplier for entry in instance.capacities}
    licensed = {licence.part for licence in instance.licences}
    suppliers: dict[str, set[str]] = {}
    for offer in instance.offers:
        suppliers.setdefault(offer.part, set()).add(offer.supplier)
    groups: dict[str, list[Line]] = {}
    for line in instance.lines:
        capacity = "capacity" if suppliers.get(line.part, set()) & limited else ""
        licence = f"licence {line.part}" if line.part in licensed else ""
        groups.setdefault(capacity or licence or f"line {line.line}", []).append(line)
    for group in groups.values():
        names, parts = {line.line for line in group}, {line.part for line in group}
        part = instance.supposing(
            lines=tuple(group),
            committed=tuple(o for o in instance.committed if o.line in names),
            offers=tuple(o for o in instance.offers if o.part in parts),
            conventional=tuple(e for e in instance.conventional if e.part in parts),
            licences=tuple(x for x in instance.licences if x.part in parts),
        )
        if not _feasible(part, options):
            yield part


def _unsupplied(instance: Instance, options: Options) -> list[str]:
    """Return the lines that cannot be filled without any limit."""
    free = _without(instance, limits_of(instance))
    return [
        line.line
        for line in free.lines
        if not _feasible(
            free.supposing(
                lines=(line,),
                committed=tuple(o for o in free.committed if o.line == line.line),
            ),
            options,
        )
    ]


def _conflict(instance: Instance, limits: list[Limit], options: Options) -> tuple[Limit, ...]:
    """Return an irreducible set of limits that no plan keeps (QuickXplain)."""

    def clash(kept: Sequence[Limit]) -> bool:
        return not _feasible(_keeping(instance, kept), options)

    def search(base: list[Limit], added: bool, rest: list[Limit]) -> list[Limit]:
        if added and clash(base):
            return []
        if len(rest) == 1:
            return rest
        half = len(rest) // 2
        first, second = rest[:half], rest[half:]
        found = search(base + first, True, second)
        return found + search(base + found, bool(found), first)

    return tuple(search([], False, limits))


def _remedies(
    instance: Instance, conflicts: Sequence[tuple[Limit, ...]], options: Options
) -> list[list[str]]:
    """Return, by conflict, the least change of each limit, the other conflicts dropped."""
    found = []
    for conflict in conflicts:
        others = [limit for other in conflicts if other is not conflict for limit in other]
        changes = (
            _least_change(_without(instance, [*others, limit]), instance, limit, options)
            for limit in conflict
        )
        found.append([change for change in changes if change is not None])
    return found


def _least_change(free: Instance, instance: Instance, limit: Limit, options: Options) -> str | None:
    """Return how far a limit must be moved if it alone is; nothing if that does not mend it."""
    measure = _MEASURES[limit.kind]
    weights = Minimise(cost=1.0, downtime=1.0, weeks=1.0, kg_co2=1.0)
    market = Market.of(free.supposing(minimise=weights))
    goal = Goal(
        lambda model: measure.shape(model, instance, limit.index),
        lambda plan: measure.value(plan, limit.index),
    )
    try:
        plan, _ = by_program(market, options, goal=goal)
    except (InfeasibleError, NoPlanError):
        return None
    return _change(instance, limit, measure.value(plan, limit.index))


@dataclass(frozen=True, slots=True)
class _Measure:
    """What a limit bounds: as the objective of a model, and of a plan."""

    terms: Callable[[Any, Instance, int], Any]
    value: Callable[[Reckoning, int], float]
    most: bool = False

    def shape(self, model: Any, instance: Instance, index: int) -> None:
        """Make it the model's objective."""
        from pyomo.environ import Objective, maximize, minimize

        expression = self.terms(model, instance, index)
        model.objective.deactivate()
        model.least_change = Objective(
            expr=expression + 0.0, sense=maximize if self.most else minimize
        )


def _by_supplier(instance: Instance, index: int) -> str:
    return instance.capacities[index].supplier


def _options_where(market: Market, wanted: Callable[[int], bool]) -> list[int]:
    return [o for o in range(len(market)) if wanted(o)]


def _weighted(model: Any, options: Sequence[int], weight: Callable[[int], float]) -> Any:
    return sum(weight(o) * model.quantity[s] for o in options for s in model.options.get(o, ()))


def _amount(plan: Reckoning, options: Sequence[int], weight: Callable[[int], float]) -> float:
    return float(sum(weight(o) * plan.quantity[o] for o in options))


def _held(market: Market, wanted: Callable[[Any], bool], *, hours: bool = False) -> float:
    """Return what committed orders take of a limit."""
    return sum(
        (used if hours else order.quantity)
        for order, _, _, _, used in market.commitments
        if wanted(order)
    )


def _supplier_options(market: Market, index: int) -> list[int]:
    name = _by_supplier(market.instance, index)
    return _options_where(market, lambda o: market.supplier[o] == name)


def _licence_options(market: Market, index: int) -> list[int]:
    licence = market.instance.licences[index]
    return _options_where(
        market,
        lambda o: (
            not market.conventional[o]
            and market.sources[market.source[o]].part == licence.part
            and licence.supplier in (None, market.supplier[o])
        ),
    )


def _hours(market: Market) -> Callable[[int], float]:
    return lambda o: float(market.hours[o])


def _one(_: int) -> float:
    return 1.0


def _licensed(market: Market, index: int) -> float:
    licence = market.instance.licences[index]
    part = {line.line: line.part for line in market.instance.lines}
    return _held(
        market,
        lambda order: (
            part[order.line] == licence.part
            and order.supplier != CONVENTIONAL
            and licence.supplier in (None, order.supplier)
        ),
    )


def _latest(model: Any, *_: Any) -> Any:
    from pyomo.environ import Constraint, NonNegativeReals, Var

    model.latest = Var(domain=NonNegativeReals)
    model.none_later = Constraint(
        list(model.delivery_weeks), rule=lambda m, name: m.delivery_weeks[name] <= m.latest
    )
    return model.latest


def _most_suppliers(model: Any, instance: Instance, _: int) -> Any:
    from pyomo.environ import Constraint, NonNegativeIntegers, Var

    model.most_suppliers = Var(domain=NonNegativeIntegers)
    model.no_more_suppliers = Constraint(
        list(model.of_line),
        rule=lambda m, name: (
            sum(m.ordered[s] for s in m.of_line[name]) <= m.most_suppliers
            if m.of_line[name]
            else Constraint.Skip
        ),
    )
    return model.most_suppliers


def _suppliers(plan: Reckoning, _: int) -> float:
    market = plan.market
    own: dict[int, set[str]] = {}
    for o in np.flatnonzero(plan.quantity > 0).tolist():
        own.setdefault(int(market.line[o]), set()).add(market.supplier[o])
    return float(max((len(names) for names in own.values()), default=0))


def _of_offer(market: Market, index: int) -> list[int]:
    return np.flatnonzero(market.source == index).tolist()


def _of_conventional(market: Market, index: int) -> list[int]:
    return np.flatnonzero(market.source == len(market.instance.offers) + index).tolist()


def _largest_order(options_of: Callable[[Market, int], list[int]]) -> _Measure:
    """Return the largest order on a source, over lines."""

    def terms(model: Any, _: Instance, index: int) -> Any:
        from pyomo.environ import Constraint, NonNegativeReals, Var

        options = options_of(model.market, index)
        model.largest_order = Var(domain=NonNegativeReals)
        model.none_larger = Constraint(
            range(len(options)),
            rule=lambda m, i: (
                _weighted(m, [options[i]], _one) <= m.largest_order
                if m.options.get(options[i])
                else Constraint.Skip
            ),
        )
        return model.largest_order

    def value(plan: Reckoning, index: int) -> float:
        return float(plan.quantity[options_of(plan.market, index)].max(initial=0.0))

    return _Measure(terms, value)


def _least_order(options_of: Callable[[Market, int], list[int]]) -> _Measure:
    """Return the total of a source's orders, to be as large as can be."""

    def value(plan: Reckoning, index: int) -> float:
        own = plan.quantity[options_of(plan.market, index)]
        return float(own[own > 0].min(initial=np.inf))

    return _Measure(
        lambda model, _, index: _weighted(model, options_of(model.market, index), _one),
        value,
        most=True,
    )


_MEASURES: dict[str, _Measure] = {
    "machine_hours": _Measure(
        lambda m, _, i: _weighted(m, _supplier_options(m.market, i), _hours(m.market)),
        lambda plan, i: (
            _amount(plan, _supplier_options(plan.market, i), _hours(plan.market))
            + _held(
                plan.market,
                lambda order: order.supplier == _by_supplier(plan.market.instance, i),
                hours=True,
            )
        ),
    ),
    "parts": _Measure(
        lambda m, _, i: _weighted(m, _supplier_options(m.market, i), _one),
        lambda plan, i: (
            _amount(plan, _supplier_options(plan.market, i), _one)
            + _held(
                plan.market, lambda order: order.supplier == _by_supplier(plan.market.instance, i)
            )
        ),
    ),
    "prints": _Measure(
        lambda m, _, i: _weighted(m, _licence_options(m.market, i), _one),
        lambda plan, i: (
            _amount(plan, _licence_options(plan.market, i), _one) + _licensed(plan.market, i)
        ),
    ),
    "need_by": _Measure(
        lambda m, instance, i: m.delivery_weeks[instance.lines[i].line],
        lambda plan, i: float(plan.weeks[i]),
    ),
    "weeks": _Measure(_latest, lambda plan, _: float(plan.weeks.max(initial=0.0))),
    "budget": _Measure(lambda m, *_: m.paid, lambda plan, _: float(plan.cost.sum())),
    "kg_co2": _Measure(lambda m, *_: m.emissions, lambda plan, _: float(plan.kg_co2.sum())),
    "suppliers": _Measure(_most_suppliers, _suppliers),
    "largest": _largest_order(_of_offer),
    "smallest": _least_order(_of_offer),
    "minimum_order": _least_order(_of_conventional),
}


def _words(instance: Instance, limit: Limit) -> str:
    """Return a limit in the instance's words."""
    i, own = limit.index, instance.limits
    if limit.kind in ("machine_hours", "parts"):
        entry = instance.capacities[i]
        hours = limit.kind == "machine_hours"
        amount = f"{entry.machine_hours:g} machine hours" if hours else f"{entry.parts:g} parts"
        return f"the capacity of {entry.supplier!r}, {amount}"
    if limit.kind == "prints":
        licence = instance.licences[i]
        who = f" at {licence.supplier!r}" if licence.supplier else ""
        return f"the licence of {licence.part!r}{who}, {licence.prints:g} prints"
    if limit.kind == "need_by":
        line = instance.lines[i]
        return f"the need-by of line {line.line!r}, {line.need_by_weeks:g} weeks"
    if limit.kind in ("largest", "smallest"):
        offer = instance.offers[i]
        most = offer.largest if limit.kind == "largest" else offer.smallest
        whose = f"{offer.supplier!r} for {offer.part!r}"
        return f"the {limit.kind} quantity of {whose}, {most:g} parts"
    if limit.kind == "minimum_order":
        made = instance.conventional[i]
        return f"the minimum order of conventional {made.part!r}, {made.minimum_order:g} parts"
    return {
        "budget": f"the budget, {own.budget or 0:g} {instance.currency}",
        "weeks": f"the latest delivery, {own.weeks or 0:g} weeks",
        "kg_co2": f"the emission limit, {own.kg_co2 or 0:g} kg of CO2",
        "suppliers": f"at most {own.suppliers_per_line} suppliers a line",
    }[limit.kind]


def _change(instance: Instance, limit: Limit, needed: float) -> str | None:
    """Return the least change of a limit in the instance's words."""
    words = _words(instance, limit).rpartition(", ")[0] or "the most suppliers a line"
    if not np.isfinite(needed):
        return None
    if limit.kind in ("smallest", "minimum_order"):
        return f"lower {words} to {needed:g} parts"
    unit = {
        "machine_hours": "machine hours",
        "parts": "parts",
        "prints": "prints",
        "need_by": "weeks",
        "weeks": "weeks",
        "budget": instance.currency,
        "kg_co2": "kg of CO2",
        "suppliers": "suppliers",
        "largest": "parts",
    }[limit.kind]
    return f"raise {words} to {_up(needed)} {unit}"


def _up(amount: float) -> str:
    """Return an amount rounded up, so that what is written is enough."""
    digits = 2 if abs(amount) >= 1 else 6
    rounded = np.ceil(round(amount * 10**digits, 6)) / 10**digits
    return f"{rounded:,.{digits}f}".rstrip("0").rstrip(".")
