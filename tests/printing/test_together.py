"""The referee's evaluation of many parts at once, against that of one part by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from amopt.printing.referee.evaluation import Evaluation
from amopt.printing.referee.plan import ACTIONS, StatedPlan, Terms
from amopt.printing.referee.together import evaluated


def random_pair(rng: np.random.Generator) -> tuple[Terms, StatedPlan]:
    """Return a part and a plan, of all sizes and at the ends of what a file may say."""
    systems, days = int(rng.choice([1, 3, 42, 2000])), int(rng.choice([2, 7, 14]))
    chances = [0.0, 1e-9, 1e-4, 0.01] + ([0.3, 1.0] if systems < 100 else [])
    terms = Terms(
        N=systems,
        L=days,
        alpha=float(rng.choice([1.0, 0.999])),
        c_r=100.0,
        c_p=float(rng.choice([50.0, np.inf])),
        c_e=float(rng.choice([300.0, np.inf])),
        b=30.0,
        h=float(rng.uniform(0, 2)),
        p_r=float(rng.choice(chances)),
        p_p=0.3,
        room=float(rng.choice([0.0, 3.0])),
    )
    costs = {"wait": 0.0, "print": terms.c_p, "expedite": terms.c_e}
    possible = [action for action in ACTIONS if np.isfinite(costs[action])]
    shares: list[dict[str, float]] = [{}]
    for _ in range(1, days):
        drawn = rng.choice(possible, size=min(2, len(possible)), replace=False)
        mixes = len(drawn) == 2 and rng.random() < 0.2
        shares.append({str(drawn[0]): 0.3, str(drawn[1]): 0.7} if mixes else {str(drawn[0]): 1.0})
    highest = 6 if rng.random() < 0.8 else min(300, systems * days)
    return terms, StatedPlan({int(rng.integers(0, highest)): 1.0}, tuple(shares))


def test_many_parts_at_once_as_one_by_one() -> None:
    rng = np.random.default_rng(7)
    pairs = [random_pair(rng) for _ in range(200)]
    for one, (terms, plan) in zip(evaluated(pairs, by_states=False), pairs, strict=True):
        alone = Evaluation(terms, plan, by_states=False)
        assert one is not alone
        rounding = 1e-14 * (1 + plan.base_stock)
        for alpha in {1.0, terms.alpha}:
            expected: dict[str, Any] = alone.amounts(alpha)
            for kind, amount in one.amounts(alpha).items():
                assert amount == pytest.approx(expected[kind], rel=1e-9, abs=rounding)
        for name in ("cost", "cost_backward", "residual", "error_per_cycle"):
            scale = 1e-10 * (abs(alone.cost) + alone.stake)
            assert getattr(one, name) == pytest.approx(getattr(alone, name), rel=1e-10, abs=scale)


def test_what_is_worked_out_at_once_is_taken() -> None:
    pair = random_pair(np.random.default_rng(1))
    (one,) = evaluated([pair], by_states=False)
    assert "cost_backward" in vars(one)
    (alone,) = evaluated([pair], by_states=True)
    assert "cost_backward" not in vars(alone)
