"""The referee of printing: recomputes every number of an answer from the instance alone.

It reads the policy from the answer's tables, follows day by day what that policy does and costs,
and proves from the Bellman residual how far from the best it can be (see
:mod:`amopt.printing.referee.evaluation`). It has never seen the closed form or any program.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from amopt.printing.instance import REPORTED_DAYS, PrintingInstance
from amopt.printing.referee.evaluation import Evaluation
from amopt.printing.referee.limits import compare_limits, hold
from amopt.printing.referee.optimality import compare_optimality
from amopt.printing.referee.plan import read_plans, terms_of
from amopt.printing.referee.together import evaluated
from amopt.referee import Amount, Notebook, is_number
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.solution import Solution

__all__ = ["check"]

TOLERANCE = 1e-7
"""Relative difference from which a stated number is wrong."""

MOST_PARTS_BY_STATE = 1000
"""Up to so many parts the real states of each are gone through one by one."""

NOTHING = 1e-9
"""Share of what is at stake below which there is no cost to save from."""

MONEY = ("yearly_cost", "yearly_unavoidable_cost")
TABLES = ("parts", "single_source", "intervals", "levels", "deterministic", "limits", "totals")
PLANS = (
    ("printing", "parts"),
    ("single source", "single_source"),
    ("deterministic", "deterministic"),
)

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def check(instance: PrintingInstance, solution: Solution, *, limits: Sequence[str] = ()) -> Verdict:
    """Recompute an answer from the instance.

    Every column of every row of every table is compared, and the optimality of both policies of
    every part is proven by the Bellman residual over all states that matter.

    Parameters
    ----------
    instance
        The instance.
    solution
        The answer; ``rows`` and ``outcome`` are read.
    limits
        The names of limits that were added to the program. The referee does not know what they say:
        an answer that has them need not be the best plan without them, its bound is the solver's,
        and a plan without a printer may be missing. Their duals are taken as they are.

    Returns
    -------
    Verdict
        ``measures`` holds ``bellman_residual``, the largest amount by which another decision in any
        state beats the stated one with the prices of limits in its costs, and ``proven_error``, the
        most by which the objective can be above the best, both in money.
    """
    notebook = Notebook(tolerance=TOLERANCE)
    rows, names = solution.rows, [part.name for part in instance.parts]
    notebook.tables(rows, TABLES)
    if notebook.findings:
        return notebook.verdict()
    shared = bool(limits or instance.limits)
    compared = not shared or bool(rows["single_source"])
    pure = shared and bool(rows["deterministic"])
    for table, due in (
        ("parts", names),
        ("single_source", names if compared else []),
        ("deterministic", names if pure else []),
    ):
        stated = [row.get("part") for row in rows[table]]
        notebook.require(stated == due, f"{table} has the parts {stated}, not {due}")
    notebook.require(len(rows["totals"]) == 1, "totals does not have one row")
    stated = [row.get("limit") for row in rows["limits"]]
    due = [*(limit.name for limit in instance.limits), *limits]
    notebook.require(
        stated == due, f"limits are {stated}; those of the file, and that were added, are {due}"
    )
    if notebook.findings:
        return notebook.verdict()
    plans = [read_plans(notebook, instance, rows, sourcing, table) for sourcing, table in PLANS]
    if not notebook.findings and not shared:
        notebook.require(not rows["levels"], "a plan mixes levels without a limit that asks for it")
    for _, table in PLANS[1:]:
        _no_stray_plans(notebook, rows, table)
    if notebook.findings:
        return notebook.verdict()
    few = len(instance.parts) <= MOST_PARTS_BY_STATE
    chosen, single, alike = (evaluated(pairs, by_states=few) for pairs in plans)
    every = [*zip(names, chosen, strict=False), *zip(names, single, strict=False)]
    for name, evaluation in [*every, *zip(names, alike, strict=False)]:
        notebook.require(
            evaluation.possible, f"part {name!r} takes a source that the instance does not offer"
        )
    if notebook.findings:
        return notebook.verdict()
    _compare_tables(notebook, instance, rows, (chosen, single, alike))
    compare_limits(notebook, instance, rows["limits"], (chosen, single))
    compare_optimality(notebook, instance, solution, (chosen, single), extended=bool(limits))
    return notebook.verdict()


def _no_stray_plans(notebook: Notebook, rows: Rows, table: str) -> None:
    """Note days and levels of a plan that has no costs."""
    sourcing = next(name for name, home in PLANS if home == table)
    told = (row for name in ("intervals", "levels") for row in rows[name])
    stray = not rows[table] and any(row.get("sourcing") == sourcing for row in told)
    notebook.require(not stray, f"intervals or levels have a plan that {table} does not have")


def _compare_deterministic(
    notebook: Notebook, instance: PrintingInstance, rows: Rows, plans: list[Evaluation]
) -> Amount | None:
    """Compare the table of the plan that does not mix, and return what it costs a year."""
    if not plans:
        return None
    costs = [_account(instance, index, one)["yearly_cost"] for index, one in enumerate(plans)]
    for row, part, one, cost in zip(
        rows["deterministic"], instance.parts, plans, costs, strict=True
    ):
        where = f"part {part.name!r} (deterministic)"
        mixes = len(one.plan.levels) > 1 or any(
            len(one.plan.shares[n]) > 1 for n in range(1, one.terms.L)
        )
        notebook.require(not mixes, f"{where}: the plan mixes")
        expected = {
            "part": part.name,
            "base_stock": one.plan.base_stock,
            "plan": one.plan.words,
            "yearly_cost": cost,
        }
        notebook.compare(where, row, expected)
    for limit in instance.limits:
        hold(notebook, instance, limit, plans, "of the plan that does not mix")
    return _sum(costs)


def _compare_tables(
    notebook: Notebook,
    instance: PrintingInstance,
    rows: Rows,
    evaluations: tuple[list[Evaluation], list[Evaluation], list[Evaluation]],
) -> None:
    """Compare every column of every table."""
    chosen, single, alike = evaluations
    accounts = [_account(instance, index, entry) for index, entry in enumerate(chosen)]
    references = [_account(instance, index, entry) for index, entry in enumerate(single)]
    for index, part in enumerate(instance.parts):
        where, plan = f"part {part.name!r}", chosen[index].plan
        stated, cost = dict(rows["parts"][index]), accounts[index]["yearly_cost"]
        stake = Amount(_stake(instance, index))
        reference = references[index]["yearly_cost"] if single else None
        _compare_saving(notebook, where, stated, (cost, reference), stake)
        expected = {
            "part": part.name,
            "system": part.system,
            "systems": chosen[index].terms.N,
            "base_stock": plan.base_stock,
            "plan": plan.words,
            "print_threshold": plan.threshold("print"),
            "expedite_threshold": plan.threshold("expedite"),
            "single_source_base_stock": single[index].plan.base_stock if single else None,
            "single_source_yearly_cost": reference,
            **accounts[index],
        }
        notebook.compare(where, stated, expected)
        if single:
            expected = {
                "part": part.name,
                "base_stock": single[index].plan.base_stock,
                "expedite_threshold": single[index].plan.threshold("expedite"),
                **references[index],
            }
            notebook.compare(f"{where} (single source)", rows["single_source"][index], expected)
    both = (chosen, accounts), (single, references)
    deterministic = _compare_deterministic(notebook, instance, rows, alike)
    _compare_totals(notebook, instance, dict(rows["totals"][0]), both, deterministic)


Accounts = tuple[list[Evaluation], list[dict[str, Amount]]]


def _compare_totals(
    notebook: Notebook,
    instance: PrintingInstance,
    stated: dict[str, Any],
    both: tuple[Accounts, Accounts],
    deterministic: Amount | None,
) -> None:
    """Compare the sums over all parts."""
    with_printer, without = both
    evaluations, accounts = with_printer
    total = _summed(with_printer)
    single = _summed(without) if without[0] else dict.fromkeys(total)
    expected = {
        "parts": len(instance.parts),
        "printed_parts": sum(one.plan.threshold("print") is not None for one in evaluations),
        **{key: total[key] for key in ("base_stock", "stock_value", *MONEY)},
        "down_days_per_cycle": _sum(entry["down_days_per_cycle"] for entry in accounts),
        "prints_per_cycle": _sum(entry["prints_per_cycle"] for entry in accounts),
        "deterministic_yearly_cost": deterministic,
        **{
            f"single_source_{key}": single[key]
            for key in ("base_stock", "stock_value", "yearly_cost")
        },
    }
    stake = _sum(Amount(_stake(instance, index)) for index in range(len(instance.parts)))
    reference = single["yearly_cost"]
    _compare_saving(notebook, "totals", stated, (total["yearly_cost"], reference), stake)
    notebook.compare("totals", stated, expected)


def _summed(accounts: Accounts) -> dict[str, Any]:
    """Return stock, its value and money of all parts."""
    evaluations, rows = accounts
    stocks = [one.plan.base_stock for one in evaluations]
    value = math.fsum(one.plan.base_stock * one.terms.c_r for one in evaluations)
    return {
        "base_stock": sum(stocks),
        "stock_value": value,
        **{key: _sum(row[key] for row in rows) for key in MONEY},
    }


def _sum(amounts: Any) -> Amount:
    """Return the sum of amounts, and of their scales."""
    listed = list(amounts)
    return Amount(math.fsum(one.value for one in listed), math.fsum(one.scale for one in listed))


def _compare_saving(
    notebook: Notebook,
    where: str,
    row: dict[str, Any],
    costs: tuple[Amount, Amount | None],
    stake: Amount,
) -> None:
    """Take the saving, and that in percent, from a row and compare them in money.

    Where the cost without a printer is next to nothing beside what is at stake there is nothing to
    save from, and no percentage; without such a plan there is neither.
    """
    cost, reference = costs
    for column in ("saving", "saving_percent"):
        if not notebook.require(column in row, f"{where} lacks {column}"):
            return
    saving, percent = row.pop("saving"), row.pop("saving_percent")
    if reference is None:
        notebook.same(f"{where}, saving", saving, None)
        notebook.same(f"{where}, saving_percent", percent, None)
        return
    scale = max(cost.scale, reference.scale)
    expected = reference.value - cost.value
    notebook.same(f"{where}, saving", saving, Amount(expected, scale))
    least = NOTHING * (reference.value + stake.value)
    if percent is None:
        fits = reference.value <= 2 * least
    else:
        fits = (
            is_number(percent)
            and reference.value > least / 2
            and abs(percent * reference.value / 100 - expected) <= TOLERANCE * scale
        )
    notebook.require(
        fits, f"{where}, saving_percent: {percent!r} is not {expected:g} of {reference.value:g}"
    )


def _stake(instance: PrintingInstance, index: int) -> float:
    """Return the unavoidable cost, and that of one system that is always down, in money a year."""
    terms = terms_of(instance, index, printer=True)
    rate = float(instance.parameters.failures_per_day[index])
    return REPORTED_DAYS * (terms.c_r * terms.N * rate + terms.b)


def _account(instance: PrintingInstance, index: int, evaluation: Evaluation) -> dict[str, Amount]:
    """Return what a part's row should say of costs and events.

    The scale of an event is a thousandth of the failures of a cycle and of the stock: what happens
    far more seldom is a difference of larger numbers.
    """
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
    seldom = 1e-3 * terms.N * terms.p_r * terms.L
    yearly = {
        column: Amount(cycles * price * charged[amount], cycles * price * seldom)
        if math.isfinite(price)
        else Amount(0.0)
        for column, (price, amount) in kinds.items()
    }
    rate = float(instance.parameters.failures_per_day[index])
    unavoidable = REPORTED_DAYS * terms.c_r * terms.N * rate
    spent = math.fsum(one.value for one in yearly.values())
    gross = math.fsum(max(one.value, one.scale) for one in yearly.values()) + unavoidable
    events = {
        "expected_stock": Amount(happening["stock_days"] / terms.L, seldom),
        "down_days_per_cycle": Amount(happening["down_days"], seldom),
        "orders_per_cycle": Amount(happening["orders"], seldom),
        "prints_per_cycle": Amount(happening["prints"], seldom),
        "expedites_per_cycle": Amount(happening["expedites"], seldom),
    }
    return {
        "yearly_cost": Amount(spent - unavoidable, gross),
        **yearly,
        "yearly_unavoidable_cost": Amount(unavoidable),
        **events,
    }
