"""The referee: recomputes a placement answer from the instance and the answer's tables alone.

It knows nothing of the program. Every table is read, every column of every row is recomputed, and
status, objective, bound and gap must agree with each other; the plans of the forms are judged as
the optimum's own is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from amopt.placement.referee.machines import follows_fleets
from amopt.placement.referee.orders import check_assignment
from amopt.placement.referee.plan import KINDS, Bill, PlanReferee
from amopt.placement.referee.source import Sources
from amopt.referee import Amount, Notebook, is_number
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Instance
    from amopt.solution import Solution

__all__ = ["COPIED", "check"]

Row = Mapping[str, Any]

COPIED: Mapping[str, tuple[str, ...]] = {
    "orders": ("part", "quantity", "place", "due_week"),
}
"""The columns that repeat the file, by table: they are compared with it. All others are recomputed,
and those that name a row (a place, a part, a period ...) must name what there is, once."""

FORMS = ("optimum", "central", "distributed", "conventional")


def check(instance: Instance, solution: Solution) -> Verdict:
    """Return the referee's verdict on an answer.

    Parameters
    ----------
    instance
        The instance that was solved.
    solution
        The answer; only its tables and its outcome are read.
    """
    notebook = Notebook()
    rows = {name: list(table) for name, table in solution.rows.items()}
    planned = instance.has_demand
    notebook.tables(rows, _tables_due(instance, rows, planned))
    if not notebook.findings and planned:
        objective = _check_plans(instance, rows, notebook, solution.outcome)
        if objective is not None:
            notebook.outcome(solution.outcome, objective)
    if not notebook.findings and instance.orders:
        total = check_assignment(instance, rows, notebook)
        if not planned:
            notebook.outcome(solution.outcome, total)
    return notebook.verdict()


def _tables_due(instance: Instance, rows: Mapping[str, Sequence[Row]], planned: bool) -> set[str]:
    """Return the tables that there must be."""
    due = {"orders", "work"} if instance.orders else set()
    if planned:
        holdings = {"holdings"} if follows_fleets(instance) else set()
        plan = {"sites", "fleet", "supply", *holdings}
        due |= {"bill", "forms", *plan}
        if any(row.get("form") != "optimum" for row in rows.get("forms", ())):
            due |= {f"form_{table}" for table in plan}
    return due


def _check_plans(
    instance: Instance, rows: Mapping[str, Sequence[Row]], notebook: Notebook, outcome: Any
) -> Amount | None:
    """Judge the optimum's plan and that of each form, and compare what tables say of them."""
    named = [row.get("form") for row in rows["forms"]]
    known = [form for form in FORMS if form in named]
    notebook.require(named == known, f"forms: {named} are there, each once and in order is right")
    notebook.require("optimum" in named, "forms: there is no optimum")
    bills: dict[str, Bill] = {}
    sources = Sources(instance)
    for form in known:
        if notebook.findings:
            break
        tables = rows if form == "optimum" else _of_form(rows, form, notebook)
        bills[form] = PlanReferee(instance, tables, notebook, form, sources).judged()
    if notebook.findings:
        return None
    beside = {name: rows[name] for name in rows if name.startswith("form_")}
    for name, table in beside.items():
        strange = {row["form"] for row in table} - set(known)
        notebook.require(not strange, f"{name}: there are no forms {strange}")
    _check_bill(rows["bill"], bills, notebook)
    weight = instance.minimise
    objectives = {
        form: Amount(
            weight.cost * bill.total + weight.kg_co2 * bill.kg_co2,
            weight.cost * sum(map(abs, bill.money.values())) + weight.kg_co2 * bill.kg_co2,
        )
        for form, bill in bills.items()
    }
    for row in rows["forms"]:
        _check_form(row, bills[row["form"]], objectives[row["form"]], notebook)
    first = rows["forms"][0]
    notebook.same("forms, optimum, bound", first.get("bound"), _number(outcome.bound))
    for form, objective in objectives.items():
        if outcome.bound is not None:
            what = f"the bound, below the {form} plan"
            notebook.within(what, outcome.bound, objective.value, objective.scale)
    notebook.measures["cost"] = bills["optimum"].total
    return objectives["optimum"]


def _number(value: float | None) -> Amount | None:
    return None if value is None else Amount(float(value))


def _of_form(
    rows: Mapping[str, Sequence[Row]], form: str, notebook: Notebook
) -> dict[str, list[Row]]:
    """Return the tables of one form's plan."""
    tables: dict[str, list[Row]] = {}
    for name, table in rows.items():
        if not name.startswith("form_"):
            continue
        notebook.require(all("form" in row for row in table), f"{name} has rows without a form")
        tables[name.removeprefix("form_")] = [
            {key: value for key, value in row.items() if key != "form"}
            for row in table
            if row.get("form") == form
        ]
    return tables


def _check_bill(table: Sequence[Row], bills: Mapping[str, Bill], notebook: Notebook) -> None:
    """Compare each kind of cost of each form, in the order in which bills are told."""
    kinds = (*KINDS, "total")
    told = [row.get("cost") for row in table]
    if not notebook.require(told == list(kinds), f"bill: {told} in place of {list(kinds)}"):
        return
    for row in table:
        kind = row["cost"]
        expected: dict[str, Any] = {"cost": kind}
        for form in FORMS:
            bill = bills.get(form)
            if bill is None:
                expected[form] = None
            else:
                expected[form] = Amount(bill.total if kind == "total" else bill.money[kind])
        notebook.compare(f"bill, {kind}", row, expected)


def _check_form(row: Row, bill: Bill, objective: Amount, notebook: Notebook) -> None:
    """Compare a row of the forms with the plan of the form."""
    bound, what = row.get("bound"), f"forms, {row['form']}"
    gap = None
    if bound is not None and notebook.require(is_number(bound), f"{what}: bound {bound!r}"):
        notebook.within(f"{what}: the bound", bound, objective.value, objective.scale)
        gap = abs(objective.value - bound)
        if gap:
            gap = gap / abs(objective.value) if objective.value else math.inf
    notebook.compare(
        what,
        row,
        {
            "form": row["form"],
            "cost": Amount(bill.total),
            "kg_co2": Amount(bill.kg_co2),
            "open_sites": bill.open_sites,
            "machines": bill.machines,
            "printed": Amount(bill.printed),
            "bound": bound,
            # A difference of two numbers whose last digits are rounding.
            "gap": None if gap is None else Amount(gap, 1e-3),
        },
    )
