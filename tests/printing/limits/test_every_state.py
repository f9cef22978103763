"""Limits against the joint program over all states and all decisions, of all measures.

The collapsed form knows expected systems only. Here each cycle is a program over every net stock
and every number of printed parts, with any number of prints and of flown-in parts as a decision,
written from the process alone: no other plan, whatever it looks at, keeps the limits for less.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.stats import binom

import amopt
from amopt.errors import InfeasibleError
from amopt.printing.formulation import formulate
from amopt.printing.instance import MEASURES
from tests.printing.limits.test_limits import limit_of, place, used_freely
from tests.seeds import seeds

Column = tuple[float, dict[str, float], dict[tuple[int, ...], float]]
"""What a decision costs, what it counts, and how much of each state it enters (more) or leaves."""

EVENTS = ("orders", "prints", "expedites", "stock_days", "down_days", "base_stock")


def decisions(
    part: dict[str, Any], systems: int, b: float, days: int, alpha: float
) -> list[Column]:
    """Return every decision of a cycle of one part; state () is the start, which happens once."""
    p_r, p_p = (part[f"{kind}failure_probability_per_day"] for kind in ("", "printed_"))
    c_r, h = part["order_cost"], part["holding_cost_per_day"]
    c_p, c_e = part["print_cost"], part.get("expedite_cost")
    columns: list[Column] = []
    for level in range(systems * (days - 1) + 1):
        enters: dict[tuple[int, ...], float] = {(): -1.0}
        for failed in range(systems + 1):
            enters[days - 1, level - failed, 0] = float(binom.pmf(failed, systems, p_r))
        counts = {"orders": level, "stock_days": level, "base_stock": level}
        columns.append(((c_r + h) * level, counts, enters))
    seen = {state for _, _, enters in columns for state in enters if state}
    while seen:
        state = seen.pop()
        n, net, printed = state
        time = alpha ** (days - n)
        short = max(0, -net)
        for prints in range(short + 1):
            for flown in range(short - prints + 1 if c_e is not None else 1):
                after, all_printed = net + prints + flown, printed + prints
                counts = {"prints": prints, "expedites": flown}
                counts |= {"stock_days": max(after, 0), "down_days": max(-after, 0)}
                cost = c_p * prints + (c_e or 0.0) * flown
                cost = time * (cost + h * max(after, 0) + b * max(-after, 0))
                enters = {state: -1.0}
                regular = systems - all_printed - max(-after, 0)
                for one in range(regular + 1):
                    for other in range(all_printed + 1):
                        chance = float(binom.pmf(one, regular, p_r))
                        if n == 1:  # all printed parts are taken out, failed or not
                            chance *= other == all_printed
                        else:
                            chance *= float(binom.pmf(other, all_printed, p_p))
                        left = after - one - other
                        if n == 1:
                            counts["orders"] = counts.get("orders", 0.0) - chance * left
                            cost -= chance * alpha**days * c_r * left
                        elif chance:
                            now = (n - 1, left, all_printed - other)
                            enters[now] = enters.get(now, 0.0) + chance
                columns.append((cost, counts, enters))
        known = {key for _, _, enters in columns for key, flow in enters.items() if flow == -1.0}
        seen |= {key for _, _, enters in columns for key in enters} - known
    return columns


def counted(measure: str, part: dict[str, Any], down: int, days: int) -> dict[str, float]:
    """Return what one event of each kind adds to a measure, straight from the words of the docs."""
    by_source = zip(("order", "print", "expedite"), EVENTS[:3], strict=True)
    return {
        "stock": {"base_stock": 1.0},
        "storage_cm3": {"base_stock": part["storage_cm3"]},
        "average_stock": {"stock_days": 1 / days},
        "printer_hours": {"prints": part["print_hours"]},
        "material_cm3": {"prints": part["print_material_cm3"]},
        "availability": {"down_days": 1 / (days * down)},
        "spending": dict(
            zip(
                EVENTS[:3],
                (part["order_cost"], part["print_cost"], part.get("expedite_cost", 0.0)),
                strict=True,
            )
        ),
        "kg_co2": {event: part[f"kg_co2_per_{source}"] for source, event in by_source},
    }.get(measure, {measure: 1.0})


def least_cost(data: dict[str, Any]) -> float | None:
    """Return the least cost a cycle within the limits; None where nothing keeps them."""
    days, (system,) = data["cycle_days"], data["systems"]
    alpha = 1.0 if data["criterion"] == "average" else data["criterion"]["discount_per_day"]
    systems, b = system["count"], system["backorder_cost_per_day"]
    cost: list[float] = []
    owner: list[int] = []
    events: list[dict[str, float]] = []
    flows: list[dict[tuple[int, ...], float]] = []
    for k, part in enumerate(data["parts"]):
        for price, counts, enters in decisions(part, systems, b, days, alpha):
            cost.append(price)
            owner.append(k)
            events.append(counts)
            flows.append({(k, *state): flow for state, flow in enters.items()})
    states = {state: i for i, state in enumerate(dict.fromkeys(s for f in flows for s in f))}
    balance = np.zeros((len(states), len(flows)))
    for j, flow in enumerate(flows):
        for state, amount in flow.items():
            balance[states[state], j] += amount
    right = np.array([-1.0 if len(state) == 1 else 0.0 for state in states])
    used, most = np.zeros((len(data["limits"]), len(flows))), []
    for i, limit in enumerate(data["limits"]):
        for j, (k, counts) in enumerate(zip(owner, events, strict=True)):
            if f"part {k}" in limit.get("parts", [f"part {k}"]):
                each = counted(limit["measure"], data["parts"][k], systems, days)
                used[i, j] = sum(each.get(event, 0.0) * many for event, many in counts.items())
        most.append(limit.get("at_most", 1.0 - limit.get("at_least", 0.0)))
    found = linprog(cost, A_ub=used, b_ub=most, A_eq=balance, b_eq=right)
    return float(found.fun) if found.status == 0 else None


def random_place(seed: int) -> tuple[dict[str, Any], np.random.Generator]:
    """Return two random parts of a few systems, over two to four days, on either criterion."""
    rng = np.random.default_rng([seed, 6])
    parts = [
        {
            "order_cost": float(rng.uniform(20, 200)),
            "print_cost": float(rng.uniform(1, 150)),
            "failure_probability_per_day": float(rng.uniform(0.01, 0.4)),
            "printed_failure_probability_per_day": float(rng.uniform(0.05, 0.7)),
            "holding_cost_per_day": float(rng.uniform(0, 5)),
            **{f: float(rng.uniform(0, 9)) for f in ("storage_cm3", "print_hours")},
        }
        for _ in range(2)
    ]
    for part in parts[: int(rng.integers(0, 3))]:
        part["expedite_cost"] = part["order_cost"] * float(rng.uniform(1.05, 3))
    data = place(*parts, days=int(rng.integers(2, 5)))
    data["systems"][0] |= {
        "count": int(rng.integers(1, 4 if data["cycle_days"] < 4 else 3)),
        "backorder_cost_per_day": float(rng.uniform(0, 120)),
    }
    if rng.random() < 0.4:
        data["criterion"] = {"discount_per_day": float(rng.uniform(0.6, 0.999))}
    return data, rng


@pytest.mark.sampled(8)
@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("seed", seeds(10, always=2))
def test_the_collapsed_form_is_exact_under_every_limit(seed: int, measure: str) -> None:
    data, rng = random_place(seed + 100 * MEASURES.index(measure))
    chosen = [measure, *rng.choice([m for m in MEASURES if m != measure], size=2, replace=False)]
    limits = [
        limit_of(str(m), float(rng.uniform(0.5, 1.02)), used_freely(data, str(m)))
        for m in chosen[: int(rng.integers(1, 4))]
    ]
    if rng.random() < 0.3:
        limits[0]["parts"] = ["part 1"]
    limited = {**data, "limits": limits}
    least = least_cost(limited)
    if least is None:
        with pytest.raises(InfeasibleError):
            amopt.solve(amopt.load(limited))
        return
    instance, days = amopt.load(limited), data["cycle_days"]
    alpha = instance.parameters.discount
    horizon = days if alpha == 1 else 1 - alpha**days
    for method in ("prices", "collapsed"):
        found = amopt.solve(instance, method=method).outcome
        assert found.objective is not None
        assert found.objective * horizon == pytest.approx(least, rel=1e-6, abs=1e-6)
    if alpha == 1:  # over the endless process, where a cycle begins with what the last one left
        endless = amopt.solve(formulate(instance, form="full")).outcome
        assert endless.objective == pytest.approx(least, rel=1e-6, abs=1e-6)
