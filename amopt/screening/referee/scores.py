"""Weights, scores and how firm the ranks are, recomputed.

Weights come from power iteration, scores are added up criterion by criterion, and ranks are
counted, so that nothing is taken from how the answer was found.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from amopt.referee import Amount
from amopt.screening.instance import ScreeningInstance
from amopt.screening.instance.comparisons import GOALS, RANDOM_INDEX
from amopt.screening.instance.entries import Criterion
from amopt.screening.referee.verdicts import cells_that, listed_in

__all__ = ["Scores", "between", "scores", "span_of"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SAME = 1e-9
"""Scores that differ by less are the same."""

ROUNDS = 10_000
"""Rounds of power iteration, which needs a few dozen."""


@dataclass(eq=False)
class Scores:
    """Scores, shape (parts,) each, and what they are made of."""

    score: Floats
    lowest: Floats
    highest: Floats
    worth: list[Floats] = field(default_factory=list)
    criteria: list[dict[str, object]] = field(default_factory=list)
    comparisons: list[dict[str, object]] = field(default_factory=list)
    weight: list[float] = field(default_factory=list)
    change: float = 0.0

    def without(self, criterion: int) -> Floats:
        """Return the scores by all criteria but one, their weights adding up to 1."""
        rest = [
            (weight, worth)
            for c, (weight, worth) in enumerate(zip(self.weight, self.worth, strict=True))
            if c != criterion
        ]
        total = sum(weight for weight, _ in rest)
        found = np.zeros_like(self.score)
        for weight, worth in rest:
            found += weight / total * worth if total else 0.0
        return found


def scores(instance: ScreeningInstance) -> Scores:
    """Recompute weights and scores."""
    ranking, parts = instance.ranking, instance.parts
    size = len(parts)
    score, lowest, highest = (np.zeros(size) for _ in range(3))
    found = Scores(score, lowest, highest, change=ranking.weight_change)
    names = [goal.name for goal in ranking.goals]
    goal_weights = _shares(found, instance, GOALS, names, [goal.weight for goal in ranking.goals])
    for goal, of_goal in zip(ranking.goals, goal_weights, strict=True):
        own = [criterion.name for criterion in goal.criteria]
        given = [criterion.weight for criterion in goal.criteria]
        within = _shares(found, instance, goal.name, own, given)
        for criterion, share in zip(goal.criteria, within, strict=True):
            weight = of_goal * share
            worth = _worth(instance, criterion)
            missing = parts.missing(criterion.attribute)
            worth = np.where(missing, ranking.missing_counts_as, worth)
            found.score += weight * worth
            found.lowest += weight * np.where(missing, 0.0, worth)
            found.highest += weight * np.where(missing, 1.0, worth)
            found.worth.append(worth)
            found.weight.append(weight)
            found.criteria.append(
                {
                    "goal": goal.name,
                    "criterion": criterion.name,
                    "attribute": criterion.attribute,
                    "weight_of_goal": of_goal,
                    "weight_within_goal": share,
                    "weight": weight,
                    "parts_without": int(missing.sum()),
                }
            )
    return found


def _shares(
    found: Scores,
    instance: ScreeningInstance,
    name: str,
    members: list[str],
    given: list[float | None],
) -> list[float]:
    """Return the weights of a set, and note how consistent its judgements are."""
    if given[0] is not None:
        whole = sum(weight or 0.0 for weight in given)
        return [(weight or 0.0) / whole for weight in given]
    n = len(members)
    matrix = np.eye(n)
    for one in instance.ranking.comparisons:
        if one.more in members and one.than in members:
            i, j = members.index(one.more), members.index(one.than)
            matrix[i, j], matrix[j, i] = one.times, 1.0 / one.times
    vector = np.full(n, 1.0 / n)
    for _ in range(ROUNDS):
        moved = matrix @ vector
        moved /= moved.sum()
        done = np.abs(moved - vector).max() < 1e-15
        vector = moved
        if done:
            break
    largest = float((matrix @ vector).sum())
    if n > 1:
        index = max(0.0, (largest - n) / (n - 1)) if n > 2 else 0.0
        found.comparisons.append(
            {
                "of": name,
                "compared": n,
                "largest_eigenvalue": largest,
                "consistency_index": Amount(index, 1.0),
                "consistency_ratio": Amount(index / RANDOM_INDEX[n - 1] if n > 2 else 0.0, 1.0),
            }
        )
    return [float(weight) for weight in vector]


def _worth(instance: ScreeningInstance, criterion: Criterion) -> Floats:
    """Return what values are worth; anything where they are missing."""
    parts = instance.parts
    values = parts.number(criterion.attribute)
    if criterion.linear is not None:
        worst, best = criterion.linear.worst, criterion.linear.best
        ends = [(worst, 0.0), (best, 1.0)]
        ends.sort()
        return np.interp(values, [end for end, _ in ends], [worth for _, worth in ends])
    if criterion.logistic is not None:
        reach = criterion.logistic.slope * (values - criterion.logistic.middle)
        return 0.5 * (1.0 + np.tanh(0.5 * reach))
    if criterion.steps is not None:
        worth = np.zeros(len(parts))
        for step in criterion.steps:
            worth[values >= step.from_] = step.worth
        return worth
    listed = sorted((criterion.values or {}).items(), key=lambda entry: entry[1])
    worth = np.zeros(len(parts))
    for word, value in listed:  # the best of several in one cell comes last and stays
        said = " ".join(word.casefold().split())
        if criterion.attribute in parts.texts:
            worth[cells_that(parts, criterion.attribute, listed_in([said]))] = value
        else:
            worth[values == (1.0 if said == "yes" else 0.0)] = value
    return worth


def between(score: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the best and worst rank that each score may have, its ties in any order."""
    ascending = np.sort(score)
    above = score.size - np.searchsorted(ascending, score + SAME, side="right")
    not_below = score.size - np.searchsorted(ascending, score - SAME, side="left")
    return above + 1, not_below


def span_of(others: Floats, worth: Floats, weight: float, lead: Bools, end: float) -> float:
    """Return how far a weight may go towards 0 or 1 before the leading parts change.

    ``others`` are the scores without the criterion, whose worth is ``worth``.
    The least lead over the others is a concave function of the weight, made of lines: from the end
    inwards, each step goes to where the line of the worst pair crosses zero (Newton's method).
    """
    if lead.all() or weight >= 1:
        return end
    at = end
    for _ in range(200):
        now = (1 - at) * others + at * worth
        i = int(np.argmin(np.where(lead, now, np.inf)))
        j = int(np.argmax(np.where(lead, -np.inf, now)))
        if now[i] - now[j] >= -1e-12:
            return at
        a, b = others[i] - others[j], worth[i] - worth[j]
        if a == b:
            return weight
        crossing = float(a / (a - b))
        if (crossing - weight) * (end - weight) <= 0:
            return weight
        if abs(crossing - at) < 1e-15:
            return crossing
        at = crossing
    return at
