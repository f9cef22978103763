"""Westerweel 2019, chapter 3, and Westerweel et al. 2021: printing at a remote place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import amopt

Values = dict[tuple[str, str], Any]

_COLUMNS = {
    "cost without printer": "single_source_yearly_cost",
    "stock without printer": "single_source_base_stock",
    "cost with printer": "yearly_cost",
    "stock with printer": "base_stock",
    "saving in percent": "saving_percent",
    "saving": "saving",
}


def _answer(instance: str, changes: dict[str, Any] | None = None) -> Any:
    data = {**amopt.load(instance).to_dict(), **(changes or {})}
    return amopt.solve(amopt.load(data))


def _told(row: Any) -> dict[str, Any]:
    return {column: row[name] for column, name in _COLUMNS.items()}


def worked_example(instance: str) -> Values:
    """Return value, base-stock level and what is done when, of the only part."""
    answer = _answer(instance)
    (row,) = answer.rows["parts"]
    found: Values = {
        ("example", "discounted cost"): answer.outcome.objective,
        ("example", "base stock"): row["base_stock"],
        ("example", "print threshold"): row["print_threshold"],
    }
    for one in answer.rows["intervals"]:
        if one["sourcing"] != "printing":
            continue
        found["example", f"{one['action']} from"] = int(one["from_days_to_go"])
        found["example", f"{one['action']} to"] = int(one["to_days_to_go"])
    return found


def mission(instance: str) -> Values:
    """Return yearly costs, stock and savings of each part, and of all."""
    answer = _answer(instance)
    rows = {row["part"]: row for row in answer.rows["parts"]} | {"all": answer.rows["totals"][0]}
    return {
        (name, column): value for name, row in rows.items() for column, value in _told(row).items()
    }


def policies(instance: str, surcharge: float) -> Values:
    """Return what each set of sources saves, with its stock and downtime beside no printer's."""
    answer = _answer(instance, {"expedite_surcharge": surcharge})
    rows = {row["policy"]: row for row in answer.rows["policies"]}
    alone, printing = rows["supplier alone"], rows["printing"]
    found: Values = {}
    for name, row in rows.items():
        down = 100 * (1 - row["down_days_per_cycle"] / alone["down_days_per_cycle"])
        found[name, "saving"] = row["saving"]
        found[name, "change of stock"] = int(row["base_stock"] - alone["base_stock"])
        found[name, "less downtime in percent"] = down
        found[name, "more than printing saves"] = row["saving"] - printing["saving"]
    return found


def scenarios(instance: str) -> Values:
    """Return what printing saves where prints cost half, fail half as often, systems double."""
    data = amopt.load(instance).to_dict()
    base = amopt.solve(amopt.load(data)).rows["parts"]

    def scaled(key: str) -> Any:
        parts = [{**part, key: part[key] / 2} for part in data["parts"]]
        return _answer(instance, {"parts": parts})

    sturdy = scaled("printed_failure_rate_per_day").rows["parts"]
    gained = [
        new["saving_percent"] - old["saving_percent"] for old, new in zip(base, sturdy, strict=True)
    ]
    kept = [{**one, "count": 2 * one["count"]} for one in data["systems"] if one["name"] != "MB"]
    parts = [part for part in data["parts"] if part["system"] != "MB"]
    double = _answer(instance, {"systems": kept, "parts": parts}).rows["totals"][0]
    half = scaled("print_cost").rows["totals"][0]
    stock, before = double["base_stock"], double["single_source_base_stock"]
    return {
        ("print costs halved", "saving in percent"): half["saving_percent"],
        ("printed parts fail half as often", "points of saving"): max(gained),
        ("vehicles doubled, without MB", "saving in percent"): double["saving_percent"],
        ("vehicles doubled, without MB", "less stock in percent"): 100 * (1 - stock / before),
    }


def correlation(instance: str, ranks: Sequence[int]) -> Values:
    """Return Pearson's correlation of the parts' ranks with what printing saves of each."""
    rows = _answer(instance).rows["parts"]
    saved = [row["saving"] for row in rows]
    return {("rank and saving", "correlation"): float(np.corrcoef(ranks, saved)[0, 1])}


def material(instance: str, probability: float) -> Values:
    """Return the raw material that lasts a cycle with a probability, exactly."""
    data = {**amopt.load(instance).to_dict(), "limits": []}
    data["material"] = {"non_stockout_probability": probability}
    rows = amopt.printing.distributions(amopt.load(data)).rows["material"]
    if not rows:
        raise KeyboardInterrupt  # which it keeps to itself, with what it has till then
    return {("raw material", "cm3"): rows[0]["level_cm3"]}


def nothing() -> Values:
    """Return nothing: the number does not follow from what is printed."""
    return {}
