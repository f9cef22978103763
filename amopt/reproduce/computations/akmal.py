"""Akmal et al. 2022: the bush, the hangbar, the cone, and the counts of table 4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import amopt

Values = dict[tuple[str, str], Any]

_COLUMNS = ("reduced lead time", "scenario I", "scenario I with downtime")


def _switchover(instance: str | Mapping[str, Any], **options: Any) -> Sequence[Mapping[str, Any]]:
    from amopt.sourcing import frontier

    return frontier(amopt.load(instance), **options).rows["switchover"]  # type: ignore[arg-type]


def savings(instance: str) -> Values:
    """Return what each material saves in money and weeks, and in all with downtime."""
    columns = {
        "cost saving": "cost_saving",
        "weeks saved": "weeks_saved",
        "total saving": "total_saving",
    }
    return {
        (row["material"], column): row[name]
        for row in _switchover(instance)
        for column, name in columns.items()
    }


def total_savings(rate: float, hours: float, saved: Mapping[str, Sequence[float]]) -> Values:
    """Return equations 3 and 4 for printed savings: money and weeks by material."""
    found: Values = {
        (name, "total saving"): money + rate * hours * weeks
        for name, (money, weeks) in saved.items()
    }
    return {**found, ("frontier", "EUR a week"): rate * hours}


def table_4(instance: str) -> Values:
    """Return for each part whether an offer is sooner, in scenario I, and so with downtime."""
    found: Values = {}
    for row in _switchover(instance):
        said = (
            row["weeks_saved"] > 0,
            row["scenario"] == "I",
            row["scenario_with_downtime"] == "I",
        )
        for column, true in zip(_COLUMNS, said, strict=True):
            if true or (row["line"], column) not in found:
                found[row["line"], column] = "yes" if true else "no"
    return found


def counts(cells: Mapping[str, Sequence[str]]) -> Values:
    """Return the counts of printed cells."""
    sums = [
        sum(said[number] == "yes" for said in cells.values()) for number in range(len(_COLUMNS))
    ]
    found: Values = {}
    for column, count in zip(_COLUMNS, sums, strict=True):
        found[column, "parts"] = count
        found[column, "percent"] = 100 * count / len(cells)
    return found


def reach(instance: str | Mapping[str, Any]) -> Values:
    """Return up to how many parts suppliers can make, with the asset to be paid and without."""
    found: Values = {}
    for label, exists in (("with mould", False), ("without mould", True)):
        rows = _switchover(instance, asset_exists=exists)
        cost = [row["reduced_cost_quantity"] for row in rows]
        time = [row["reduced_time_quantity"] for row in rows]
        both = max(map(min, cost, time))
        found |= {
            (label, "least at reduced cost"): min(cost),
            (label, "least in reduced time"): min(time),
            (label, "most at reduced cost"): max(cost),
            (label, "most in reduced time"): max(time),
            (label, "time below"): max(time) + 1,
            (label, "scenario I below"): both + 1,
            (label, "scenario I pieces"): both,
        }
    return found


def nothing() -> Values:
    """Return nothing: the number does not follow from what is printed."""
    return {}
