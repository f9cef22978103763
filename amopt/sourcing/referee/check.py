"""The referee: recomputes every order from the file alone, and never sees the program.

It reads the quotes, fits, routes, capacities and licences anew with scalar arithmetic of its own,
and compares every table, row and column of an answer with what it finds. Tables hold the rows that
the file calls for, in the order of the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.referee import Notebook, is_number
from amopt.sourcing.referee.frontier_rule import frontier_rule
from amopt.sourcing.referee.licences import check_capacities, check_licences, prints_left
from amopt.sourcing.referee.lines import (
    check_lines,
    check_totals,
    objective_of,
    whole_conventional,
)
from amopt.sourcing.referee.orders import check_orders
from amopt.sourcing.referee.purchases import check_purchases
from amopt.sourcing.referee.quotes import check_fits, check_quotes, has_quotes
from amopt.sourcing.referee.switchover import check_switchover
from amopt.sourcing.referee.terms import OrderTerms
from amopt.sourcing.referee.use import check_limits

if TYPE_CHECKING:
    from amopt.solution import Solution
    from amopt.sourcing.instance.fields import Instance
    from amopt.verdict import Verdict

__all__ = ["COPIED", "TABLES", "check"]

TABLES = (
    *("orders", "purchase_orders", "deliveries", "lines", "switchover", "fits"),
    *("capacities", "licences", "totals"),
)
"""The tables that every answer has."""

LIMITS = (
    *("limit", "stated", "stated_day", "unit", "used", "used_day"),
    *("costs", "costs_at_least", "costs_at_most", "family"),
)
"""The columns of what limits cost, where that was looked at."""

COPIED = {"register": ("file", "head"), "licences": ("granted", "recorded"), "limits": LIMITS}
"""The columns that are not recomputed: copied from a register, or from solves without a limit."""


def check(instance: Instance, solution: Solution) -> Verdict:
    """Recompute a plan's prices, lead times, transport, limits, comparisons and totals.

    Parameters
    ----------
    instance
        The instance; with what a register left of the licences, where one was used.
    solution
        An answer of sourcing: its tables and its outcome.
    """
    notebook = Notebook()
    try:
        if notebook.shapes(solution.rows):
            _judge(instance, solution, notebook)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        notebook.require(False, f"the answer's tables are damaged: {type(error).__name__} {error}")
    return notebook.verdict()


def _judge(instance: Instance, solution: Solution, notebook: Notebook) -> None:
    """Judge an answer, table by table."""
    rows = solution.rows
    registered = "register" in rows
    quoted = has_quotes(instance)
    costs = "limits" in rows
    optional = (("register", registered), ("quotes", quoted), ("limits", costs))
    more = [name for name, due in optional if due]
    notebook.tables(rows, (*TABLES, *more))
    if not set(TABLES) <= rows.keys():
        return
    if registered:
        _check_register(notebook, rows["register"])
    terms = OrderTerms(instance)
    orders = check_orders(terms, notebook, rows["orders"])
    left = prints_left(instance, notebook, rows["licences"], orders, registered=registered)
    check_purchases(terms, notebook, rows, orders.placed, orders.goods)
    check_limits(terms, notebook, orders.by_line, orders.held, orders.new)
    check_licences(instance, notebook, rows["licences"], orders, left, registered=registered)
    check_capacities(instance, notebook, rows["capacities"], orders)
    check_fits(terms, notebook, rows["fits"])
    reach = check_switchover(terms, notebook, rows["switchover"])
    rule = frontier_rule(terms, reach, left)
    beside = {"conventional": whole_conventional(terms), "frontier_rule": rule}
    check_lines(terms, notebook, rows["lines"], orders, beside)
    check_totals(terms, notebook, rows["totals"], orders, beside)
    objective = objective_of(terms, orders.by_line)
    notebook.measures["objective"] = objective.value
    outcome = solution.outcome
    notebook.outcome(outcome, objective)
    if str(outcome.status) == "optimal":
        ended = f"outcome: optimal, though the solver stopped: {outcome.stopped}"
        notebook.require(str(outcome.stopped) == "finished", ended)
    if quoted and "quotes" in rows:
        check_quotes(instance, notebook, rows)
    if costs:
        _check_limits(notebook, rows["limits"])


def _check_limits(notebook: Notebook, table: Any) -> None:
    """Require that what limits cost is no less than nothing, and between its proven ends."""
    for row in table:
        where = f"limits, {row.get('limit')!r}"
        if not notebook.require(set(row) == set(LIMITS), f"{where}: other columns are right"):
            continue
        low, cost, high = row["costs_at_least"], row["costs"], row["costs_at_most"]
        ends = [low, *(one for one in (cost, high) if one is not None)]
        known = all(is_number(one) for one in ends)
        if notebook.require(known and low >= 0, f"{where}: costs {ends} are no amounts"):
            near = notebook.tolerance * max(1.0, abs(low))
            rising = all(one >= low - near for one in ends)
            notebook.require(rising, f"{where}: it costs less than is proven")


def _check_register(notebook: Notebook, table: Any) -> None:
    """Require that the register is named, and its head."""
    notebook.require(len(table) == 1, f"register: there are {len(table)} rows instead of one")
    for row in table:
        named = set(row) == {"file", "head"} and all(isinstance(x, str) for x in row.values())
        notebook.require(named, "register: its file and its head must be named")
