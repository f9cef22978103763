"""Systems followed one by one through drawn failures, as the description has it, in no closed form.

Each system holds a regular part, a printed one or none; nothing but the words of an answer says
what is done for it.
"""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np
import pytest
from scipy.stats import gamma

import amopt
from amopt.printing.convoys.answer import convoys
from amopt.printing.uncertainty import study

NONE, REGULAR, PRINTED = 0, 1, 2

FAR = 4.0
"""Standard errors that a mean may be off."""


def instance(**changes: Any) -> Any:
    part = {
        "name": "hinge",
        "system": "truck",
        "order_cost": 100,
        "print_cost": 20,
        "failure_probability_per_day": 0.08,
        "printed_failure_probability_per_day": 0.3,
        "holding_cost_per_day": 0.8,
        **changes.pop("part", {}),
    }
    data = {
        "amopt": 1,
        "kind": "printing",
        "name": "Three trucks",
        "cycle_days": 4,
        "criterion": "average",
        "systems": [{"name": "truck", "count": 3, "backorder_cost_per_day": 15}],
        "parts": [part],
        **changes,
    }
    return amopt.load(data)


def actions(plan: str) -> dict[int, str]:
    """Return what is done by day, of ``print 7-2, wait 1``."""
    found = {}
    for word, first, last in re.findall(r"(wait|print|expedite) (\d+)(?:-(\d+))?", plan):
        ends = sorted((int(first), int(last or first)))
        found.update(dict.fromkeys(range(ends[0], ends[1] + 1), word))
    return found


def simulated(
    case: Any, level: int, plan: str, *, days: int, paths: int = 4000, seed: int = 5
) -> tuple[float, float]:
    """Return the cost a day in the long run and its standard error."""
    (part,), (kind,) = case.parts, case.systems
    L, N, when, does = case.cycle_days, kind.count, case.convoys, actions(plan)
    q, lead = when.arrival_probability, when.order_lead_days
    lengths = {one.days: one.probability for one in when.cycle_lengths}
    random = np.random.default_rng(seed)
    systems = np.full((paths, N), REGULAR)
    shelf, ordered = np.full(paths, level), np.zeros(paths, dtype=int)
    since = np.zeros(paths, dtype=int)  # days since the last replenishment
    length = random.choice([*lengths], paths, p=[*lengths.values()]) if lengths else None
    spent = np.zeros(paths)
    for _ in range(days):
        # the night
        luck = random.random((paths, N))
        failed = (systems == REGULAR) & (luck < part.failure_probability_per_day)
        failed |= (systems == PRINTED) & (luck < part.printed_failure_probability_per_day)
        systems[failed] = NONE
        for k in range(N):
            mends = (systems[:, k] == NONE) & failed[:, k] & (shelf > 0)
            systems[mends, k] = REGULAR
            shelf = shelf - mends
        # what the day brings
        since = since + 1
        if length is None:
            due, label = since % L == 0, np.where(since % L == 0, L, L - since % L)
            comes = due & (random.random(paths) < q)
        else:
            comes, label = since == length, since.copy()
        systems[comes[:, None] & (systems == PRINTED)] = NONE
        lacks = (systems != REGULAR).sum(axis=1)
        brought = np.where(comes, ordered if lead else level + lacks - shelf, 0)
        spent += part.order_cost * brought
        shelf = shelf + brought
        for k in range(N):
            mends = (systems[:, k] == NONE) & comes & (shelf > 0)
            systems[mends, k] = REGULAR
            shelf = shelf - mends
        since[comes] = 0
        if length is not None:
            length[comes] = random.choice([*lengths], comes.sum(), p=[*lengths.values()])
        # what is done for who waits
        for day, word in does.items():
            waits = (systems == NONE) & ((label == day) & (lead > 0 or ~comes))[:, None]
            if word == "print":
                spent += part.print_cost * waits.sum(axis=1)
                systems[waits] = PRINTED
            if word == "expedite":
                spent += part.expedite_cost * waits.sum(axis=1)
                systems[waits] = REGULAR
        if lead:
            closes = (label % L == lead) if lead else due
            lacks = (systems != REGULAR).sum(axis=1)
            ordered = np.where(closes, level + lacks - shelf, ordered)
        spent += part.holding_cost_per_day * shelf
        spent += kind.backorder_cost_per_day * (systems == NONE).sum(axis=1)
    cost = spent / days
    return float(cost.mean()), float(cost.std(ddof=1) / np.sqrt(paths))


CONVOYS: dict[str, Any] = {
    "often": {"arrival_probability": 0.8},
    "seldom": {"arrival_probability": 0.3},
    "lengths": {
        "cycle_lengths": [{"days": 3, "probability": 0.4}, {"days": 7, "probability": 0.6}]
    },
    "ordered early": {"arrival_probability": 1.0, "order_lead_days": 2},
    "ordered early, seldom": {"arrival_probability": 0.6, "order_lead_days": 3},
}


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", CONVOYS)
def test_convoys_cost_what_drawn_failures_cost(name: str) -> None:
    more = {} if "early" in name else {"part": {"expedite_cost": 112.0}}
    case = instance(convoys=CONVOYS[name], **more)
    answer = convoys(case, curve=())
    one = case.parameters
    free = 364 * float(one.order_cost[0] * one.systems[0] * one.failures_per_day[0])
    for row in answer.rows["parts"]:
        mean, error = simulated(case, row["base_stock"], row["plan"], days=400, paths=1500)
        stated = (row["yearly_cost"] + free) / 364
        # a path begins with a full shelf: that is worth some days of cost
        start = 0.2 / 400 * 100
        assert abs(mean - stated) <= FAR * error + start, (row["sourcing"], stated, mean, error)
        assert error < 0.02 * stated


@pytest.mark.parametrize("name", ["seldom", "lengths", "ordered early, seldom"])
def test_no_level_near_it_costs_less_in_drawn_failures(name: str) -> None:
    case = instance(convoys=CONVOYS[name])
    row = convoys(case, curve=()).rows["parts"][0]
    best, error = simulated(case, row["base_stock"], row["plan"], days=300, paths=1000)
    for level in {max(row["base_stock"] + step, 0) for step in (-1, 1)} - {row["base_stock"]}:
        other, more = simulated(case, level, row["plan"], days=300, paths=1000)
        assert best <= other + FAR * np.hypot(error, more)


def cycle_cost(case: Any, level: int, does: dict[int, str], fails: Any) -> Any:
    """Return what a cycle costs on average by failure probability, from state to state."""
    (part,), (kind,) = case.parts, case.systems
    p_p = -np.expm1(-part.printed_failure_rate_per_day)
    states = {(level, 0, 0): np.ones(len(fails))}  # on the shelf, waiting, printed
    cost = part.holding_cost_per_day * level
    for n in range(case.cycle_days - 1, -1, -1):
        after: dict[tuple[int, int, int], Any] = {}
        for (shelf, waits, printed), likely in states.items():
            running = kind.count - waits - printed
            for lost, worn in itertools.product(range(running + 1), range(printed + 1)):
                chance = binomial(running, lost, fails) * binomial(printed, worn, p_p)
                mends = min(shelf, lost + worn)
                state = [shelf - mends, waits + lost + worn - mends, printed - worn]
                if n == 0:  # the replenishment: all that lack a regular part get one
                    order = part.order_cost * (level - state[0] + state[1] + state[2])
                    cost = cost + likely * chance * order
                    continue
                paid = 0.0
                if does.get(n) == "print":
                    paid, state = part.print_cost * state[1], [state[0], 0, state[1] + state[2]]
                paid += part.holding_cost_per_day * state[0]
                paid += kind.backorder_cost_per_day * state[1]
                cost = cost + likely * chance * paid
                key = (state[0], state[1], state[2])
                after[key] = after.get(key, 0.0) + likely * chance
        states = after
    return cost


def binomial(trials: int, hits: int, chance: Any) -> Any:
    ways = np.prod([(trials - k) / (k + 1) for k in range(hits)])
    return ways * chance**hits * (1 - chance) ** (trials - hits)


def test_the_belief_of_observed_failures_is_that_of_drawn_rates() -> None:
    """All levels and days of printing at 20,000 rates drawn from the posterior of Jeffreys."""
    case = instance(
        part={
            "failure_probability_per_day": None,
            "printed_failure_probability_per_day": None,
            "failure_rate_per_day": 0.05,
            "printed_failure_rate_per_day": 0.3,
            "print_cost": 28,
        },
        uncertain_rates=[{"part": "hinge", "failures_observed": 3, "days_observed": 60}],
    )
    answer = study(case)
    rates = gamma(3.5, scale=1 / 60).rvs(20_000, random_state=3)
    yearly = 364 / case.cycle_days
    table, costs = {}, []
    for level in range(5):
        for words in itertools.product(("wait", "print"), repeat=case.cycle_days - 1):
            cost = yearly * cycle_cost(case, level, dict(enumerate(words, 1)), -np.expm1(-rates))
            table[level, words] = cost.mean()
            costs.append(cost)
    least = np.min(costs, axis=0)
    error = FAR * costs[int(np.argmin([*table.values()]))].std() / np.sqrt(len(rates))
    row = answer.rows["uncertainty"][0]
    plans = {plan["best_in"]: plan for plan in answer.rows["plans"]}
    assert plans["expected"]["expected_spending"] == pytest.approx(min(table.values()), abs=error)
    for plan in plans.values():
        cost = yearly * cycle_cost(
            case, plan["base_stock"], actions(plan["plan"]), -np.expm1(-rates)
        )
        assert plan["expected_spending"] == pytest.approx(cost.mean(), abs=error)
        # nothing that is drawn within the range is worse than the worst
        inside = (rates >= row["lowest_rate"]) & (rates <= row["highest_rate"])
        assert (cost - least)[inside].max() <= plan["largest_regret"] * (1 + 1e-3) + 1e-6
        assert cost[inside].max() <= plan["worst_spending"] * (1 + 1e-9)
    knowing = float((costs[int(np.argmin([*table.values()]))] - least).mean())
    spread = (costs[int(np.argmin([*table.values()]))] - least).std() / np.sqrt(len(rates))
    assert row["worth_knowing"] == pytest.approx(knowing, abs=FAR * spread + 1e-3)
    inside = rates[(rates >= row["lowest_rate"]) & (rates <= row["highest_rate"])]
    assert len(inside) / len(rates) == pytest.approx(0.95, abs=0.01)


@pytest.mark.parametrize("lead", [0, 2])
def test_raw_material_lasts_as_often_as_it_should(lead: int) -> None:
    """The stock of the printer, ordered up to its level with a lead time, over 300,000 cycles."""
    case = instance(
        part={"print_material_cm3": 37.0},
        material={"non_stockout_probability": 0.97, "lead_cycles": lead},
        policy=[{"part": "hinge", "base_stock": 1, "print_threshold": 2}],
    )
    answer = amopt.printing.distributions(case)
    (row,) = [row for row in answer.rows["material"] if row["plan"] == "today"]
    level, cycles, random = row["level_cm3"], 300_000, np.random.default_rng(11)
    used = np.zeros(cycles)
    systems, shelf = np.full((cycles, 3), REGULAR), np.ones(cycles, dtype=int)
    for n in range(3, 0, -1):
        luck = random.random(systems.shape)
        failed = (systems == REGULAR) & (luck < 0.08) | (systems == PRINTED) & (luck < 0.3)
        systems[failed] = NONE
        for k in range(3):
            mends = (systems[:, k] == NONE) & (shelf > 0)
            systems[mends, k], shelf = REGULAR, shelf - mends
        if n >= 2:
            used += 37.0 * (systems == NONE).sum(axis=1)
            systems[systems == NONE] = PRINTED

    def lasts(most: float) -> float:
        """Return the share of cycles that end with material left, orders coming after the lead."""
        on_hand, coming, enough = most, [0.0] * (lead + 1), 0
        for use in used.tolist():
            on_hand += coming.pop(0)
            on_hand -= use
            enough += on_hand >= -1e-9
            coming.append(use)
        return enough / cycles

    error = FAR * np.sqrt(0.03 * 0.97 * (1 + lead) / cycles)
    assert lasts(level) >= 0.97 - error
    assert lasts(level - 37.0) < 0.97 + error
    assert lasts(level) == pytest.approx(row["level_probability"], abs=error)
