"""Tiny processes of every kind, by every method, against all policies in exact arithmetic."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from amopt.errors import InfeasibleError, NoAnswerError
from amopt.mdp import MarkovDecisionProcess, SideConstraint
from tests.mdp import exact
from tests.mdp.cases import METHODS

WAYS: dict[str, dict[str, Any]] = {
    **METHODS,
    "column generation": {"method": "lp", "start": "column_generation"},
    "primal from a policy": {"method": "lp", "form": "primal"},
}

PROGRAMS = {
    "dual": {},
    "cold": {"start": "cold"},
}

KINDS = ("one class", "several classes", "goal", "steps in no time")


class Case:
    """A process twice: as fractions, and as the package has it."""

    def __init__(self, seed: int, kind: str, discount: Fraction | None) -> None:
        rng = random.Random(f"{seed} {kind}")
        states = rng.randint(2, 4)
        self.kind, self.discount, self.states = kind, discount, states
        pairs: list[tuple[int, list[Fraction], Fraction, int]] = []
        for s in range(states):
            for _ in range(rng.randint(1, 3)):
                row = self._row(rng, s)
                duration = rng.randint(1, 3)
                if kind == "steps in no time" and s:  # only down: no cycle in no time
                    below = [Fraction(rng.randint(0, 3)) for _ in range(s)]
                    if sum(below) and rng.random() < 0.6:
                        row, duration = [*below, *[Fraction(0)] * (states - s)], 0
                whole = sum(row)
                cost = Fraction(rng.randint(-6, 9), rng.choice([1, 3]))
                if kind == "goal" and s == states - 1:
                    cost = Fraction(0)
                pairs.append((s, [p / whole for p in row], cost, duration))
        rng.shuffle(pairs)
        self.pairs = pairs
        weight = [Fraction(rng.randint(1, 4)) for _ in range(states)]
        self.initial = [w / sum(weight) for w in weight]
        self.process = MarkovDecisionProcess(
            np.array([[float(p) for p in row] for _, row, _, _ in pairs]),
            [float(cost) for _, _, cost, _ in pairs],
            [s for s, _, _, _ in pairs],
            None if discount is None else float(discount),
            duration=[t for *_, t in pairs],
        )

    def _row(self, rng: random.Random, s: int) -> list[Fraction]:
        states = self.states
        row = [Fraction(0)] * states
        if self.kind == "goal" and s == states - 1:
            row[s] = Fraction(1)
            return row
        near = [s, s, rng.randrange(states)]
        anywhere = list(range(states))
        for _ in range(rng.randint(1, 4)):
            row[rng.choice(near if self.kind == "several classes" else anywhere)] += 1
        if self.kind == "one class":
            row[0] += 1
        return row

    def policies(self) -> Any:
        """Yield all stationary policies, one pair a state."""
        of = [[k for k, pair in enumerate(self.pairs) if pair[0] == s] for s in range(self.states)]
        return itertools.product(*of)

    def chain(self, policy: Any) -> tuple[exact.Matrix, list[Fraction], list[int]]:
        rows = [self.pairs[k] for k in policy]
        return [row for _, row, _, _ in rows], [c for _, _, c, _ in rows], [t for *_, t in rows]

    def value(self, policy: Any) -> list[Fraction]:
        """What a policy costs from each state: discounted, or on average a period."""
        chain, cost, duration = self.chain(policy)
        if self.discount is None:
            return exact.gains(chain, cost, duration)
        return [row[0] for row in exact.solve(self._system(chain, duration), [[c] for c in cost])]

    def _system(self, chain: exact.Matrix, duration: list[int]) -> exact.Matrix:
        assert self.discount is not None
        size = range(self.states)
        return [[(i == j) - self.discount ** duration[i] * chain[i][j] for j in size] for i in size]

    def occupation(self, policy: Any) -> list[Fraction]:
        """How often a policy takes each pair from the first state, shape (pairs,)."""
        chain, _, duration = self.chain(policy)
        found = [Fraction(0)] * len(self.pairs)
        for s, k in enumerate(policy):
            if self.discount is None:
                once = [Fraction(int(i == s)) for i in range(self.states)]
                often = exact.gains(chain, once, duration)
                found[k] = sum(w * o for w, o in zip(self.initial, often, strict=True))
        if self.discount is not None:
            system = self._system(chain, duration)
            turned = [[system[j][i] for j in range(self.states)] for i in range(self.states)]
            for k, row in zip(
                policy, exact.solve(turned, [[w] for w in self.initial]), strict=True
            ):
                found[k] = row[0]
        return found

    def optimum(self) -> list[Fraction]:
        """The least cost from each state."""
        return [min(column) for column in zip(*map(self.value, self.policies()), strict=True)]

    def solve(self, **how: Any) -> Any:
        return self.process.solve(initial=[float(w) for w in self.initial], **how)


def floats(values: list[Fraction]) -> np.ndarray:
    return np.array([float(value) for value in values])


def check(case: Case, how: dict[str, Any]) -> None:
    """Hold everything that a solution says against fractions."""
    best, process = case.optimum(), case.process
    scale = 1.0 + max(abs(float(v)) for v in best)
    solution = case.solve(**how)
    found = solution.value if case.discount else solution.gains
    np.testing.assert_allclose(found, floats(best), atol=1e-7 * scale)
    objective = float(sum(w * v for w, v in zip(case.initial, best, strict=True)))
    assert solution.outcome.status == "optimal"
    assert solution.outcome.objective == pytest.approx(objective, abs=1e-7 * scale)
    assert solution.outcome.bound <= objective + 1e-9 * scale
    assert solution.outcome.objective - solution.outcome.bound <= 1e-6 * scale
    # the policy costs what is said, and its measure is that of its chain
    assert not solution.randomised.any()
    own = floats(case.value(solution.policy.tolist()))
    np.testing.assert_allclose(own, floats(best), atol=1e-7 * scale)
    measure = floats(case.occupation(solution.policy.tolist()))
    np.testing.assert_allclose(solution.occupation, measure, atol=1e-7 * (1 + measure.max()))
    if case.discount is None:
        chain, cost, duration = case.chain(solution.policy.tolist())
        ahead = floats(cost) - np.array(duration) * solution.gains
        ahead += np.array([[float(p) for p in row] for row in chain]) @ solution.bias
        rel = how["method"].endswith("value_iteration") or "modified" in how["method"]
        np.testing.assert_allclose(ahead, solution.bias, atol=(1e-5 if rel else 1e-7) * scale)
    assert solution.residual <= 1e-5 * scale
    assert process.states == len(solution.value)


@pytest.mark.sampled(6)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("discount", [Fraction(9, 10), Fraction(999, 1000), None])
def test_every_method_against_all_policies(kind: str, discount: Fraction | None) -> None:
    for seed in range(2 if discount == Fraction(999, 1000) else 5):
        case = Case(seed, kind, discount)
        for name, how in WAYS.items():
            try:
                check(case, how)
            except AssertionError as error:
                raise AssertionError(f"seed {seed}, {name}") from error


def hull(case: Case, use: list[Fraction]) -> list[tuple[Fraction, Fraction]]:
    """What every policy uses, and what it costs, from the first state."""
    points = []
    for policy in case.policies():
        often = case.occupation(policy)
        spent = sum(x * pair[2] for x, pair in zip(often, case.pairs, strict=True))
        points.append((sum(x * u for x, u in zip(often, use, strict=True)), spent))
    return points


def least(points: list[tuple[Fraction, Fraction]], limit: Fraction) -> tuple[Fraction, Fraction]:
    """The least cost of a mix of two policies that uses no more than a limit, and its slope."""
    within = [point for point in points if point[0] <= limit]
    best, slope = min(cost for _, cost in within), Fraction(0)
    for (u, c), (v, d) in itertools.product(within, points):
        if v > limit:
            mixed = c + (d - c) * (limit - u) / (v - u)
            if mixed < best:
                best, slope = mixed, (d - c) / (v - u)
    return best, slope


@pytest.mark.parametrize("how", PROGRAMS.values(), ids=PROGRAMS)
@pytest.mark.parametrize("kind", ["one class", "steps in no time"])
@pytest.mark.parametrize("discount", [Fraction(9, 10), None])
def test_a_limit_against_mixes_of_policies(
    kind: str, discount: Fraction | None, how: dict[str, Any]
) -> None:
    tight = 0
    for seed in range(10):
        case = Case(seed, kind, discount)
        rng = random.Random(seed)
        use = [Fraction(rng.randint(0, 5)) for _ in case.pairs]
        points = hull(case, use)
        uses = sorted({point[0] for point in points})
        if len(uses) < 2:
            continue
        limit = uses[0] + (uses[-1] - uses[0]) * Fraction(rng.randint(11, 89), 100)
        cost, slope = least(points, limit)
        tight += slope < 0
        side = SideConstraint("use", floats(use), upper=float(limit))
        solution = case.solve(side_constraints=[side], **how)
        scale = 1 + abs(float(cost))
        assert solution.outcome.objective == pytest.approx(float(cost), abs=1e-7 * scale), seed
        assert solution.outcome.bound <= float(cost) + 1e-9 * scale
        assert solution.outcome.objective - solution.outcome.bound < 1e-6 * scale
        assert solution.prices["use"] == pytest.approx(float(slope), abs=1e-6 * scale), seed
        assert solution.occupation @ floats(use) <= float(limit) + 1e-7
        assert solution.randomised.sum() <= 1
        below = SideConstraint("use", floats(use), upper=float(uses[0]) - 0.01)
        with pytest.raises(InfeasibleError):
            case.solve(side_constraints=[below], **how)
    assert tight >= 2


@pytest.mark.parametrize("discount", [Fraction(9, 10), None])
def test_two_limits_against_all_mixes(discount: Fraction | None) -> None:
    """A mix of deterministic policies with weights of its own is what a program can reach."""
    tight = 0
    for seed in range(12):
        case = Case(100 + seed, "one class", discount)
        rng = np.random.default_rng(seed)
        often = np.array([floats(case.occupation(policy)) for policy in case.policies()])
        use = rng.integers(0, 6, (2, len(case.pairs))).astype(float)
        cost = often @ case.process.cost
        within = often @ use.T
        inner = rng.dirichlet(np.ones(len(often))) @ within
        known = linprog(cost, A_ub=within.T, b_ub=inner, A_eq=[np.ones(len(often))], b_eq=[1.0])
        sides = [SideConstraint(str(k), use[k], upper=inner[k]) for k in range(2)]
        solution = case.solve(side_constraints=sides)
        scale = 1 + abs(known.fun)
        assert solution.outcome.objective == pytest.approx(known.fun, abs=1e-7 * scale), seed
        assert solution.randomised.sum() <= 2
        paid = sum(solution.prices[str(k)] * inner[k] for k in range(2))
        # strong duality, and complementary slackness
        free = cost - sum(solution.prices[str(k)] * within[:, k] for k in range(2))
        assert free.min() + paid == pytest.approx(known.fun, abs=1e-7 * scale)
        for k in range(2):
            left = inner[k] - solution.occupation @ use[k]
            assert abs(left * solution.prices[str(k)]) <= 1e-6 * scale
        tight += min(solution.prices.values()) < -1e-6
    assert tight >= 3


TOTALS: dict[str, dict[str, Any]] = {
    "dual": {"method": "lp"},
    "cold": {"method": "lp", "start": "cold"},
    "primal": {"method": "lp", "form": "primal"},
    "policy iteration": {"method": "policy_iteration"},
}


@pytest.mark.parametrize("how", TOTALS.values(), ids=TOTALS)
def test_totals_of_any_sign(how: dict[str, Any]) -> None:
    """Costs and rewards on the way to a goal; where a policy earns for ever there is no answer."""
    answered = refused = 0
    for seed in range(40):
        case = Case(seed, "goal", None)
        chains = [case.chain(policy) for policy in case.policies()]
        gains = [exact.gains(*chain) for chain in chains]
        earns = any(gain < 0 for policy in gains for gain in policy)
        found = [exact.totals(chain, cost) for chain, cost, _ in chains]
        finite = [total for total in found if total is not None]
        reaches = all(any(total[s] is not None for total in finite) for s in range(case.states))
        process = MarkovDecisionProcess(
            case.process.transition,
            case.process.cost,
            case.process.state_of_pair,
            None,
            criterion="total",
        )
        initial = [float(w) for w in case.initial]
        cancels = any(
            not any(gain) and total is None for gain, total in zip(gains, found, strict=True)
        )
        if earns or not finite or not reaches:
            with pytest.raises(NoAnswerError):
                process.solve(initial=initial, **how)
            refused += 1
            continue
        if cancels:
            continue
        best = [min(column) for column in zip(*finite, strict=True)]
        solution = process.solve(initial=initial, **how)
        np.testing.assert_allclose(solution.value, floats(best), atol=1e-7, err_msg=str(seed))
        assert solution.outcome.status == "optimal", seed
        assert solution.occupation @ process.cost == pytest.approx(
            float(sum(w * v for w, v in zip(case.initial, best, strict=True))), abs=1e-7
        )
        answered += 1
    assert answered >= 8
    assert refused >= 4
