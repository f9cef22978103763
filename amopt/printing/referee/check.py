"""The referee of printing: recomputes every number of an answer from the instance alone.

It reads the policy from the answer's tables, evaluates day by day what that policy does and costs,
and proves from the Bellman residual how far from the best it can be (see
:mod:`amopt.printing.referee.day_by_day`). It has never seen the closed form or any program.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from amopt.printing.instance import REPORTED_DAYS, PrintingInstance
from amopt.printing.referee.day_by_day import Evaluation, Plan, Terms
from amopt.printing.referee.ledger import TOLERANCE, Ledger
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.solution import Solution

__all__ = ["check"]

OPTIMALITY = 1e-6
"""Relative distance from the best from which an answer is not optimal."""

NOTHING = 1e-9
"""Share of what is at stake below which there is no cost to save from."""

ACTIONS = ("wait", "print", "expedite")
MONEY = ("yearly_cost", "yearly_unavoidable_cost")
TABLES = ("parts", "single_source", "intervals", "totals")


def check(instance: PrintingInstance, solution: Solution) -> Verdict:
    """Recompute an answer from the instance.

    Every column of every table is compared, and the optimality of both policies of every part is
    proven by the Bellman residual over all states that matter.

    Parameters
    ----------
    instance
        The instance.
    solution
        The answer; ``rows`` and ``outcome`` are read.

    Returns
    -------
    Verdict
        ``measures`` holds ``bellman_residual``, the largest amount by which another decision in any
        state beats the stated one, and ``proven_error``, the most by which the objective can be
        above the best, both in money.
    """
    ledger = Ledger()
    rows = solution.rows
    ledger.require(set(rows) == set(TABLES), f"the tables are {sorted(rows)}, not {sorted(TABLES)}")
    if ledger.findings:
        return Verdict(tuple(ledger.findings), ledger.checks)
    names = [part.name for part in instance.parts]
    for table in ("parts", "single_source"):
        stated = [row.get("part") for row in rows[table]]
        ledger.require(stated == names, f"{table} has the parts {stated}, not {names}")
    ledger.require(len(rows["totals"]) == 1, "totals does not have one row")
    if ledger.findings:
        return Verdict(tuple(ledger.findings), ledger.checks)
    plans = [
        _plans(ledger, instance, rows, sourcing, table)
        for sourcing, table in (("printing", "parts"), ("single source", "single_source"))
    ]
    if ledger.findings:
        return Verdict(tuple(ledger.findings), ledger.checks)
    chosen, single = ([Evaluation(terms, plan) for terms, plan in pairs] for pairs in plans)
    _possible(ledger, names, chosen, single)
    if ledger.findings:
        return Verdict(tuple(ledger.findings), ledger.checks)
    _compare_tables(ledger, instance, rows, chosen, single)
    measures = _optimality(ledger, solution, names, chosen, single)
    return Verdict(tuple(ledger.findings), ledger.checks, measures)


def _terms(instance: PrintingInstance, index: int, *, printer: bool) -> Terms:
    parameters = instance.parameters
    return Terms(
        N=int(parameters.systems[index]),
        L=parameters.cycle_days,
        alpha=parameters.discount,
        c_r=float(parameters.order_cost[index]),
        c_p=float(parameters.print_cost[index]) if printer else math.inf,
        c_e=float(parameters.expedite_cost[index]),
        b=float(parameters.backorder_cost[index]),
        h=float(parameters.holding_cost[index]),
        p_r=float(parameters.failure[index]),
        p_p=float(parameters.printed_failure[index]) if printer else 0.0,
    )


def _plans(
    ledger: Ledger,
    instance: PrintingInstance,
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
    sourcing: str,
    table: str,
) -> list[tuple[Terms, Plan]]:
    """Read the policy of each part from the tables."""
    days: dict[Any, list[Mapping[str, Any]]] = {}
    for row in rows["intervals"]:
        if row.get("sourcing") == sourcing:
            days.setdefault(row.get("part"), []).append(row)
        else:
            known = row.get("sourcing") in ("printing", "single source")
            ledger.require(known, f"intervals has the sourcing {row.get('sourcing')!r}")
    unknown = days.keys() - {part.name for part in instance.parts}
    ledger.require(not unknown, f"intervals has unknown parts {sorted(map(str, unknown))}")
    found = []
    for index, row in enumerate(rows[table]):
        where = f"part {row['part']!r} ({sourcing})"
        terms = _terms(instance, index, printer=table == "parts")
        stock, most = row.get("base_stock"), terms.N * terms.L  # more cannot fail in a cycle
        fits = type(stock) is int and 0 <= stock <= most
        ledger.require(
            fits, f"{where}: a stock of {stock!r} is not a whole number from 0 to {most}"
        )
        actions = _actions(ledger, where, days.get(row["part"], []), terms.L)
        if fits and isinstance(stock, int) and actions:
            found.append((terms, Plan(stock, actions)))
    return found


def _actions(
    ledger: Ledger, where: str, intervals: Sequence[Mapping[str, Any]], days: int
) -> tuple[str, ...]:
    """Return the action by days to go; intervals must run from L - 1 down to 1 without a gap."""
    actions = ["wait"] * days
    expected = days - 1
    keys = {"part", "sourcing", "action", "from_days_to_go", "to_days_to_go"}
    before = None
    for row in intervals:
        first, last = row.get("from_days_to_go"), row.get("to_days_to_go")
        fits = (
            type(first) is int
            and type(last) is int
            and first == expected
            and 1 <= last <= first
            and set(row) == keys
            and row["action"] in ACTIONS
            and row["action"] != before
        )
        ledger.require(fits, f"{where}: the interval {dict(row)} does not fit")
        if not fits or not isinstance(first, int) or not isinstance(last, int):
            return ()
        actions[last : first + 1] = [row["action"]] * (first - last + 1)
        expected, before = last - 1, row["action"]
    if not ledger.require(expected == 0, f"{where}: no action with {expected} days to go"):
        return ()
    return tuple(actions)


def _possible(
    ledger: Ledger, names: list[str], chosen: list[Evaluation], single: list[Evaluation]
) -> None:
    """Require that every source of a plan is one that the instance offers."""
    for name, *both in zip(names, chosen, single, strict=True):
        for evaluation in both:
            ledger.require(
                evaluation.possible,
                f"part {name!r} takes a source that the instance does not offer",
            )


def _compare_tables(
    ledger: Ledger,
    instance: PrintingInstance,
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
    chosen: list[Evaluation],
    single: list[Evaluation],
) -> None:
    """Compare every column of every table."""
    accounts = [_account(instance, index, entry) for index, entry in enumerate(chosen)]
    references = [_account(instance, index, entry) for index, entry in enumerate(single)]
    for index, part in enumerate(instance.parts):
        where = f"part {part.name!r}"
        (cost, scale), (reference, gross) = (
            kind[index]["yearly_cost"] for kind in (accounts, references)
        )
        stated = dict(rows["parts"][index])
        least = NOTHING * (reference + _stake(instance, index))
        _compare_percent(ledger, where, stated, costs=(cost, reference, gross), least=least)
        expected = {
            "part": part.name,
            "system": part.system,
            "systems": chosen[index].terms.N,
            "base_stock": chosen[index].plan.base_stock,
            "plan": _words(chosen[index].plan),
            "print_threshold": _threshold(chosen[index].plan, "print"),
            "expedite_threshold": _threshold(chosen[index].plan, "expedite"),
            "single_source_base_stock": single[index].plan.base_stock,
            "single_source_yearly_cost": (reference, gross),
            "saving": (reference - cost, max(scale, gross)),
            **accounts[index],
        }
        ledger.compare(where, stated, expected)
        expected = {
            "part": part.name,
            "base_stock": single[index].plan.base_stock,
            "expedite_threshold": _threshold(single[index].plan, "expedite"),
            **references[index],
        }
        ledger.compare(f"{where} (single source)", rows["single_source"][index], expected)
    _compare_totals(ledger, instance, rows["totals"][0], (chosen, accounts), (single, references))


Accounts = tuple[list[Evaluation], list[dict[str, Any]]]


def _compare_totals(
    ledger: Ledger,
    instance: PrintingInstance,
    stated: Mapping[str, Any],
    with_printer: Accounts,
    without: Accounts,
) -> None:
    expected: dict[str, Any] = {"parts": len(instance.parts)}
    sums = []
    for prefix, (evaluations, accounts) in (("", with_printer), ("single_source_", without)):
        stocks = [entry.plan.base_stock for entry in evaluations]
        value = sum(entry.plan.base_stock * entry.terms.c_r for entry in evaluations)
        total = {
            key: tuple(
                math.fsum(values) for values in zip(*(a[key] for a in accounts), strict=True)
            )
            for key in (*MONEY, "down_days_per_cycle", "prints_per_cycle")
        }
        sums.append(total["yearly_cost"])
        expected[f"{prefix}base_stock"] = sum(stocks)
        expected[f"{prefix}stock_value"] = (value, 1.0)
        expected[f"{prefix}yearly_cost"] = total["yearly_cost"]
        if not prefix:
            expected["yearly_unavoidable_cost"] = total["yearly_unavoidable_cost"]
            expected["down_days_per_cycle"] = total["down_days_per_cycle"]
            expected["prints_per_cycle"] = total["prints_per_cycle"]
    expected["printed_parts"] = sum("print" in entry.plan.actions for entry in with_printer[0])
    (cost, _), (reference, gross) = sums
    expected["saving"] = (reference - cost, gross)
    row = dict(stated)
    stake = math.fsum(_stake(instance, index) for index in range(len(instance.parts)))
    least = NOTHING * (reference + stake)
    _compare_percent(ledger, "totals", row, costs=(cost, reference, gross), least=least)
    ledger.compare("totals", row, expected)


def _compare_percent(
    ledger: Ledger,
    where: str,
    row: dict[str, Any],
    *,
    costs: tuple[float, float, float],
    least: float,
) -> None:
    """Take the saving in percent from a row, and compare it in money.

    ``costs`` holds the cost, the cost without a printer, and the scale of the latter; where that
    cost is not above ``least`` there is nothing to save from.
    """
    cost, reference, scale = costs
    saving = reference - cost
    if not ledger.require("saving_percent" in row, f"{where} lacks saving_percent"):
        return
    stated = row.pop("saving_percent")
    if stated is None:
        fits = reference <= 2 * least
    else:
        fits = (
            type(stated) is float
            and reference > least / 2
            and abs(stated * reference / 100 - saving) <= TOLERANCE * scale
        )
    ledger.require(fits, f"{where}, saving_percent: {stated!r} is not {saving:g} of {reference:g}")


def _stake(instance: PrintingInstance, index: int) -> float:
    """Return the unavoidable cost, and that of one system that is always down, in money a year."""
    terms = _terms(instance, index, printer=True)
    rate = float(instance.parameters.failures_per_day[index])
    return REPORTED_DAYS * (terms.c_r * terms.N * rate + terms.b)


def _account(instance: PrintingInstance, index: int, evaluation: Evaluation) -> dict[str, Any]:
    """Return what a part's row should say of costs and events, as (number, scale)."""
    terms = evaluation.terms
    cycles = REPORTED_DAYS / terms.L
    charged, happening = evaluation.amounts(terms.alpha), evaluation.amounts(1.0)
    kinds = {
        "yearly_order_cost": (terms.c_r, "orders"),
        "yearly_print_cost": (terms.c_p, "prints"),
        "yearly_expedite_cost": (terms.c_e, "expedites"),
        "yearly_holding_cost": (terms.h, "stock_days"),
        "yearly_backorder_cost": (terms.b, "down_days"),
    }
    yearly = {
        column: cycles * price * charged[amount] if math.isfinite(price) else 0.0
        for column, (price, amount) in kinds.items()
    }
    rate = float(instance.parameters.failures_per_day[index])
    unavoidable = REPORTED_DAYS * terms.c_r * terms.N * rate
    # rounding grows with what is at stake, not with what is left of it
    gross = sum(yearly.values()) + unavoidable + 1e-3 * REPORTED_DAYS * terms.b
    money = {"yearly_cost": sum(yearly.values()) - unavoidable, **yearly}
    events = {
        "expected_stock": happening["stock_days"] / terms.L,
        "down_days_per_cycle": happening["down_days"],
        "orders_per_cycle": happening["orders"],
        "prints_per_cycle": happening["prints"],
        "expedites_per_cycle": happening["expedites"],
    }
    scale = 1e-3 * (1 + terms.N * terms.p_r * terms.L)
    return {
        **{column: (value, gross) for column, value in money.items()},
        "yearly_unavoidable_cost": (unavoidable, gross),
        **{column: (value, scale) for column, value in events.items()},
    }


def _threshold(plan: Plan, action: str) -> int | None:
    """Return the fewest days to go with which an action is taken."""
    return next((n for n in range(1, len(plan.actions)) if plan.actions[n] == action), None)


def _words(plan: Plan) -> str:
    """Return the actions from the first day of a cycle to the last, each with its days to go."""
    told = []
    first = len(plan.actions) - 1
    for n in range(first, 0, -1):
        if n == 1 or plan.actions[n - 1] != plan.actions[n]:
            told.append(f"{plan.actions[n]} {first}" + (f"-{n}" if n < first else ""))
            first = n - 1
    return ", ".join(told)


def _optimality(
    ledger: Ledger,
    solution: Solution,
    names: list[str],
    chosen: list[Evaluation],
    single: list[Evaluation],
) -> dict[str, float]:
    """Prove how good the policies are, and compare objective and bound with that."""
    optimal = str(solution.outcome.status) == "optimal"
    objective = error = scale = 0.0
    for name, *both in zip(names, chosen, single, strict=True):
        for evaluation in both:
            cost, excess = evaluation.cost, evaluation.excess
            close = excess <= OPTIMALITY * (abs(cost) + evaluation.stake)
            ledger.require(
                close or not optimal,
                f"part {name!r}: the policy is called optimal, but a cycle of it, which costs "
                f"{cost:.9g}, may cost {excess:.3g} more than the best",
            )
        worth = both[0].horizon
        objective += worth * both[0].cost
        error += worth * both[0].excess
        scale += worth * both[0].stake
    ledger.same("objective", solution.outcome.objective, (objective, scale))
    bound, lowest = solution.outcome.bound, objective - error
    if bound is not None:
        ledger.require(
            bound <= lowest + OPTIMALITY * (abs(objective) + scale),
            f"the bound {bound:.9g} is not proven: the best may cost as little as {lowest:.9g}",
        )
    residual = max(evaluation.residual for evaluation in (*chosen, *single))
    return {"bellman_residual": residual, "proven_error": error}
