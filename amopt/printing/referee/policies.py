"""The four policies side by side, and whether the printer is worth its price, recomputed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from amopt.printing.instance import PrintingInstance
from amopt.printing.referee.accounts import account_of, compare_saving, stake_of, sum_of, summed
from amopt.printing.referee.evaluation import Evaluation
from amopt.printing.referee.limits import hold
from amopt.referee import Amount, Notebook, is_number

__all__ = ["OTHERS", "compare_policies", "compare_printer", "require_others"]

OTHERS = ("printing, no expediting", "single source, no expediting")
"""What is compared besides, where parts can be expedited."""

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def can(instance: PrintingInstance, source: str) -> bool:
    """Return whether any part has a source: ``print`` or ``expedite``."""
    costs = getattr(instance.parameters, f"{source}_cost")
    return any(math.isfinite(cost) for cost in costs.tolist())


def require_others(
    notebook: Notebook,
    instance: PrintingInstance,
    rows: Sequence[Mapping[str, Any]],
    *,
    shared: bool,
) -> None:
    """Note plans without expediting that are missing, or that nobody asked for."""
    names = [part.name for part in instance.parts]
    due = OTHERS if can(instance, "expedite") else ()
    stated = [(row.get("part"), row.get("sourcing")) for row in rows]
    there = [
        sourcing
        for sourcing in due
        if not shared or any(stated_one[1] == sourcing for stated_one in stated)
    ]
    expected = [(name, sourcing) for name in names for sourcing in there]
    notebook.require(stated == expected, f"other_policies has the plans {stated}, not {expected}")


def compare_policies(
    notebook: Notebook,
    instance: PrintingInstance,
    rows: Rows,
    plans: Mapping[str, list[Evaluation]],
) -> None:
    """Compare the tables of policies with the plans, by sourcing."""
    accounts = {
        sourcing: [account_of(instance, index, one) for index, one in enumerate(listed)]
        for sourcing, listed in plans.items()
    }
    at = 0
    for index, part in enumerate(instance.parts):
        for sourcing in OTHERS:
            if plans[sourcing]:
                one = plans[sourcing][index]
                expected = {
                    "part": part.name,
                    "sourcing": sourcing,
                    "base_stock": one.plan.base_stock,
                    "plan": one.plan.words,
                    "yearly_cost": accounts[sourcing][index]["yearly_cost"],
                }
                where = f"part {part.name!r} ({sourcing})"
                notebook.compare(where, rows["other_policies"][at], expected)
                at += 1
    for sourcing in OTHERS:
        for limit in instance.limits if plans[sourcing] else ():
            hold(notebook, instance, limit, plans[sourcing], f"of {sourcing}")
    _compare_sums(notebook, instance, rows["policies"], plans, accounts)


def _compare_sums(
    notebook: Notebook,
    instance: PrintingInstance,
    rows: Sequence[Mapping[str, Any]],
    plans: Mapping[str, list[Evaluation]],
    accounts: Mapping[str, list[dict[str, Amount]]],
) -> None:
    """Compare the table of policies."""
    prints, expedites = can(instance, "print"), can(instance, "expedite")
    due = [("supplier alone", OTHERS[1] if expedites else "single source")]
    due += [("expediting", "single source")] if expedites else []
    due += [("printing", OTHERS[0] if expedites else "printing")] if prints else []
    due += [("printing and expediting", "printing")] if prints and expedites else []
    stated = [row.get("policy") for row in rows]
    if not notebook.require(
        stated == [name for name, _ in due], f"policies are {stated}, not {due}"
    ):
        return
    stake = sum_of(Amount(stake_of(instance, index)) for index in range(len(instance.parts)))
    reference: Amount | None = None
    for row, (name, sourcing) in zip(rows, due, strict=True):
        columns = ("down_days_per_cycle", "prints_per_cycle", "expedites_per_cycle")
        sums = ("base_stock", "stock_value", "yearly_cost")
        expected: dict[str, Any] = {"policy": name, **dict.fromkeys((*sums, *columns))}
        cost, kept = None, dict(row)
        if plans[sourcing]:
            total = summed((plans[sourcing], accounts[sourcing]))
            expected |= {column: total[column] for column in sums}
            expected |= {
                column: sum_of(one[column] for one in accounts[sourcing]) for column in columns
            }
            cost = total["yearly_cost"]
            reference = cost if name == "supplier alone" else reference
        if cost is None:
            expected |= {"saving": None, "saving_percent": None}
        else:
            compare_saving(notebook, f"policy {name}", kept, (cost, reference), stake)
        notebook.compare(f"policy {name}", kept, expected)


def compare_printer(notebook: Notebook, instance: PrintingInstance, rows: Rows) -> None:
    """Compare whether the printer is worth its price; its saving is compared in the totals."""
    printer, table = instance.printer, rows["printer"]
    if not notebook.require(
        len(table) == (printer is not None), "printer has a row where the file gives a price"
    ):
        return
    if printer is None:
        return
    price, annuity = printer.price_per_year, 0.0
    if price is None:
        interest, years = printer.interest_per_year or 0.0, printer.life_years or 1.0
        # What is paid each year pays back the purchase: the sum of its discounted instalments.
        annuity = 1.0 / years
        if interest > 0:
            annuity = interest / (1.0 - math.exp(-years * math.log1p(interest)))
        price = (printer.purchase_cost or 0.0) * annuity + (printer.upkeep_per_year or 0.0)
    saving = rows["totals"][0].get("saving")
    scale = rows["totals"][0].get("single_source_yearly_cost")
    expected: dict[str, Any] = {
        "yearly_price": Amount(price),
        "saving": None,
        "net_saving": None,
        "worth_buying": "yes",
        "break_even_price": None,
        "break_even_purchase_cost": None,
    }
    row = dict(table[0])
    if is_number(saving):
        saved, size = float(saving or 0.0), abs(float(scale or 0.0)) if is_number(scale) else 0.0
        expected |= {
            "saving": Amount(saved, size),
            "net_saving": Amount(saved - price, abs(saved) + price + size),
            "break_even_price": Amount(saved, size),
            "worth_buying": "yes" if saved > price else "no",
        }
        near = abs(saved - price) <= notebook.tolerance * (abs(saved) + price + size)
        if near and row.get("worth_buying") in ("yes", "no"):
            expected["worth_buying"] = row["worth_buying"]
        if annuity:
            left = max(0.0, saved - (printer.upkeep_per_year or 0.0))
            expected["break_even_purchase_cost"] = Amount(left / annuity, size / annuity)
    notebook.compare("printer", row, expected)
