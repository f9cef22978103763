"""The tables of an answer, from the policies with and without a printer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.phrases import amount
from amopt.printing import closed_form
from amopt.printing.answer.solution import DETERMINISTIC, LIMIT_COLUMNS, PRINTING, SINGLE_SOURCE
from amopt.printing.instance import REPORTED_DAYS, PrintingInstance
from amopt.printing.limit_rows import KINDS, LimitRow, limit_rows
from amopt.printing.parameters import Parameters
from amopt.printing.policy import Action, Interval, Optimum, Policy, Pure
from amopt.solution import Table

__all__ = ["plan_in_words", "tables"]

Floats = NDArray[np.float64]

Accounts = tuple[Policy, dict[str, Floats]]


def tables(instance: PrintingInstance, found: Optimum, alone: Optimum | None) -> dict[str, Table]:
    """Return the tables of an answer.

    Parameters
    ----------
    instance
        The instance.
    found
        The policy of each part, and the limits that were added.
    alone
        The same where nothing can be printed; None where no plan is possible then.
    """
    parameters, policy = instance.parameters, found.policy
    both: list[tuple[str, Policy]] = [(PRINTING, policy)]
    with_printer, without = (policy, _account(parameters, policy)), None
    if alone is not None:
        both.append((SINGLE_SOURCE, alone.policy))
        without = (alone.policy, _account(parameters.without_printer(), alone.policy))
    if found.pure is not None:
        both.append((DETERMINISTIC, found.pure.policy))
    names = [part.name for part in instance.parts]
    mixing = [
        (name, sourcing, chosen, index)
        for index, name in enumerate(names)
        for sourcing, chosen in both
    ]
    return {
        "parts": _parts(instance, with_printer, without),
        "single_source": [] if without is None else _single_source(names, *without),
        "intervals": [row for entry in mixing for row in _intervals(*entry)],
        "levels": [row for entry in mixing for row in _levels(*entry)],
        "deterministic": _deterministic(instance, found.pure),
        "limits": _limits(instance, found, alone),
        "totals": [_totals(parameters, with_printer, without, found.pure)],
    }


def _parts(
    instance: PrintingInstance, with_printer: Accounts, without: Accounts | None
) -> list[dict[str, Any]]:
    """Return the table of parts."""
    parameters, (policy, account) = instance.parameters, with_printer
    count = len(parameters)
    reference: list[float | None] = [None] * count
    stocks: list[int | float | None] = [None] * count
    saving: list[float | None] = [None] * count
    percent: list[float | None] = [None] * count
    if without is not None:
        single, charged = without
        stake = charged["yearly_unavoidable_cost"] + REPORTED_DAYS * parameters.backorder_cost
        saved = charged["yearly_cost"] - account["yearly_cost"]
        reference, saving = charged["yearly_cost"].tolist(), saved.tolist()
        stocks = [single.stock(part) for part in range(count)]
        percent = list(map(_percent, saved, charged["yearly_cost"], stake))
    return _rows(
        part=[part.name for part in instance.parts],
        base_stock=[policy.stock(part) for part in range(count)],
        plan=[plan_in_words(policy, part) for part in range(count)],
        saving=saving,
        yearly_cost=account["yearly_cost"].tolist(),
        single_source_base_stock=stocks,
        single_source_yearly_cost=reference,
        saving_percent=percent,
        system=[part.system for part in instance.parts],
        systems=parameters.systems.tolist(),
        print_threshold=_thresholds(policy, Action.PRINT),
        expedite_threshold=_thresholds(policy, Action.EXPEDITE),
        **_but_cost(account),
    )


def _single_source(
    names: list[str], single: Policy, account: dict[str, Floats]
) -> list[dict[str, Any]]:
    """Return the table of the policy without a printer."""
    return _rows(
        part=names,
        base_stock=[single.stock(part) for part in range(len(names))],
        expedite_threshold=_thresholds(single, Action.EXPEDITE),
        yearly_cost=account["yearly_cost"].tolist(),
        **_but_cost(account),
    )


def _limits(
    instance: PrintingInstance, found: Optimum, single: Optimum | None
) -> list[dict[str, Any]]:
    """Return the table of limits: those of the file, then those that a caller added."""
    cycles = REPORTED_DAYS / instance.cycle_days
    both = [(instance.parameters, found), (instance.parameters.without_printer(), single)]
    done = [None if one is None else _done(parameters, one.policy) for parameters, one in both]
    table = []
    for row in limit_rows(instance):
        limit, availability = row.limit, row.limit.measure == "availability"
        used = [None if one is None else _used(row, one) for one in done]
        duals = [None if one is None else one.duals[limit.name] for one in (found, single)]
        worth = [None if dual is None else max(0.0, -dual) * cycles for dual in duals]
        if availability:
            used = [None if one is None else 1.0 - one for one in used]
        table.append(
            {
                "limit": limit.name,
                "says": limit.bound,
                "amount": used[0],
                "most": None if availability else row.most,
                "least": limit.at_least,
                "unit": limit.unit,
                "one_unit": limit.one_unit,
                "dual": duals[0],
                "yearly_worth": worth[0],
                "single_source_amount": used[1],
                "single_source_dual": duals[1],
            }
        )
    for name, dual in found.limits.items():
        table.append({**dict.fromkeys(LIMIT_COLUMNS), "limit": name, "dual": dual})
    return table


def _done(parameters: Parameters, policy: Policy) -> dict[str, Floats]:
    """Return what each part does in a cycle in expectation, by kind."""
    stock = [policy.stock(part) for part in range(len(parameters))]
    happening = closed_form.amounts(parameters, policy)
    kinds = {kind: getattr(happening, kind) for kind in KINDS if kind != "base_stock"}
    return {**kinds, "base_stock": np.array(stock, dtype=np.float64)}


def _used(row: LimitRow, done: Mapping[str, Floats]) -> float:
    """Return how much of a limit is used."""
    return float(sum(numbers @ done[kind] for kind, numbers in row.coefficients.items()))


def _deterministic(instance: PrintingInstance, pure: Pure | None) -> list[dict[str, Any]]:
    """Return the table of the best plan that does not mix."""
    if pure is None:
        return []
    return _rows(
        part=[part.name for part in instance.parts],
        base_stock=pure.policy.base_stock.tolist(),
        plan=[plan_in_words(pure.policy, part) for part in range(len(instance.parts))],
        yearly_cost=_account(instance.parameters, pure.policy)["yearly_cost"].tolist(),
    )


def _totals(
    parameters: Parameters, with_printer: Accounts, without: Accounts | None, pure: Pure | None
) -> dict[str, Any]:
    """Return the sums over all parts."""
    alike = None
    if pure is not None:
        alike = float(_account(parameters, pure.policy)["yearly_cost"].sum())
    policy, account = with_printer
    cost = float(account["yearly_cost"].sum())
    stock, value = _stock(parameters, policy)
    nothing = ("base_stock", "stock_value", "yearly_cost", "saving", "percent")
    single: dict[str, int | float | None] = dict.fromkeys(nothing)
    if without is not None:
        reference = float(without[1]["yearly_cost"].sum())
        stake = without[1]["yearly_unavoidable_cost"] + REPORTED_DAYS * parameters.backorder_cost
        single["base_stock"], single["stock_value"] = _stock(parameters, without[0])
        single["yearly_cost"], single["saving"] = reference, reference - cost
        single["percent"] = _percent(reference - cost, reference, float(stake.sum()))
    printed = sum(
        policy.threshold(part, Action.PRINT) is not None for part in range(len(parameters))
    )
    return {
        "parts": len(parameters),
        "printed_parts": printed,
        "base_stock": stock,
        "stock_value": value,
        "yearly_cost": cost,
        "single_source_base_stock": single["base_stock"],
        "single_source_stock_value": single["stock_value"],
        "single_source_yearly_cost": single["yearly_cost"],
        "yearly_unavoidable_cost": float(account["yearly_unavoidable_cost"].sum()),
        "saving": single["saving"],
        "saving_percent": single["percent"],
        "down_days_per_cycle": float(account["down_days_per_cycle"].sum()),
        "prints_per_cycle": float(account["prints_per_cycle"].sum()),
        "deterministic_yearly_cost": alike,
    }


def _stock(parameters: Parameters, policy: Policy) -> tuple[int | float, float]:
    """Return the parts in stock and their value; a fraction where a part mixes levels."""
    stocks = [policy.stock(part) for part in range(len(parameters))]
    return sum(stocks), float(np.array(stocks, dtype=np.float64) @ parameters.order_cost)


def _but_cost(account: Mapping[str, Floats]) -> dict[str, list[Any]]:
    """Return the columns of an account but the total, which a table has in its own place."""
    return {name: values.tolist() for name, values in account.items() if name != "yearly_cost"}


def _account(parameters: Parameters, policy: Policy) -> dict[str, Floats]:
    """Return yearly costs by kind, their total, and what happens in a cycle, by column."""
    cycles = REPORTED_DAYS / parameters.cycle_days
    happening = charged = closed_form.amounts(parameters, policy)
    if not parameters.is_average:
        charged = closed_form.amounts(parameters, policy, discounted=True)
    costs = {
        "yearly_order_cost": cycles * parameters.order_cost * charged.orders,
        "yearly_print_cost": cycles * _where_possible(parameters.print_cost) * charged.prints,
        "yearly_expedite_cost": cycles
        * _where_possible(parameters.expedite_cost)
        * charged.expedites,
        "yearly_holding_cost": cycles * parameters.holding_cost * charged.stock_days,
        "yearly_backorder_cost": cycles * parameters.backorder_cost * charged.down_days,
    }
    unavoidable = (
        REPORTED_DAYS * parameters.order_cost * parameters.systems * parameters.failures_per_day
    )
    return {
        "yearly_cost": np.sum(list(costs.values()), axis=0) - unavoidable,
        **costs,
        "yearly_unavoidable_cost": unavoidable,
        "expected_stock": happening.stock_days / parameters.cycle_days,
        "down_days_per_cycle": happening.down_days,
        "orders_per_cycle": happening.orders,
        "prints_per_cycle": happening.prints,
        "expedites_per_cycle": happening.expedites,
    }


def _where_possible(cost: Floats) -> Floats:
    """Return the costs, 0 where there is no such source: nothing comes from it."""
    return np.where(np.isfinite(cost), cost, 0.0)


def _thresholds(policy: Policy, action: Action) -> list[int | None]:
    return [policy.threshold(part, action) for part in range(len(policy.base_stock))]


def _percent(saving: float, reference: float, stake: float) -> float | None:
    """Return the saving in percent; None where nothing but rounding could be saved."""
    if reference <= 1e-9 * (reference + stake):
        return None
    return float(100 * saving / reference)


def plan_in_words(policy: Policy, part: int) -> str:
    """Return what is done for a system that waits, as a planner reads it.

    ``print 6-2, wait 1``; where the plan mixes ``print 6-4, wait 40 % and print 60 % 3, wait 2-1``.
    """
    words: list[str] = []
    runs = policy.intervals(part)
    for run in runs:
        together = [one for one in runs if one.from_days_to_go == run.from_days_to_go]
        if run is together[0]:
            words.append(f"{_actions(together)} {_span(run)}")
    return ", ".join(words)


def _actions(together: list[Interval]) -> str:
    """Return the actions of one run of days, with their shares where there are several."""
    if len(together) == 1:
        return together[0].action.word
    return " and ".join(f"{one.action.word} {amount(100 * one.share)} %" for one in together)


def _span(run: Interval) -> str:
    until = "" if run.from_days_to_go == run.to_days_to_go else f"-{run.to_days_to_go}"
    return f"{run.from_days_to_go}{until}"


def _intervals(name: str, sourcing: str, policy: Policy, part: int) -> Iterator[dict[str, Any]]:
    for run in policy.intervals(part):
        yield {
            "part": name,
            "sourcing": sourcing,
            "action": run.action.word,
            "from_days_to_go": run.from_days_to_go,
            "to_days_to_go": run.to_days_to_go,
            "share": run.share,
        }


def _levels(name: str, sourcing: str, policy: Policy, part: int) -> Iterator[dict[str, Any]]:
    """Yield the levels of a part that mixes several."""
    mix = policy.mixes.get(part)
    if mix is not None and len(mix.levels) > 1:
        for level in sorted(mix.levels):
            yield {
                "part": name,
                "sourcing": sourcing,
                "base_stock": level,
                "share": mix.levels[level],
            }


def _rows(**columns: list[Any]) -> list[dict[str, Any]]:
    """Return a table given by columns as rows."""
    return [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
