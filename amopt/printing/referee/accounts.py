"""What plans cost a year and do in a cycle, and what they save, as the referee works it out."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from amopt.printing.instance import REPORTED_DAYS, PrintingInstance
from amopt.printing.referee.evaluation import SELDOM, Evaluation
from amopt.printing.referee.plan import terms_of
from amopt.referee import Amount, Notebook, is_number

__all__ = [
    "MONEY",
    "TOLERANCE",
    "Accounts",
    "account_of",
    "compare_saving",
    "stake_of",
    "sum_of",
    "summed",
]

TOLERANCE = 1e-7
"""Relative difference from which a stated number is wrong."""

NOTHING = 1e-9
"""Share of what is at stake below which there is no cost to save from."""

MONEY = ("yearly_cost", "yearly_unavoidable_cost")

Accounts = tuple[list[Evaluation], list[dict[str, Amount]]]


def summed(accounts: Accounts) -> dict[str, Any]:
    """Return stock, its value and money of all parts."""
    evaluations, rows = accounts
    stocks = [one.plan.base_stock for one in evaluations]
    value = math.fsum(one.plan.base_stock * one.terms.c_r for one in evaluations)
    return {
        "base_stock": sum(stocks),
        "stock_value": value,
        **{key: sum_of(row[key] for row in rows) for key in MONEY},
    }


def sum_of(amounts: Iterable[Amount]) -> Amount:
    """Return the sum of amounts, and of their scales."""
    listed = list(amounts)
    return Amount(math.fsum(one.value for one in listed), math.fsum(one.scale for one in listed))


def compare_saving(
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


def stake_of(instance: PrintingInstance, index: int) -> float:
    """Return the unavoidable cost, and that of one system that is always down, in money a year."""
    terms = terms_of(instance, index, printer=True)
    rate = float(instance.parameters.failures_per_day[index])
    return REPORTED_DAYS * (terms.c_r * terms.N * rate + terms.b)


def account_of(instance: PrintingInstance, index: int, evaluation: Evaluation) -> dict[str, Amount]:
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
    seldom = SELDOM * terms.N * terms.p_r * terms.L
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
