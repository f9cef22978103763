"""The referee of printing: recomputes every number of an answer from the instance alone.

It reads the policy from the answer's tables, follows day by day what that policy does and costs,
and proves from the Bellman residual how far from the best it can be (see
:mod:`amopt.printing.referee.evaluation`). It has never seen the closed form or any program.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from amopt.printing.instance import PrintingInstance
from amopt.printing.referee.accounts import (
    MONEY,
    TOLERANCE,
    Accounts,
    account_of,
    compare_saving,
    stake_of,
    sum_of,
    summed,
)
from amopt.printing.referee.evaluation import Evaluation
from amopt.printing.referee.limits import compare_limits, hold
from amopt.printing.referee.optimality import compare_optimality
from amopt.printing.referee.plan import read_plans
from amopt.printing.referee.policies import (
    OTHERS,
    compare_policies,
    compare_printer,
    require_others,
)
from amopt.printing.referee.together import evaluated
from amopt.referee import Amount, Notebook
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.solution import Solution

__all__ = ["check"]

MOST_PARTS_BY_STATE = 1000
"""Up to so many parts the real states of each are gone through one by one."""

TABLES = (
    "parts",
    "single_source",
    "intervals",
    "levels",
    "deterministic",
    "policies",
    "other_policies",
    "printer",
    "limits",
    "totals",
)
PLANS = (
    ("printing", "parts"),
    ("single source", "single_source"),
    ("deterministic", "deterministic"),
    *((sourcing, "other_policies") for sourcing in OTHERS),
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
    require_others(notebook, instance, rows["other_policies"], shared=shared)
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
    for sourcing, table in PLANS[1:]:
        _no_stray_plans(notebook, rows, sourcing, table)
    if notebook.findings:
        return notebook.verdict()
    few = len(instance.parts) <= MOST_PARTS_BY_STATE
    found = [evaluated(pairs, by_states=few) for pairs in plans]
    chosen, single, alike, *without = found
    others = dict(zip(OTHERS, without, strict=True))
    for name, evaluation in chain.from_iterable(zip(names, one, strict=False) for one in found):
        notebook.require(
            evaluation.possible, f"part {name!r} takes a source that the instance does not offer"
        )
    if notebook.findings:
        return notebook.verdict()
    _compare_tables(notebook, instance, rows, (chosen, single, alike))
    compare_policies(
        notebook, instance, rows, {"printing": chosen, "single source": single, **others}
    )
    compare_printer(notebook, instance, rows)
    compare_limits(notebook, instance, rows["limits"], (chosen, single))
    compare_optimality(
        notebook,
        instance,
        solution,
        (chosen, single),
        extended=bool(limits),
        others=[] if shared else without,
    )
    return notebook.verdict()


def _no_stray_plans(notebook: Notebook, rows: Rows, sourcing: str, table: str) -> None:
    """Note days and levels of a plan that has no costs."""
    told = (row for name in ("intervals", "levels") for row in rows[name])
    there = any(row.get("sourcing", sourcing) == sourcing for row in rows[table])
    stray = not there and any(row.get("sourcing") == sourcing for row in told)
    notebook.require(not stray, f"intervals or levels have a plan that {table} does not have")


def _compare_deterministic(
    notebook: Notebook, instance: PrintingInstance, rows: Rows, plans: list[Evaluation]
) -> Amount | None:
    """Compare the table of the plan that does not mix, and return what it costs a year."""
    if not plans:
        return None
    costs = [account_of(instance, index, one)["yearly_cost"] for index, one in enumerate(plans)]
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
    return sum_of(costs)


def _compare_tables(
    notebook: Notebook,
    instance: PrintingInstance,
    rows: Rows,
    evaluations: tuple[list[Evaluation], list[Evaluation], list[Evaluation]],
) -> None:
    """Compare every column of every table."""
    chosen, single, alike = evaluations
    accounts = [account_of(instance, index, entry) for index, entry in enumerate(chosen)]
    references = [account_of(instance, index, entry) for index, entry in enumerate(single)]
    for index, part in enumerate(instance.parts):
        where, plan = f"part {part.name!r}", chosen[index].plan
        stated, cost = dict(rows["parts"][index]), accounts[index]["yearly_cost"]
        stake = Amount(stake_of(instance, index))
        reference = references[index]["yearly_cost"] if single else None
        compare_saving(notebook, where, stated, (cost, reference), stake)
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
    total = summed(with_printer)
    single = summed(without) if without[0] else dict.fromkeys(total)
    expected = {
        "parts": len(instance.parts),
        "printed_parts": sum(one.plan.threshold("print") is not None for one in evaluations),
        **{key: total[key] for key in ("base_stock", "stock_value", *MONEY)},
        "down_days_per_cycle": sum_of(entry["down_days_per_cycle"] for entry in accounts),
        "prints_per_cycle": sum_of(entry["prints_per_cycle"] for entry in accounts),
        "deterministic_yearly_cost": deterministic,
        **{
            f"single_source_{key}": single[key]
            for key in ("base_stock", "stock_value", "yearly_cost")
        },
    }
    stake = sum_of(Amount(stake_of(instance, index)) for index in range(len(instance.parts)))
    reference = single["yearly_cost"]
    compare_saving(notebook, "totals", stated, (total["yearly_cost"], reference), stake)
    notebook.compare("totals", stated, expected)
