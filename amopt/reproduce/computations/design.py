"""Westerweel et al. 2018, and chapter 2 of the thesis: which version to design."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import amopt

Values = dict[tuple[str, str], Any]


def worth_of_lead_time(late: float, soon: float, **fields: Any) -> Values:
    """Return K_1 without and with the first spares, without the parts of replacements."""
    from amopt.design import LifeCycle

    found: Values = {}
    for label, spares in (("without first spares", False), ("with first spares", True)):
        slow, quick = (
            LifeCycle.of(
                lead_time=months, initial_spares_bought=spares, replacements_charged=False, **fields
            ).cost()[0]
            for months in (late, soon)
        )
        found[label, "K_1"] = float(slow - quick)
    return found


def factorial(instance: str, axes: Mapping[str, Sequence[float]]) -> Values:
    """Return mean, least and most of K_1 / c_p and of tau*(0) / tau_R by each level."""
    whole: Any = amopt.load(instance)
    answer = amopt.design.factorial(whole, axes)
    found: Values = {("all", "combinations"): len(answer.rows["points"])}
    for row in answer.rows["levels"]:
        label = f"{row['parameter']} {row['value']:g}"
        for name, column in (("worth_to_part_cost", "K_1/c_p"), ("break_even_ratio", "tau*/tau")):
            for of in ("mean", "min", "max"):
                found[label, f"{column} {of}"] = row[f"{name}_{of}"]
    return found


def cases(instances: Mapping[str, str]) -> Values:
    """Return which version wins each case, and how much cheaper a printed part would have to be."""
    found: Values = {}
    for label, instance in instances.items():
        (row,) = amopt.solve(amopt.load(instance)).rows["break_even"]
        found[label, "wins"] = "printed" if row["verdict"] == "cheaper" else "conventional"
        share = 1 - row["break_even_part_cost"] / row["part_cost"]
        found[label, "printed cheaper by percent"] = 100 * share
    return found


def nothing() -> Values:
    """Return nothing: the number does not follow from what is printed."""
    return {}
