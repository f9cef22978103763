"""From a plan and its forms to the answer: tables, notes, and what the objective measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from amopt.outcome import Outcome, Status, Stopped, relative_gap
from amopt.phrases import money
from amopt.placement.answer.solution import PlacementSolution
from amopt.placement.forms import FORMS, Form
from amopt.placement.plan import BILL, Plan, tables
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Instance
    from amopt.placement.methods.bounded_plan import BoundedPlan

__all__ = ["answer_of"]

EQUAL = 1e-7
"""Relative difference below which the relaxation and the plan come to the same."""


def answer_of(
    instance: Instance, found: BoundedPlan, others: dict[Form, BoundedPlan]
) -> PlacementSolution:
    """Return the answer, not yet seen by the referee."""
    assert found.plan is not None
    plans: dict[Form, BoundedPlan] = {"optimum": found, **others}
    rows: dict[str, Any] = tables(found.plan)
    rows["bill"] = [
        {
            "cost": kind,
            **{form: _bill(plans.get(form), kind) for form in FORMS},
        }
        for kind in (*BILL, "total")
    ]
    rows |= _of_the_forms(others)
    rows["forms"] = [_form(name, each.plan, each.outcome) for name, each in plans.items()
                     if each.plan is not None]  # fmt: skip
    notes = [] if found.relaxation is None else [_about_relaxation(found.plan, found.relaxation)]
    notes += _bought_again(instance, rows["fleet"])
    left = found.outcome.gap
    if found.told and left is not None:
        notes.append(f"No plan can be more than {100 * left:.2g} % better. {found.told}")
    for form, each in others.items():
        if each.plan is None:
            if each.outcome.status is Status.INFEASIBLE:
                notes.append(f"No {form} plan meets every requirement.")
            else:
                over = each.outcome.stopped is Stopped.TIME_LIMIT
                said = f"No {form} plan was found{' in time' if over else ''}."
                notes.append(f"{said} {each.told}".rstrip())
        elif each.told and each.outcome.gap is not None:
            most = f"{100 * each.outcome.gap:.2g} %"
            notes.append(f"No {form} plan can be more than {most} better. {each.told}")
    return PlacementSolution(
        kind="placement",
        name=instance.name,
        outcome=found.outcome,
        verdict=Verdict(),
        rows=rows,
        notes=tuple(notes),
        currency=instance.currency,
        objective_meaning=_objective_meaning(instance),
        instance=instance,
    )


def _of_the_forms(others: dict[Form, BoundedPlan]) -> dict[str, list[dict[str, Any]]]:
    """Return the plans of the forms as tables, so that a referee can judge them too."""
    found: dict[str, list[dict[str, Any]]] = {}
    for form, each in others.items():
        if each.plan is not None:
            for name, table in tables(each.plan).items():
                found.setdefault(f"form_{name}", []).extend({"form": form, **row} for row in table)
    return found


def _bought_again(instance: Instance, fleet: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say which machines are sold for nothing less than their book value, and bought again."""
    names = [one.name for one in instance.horizon]
    said = []
    for machine in instance.machines:
        if machine.resale_loss or not machine.price:
            continue
        stand: dict[str, list[int]] = {}
        for row in fleet:
            if row["machine"] == machine.name and row["ownership"] == "machines":
                place = "" if machine.moving_cost is not None else row["place"]
                numbers = stand.setdefault(place, [0] * len(names))
                numbers[names.index(row["period"])] += row["count"]
        steps = [(t, of[t] - of[t - 1]) for of in stand.values() for t in range(1, len(names))]
        sold = min((t for t, change in steps if change < 0), default=len(names))
        again = min((t for t, change in steps if change > 0 and t >= sold), default=None)
        if again is not None:
            stated = "is 0" if "resale_loss" in machine.model_fields_set else "is left out"
            said.append(
                f"{machine.name} is sold before {names[sold]} and bought again for "
                f"{names[again]}: its resale_loss {stated}, so that selling one and buying "
                "another loses nothing of its book value."
            )
    return said


def _about_relaxation(plan: Plan, relaxation: float) -> str:
    """Say what the plan would come to with fractions of sites and machines."""
    gap = relative_gap(plan.objective, min(relaxation, plan.objective)) or 0.0
    if gap <= EQUAL:
        return (
            "Fractions of sites and machines, if they could be had, would make no better plan "
            "(the linear relaxation is equal)."
        )
    return (
        f"With fractions of sites and machines the objective would be {money(relaxation)}, "
        f"{100 * gap:.2g} % less (the linear relaxation): that much is lost to whole numbers at "
        "most."
    )


def _objective_meaning(instance: Instance) -> str:
    """Return what the objective measures."""
    weight = instance.minimise
    over = "over all periods" if len(instance.horizon) > 1 else f"over {_years(instance)}"
    if weight.kg_co2 == 0:
        return f"{'cost' if weight.cost == 1 else f'{weight.cost:g} x cost'} {over}"
    if weight.cost == 0:
        return f"{weight.kg_co2:g} x kg of CO2 {over}"
    return f"{weight.cost:g} x cost + {weight.kg_co2:g} x kg of CO2 {over}"


def _years(instance: Instance) -> str:
    years = instance.horizon[0].years
    return "a year" if years == 1 else f"{years:g} years"


def _bill(found: BoundedPlan | None, kind: str) -> float | None:
    if found is None or found.plan is None:
        return None
    return found.plan.cost if kind == "total" else found.plan.bill[kind]


def _form(name: str, plan: Plan | None, outcome: Outcome) -> dict[str, Any]:
    assert plan is not None
    columns, rates = plan.columns, plan.supply.rates
    demand = rates[columns.pair, columns.period] * plan.share * plan.years[columns.period]
    return {
        "form": name,
        "cost": plan.cost,
        "kg_co2": plan.kg_co2,
        "open_sites": int(plan.open.any(axis=1).sum()),
        "machines": int(plan.count.sum(axis=0).max(initial=0)),
        "printed": float(demand[columns.site >= 0].sum() / demand.sum()),
        "bound": outcome.bound,
        "gap": outcome.gap,
    }
