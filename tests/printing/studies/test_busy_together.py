"""Two parts at one busy printer: the states of both gone through at once, as the oracle."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom

import amopt
from amopt.printing.busy.alone import alone
from amopt.printing.busy.answer import busy
from amopt.printing.busy.groups import counted
from amopt.printing.busy.shared import kept_alone, priorities
from amopt.printing.busy.together import Member, least_extra

Floats = NDArray[np.float64]


def states_of(N: int, top: int, p_r: float, p_p: float) -> tuple[list[Any], dict[Any, int], Floats]:
    """The states (stock, waiting, printed) of a part, and what a night does to them."""
    states = [(s, 0, 0) for s in range(1, top + 1)]
    states += [(0, w, p) for w in range(N + 1) for p in range(N - w + 1)]
    at = {state: index for index, state in enumerate(states)}
    night = np.zeros((len(states),) * 2)
    for i, (stock, w, p) in enumerate(states):
        fails, wears = N - w - p, p
        for d, e in itertools.product(range(fails + 1), range(wears + 1)):
            short = d + e - stock
            j = at[(-short, 0, 0) if short < 0 else (0, w + short, p - e)]
            night[i, j] += binom.pmf(d, fails, p_r) * binom.pmf(e, wears, p_p)
    return states, at, night


def least_cost(par: Any, most: int, tops: list[int]) -> Floats:
    """The least cost of a cycle of all parts, by their levels: value iteration over all states."""
    K = range(len(par))
    parts = [
        states_of(int(par.systems[k]), tops[k], float(par.failure[k]), par.printed_failure[k])
        for k in K
    ]

    def added(per_part: list[Any]) -> Any:
        return sum(np.reshape(v, [-1 if j == k else 1 for j in K]) for k, v in enumerate(per_part))

    worth = added([[par.order_cost[k] * (w + p - s) for s, w, p in parts[k][0]] for k in K])
    day = added(
        [
            [par.holding_cost[k] * s + par.backorder_cost[k] * w for s, w, _ in parts[k][0]]
            for k in K
        ]
    )
    for n in range(1, par.cycle_days + 1):
        for k in K:
            worth = np.moveaxis(np.tensordot(parts[k][2], worth, (1, k)), 0, k)
        worth = par.discount * worth
        if n == par.cycle_days:
            break
        after, worth = day + worth, np.full_like(worth, np.inf)
        for does in itertools.product(*(decisions(par, k, most) for k in K)):
            if sum(prints for _, prints in does) <= most:
                worth = np.minimum(worth, decided(par, parts, after, does))
    started = worth[
        np.ix_(*([at[s, 0, 0] for s in range(tops[k] + 1)] for k, (_, at, _) in enumerate(parts)))
    ]
    price = par.order_cost + par.holding_cost
    return np.asarray(started + added([price[k] * np.arange(tops[k] + 1) for k in K]))


def decisions(par: Any, k: int, most: int) -> list[tuple[int, int]]:
    N = int(par.systems[k])
    flown = range(N + 1 if math.isfinite(par.expedite_cost[k]) else 1)
    return [(e, p) for e in flown for p in range(min(most, N - e) + 1)]


def decided(par: Any, parts: list[Any], after: Floats, does: tuple[tuple[int, int], ...]) -> Floats:
    """What the states are worth before expediting and printing so many; inf where none wait."""
    for k, (e, p) in enumerate(does):
        if e + p:
            states, at, _ = parts[k]
            to = [at[0, w - e - p, q + p] if w >= e + p else -1 for _, w, q in states]
            none = np.array(to).reshape([-1 if j == k else 1 for j in range(len(parts))]) < 0
            after = np.where(none, np.inf, np.take(after, to, axis=k))
            after = after + (par.expedite_cost[k] * e if e else 0.0) + par.print_cost[k] * p
    return after


def drawn(random: np.random.Generator, most: int, *, count: int = 2, systems: int = 4) -> Any:
    parts = []
    for k in range(count):
        c_r = float(random.uniform(5, 300))
        part: dict[str, Any] = {
            "name": f"part {k}",
            "system": f"kind {random.integers(2)}",
            "order_cost": c_r,
            "print_cost": c_r * float(random.uniform(0.05, 1.0)),
            "failure_probability_per_day": float(random.choice([0.02, 0.1, 0.2])),
            "printed_failure_probability_per_day": float(random.uniform(0.05, 0.4)),
            "holding_cost_per_day": c_r * float(random.choice([1 / 365, 0.02, 0.1])),
        }
        if random.random() < 0.3:
            part["expedite_cost"] = c_r * float(random.uniform(1.05, 3))
        parts.append(part)
    counts = [
        {
            "name": f"kind {j}",
            "count": int(random.integers(1, systems + 1)),
            "backorder_cost_per_day": b,
        }
        for j, b in enumerate(random.uniform(5, 300, 2).tolist())
    ]
    return amopt.load(
        {
            "amopt": 1,
            "kind": "printing",
            "name": "Drawn",
            "cycle_days": int(random.integers(2, 7)),
            "criterion": "average" if random.random() < 0.5 else {"discount_per_day": 0.99},
            "systems": counts,
            "parts": parts,
            "most_prints_per_day": most,
        }
    )


def test_one_part_that_can_be_printed_keeps_to_its_priorities() -> None:
    data = drawn(np.random.default_rng(2), 1).to_dict()
    del data["parts"][1]["print_cost"], data["parts"][1]["printed_failure_probability_per_day"]
    data["systems"] = [{**system, "count": 4} for system in data["systems"]]
    loaded: Any = amopt.load(data)
    total = busy(loaded).rows["totals"][0]
    assert total["half_width"] == 0.0
    assert total["bound"] <= total["yearly_cost"] + 1e-9


@pytest.mark.parametrize("seed", range(9))
def test_the_best_for_both_lies_between_bound_and_plan(seed: int) -> None:
    instance = drawn(np.random.default_rng(9000 + seed), seed % 3)
    answer = busy(instance, cycles=20_000)
    total = answer.rows["totals"][0]
    levels = tuple(row["base_stock"] for row in answer.rows["parts"])
    par = instance.parameters
    cost = least_cost(par, seed % 3, [level + 2 for level in levels])
    unavoidable = 364 * float((par.order_cost * par.systems * par.failures_per_day).sum())
    best = 364 / instance.cycle_days * float(cost.min()) - unavoidable
    rounding = 1e-9 * (best + unavoidable)
    assert total["bound"] <= best + rounding
    # All states of two small parts are gone through, but for levels far above the best.
    assert total["bound"] == pytest.approx(best, rel=2e-3, abs=rounding)
    if max(levels) <= min(row["alone_base_stock"] for row in answer.rows["parts"]):
        assert total["bound"] == pytest.approx(best, rel=1e-9, abs=rounding)
    # The plan is within one percent of what is spent at the best, and its band holds.
    assert best - total["half_width"] - rounding <= total["yearly_cost"]
    near = 0.01 * (best + unavoidable)
    assert total["yearly_cost"] - total["half_width"] <= best + near + rounding
    if seed % 3 == 0:  # a printer that makes nothing
        assert total["half_width"] == 0.0
        assert total["yearly_cost"] == pytest.approx(best, rel=1e-9, abs=rounding)


@pytest.mark.parametrize("seed", range(8))
def test_the_bound_of_three_parts_is_near_the_best_for_all(seed: int) -> None:
    """Systems of a few parts: what groups of them count is below the best, and mostly near it."""
    most = 1 + seed % 2
    instance = drawn(np.random.default_rng(7000 + seed), most, count=3, systems=2)
    par = instance.parameters
    found = [alone(par.take([k]), most) for k in range(3)]
    groups = counted(par, found, most)
    taken = np.zeros(3)
    for group in groups:
        taken[list(group.parts)] += group.share
    assert taken.max(initial=0.0) <= 1 + 1e-9
    apart = sum(one.cycle_cost for one in found)
    bound = apart + sum(group.extra for group in groups)
    best = float(least_cost(par, most, [one.base_stock + 2 for one in found]).min())
    assert bound <= best * (1 + 1e-12)
    assert best - bound <= 0.05 * (best - apart) + 1e-4 * best


@pytest.mark.parametrize("most", [1, 2])
def test_what_is_left_out_lowers_the_bound_alone(most: int) -> None:
    """Fewer idle systems, and shares below one, never add up to more."""
    par = drawn(np.random.default_rng(9016), most).parameters
    found = [alone(par.take([k]), most) for k in range(2)]
    best = float(least_cost(par, most, [one.base_stock + 2 for one in found]).min())
    extra = []
    for idle in range(1, 5):
        members = [
            Member.of(par.take([k]), found[k], most, min(idle, int(par.systems[k])))
            for k in range(2)
        ]
        extra.append(least_extra(members, [1.0, 1.0], most, par.discount))
        half = least_extra(members, [0.5, 0.5], most, par.discount)
        assert half == pytest.approx(extra[-1] / 2, rel=1e-9, abs=1e-12)
        # counted with one share for one and another for the other: concave
        parts = [
            least_extra(members, shares, most, par.discount) for shares in ((1, 0.2), (0, 0.8))
        ]
        assert sum(parts) <= extra[-1] * (1 + 1e-9) + 1e-12
    assert extra == sorted(extra)
    apart = sum(one.cycle_cost for one in found)
    assert apart + extra[-1] <= best * (1 + 1e-12)


def test_two_parts_that_want_one_print_by_hand() -> None:
    """One system each, two days, no stock: both fail in the first night once in 16 cycles.

    Who gets no print waits for 5 where he could print for 2, and takes a regular part for 10 in
    any case.
    """
    part = {
        "system": "truck",
        "order_cost": 10,
        "print_cost": 2,
        "failure_probability_per_day": 0.25,
        "printed_failure_probability_per_day": 0.5,
        "holding_cost_per_day": 9,
    }
    instance: Any = amopt.load(
        {
            "amopt": 1,
            "kind": "printing",
            "name": "By hand",
            "cycle_days": 2,
            "criterion": "average",
            "systems": [{"name": "truck", "count": 1, "backorder_cost_per_day": 5}],
            "parts": [{**part, "name": "one"}, {**part, "name": "two"}],
            "most_prints_per_day": 1,
        }
    )
    answer = busy(instance, cycles=20_000)
    assert [row["base_stock"] for row in answer.rows["parts"]] == [0, 0]
    assert [row["part"] for row in answer.rows["groups"]] == ["one", "two"]
    for row in answer.rows["groups"]:
        assert row["share"] == pytest.approx(1.0)
        assert row["extra_yearly_cost"] == pytest.approx(182 * 3 / 16, rel=1e-9)
    total = answer.rows["totals"][0]
    assert total["bound"] == pytest.approx(total["alone_yearly_cost"] + 182 * 3 / 16, rel=1e-9)


def test_a_part_that_keeps_to_its_priorities_alone() -> None:
    """By hand: one system, two days, no stock; it fails in the first night or in the second."""
    part = {
        "name": "part",
        "system": "truck",
        "order_cost": 10,
        "print_cost": 2,
        "failure_probability_per_day": 0.25,
        "printed_failure_probability_per_day": 0.5,
        "holding_cost_per_day": 1,
    }
    instance: Any = amopt.load(
        {
            "amopt": 1,
            "kind": "printing",
            "name": "By hand",
            "cycle_days": 2,
            "criterion": "average",
            "systems": [{"name": "truck", "count": 1, "backorder_cost_per_day": 5}],
            "parts": [part],
        }
    )
    par = instance.parameters
    # Down after the first night (1/4): print for 2, and a regular part for 10 in any case; else
    # (3/4) the second night takes one for 10 with 1/4.
    by_hand = 0.25 * (2 + 10) + 0.75 * 0.25 * 10
    printing = kept_alone(par, priorities(par, 1), 1, 0)[0, 0]
    waiting = kept_alone(par, priorities(par, 0), 0, 0)[0, 0]
    assert printing == pytest.approx(by_hand, rel=1e-12)
    assert waiting == pytest.approx(by_hand + 0.25 * 3, rel=1e-12)
