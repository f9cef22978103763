"""The tables of an answer, from the policies with and without a printer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.phrases import amount
from amopt.printing import closed_form
from amopt.printing.answer.accounts import (
    Accounts,
    account_of,
    as_rows,
    percent_of,
    stock_of,
)
from amopt.printing.answer.columns import DETERMINISTIC, LIMIT_COLUMNS, PRINTING, SINGLE_SOURCE
from amopt.printing.answer.policies import COMPARED, Compared, policy_rows, printer_rows
from amopt.printing.instance import REPORTED_DAYS, PrintingInstance
from amopt.printing.limit_rows import KINDS, LimitRow, limit_rows
from amopt.printing.parameters import Parameters
from amopt.printing.policy import Action, Interval, Optimum, Policy, Pure
from amopt.solution import Table

__all__ = ["plan_in_words", "tables"]

Floats = NDArray[np.float64]


def tables(instance: PrintingInstance, found: Optimum, compared: Compared) -> dict[str, Table]:
    """Return the tables of an answer.

    Parameters
    ----------
    instance
        The instance.
    found
        The policy of each part, and the limits that were added.
    compared
        The same from fewer sources; None where no plan is possible then.
    """
    parameters, alone = instance.parameters, compared[SINGLE_SOURCE]
    policies = {PRINTING: found.policy}
    policies |= {name: one.policy for name, one in compared.items() if one is not None}
    accounts = {
        name: (policy, account_of(parameters.with_sources(**COMPARED.get(name, {})), policy))
        for name, policy in policies.items()
    }
    with_printer, without = accounts[PRINTING], accounts.get(SINGLE_SOURCE)
    if found.pure is not None:
        policies[DETERMINISTIC] = found.pure.policy
    names = [part.name for part in instance.parts]
    mixing = [
        (name, sourcing, chosen, index)
        for index, name in enumerate(names)
        for sourcing, chosen in policies.items()
    ]
    totals = _totals(parameters, with_printer, without, found.pure)
    return {
        "parts": _parts(instance, with_printer, without),
        "single_source": [] if without is None else _single_source(names, *without),
        "intervals": [row for entry in mixing for row in _intervals(*entry)],
        "levels": [row for entry in mixing for row in _levels(*entry)],
        "deterministic": _deterministic(instance, found.pure),
        "policies": policy_rows(parameters, accounts),
        "other_policies": _other_policies(names, accounts),
        "printer": printer_rows(instance, totals),
        "limits": _limits(instance, found, alone),
        "totals": [totals],
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
        percent = list(map(percent_of, saved, charged["yearly_cost"], stake))
    return as_rows(
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
    return as_rows(
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
    cycles, rows = REPORTED_DAYS / instance.cycle_days, limit_rows(instance)
    both = [(instance.parameters, found), (instance.parameters.without_printer(), single)]
    done = [
        None if one is None or not rows else _done(parameters, one.policy)
        for parameters, one in both
    ]
    table = []
    for row in rows:
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
                "in_words": limit.worth_in_words(worth[0], instance.currency),
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
    return as_rows(
        part=[part.name for part in instance.parts],
        base_stock=pure.policy.base_stock.tolist(),
        plan=[plan_in_words(pure.policy, part) for part in range(len(instance.parts))],
        yearly_cost=account_of(instance.parameters, pure.policy)["yearly_cost"].tolist(),
    )


def _other_policies(names: list[str], accounts: Mapping[str, Accounts]) -> list[dict[str, Any]]:
    """Return the table of the policies without expediting, where parts can be expedited."""
    others = {name: one for name, one in accounts.items() if name not in (PRINTING, SINGLE_SOURCE)}
    return [
        {
            "part": name,
            "sourcing": sourcing,
            "base_stock": policy.stock(part),
            "plan": plan_in_words(policy, part),
            "yearly_cost": float(account["yearly_cost"][part]),
        }
        for part, name in enumerate(names)
        for sourcing, (policy, account) in others.items()
    ]


def _totals(
    parameters: Parameters, with_printer: Accounts, without: Accounts | None, pure: Pure | None
) -> dict[str, Any]:
    """Return the sums over all parts."""
    alike = None
    if pure is not None:
        alike = float(account_of(parameters, pure.policy)["yearly_cost"].sum())
    policy, account = with_printer
    cost = float(account["yearly_cost"].sum())
    stock, value = stock_of(parameters, policy)
    nothing = ("base_stock", "stock_value", "yearly_cost", "saving", "percent")
    single: dict[str, int | float | None] = dict.fromkeys(nothing)
    if without is not None:
        reference = float(without[1]["yearly_cost"].sum())
        stake = without[1]["yearly_unavoidable_cost"] + REPORTED_DAYS * parameters.backorder_cost
        single["base_stock"], single["stock_value"] = stock_of(parameters, without[0])
        single["yearly_cost"], single["saving"] = reference, reference - cost
        single["percent"] = percent_of(reference - cost, reference, float(stake.sum()))
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


def _but_cost(account: Mapping[str, Floats]) -> dict[str, list[Any]]:
    """Return the columns of an account but the total, which a table has in its own place."""
    return {name: values.tolist() for name, values in account.items() if name != "yearly_cost"}


def _thresholds(policy: Policy, action: Action) -> list[int | None]:
    return [policy.threshold(part, action) for part in range(len(policy.base_stock))]


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
