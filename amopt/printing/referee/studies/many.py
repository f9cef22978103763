"""The referee of very many parts: plans read from their words, followed as arrays over parts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.printing.instance import REPORTED_DAYS
from amopt.printing.parameters import Parameters
from amopt.printing.referee.evaluation import SELDOM
from amopt.printing.referee.plan import ACTIONS
from amopt.printing.referee.together import worked_out
from amopt.referee import Amount, Notebook, is_number
from amopt.verdict import Verdict

__all__ = ["check_many"]

Floats = NDArray[np.float64]

TOLERANCE = 1e-7
"""Relative difference from which a stated number is wrong."""

OPTIMALITY = 1e-6
"""Relative distance from the best from which a plan is not optimal."""

CHUNK = 3_000_000
"""Days of parts that are gone through in one go."""

COUNTED = {
    "expected_stock": "stock_days",
    "down_days_per_cycle": "down_days",
    "orders_per_cycle": "orders",
    "prints_per_cycle": "prints",
    "expedites_per_cycle": "expedites",
}
COLUMNS = (
    "part",
    "system",
    "base_stock",
    "plan",
    "yearly_cost",
    "saving",
    "single_source_base_stock",
    "single_source_plan",
    "single_source_yearly_cost",
    *COUNTED,
)

RUN = re.compile(r"(wait|print|expedite) (\d+)(?:-(\d+))?")


def check_many(
    names: NDArray[np.object_],
    systems: NDArray[np.object_],
    parameters: Parameters,
    columns: Mapping[str, Any],
    total: Mapping[str, Any],
) -> Verdict:
    """Recompute the table of very many parts.

    Every column of every row is compared, and the optimality of both plans of each part is proven
    by the Bellman residual.

    Parameters
    ----------
    names, systems
        The names of the parts and of their systems, shape (parts,).
    parameters
        Their parameters.
    columns
        The cells of the table by column, shape (parts,) each.
    total
        The row of totals.

    Returns
    -------
    Verdict
        ``measures`` holds ``bellman_residual`` and ``proven_error``, the most by which a cycle of
        all parts can cost more than the best, in money.
    """
    notebook = Notebook(tolerance=TOLERANCE)
    parts = len(parameters)
    there = set(columns) == set(COLUMNS) and all(len(one) == parts for one in columns.values())
    if not notebook.require(there, f"the columns are {sorted(columns)}, of {parts:,} parts each"):
        return notebook.verdict()
    for column, due in (("part", names), ("system", systems)):
        alike = np.asarray(columns[column], dtype=object) == due
        _require(notebook, alike, lambda row, column=column: f"row {row}: another {column}")
    found = {}
    for sourcing, lead, printer in (
        ("printing", "", True),
        ("single source", "single_source_", False),
    ):
        shares = _shares(notebook, parameters, columns[f"{lead}plan"])
        stock = np.asarray(columns[f"{lead}base_stock"])
        most = parameters.systems * parameters.cycle_days
        fits = np.issubdtype(stock.dtype, np.integer) and ((stock >= 0) & (stock <= most)).all()
        if notebook.findings or not notebook.require(
            bool(fits), f"{lead}base_stock holds no stock"
        ):
            return notebook.verdict()
        found[sourcing] = _followed(notebook, names, parameters, stock, shares, printer=printer)
    if notebook.findings:
        return notebook.verdict()
    _compare(notebook, parameters, columns, total, found)
    return notebook.verdict()


def _require(notebook: Notebook, holds: Any, say: Any) -> None:
    """Note the first rows that are wrong."""
    notebook.checks += np.size(holds)
    wrong = np.flatnonzero(~np.asarray(holds, dtype=bool))
    notebook.findings.extend(say(row) for row in wrong[:20].tolist())


def _shares(notebook: Notebook, parameters: Parameters, plans: Any) -> tuple[Floats, Any]:
    """Return the actions of the different plans, shape (plans, L, 3), and which each part has."""
    words, place = np.unique(np.asarray(plans, dtype=str), return_inverse=True)
    days = parameters.cycle_days
    shares = np.zeros((len(words), days, len(ACTIONS)))
    for index, said in enumerate(words.tolist()):
        expected = days - 1
        for run in said.split(", "):
            match = RUN.fullmatch(run)
            if match is None or int(match[2]) != expected:
                break
            last = int(match[3] or match[2])
            shares[index, last : expected + 1, ACTIONS.index(match[1])] = 1.0
            expected = last - 1
        whole = expected == 0 and (shares[index, 1:].sum(axis=1) == 1.0).all()
        notebook.require(bool(whole), f"the plan {said!r} does not tell every day")
    return shares, place


def _followed(
    notebook: Notebook,
    names: NDArray[np.object_],
    parameters: Parameters,
    stock: Any,
    told: tuple[Floats, Any],
    *,
    printer: bool,
) -> dict[str, Floats]:
    """Return what plans do and cost, and note those that are not the best."""
    shares, place = told
    used = parameters.with_sources(printer=printer)
    found: list[dict[str, Floats]] = []
    step = max(1, CHUNK // parameters.cycle_days)
    for start in range(0, len(parameters), step):
        some = slice(start, start + step)
        one = used.take(some)
        terms = {
            "N": one.systems.astype(np.float64),
            "c_r": one.order_cost,
            "c_p": one.print_cost,
            "c_e": one.expedite_cost,
            "b": one.backorder_cost,
            "h": one.holding_cost,
            "p_r": one.failure,
            "p_p": one.printed_failure,
            "room": np.zeros(len(one)),
        }
        share = np.moveaxis(shares[place[some]], 0, 2)
        possible = np.ones(len(one), dtype=bool)
        for action, cost in (("print", one.print_cost), ("expedite", one.expedite_cost)):
            taken = share[1:, ACTIONS.index(action)].any(axis=0)
            possible &= np.isfinite(cost) | ~taken
        _require(
            notebook,
            possible,
            lambda row, start=start: f"part {names[start + row]!r} takes a source that it lacks",
        )
        if notebook.findings:
            return {}
        done = worked_out(terms, used.cycle_days, used.discount, stock[some], share)
        prices = {
            "orders": one.order_cost,
            "prints": one.print_cost,
            "expedites": one.expedite_cost,
            "stock_days": one.holding_cost,
            "down_days": one.backorder_cost,
        }
        spent = np.array(
            [
                np.where(np.isfinite(price), price, 0.0) * done[f"discounted_{kind}"]
                for kind, price in prices.items()
            ]
        )
        done["cost"], done["scale"] = spent.sum(axis=0), np.abs(spent).sum(axis=0)
        done["excess"] = done["error_per_cycle"] + np.abs(done["cost_backward"] - done["cost"])
        stake = SELDOM * (one.order_cost + one.backorder_cost)
        _require(
            notebook,
            done["excess"] <= OPTIMALITY * (np.abs(done["cost"]) + stake),
            lambda row, start=start: f"part {names[start + row]!r}: the plan is not the best",
        )
        found.append(done)
    return {name: np.concatenate([one[name] for one in found]) for name in found[0]}


def _compare(
    notebook: Notebook,
    parameters: Parameters,
    columns: Mapping[str, Any],
    total: Mapping[str, Any],
    found: Mapping[str, Mapping[str, Floats]],
) -> None:
    """Compare all numbers of the table, and the totals."""
    cycles = REPORTED_DAYS / parameters.cycle_days
    rate = parameters.systems * parameters.failures_per_day
    avoided = REPORTED_DAYS * parameters.order_cost * rate
    chosen, single = found["printing"], found["single source"]
    gross = cycles * (chosen["scale"] + single["scale"]) + avoided
    gross += SELDOM * (parameters.order_cost + parameters.backorder_cost)
    cost, without = (cycles * one["cost"] - avoided for one in (chosen, single))
    seldom = SELDOM * parameters.systems * parameters.failure * parameters.cycle_days
    right = {
        "yearly_cost": (cost, gross),
        "single_source_yearly_cost": (without, gross),
        "saving": (without - cost, gross),
    }
    for column, kind in COUNTED.items():
        days = parameters.cycle_days if kind == "stock_days" else 1
        right[column] = (chosen[kind] / days, seldom)
    names = columns["part"]
    for column, (values, scale) in right.items():
        stated = np.asarray(columns[column], dtype=np.float64)
        near = np.abs(stated - values) <= TOLERANCE * np.maximum(np.abs(values), scale)
        _require(
            notebook,
            near,
            lambda row, column=column, stated=stated, values=values: (
                f"part {names[row]!r}, {column}: {stated[row]:.9g} is stated, "
                f"{values[row]:.9g} is right"
            ),
        )
    stake = float(gross.sum())
    printed = np.char.find(np.asarray(columns["plan"], dtype=str), "print") >= 0
    expected: dict[str, Any] = {
        "parts": len(parameters),
        "printed_parts": int(np.count_nonzero(printed)),
        "base_stock": int(np.sum(columns["base_stock"])),
        "single_source_base_stock": int(np.sum(columns["single_source_base_stock"])),
        "yearly_cost": Amount(float(cost.sum()), stake),
        "single_source_yearly_cost": Amount(float(without.sum()), stake),
        "yearly_unavoidable_cost": Amount(float(avoided.sum())),
        "saving": Amount(float((without - cost).sum()), stake),
        "down_days_per_cycle": Amount(float(chosen["down_days"].sum()), float(seldom.sum())),
        "prints_per_cycle": Amount(float(chosen["prints"].sum()), float(seldom.sum())),
    }
    percent, reference = total.get("saving_percent"), float(without.sum())
    if is_number(percent):
        expected["saving_percent"] = Amount(
            100 * float((without - cost).sum()) / reference, 100 * stake / abs(reference)
        )
    else:
        expected["saving_percent"] = None
        notebook.require(reference <= 1e-8 * stake, "totals: there is a saving in percent")
    notebook.compare("totals", total, expected)
    notebook.measures["bellman_residual"] = float(
        max(chosen["residual"].max(), single["residual"].max())
    )
    notebook.measures["proven_error"] = float(chosen["excess"].sum())
    notebook.measures["cycle_cost"] = float(chosen["cost"].sum())
