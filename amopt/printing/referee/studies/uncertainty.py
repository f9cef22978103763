"""The referee of uncertain rates: evaluates every plan at rates of its own choice, day by day.

It integrates by adaptive quadrature over the rate, or over its root where failures were observed,
and finds the best plan for a rate by itself. It has never seen the closed form, nor the nodes by
which the answer was worked out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import quad_vec
from scipy.stats import binom, gamma

from amopt.printing.instance import REPORTED_DAYS, PrintingInstance, UncertainRate
from amopt.printing.referee.evaluation import Evaluation
from amopt.printing.referee.plan import ACTIONS, StatedPlan, Terms, terms_of
from amopt.referee import Amount, Notebook
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.solution import Solution

__all__ = ["check"]

Floats = NDArray[np.float64]
Row = Mapping[str, Any]

TOLERANCE = 1e-6

NEVER = 1e-9
"""Probability of running short from which a level more saves nothing."""

NAMES = ("nominal", "expected", "worst rate", "least regret")
TABLES = ("uncertainty", "plans", "rates")


def check(instance: PrintingInstance, solution: Solution) -> Verdict:
    """Recompute an answer on uncertain rates from the instance.

    Parameters
    ----------
    instance
        The instance.
    solution
        The answer; its rows and outcome are read.

    Returns
    -------
    Verdict
        What does not hold.
    """
    notebook = Notebook(tolerance=TOLERANCE)
    rows = solution.rows
    notebook.tables(rows, TABLES)
    if notebook.findings:
        return notebook.verdict()
    due = [entry.part for entry in instance.uncertain_rates]
    stated = [row.get("part") for row in rows["uncertainty"]]
    notebook.require(stated == due, f"uncertainty has the parts {stated}, not {due}")
    if notebook.findings:
        return notebook.verdict()
    total = bound = 0.0
    for entry, row in zip(instance.uncertain_rates, rows["uncertainty"], strict=True):
        own = {
            name: [one for one in rows[name] if one.get("part") == entry.part]
            for name in ("plans", "rates")
        }
        spent, known = _Part(notebook, instance, entry).compare(row, own["plans"], own["rates"])
        total, bound = total + spent, bound + known
    for name in ("plans", "rates"):
        stray = [row.get("part") for row in rows[name] if row.get("part") not in due]
        notebook.require(not stray, f"{name} has the parts {stray}, of which no rate is uncertain")
    notebook.same("the objective", solution.outcome.objective, Amount(total, abs(total)))
    notebook.same("the bound", solution.outcome.bound, Amount(bound, abs(total)))
    return notebook.verdict()


class _Part:
    """One part, by its own belief and its own evaluation of plans."""

    def __init__(
        self, notebook: Notebook, instance: PrintingInstance, entry: UncertainRate
    ) -> None:
        index = [part.name for part in instance.parts].index(entry.part)
        self.notebook, self.entry = notebook, entry
        self.where = f"part {entry.part!r}"
        self.cycles = REPORTED_DAYS / instance.cycle_days
        self.terms = terms_of(instance, index, printer=True)
        self.low, self.high, self.mean, self.posterior = _belief(entry)

    def at(self, rate: float) -> Terms:
        """Return the part's terms at a rate."""
        fails = -math.expm1(-rate)
        if self.entry.of == "printed":
            return replace(self.terms, p_p=fails)
        return replace(self.terms, p_r=fails)

    def cost(self, plan: StatedPlan, rate: float) -> float:
        """Return what a year of a plan costs at a rate."""
        return self.cycles * Evaluation(self.at(rate), plan, by_states=False).cost

    def expected(self, of: Callable[[float], Floats]) -> Floats:
        """Return expectations over the belief, by adaptive quadrature."""
        if self.posterior is None:
            found = quad_vec(of, self.low, self.high, epsrel=1e-7, limit=60)[0]
            return np.asarray(found / (self.high - self.low))
        belief = self.posterior
        first, middle, last = np.sqrt([belief.ppf(1e-11), belief.mean(), belief.isf(1e-11)])

        def by_root(root: float) -> Floats:
            return np.asarray(2 * root * belief.pdf(root * root) * of(root * root))

        found = quad_vec(by_root, first, last, epsrel=1e-7, limit=60, points=[middle])[0]
        return np.asarray(found)

    def compare(self, row: Row, told: Sequence[Row], over: Sequence[Row]) -> tuple[float, float]:
        """Compare all rows of the part; return what is spent, and would be with a known rate."""
        notebook, before = self.notebook, len(self.notebook.findings)
        stated = tuple(one.get("best_in") for one in told)
        if not notebook.require(stated == NAMES, f"{self.where} has the plans {stated}"):
            return 0.0, 0.0
        plans = [self._read(one, "plans") for one in told]
        best = [self._read(one, "rates") for one in over]
        if len(notebook.findings) > before:
            return 0.0, 0.0
        rates = np.linspace(self.low, self.high, len(over))
        least = self._over_range(plans[0], rates, best, over)
        spent = self.expected(lambda rate: np.array([self.cost(plan, rate) for plan in plans]))
        for one, plan, expected in zip(told, plans, spent.tolist(), strict=True):
            self._plan(one, plan, expected, rates, least)
        self._rank(told)
        nominal, replanned = spent[:2].tolist()
        knowing = row.get("worth_knowing")
        fails = self.terms.p_p if self.entry.of == "printed" else self.terms.p_r
        expected_row = {
            "part": self.entry.part,
            "of": self.entry.of,
            "nominal_rate": -math.log1p(-fails) if fails < 1 else None,
            "lowest_rate": self.low,
            "highest_rate": self.high,
            "expected_rate": self.mean,
            "yearly_spending": nominal,
            "worth_replanning": Amount(nominal - replanned, nominal),
            "worth_knowing": Amount(replanned - self._known(), nominal),
            "largest_regret": told[0]["largest_regret"],
            "regret_rate": told[0]["regret_rate"],
        }
        notebook.compare(self.where, row, expected_row)
        return replanned, replanned - (knowing if isinstance(knowing, float) else math.nan)

    def _known(self) -> float:
        """Return the expected spending by the best plan for each rate, found by trying all."""
        return float(self.expected(lambda rate: np.array([self._least(rate)]))[0])

    def _least(self, rate: float) -> float:
        """Return the least spending at a rate: actions by the value of days, then all levels.

        One part more lies on the shelf for a day at least, unless more than there are fail; then it
        saves no more than a missing part costs beside a regular one.
        """
        terms = self.at(rate)
        actions, dearest = ["wait"], terms.c_r
        worth = {"missing": terms.c_r, "printed": terms.c_r, "regular": 0.0}
        for _ in range(1, terms.L):
            ahead = {
                "regular": (1 - terms.p_r) * worth["regular"] + terms.p_r * worth["missing"],
                "printed": (1 - terms.p_p) * worth["printed"] + terms.p_p * worth["missing"],
            }
            choices = {
                "wait": terms.b + terms.alpha * worth["missing"],
                "print": terms.c_p + terms.alpha * ahead["printed"],
                "expedite": terms.c_e + terms.alpha * ahead["regular"],
            }
            action = min(ACTIONS, key=lambda name: choices[name])
            worth = {
                "missing": choices[action],
                "printed": terms.alpha * ahead["printed"],
                "regular": terms.alpha * ahead["regular"],
            }
            actions.append(action)
            dearest = max(dearest, worth["missing"] - worth["regular"])
        level, least = 0, math.inf
        while True:
            least = min(least, self.cost(StatedPlan.pure(level, actions), rate))
            short = float(binom.sf(level, terms.N * (terms.L - 1), terms.p_r))
            if short <= NEVER or dearest * short <= terms.h * (1 - short):
                return least
            level += 1

    def _over_range(
        self,
        nominal: StatedPlan,
        rates: Floats,
        best: Sequence[StatedPlan],
        over: Sequence[Row],
    ) -> Floats:
        """Compare the rows over the range, and return the least spending at each of its rates."""
        found = []
        for rate, plan, row in zip(rates.tolist(), best, over, strict=True):
            least = self._least(rate)
            expected = {
                "part": self.entry.part,
                "rate": rate,
                "yearly_spending": self.cost(nominal, rate),
                "least_spending": least,
                "base_stock": row.get("base_stock"),
                "plan": row.get("plan"),
            }
            where = f"{self.where} at {rate:.6g}"
            self.notebook.compare(where, row, expected)
            self.notebook.same(f"{where}, its plan", self.cost(plan, rate), least)
            found.append(least)
        return np.array(found)

    def _plan(
        self, row: Row, plan: StatedPlan, expected: float, rates: Floats, least: Floats
    ) -> None:
        """Compare a row of a plan: its expectation, and its worst rates."""
        where = f"{self.where}, plan {row['best_in']}"
        worst, regret = row.get("worst_rate"), row.get("regret_rate")
        inside = self._inside(worst) and self._inside(regret)
        if not self.notebook.require(inside, f"{where}: its worst rates are not in the range"):
            return
        assert isinstance(worst, float)
        assert isinstance(regret, float)
        at_regret = self.cost(plan, regret)
        stated = {
            "part": self.entry.part,
            "best_in": row["best_in"],
            "base_stock": plan.base_stock,
            "plan": plan.words,
            "expected_spending": expected,
            "worst_spending": self.cost(plan, worst),
            "worst_rate": worst,
            "largest_regret": Amount(at_regret - self._least(regret), at_regret),
            "regret_rate": regret,
        }
        self.notebook.compare(where, row, stated)
        cost = np.array([self.cost(plan, rate) for rate in rates.tolist()])
        for name, found in (("worst_spending", cost), ("largest_regret", cost - least)):
            more = float(found.max()) - row[name]
            self.notebook.require(
                more <= TOLERANCE * float(cost.max()),
                f"{where}: {name} is more by {more:.6g} at another rate",
            )

    def _inside(self, rate: Any) -> bool:
        slack = TOLERANCE * self.high
        return isinstance(rate, float) and self.low - slack <= rate <= self.high + slack

    def _rank(self, told: Sequence[Row]) -> None:
        """Note a plan that another one of the table beats in what it is best in."""
        for name, column in zip(
            NAMES[1:], ("expected_spending", "worst_spending", "largest_regret"), strict=True
        ):
            own = next(row[column] for row in told if row["best_in"] == name)
            least = min(row[column] for row in told)
            scale = max(row["worst_spending"] for row in told)
            self.notebook.require(
                own <= least + TOLERANCE * scale, f"{self.where}: {name} is not the least {column}"
            )

    def _read(self, row: Row, table: str) -> StatedPlan:
        """Return the plan that a row tells in words."""
        where, level, words = f"{self.where} in {table}", row.get("base_stock"), row.get("plan")
        actions = ["wait"] * self.terms.L
        days: list[int] = []
        for run in str(words).split(", "):
            match = re.fullmatch(r"(wait|print|expedite) (\d+)(?:-(\d+))?", run)
            if match is None:
                break
            first, last = int(match[2]), int(match[3] or match[2])
            days += range(first, last - 1, -1)
            if 1 <= last <= first < self.terms.L:
                actions[last : first + 1] = [match[1]] * (first - last + 1)
        right = days == list(range(self.terms.L - 1, 0, -1))
        self.notebook.require(right, f"{where}: {words!r:.80} is no plan")
        whole = type(level) is int and level >= 0
        self.notebook.require(whole, f"{where}: {level!r:.40} is no level")
        return StatedPlan.pure(level if whole and isinstance(level, int) else 0, actions)


def _belief(entry: UncertainRate) -> tuple[float, float, float, Any]:
    """Return the range, the mean, and the posterior where failures were observed."""
    if entry.failures_observed is None or entry.days_observed is None:
        low, high = entry.lowest_rate_per_day or 0.0, entry.highest_rate_per_day or 0.0
        return low, high, (low + high) / 2, None
    found = gamma(entry.failures_observed + 0.5, scale=1 / entry.days_observed)
    low, high = found.interval(0.95)
    return float(low), float(high), float(found.mean()), found
