"""The tables of an answer, from the choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.design.answer.solution import WINS
from amopt.design.break_even import break_even
from amopt.design.choice import Choice
from amopt.design.formulation import down_share
from amopt.design.instance import PRINTED, Component, DesignInstance, Version
from amopt.design.life_cycle import LifeCycle, costs_of, life_cycle_of
from amopt.solution import Table
from amopt.stock import erlang_loss

__all__ = ["DAYS_A_YEAR", "tables"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DAYS_A_YEAR = 365.0

COLUMNS = (
    "parts_cost",
    "spares_cost",
    "holding_cost",
    "replacement_cost",
    "charged_parts_cost",
    "emergency_cost",
)
"""The columns of the terms of a life-cycle cost, in the order of its kinds."""

SUMMED = ("design_cost", "benefit", *COLUMNS)
"""The columns that a total cost is summed of."""

ROUNDING = 1e-14
"""Share of what two sums are made of up to which they differ by rounding alone."""


def tables(
    instance: DesignInstance, choice: Choice, limits: Sequence[str] = ()
) -> dict[str, Table]:
    """Return the tables of an answer.

    Parameters
    ----------
    instance
        The instance.
    choice
        What is designed and kept in stock.
    limits
        The names of the limits that a caller added.
    """
    components = [
        {
            "component": component.name,
            "version": version.name,
            "made": version.made,
            **_bill(instance, component, version, choice.levels[component.name]),
        }
        for component, version in choice.pairs(instance)
    ]
    versions = [
        {
            "component": component.name,
            "version": version.name,
            "made": version.made,
            "chosen": choice.versions[component.name] == version.name,
            **_bill(
                instance,
                component,
                version,
                life_cycle_of(instance, component, version).best_base_stock(),
            ),
        }
        for component in instance.components
        for version in component.versions
    ]
    availability = _availability(instance, choice)
    return {
        "components": components,
        "versions": versions,
        "stock": _stock(instance, choice),
        "break_even": _break_even(instance, versions),
        "availability": availability,
        "limits": [{"limit": name} for name in limits],
        "totals": [_totals(instance, components, versions, availability)],
    }


def _chances(instance: DesignInstance) -> Floats:
    return np.array([base.probability for base in instance.installed_base])


def _expected_systems(instance: DesignInstance) -> float:
    return float(_chances(instance) @ [base.systems for base in instance.installed_base])


def _bill(
    instance: DesignInstance, component: Component, version: Version, levels: Ints
) -> dict[str, Any]:
    """Return what a version comes to at given levels, in expectation."""
    life, chance = life_cycle_of(instance, component, version), _chances(instance)
    costs = [float(np.broadcast_to(cost, chance.shape) @ chance) for cost in costs_of(life, levels)]
    benefit = version.benefit_per_system_month * _expected_systems(instance) * instance.months
    down = [
        float(down_share(component, version, base.systems, level))
        for base, level in zip(instance.installed_base, levels, strict=True)
    ]
    return {
        "base_stock": int(levels[0]) if len(levels) == 1 else float(levels @ chance),
        "total_cost": version.design_cost - benefit + sum(costs),
        "design_cost": version.design_cost,
        "benefit": benefit,
        **dict(zip(COLUMNS, costs, strict=True)),
        "down_days_per_year": DAYS_A_YEAR * float(chance @ down),
    }


def _stock(instance: DesignInstance, choice: Choice) -> list[dict[str, Any]]:
    rows = []
    for component, version in choice.pairs(instance):
        levels = choice.levels[component.name]
        lost = erlang_loss(levels, life_cycle_of(instance, component, version).load)
        rows += [
            {
                "component": component.name,
                "version": version.name,
                "systems": base.systems,
                "probability": base.probability,
                "base_stock": int(level),
                "fill_rate": 1.0 - float(loss),
            }
            for base, level, loss in zip(instance.installed_base, levels, lost, strict=True)
        ]
    return rows


def _availability(instance: DesignInstance, choice: Choice) -> list[dict[str, Any]]:
    rows = []
    for position, base in enumerate(instance.installed_base):
        down = sum(
            float(
                down_share(
                    component, version, base.systems, choice.levels[component.name][position]
                )
            )
            for component, version in choice.pairs(instance)
        )
        rows.append(
            {
                "systems": base.systems,
                "probability": base.probability,
                "down_days_per_year": DAYS_A_YEAR * down,
                "availability": 1.0 - down,
                "least": instance.limits.availability,
            }
        )
    return rows


def _break_even(
    instance: DesignInstance, versions: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return every version beside the first one of its component, all worked out at once."""
    bills = {(row["component"], row["version"]): row for row in versions}
    pairs = [
        (component, component.versions[0], version)
        for component in instance.components
        for version in component.versions[1:]
    ]
    if not pairs:
        return []
    uses = _expected_systems(instance) * instance.months
    extra = np.array(
        [
            version.design_cost
            - first.design_cost
            - (version.benefit_per_system_month - first.benefit_per_system_month) * uses
            for _, first, version in pairs
        ]
    )
    found = break_even(
        _stacked([life_cycle_of(instance, component, first) for component, first, _ in pairs]),
        _stacked([life_cycle_of(instance, component, version) for component, _, version in pairs]),
        extra,
        _chances(instance),
    )
    rows = []
    for index, (component, first, version) in enumerate(pairs):
        pair = bills[component.name, first.name], bills[component.name, version.name]
        saving = _saving(pair[:1], pair[1:])
        rows.append(
            {
                "component": component.name,
                "version": version.name,
                "against": first.name,
                "verdict": WINS[(saving > 0) - (saving < 0)],
                "saving": saving,
                "extra_cost": float(extra[index]),
                "mean_months_between_failures": version.mean_months_between_failures,
                "break_even_months": _known(found.mean_months_between_failures[index]),
                "part_cost": version.part_cost,
                "break_even_part_cost": _known(found.part_cost[index]),
                "highest_extra_cost": float(found.highest_extra_cost[index]),
                "worth_of_lead_time": float(found.worth_of_lead_time[index]),
            }
        )
    return rows


def _saving(first: Sequence[dict[str, Any]], others: Sequence[dict[str, Any]]) -> float:
    """Return what versions save beside the first ones; 0 where their sums differ by rounding."""
    totals = [sum(row["total_cost"] for row in rows) for rows in (first, others)]
    size = sum(abs(row[kind]) for row in (*first, *others) for kind in SUMMED)
    saving = float(totals[0] - totals[1])
    return saving if abs(saving) > ROUNDING * size else 0.0


def _stacked(lives: Sequence[LifeCycle]) -> LifeCycle:
    """Return many life cycles as one, a row each."""
    columns = (
        "part_cost",
        "replacement_cost",
        "emergency_cost",
        "lead_time",
        "mean_months_between_failures",
    )
    return lives[0].but(
        parts=np.stack([life.parts for life in lives]),
        **{name: np.array([[getattr(life, name)] for life in lives]) for name in columns},
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _totals(
    instance: DesignInstance,
    components: Sequence[dict[str, Any]],
    versions: Sequence[dict[str, Any]],
    availability: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    first = {row["component"]: row for row in reversed(versions)}
    return {
        "components": len(components),
        "printed": sum(row["made"] == PRINTED for row in components),
        "total_cost": sum(row["total_cost"] for row in components),
        "first_versions_cost": sum(row["total_cost"] for row in first.values()),
        "saving": _saving([*first.values()], components),
        "design_cost": sum(row["design_cost"] for row in components),
        "design_budget": instance.limits.design_budget,
        "availability": min(row["availability"] for row in availability),
    }
